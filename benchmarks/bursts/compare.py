"""Ranks the labelled bursts in every way, and puts together how far each agrees with people."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.bursts.measures import METRICS, Metric, chance, judge, person
from benchmarks.bursts.rankers import OURS, RULE, rankers
from benchmarks.common.statistics import Estimate, Evidence, Figure, Words, bounded, estimate
from benchmarks.labelled.labels import Batch, Burst, Part, Spot, bursts
from benchmarks.labelled.pictures import AnalysedPicture, analyse

CHANCE, PERSON = "chance", "a person"
SECTION = "bursts chosen by eye"
_TOP1_BAR, _LEAD_BAR, _REJECT_BAR = 0.90, 0.05, 0.0  # set by hand


@dataclass(frozen=True, slots=True)
class BurstReport:
    """How often each way of ranking agrees with people.

    methods: by name and metric, each with its 95 % interval (clips and people drawn again, with all their bursts).
    top1, top3, reject: shares of bursts.  accepted: the share of readers who have chosen the pick; of a person's picks,
    of the other readers.  above_never, above_rest: shares of pairs, mean over the bursts that have such pairs.
    regret: the share of the burst's other frames that stand before the first chosen one, 0 best.
    batch: of the research data, that alone; None: all.
    lead: top1 of ours less that of the rule, from the same draws.  clips: by clip, "people" as one, the number of
    bursts and top1 of each method.  wrong: burst, our pick and the chosen ones, where they differ.
    """

    part: Part
    count: int
    methods: dict[str, dict[Metric, Estimate]]
    lead: Estimate
    clips: dict[str, dict[str, float]]
    wrong: list[dict[str, object]]
    batch: Batch | None = None


def burst_reports(data: Path, model: Path | None, part: Part = "test", work: Path | None = None) -> list[BurstReport]:
    """Rank the labelled bursts of data with model (None: the shipped one): all, and each batch by itself.

    Raises SourceError or ModelError.
    """
    found = bursts(part)
    return by_batch(found, analyse((spot for burst in found for spot in burst.spots), data, model, work), part)


def by_batch(found: Sequence[Burst], analysed: Mapping[Spot, AnalysedPicture], part: Part) -> list[BurstReport]:
    """Report on all bursts and, where they are of several batches, on each of these, the first first.

    So figures that were measured before a batch came stay comparable.
    """
    batches: list[Batch] = sorted({burst.batch for burst in found})
    reports = []
    for batch in (None, *(batches if len(batches) > 1 else ())):
        own = [burst for burst in found if batch in (None, burst.batch)]
        seen = [[analysed[spot] for spot in burst.spots] for burst in own]
        reports.append(compare(own, seen, part, batch, units=[burst.where for burst in own]))
    return reports


def compare(
    found: Sequence[Burst],
    pictures: Sequence[Sequence[AnalysedPicture]],
    part: Part,
    batch: Batch | None = None,
    without: Collection[str] = (),
    units: Sequence[str] | None = None,
) -> BurstReport:
    """Rank each burst in each way. pictures: of each burst, in its order.  batch: which these are, None: all.

    without: ways that need more than is known; not ours, nor the rule.  units: the same for bursts of one person, which
    are one piece of evidence; each is one by itself if that is not known.
    """
    ways = {name: ranker for name, ranker in rankers().items() if name not in without}
    orders = {name: [ranker(burst) for burst in pictures] for name, ranker in ways.items()}
    judged = {name: [judge(b, o) for b, o in zip(found, by, strict=True)] for name, by in orders.items()}
    judged[CHANCE] = [chance(burst) for burst in found]
    judged[PERSON] = [person(burst) for burst in found]
    names = np.array([burst.name for burst in found] if units is None else units, str)
    top1 = {name: np.array([one["top1"] for one in by]) for name, by in judged.items()}
    return BurstReport(
        part=part,
        count=len(found),
        methods={name: {m: _share(names, [one[m] for one in by]) for m in METRICS} for name, by in judged.items()},
        lead=estimate(names, lambda rows: float((top1[OURS] - top1[RULE])[rows].mean())),
        clips=_clips(found, {name: values for name, values in top1.items() if name != PERSON}),
        wrong=[_wrong(b, order[0]) for b, order in zip(found, orders[OURS], strict=True) if order[0] not in b.choose],
        batch=batch,
    )


def _share(names: Words, values: Sequence[float]) -> Estimate:
    """Return the mean over the bursts that have a value, in 0..1. names: of what is drawn again, (N,)."""
    array = np.asarray(values)
    known = np.flatnonzero(~np.isnan(array))
    if not len(known):
        return Estimate(math.nan, math.nan, math.nan, 0)
    return bounded(Evidence.by(names[known]), lambda rows: float(array[known][rows].mean()))


def _clips(found: Sequence[Burst], top1: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    places = np.array(["people" if burst.spots[0].file.startswith("people/") else burst.where for burst in found])
    return {
        str(place): {"bursts": float((own := places == place).sum())}
        | {name: float(values[own].mean()) for name, values in top1.items()}
        for place in dict.fromkeys(places.tolist())
    }


def _wrong(burst: Burst, pick: int) -> dict[str, object]:
    return {"burst": burst.name, "pick": pick, "never": pick in burst.never, "chosen": sorted(burst.choose)}


def figures(reports: Sequence[BurstReport]) -> list[Figure]:
    """Return ours beside the rule, with the bars that were set before, for the accuracy report.

    reports: of all bursts, and of each batch, which has a section of its own.
    """
    return [figure for report in reports for figure in _figures(report)]


def _figures(report: BurstReport) -> list[Figure]:
    section = SECTION if report.batch is None else f"{SECTION}, {report.batch} batch"
    ours, theirs = report.methods[OURS], report.methods[RULE]
    bars: dict[Metric, tuple[float, bool]] = {"top1": (_TOP1_BAR, True), "reject": (_REJECT_BAR, False)}
    found = []
    for metric, words in METRICS.items():
        bar, at_least = bars.get(metric, (None, True))
        found.append(Figure(section, words, ours[metric], theirs[metric], bar, at_least))
    found.append(Figure(section, f"{METRICS['top1']}, lead over the rule", report.lead, bar=_LEAD_BAR))
    people = report.methods[PERSON]["accepted"]
    return [*found, Figure(section, "a person agrees with what another chose", people)]
