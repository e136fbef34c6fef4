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
from dataclasses import dataclass, fields, replace

import numpy as np

from livecam.faces.mesh import box_middle
from livecam.faces.stillness import Stillness
from livecam.types import FloatArray, Frame, Moment, ScoredFace


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """When a face is whose, and who counts. All set by hand: no labelled clip shows several people.

    Lengths and distances are face sizes (``Face.size``), times are milliseconds.

    forget_ms: whoever comes after being unseen for so long is somebody else; after hidden_ms already who comes after
    somebody was last seen at the picture's edge, on the way out: in a booth the next one takes the seat at once.
    hidden_ms: the shot waits for somebody who has been unseen for no longer.
    settle_ms: whoever has moved no farther than settle_distance for so long has settled.
    min_size_ratio: who is smaller than this part of the largest settled face does not begin to count; who counts stops
    at min_size_ratio_counted.
    reach, reach_a_s: how far from where it is expected a face is looked for, and how much farther for each second
    unseen.
    alone_ms: the only one seen before, no longer ago, and the only one now are the same: there is nobody to confuse
    them with.
    max_size_ratio: a face that is so many times larger or smaller is another.
    embedding_weight: the distance that a whole difference between embeddings (1 - cosine) weighs.
    prediction_ms: how far ahead a movement is believed; after a longer pause the velocity is measured anew.
    smoothing: the weight of the newest frame in velocity and embedding, 0..1.
    edge: a face nearer to the picture's edge than this part of its side may be cut off.
    """

    forget_ms: float = 3000.0  # as TriggerSettings.absence_ms, after which the trigger forgets how a face rests
    hidden_ms: float = 1000.0
    settle_ms: float = 1000.0
    settle_distance: float = 1.0
    min_size_ratio: float = 0.4
    min_size_ratio_counted: float = 0.32
    reach: float = 0.8
    reach_a_s: float = 2.5
    alone_ms: float = 1500.0
    max_size_ratio: float = 2.0
    embedding_weight: float = 1.5
    prediction_ms: float = 300.0
    smoothing: float = 0.3
    edge: float = 0.01

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not 0 <= value < math.inf:
                raise ValueError(f"{item.name} must be finite and not negative, not {value}")
        if not self.min_size_ratio_counted <= self.min_size_ratio <= 1:
            raise ValueError("min_size_ratio_counted <= min_size_ratio <= 1 must hold")
        if self.max_size_ratio <= 1:
            raise ValueError(f"max_size_ratio must be above 1, not {self.max_size_ratio}")
        if not 0 < self.smoothing <= 1:
            raise ValueError(f"smoothing must be above 0 and at most 1, not {self.smoothing}")


_DEFAULTS = TrackerSettings()


class PersonTracker:
    """Feed it every moment in order; it says whose each face is and who counts."""

    def __init__(self, settings: TrackerSettings = _DEFAULTS) -> None:
        """Nobody has been seen."""
        self._settings = settings
        self._tracks: list[_Track] = []
        self._next = 0
        self._now_ms = -math.inf

    def update(self, moment: Moment) -> Moment:
        """Return moment with ``person`` and ``counted`` of each face, and ``hidden``."""
        now_ms = moment.t_ms
        if now_ms < self._now_ms:  # a clip that begins anew shows what has not happened yet
            self._tracks = []
        self._now_ms = now_ms
        self._tracks = [track for track in self._tracks if not track.forgotten(now_ms)]
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
        alone = len(known) == len(faces) == 1 and now_ms - known[0].seen_ms <= self._settings.alone_ms
        alone = alone and not known[0].lifeless  # a poster does not go anywhere: this is somebody else
        costs = [[track.cost(face, now_ms, anywhere=alone) for track in known] for face in faces]
        whose = _assign(costs)
        tracks = []
        for face, at in zip(faces, whose, strict=True):
            if at is None:
                track = _Track(self._next, face, now_ms, self._settings)
                self._next += 1
                self._tracks.append(track)
            else:
                track = known[at]
            tracks.append(track)
        return tracks

    def _count(self, now_ms: float) -> None:
        s = self._settings
        lately = [track for track in self._tracks if now_ms - track.seen_ms <= s.hidden_ms]
        settled = [track for track in lately if track.settled]
        living = [track for track in settled if not track.lifeless]  # beside whom a poster does not count
        settled = living or settled
        largest = max((track.size for track in settled or lately), default=0.0)
        for track in lately:
            large = track.size >= (s.min_size_ratio_counted if track.counted else s.min_size_ratio) * largest
            others = any(other is not track for other in settled)
            track.counted = large and (track in settled or not others)


