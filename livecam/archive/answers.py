"""How an answer is printed: a table for people, JSON lines or CSV for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import count, islice
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from livecam.archive.query import Answer
from livecam.photos.discover import printable

_MOST_ROWS = 200  # of a table; whoever reads more wants --csv. Set by hand.
_MOST_SHOWN = 6  # of a list, such as an embedding
_WIDE = 10_000  # characters, where nobody's window cuts a path into pieces


def print_json(answer: Answer) -> Iterator[tuple[object, ...]]:
    """Print each row as one JSON object, and yield it; of columns of one name the later ones are numbered."""
    names = _apart(answer.columns)
    for row in answer.rows:
        values = dict(zip(names, map(plain, row), strict=True))
        sys.stdout.write(json.dumps(values, allow_nan=False) + "\n")
        yield row
    sys.stdout.flush()


def print_csv(answer: Answer) -> Iterator[tuple[object, ...]]:
    """Print each row as CSV below a header, and yield it; lists as JSON."""
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(answer.columns)
    for row in answer.rows:
        values = map(plain, row)
        table.writerow([json.dumps(value) if isinstance(value, list | dict) else value for value in values])
        yield row
    sys.stdout.flush()


def print_table(answer: Answer, notes: Console) -> Iterator[tuple[object, ...]]:
    """Print the first rows as a table, and yield all."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in answer.columns:
        table.add_column(Text(printable(column)), overflow="fold")
    first = list(islice(answer.rows, _MOST_ROWS))
    for row in first:
        table.add_row(*[Text(_shown(value)) for value in row])
    if first:
        Console(width=None if sys.stdout.isatty() else _WIDE).print(table)
    yield from first
    more = 0
    for row in answer.rows:
        more += 1
        yield row
    if more:
        notes.print(f"and {more:,} more rows: --csv and --json print all")
    elif not first:
        notes.print("no photo is like that")


def plain(value: object) -> Any:  # noqa: ANN401  JSON's values
    """Return a value of a database as JSON has it: times in ISO 8601, bytes hexadecimal, no number for NaN."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case None | bool() | int() | str():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case _:  # a decimal, an interval, a UUID
            return str(value)


def _apart(columns: Sequence[str]) -> list[str]:
    """Columns by names of which no two are the same: a join has two of "path"."""
    names: list[str] = []
    for column in columns:
        others = (f"{column}_{number}" for number in count(2))
        names.append(column if column not in names else next(name for name in others if name not in {*names, *columns}))
    return names


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        shown = [_shown(item) for item in value[:_MOST_SHOWN]]
        return ", ".join(shown) + (f" … ({len(value)})" if len(value) > _MOST_SHOWN else "")
    match value:
        case None:
            return "–"
        case float():
            return f"{value:.4g}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case _:
            return printable(str(plain(value)))
