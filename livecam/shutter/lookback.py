"""Look-back: who presses the shutter does so a moment too late, so the best of the moments just before is taken.

Kept are only the moments that some later press could take: one that is no better than a later one with the same people
never is. So most often a few frames are held, and their bytes are bounded all the same.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass

from livecam.types import EYE_REASONS, Frame, Moment


@dataclass(frozen=True, slots=True)
class LookBackSettings:
    """How far back a press looks, and at what price. All set by hand: nobody measured them.

    back_ms: how far.  lids_ms: a frame so near to closed eyes has lids that move, milliseconds.  clearly: points by
    which another frame must be better than the one that was pressed for.  most_bytes: of the frames held, together.
    """

    back_ms: float = 1500.0
    lids_ms: float = 100.0
    clearly: float = 0.1
    most_bytes: int = 128_000_000

    def __post_init__(self) -> None:
        if not (0 < self.back_ms <= 10_000 and self.lids_ms >= 0 and self.clearly >= 0 and self.most_bytes >= 0):
            raise ValueError("back_ms must lie in 0..10000 (0 not included), the others must not be negative")


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A moment, who counts in it, and its worth: first whether it may be taken at all, then its score."""

    moment: Moment
    people: frozenset[int | None]
    worth: tuple[int, float]

    def dominates(self, earlier: _Kept) -> bool:
        return self.people >= earlier.people and self.worth >= earlier.worth


class LookBack:
    """The moments of the last while. One thread adds them in order, any may ask for the best."""

    def __init__(self, settings: LookBackSettings | None = None) -> None:
        """Nothing was seen yet."""
        self._settings = settings or LookBackSettings()
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []  # the oldest first
        self._recent: deque[Moment] = deque()  # may still be followed by closed eyes
        self._closed_ms: deque[float] = deque()  # when eyes were
        self._newest_ms = -math.inf

    @property
    def nbytes(self) -> int:
        """Of the frames held."""
        with self._lock:
            return self._held_bytes()

    def add(self, moment: Moment) -> None:
        """Take in the newest moment; after one that is earlier (a clip that began again) the others are forgotten."""
        s = self._settings
        with self._lock:
            if moment.t_ms < self._newest_ms:
                self._kept, self._recent, self._closed_ms = [], deque(), deque()
            self._recent.append(moment)
            self._newest_ms = moment.t_ms
            if not EYE_REASONS.isdisjoint(moment.reasons):
                self._closed_ms.append(moment.t_ms)
            while self._recent[0].t_ms < moment.t_ms - s.lids_ms:
                self._settle(self._recent.popleft())
            oldest_ms = moment.t_ms - s.back_ms
            self._kept = [kept for kept in self._kept if kept.moment.t_ms >= oldest_ms]
            while self._closed_ms and self._closed_ms[0] < oldest_ms - s.lids_ms:
                self._closed_ms.popleft()
            while self._held_bytes() > s.most_bytes and len(self._kept) + len(self._recent) > 1:
                if len(self._kept) > 1 or len(self._recent) == 1:
                    self._kept.remove(min(self._kept, key=lambda kept: kept.worth))
                else:
                    self._settle(self._recent.popleft())

    def best(self, frame: Frame, near: Moment) -> Moment | None:
        """Return the moment to take when frame was on the screen: one clearly better, with everybody, or frame's own.

        near: the moment analysed last, which stands for frame if that was not analysed itself. None: take frame as it
        is, nothing is known of it and nothing is better.
        """
        s = self._settings
        with self._lock:
            known = [*self._kept, *map(self._judge, self._recent)]
            own = next((k for k in known if k.moment.frame is frame), None) or self._judge(near)
        since_ms = frame.t_ms - s.back_ms
        earlier = [k for k in known if k.people >= own.people and since_ms <= k.moment.t_ms <= frame.t_ms]
        best = max(earlier, key=lambda k: (k.worth, k.moment.t_ms), default=own)
        (may, score), (own_may, own_score) = best.worth, own.worth
        if best.people and (may > own_may or (may == own_may and score >= own_score + s.clearly)):
            return best.moment
        return own.moment if own.moment.frame is frame else None

    def forget(self, taken: Moment) -> None:
        """Never return taken again: there is a picture of it."""
        with self._lock:
            self._kept = [kept for kept in self._kept if kept.moment is not taken]
            self._recent = deque(moment for moment in self._recent if moment is not taken)

    def _settle(self, moment: Moment) -> None:
        new = self._judge(moment)
        self._kept = [kept for kept in self._kept if not new.dominates(kept)]
        self._kept.append(new)

    def _judge(self, moment: Moment) -> _Kept:
        near_closed = any(abs(t - moment.t_ms) <= self._settings.lids_ms for t in tuple(self._closed_ms))
        may = 0 if moment.reasons else 1 if near_closed else 2
        return _Kept(moment, frozenset(face.person for face in moment.counted), (may, moment.score or 0.0))

    def _held_bytes(self) -> int:
        return sum(m.frame.image.nbytes for m in (*(kept.moment for kept in self._kept), *self._recent))
