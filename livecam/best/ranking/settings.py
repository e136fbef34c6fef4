"""What counts how much when the pictures of a group are ranked, and where a fault begins."""

from __future__ import annotations

from dataclasses import dataclass, field

from livecam.best.people.same_people import PeopleSettings
from livecam.best.ranking.expression import Expression
from livecam.scoring.eye_policy import EyePolicy

# Of the expression and the pose, fitted as ``Weights`` are: points for a blendshape of 1, for sides that differ by 1,
# for a degree. A smile counts in the score already; here it is what a smile of one score has over another.
EXPRESSION = Expression.of(
    {
        "browDown": 0.17, "browInnerUp": -0.04, "browOuterUp": -0.48, "eyeBlink": -1.84, "eyeLookDown": -0.81,
        "eyeLookIn": -0.72, "eyeLookOut": -0.43, "eyeLookUp": 0.49, "eyeSquint": -0.92, "eyeWide": -0.76,
        "jawForward": 0.01, "jaw": -0.21, "jawOpen": -2.81, "mouthClose": 0.01, "mouthDimple": 0.03,
        "mouthFrown": -0.35, "mouthFunnel": -1.12, "mouth": -0.21, "mouthLowerDown": -0.84, "mouthPress": 1.08,
        "mouthPucker": -0.60, "mouthRollLower": -0.92, "mouthRollUpper": -0.41, "mouthShrugLower": -1.07,
        "mouthShrugUpper": -1.65, "mouthSmile": 0.50, "mouthStretch": 0.48, "mouthUpperUp": -0.06, "jaw sides": -0.40,
        "mouthDimple sides": -0.52, "mouthFrown sides": -0.48, "mouth sides": -0.45, "mouthLowerDown sides": 0.56,
        "mouthPress sides": 0.42, "mouthSmile sides": -1.55, "mouthStretch sides": 0.16, "mouthUpperUp sides": -0.04,
        "yaw": -0.024, "pitch": -0.016, "roll": 0.001,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much, in points of the 1..5 scale, so that a person can fit them to labelled bursts.

    Fitted to the development bursts of ``benchmarks/labels`` by logistic regression on pairs, of which a reader
    preferred the one to the other (Bradley and Terry 1952; each burst weighs alike):
    ``python -m benchmarks.bursts.fit``. On the 545 dev bursts 80.5 % of the readers agree with the pick of weights that
    were fitted without the place that they are tried on, 0.7 % of the picks are refused, and 87.9 % of the readers'
    pairs stand in their order. Beside each: the first and the last of these without it; less than about 2 of difference
    is noise.
    """

    # Of a point of the scorer, the unit.
    score: float = 1.0
    # Of lids that are down all the way, compared with this person's own in the group. 79.8, 87.6.
    lids: float = 1.85
    # Of each time that the odds of a closed eye, as they are judged, are e-fold. 80.1, 87.9: kept for safety alone.
    doubt: float = 0.05
    # Of half the sharpness, beyond what a face's movements make of it. 78.5, 87.6, 1.1 % of picks refused.
    soft: float = 0.48
    # The same where the eyes do not count: hidden, free to be closed, or not measured by an earlier livecam. As fitted
    # without eye_detail.
    soft_without_eyes: float = 1.12
    # Of fine detail in the eyes that is e-fold, see ``best.records.eye_detail``. 79.0, 86.6.
    eye_detail: float = 0.61
    # Of half the size of the person's largest face in the group. 79.9, 87.8.
    small: float = 0.78
    # Of teeth bared under drawn brows (``livecam.faces.grimace``), whose score may be a smile's. The dev bursts have
    # seven such frames and tell nothing: set by hand on what the scorer gives too much in four test bursts of one man.
    grimace: float = 1.5
    # Of each reason of the checks. 79.8, 87.6.
    held_back: float = 0.26
    # Of the expression and the pose. 71.0, 84.1. Without its mouth 76.1, the mouth's sides 79.1, gaze 78.4, eyes 79.0,
    # brows 79.5, head 78.6.
    expression: Expression = EXPRESSION


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """Where the faults that ``Weights`` weighs begin, and which values are alike.

    Set by hand. Beside each: how many readers agree with the pick on the dev bursts at other values (81.7 % at these),
    with ``Weights`` as they are.
    """

    people: PeopleSettings = field(default_factory=PeopleSettings)
    # What closed eyes count for, as the person wants it.
    eyes: EyePolicy = EyePolicy.OPEN
    # Points: values are compared in steps of so many; within a step the sharper picture is better.
    # 0.005, 0.01, 0.05, 0.1: 81.8, 81.8, 81.1, 80.2.
    value_step: float = 0.02
    # Halvings of sharpness that are no fault: closing eyes or mouth takes as much of the edges that are measured.
    # 0, 0.5, 0.75, 1: 80.3, 80.8, 81.1, 80.6; fitted at 0.5, 79.8 % without the place, and 80.5 at 0.25.
    tolerated_softness: float = 0.25
    # Log-odds, 2 %: eyes that are less likely closed are open, and how plainly says nothing.
    # -6, -5, -3, -2: 81.9, 81.7, 81.5, 81.7.
    surely_open_log_odds: float = -4.0
    # Of mouthSmile, 0..1: an open mouth that smiles so much is not said to be speaking. Set by hand.
    laughing_smile: float = 0.5
    # Halvings of the size beyond which a face is not worth less: a step back, not another lens. 0.25, 1, 2: 81.7 each.
    max_smallness: float = 0.5
    # The worst face decides; the mean of all has this share. The dev bursts show one person each and cannot tell.
    mean_share: float = 0.1
