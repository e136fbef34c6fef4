"""Keeps what a person thinks of their pictures in a ``ratings.csv`` beside them, from which livecam can learn.

The file has the header ``path,rating`` and may have more columns, which are left as they are. Paths are relative to
its folder, with forward slashes; those that a person or program has written otherwise are understood. It is replaced
in one step, so it is whole at any time.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file
from livecam.storage.named_photos import NamedPhotos
from livecam.storage.ratings_table import RatingsTable, read_table
from livecam.types import RATINGS

FILE = "ratings.csv"


class Ratings:
    """The ratings file of one folder; it is read anew for each change, so that it may be edited meanwhile."""

    def __init__(self, folder: Path) -> None:
        """Borrow folder; the file is made with the first rating."""
        self._folder = folder
        self._path = folder / FILE

    def rate(self, picture: Path, rating: int) -> None:
        """Write down what picture, in this folder, is worth, 1..5; it replaces what was there. Raises OutputError."""
        if rating not in RATINGS:
            raise ValueError(f"a rating is 1..5, not {rating}")
        table, rows = self._read()
        row = self._row(rows, picture)
        if row is None:
            row = dict.fromkeys(table.columns, "") | {"path": self._name(picture)}
            rows.append(row)
        row["rating"] = str(rating)
        self._write(table, rows)

    def move(self, picture: Path, to: Path) -> None:
        """Follow a picture to its new place in this folder or below, if it is rated. Raises OutputError."""
        table, rows = self._read()
        row = self._row(rows, picture)
        if row is not None:
            while row is not None:
                row["path"] = self._name(to)
                row = self._row(rows, picture)
            self._write(table, rows)

    def _name(self, picture: Path) -> str:
        return picture.relative_to(self._folder).as_posix()

    def _row(self, rows: list[dict[str, str]], picture: Path) -> dict[str, str] | None:
        """The row of picture, however its path is written there."""
        name = self._name(picture)
        if (row := next((row for row in rows if row["path"] == name), None)) is not None:
            return row
        names = NamedPhotos(self._folder)
        return next((row for row in rows if row["path"].strip() and names.find(row["path"].strip()) == picture), None)

    def _read(self) -> tuple[RatingsTable, list[dict[str, str]]]:
        try:
            table = read_table(self._path, NamedPhotos(self._folder), strict=True)
        except FileNotFoundError:
            return RatingsTable(("path", "rating"), ()), []
        except (OSError, ValueError, csv.Error) as error:
            raise OutputError(f"{self._path} cannot be read ({error}): correct it, or move it away") from error
        if "path" not in table.columns or table.surplus or len(set(table.columns)) < len(table.columns):
            raise OutputError(f"{self._path} is no list of ratings with a header path,rating: correct it, or move it")
        if "rating" not in table.columns:
            table = replace(table, headings=(*table.headings, "rating"))
        return table, [dict(row) for _, row in table.rows]

    def _write(self, table: RatingsTable, rows: list[dict[str, str]]) -> None:
        text = io.StringIO()
        csv.writer(text, delimiter=table.separator, lineterminator="\n").writerow(table.headings)
        writer = csv.DictWriter(text, table.columns, restval="", delimiter=table.separator, lineterminator="\n")
        writer.writerows(rows)
        # Without the mark, Excel would read UTF-8 as something else, and spoil the names when it saves.
        of_excel = table.separator != "," or not table.utf8
        try:
            replace_file(self._path, text.getvalue().encode("utf-8-sig" if of_excel else "utf-8"))
        except OSError as error:
            raise OutputError(f"{self._path} cannot be written: {why(error)}") from error
