"""How well the scorer separates closed eyes from open ones in the frames whose eyes a person labelled, eye by eye."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from benchmarks.common.statistics import Bools, Estimate, Evidence, Floats, auc, recall, separation, share
from benchmarks.labelled.labels import Eyes, Part, eyes
from benchmarks.labelled.pictures import AnalysedPicture, analyse
from livecam.types import EYE_CLOSED


@dataclass(frozen=True, slots=True)
class EyeRow:
    """One group of eyes. closed, open, half: how many.

    auc, recall: closed against open, half left out; recall at 1 % false alarms.  called: closed ones that are called
    closed.  alarms: open ones that are.  half_called: half-closed ones that are.  rule_*: the same of MediaPipe's
    eyeBlink; nan where one state is missing.
    """

    name: str
    closed: int
    open: int
    half: int
    auc: Estimate
    recall: Estimate
    called: Estimate
    alarms: Estimate
    half_called: Estimate
    rule_auc: Estimate
    rule_recall: Estimate


@dataclass(frozen=True, slots=True)
class EyeReport:
    """How well closed and open eyes of a set are separated.

    rows: all eyes, each side, the plain and the hard kinds, clip by clip.
    missed: pictures without a face found.  winks: share in which the closed eye is the likelier.
    """

    part: Part
    missed: int
    winks: Estimate
    rows: list[EyeRow]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """(N,) eyes, two for each picture. clips: the clip or the photo of each, one piece of evidence."""

    states: list[str]
    ours: Floats
    rule: Floats
    clips: NDArray[np.str_]

    def row(self, name: str, own: Bools) -> EyeRow:
        at = np.flatnonzero(own)
        states = np.array([self.states[i] for i in at])
        ours = self.ours[at]
        clear = np.flatnonzero(states != "half")
        shut = states[clear] == "closed"
        evidence = Evidence.by(self.clips[at])
        closed, rule, of_clear = ours[clear], self.rule[at][clear], evidence.take(clear)

        def called(state: str) -> Estimate:
            return share(ours[states == state] > EYE_CLOSED, evidence.take(states == state))

        return EyeRow(
            name,
            int((states == "closed").sum()),
            int((states == "open").sum()),
            int((states == "half").sum()),
            separation(auc, shut, closed, of_clear),
            separation(recall, shut, closed, of_clear),
            called("closed"),
            called("open"),
            called("half"),
            separation(auc, shut, rule, of_clear),
            separation(recall, shut, rule, of_clear),
        )


def compare(labelled: Sequence[Eyes], pictures: Sequence[AnalysedPicture], part: Part) -> EyeReport:
    """Return the report on labelled, whose pictures are in the same order; those without a face count as missed."""
    faces = [picture.record.faces for picture in pictures]
    both = [(one, found[0]) for one, found in zip(labelled, faces, strict=True) if found]
    table = _Table(
        states=[state for one, _ in both for state in (one.left, one.right)],
        ours=np.array([p for _, face in both for p in face.eyes_closed]),
        rule=np.array([face.shape(f"eyeBlink{side}") for _, face in both for side in ("Left", "Right")]),
        clips=np.array([one.spot.file for one, _ in both for _ in range(2)], str),
    )
    places = [_place(one.spot.file) for one, _ in both for _ in range(2)]
    files = np.array(places)
    kinds = np.array([one.what for one, _ in both for _ in range(2)])
    left = np.tile([True, False], len(both))
    rows = [
        table.row("all", np.ones(len(left), bool)),
        table.row("left", left),
        table.row("right", ~left),
        table.row("open ones: plain only", ~np.isin(table.states, "open") | (kinds == "plain")),
        table.row("open ones: hard only", ~np.isin(table.states, "open") | (kinds != "plain")),
    ]
    rows += [table.row(place, files == place) for place in sorted(set(places))]
    winks = [
        (one.spot.file, (closed[0] > closed[1]) == (one.left == "closed"))
        for one, closed in ((one, face.eyes_closed) for one, face in both)
        if {one.left, one.right} == {"open", "closed"}
    ]
    return EyeReport(part, len(labelled) - len(both), _of_winks(winks), rows)


def _of_winks(winks: Sequence[tuple[str, bool]]) -> Estimate:
    """Return the share of winks, by clip or photo, that are told right."""
    clips = np.array([file for file, _ in winks], np.str_)
    return share(np.array([right for _, right in winks], bool), Evidence.by(clips))


def _place(file: str) -> str:
    folder, name = file.rsplit("/", 1)
    return name if folder in {"videos", "more/clips"} else folder


def eye_report(data: Path, model: Path | None, part: Part = "test", work: Path | None = None) -> EyeReport:
    """Compare the labelled eyes of data with model's (None: the shipped one's). Raises SourceError or ModelError."""
    labelled = eyes(part)
    analysed = analyse((one.spot for one in labelled), data, model, work)
    return compare(labelled, [analysed[one.spot] for one in labelled], part)


def _percent(found: Estimate, digits: int = 1) -> str:
    return "–" if math.isnan(found.value) else f"{100 * found.value:.{digits}f}"


def _with_interval(found: Estimate) -> str:
    return (
        _percent(found)
        if math.isnan(found.value)
        else (f"{100 * found.value:.1f} ({100 * found.low:.1f} to {100 * found.high:.1f})")
    )


def eye_tables(report: EyeReport) -> list[Table]:
    """Return the report as a table for a terminal, in percent."""
    table = Table(
        "eyes", "closed", "open", "half", "AUC", "recall at 1 %", "called", "false alarms", "half called", "eyeBlink",
        title=f"eyes of {report.part} frames labelled by eye, %", title_justify="left",
    )  # fmt: skip
    for row in report.rows:
        values = (_percent(row.auc, 2), *map(_percent, (row.recall, row.called, row.alarms, row.half_called)))
        beside = f"AUC {_percent(row.rule_auc, 2)}, {_percent(row.rule_recall)}" if row.closed and row.open else "–"
        table.add_row(row.name, *map(str, (row.closed, row.open, row.half)), *values, beside)
    winks = f"{report.winks.count} winks, the closed eye the likelier in {_with_interval(report.winks)} %"
    table.caption = f"{report.missed} pictures without a face found; {winks}"
    return [table]
