"""Writes what the accuracy benchmark found: tables on a terminal, one JSON object a line, and markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy import by_eye, camera, never_seen, rubric, second_batch
from benchmarks.accuracy.calibration import Calibration, Level
from benchmarks.accuracy.fairness import LEAST, MOST, FaceGroup, gap
from benchmarks.common.json_values import without_nan
from benchmarks.common.markdown import markdown_table
from benchmarks.common.statistics import Estimate, Figure

ECE_BAR = 0.05
_Row = tuple[str, ...]
CHARTS = {
    "reliability.png": "What the probabilities say against what was so, in 15 bins; the dots' size is the bin's count.",
    "levels.png": "The scores of damaged views by the rubric's rating: 5th, 50th and 95th percentile.",
    "groups.png": f"Open eyes called closed, with its 95 % interval, in groups of at least {LEAST}.",
}
_NOTES = by_eye.NOTES | rubric.NOTES | camera.NOTES | second_batch.NOTES | {never_seen.SECTION: never_seen.NOTE}
_INTERVALS = (
    "Behind each value stands its 95 % interval, drawn by bootstrap (400 draws of a fixed seed) of whole people, clips "
    "or blocks of neighbouring files, with all their pictures. A bootstrap knows no failures but those that it has, so "
    "where the interval of a share or an area reaches 0 or 1, or comes of fewer than ten people and clips, it is "
    "widened to Wilson's interval for as many as these are: each counts once. A share in which nobody has two pictures "
    "has Wilson's interval for their number. In brackets behind a count: of how many people and clips it is (pictures, "
    "where nobody knows who is in them); of how many of the rarer kind, where two are told apart. Distances, "
    "deviations, leads, offsets and calibration have the bootstrap alone, which is too narrow where few clips are "
    "behind it. A bar is met by the value, however wide its interval."
)
_GROUPS = (
    "Two open eyes of which at least one is called closed (probability above 0.5). Left out: closed and lowered eyes "
    "and eyes behind sunglasses, by eye (`labels/*.csv`). “Doubtful counted” takes in the faces in which the labeller "
    "could not tell, most of them blurred or black. Score and sharpness: offset to the other faces of the same set, "
    "among frontal faces with a mouth near rest, with a parabola in MediaPipe's mouthSmile taken out of the score; for "
    "the groups that are made, to the same faces as they are. “All portraits” takes in those that the scorer was "
    "trained on, because the test split has few of each."
)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All that was found. about: the model and the data, by name."""

    about: dict[str, str | int]
    figures: list[Figure]
    calibrations: list[Calibration]
    levels: list[Level]
    groups: list[FaceGroup]


@dataclass(frozen=True, slots=True)
class _Sheet:
    title: str
    header: _Row
    rows: list[_Row]
    note: str = ""


def _number(value: float, unit: str) -> str:
    if math.isnan(value):
        return "–"
    return f"{100 * value:.1f} %" if unit == "%" else f"{value:.3f}" if unit == "points" else f"{value:.4f}"


def with_interval(found: Estimate | None, unit: str) -> str:
    """Write an estimate of a ``Figure.unit`` with its interval; a dash where there is none."""
    if found is None or math.isnan(found.value):
        return "–"
    if unit == "points" and found.low == found.value == found.high:
        return _number(found.value, unit)  # one face's own: no interval
    low, high = (_number(end, unit).removesuffix(" %") for end in (found.low, found.high))
    return f"{_number(found.value, unit)} ({low} to {high})"


def _count(found: Estimate) -> str:
    """Write how many faces an estimate comes from and, if these are fewer, how many people and clips."""
    apart = found.independent in {None, found.count}
    return str(found.count) if apart else f"{found.count} ({found.independent})"


def _offset(found: Estimate | None) -> str:
    return "–" if found is None else f"{found.value:+.2f} ({found.low:+.2f} to {found.high:+.2f})"


def _bar(figure: Figure) -> str:
    if figure.bar is None:
        return ""
    sign = "≥" if figure.at_least else "≤"
    digits = f"{100 * figure.bar:g} %" if figure.unit == "%" else f"{figure.bar:g}"
    return f"{sign} {digits} {'met' if figure.met else 'MISSED'}"


