"""Which of several pictures of the same people is the best, and why the others lost. Pure: records in, words out.

Closed eyes never win while an open frame exists. Then the worst face that matters decides, by the scorer's value and
by what the scorer does not see in a single frame: lids that move just before and after a blink, a mouth in the middle
of a word, a smile smaller than another of this person's, focus that another frame has better.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from livecam.best.records import FaceRecord, FrameRecord
from livecam.best.same_people import Present, match_people
from livecam.faces import mesh
from livecam.types import EYE_CLOSED, Reason
from livecam.wording import name_of

_ALIKE = 0.02  # points: less is no difference, and sharpness decides
_WORTH_SAYING = 0.12  # points that a fault must cost to be named
_MOST_WORDS = 3
_SAME_FOCUS = 0.5  # halvings: closing eyes or mouth takes that much of the edges that sharpness is measured on
_NO_DOUBT = -4.0  # log-odds, 2 %: eyes that are less likely closed are open, and how plainly says nothing
_LAUGHS = 0.5  # of mouthSmile: an open mouth that smiles so much is not speaking
_MEAN_SHARE = 0.1  # the worst face decides; the others still count a little
_HELD_BACK = {
    Reason.TURNED_AWAY: "looks away",
    Reason.BLURRED: "blurred",
    Reason.CUT_OFF: "cut off",
    Reason.TOO_DARK: "too dark",
    Reason.TOO_BRIGHT: "too bright",
}


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much, in points of the 1..5 scale, so that a person can fit them to labelled bursts.

    score: of a point of the scorer.  smile: of the whole way from no smile to the widest.  mouth: of a mouth as wide
    open or as far put forward as it goes, without a smile.  crooked: of a mouth that is drawn all the way to one side.
    lids: of lids that are down all the way, compared with this person's own in the group.  doubt: of each time that
    the odds of a closed eye, as the scorer sees it, are e-fold.  gaze: of eyes that look down all the way, compared as
    the lids are.  soft: of half the sharpness, beyond what a face's movements make of it.
    held_back: of each reason of the checks.

    The defaults were fitted to the development bursts of ``benchmarks/labels`` by logistic regression on pairs, of
    which a reader preferred the one to the other (Bradley and Terry 1952; each burst weighs alike).
    """

    score: float = 1.0
    smile: float = 0.64
    mouth: float = 4.8
    crooked: float = 2.4
    lids: float = 6.2
    doubt: float = 0.13
    gaze: float = 1.4
    soft: float = 1.3
    held_back: float = 0.68


