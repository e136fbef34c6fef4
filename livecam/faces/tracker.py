"""Follows people from frame to frame, and tells those who pose from those who pass by: pure, its clock is the frame's.

A face belongs to whoever was last seen nearest to it, taking into account where they were heading; the scorer's
embedding breaks ties. Who has stood still in the picture for a second has settled. As long as nobody has, everybody
counts; from then on only the settled do, so that somebody who walks through does not hold the shutter up. Whoever is
much smaller than the settled stands in the background and never counts.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livecam.types import FloatArray, Frame, Moment, ScoredFace

FORGET_MS = 3000.0  # unseen for so long: whoever comes is somebody else; the trigger forgets a face then, too
HIDDEN_MS = 1000.0  # unseen for less: the shot waits for them
SETTLE_MS = 1000.0
_STILL = 1.0  # face sizes that somebody who has settled moved within SETTLE_MS, at most
_SMALL, _STILL_LARGE = 0.4, 0.32  # of the largest settled face: smaller does not begin to count, or stops
_REACH, _REACH_A_S = 0.8, 2.5  # how far from where it is expected a face is looked for: face sizes, and more a second
_ALONE_MS = 1500.0  # the only one seen before and the only one now are the same: there is nobody to confuse them with
_OTHER_SIZE = 2.0  # a face that is so many times larger or smaller is another
_LOOKS = 1.5  # what a whole difference in looks (1 - cosine) weighs, in face sizes of distance
_HEADING_MS = 300.0  # how far ahead a movement is believed
_SMOOTH = 0.3  # share of the newest frame in velocity and looks
_EDGE = 0.01  # of the picture's side: a face nearer to it may be cut off


class PersonTracker:
    """Feed it every moment in order; it says whose each face is and who counts."""

    def __init__(self) -> None:
        """Nobody has been seen."""
        self._tracks: list[_Track] = []
        self._next = 0
        self._now_ms = -math.inf

    def update(self, moment: Moment) -> Moment:
        """Return moment with ``person`` and ``counted`` of each face, and ``hidden``."""
        now_ms = moment.t_ms
        if now_ms < self._now_ms:  # a clip that begins anew shows what has not happened yet
            self._tracks = []
        self._now_ms = now_ms
        self._tracks = [track for track in self._tracks if now_ms - track.seen_ms <= FORGET_MS]
        faces = moment.faces
        whose = self._match(faces, now_ms)
        for face, track in zip(faces, whose, strict=True):
            track.see(face, moment.frame)
        self._count(now_ms)
        named = tuple(
            replace(face, person=track.person, counted=track.counted) for face, track in zip(faces, whose, strict=True)
        )
        in_group = sum(track.counted for track in whose) > 1
        for track in whose:
            track.in_group = in_group
        hidden = sum(track.missed(now_ms) for track in self._tracks)
        return Moment(moment.frame, named, hidden)

    def _match(self, faces: Sequence[ScoredFace], now_ms: float) -> list[_Track]:
        """Find the track of each face; new ones where there is none."""
        known = list(self._tracks)
        alone = len(known) == len(faces) == 1 and now_ms - known[0].seen_ms <= _ALONE_MS
        costs = [[track.cost(face, now_ms, anywhere=alone) for track in known] for face in faces]
        whose = _assign(costs)
        tracks = []
        for face, at in zip(faces, whose, strict=True):
            if at is None:
                track = _Track(self._next, face, now_ms)
                self._next += 1
                self._tracks.append(track)
            else:
                track = known[at]
            tracks.append(track)
        return tracks

    def _count(self, now_ms: float) -> None:
        lately = [track for track in self._tracks if now_ms - track.seen_ms <= HIDDEN_MS]
        settled = [track for track in lately if track.settled]
        largest = max((track.size for track in settled or lately), default=0.0)
        for track in lately:
            large = track.size >= (_STILL_LARGE if track.counted else _SMALL) * largest
            others = any(other is not track for other in settled)
            track.counted = large and (track.settled or not others)


class _Track:
    """What is known of one person."""

    def __init__(self, person: int, face: ScoredFace, now_ms: float) -> None:
        self.person = person
        self.x, self.y = _middle(face)
        self.size = face.face.size
        self.seen_ms = now_ms
        self.counted = self.settled = self.in_group = False
        self._at_edge = False
        self._velocity = (0.0, 0.0)  # pixels a millisecond
        self._looks = _unit(face.score.embedding)
        self._path: deque[tuple[float, float, float]] = deque()

    def cost(self, face: ScoredFace, now_ms: float, *, anywhere: bool) -> float:
        """How little face seems to be this person's, in face sizes; infinite when it cannot be. anywhere: ask no more
        than a like size.
        """
        gone_ms = now_ms - self.seen_ms
        size = face.face.size
        if not 1 / _OTHER_SIZE < size / self.size < _OTHER_SIZE:
            return math.inf
        ahead_ms = min(gone_ms, _HEADING_MS)
        x, y = _middle(face)
        away = math.hypot(x - self.x - self._velocity[0] * ahead_ms, y - self.y - self._velocity[1] * ahead_ms)
        distance = 2 * away / (size + self.size)
        if distance > _REACH + _REACH_A_S * gone_ms / 1000 and not anywhere:
            return math.inf
        return distance + _LOOKS * (1 - float(self._looks @ _unit(face.score.embedding)))

    def see(self, face: ScoredFace, frame: Frame) -> None:
        """Take in where this person's face is now."""
        now_ms = frame.t_ms
        x, y = _middle(face)
        since_ms = now_ms - self.seen_ms
        if since_ms > 0:
            share = _SMOOTH if since_ms < _HEADING_MS else 1.0
            self._velocity = (
                self._velocity[0] + share * ((x - self.x) / since_ms - self._velocity[0]),
                self._velocity[1] + share * ((y - self.y) / since_ms - self._velocity[1]),
            )
        self.x, self.y, self.size, self.seen_ms = x, y, face.face.size, now_ms
        self._looks = _unit(self._looks + _SMOOTH * (_unit(face.score.embedding) - self._looks))
        self._at_edge = _at_edge(face, frame)
        self._path.append((now_ms, x, y))
        while len(self._path) > 1 and self._path[1][0] <= now_ms - SETTLE_MS:
            self._path.popleft()
        long_enough = now_ms - self._path[0][0] >= SETTLE_MS
        self.settled = self.settled or (long_enough and not self._at_edge and self._moved() <= _STILL * self.size)

    def missed(self, now_ms: float) -> bool:
        """Whether this one of several who count is not seen now, but has not walked out of the picture."""
        return self.counted and self.in_group and not self._at_edge and 0 < now_ms - self.seen_ms <= HIDDEN_MS

    def _moved(self) -> float:
        """Pixels between the two farthest sides of the last second's path."""
        xs, ys = [x for _, x, _ in self._path], [y for _, _, y in self._path]
        return max(max(xs) - min(xs), max(ys) - min(ys))


