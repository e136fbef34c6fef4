"""What ``python -m benchmarks bursts`` shows of the bursts: tables for a terminal, and lines of JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table

from benchmarks.bursts.compare import PERSON, BurstReport
from benchmarks.bursts.measures import METRICS
from benchmarks.bursts.rankers import OURS, RULE
from benchmarks.common.json_values import without_nan
from benchmarks.common.statistics import Estimate
from benchmarks.labelled.eyes import EyeReport

_WHERE = {None: "", "first": " of the first batch", "second": " of the second batch"}


def burst_tables(reports: Sequence[BurstReport]) -> list[Table]:
    """Return tables for a terminal: the methods, by report; of the first, top1 by clip, and picks that nobody chose.

    reports: of all bursts, and of each batch.
    """
    return [*map(_method_table, reports), _clip_table(reports[0]), _wrong_table(reports[0])]


def _method_table(report: BurstReport) -> Table:
    title = f"{report.count} {report.part} bursts{_WHERE[report.batch]}, with 95 % intervals"
    table = Table("%", *METRICS.values(), title=title, title_justify="left")
    for name, by in report.methods.items():
        table.add_row(name, *(_percent(by[metric]) for metric in METRICS))
    table.caption = f"lead of {OURS} over the rule, points of top 1: {_percent(report.lead)}"
    return table


def _clip_table(report: BurstReport) -> Table:
    methods = [name for name in report.methods if name != PERSON]
    table = Table("clip", "bursts", *methods, title="pick is a chosen one, %, by clip", title_justify="left")
    for clip, by_name in report.clips.items():
        table.add_row(clip, f"{by_name['bursts']:.0f}", *(f"{100 * by_name[name]:.0f}" for name in methods))
    return table


def _wrong_table(report: BurstReport) -> Table:
    title = "where livecam picks another (frames from 0)"
    table = Table("burst", "our pick", "chosen", title=title, title_justify="left")
    for one in report.wrong:
        table.add_row(str(one["burst"]), f"{one['pick']}{' NEVER' if one['never'] else ''}", str(one["chosen"]))
    return table


def _percent(found: Estimate) -> str:
    """Write a share in percent with its interval."""
    if math.isnan(found.value):
        return "–"
    return f"{100 * found.value:.1f} ({100 * found.low:.0f} to {100 * found.high:.0f})"


def json_objects(reports: Sequence[BurstReport], eyes: EyeReport | None) -> list[object]:
    """Return what the command prints as JSON, an object for each line. eyes: None where none are labelled."""
    lines = [line for report in reports for line in _json_of(report)]
    of_eyes = [] if eyes is None else [{"eyes": asdict(eyes)}]
    return [without_nan(one) for one in (*lines, *of_eyes)]


def _json_of(report: BurstReport) -> list[dict[str, object]]:
    about = {"set": report.part, "batch": report.batch or "all", "bursts": report.count}
    methods: list[dict[str, object]] = [
        {"method": name, **about, **{metric: asdict(found) for metric, found in by.items()}}
        for name, by in report.methods.items()
    ]
    rest = {"lead": asdict(report.lead), "clips": report.clips, "wrong": report.wrong}
    return [*methods, {"method": f"{OURS} against {RULE}", **about, **rest}]