def _sheets(report: Report) -> Iterator[_Sheet]:
    for section in dict.fromkeys(figure.section for figure in report.figures):
        own = [figure for figure in report.figures if figure.section == section]
        if any(figure.scorer for figure in own):
            judged = ("figure", "camera", "scorer", "blendshapes", "count", "bar")
            yield _Sheet(section, judged, [_judged_row(figure) for figure in own], _NOTES.get(section, ""))
        else:
            alone = ("figure", "scorer", "blendshapes", "count", "bar")
            yield _Sheet(section, alone, [_figure_row(figure) for figure in own], _NOTES.get(section, ""))
    levels = [_level_row(level) for level in report.levels]
    yield _Sheet("score by the rubric's rating", ("rubric", "views", "mean", "5 %", "median", "95 %"), levels)
    outputs = ("output", "ECE", "ECE, equal mass", "Brier", "count", "bar")
    yield _Sheet("calibration", outputs, [_calibration_row(one) for one in report.calibrations])
    header = ("by", "group", "open-eyed", "called closed", "doubtful counted", "score", "sharpness")
    yield _Sheet("groups", header, [_group_row(group) for group in report.groups], _GROUPS)


def _figure_row(figure: Figure) -> _Row:
    found, blendshapes = (with_interval(one, figure.unit) for one in (figure.found, figure.blendshapes))
    return figure.name, found, blendshapes, _count(figure.found), _bar(figure)


def _judged_row(figure: Figure) -> _Row:
    name, found, *rest = _figure_row(figure)
    return name, found, with_interval(figure.scorer, figure.unit), *rest


def _level_row(level: Level) -> _Row:
    scores = (level.mean, level.p5, level.p50, level.p95)
    return str(level.rating), str(level.count), *(f"{score:.2f}" for score in scores)


def _calibration_row(one: Calibration) -> _Row:
    bar = f"≤ {ECE_BAR:g} {'met' if one.ece.value <= ECE_BAR else 'MISSED'}"
    return one.name, *(with_interval(e, "points") for e in (one.ece, one.ece_mass, one.brier)), str(one.ece.count), bar


def _group_row(group: FaceGroup) -> _Row:
    called = with_interval(group.called, "%") + (" OVER" if group.stands_out else "")
    offsets = (_offset(group.score), _offset(group.sharpness))
    return group.by, group.name, _count(group.called), called, with_interval(group.doubtful, "%"), *offsets


def conclusion(groups: list[FaceGroup]) -> str:
    """Return a sentence on which groups have too many false alarms, and the largest difference between two."""
    over = [f"{group.name} ({group.by}, {with_interval(group.called, '%')})" for group in groups if group.stands_out]
    text = (
        f"Groups of at least {LEAST} with more than {100 * MOST:g} % false alarms: {', '.join(over) or 'none'}. "
        "Largest gap between two such groups, within what they have in common: "
    )
    gaps = []
    for by in dict.fromkeys(group.by for group in groups):
        found = gap([group for group in groups if group.by == by])
        if found:
            gaps.append((found[0], f"{100 * found[0]:.1f} points ({by}: {found[1]} against {found[2]})"))
    return text + (max(gaps)[1] if gaps else "none to compare") + "."


def print_tables(report: Report, console: Console) -> None:
    """Print all for people."""
    for sheet in _sheets(report):
        table = Table(*sheet.header, title=sheet.title, title_justify="left")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(table)
    console.print(conclusion(report.groups), markup=False, highlight=False)


def json_lines(report: Report) -> Iterator[str]:
    """Yield one JSON object a line; "kind" says what it is. Shares stay in 0..1, and what is not known is null."""
    yield _line("about", report.about)
    for figure in report.figures:
        yield _line("figure", asdict(figure) | {"met": figure.met})
    for calibration in report.calibrations:
        yield _line("calibration", asdict(calibration))
    for level in report.levels:
        yield _line("level", asdict(level))
    for group in report.groups:
        yield _line("group", asdict(group) | {"stands_out": group.stands_out})


def _line(kind: str, values: dict[str, object] | dict[str, str | int]) -> str:
    return json.dumps(without_nan({"kind": kind} | values), allow_nan=False) + "\n"


def markdown(report: Report) -> str:
    """Return the whole report; its charts lie beside it."""
    about = report.about
    tested = (
        f"`{about['model']}`, version {about['version']}, SHA-256 `{about['sha256']}`, on {about['provider']}: "
        f"{about['test_faces']} test faces of {about['faces']} collected. `python -m benchmarks accuracy DATA`"
    )
    parts = ["# Accuracy of the scorer", tested, _INTERVALS]
    for sheet in _sheets(report):
        parts += [f"## {sheet.title.capitalize()}", *([sheet.note] if sheet.note else [])]
        parts.append(markdown_table(sheet.header, sheet.rows))
    parts += [conclusion(report.groups), "## Charts"]
    parts += [f"![{text}]({name})\n\n{text}" for name, text in CHARTS.items()]
    return "\n\n".join(parts) + "\n"
