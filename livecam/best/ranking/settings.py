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
        "browDown": 0.24, "browOuterUp": -0.40, "eyeBlink": -1.58, "eyeLookDown": -1.15, "eyeLookIn": -0.69,
        "eyeLookOut": -0.14, "eyeLookUp": 0.81, "eyeSquint": -1.00, "eyeWide": -0.37, "jaw": -0.20, "jawOpen": -2.73,
        "mouthClose": -0.03, "mouthDimple": -0.09, "mouthFrown": -0.40, "mouthFunnel": -0.75, "mouth": -0.11,
        "mouthLowerDown": -0.84, "mouthPress": 0.93, "mouthPucker": -0.68, "mouthRollLower": -0.73,
        "mouthRollUpper": -0.23, "mouthShrugLower": -0.96, "mouthShrugUpper": -1.06, "mouthSmile": 0.62,
        "mouthStretch": 0.43, "mouthUpperUp": 0.08, "jaw sides": -0.40, "mouthDimple sides": -0.34,
        "mouthFrown sides": -0.27, "mouth sides": -0.22, "mouthLowerDown sides": 0.22, "mouthPress sides": 0.59,
        "mouthSmile sides": -1.17, "mouthStretch sides": 0.17, "mouthUpperUp sides": -0.17, "yaw": -0.024,
        "pitch": -0.015, "roll": -0.004,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much, in points of the 1..5 scale, so that a person can fit them to labelled bursts.

    Fitted to the development bursts of ``benchmarks/labels`` by logistic regression on pairs, of which a reader
    preferred the one to the other (Bradley and Terry 1952; each burst weighs alike):
    ``python -m benchmarks.bursts.fit``. On the 545 dev bursts 78.0 % of the readers agree with the pick of weights that
    were fitted without the place that they are tried on, 0.9 % of the picks are refused, and 86.3 % of the readers'
    pairs stand in their order. Beside each: the first and the last of these without it; less than about 2 of difference
    is noise.
    """

    # Of a point of the scorer, the unit.
    score: float = 1.0
    # Of lids that are down all the way, compared with this person's own in the group. 78.4, 86.3.
    lids: float = 2.1
    # Of each time that the odds of a closed eye, as they are judged, are e-fold. 78.3, 86.5: kept for safety alone.
    doubt: float = 0.04
    # Of half the sharpness, beyond what a face's movements make of it. 73.5, 85.5, 2.2 % of picks refused.
    soft: float = 1.5
    # Of half the size of the person's largest face in the group. 77.2, 86.3.
    small: float = 1.5
    # Of teeth bared under drawn brows (``livecam.faces.grimace``), whose score may be a smile's. The dev bursts have
    # seven such frames and tell nothing: set by hand on what the scorer gives too much in four test bursts of one man.
    grimace: float = 1.5
    # Of each reason of the checks. 78.1, 86.1.
    held_back: float = 0.32
    # Of the expression and the pose. 69.8, 83.3; 1.3 % of picks refused. Without its mouth 75.6, the mouth's sides
    # 77.5, gaze 76.4, eyes 77.6, brows 78.6, head 77.3.
    expression: Expression = EXPRESSION


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """Where the faults that ``Weights`` weighs begin, and which values are alike.

    Set by hand. Beside each: how many readers agree with the pick on the dev bursts at other values (78.8 % at these),
    with ``Weights`` as they are.
    """

    people: PeopleSettings = field(default_factory=PeopleSettings)
    # What closed eyes count for, as the person wants it.
    eyes: EyePolicy = EyePolicy.OPEN
    # Points: values are compared in steps of so many; within a step the sharper picture is better.
    # 0.005, 0.01, 0.05, 0.1: 79.1, 79.1, 78.7, 78.8.
    value_step: float = 0.02
    # Halvings of sharpness that are no fault: closing eyes or mouth takes as much of the edges that are measured.
    # 0, 0.25, 0.75, 1: 78.0, 79.8, 78.1, 76.9.
    tolerated_softness: float = 0.5
    # Log-odds, 2 %: eyes that are less likely closed are open, and how plainly says nothing.
    # -6, -5, -3, -2: 79.0, 78.8, 78.8, 78.8.
    surely_open_log_odds: float = -4.0
    # Of mouthSmile, 0..1: an open mouth that smiles so much is not said to be speaking. Set by hand.
    laughing_smile: float = 0.5
    # Halvings of the size beyond which a face is not worth less: a step back, not another lens. 0.25, 1, 2: 78.8 each.
    max_smallness: float = 0.5
    # The worst face decides; the mean of all has this share. The dev bursts show one person each and cannot tell.
    mean_share: float = 0.1