@dataclass(frozen=True, slots=True)
class Ranked:
    """One record's place.

    index: in the records that were ranked; people know it as "frame index + 1".  value: what it was ranked by among
    the frames with as many closed eyes, higher is better.  score: of the worst face that matters, [1, 5]; None
    without a face.  why: what it lost by, the weightiest first, in words; empty for the best.
    """

    index: int
    value: float
    score: float | None
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RankedGroup:
    """Pictures that belong together, in the order of time, and their ranking, the best first.

    name: of the burst, folder or clip; unique in a run.  ranking: a ``Ranked`` for each of records.
    """

    name: str
    records: tuple[FrameRecord, ...]
    ranking: tuple[Ranked, ...]

    @property
    def best(self) -> FrameRecord:
        """The winner."""
        return self.records[self.ranking[0].index]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one trait of a face gives or costs, in points. words: of the fault, {best} stands for the winner."""

    points: float
    words: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """All that is known of one record when it is compared. closed: persons whose open eyes are not to be seen."""

    index: int
    closed: int
    value: float
    sharpness: float
    score: float | None
    parts: dict[tuple[int, str], _Part]

    @property
    def order(self) -> tuple[float, ...]:
        return self.closed, -round(self.value / _ALIKE), -self.sharpness, self.index


def rank(records: Sequence[FrameRecord], weights: Weights = Weights()) -> tuple[Ranked, ...]:
    """Rank the pictures of one group, given in the order of time; the best first, one ``Ranked`` for each record.

    Ties are broken by sharpness, then by the earlier.
    """
    present = match_people(records)
    count = max((max(there, default=-1) for there in present), default=-1) + 1
    quiet = {p: _Person.of([there[p] for there in present if p in there]) for p in range(count)}
    judged = [_judge(i, record, present[i], quiet, weights) for i, record in enumerate(records)]
    judged.sort(key=lambda one: one.order)
    return tuple(
        Ranked(one.index, one.value, one.score, _why(one, judged[0], count) if place else ())
        for place, one in enumerate(judged)
    )


def peaks(records: Sequence[FrameRecord], *, least_ms: float = 1500.0, most: int | None = None) -> tuple[int, ...]:
    """Return the indices of a clip's peaks, the best first: frames that are better than all within least_ms of them.

    records: the analysed frames, with t_ms, in the order of time.  most: how many at most; all if None. A frame with
    closed eyes is no peak, whatever surrounds it; () if nobody is seen.
    """
    places = {ranked.index: place for place, ranked in enumerate(rank(records))}
    times = [record.t_ms or 0.0 for record in records]
    found: list[int] = []
    first = 0
    for index, record in enumerate(records):
        while times[index] - times[first] >= least_ms:
            first += 1
        last = index
        while last + 1 < len(records) and times[last + 1] - times[index] < least_ms:
            last += 1
        best = min(range(first, last + 1), key=places.__getitem__)
        if best == index and record.faces and max(max(face.eyes_closed) for face in record.faces) <= EYE_CLOSED:
            found.append(index)
    return tuple(sorted(found, key=places.__getitem__)[:most])


@dataclass(frozen=True, slots=True)
class _Person:
    """What is usual for one person in the group.

    lids, gaze: how far down they are when the eyes are open.  level: of the largest size at which all of the person's
    faces can be compared.  sharpest: the best there.
    """

    lids: float
    gaze: float
    level: int
    sharpest: float

    @classmethod
    def of(cls, faces: Sequence[FaceRecord]) -> _Person:
        level = min(len(face.sharpness) for face in faces) - 1
        return cls(
            lids=_usual([_lids(face) for face in faces]),
            gaze=_usual([face.shape("eyeLookDown") for face in faces]),
            level=level,
            sharpest=max(face.sharpness[level] for face in faces),
        )


def _usual(values: Sequence[float]) -> float:
    """The median of the lower half: blinks do not shift it."""
    return statistics.median(sorted(values)[: (len(values) + 1) // 2])


def _judge(index: int, record: FrameRecord, there: Present, usual: dict[int, _Person], w: Weights) -> _Judged:
    parts: dict[tuple[int, str], _Part] = {}
    values = []
    for p, person in usual.items():
        of_face = (
            _parts(there[p], person, w)
            if p in there
            else {"hidden": _Part(0.0, "hidden" if len(usual) > 1 else "no face")}
        )
        parts |= {(p, trait): part for trait, part in of_face.items()}
        values.append(sum(part.points for part in of_face.values()))
    value = (1 - _MEAN_SHARE) * min(values) + _MEAN_SHARE * statistics.fmean(values) if values else 0.0
    sharpness = statistics.fmean(face.sharpness[0] for face in there.values()) if there else record.sharpness[-1]
    score = min((face.score for face in there.values()), default=None)
    closed = len(usual) - len(there) + sum(max(face.eyes_closed) > EYE_CLOSED for face in there.values())
    return _Judged(index, closed, value, sharpness, score, parts)


def _parts(face: FaceRecord, person: _Person, w: Weights) -> dict[str, _Part]:
    """What each trait of a face gives (its score and smile) or costs (the rest)."""
    smile = face.shape("mouthSmile")
    speaking = max(face.shape("jawOpen"), face.shape("mouthFunnel"))
    eyes = _eyes(face)
    parts = {
        "eyes": _Part(0.0, eyes),
        "score": _Part(w.score * face.score, ""),
        "smile": _Part(w.smile * smile, "smaller smile than {best}"),
        "mouth": _Part(-w.mouth * speaking * max(1 - smile / _LAUGHS, 0.0), "mouth mid-word"),
        "crooked": _Part(-w.crooked * _crooked(face), "crooked mouth"),
        "lids": _Part(-w.lids * max(_lids(face) - person.lids, 0.0), "" if eyes else "lids half down"),
        "doubt": _Part(-w.doubt * _doubt(face), "" if eyes else "eyes hardly open"),
        "gaze": _Part(-w.gaze * max(face.shape("eyeLookDown") - person.gaze, 0.0), "" if eyes else "looks down"),
        "soft": _Part(-w.soft * _softness(face, person), "softer than {best}"),
    }
    for reason in face.reasons:
        if reason in _HELD_BACK:
            parts[reason.name] = _Part(-w.held_back, _HELD_BACK[reason])
    return parts


def _lids(face: FaceRecord) -> float:
    """How far down the lower of the two lids is, 0..1. A smile narrows the eyes, which is no blink."""
    return mesh.lids_down(face.blendshapes)


def _crooked(face: FaceRecord) -> float:
    """How far the mouth is drawn to one side, 0 to 2: by a one-sided grin, or as a whole."""
    return mesh.mouth_asymmetry_sum(face.blendshapes)


def _doubt(face: FaceRecord) -> float:
    """Log-odds that the likelier eye is closed, at least ``_NO_DOUBT``."""
    closed = min(max(*face.eyes_closed, 1e-6), 1 - 1e-6)
    return max(math.log(closed / (1 - closed)), _NO_DOUBT)


def _softness(face: FaceRecord, person: _Person) -> float:
    """Halvings of sharpness against the best of the same person at the same size, beyond ``_SAME_FOCUS``."""
    here, best = (max(value - 1, 1e-3) for value in (face.sharpness[person.level], person.sharpest))
    return max(math.log2(best / here) - _SAME_FOCUS, 0.0)


def _eyes(face: FaceRecord) -> str:
    left, right = (p > EYE_CLOSED for p in face.eyes_closed)
    return "eyes closed" if left and right else "left eye closed" if left else "right eye closed" if right else ""


def _why(one: _Judged, best: _Judged, count: int) -> tuple[str, ...]:
    """Name what cost one most against best."""
    winner = f"frame {best.index + 1}"
    losses: list[tuple[float, str]] = []
    for (p, trait), part in one.parts.items():
        other = best.parts.get((p, trait))
        lost = (other.points if other else 0.0) - part.points
        if trait == "eyes":
            lost = math.inf if part.words and not (other and other.words) else 0.0
        elif trait == "hidden":
            lost = math.inf
        if part.words and lost > _WORTH_SAYING:
            who = name_of(p, count)
            losses.append((lost, (f"{who}: " if who else "") + part.words.format(best=winner)))
    losses.sort(key=lambda loss: -loss[0])
    words = tuple(dict.fromkeys(text for _, text in losses))[:_MOST_WORDS]
    if words:
        return words
    if best.score is None or one.score is None:
        return ("no face",) if one.score is None and best.score is not None else (f"softer than {winner}",)
    if best.score - one.score > _WORTH_SAYING:
        return (f"scores {best.score - one.score:.1f} less than {winner}",)
    return (f"almost as good as {winner}",)
