"""The accuracy report's charts. They hold no faces."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from benchmarks.accuracy.fairness import LEAST, MOST
from benchmarks.accuracy.report import Report

_INK, _MARK, _BAR = "#333333", "#2a6f97", "#c1440e"


def draw(report: Report, folder: Path) -> None:
    """Write report's charts as PNG files into folder; their names are ``benchmarks.accuracy.report.CHARTS``."""
    with plt.rc_context({"font.size": 9, "axes.edgecolor": _INK, "axes.spines.top": False, "axes.spines.right": False}):
        _reliability(report, folder / "reliability.png")
        _levels(report, folder / "levels.png")
        _groups(report, folder / "groups.png")


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _reliability(report: Report, path: Path) -> None:
    shown = [c for c in report.calibrations if not c.name.startswith("rating ")]
    columns = 3
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(9, 3.1 * rows), layout="constrained", squeeze=False)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    for axis, one in zip(axes.flat, shown, strict=False):
        axis.plot((0, 1), (0, 1), color="#bbbbbb", linewidth=1)
        predicted, observed, count = np.array([(b.predicted, b.observed, b.count) for b in one.bins]).T
        axis.plot(predicted, observed, color=_MARK, linewidth=1)
        sizes = 6 + 90 * np.sqrt(count / count.max())
        axis.scatter(predicted, observed, s=sizes, color=_MARK, alpha=0.7, linewidth=0, clip_on=False)
        axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="predicted probability", ylabel="observed share")
        output, _, data = one.name.partition(", ")
        axis.set_title(f"{output}\n{data}\nECE {one.ece.value:.3f}, n = {one.ece.count:,}", fontsize=8)
    _save(figure, path)


def _levels(report: Report, path: Path) -> None:
    figure, axis = plt.subplots(figsize=(5, 4), layout="constrained")
    axis.plot((1, 5), (1, 5), color="#bbbbbb", linewidth=1)
    for level in report.levels:
        axis.plot((level.rating, level.rating), (level.p5, level.p95), color=_MARK, linewidth=6, alpha=0.3)
        axis.plot(level.rating, level.p50, "o", color=_MARK)
        axis.annotate(f"n = {level.count:,}", (level.rating, 0.75), ha="center", fontsize=7, color=_INK)
    axis.set(xlabel="rating by the rubric", ylabel="score", xlim=(0.6, 5.4), ylim=(0.6, 5.2), xticks=range(1, 6))
    _save(figure, path)


def _groups(report: Report, path: Path) -> None:
    shown = [g for g in report.groups if g.called.count >= LEAST][::-1]
    figure, axis = plt.subplots(figsize=(7, 1 + 0.26 * len(shown)), layout="constrained")
    for at, group in enumerate(shown):
        value, low, high = (100 * v for v in (group.called.value, group.called.low, group.called.high))
        axis.plot((low, high), (at, at), color=_MARK, linewidth=2, alpha=0.5)
        axis.plot(value, at, "o", color=_BAR if group.stands_out else _MARK)
    axis.axvline(100 * MOST, color=_BAR, linewidth=1, linestyle="--")
    names = [f"{group.by}: {group.name}  ({group.called.count:,})" for group in shown]
    axis.set_yticks(range(len(shown)), names)
    axis.set(xlabel="open eyes called closed, %", xlim=(0, None))
    _save(figure, path)
