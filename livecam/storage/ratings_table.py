"""Reads a table of ratings as people's programs save it, whatever that is.

The page of ``livecam best`` and most programs write commas and UTF-8. Excel writes what separates lists in the country
(semicolons where the comma is decimal), in Windows-1252 or, on a Mac, Mac Roman; as "Unicode text", tabs and UTF-16.
A header may be in capitals.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam.storage.named_photos import NamedPhotos

_SEPARATORS = ",;\t|"
# Any bytes can be read in these, but the file names make sense in one of them only.
_EIGHT_BITS = ("cp1252", "mac_roman")


@dataclass(frozen=True, slots=True)
class RatingsTable:
    """What a file of ratings says.

    headings: as written.  rows: each with the number of its line, by the headings in lower case.  separator: between
    two cells.  utf8: how it was encoded.  surplus: there are cells without a heading, which rows do not have.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    separator: str = ","
    utf8: bool = True
    surplus: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings in lower case."""
        return tuple(heading.lower() for heading in self.headings)


def read_table(path: Path, photos: NamedPhotos, *, strict: bool = False) -> RatingsTable:
    """Read a file of ratings. photos: to tell by, which encoding it has.  strict: refuse a quote out of place.

    Raises OSError; ValueError or csv.Error where it is no table.
    """
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _parse(data.decode("utf-16"), strict=strict, utf8=False)
    try:
        return _parse(data.decode("utf-8-sig"), strict=strict)
    except UnicodeDecodeError as error:
        tables = list(_readings(data, strict=strict))
        if not tables:
            raise error from None
    return max(tables, key=lambda table: sum(photos.is_there(row.get("path", "")) for _, row in table.rows))


def _readings(data: bytes, *, strict: bool) -> Iterator[RatingsTable]:
    for encoding in _EIGHT_BITS:
        try:
            yield _parse(data.decode(encoding), strict=strict, utf8=False)
        except UnicodeDecodeError:
            continue


def _parse(text: str, *, strict: bool, utf8: bool = True) -> RatingsTable:
    if "\0" in text:
        raise ValueError("it is no text")
    first, _, rest = text.partition("\n")
    skipped = first.strip().strip('"').lower().startswith("sep=")  # a line by which Excel is told the separator
    if skipped:
        text = rest
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    headings = tuple(name.strip() for name in next(reader, ()))
    # Spreadsheets write separators alone below and beside what was deleted.
    while headings and not headings[-1]:
        headings = headings[:-1]
    found = [(reader.line_num + skipped, cells) for cells in reader if any(cells)]
    rows = tuple((line, _by_heading(headings, cells)) for line, cells in found)
    surplus = any(any(cells[len(headings) :]) for _, cells in found)
    return RatingsTable(headings, rows, separator, utf8, surplus)


def _by_heading(headings: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    pairs = itertools.zip_longest(headings, cells[: len(headings)], fillvalue="")
    return {heading.lower(): cell for heading, cell in pairs}


def _separator(text: str) -> str:
    """The separator by which the header has a column "path"; a comma if none does."""
    for separator in _SEPARATORS:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
        if "path" in (name.strip().lower() for name in header) and len(header) > 1:
            return separator
    return ","
