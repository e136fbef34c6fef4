"""What each face of a picture is worth, in points of the 1..5 scale. Pure: records in, numbers out.

To the scorer's value comes what people prefer beyond it (``livecam.best.ranking.expression``), and what no single frame
shows: lids that are lower than they usually are, focus that another frame has better.
"""

from __future__ import annotations

import enum
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livecam.best.people.same_people import Present
from livecam.best.ranking.baseline import Liked, PersonBaseline
from livecam.best.ranking.expression import Part
from livecam.best.ranking.mouth_cover import mouth_is_covered
from livecam.best.ranking.settings import RankingSettings, Weights
from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.faces.grimace import is_grimace
from livecam.faces.mesh import lids_down
from livecam.scoring.eye_policy import EyePolicy, forgives
from livecam.scoring.head_pose import head_turned
from livecam.types import EYE_CLOSED, EYE_REASONS, Reason


class Trait(enum.Enum):
    """What is valued in a face. The scorer's value adds points, crisp eyes add or cost some, the others cost some."""

    SCORE = enum.auto()
    LOW_LIDS = enum.auto()
    DOUBTFUL_EYES = enum.auto()
    SOFT = enum.auto()
    EYE_DETAIL = enum.auto()
    SMALL = enum.auto()
    GRIMACE = enum.auto()
    COVERED_MOUTH = enum.auto()


# The reasons of the checks that cost points; closed eyes are counted apart, see ``rank``.
HELD_BACK = frozenset((Reason.TURNED_AWAY, Reason.BLURRED, Reason.CUT_OFF, Reason.TOO_DARK, Reason.TOO_BRIGHT))
_OF_THE_MOUTH: tuple[Trait | Part, ...] = (Part.MOUTH, Part.MOUTH_SIDES, Trait.GRIMACE)


@dataclass(frozen=True, slots=True)
class FaceAssessment:
    """points: what each trait adds (or, below 0, costs).

    closed: whether the subject's left and right eye is, where that counts.  surely_closed: whether one of them is by
    anybody's lids, too, not by this person's own alone.  eyes_hidden: whether something hides them here.  score: that
    counts, [1, 5].  smile: mouthSmile, 0..1, where the mouth is seen.  open_mouth: how wide it is, 0..1, beyond what
    its smile explains.
    """

    points: Mapping[Trait | Part | Reason, float]
    closed: tuple[bool, bool]
    surely_closed: bool
    eyes_hidden: bool
    score: float
    smile: float
    open_mouth: float

    @property
    def value(self) -> float:
        """The sum of all points."""
        return sum(self.points.values())


@dataclass(frozen=True, slots=True)
class FrameAssessment:
    """All that is known of one record when it is compared with others of its group.

    index: of the record.  faces: by person, from the left; None where the person is not seen.
    people_without_open_eyes: whoever has an eye closed or is not seen.  people_surely_without: of these, by anybody's
    lids.  value: in points.  sharpness: mean of the
    faces', else of the picture.  score: of the worst face, [1, 5]; None without a face.
    """

    index: int
    faces: tuple[FaceAssessment | None, ...]
    people_without_open_eyes: int
    people_surely_without: int
    value: float
    sharpness: float
    score: float | None


def assess(
    index: int,
    record: FrameRecord,
    present: Present,
    liked: Mapping[int, Liked],
    usual: Sequence[PersonBaseline],
    weights: Weights,
    settings: RankingSettings,
) -> FrameAssessment:
    """Assess one record. present: who is in it.  liked: their expressions.  usual: of each person of the group."""
    faces = tuple(
        _assess_face(present[person], liked[person], baseline, weights, settings) if person in present else None
        for person, baseline in enumerate(usual)
    )
    values = [face.value if face is not None else 0.0 for face in faces]
    seen = present.values()
    scores = [face.score for face in faces if face is not None]
    return FrameAssessment(
        index=index,
        faces=faces,
        people_without_open_eyes=sum(face is None or any(face.closed) for face in faces),
        people_surely_without=sum(face is None or face.surely_closed for face in faces),
        value=_with_mean(values, settings.mean_share) if values else 0.0,
        sharpness=statistics.fmean(face.sharpness[0] for face in seen) if seen else record.sharpness[-1],
        score=min(scores, default=None),
    )


def has_closed_eye(face: FaceRecord, eyes: EyePolicy) -> bool:
    """Whether an eye of a face is closed that can be seen, where that counts."""
    uncounted = Reason.EYES_HIDDEN in face.reasons or forgives(eyes, face.blendshapes)
    return max(face.eyes_closed) > EYE_CLOSED and not uncounted


def closed_log_odds(eyes_closed: tuple[float, float], settings: RankingSettings) -> float:
    """Log-odds that the likelier eye is closed, at least ``surely_open_log_odds``."""
    closed = min(max(*eyes_closed, 1e-6), 1 - 1e-6)
    return max(math.log(closed / (1 - closed)), settings.surely_open_log_odds)


def counting_reasons(face: FaceRecord, eyes: EyePolicy) -> tuple[Reason, ...]:
    """Return the reasons of a face that count where closed eyes count for so much."""
    uncounted = set(EYE_REASONS) if forgives(eyes, face.blendshapes) else set()
    if eyes is EyePolicy.ANY and not head_turned(face.pose):
        uncounted.add(Reason.TURNED_AWAY)  # it was the eyes that looked elsewhere
    return tuple(reason for reason in face.reasons if reason not in uncounted)


