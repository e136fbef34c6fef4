"""What counts how much when the pictures of a group are ranked, and where a fault begins."""

from __future__ import annotations

from dataclasses import dataclass, field

from livecam.best.people.same_people import PeopleSettings
from livecam.scoring.eye_policy import EyePolicy


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much, in points of the 1..5 scale, so that a person can fit them to labelled bursts.

    Fitted to the development bursts of ``benchmarks/labels`` by logistic regression on pairs, of which a reader
    preferred the one to the other (Bradley and Terry 1952; each burst weighs alike):
    ``python -m benchmarks.bursts.fit``. On the 177 dev bursts 70.8 % of the readers agree with the pick of weights that
    were fitted without the place that they are tried on. Beside each: how many agree without it; less than about 3 of
    difference is noise. The smile and the gaze had weights too and have none now: with gaze 70.6 agree, for the
    scorer's value has both in it.
    """

    # Of a point of the scorer, the unit.
    score: float = 1.0
    # Of a mouth as wide open or as far put forward as it goes, without a smile. 65.4.
    mouth: float = 4.4
    # Of a mouth that is drawn all the way to one side. 67.8.
    crooked: float = 1.7
    # Of lids that are down all the way, compared with this person's own in the group. 63.5, 4.0 % of picks refused
    # (now 1.1).
    lids: float = 4.5
    # Of each time that the odds of a closed eye, as they are judged, are e-fold. 70.5: it is kept for safety alone.
    doubt: float = 0.04
    # Of half the sharpness, beyond what a face's movements make of it. 68.0.
    soft: float = 1.3
    # Of each reason of the checks. 66.1, 1.7 % of picks refused.
    held_back: float = 0.46


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """Where the faults that ``Weights`` weighs begin, and which values are alike.

    Set by hand. Beside each: how many readers agree with the pick on the dev bursts at other values, see ``Weights``.
    """

    people: PeopleSettings = field(default_factory=PeopleSettings)
    # What closed eyes count for, as the person wants it.
    eyes: EyePolicy = EyePolicy.OPEN
    # Points: values are compared in steps of so many; within a step the sharper picture is better.
    # 0.005, 0.01, 0.05, 0.1: 70.6, 70.6, 70.8, 70.0.
    value_step: float = 0.02
    # Halvings of sharpness that are no fault: closing eyes or mouth takes as much of the edges that are measured.
    # 0, 0.25, 0.75, 1: 67.1, 71.8, 68.0, 68.5.
    tolerated_softness: float = 0.5
    # Log-odds, 2 %: eyes that are less likely closed are open, and how plainly says nothing.
    # -6, -5, -3, -2: 71.1, 69.9, 69.9, 71.1.
    surely_open_log_odds: float = -4.0
    # Of mouthSmile, 0..1: an open mouth that smiles so much is not speaking.
    # 0.3, 0.4, 0.7, 0.9: 70.4, 70.4, 71.7, 71.1.
    laughing_smile: float = 0.5
    # The worst face decides; the mean of all has this share. The dev bursts show one person each and cannot tell.
    mean_share: float = 0.1
