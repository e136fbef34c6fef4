"""Which faces a person is asked about, the most telling first. Pure: records in, questions out.

Two faces of one person in one burst or clip tell most where they differ in a way that was not asked about yet, smile or
mouth or turn of the head (D-optimal design: Fedorov 1972), and where livecam cannot say which is better (uncertainty
sampling: Lewis and Gale 1994). They are spread over faces and bursts, for the tenth question about one tells little.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecam.best.lessons.said import key_of
from livecam.best.people.same_people import match_people
from livecam.best.ranking.assessment import has_closed_eye
from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.faces.mesh import gaze_of
from livecam.scoring.eye_policy import EyePolicy
from livecam.types import Reason

Floats = NDArray[np.float64]
FaceKey = tuple[str, int | None, int]  # the picture's path, a frame's time in milliseconds, the person


@dataclass(frozen=True, slots=True)
class Shown:
    """A face that a person is asked about.

    record: the picture that it is in.  group: the burst or clip, a name.  person: whose it is in the group, 0 the
    leftmost.
    """

    record: FrameRecord
    face: FaceRecord
    group: str
    person: int = 0

    @property
    def key(self) -> FaceKey:
        """What it is known by from run to run, as long as the picture stays where it is."""
        return (*key_of(self.record.path or Path(), self.record.t_ms), self.person)


Value = Callable[[Shown], float]  # how good a face is thought to be so far, in points


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask: which of two faces, from the left, or how good one is."""

    faces: tuple[Shown, ...]

    @property
    def is_pair(self) -> bool:
        """Whether it is about two."""
        return len(self.faces) == 2


@dataclass(frozen=True, slots=True)
class QuestionSettings:
    """What tells much. Set by hand, but for what says otherwise."""

    # Of one person in one burst or clip, the most different are looked at; pairs grow with the square.
    most_faces: int = 24
    # How far two expressions are apart, see ``expression``: nearer ones nobody can tell apart; farther than the second
    # is no more telling.
    least_apart: float = 0.2
    far_apart: float = 0.6
    # Points of the score between two faces from which on it is hardly in doubt which is better, and what such a pair is
    # worth all the same: whoever likes serious looks better would never be asked about a smile. With four simulated
    # tastes (40 pairs of three of 12 clips, eight draws each) what is learned agrees with pairs of the other clips in
    # 73 % at 0.4, in 74 % at 1, in 72 % with pairs drawn by lot, and in 60 % with those in most doubt alone.
    doubt_points: float = 0.5
    without_doubt: float = 0.7
    # How little is taken to be known of each way to differ before the first question, in squares of ``expression``.
    prior: float = 0.1
    # What each question before is worth to the next: about the same face, about the same burst.
    again_face: float = 0.45
    again_group: float = 0.85


_SETTINGS = QuestionSettings()
# Nobody likes these, and no taste is learned from them; what a person likes of eyes, mouth and turn of the head is.
_FAULTS = frozenset((Reason.BLURRED, Reason.CUT_OFF, Reason.TOO_DARK, Reason.TOO_BRIGHT))


def generic_value(shown: Shown) -> float:
    """Return what the scorer as it ships thinks of a face, [1, 5]; whether its eyes are open is no matter of taste."""
    return shown.face.open_eyes_score


def expression(face: FaceRecord) -> Floats:
    """Return what can be seen of an expression and a pose, float (11,), of which 1 is a great deal."""
    gaze = gaze_of(face.blendshapes)
    yaw, pitch, roll = face.pose
    shapes = ("mouthSmile", "jawOpen", "mouthPress", "mouthPucker", "eyeBlink", "eyeSquint", "browInnerUp")
    values = [face.shape(name) for name in shapes[:3]] + [face.shape(name) / 2 for name in shapes[3:]]
    return np.array([*values, gaze.aside, yaw / 45, pitch / 45, roll / 45])


def pair_questions(
    groups: Sequence[tuple[str, Sequence[FrameRecord]]],
    value: Value,
    count: int,
    asked: Collection[frozenset[FaceKey]] = (),
) -> list[Question]:
    """Return at most count pairs, each of one person in one group, the most telling first.

    groups: name and records, in the order of time.
    asked: pairs that have been answered before, which are not asked again and count as asked.
    """
    pairs = [pair for name, records in groups for faces in _people(name, records) for pair in _pairs(faces)]
    if not pairs:
        return []
    points = {id(shown): value(shown) for pair in pairs for shown in pair}
    doubt = np.array([points[id(a)] - points[id(b)] for a, b in pairs]) / _SETTINGS.doubt_points
    worth = _SETTINGS.without_doubt + (1 - _SETTINGS.without_doubt) * np.exp(-(doubt**2) / 2)
    known = [i for i, pair in enumerate(pairs) if _keys(*pair) in asked]
    return [_placed(pairs[i]) for i in _spread(pairs, worth, known, count)]


