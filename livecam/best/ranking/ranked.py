"""Which of several pictures of the same people is the best, and why the others are not. Pure: records in, words out.

Closed eyes never win while an open frame exists, unless a person has it otherwise. Then the worst face that counts
decides, see ``livecam.best.ranking.assessment``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livecam.best.people.same_people import match_people
from livecam.best.ranking.assessment import FrameAssessment, assess
from livecam.best.ranking.baseline import PersonBaseline
from livecam.best.ranking.explanation import why_not_best
from livecam.best.ranking.settings import RankingSettings, Weights
from livecam.best.records.frame import FrameRecord
from livecam.best.series.settings import Kind
from livecam.scoring.eye_policy import EyePolicy

_WEIGHTS = Weights()
_SETTINGS = RankingSettings()


@dataclass(frozen=True, slots=True)
class Ranked:
    """One record's place.

    index: in the records that were ranked; people know it as "frame index + 1".  value: what it was ranked by among
    the frames with as many closed eyes, higher is better.  score: of the worst face that counts, [1, 5]; None
    without a face.  why: what it lost by, the costliest first, in words; empty for the best.  rejected: by a person,
    so that it is never kept.
    """

    index: int
    value: float
    score: float | None
    why: tuple[str, ...] = ()
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class RankedGroup:
    """Pictures that belong together, in the order of time, and their ranking, the best first.

    name: of the burst, folder or clip; unique in a run.  ranking: a ``Ranked`` for each of records.  kind: what it is.
    kept_whole: all of it is kept, whatever the ranking, for it was taken to be merged into one picture.  eyes: what
    closed ones counted for in the ranking.  still_faces: how many faces that never change are left out of records.
    """

    name: str
    records: tuple[FrameRecord, ...]
    ranking: tuple[Ranked, ...]
    kind: Kind = Kind.BURST
    kept_whole: bool = False
    eyes: EyePolicy = EyePolicy.OPEN
    still_faces: int = 0

    @property
    def best(self) -> FrameRecord:
        """The winner."""
        return self.records[self.ranking[0].index]


def rank(
    records: Sequence[FrameRecord],
    weights: Weights = _WEIGHTS,
    settings: RankingSettings = _SETTINGS,
    *,
    ratings: Sequence[int] = (),
) -> tuple[Ranked, ...]:
    """Rank the pictures of one group, given in the order of time; the best first, one ``Ranked`` for each record.

    Ties are broken by sharpness, then by the earlier. ratings: what a person has given each record, -1 rejected, 0
    none, 1..5; it goes before all else.
    """
    present = match_people(records, settings.people)
    people = max((max(faces, default=-1) for faces in present), default=-1) + 1
    liked = [
        {person: weights.expression.points(face.blendshapes, face.pose) for person, face in faces.items()}
        for faces in present
    ]
    usual = [
        PersonBaseline.of(
            [faces[person] for faces in present if person in faces], [one[person] for one in liked if person in one]
        )
        for person in range(people)
    ]
    frames = [assess(i, record, present[i], liked[i], usual, weights, settings) for i, record in enumerate(records)]
    frames.sort(key=lambda frame: _order(frame, settings))
    if ratings:
        frames = _marked_first(frames, ratings)
        return tuple(_by_person(frame, frames[0], ratings, settings) for frame in frames)
    return tuple(
        Ranked(frame.index, frame.value, frame.score, why_not_best(frame, frames[0]) if place else ())
        for place, frame in enumerate(frames)
    )


def _marked_first(frames: Sequence[FrameAssessment], ratings: Sequence[int]) -> list[FrameAssessment]:
    """More stars first, rejected ones last; otherwise the order stays."""
    return sorted(frames, key=lambda frame: -ratings[frame.index])


def _by_person(
    frame: FrameAssessment, best: FrameAssessment, ratings: Sequence[int], settings: RankingSettings
) -> Ranked:
    """One of a group in which a person has marked something; where that alone decided, it is why."""
    rating, of_best = ratings[frame.index], ratings[best.index]
    why: tuple[str, ...] = ()
    if rating < 0:
        why = ("rejected by you",)
    elif frame is not best and rating < of_best and _order(frame, settings) < _order(best, settings):
        why = (f"frame {best.index + 1} has more stars by you",)
    elif frame is not best:
        why = why_not_best(frame, best)
    return Ranked(frame.index, frame.value, frame.score, why, rejected=rating < 0)


def _order(frame: FrameAssessment, settings: RankingSettings) -> tuple[float, ...]:
    steps = round(frame.value / settings.value_step)
    # Where all blink by somebody's own lids, what is open by anybody's still goes first.
    return frame.people_without_open_eyes, frame.people_surely_without, -steps, -frame.sharpness, frame.index
