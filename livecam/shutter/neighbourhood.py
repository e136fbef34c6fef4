"""A frame among its neighbours: it is judged once those on both sides are known, by a level and a merit.

- The *level* is the median score of the qualifying frames within 100 ms of it. The level arms the trigger, tells that
  the score has fallen, and makes up the person's baseline. A median, because one noisy frame must not arm it; within a
  time and not a count, so that 15 and 60 frames a second behave alike.
- The *merit* is three parts level and one part the frame's own score. The merit chooses the peak: a frame's own score
  alone would let a one-frame spike of noise beat a steadily good one, the level alone would not tell the best frame
  from its neighbours.

A frame most of whose neighbours are held back is held back too: one "open" frame within a blink is an error. Just
before and after a blink the lids still move. A mouth whose jaw opens or closes quickly speaks, and does not smile.

Of a camera or a computer so slow that nothing lies within 100 ms, the frame before and the one after say the last two,
however far away they are: nobody knows what lids and jaw did between them, and what may move counts as moving. For the
jaw two frames before are asked, since in so few it may by chance be twice as far open. The level stays the frame's own
there; a median of three told words from smiles no better.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from livecam.faces.mesh import blendshape
from livecam.shutter.group_baseline import Faces, GroupBaseline, Levels
from livecam.shutter.settings import TriggerSettings
from livecam.types import EYE_REASONS, Moment


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A frame that no check holds back, and what it is worth; it may be taken unless it is not_a_smile.

    levels: everybody's.  level: the group's.  merit: what chooses among candidates.  All points of the 1..5 scale.
    """

    moment: Moment
    levels: Levels
    level: float
    merit: float
    not_a_smile: bool

    @property
    def t_ms(self) -> float:
        """Time of the frame, milliseconds."""
        return self.moment.t_ms


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """What is remembered of a frame once it only speaks for others.

    scores: None when it is held back.  jaws: how far everybody's is open, 0..1.
    """

    t_ms: float
    scores: Levels | None
    blink: bool
    jaws: Levels


class Neighbourhood:
    """The last frames: those that wait to be judged, and what the others are still needed for.

    It holds at most the frames of the last ``neighbourhood_ms``, and of two before them what they say of others.
    """

    def __init__(self, settings: TriggerSettings) -> None:
        """No frame is known."""
        self._settings = settings
        self._waiting: deque[Moment] = deque()
        self._neighbours: deque[_Neighbour] = deque()
        self._eyes_closed_ms = -math.inf  # when they last were, in the frames that no longer wait

    def add(self, moment: Moment) -> None:
        """Take in the newest frame; times must not go back."""
        scores = None if moment.reasons else _scores(moment)
        blink = not EYE_REASONS.isdisjoint(moment.reasons)
        self._neighbours.append(_Neighbour(moment.t_ms, scores, blink, _jaws(moment)))
        self._waiting.append(moment)

    def complete(self) -> Iterator[Moment]:
        """Yield the frames whose neighbours are all known, the oldest first, each once."""
        newest_ms = self._neighbours[-1].t_ms
        while self._waiting[0].t_ms <= newest_ms - self._settings.neighbourhood_ms:
            yield self._next()
        # The last two before them stay: the oldest that waits may have no nearer ones before it.
        oldest_ms = self._waiting[0].t_ms - self._settings.neighbourhood_ms
        while len(self._neighbours) > 2 and self._neighbours[2].t_ms < oldest_ms:
            self._neighbours.popleft()

    def remaining(self) -> Iterator[Moment]:
        """Yield the frames that still wait, as if nothing came after them, and forget all."""
        while self._waiting:
            yield self._next()
        self._neighbours.clear()
        self._eyes_closed_ms = -math.inf

    def lids_move(self, t_ms: float) -> bool:
        """Whether, at a frame that waits, the eyes have just been shut or are about to be."""
        s = self._settings
        soon = any(n.blink and 0 <= n.t_ms - t_ms <= s.neighbourhood_ms for n in self._neighbours)
        return soon or t_ms - self._eyes_closed_ms <= s.lids_ms or any(n.blink for n in self._beside(t_ms))

    def _beside(self, t_ms: float, before: int = 1) -> Iterator[_Neighbour]:
        """So many frames before t_ms and the one after it, as far as they are known, however far away."""
        yield from [n for n in self._neighbours if n.t_ms < t_ms][-before:]
        yield from [n for n in self._neighbours if n.t_ms > t_ms][:1]

    def _speak(self, t_ms: float) -> Iterator[_Neighbour]:
        """The frames whose jaws speak for the one at t_ms, beside those within neighbourhood_ms."""
        yield from self._beside(t_ms)
        yield from (n for n in self._beside(t_ms, 2) if t_ms - self._settings.smile_check.calm_ms <= n.t_ms)

    def _next(self) -> Moment:
        moment = self._waiting.popleft()
        if not EYE_REASONS.isdisjoint(moment.reasons):
            self._eyes_closed_ms = moment.t_ms
        return moment

    def candidate(self, moment: Moment, group: GroupBaseline) -> Candidate | None:
        """Return a frame with its level and merit; None when it, or most of its neighbourhood, is held back."""
        s = self._settings
        near = [n for n in self._neighbours if abs(n.t_ms - moment.t_ms) <= s.neighbourhood_ms]
        scores = [n.scores for n in near if n.scores is not None]
        if moment.reasons or 2 * len(scores) < len(near):
            return None
        own = _scores(moment)
        levels = {person: statistics.median(n[person] for n in scores if person in n) for person in own}
        merits = {person: (1 - s.own_weight) * levels[person] + s.own_weight * own[person] for person in own}
        level, merit = group.level(levels), group.level(merits, s.group.others_weight)
        jaws = [n.jaws for n in (*near, *self._speak(moment.t_ms))]
        talks = any(_range(j[person] for j in jaws if person in j) > s.smile_check.jaw_moves for person in own)
        return Candidate(moment, levels, level, merit, talks or group.is_no_smile(faces_of(moment)))

    def smoothed(self, group: GroupBaseline) -> float | None:
        """Return the mean of the qualifying scores up to the newest frame, in [1, 5]; None when that is held back."""
        newest = self._neighbours[-1]
        if newest.scores is None:
            return None
        since_ms = newest.t_ms - self._settings.neighbourhood_ms
        near = [n.scores for n in self._neighbours if n.scores is not None and n.t_ms >= since_ms]
        means = {person: statistics.fmean(n[person] for n in near if person in n) for person in newest.scores}
        return min(max(group.level(means), 1.0), 5.0)


def faces_of(moment: Moment) -> Faces:
    """Return the face of everybody who counts, by person."""
    return {scored.person: scored.face for scored in moment.counted}


def _jaws(moment: Moment) -> Levels:
    """How far the jaw of everybody who counts is open, 0..1; the widest of those whom nobody follows."""
    jaws: dict[int | None, float] = {}
    for scored in moment.counted:
        jaws[scored.person] = max(blendshape(scored.face.blendshapes, "jawOpen"), jaws.get(scored.person, 0.0))
    return jaws


def _range(values: Iterable[float]) -> float:
    lowest, highest = math.inf, -math.inf
    for value in values:
        lowest, highest = min(lowest, value), max(highest, value)
    return highest - lowest


def _scores(moment: Moment) -> Levels:
    """The score of everybody who counts; the worst of those whom nobody follows."""
    scores: dict[int | None, float] = {}
    for face in moment.counted:
        scores[face.person] = min(face.score.value, scores.get(face.person, 5.0))
    return scores
