"""Single readers of bursts: does what one of them chose foresee what that one chooses elsewhere?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

import numpy as np

from benchmarks.common.statistics import Estimate, estimate
from benchmarks.taste.bursts import SeenBurst, pair, reader_names
from livecam.best.ranking.lesson_faces import worth_of
from livecam.taste.head import TasteHead
from livecam.taste.learning import learn
from livecam.taste.lesson import Lesson

_PAIRS_A_BURST = 6


@dataclass(frozen=True, slots=True)
class ReaderResult:
    """One reader. lessons: pairs that were learned from.  bursts: that the picks were tried on.

    own, others, generic: in how many of these the reader agrees with the pick of the reader's own head, of another
    reader's (mean), and of livecam as it comes.  better: own less others, over_generic: own less generic.
    used: whether livecam would use the head.
    """

    reader: int
    lessons: int
    bursts: int
    own: float
    others: float
    generic: float
    better: Estimate
    over_generic: Estimate
    used: bool


@dataclass(frozen=True, slots=True)
class ReadersResult:
    """All readers. better, over_generic: of all their bursts together, drawn by burst."""

    readers: tuple[ReaderResult, ...]
    better: Estimate
    over_generic: Estimate


def readers_result(seen: Sequence[SeenBurst], network: str) -> ReadersResult:
    """Learn from each reader's dev bursts, and try each head on that reader's test bursts and on the others'."""
    names = reader_names(one.burst.name for one in seen)
    lessons = {
        reader: _lessons(seen, names, reader, network)
        for reader in sorted({reader for some in names.values() for reader in some})
    }
    heads = {reader: learn(own, worth=worth_of) for reader, own in lessons.items() if own}
    results: list[ReaderResult] = []
    rows: list[tuple[str, float, float]] = []
    for reader, head in heads.items():
        tried = [one for one in seen if one.part == "test" and reader in names[one.burst.name]]
        if not tried:
            continue
        agrees = {other: _agrees(tried, names, reader, its) for other, its in heads.items()}
        generic = _agrees(tried, names, reader, None)
        own = agrees.pop(reader)
        others = np.mean(list(agrees.values()), axis=0)
        blocks = np.array([one.burst.name for one in tried])
        rows += zip(blocks.tolist(), (own - others).tolist(), (own - generic).tolist(), strict=True)
        results.append(
            ReaderResult(
                reader,
                len(lessons[reader]),
                len(tried),
                float(own.mean()),
                float(others.mean()),
                float(generic.mean()),
                _mean(blocks, own - others),
                _mean(blocks, own - generic),
                head.story.verdict.better,
            )
        )
    blocks = np.array([name for name, _, _ in rows])
    return ReadersResult(
        tuple(results),
        _mean(blocks, np.array([better for _, better, _ in rows])),
        _mean(blocks, np.array([over for _, _, over in rows])),
    )


def _mean(blocks: np.ndarray, values: np.ndarray) -> Estimate:
    return estimate(blocks, lambda rows: float(values[rows].mean()))


def _lessons(seen: Sequence[SeenBurst], names: dict[str, tuple[int, ...]], reader: int, network: str) -> list[Lesson]:
    """What a reader chose in dev bursts, as pairs: chosen before refused, then chosen before the rest."""
    lessons: list[Lesson] = []
    for one in seen:
        if one.part != "dev" or reader not in names[one.burst.name]:
            continue
        chosen, never = one.burst.readers[names[one.burst.name].index(reader)]
        rest = [i for i in range(len(one.faces)) if i not in chosen and i not in never]
        order = np.random.default_rng(0)
        pairs = [*product(sorted(chosen), sorted(never)), *product(sorted(chosen), rest)]
        shuffled = [pairs[i] for i in order.permutation(len(pairs))]
        known = ((one.faces[i], one.faces[j]) for i, j in shuffled)
        both = ((better, worse) for better, worse in known if better is not None and worse is not None)
        lessons += [pair(better, worse, one.burst.where, network) for better, worse in islice(both, _PAIRS_A_BURST)]
    return lessons


def _agrees(
    tried: Sequence[SeenBurst], names: dict[str, tuple[int, ...]], reader: int, head: TasteHead | None
) -> np.ndarray:
    """Whether the reader has chosen head's pick, of each burst."""
    return np.array(
        [one.pick(head) in one.burst.readers[names[one.burst.name].index(reader)][0] for one in tried], np.float64
    )
