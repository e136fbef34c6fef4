"""People who rated the portraits of the research data from 1 to 10, and the paper's mix of its five scores."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import SourceError

MIX = (0.14, 0.21, 0.33, 0.24, 0.08)  # of scores 1 to 5, section 4 of the paper


@dataclass(frozen=True, slots=True)
class Rater:
    """A person and the ratings that they gave to photos. ratings: file name to 1..10."""

    name: str
    ratings: Mapping[str, float]


def read_raters(data: Path) -> list[Rater]:
    """Read all raters of the research data, the busiest first. Raises SourceError."""
    path = data / "ratings" / "ratings.csv"
    ratings: dict[str, dict[str, float]] = defaultdict(dict)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                ratings[row["rater"]][row["file"]] = float(row["rating_1_to_10"])
    except (OSError, KeyError, ValueError) as error:
        raise SourceError(
            f"{path} is not the ratings file of the research data ({error}): name its folder with --data"
        ) from None
    return sorted((Rater(name, own) for name, own in ratings.items()), key=lambda one: (-len(one.ratings), one.name))