def _with_mean(values: Sequence[float], share: float) -> float:
    return (1 - share) * min(values) + share * statistics.fmean(values)


def _assess_face(
    face: FaceRecord, liked: Liked, usual: PersonBaseline, weights: Weights, settings: RankingSettings
) -> FaceAssessment:
    smile = face.shape("mouthSmile")
    open_mouth = max(face.shape("jawOpen"), face.shape("mouthFunnel")) * max(1 - smile / settings.laughing_smile, 0.0)
    forgiven = usual.eyes_hidden or forgives(settings.eyes, face.blendshapes)
    doubt = closed_log_odds(face.eyes_closed, settings)
    if forgiven:  # of two laughs the one with open eyes is better, but how surely the other's are closed says nothing
        doubt = min(doubt, 0.0)
    score = face.open_eyes_score if forgiven else face.score
    points: dict[Trait | Part | Reason, float] = {
        Trait.SCORE: weights.score * _worth(face, score, settings, forgiven=forgiven),
        Trait.LOW_LIDS: -weights.lids * max(lids_down(face.blendshapes) - usual.lids, 0.0),
        Trait.DOUBTFUL_EYES: -weights.doubt * doubt,
        Trait.SOFT: -_weight_of_softness(usual, weights, settings) * _softness(face, usual, settings),
        Trait.EYE_DETAIL: weights.eye_detail * _detail_gained(face, usual, settings),
        Trait.SMALL: -weights.small
        * min(math.log2(max(usual.largest, 1.0) / max(face.size_px, 1.0)), settings.max_smallness),
    }
    # What anybody likes of an expression and a pose counts less for one who likes other things.
    shared = 1.0 if face.tasted is None else face.tasted.generic
    points[Trait.GRIMACE] = -weights.grimace * shared * is_grimace(face.blendshapes)
    points |= {part: shared * (liked[part] - usual.expression[part]) for part in Part}
    points |= {reason: -weights.held_back for reason in counting_reasons(face, settings.eyes) if reason in HELD_BACK}
    if Reason.TURNED_AWAY in points:
        points[Reason.TURNED_AWAY] *= shared
    if mouth_is_covered(face, usual.cover) and not usual.mouth_hidden:
        points[Trait.COVERED_MOUTH] = -weights.covered_mouth
        points |= dict.fromkeys(_OF_THE_MOUTH, 0.0)  # nobody can see it
    points |= dict.fromkeys(_uncounted(usual, settings.eyes, forgiven=forgiven), 0.0)
    left, right = (probability > EYE_CLOSED and not forgiven for probability in face.eyes_closed)
    anybodys = face.eyes_closed if face.tasted is None else face.tasted.eyes_closed
    surely = (left or right) and max(anybodys) > EYE_CLOSED
    seen_smile, seen_open = (0.0, 0.0) if usual.mouth_hidden else (smile, open_mouth)
    hidden = Reason.EYES_HIDDEN in face.reasons
    return FaceAssessment(points, (left, right), surely, hidden, score, seen_smile, seen_open)


def _worth(face: FaceRecord, score: float, settings: RankingSettings, *, forgiven: bool) -> float:
    """The points of a face: a taste's go beyond 1..5, so that they can outweigh faults; not those of closed eyes."""
    if face.tasted is None or (has_closed_eye(face, settings.eyes) and not forgiven):
        return score
    return face.tasted.points


def _uncounted(usual: PersonBaseline, eyes: EyePolicy, *, forgiven: bool) -> tuple[Trait | Part, ...]:
    """What of a face counts for nothing: of hidden parts all is a guess, of a laugh the lids are low."""
    mouth = _OF_THE_MOUTH if usual.mouth_hidden else ()
    if not forgiven:
        return mouth
    lids = (Trait.LOW_LIDS, Trait.EYE_DETAIL, Part.EYES, Part.GAZE)  # where closed eyes look is a guess, too
    if usual.eyes_hidden or eyes is EyePolicy.ANY:
        return (*mouth, *lids, Trait.DOUBTFUL_EYES)
    return (*mouth, *lids)


def _weight_of_softness(usual: PersonBaseline, weights: Weights, settings: RankingSettings) -> float:
    """Of all the person's frames alike: more where their eyes say nothing of the focus."""
    by_eyes = usual.eye_detail is not None and not usual.eyes_hidden and settings.eyes is not EyePolicy.ANY
    return weights.soft if by_eyes else weights.soft_without_eyes


def _softness(face: FaceRecord, usual: PersonBaseline, settings: RankingSettings) -> float:
    """Halvings of sharpness against the best of the same person at the same size, beyond what is tolerated."""
    here, best = (max(value - 1, 1e-3) for value in (face.sharpness[usual.level], usual.sharpest))
    return max(math.log2(best / here) - settings.tolerated_softness, 0.0)


def _detail_gained(face: FaceRecord, usual: PersonBaseline, settings: RankingSettings) -> float:
    """By how much the eyes are crisper than the same person's usually are, see ``best.records.eye_detail``."""
    if face.eye_detail is None or usual.eye_detail is None:
        return 0.0
    most = settings.max_detail_gained
    gained = min(max(face.eye_detail - usual.eye_detail, -most), most)
    # What hides them in this frame may be crisp itself.
    return min(gained, 0.0) if Reason.EYES_HIDDEN in face.reasons else gained
