"""Which frame of a burst is picked, beside what three people chose of it by eye, who saw no model's word on it.

Beside our ranking stand: chance, the sharpest face crop, what one writes in an evening with MediaPipe's blendshapes
(smile − 2 × the worse eye), the scorer's value alone, and the people themselves: what one of them chose, beside what
the others did, is as far as people agree.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import permutations
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.common.statistics import Estimate, Figure, estimate
from benchmarks.labelled.eyes import EyeReport, eye_report, eye_tables
from benchmarks.labelled.pictures import Burst, LabelledRecord, Part, bursts, look_at
from livecam.best.ranking import Weights, rank

OURS, RULE, SCORER, SHARPEST, CHANCE = "livecam", "smile − 2 × eye", "scorer alone", "sharpest", "chance"
READER = "a person"
Metric = Literal["top1", "accepted", "top3", "reject", "above_never", "above_rest", "regret"]
METRICS: dict[Metric, str] = {
    "top1": "top 1",
    "accepted": "a person agrees",
    "top3": "top 3",
    "reject": "rejects",
    "above_never": "chosen > never",
    "above_rest": "chosen > rest",
    "regret": "regret",
}
_TOP = 3
_TOP1_BAR, _LEAD_BAR, _REJECT_BAR = 0.90, 0.05, 0.0

_WEIGHTS = Weights()

Ranker = Callable[[Sequence[LabelledRecord]], list[int]]


@dataclass(frozen=True, slots=True)
class BurstReport:
    """How often each way of ranking agrees with people.

    methods: by name and metric, each with its 95 % interval (bursts drawn again). top1, top3, reject: shares of
    bursts.  accepted: the share of readers who have chosen the pick; of a person's picks, of the other readers.
    above_never, above_rest: shares of pairs, mean over the bursts that have such pairs.  regret: the share of the
    burst's other frames that stand before the first chosen one, 0 best.
    lead: top1 of ours less that of the rule, from the same draws.  clips: by clip, "people" as one, the number of
    bursts and top1 of each method.  wrong: burst, our pick and the chosen ones, where they differ.
    """

    part: Part
    count: int
    methods: dict[str, dict[Metric, Estimate]]
    lead: Estimate
    clips: dict[str, dict[str, float]]
    wrong: list[dict[str, object]]


def rule(seen: LabelledRecord) -> float:
    """Return the evening's rule for the largest face; -inf without one."""
    if not seen.record.faces:
        return -math.inf
    face = seen.record.faces[0]
    return face.shape("mouthSmile") - 2 * max(face.shape("eyeBlinkLeft"), face.shape("eyeBlinkRight"))


def _by(value: Callable[[LabelledRecord], float]) -> Ranker:
    """Rank by value, the highest first; of equals the earlier."""
    return lambda seen: sorted(range(len(seen)), key=lambda i: -value(seen[i]))


def _scorer(seen: LabelledRecord) -> float:
    score = seen.record.score
    return -math.inf if score is None else score


def rankers(weights: Weights = _WEIGHTS) -> dict[str, Ranker]:
    """Return the ways of ranking, ours first, by what a method is called in the report."""
    return {
        OURS: lambda seen: [ranked.index for ranked in rank([one.record for one in seen], weights)],
        RULE: _by(rule),
        SCORER: _by(_scorer),
        SHARPEST: _by(lambda seen: seen.laplacian),
    }


def judge(burst: Burst, order: Sequence[int]) -> dict[Metric, float]:
    """Compare one order, best first, with the person's choice; nan where the burst has no such pairs."""
    place = {index: at for at, index in enumerate(order)}
    rest = set(order) - burst.choose - burst.never

    def above(others: set[int] | frozenset[int]) -> float:
        return _mean(place[c] < place[o] for c in burst.choose for o in others)

    return {
        "top1": float(order[0] in burst.choose),
        "accepted": _mean(order[0] in chosen for chosen, _ in burst.readers),
        "top3": float(not burst.choose.isdisjoint(order[:_TOP])),
        "reject": float(order[0] in burst.never),
        "above_never": above(burst.never),
        "above_rest": above(rest),
        "regret": min(place[c] for c in burst.choose) / (len(order) - 1),
    }


def _mean(values: Iterable[float]) -> float:
    """Mean; nan of nothing."""
    known = list(values)
    return float(np.mean(known)) if known else math.nan


def reader(burst: Burst) -> dict[Metric, float]:
    """Return how far one person's picks please another: of all pairs of two readers, each with each of its choices."""
    pairs = list(permutations(burst.readers, 2))
    judged = dict.fromkeys(METRICS, math.nan)
    judged["accepted"] = _mean(len(mine[0] & theirs[0]) / len(mine[0]) for mine, theirs in pairs)
    judged["reject"] = _mean(len(mine[0] & theirs[1]) / len(mine[0]) for mine, theirs in pairs)
    return judged


def chance(burst: Burst) -> dict[Metric, float]:
    """Return what a random order of the burst is expected to reach."""
    count, chosen, never = len(burst.spots), len(burst.choose), len(burst.never)
    return {
        "top1": chosen / count,
        "accepted": _mean(len(by) / count for by, _ in burst.readers),
        "top3": 1 - math.comb(count - chosen, _TOP) / math.comb(count, _TOP),
        "reject": never / count,
        "above_never": 0.5 if never else math.nan,
        "above_rest": 0.5 if count > chosen + never else math.nan,
        "regret": (count - chosen) / (chosen + 1) / (count - 1),
    }