class _Track:
    """What is known of one person."""

    def __init__(self, person: int, face: ScoredFace, now_ms: float, settings: TrackerSettings) -> None:
        self.person = person
        self._settings = settings
        self.x, self.y = box_middle(face.face.box)
        self.size = face.face.size
        self.seen_ms = now_ms
        self.counted = self.settled = self.in_group = False
        self._at_edge = False
        self._velocity = (0.0, 0.0)  # pixels a millisecond
        self._embedding = _unit(face.score.embedding)
        self._path: deque[tuple[float, float, float]] = deque()  # t_ms, x, y of the last settle_ms
        self._stillness = Stillness()

    @property
    def lifeless(self) -> bool:
        """Whether this face never moves."""
        return self._stillness.lifeless

    def forgotten(self, now_ms: float) -> bool:
        """Whether whoever comes now is somebody else."""
        s = self._settings
        return now_ms - self.seen_ms > (min(s.hidden_ms, s.forget_ms) if self._at_edge else s.forget_ms)

    def cost(self, face: ScoredFace, now_ms: float, *, anywhere: bool) -> float:
        """How little face seems to be this person's, in face sizes; infinite when it cannot be.

        anywhere: wherever it is, if it is about as large.
        """
        s = self._settings
        unseen_ms = now_ms - self.seen_ms
        size = face.face.size
        if not 1 / s.max_size_ratio < size / self.size < s.max_size_ratio:
            return math.inf
        ahead_ms = min(unseen_ms, s.prediction_ms)
        x, y = box_middle(face.face.box)
        away = math.hypot(x - self.x - self._velocity[0] * ahead_ms, y - self.y - self._velocity[1] * ahead_ms)
        distance = 2 * away / (size + self.size)
        if distance > s.reach + s.reach_a_s * unseen_ms / 1000 and not anywhere:
            return math.inf
        return distance + s.embedding_weight * (1 - float(self._embedding @ _unit(face.score.embedding)))

    def see(self, face: ScoredFace, frame: Frame) -> None:
        """Take in where this person's face is now."""
        s = self._settings
        now_ms = frame.t_ms
        x, y = box_middle(face.face.box)
        since_ms = now_ms - self.seen_ms
        if since_ms > 0:
            weight = s.smoothing if since_ms < s.prediction_ms else 1.0
            self._velocity = (
                self._velocity[0] + weight * ((x - self.x) / since_ms - self._velocity[0]),
                self._velocity[1] + weight * ((y - self.y) / since_ms - self._velocity[1]),
            )
        self.x, self.y, self.size, self.seen_ms = x, y, face.face.size, now_ms
        self._embedding = _unit(self._embedding + s.smoothing * (_unit(face.score.embedding) - self._embedding))
        self._at_edge = _at_edge(face, frame, s.edge)
        self._stillness.add(now_ms, face.face)
        self._path.append((now_ms, x, y))
        while len(self._path) > 1 and self._path[1][0] <= now_ms - s.settle_ms:
            self._path.popleft()
        long_enough = now_ms - self._path[0][0] >= s.settle_ms
        still = self._moved() <= s.settle_distance * self.size
        self.settled = self.settled or (long_enough and still and not self._at_edge)

    def missed(self, now_ms: float) -> bool:
        """Whether this one of several who count is not seen now, but has not walked out of the picture."""
        unseen_ms = now_ms - self.seen_ms
        return self.counted and self.in_group and not self._at_edge and 0 < unseen_ms <= self._settings.hidden_ms

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


def _at_edge(face: ScoredFace, frame: Frame, edge: float) -> bool:
    x0, y0, x1, y1 = face.face.box
    room_x, room_y = edge * frame.width, edge * frame.height
    return x0 < room_x or y0 < room_y or x1 > frame.width - room_x or y1 > frame.height - room_y


def _unit(vector: FloatArray) -> FloatArray:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length, np.float32) if length > 0 else vector
