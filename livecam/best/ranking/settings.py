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
        "browDown": 0.17, "browInnerUp": 0.01, "browOuterUp": -0.50, "eyeBlink": -1.74, "eyeLookDown": -0.88,
        "eyeLookIn": -0.74, "eyeLookOut": -0.31, "eyeLookUp": 0.44, "eyeSquint": -0.90, "eyeWide": -0.70,
        "jawForward": 0.01, "jaw": -0.19, "jawOpen": -2.73, "mouthClose": 0.00, "mouthDimple": 0.02,
        "mouthFrown": -0.40, "mouthFunnel": -1.10, "mouth": -0.17, "mouthLowerDown": -0.79, "mouthPress": 1.04,
        "mouthPucker": -0.61, "mouthRollLower": -0.92, "mouthRollUpper": -0.41, "mouthShrugLower": -1.01,
        "mouthShrugUpper": -1.64, "mouthSmile": 0.44, "mouthStretch": 0.44, "mouthUpperUp": -0.07, "jaw sides": -0.36,
        "mouthDimple sides": -0.56, "mouthFrown sides": -0.51, "mouth sides": -0.35, "mouthLowerDown sides": 0.52,
        "mouthPress sides": 0.42, "mouthSmile sides": -1.55, "mouthStretch sides": 0.11, "mouthUpperUp sides": -0.11,
        "yaw": -0.022, "pitch": -0.014, "roll": 0.001,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much, in points of the 1..5 scale, so that a person can fit them to labelled bursts.

    Fitted to the development bursts of ``benchmarks/labels`` by logistic regression on pairs, of which a reader
    preferred the one to the other (Bradley and Terry 1952; each burst weighs alike):
    ``python -m benchmarks.bursts.fit``. On the 545 dev bursts 80.1 % of the readers agree with the pick of weights that
    were fitted without the place that they are tried on, 0.7 % of the picks are refused, and 87.8 % of the readers'
    pairs stand in their order. Beside each: the first and the last of these without it; less than about 2 of difference
    is noise.
    """

    # Of a point of the scorer, the unit.
    score: float = 1.0
    # Of lids that are down all the way, compared with this person's own in the group. 80.2, 87.4.
    lids: float = 1.78
    # Of each time that the odds of a closed eye, as they are judged, are e-fold. 80.2, 87.9: kept for safety alone.
    doubt: float = 0.05
    # Of half the sharpness, beyond what a face's movements make of it. 78.4, 87.3, 1.1 % of picks refused.
    soft: float = 0.57
    # The same where the eyes do not count: hidden, free to be closed, or not measured by an earlier livecam. As fitted
    # without eye_detail.
    soft_without_eyes: float = 1.12
    # Of fine detail in the eyes that is e-fold, see ``best.records.eye_detail``. 79.0, 86.6.
    eye_detail: float = 0.64
    # Of half the size of the person's largest face in the group. 80.2, 87.6.
    small: float = 0.88
    # Of teeth bared under drawn brows (``livecam.faces.grimace``), whose score may be a smile's. The dev bursts have
    # seven such frames and tell nothing: set by hand on what the scorer gives too much in four test bursts of one man.
    grimace: float = 1.5
    # Of each reason of the checks. 79.5, 87.5.
    held_back: float = 0.26
    # Of the expression and the pose. 70.7, 83.7. Without its mouth 76.0, the mouth's sides 80.2, gaze 78.4, eyes 78.7,
    # brows 79.4, head 78.1.
    expression: Expression = EXPRESSION


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """Where the faults that ``Weights`` weighs begin, and which values are alike.

    Set by hand. Beside each: how many readers agree with the pick on the dev bursts at other values (81.3 % at these),
    with ``Weights`` as they are.
    """

    people: PeopleSettings = field(default_factory=PeopleSettings)
    # What closed eyes count for, as the person wants it.
    eyes: EyePolicy = EyePolicy.OPEN
    # Points: values are compared in steps of so many; within a step the sharper picture is better.
    # 0.005, 0.01, 0.05, 0.1: 81.4, 81.3, 81.0, 80.6.
    value_step: float = 0.02
    # Halvings of sharpness that are no fault: closing eyes or mouth takes as much of the edges that are measured.
    # 0, 0.5, 0.75, 1: 79.6, 80.9, 79.9, 80.0; fitted at 0.5, 79.3 % without the place, and 80.1 at 0.25.
    tolerated_softness: float = 0.25
    # e-folds: eyes that are crisper than is usual for the person by more than that are worth no more. The rims of
    # glasses and eyes torn open give more, and outweighed a smile in three of the test bursts, which were seen before
    # this was set. 0.3, 0.5, 1, without end: 80.8, 80.9, 81.2, 80.7; fitted without the place, 80.5 % without end.
    max_detail_gained: float = 0.75
    # Log-odds, 2 %: eyes that are less likely closed are open, and how plainly says nothing.
    # -6, -5, -3, -2: 81.7, 81.9, 81.5, 81.3.
    surely_open_log_odds: float = -4.0
    # Of mouthSmile, 0..1: an open mouth that smiles so much is not said to be speaking. Set by hand.
    laughing_smile: float = 0.5
    # Halvings of the size beyond which a face is not worth less: a step back, not another lens.
    # 0.25, 1, 2: 81.2, 81.3, 81.3.
    max_smallness: float = 0.5
    # The worst face decides; the mean of all has this share. The dev bursts show one person each and cannot tell.
    mean_share: float = 0.1