def compare(
    found: Sequence[Burst], seen: Sequence[Sequence[LabelledRecord]], part: Part, weights: Weights
) -> BurstReport:
    """Rank each burst in each way. seen: of each burst what was seen in its pictures, in their order."""
    orders = {name: [ranker(one) for one in seen] for name, ranker in rankers(weights).items()}
    judged = {name: [judge(b, o) for b, o in zip(found, by, strict=True)] for name, by in orders.items()}
    judged[CHANCE] = [chance(burst) for burst in found]
    judged[READER] = [reader(burst) for burst in found]
    names = np.array([burst.name for burst in found], str)

    def mean(values: Sequence[float]) -> Estimate:
        array = np.asarray(values)
        known = np.flatnonzero(~np.isnan(array))
        if not len(known):
            return Estimate(math.nan, math.nan, math.nan, 0)
        return estimate(names[known], lambda rows: float(array[known][rows].mean()))

    places = ["people" if burst.spots[0].file.startswith("people/") else burst.where for burst in found]
    top1 = {name: np.array([one["top1"] for one in by]) for name, by in judged.items()}
    return BurstReport(
        part=part,
        count=len(found),
        methods={name: {m: mean([one[m] for one in by]) for m in METRICS} for name, by in judged.items()},
        lead=mean((top1[OURS] - top1[RULE]).tolist()),
        clips={
            place: {"bursts": float((own := np.array(places) == place).sum())}
            | {name: float(values[own].mean()) for name, values in top1.items() if name != READER}
            for place in dict.fromkeys(places)
        },
        wrong=[
            {
                "burst": burst.name,
                "pick": order[0],
                "never": order[0] in burst.never,
                "chosen": sorted(burst.choose),
            }
            for burst, order in zip(found, orders[OURS], strict=True)
            if order[0] not in burst.choose
        ],
    )


def burst_report(
    data: Path, model: Path | None, part: Part = "test", work: Path | None = None, weights: Weights = _WEIGHTS
) -> BurstReport:
    """Rank the labelled bursts of data with model (None: the shipped one). Raises SourceError or ModelError."""
    found = bursts(part)
    seen = look_at((spot for burst in found for spot in burst.spots), data, model, work)
    return compare(found, [[seen[spot] for spot in burst.spots] for burst in found], part, weights)


def figures(report: BurstReport) -> list[Figure]:
    """Return ours beside the rule, with the bars of the issue, for the accuracy report."""
    ours, theirs = report.methods[OURS], report.methods[RULE]
    bars: dict[Metric, tuple[float, bool]] = {"top1": (_TOP1_BAR, True), "reject": (_REJECT_BAR, False)}
    told = []
    for metric, words in METRICS.items():
        bar, at_least = bars.get(metric, (None, True))
        told.append(Figure("bursts chosen by eye", words, ours[metric], theirs[metric], bar, at_least))
    told.append(Figure("bursts chosen by eye", f"{METRICS['top1']}, lead over the rule", report.lead, bar=_LEAD_BAR))
    people = report.methods[READER]["accepted"]
    return [*told, Figure("bursts chosen by eye", "a person agrees with what another chose", people)]


def _said(found: Estimate) -> str:
    if math.isnan(found.value):
        return "–"
    return f"{100 * found.value:.1f} ({100 * found.low:.0f} to {100 * found.high:.0f})"


def burst_tables(report: BurstReport) -> list[Table]:
    """Return the methods, and top1 clip by clip, as tables for a terminal."""
    main_table = Table(
        "%", *METRICS.values(), title=f"{report.count} {report.part} bursts, with 95 % intervals", title_justify="left"
    )
    for name, by in report.methods.items():
        main_table.add_row(name, *(_said(by[metric]) for metric in METRICS))
    main_table.caption = f"lead of {OURS} over the rule, points of top 1: {_said(report.lead)}"
    methods = [name for name in report.methods if name != READER]
    clips = Table("clip", "bursts", *methods, title="pick is a chosen one, %, by clip", title_justify="left")
    for clip, by_name in report.clips.items():
        clips.add_row(clip, f"{by_name['bursts']:.0f}", *(f"{100 * by_name[name]:.0f}" for name in methods))
    wrong = Table(
        "burst", "our pick", "chosen", title="where livecam picks another (frames from 0)", title_justify="left"
    )
    for one in report.wrong:
        wrong.add_row(str(one["burst"]), f"{one['pick']}{' NEVER' if one['never'] else ''}", str(one["chosen"]))
    return [main_table, clips, wrong]


def _lines(report: BurstReport, eyes: EyeReport) -> list[object]:
    about = {"set": report.part, "bursts": report.count}
    lines: list[object] = []
    for name, by in report.methods.items():
        told: dict[str, object] = {metric: asdict(found) for metric, found in by.items()}
        lines.append({"method": name, **about, **told})
    rest = {"lead": asdict(report.lead), "clips": report.clips, "wrong": report.wrong}
    return [*lines, {"method": f"{OURS} against {RULE}", **about, **rest}, {"eyes": asdict(eyes)}]


def _plain(value: object) -> object:
    """Return value as JSON can hold it: null for what has no answer."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def main(
    data: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    model: Annotated[Path | None, typer.Option(help="Scorer to test; the shipped one otherwise.")] = None,
    part: Annotated[Part, typer.Option("--set", help="test, or dev to tune on.")] = "test",
    work: Annotated[
        Path | None, typer.Option(help="Folder that keeps what was seen; a temporary one otherwise.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Compare picks from bursts, and closed eyes, with what a person saw in the same pictures."""
    people = Console(stderr=True)
    report = burst_report(data, model, part, work)
    eyes = eye_report(data, model, part, work)
    for table in [*burst_tables(report), *eye_tables(eyes)]:
        people.print(table)
    if as_json:
        sys.stdout.writelines(json.dumps(_plain(line)) + "\n" for line in _lines(report, eyes))
