"""Closed eyes painted onto open ones: a training augmentation, and the blinks of the demo clip.

The method is our own. In a frame that lies along the eye (u from corner to corner, v across, in eye widths)
the skin between brow and upper lid is stretched down to the lower lid and the lower lid rises a little, as in
a real blink; then the lashes are drawn along the seam. Only the skin of the same face is used, so tone, light
and grain fit by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from livecam.faces.mesh import EYES, Eye
from livecam.types import LANDMARKS, FloatArray, UInt8Array

_Float64 = npt.NDArray[np.float64]
Range = tuple[float, float]

_KNOTS = np.linspace(-0.5, 1.5, 81)  # u at which the curves along the eye are known
_REACH = np.clip(_KNOTS * (1 - _KNOTS) * 4, 0.0, 1.0)  # 0 at the corners, 1 in the middle
_MIN_WIDTH = 6.0  # pixels: a smaller eye holds nothing that could be painted


@dataclass(frozen=True, slots=True)
class LidSettings:
    """How shut eyes differ, each range drawn from evenly, and how strongly they are painted.

    meet: where the lids meet, 1 on the lower one.  sag: how far the seam hangs, eye widths.  lash_depth: how dark.
    lash_width: eye widths. The ranges were set by hand, after real closed eyes; so were the strengths:
    even_tone: how far the lid takes the colour of the skin around the eye, 0..1.  least_light: of that skin's.
    grain: of the picture's own, put back where the stretch has smoothed it away.  ball, fold: how much brighter the
    lid is at its middle and how much darker at the seam.
    """

    meet: Range = (0.8, 1.0)
    sag: Range = (0.01, 0.06)
    lash_depth: Range = (0.25, 0.82)
    lash_width: Range = (0.028, 0.075)
    even_tone: float = 0.75
    least_light: float = 0.95
    grain: float = 0.18
    ball: float = 0.24
    fold: float = 0.1


LIDS = LidSettings()


@dataclass(frozen=True, slots=True)
class _Seam:
    """One shut eye's own; see LidSettings. The defaults are those of the demo clip."""

    meet: float = 0.97
    sag: float = 0.03
    lash_depth: float = 0.62
    lash_width: float = 0.042

    @classmethod
    def drawn(cls, rng: np.random.Generator, settings: LidSettings) -> Self:
        """Draw one."""
        return cls(
            rng.uniform(*settings.meet),
            rng.uniform(*settings.sag),
            rng.uniform(*settings.lash_depth),
            rng.uniform(*settings.lash_width),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _OpenEye:
    """An open eye in its own axes: u from the outer corner to the inner, v towards the chin, in eye widths.

    width: pixels.  upper, lower, brow: v at each of _KNOTS.
    """

    outer: _Float64
    along: _Float64
    across: _Float64
    width: float
    upper: _Float64
    lower: _Float64
    brow: _Float64

    @classmethod
    def of(cls, points: _Float64, eye: Eye) -> Self:
        """Read the eye off the landmarks' x and y, (478, 2)."""
        own = EYES[eye]
        outer, inner = points[own.outer], points[own.inner]
        width = max(float(np.hypot(*(inner - outer))), 1e-6)
        along = (inner - outer) / width
        across = np.array([-along[1], along[0]])
        if across @ (points[list(own.lower)].mean(axis=0) - points[list(own.brow)].mean(axis=0)) < 0:
            across = -across

        def curve(row: tuple[int, ...]) -> _Float64:
            uv = (points[list(row)] - outer) @ np.stack([along, across], axis=1) / width
            uv = uv[np.argsort(uv[:, 0])]
            values = np.pad(np.interp(_KNOTS, uv[:, 0], uv[:, 1]), 2, mode="edge")
            return np.convolve(values, np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16, mode="valid")

        upper = curve(own.upper)
        lower = np.maximum(curve(own.lower), upper)
        return cls(outer, along, across, width, upper, lower, np.minimum(curve(own.brow), upper - 0.12))

    def lines(self, closed: float, seam: _Seam) -> _Float64:
        """V at each of _KNOTS of seven lines, (7, 81).

        The open lid's edge; where it is now; where the lower lid is now; the upper and lower ends of what
        moves; and the skin that comes to lie at the two edges, clear of the open eye's lashes and wet rim.
        """
        opening = self.lower - self.upper
        shut = self.upper + seam.meet * opening + seam.sag * _REACH
        edge = self.upper + closed * (shut - self.upper)
        lower_edge = np.maximum(self.lower - closed * (self.lower - shut), edge)
        top = self.upper - np.clip(0.7 * (self.upper - self.brow), 0.1, 0.4)
        lid_skin = np.maximum(self.upper - (0.06 + 0.16 * opening) * (0.35 + 0.65 * _REACH), top + 0.05)
        return np.stack([self.upper, edge, lower_edge, top, self.lower + 0.3, lid_skin, self.lower + 0.05 * _REACH])

    def box(self, lines: _Float64, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1 in pixels around all that moves, inside a picture of shape."""
        ends = (float(lines[3].min()), float(lines[4].max()))
        corners = np.stack(
            [self.outer + self.width * (self.along * u + self.across * v) for u in (-0.35, 1.3) for v in ends]
        )
        low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0)) + 1
        return max(int(low[0]), 0), max(int(low[1]), 0), min(int(high[0]), shape[1]), min(int(high[1]), shape[0])


def _step(values: npt.NDArray[np.floating]) -> FloatArray:
    """Go smoothly from 0 to 1 as values go from 0 to 1."""
    t: FloatArray = np.clip(values, 0, 1).astype(np.float32, copy=False)
    return t * t * (3 - 2 * t)


def _remap(image: UInt8Array, columns: npt.NDArray[np.floating], rows: npt.NDArray[np.floating]) -> FloatArray:
    moved = cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.float32)


def _lid_skin(region: UInt8Array, bare: npt.NDArray[np.bool_], width: float, settings: LidSettings) -> UInt8Array:
    """Even the skin out: lashes that stand up over the lid would be drawn out into streaks by the stretch.

    bare: where region shows the skin above and below the eye. Nothing is left much darker than it.
    """
    brush = max(3, round(0.16 * width)) | 1
    skin = cv2.morphologyEx(region, cv2.MORPH_CLOSE, np.ones((1, brush), np.uint8), borderType=cv2.BORDER_REPLICATE)
    skin = cv2.blur(skin, (brush, max(1, brush // 2)), borderType=cv2.BORDER_REPLICATE).astype(np.float32)
    tone = np.asarray(cv2.mean(region, bare.astype(np.uint8))[:3], np.float32) + 1
    light = skin.mean(axis=2, keepdims=True)
    # The fold's shadow is greyer than skin in the light, which a shut lid is.
    skin += settings.even_tone * (light * tone / tone.mean() - skin)
    skin *= np.maximum(light, settings.least_light * tone.mean()) / np.maximum(light, 1)
    return np.clip(skin, 0, 255).astype(np.uint8)


def paint_lid(
    image: UInt8Array,
    landmarks: FloatArray,
    eye: Eye,
    closed: float,
    rng: np.random.Generator | None = None,
    settings: LidSettings = LIDS,
) -> UInt8Array:
    """Return a copy of image whose eye is shut by the share closed.

    image: uint8 (H, W, 3), RGB.  landmarks: float32 (478, 3), x and y in pixels of image, of the *open* eye.
    eye: the subject's own left or right.  closed: 0 leaves the eye as it is, 0.5 half, 1 fully shut.
    rng: varies where the lids meet, the lashes and the grain; without it the same input gives the same output.
    An eye smaller than a few pixels, or outside the picture, is left alone. Raises ValueError for another
    shape of landmarks or closed outside 0..1.
    """
    if landmarks.shape != (LANDMARKS, 3):
        raise ValueError(f"landmarks must have shape ({LANDMARKS}, 3), not {landmarks.shape}")
    if not 0.0 <= closed <= 1.0:
        raise ValueError(f"closed must lie in 0..1, not {closed}")
    out = image.copy()
    own = _OpenEye.of(landmarks[:, :2].astype(np.float64), eye)
    seam = _Seam() if rng is None else _Seam.drawn(rng, settings)
    draw = np.random.default_rng(0) if rng is None else rng
    lines = own.lines(closed, seam)
    x0, y0, x1, y1 = own.box(lines, image.shape)
    if closed == 0.0 or own.width < _MIN_WIDTH or min(x1 - x0, y1 - y0) <= 1:
        return out

    region = image[y0:y1, x0:x1]
    width = np.float32(own.width)
    columns = np.arange(x1 - x0, dtype=np.float32)[None, :]
    rows = np.arange(y1 - y0, dtype=np.float32)[:, None]
    dx, dy = columns + np.float32(x0 - own.outer[0]), rows + np.float32(y0 - own.outer[1])
    u = (dx * np.float32(own.along[0]) + dy * np.float32(own.along[1])) / width
    v = (dx * np.float32(own.across[0]) + dy * np.float32(own.across[1])) / width
    position = np.clip((u - np.float32(_KNOTS[0])) * 40, np.float32(0), np.float32(79.999))
    index = position.astype(np.intp)
    share = position - index.astype(np.float32)
    table = lines.astype(np.float32)
    upper, edge, lower, top, bottom, lid, rim = table[:, index] * (1 - share) + table[:, index + 1] * share

    # Above the seam the lid, below it the risen lower lid; a half-shut eye shows between them.
    inside = _step((u + 0.13) / 0.16) * _step((1.13 - u) / 0.16)
    along_lid = np.clip((v - top) / np.maximum(edge - top, 1e-3), 0, 1)
    along_rim = np.clip((bottom - v) / np.maximum(bottom - lower, 1e-3), 0, 1)
    above = v <= edge
    shift = np.where(above, (lid - edge) * along_lid**1.6, np.where(v >= lower, (rim - lower) * along_rim**2, 0))
    shift *= inside * ((v >= top) & (v <= bottom)) * width
    from_x, from_y = columns + shift * np.float32(own.across[0]), rows + shift * np.float32(own.across[1])
    painted = _remap(region, from_x, from_y)
    bare = (u > 0.05) & (u < 0.95) & (((v > top) & (v < lid)) | ((v > bottom - 0.15) & (v < bottom)))
    skin = _remap(_lid_skin(region, bare, own.width, settings), from_x, from_y)
    lid_share = inside * above
    painted += (skin - painted) * (lid_share * _step((along_lid - 0.15) / 0.5) * min(1.0, 1.5 * closed))[..., None]

    # The stretch smooths the skin's grain away: put as much back as the picture has.
    grain = settings.grain * float(np.median(np.abs(cv2.Laplacian(region[..., 1], cv2.CV_32F))))
    noise = grain * draw.standard_normal(u.shape, dtype=np.float32) * lid_share * _step((v - top) / 0.15)
    # A shut lid lies on a ball: brightest at its middle, darker towards the fold and the lashes.
    ball = np.clip((v - upper) / np.maximum(edge - upper, 0.02), 0, 1)
    shade = 1 + closed * lid_share * (settings.ball * ball * (1 - ball) - settings.fold * ball**4)
    painted = painted * shade[..., None] + noise[..., None]

    # Lashes: a crisp upper edge, a ragged soft lower one, fuller towards the outer corner.
    ragged = np.interp(u, np.linspace(-0.1, 1.1, 25), draw.uniform(0.7, 1.3, 25)).astype(np.float32)
    thick = max(seam.lash_width, 0.9 / own.width) * (1.15 - 0.5 * u)
    below = v - edge
    profile = np.exp(-((below / (thick * np.where(below < 0, 0.55, ragged))) ** 2))
    lash = seam.lash_depth * profile * _step((u + 0.07) / 0.14) * _step((1.0 - u) / 0.2)
    painted *= 1 - lash[..., None] * np.array([0.96, 1.0, 1.04], np.float32)  # lashes are warm, not blue
    out[y0:y1, x0:x1] = np.clip(painted + 0.5, 0, 255).astype(np.uint8)
    return out
