"""The numbers by which the shutter decides, each beside what supports it.

Scores, levels and their differences are points of the 1..5 scale, times are milliseconds of the frames' own time.

"dev" is what ``python -m benchmarks.shutter.sweep`` gave when this field alone took these values, with the int8 scorer.
Only the measures that tell the values apart are named here; regret is in points, the median of the pictures taken or,
where it says so, the worst. With the defaults 6 of 8 smiles are caught with one false fire (a friendly word of a clip
that is slowed down) and no eye that is not open, regret 0.000, worst 0.024. The dev clips are few (23 of 305 s in all,
eight smiles), so one smile or one false fire is weak support, and no reason to move a number by itself. Where they tell
nothing apart the value was set by hand, as were those without "dev".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _require_numbers(settings: TriggerSettings | GroupSettings | SmileCheckSettings | CountdownSettings) -> None:
    for item in fields(settings):
        value = getattr(settings, item.name)
        if isinstance(value, int | float) and not 0 <= value < math.inf:
            raise ValueError(f"{item.name} must be finite and not negative, not {value}")


@dataclass(frozen=True, slots=True)
class BaselineSettings:
    """How a person's baseline is measured (see ``ScoreBaseline``).

    memory_ms: how far back it reaches.
    bin_ms: levels are averaged over so long first, so that the frame rate does not matter.
    low, resting, high: which quantiles of those averages, 0..1.
    unknown: what all three are taken for until the face has been seen for known_after_ms.
    """

    memory_ms: float = 60_000.0  # dev 10000/30000/60000/120000: smiles 7/6/6/6, of clips up to 65 s; set by hand
    bin_ms: float = 200.0  # dev cannot tell 100 from 400; set by hand
    low: float = 0.10  # dev 0.05/0.1/0.2: false fires 1/1/0
    resting: float = 0.30  # dev 0.15/0.3/0.45/0.6: smiles 6/6/6/5, false fires 2/1/1/2, eyes not open 0/0/0/1
    high: float = 0.98  # dev cannot tell 0.9 from 1; set by hand
    unknown: float = 4.0  # dev 3.6/3.8/4/4.2/4.4: smiles 6/6/6/5/4
    known_after_ms: float = 2000.0  # dev 1000/2000/3000/5000: smiles 5/6/6/6, false fires 1/1/1/2

    def __post_init__(self) -> None:
        _require(0 <= self.low <= self.resting <= self.high <= 1, "0 <= low <= resting <= high <= 1 must hold")
        _require(math.isfinite(self.unknown), f"unknown must be finite, not {self.unknown}")
        _require(
            0 < self.bin_ms <= self.known_after_ms < self.memory_ms < math.inf,
            "0 < bin_ms <= known_after_ms < memory_ms must hold",
        )


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """From a person's baseline to what arms, and from everybody's level to the group's (see ``GroupBaseline``).

    noise_gain: the threshold lies at least so many times the baseline's noise above rest.
    noise_rise_limit: but noise alone moves it no farther above rest.
    high_rest_fraction: of somebody alone, absolute_threshold is raised to this fraction of the way from the low level
    to 5 where that is higher: a face that never looks worse than absolute_threshold would be taken at rest.
    headroom_fraction: where this fraction of the way from rest to 5 is less than rise, all differences shrink with it.
    min_scale: but to no less than this fraction of themselves.
    others_weight: in a group's merit, the weight of its mean beside its worst.
    """

    noise_gain: float = 6.0  # dev 2/4/6/8/10: false fires 2/1/1/1/1
    noise_rise_limit: float = 1.0  # dev 0.5/1/1.5/2: false fires 5/1/1/1
    high_rest_fraction: float = 0.6  # dev 0.3/0.45/0.6/0.75/0.9: smiles 6/6/6/6/5, false fires 1/1/1/0/0
    headroom_fraction: float = 0.5  # dev cannot tell 0.3 from 0.7; set by hand
    min_scale: float = 0.1  # dev cannot tell 0.05 from 0.4; set by hand
    others_weight: float = 0.25  # set by hand: no labelled clip shows several people

    def __post_init__(self) -> None:
        _require_numbers(self)
        for name in ("high_rest_fraction", "headroom_fraction", "others_weight"):
            _require(getattr(self, name) <= 1, f"{name} must lie in 0..1, not {getattr(self, name)}")
        _require(0 < self.min_scale <= 1, f"min_scale must be above 0 and at most 1, not {self.min_scale}")


@dataclass(frozen=True, slots=True)
class SmileCheckSettings:
    """What a mouth must do to be no smile (see ``SmileCheck``).

    one_sided: how far the two sides of a mouth may differ, of the blendshapes' 0..1.
    jaw_moves: how far jawOpen, 0..1, may change within neighbourhood_ms on either side, or from the frame before to the
    one after where those are farther away: more is a word.  calm_ms: the second frame before counts, too, if so near.
    """

    # At most 0.18 in the smiles of 68 people who were asked to (`pairs`); above 0.3 in 1.1 % of 377 smiling faces drawn
    # at random from `smile`, in 0.5 % of the frontal ones; about 0.55 in winks and grimaces with one half of the face.
    one_sided: float = 0.3  # dev cannot tell 0.1 from 0.5
    # At most 0.05 in the 263 frames of the dev clips' smiles, above 0.15 in 18 % of 4,289 in no smile. In the middle
    # of those that spare who only talks: a laugh may open the mouth.
    jaw_moves: float = 0.15  # dev 0.05/0.1/0.15/0.2/0.25: false fires 1/1/1/1/2
    # Set by hand: longer than two frames of a camera that gives five a second. Of the dev clips at 15/10/7/5 frames a
    # second, from four starts, false fires 4/5/6/4, of them 4 each by that slowed clip, and of 32 smiles 24/24/26/23;
    # without any look beyond neighbourhood_ms 5/7/11/9 and 24/24/25/24.
    calm_ms: float = 500.0

    def __post_init__(self) -> None:
        _require_numbers(self)


@dataclass(frozen=True, slots=True)
class TriggerSettings:
    """When the shutter fires.

    floor: nothing below it is ever taken; 3 is a sharp, open-eyed, neutral frame.
    absolute_threshold: a score that arms whatever the person's baseline says, unless the person never looks worse.
    rise: how far above the resting level a score must come, at least.
    rise_fraction: how much of the way from rest to the last minute's best it must come, 0..1.
    neighbourhood_ms: frames this near, on either side, speak for a frame.
    own_weight: in a frame's merit, the weight of its own score beside its level, 0..1.
    min_gain: a frame is better than another when its merit is higher by more than this.
    drop: fire when the level has fallen this far below the peak's.
    patience_ms: fire when nothing better has come for so long, blinks not counted.
    longest_ms: fire at the latest so long after arming.
    blink_ms: being armed survives frames held back for so long; after that the peak so far is taken.
    hold_ms: a rise that has not lasted so long is not taken. Smiles last from half a second on, the mouth's shapes in
    speech a tenth or two.
    lids_ms: for so long after a blink, lids are still on their way up; in the frame after one, however late that comes.
    cooldown_ms: the least time between two shots.
    dip: arm again when the level has been this far below the threshold.
    better: or this far above the last picture.
    runners_up: how many of the next best frames are handed out.  spacing_ms: the least time between them.
    gap_ms: a longer pause between two frames ends what was going on; as long held back counts as a dip.
    absence_ms: when nobody has been there for so long, the baselines are forgotten; another person may come.
    """

    floor: float = 3.0  # dev 2/2.5/3/3.5/4: false fires 3/2/1/1/1
    absolute_threshold: float = 4.5  # dev 4.1/4.3/4.5/4.7/4.9: smiles 6/6/6/6/5, false fires 1/1/1/1/0
    rise: float = 0.45  # dev cannot tell 0.25 from 0.65; set by hand
    rise_fraction: float = 0.6  # dev 0.3/0.45/0.6/0.75/0.9: smiles 7/6/6/6/6
    neighbourhood_ms: float = 100.0  # dev 50/75/100/125/150: false fires 2/2/1/1/1
    own_weight: float = 0.25  # dev 0/0.25/0.5/1: worst regret 0.039/0.024/0.024/0.024
    min_gain: float = 0.01  # dev 0/0.01/0.02/0.05: smiles 6/6/6/5, false fires 1/1/1/2
    drop: float = 0.3  # dev cannot tell 0.1 from 0.6; set by hand
    patience_ms: float = 400.0  # dev 350/400/500/600/800: smiles 6/6/6/5/5
    longest_ms: float = 2000.0  # dev cannot tell 1000 from 4000; set by hand
    blink_ms: float = 400.0  # dev cannot tell 100 from 800; set by hand
    hold_ms: float = 250.0  # dev 150/200/250/300: smiles 7/7/6/6; shorter ones would be words
    lids_ms: float = 150.0  # dev cannot tell 50 from 300; set by hand
    cooldown_ms: float = 1500.0  # dev 500/1000/1500/2000/3000: smiles 6/6/6/6/5
    dip: float = 0.15  # dev cannot tell 0.05 from 0.45; set by hand
    # The dev clips cannot tell 0.1 from 0.6. Of two frames of a dev burst of a clip, both at 4 or more, one chosen by
    # readers and one not, the chosen is the higher in 36 of 52 pairs 0.1 to 0.3 apart, in 27 of 28 from 0.3 on.
    better: float = 0.3
    runners_up: int = 2  # set by hand
    spacing_ms: float = 150.0  # set by hand
    gap_ms: float = 700.0  # dev 250/500/700/1000/2000: smiles 6/6/6/5/5
    absence_ms: float = 3000.0  # dev cannot tell 1000 from 5000; set by hand
    baseline: BaselineSettings = BaselineSettings()
    group: GroupSettings = GroupSettings()
    smile_check: SmileCheckSettings = SmileCheckSettings()

    def __post_init__(self) -> None:
        _require_numbers(self)
        if not 1 <= self.floor <= self.absolute_threshold <= 5:
            raise ValueError(
                f"1 <= floor <= absolute_threshold <= 5 must hold, not {self.floor} and {self.absolute_threshold}"
            )
        for name in ("rise_fraction", "own_weight"):
            _require(getattr(self, name) <= 1, f"{name} must lie in 0..1, not {getattr(self, name)}")
        _require(self.drop > 0 and self.rise > 0, "drop and rise must be above 0")
        if not 0 < self.neighbourhood_ms < self.patience_ms <= self.longest_ms:
            raise ValueError("0 < neighbourhood_ms < patience_ms <= longest_ms must hold")
        if not self.hold_ms <= self.patience_ms - self.neighbourhood_ms:
            raise ValueError("hold_ms <= patience_ms - neighbourhood_ms must hold, or a steady smile is never taken")
        _require(self.neighbourhood_ms < self.gap_ms, "neighbourhood_ms < gap_ms must hold")
        _require(self.neighbourhood_ms <= self.cooldown_ms, "cooldown_ms must be at least neighbourhood_ms")


@dataclass(frozen=True, slots=True)
class CountdownSettings:
    """How the picture at the end of a countdown is chosen (see ``Countdown``).

    choice_ms: the best frame of so long after zero is taken.
    patience_ms: so much longer it waits for a frame that qualifies.
    after_ms: for so long after its picture none is taken by itself: the smile may have been put on for the countdown.
    """

    choice_ms: float = 1000.0  # set by hand
    patience_ms: float = 2000.0  # set by hand: longer than any blink and most words
    after_ms: float = 1500.0  # set by hand, as cooldown_ms

    def __post_init__(self) -> None:
        _require_numbers(self)
        smallest_ms = TriggerSettings().neighbourhood_ms
        _require(self.choice_ms > smallest_ms, f"choice_ms must be above {smallest_ms:g}, not {self.choice_ms}")
