"""The chart of the sizes benchmark: errors against operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

# Column of the table, and whether the share of errors is what the column leaves of one.
SHOWN = {
    "open called closed: all": False,
    "both closed called closed": True,
    "painted winks": True,
    "smile readout, AUC": True,
    "chosen above the rest": True,
}


def draw(points: Sequence[tuple[str, float, Mapping[str, float]]], path: Path) -> None:
    """Write the chart as PNG. points: of each file its name, millions of multiplications and values by column."""
    figure, axis = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for column, inverted in SHOWN.items():
        known = [(millions, values[column]) for _, millions, values in points if column in values]
        if known:
            errors = [100 * (1 - value if inverted else value) for _, value in known]
            axis.plot([millions for millions, _ in known], errors, "o-", label=column + (", missed" * inverted))
    places = sorted({place for _, place, _ in points})
    names = ["\n".join(name for name, place, _ in points if place == millions) for millions in places]
    # Aslant, so that those of files which cost nearly the same do not lie over each other.
    axis.secondary_xaxis("top").set_xticks(places, names, fontsize=7, rotation=20, ha="left")
    axis.set(xlabel="multiplications of a crop, millions", ylabel="errors, %", ylim=(0, None))
    axis.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)
