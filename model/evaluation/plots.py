"""Figures for reports: confusion matrix, calibration diagram and grids of pictures, without a display."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from livecam.types import UInt8Array
from model.evaluation.metrics import Metrics

_TILE_IN = 1.7  # width of a picture in a grid, inches of 110 pixels
_INK, _BLUE = "#1f2933", "#2563a8"


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A picture in a grid. image: uint8 (H, W, 3) RGB.  caption: below it, may have several lines."""

    image: UInt8Array
    caption: str = ""


def confusion_svg(metrics: Metrics) -> str:
    """Draw the confusion matrix: counts, shaded by the share of the true class."""
    matrix = np.asarray(metrics.confusion, float)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    labels = [one.label for one in metrics.per_class]
    with _style(9.0):
        figure = Figure(figsize=(3.8, 3.5), layout="constrained")
        axes = figure.add_subplot()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(matrix):
            colour = "white" if shares[row, column] > 0.55 else _INK
            axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour)
        axes.set_xticks(range(len(labels)), labels)
        axes.set_yticks(range(len(labels)), labels)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        return _svg(figure)


def calibration_svg(metrics: Metrics) -> str:
    """Draw how often the model was right against how sure it was; the bars below are the photos in each bin."""
    with _style(9.0):
        figure = Figure(figsize=(3.8, 3.5), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        confidence = [one.confidence for one in metrics.calibration]
        upper.plot((0, 1), (0, 1), linestyle="--", color="#9aa5b1", label="perfect")
        upper.plot(confidence, [one.accuracy for one in metrics.calibration], "o-", color=_BLUE, label="model")
        upper.set_ylabel("right, share")
        upper.set_ylim(0, 1)
        upper.legend(loc="upper left", frameon=False)
        lower.bar(confidence, [one.photos for one in metrics.calibration], width=0.05, color=_BLUE)
        lower.set_ylabel("photos")
        lower.set_xlabel("confidence in the predicted class")
        lower.set_xlim(0, 1)
        return _svg(figure)


def grid_png(rows: Sequence[Sequence[Tile]], titles: Sequence[str] = (), *, foot: str = "") -> bytes:
    """Lay pictures out in a grid with captions.

    titles: one for each column, above the first row.  foot: a line below all, for the source of the pictures.
    """
    columns = max(len(row) for row in rows)
    lines = max(tile.caption.count("\n") + 1 if tile.caption else 0 for row in rows for tile in row)
    height = _TILE_IN + 0.17 * lines + 0.08
    with _style(8.0):
        figure = Figure(figsize=(_TILE_IN * columns, height * len(rows) + 0.45), layout="constrained", dpi=110)
        axes = figure.subplots(len(rows), columns, squeeze=False)
        for row_axes, row in zip(axes, rows, strict=True):
            for column, one in enumerate(row_axes):
                one.set_xticks(())
                one.set_yticks(())
                one.set_frame_on(False)
                if column < len(row):
                    one.imshow(row[column].image)
                    one.set_xlabel(row[column].caption)
        for one, title in zip(axes[0], titles, strict=False):
            one.set_title(title, fontsize=8, fontweight="bold")
        if foot:
            figure.supxlabel("\n".join(wrap(foot, round(19 * _TILE_IN * columns))), fontsize=6.5, color="#52606d")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()


def _style(size: float) -> AbstractContextManager[None]:
    """Set the size of the text, points. The same numbers give the same SVG: its names come from a fixed salt."""
    return rc_context({"svg.hashsalt": "livecam", "font.size": size})


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]  # the XML prologue has no place inside HTML
