"""How far readers agree with rankings of their bursts, and how surely they agree more with one than with another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.bursts.measures import judge
from benchmarks.common.statistics import Estimate, Words, estimate
from benchmarks.labelled.labels import Burst
from benchmarks.labelled.pictures import AnalysedPicture
from livecam.best.ranking.ranked import rank
from livecam.best.ranking.settings import Weights

_Floats = NDArray[np.float64]
_READERS, _REFUSED, _PAIRS = range(3)


class Seen(Protocol):
    """A burst and its pictures."""

    @property
    def burst(self) -> Burst:
        """What readers chose of it."""
        ...

    @property
    def place(self) -> str:
        """Where it was taken."""
        ...

    @property
    def pictures(self) -> Sequence[AnalysedPicture]:
        """What livecam found in it."""
        ...


OneSeen = TypeVar("OneSeen", bound=Seen)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Shares, 0..1. readers: who agree with the pick.  refused: picks that at least two have refused.

    pairs: of the readers' pairs of a burst, that stand as they have it; the mean over the bursts.
    """

    readers: float
    refused: float
    pairs: float

    @classmethod
    def of(cls, judged: _Floats) -> Self:
        """Return the means over the bursts. judged: see ``judge_all``."""
        readers, refused, pairs = judged.mean(axis=0)
        return cls(float(readers), float(refused), float(pairs))

    def __str__(self) -> str:
        """All three, in percent."""
        return (
            f"{100 * self.readers:.1f} % of readers agree, {100 * self.refused:.1f} % of picks refused, "
            f"{100 * self.pairs:.1f} % of pairs in order"
        )


def pairs_of(burst: Burst) -> list[tuple[int, int]]:
    """Return the better and the worse frame of each pair, by each reader."""
    found = []
    for chosen, refused in burst.readers:
        rest = set(range(len(burst.spots))) - chosen - refused
        found += [(better, worse) for better in chosen for worse in rest | refused]
        found += [(better, worse) for better in rest for worse in refused]
    return found


def judge_all(known: Sequence[OneSeen], weights: Callable[[OneSeen], Weights]) -> _Floats:
    """Return for each burst what ``Agreement`` is the mean of, (B, 3). weights: to rank a burst by."""
    rows = np.empty((len(known), 3))
    for row, one in enumerate(known):
        order = [ranked.index for ranked in rank([picture.record for picture in one.pictures], weights(one))]
        place = {index: at for at, index in enumerate(order)}
        judged = judge(one.burst, order)
        in_order = np.mean([place[better] < place[worse] for better, worse in pairs_of(one.burst)])
        rows[row] = judged["accepted"], judged["reject"], in_order
    return rows


def say_difference(known: Sequence[Seen], judged: _Floats, other: _Floats) -> str:
    """Say by how many points other differs from judged, with 95 % intervals that draw the places anew."""
    places = np.array([one.place for one in known], str)
    gained = 100 * (other - judged)
    said = []
    for column, name in ((_READERS, "readers"), (_PAIRS, "pairs"), (_REFUSED, "refused")):
        found = _mean_by_place(places, gained[:, column])
        said.append(f"{name} {found.value:+.1f} ({found.low:+.1f} to {found.high:+.1f})")
    return ", ".join(said)


def _mean_by_place(places: Words, values: _Floats) -> Estimate:
    return estimate(places, lambda rows: float(values[rows].mean()))
