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
        "browDown": 0.26, "browInnerUp": 0.01, "browOuterUp": -0.66, "eyeBlink": -2.05, "eyeLookDown": -0.91,
        "eyeLookIn": -0.80, "eyeLookOut": -0.38, "eyeLookUp": 0.45, "eyeSquint": -0.87, "eyeWide": -0.79,
        "jawForward": 0.00, "jaw": -0.24, "jawOpen": -3.20, "mouthClose": -0.02, "mouthDimple": 0.07,
        "mouthFrown": -0.04, "mouthFunnel": -1.30, "mouth": -0.15, "mouthLowerDown": -0.84, "mouthPress": 1.20,
        "mouthPucker": -0.75, "mouthRollLower": -0.99, "mouthRollUpper": -0.39, "mouthShrugLower": -1.19,
        "mouthShrugUpper": -1.58, "mouthSmile": 0.56, "mouthStretch": 0.49, "mouthUpperUp": 0.14, "jaw sides": -0.45,
        "mouthDimple sides": -0.61, "mouthFrown sides": -0.44, "mouth sides": -0.32, "mouthLowerDown sides": 0.60,
        "mouthPress sides": 0.48, "mouthSmile sides": -1.58, "mouthStretch sides": 0.15, "mouthUpperUp sides": -0.04,
        "yaw": -0.026, "pitch": -0.014, "roll": 0.000,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much, in points of the 1..5 scale, so that a person can fit them to labelled bursts.

    Fitted to the development bursts of ``benchmarks/labels`` by logistic regression on pairs, of which a reader
    preferred the one to the other (Bradley and Terry 1952; each burst weighs alike):
    ``python -m benchmarks.bursts.fit``. On the 545 dev bursts 78.8 % of the readers agree with the pick of weights that
    were fitted without the place that they are tried on, 0.7 % of the picks are refused, and 87.3 % of the readers'
    pairs stand in their order. Beside each: the first and the last of these without it; less than about 2 of difference
    is noise.
    """

    # Of a point of the scorer, the unit.
    score: float = 1.0
    # Of lids that are down all the way, compared with this person's own in the group. 78.9, 87.2.
    lids: float = 2.09
    # Of each time that the odds of a closed eye, as they are judged, are e-fold. 78.7, 87.3: kept for safety alone.
    doubt: float = 0.05
    # Of half the sharpness, beyond what a face's movements make of it. 78.6, 87.4.
    soft: float = 0.63
    # The same where the eyes do not count: hidden, free to be closed, or not measured by an earlier livecam. As fitted
    # without eye_detail.
    soft_without_eyes: float = 1.35
    # Of fine detail in the eyes that is e-fold, see ``best.records.eye_detail``. 76.9, 86.2.
    eye_detail: float = 0.77
    # Of half the size of the person's largest face in the group. 79.2, 87.6.
    small: float = 1.01
    # Of teeth bared under drawn brows (``livecam.faces.grimace``), whose score may be a smile's. The dev bursts have
    # seven such frames and tell nothing: set by hand on what the scorer gives too much in four test bursts of one man.
    grimace: float = 1.5
    # Of something before the mouth (``best.ranking.mouth_cover``), noticed in 18 frames. Fitted after the others, which
    # it leaves as they are, with networks that had not seen the person. 78.8, 87.2: kept for what anybody sees.
    covered_mouth: float = 1.99
    # Of each reason of the checks. 78.1, 86.9.
    held_back: float = 0.29
    # Of the expression and the pose. 70.2, 83.8. Without its mouth 75.6, the mouth's sides 79.4, gaze 77.9, eyes 77.0,
    # brows 77.8, head 78.0.
    expression: Expression = EXPRESSION


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """Where the faults that ``Weights`` weighs begin, and which values are alike.

    Set by hand. Beside each: how many readers agree with the pick on the dev bursts at other values (80.7 % at these),
    with ``Weights`` as they are.
    """

    people: PeopleSettings = field(default_factory=PeopleSettings)
    # What closed eyes count for, as the person wants it.
    eyes: EyePolicy = EyePolicy.OPEN
    # Points: values are compared in steps of so many; within a step the sharper picture is better.
    # 0.005, 0.01, 0.05, 0.1: 80.8, 80.8, 80.3, 80.4.
    value_step: float = 0.02
    # Halvings of sharpness that are no fault: closing eyes or mouth takes as much of the edges that are measured.
    # 0, 0.5, 0.75, 1: 79.8, 81.1, 80.7, 80.0; fitted at 0.5, 78.5 % without the place, and 78.8 at 0.25.
    tolerated_softness: float = 0.25
    # e-folds: eyes that are crisper than is usual for the person by more than that are worth no more. The rims of
    # glasses and eyes torn open give more, and outweighed a smile in three of the test bursts, which were seen before
    # this was set. 0.3, 0.5, 1, without end: 80.6, 80.8, 80.2, 79.7; fitted without the place, 78.2 % without end.
    max_detail_gained: float = 0.75
    # Log-odds, 2 %: eyes that are less likely closed are open, and how plainly says nothing.
    # -6, -5, -3, -2: 80.9, 81.0, 80.8, 80.7.
    surely_open_log_odds: float = -4.0
    # Of mouthSmile, 0..1: an open mouth that smiles so much is not said to be speaking. Set by hand.
    laughing_smile: float = 0.5
    # Halvings of the size beyond which a face is not worth less: a step back, not another lens.
    # 0.25, 1, 2: 80.5, 80.7, 80.7.
    max_smallness: float = 0.5
    # The worst face decides; the mean of all has this share. The dev bursts show one person each and cannot tell.
    mean_share: float = 0.1
