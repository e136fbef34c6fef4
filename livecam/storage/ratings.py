"""Keeps what a person thinks of their pictures in a ``ratings.csv`` beside them, from which livecam can learn.

The file has the header ``path,rating`` and may have more columns, which are left as they are. Paths are relative to
its folder, with forward slashes. It is replaced in one step, so it is whole at any time.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file
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
        columns, rows = self._read()
        name = self._name(picture)
        row = next((row for row in rows if row["path"] == name), None)
        if row is None:
            row = dict.fromkeys(columns, "") | {"path": name}
            rows.append(row)
        row["rating"] = str(rating)
        self._write(columns, rows)

    def move(self, picture: Path, to: Path) -> None:
        """Follow a picture to its new place in this folder or below, if it is rated. Raises OutputError."""
        columns, rows = self._read()
        name = self._name(picture)
        if any(row["path"] == name for row in rows):
            for row in rows:
                if row["path"] == name:
                    row["path"] = self._name(to)
            self._write(columns, rows)

    def _name(self, picture: Path) -> str:
        return picture.relative_to(self._folder).as_posix()

    def _read(self) -> tuple[list[str], list[dict[str, str]]]:
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file, restval="", strict=True)
                columns = [name.strip() for name in reader.fieldnames or ()]
                reader.fieldnames = columns
                rows = list(reader)
        except FileNotFoundError:
            return ["path", "rating"], []
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise OutputError(f"{self._path} cannot be read ({error}): correct it, or move it away") from error
        if "path" not in columns or any(None in row for row in rows):
            raise OutputError(f"{self._path} is no list of ratings with a header path,rating: correct it, or move it")
        return columns if "rating" in columns else [*columns, "rating"], rows

    def _write(self, columns: list[str], rows: list[dict[str, str]]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        try:
            replace_file(self._path, text.getvalue().encode())
        except OSError as error:
            raise OutputError(f"{self._path} cannot be written: {why(error)}") from error