def single_questions(
    groups: Sequence[tuple[str, Sequence[FrameRecord]]],
    value: Value,
    count: int,
    asked: Collection[FaceKey] = (),
) -> list[Question]:
    """Return at most count faces: those that differ most from all asked before, in expression and in points.

    As ``pair_questions``; asked: faces that have a rating already.
    """
    faces = [shown for name, records in groups for person in _people(name, records) for shown in person]
    if not faces:
        return []
    where = np.array([[*expression(shown.face), value(shown) / 4] for shown in faces])
    done = [i for i, shown in enumerate(faces) if shown.key in asked]
    order = _farthest_first(where, count + len(done), done)
    return [Question((faces[i],)) for i in order if i not in set(done)][:count]


def _people(group: str, records: Sequence[FrameRecord]) -> Iterator[list[Shown]]:
    """Yield the faces of each person of a group that can be asked about, in the order of time."""
    present = match_people(records)
    for person in range(max((max(faces, default=-1) for faces in present), default=-1) + 1):
        faces = [
            Shown(record, faces[person], group, person)
            for record, faces in zip(records, present, strict=True)
            if person in faces and _FAULTS.isdisjoint(faces[person].reasons)
        ]
        # That closed eyes lose is not a matter of taste; unless they look closed in most: then they are narrow.
        open_eyed = [shown for shown in faces if not has_closed_eye(shown.face, EyePolicy.OPEN)]
        yield open_eyed if 2 * len(open_eyed) > len(faces) else faces


def _pairs(faces: Sequence[Shown]) -> Iterator[tuple[Shown, Shown]]:
    """Yield the pairs of a person's faces that differ visibly."""
    if len(faces) > _SETTINGS.most_faces:
        where = np.array([expression(shown.face) for shown in faces])
        faces = [faces[i] for i in sorted(_farthest_first(where, _SETTINGS.most_faces))]
    yield from (pair for pair in combinations(faces, 2) if _apart(*pair) >= _SETTINGS.least_apart)


def _apart(one: Shown, other: Shown) -> float:
    return float(np.linalg.norm(expression(one.face) - expression(other.face)))


def _spread(
    pairs: Sequence[tuple[Shown, Shown]],
    worth: Floats,
    known: Sequence[int],
    count: int,
) -> list[int]:
    """Choose the most telling one after the other; each makes those less so that are like it.

    worth: of each pair before the first question.  known: pairs that have been asked.
    """
    numbers = {id(shown): n for n, shown in enumerate(shown for pair in pairs for shown in pair)}
    faces = np.array([[numbers[id(shown)] for shown in pair] for pair in pairs])
    names = {name: n for n, name in enumerate(dict.fromkeys(one.group for one, _ in pairs))}
    groups = np.array([names[one.group] for one, _ in pairs])
    differ = np.array([expression(one.face) - expression(other.face) for one, other in pairs])
    differ /= np.maximum(np.linalg.norm(differ, axis=1, keepdims=True) / _SETTINGS.far_apart, 1)
    worth = worth.copy()
    asked = _SETTINGS.prior * np.eye(differ.shape[1])

    def take(i: int) -> None:
        shared = np.isin(faces, faces[i]).sum(axis=1)
        worth[:] *= _SETTINGS.again_face**shared * np.where(groups == groups[i], _SETTINGS.again_group, 1.0)
        worth[i] = 0.0
        asked[:] += np.outer(differ[i], differ[i])

    for i in known:
        take(i)
    chosen: list[int] = []
    while len(chosen) < count:
        telling = worth * np.einsum("ij,ij->i", differ @ np.linalg.inv(asked), differ)
        if not telling.max() > 0:
            break
        chosen.append(int(telling.argmax()))
        take(chosen[-1])
    return chosen


def _farthest_first(where: Floats, count: int, begin: Sequence[int] = ()) -> list[int]:
    """Return begin and then the points that are each farthest from all before (Gonzalez 1985), count in all."""
    chosen = list(begin) or [int(np.linalg.norm(where - np.median(where, axis=0), axis=1).argmin())]
    nearest = np.min([np.linalg.norm(where - where[i], axis=1) for i in chosen], axis=0)
    while len(chosen) < min(count, len(where)):
        nearest[chosen] = -1.0
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(where - where[chosen[-1]], axis=1))
    return chosen


def _placed(pair: tuple[Shown, Shown]) -> Question:
    """Put a pair side by side, by no order that means anything, yet each time the same."""
    text = repr(sorted(repr(shown.key) for shown in pair)).encode("utf-8", "surrogateescape")
    return Question(pair if hashlib.sha256(text).digest()[0] % 2 else pair[::-1])


def _keys(*faces: Shown) -> frozenset[FaceKey]:
    return frozenset(shown.key for shown in faces)
