"""The tables of labels that people gave by eye, in benchmarks/labels of the checkout, and CSV tables as such."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from livecam.errors import SourceError

LABELS = Path(__file__).parents[2] / "benchmarks" / "labels"


def read_labels(name: str, columns: Sequence[str], labels: Path = LABELS) -> list[dict[str, str]]:
    """Return the rows of a table of labels in the folder labels, see ``read_table``."""
    return read_table(labels / name, columns, "get a whole checkout")


def read_table(path: Path, columns: Sequence[str], hint: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file with a header. hint: what to do when it is not as it should be.

    Raises SourceError, one line, when it cannot be read or lacks one of columns.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, restval="")
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read ({error}): {hint}") from None
    if missing:
        raise SourceError(f"{path} lacks the column {missing[0]}: {hint}")
    return rows