def _assign(costs: Sequence[Sequence[float]]) -> list[int | None]:
    """For each row the column that it gets: cheapest first, then pairs change places as long as that is cheaper.

    With more rows than a few an exact solution would be the Hungarian method; for the handful of faces of a picture
    exchanging pairs finds the same.
    """
    chosen: list[int | None] = [None] * len(costs)
    pairs = sorted((cost, row, column) for row, line in enumerate(costs) for column, cost in enumerate(line))
    for cost, row, column in pairs:
        if cost < math.inf and chosen[row] is None and column not in chosen:
            chosen[row] = column
    better = True
    while better:
        better = False
        for one in range(len(costs)):
            for other in range(one):
                a, b = chosen[one], chosen[other]
                if a is None or b is None:
                    continue
                if costs[one][b] + costs[other][a] < costs[one][a] + costs[other][b] - 1e-9:
                    chosen[one], chosen[other] = b, a
                    better = True
    return chosen


def _middle(face: ScoredFace) -> tuple[float, float]:
    x0, y0, x1, y1 = face.face.box
    return (x0 + x1) / 2, (y0 + y1) / 2


def _at_edge(face: ScoredFace, frame: Frame) -> bool:
    x0, y0, x1, y1 = face.face.box
    room_x, room_y = _EDGE * frame.width, _EDGE * frame.height
    return x0 < room_x or y0 < room_y or x1 > frame.width - room_x or y1 > frame.height - room_y


def _unit(vector: FloatArray) -> FloatArray:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length, np.float32) if length > 0 else vector
