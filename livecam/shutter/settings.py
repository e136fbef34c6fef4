"""The numbers by which the trigger decides."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class TriggerSettings:
    """When the shutter fires. Scores and differences in points of the 1..5 scale, times in milliseconds.

    floor: nothing below it is ever taken; 3 is a sharp, open-eyed, neutral frame.
    enough: a score that arms whatever the person's history says, unless the person never looks worse.
    rise: how far above the resting level a score must come, at least.
    share: how much of the rise from rest to the last minute's best it must reach.
    neighbourhood_ms: frames this near, on either side, speak for a frame.
    drop: fire when the level has fallen this far below the peak's.
    patience_ms: fire when nothing better has come for so long, blinks not counted.
    longest_ms: fire at the latest so long after arming.
    blink_ms: being armed survives frames held back for so long; after that the peak so far is taken.
    hold_ms: a rise that has not lasted so long is not taken. Smiles last from half a second on, the mouth's shapes in
    speech a tenth or two.
    lids_ms: for so long after a blink, lids are still on their way up.
    cooldown_ms: the least time between two shots.
    dip: arm again when the level has been this far below the threshold.
    better: or this far above the last picture.
    runners_up: how many of the next best frames are handed out.  spacing_ms: the least time between them.
    gap_ms: a longer pause between two frames ends what was going on; as long held back counts as a dip.
    absence_ms: when nobody has been there for so long, the history is forgotten; another person may come.
    """

    floor: float = 3.0
    absolute_threshold: float = 4.5
    rise: float = 0.45
    rise_fraction: float = 0.6
    neighbourhood_ms: float = 100.0
    drop: float = 0.3
    patience_ms: float = 400.0
    longest_ms: float = 2000.0
    blink_ms: float = 400.0
    hold_ms: float = 250.0
    lids_ms: float = 150.0
    cooldown_ms: float = 1500.0
    dip: float = 0.15
    better: float = 0.3
    runners_up: int = 2
    spacing_ms: float = 150.0
    gap_ms: float = 1000.0
    absence_ms: float = 3000.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not 0 <= value < math.inf:
                raise ValueError(f"{item.name} must be finite and not negative, not {value}")
        if not 1 <= self.floor <= self.absolute_threshold <= 5:
            raise ValueError(f"1 <= floor <= enough <= 5 must hold, not {self.floor} and {self.absolute_threshold}")
        if self.rise_fraction > 1:
            raise ValueError(f"share must lie in 0..1, not {self.rise_fraction}")
        if self.drop == 0 or self.rise == 0:
            raise ValueError("drop and rise must be above 0")
        if not 0 < self.neighbourhood_ms < self.patience_ms <= self.longest_ms:
            raise ValueError("0 < neighbourhood_ms < patience_ms <= longest_ms must hold")
        if not self.hold_ms <= self.patience_ms - self.neighbourhood_ms:
            raise ValueError("hold_ms <= patience_ms - neighbourhood_ms must hold, or a steady smile is never taken")
        if not self.neighbourhood_ms < self.gap_ms:
            raise ValueError("neighbourhood_ms < gap_ms must hold")
        if self.cooldown_ms < self.neighbourhood_ms:
            raise ValueError("cooldown_ms must be at least neighbourhood_ms")
