"""How often and how strongly views are varied, by what they are varied with.

All was set by hand: a training takes two and a half hours, and no value was compared with another by trainings of their
own. What is known is what painted glasses did as a whole for default-3: of the closed eyes of the test faces 98.2 %
scored at most 2 without them, 99.3 % with them and one stage more.

A chance lies in 0..1. A range is drawn from evenly; one that is said to be drawn by its logarithm, evenly in that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model.shipped.painted_glasses import GlassesSettings
from model.shipped.painted_lids import LidSettings
from model.shipped.squeeze import SqueezeSettings

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ClosingSettings:
    """Painting open eyes shut.

    chance, chance_by_smile: the second is added for a full smile, since the sets of closed eyes show few laughs and the
    camera sees many.  open_below: closedness of an eye that may be painted.  both: chance that both eyes are.
    closed, half, slight: how much of the eye the lid covers, 0..1; at least that chance of closed, and of closed or
    half. Slight amounts are painted too and stay "open", so that the brush itself is no sign of a closed eye.
    closedness: what an eye then counts as, by the covered share; the lens of the eye is about gone when three quarters
    are covered.
    """

    chance: float = 0.3
    chance_by_smile: float = 0.2
    open_below: float = 0.2
    both: float = 0.55
    closed: Range = (0.9, 1.0)
    half: Range = (0.35, 0.75)
    slight: Range = (0.03, 0.2)
    closed_chance: float = 0.6
    closed_or_half_chance: float = 0.8
    closedness: tuple[tuple[float, ...], tuple[float, ...]] = ((0.2, 0.5, 0.75, 0.9), (0.0, 0.4, 0.9, 1.0))
    lids: LidSettings = field(default_factory=LidSettings)


@dataclass(frozen=True, slots=True)
class WearingSettings:
    """Painting glasses.

    chance, chance_by_closed: the second is added for a closed eye, since the sets show few closed eyes behind glasses
    and many open ones.
    """

    chance: float = 0.18
    chance_by_closed: float = 0.12
    glasses: GlassesSettings = field(default_factory=GlassesSettings)


@dataclass(frozen=True, slots=True)
class MovingSettings:
    """Turning, scaling and shifting, as a face finder's boxes differ.

    turn: standard deviation in degrees.  scale: of the factor's natural logarithm.  shift: pixels, each way.
    mirrored: chance.  black_border: chance that what comes in from outside is black, as at a picture's edge.
    """

    turn: float = 5.0
    scale: float = 0.06
    shift: float = 5.0
    mirrored: float = 0.5
    black_border: float = 0.4


@dataclass(frozen=True, slots=True)
class CoveringSettings:
    """A hand-sized blob of one texture in front of the face, and a side of the crop outside the picture.

    chance, cut_chance: of the blob and of the cut.  rim: the blob's middle keeps so far from the crop's edge, pixels.
    half_axes: pixels.  ellipse: chance; else a box.  contrast: of the texture, grey levels.  own_colour: chance that
    the blob has a colour of the picture.  brightest: of any other colour.  cut: share of the crop's side.
    """

    chance: float = 0.12
    rim: float = 40.0
    half_axes: Range = (12.0, 70.0)
    ellipse: float = 0.5
    contrast: float = 30.0
    own_colour: float = 0.6
    brightest: float = 225.0
    cut_chance: float = 0.12
    cut: Range = (0.05, 0.5)


@dataclass(frozen=True, slots=True)
class ExposureSettings:
    """Light: too little, too much, or as a good exposure may have it.

    dark_chance, dark: stops below.  dark_or_burnt_chance, gain, lift: a factor, and grey levels added.  gamma, light,
    contrast: of a good exposure, standard deviations of natural logarithms.  tint_chance, tint: of each colour, the
    same.  grey: chance.  display_gamma: makes a stop of light less than a factor of two in the picture.
    white: the grey level from where on a pixel is burnt.
    """

    dark_chance: float = 0.12
    dark: Range = (0.8, 6.0)
    dark_or_burnt_chance: float = 0.2
    gain: Range = (1.3, 4.0)
    lift: Range = (0.0, 60.0)
    gamma: float = 0.2
    light: float = 0.12
    contrast: float = 0.1
    tint_chance: float = 0.3
    tint: float = 0.08
    grey: float = 0.25
    display_gamma: float = 1.6
    white: int = 250


@dataclass(frozen=True, slots=True)
class SharpnessSettings:
    """Faces that are small in their picture, out of focus, or moving.

    native: standard deviation of a good picture's own softness, in its own pixels.  small_chance, smallest_face: height
    in pixels, drawn by its logarithm.  blur_chance; out_of_focus: chance of that, else motion; focus: standard
    deviation in crop pixels, drawn by its logarithm; motion: length in whole crop pixels.
    """

    native: float = 0.45
    small_chance: float = 0.35
    smallest_face: float = 22.0
    blur_chance: float = 0.25
    out_of_focus: float = 0.5
    focus: Range = (0.5, 9.0)
    motion: tuple[int, int] = (3, 40)


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """Noise and compression. noise: grey levels, drawn by its logarithm.  jpeg: quality, whole."""

    noise_chance: float = 0.35
    noise: Range = (2.0, 45.0)
    jpeg_chance: float = 0.4
    jpeg: tuple[int, int] = (30, 95)


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """All of the above, in the order in which a view goes through it."""

    closing: ClosingSettings = field(default_factory=ClosingSettings)
    squeezing: SqueezeSettings = field(default_factory=SqueezeSettings)
    wearing: WearingSettings = field(default_factory=WearingSettings)
    moving: MovingSettings = field(default_factory=MovingSettings)
    covering: CoveringSettings = field(default_factory=CoveringSettings)
    exposure: ExposureSettings = field(default_factory=ExposureSettings)
    sharpness: SharpnessSettings = field(default_factory=SharpnessSettings)
    sensor: SensorSettings = field(default_factory=SensorSettings)


SHIPPED = AugmentSettings()  # what the shipped scorer was trained with
