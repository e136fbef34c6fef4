"""How far an order of a burst's pictures agrees with what people chose of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import Literal

import numpy as np

from benchmarks.labelled.labels import Burst

Metric = Literal["top1", "accepted", "top3", "reject", "above_never", "above_rest", "regret"]
# What the reports call them.
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


def judge(burst: Burst, order: Sequence[int]) -> dict[Metric, float]:
    """Compare one order, best first, with the people's choice; nan where the burst has no such pairs."""
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


def person(burst: Burst) -> dict[Metric, float]:
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


def _mean(values: Iterable[float]) -> float:
    """Return the mean; nan of nothing."""
    known = list(values)
    return float(np.mean(known)) if known else math.nan
