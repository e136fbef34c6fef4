"""What a wink or a hard blink does around the eye: the brow comes down, the cheek up, the corner of the mouth with it.

The picture is warped around a few landmarks, and faint folds are drawn from the outer corner. Painted lids alone leave
all that at rest, and a network then misses the eyes that people really squeeze. Open eyes are squeezed too, less, so
that a lowered brow is no sign of a closed eye. The method is our own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from livecam.faces import mesh
from livecam.faces.mesh import EyePoints
from livecam.types import CROP_SIZE
from model.shipped.view import View

_Float32 = NDArray[np.float32]
Range = tuple[float, float]
_COARSE = 8  # pixels between the places at which the warp is known
_GRID = np.stack(np.meshgrid(*[np.arange(0, CROP_SIZE, _COARSE, dtype=np.float32)] * 2), axis=-1)
_EVERY = np.stack(np.meshgrid(*[np.arange(CROP_SIZE, dtype=np.float32)] * 2), axis=-1)
# The side of the mouth that goes with an eye, the left first.
_CORNERS = (mesh.LEFT_MOUTH_CORNER, mesh.RIGHT_MOUTH_CORNER)


@dataclass(frozen=True, slots=True)
class SqueezeSettings:
    """All was set by hand, after real winks.

    closed, open_: chance that a closed and that an open eye is squeezed.  brow, cheek, corner: how far they move, eye
    widths.  corner_chance: that the mouth goes with it.  weak: an open eye's share of those.  reach, mouth_reach:
    standard deviation of what moves along, eye widths.  folds: how many.  fold_depth: how dark.
    """

    closed: float = 0.5
    open_: float = 0.08
    brow: Range = (0.05, 0.28)
    cheek: Range = (0.05, 0.22)
    corner: Range = (0.05, 0.3)
    corner_chance: float = 0.5
    weak: float = 0.5
    reach: float = 0.32
    mouth_reach: float = 0.5
    folds: tuple[int, int] = (0, 4)
    fold_depth: Range = (0.05, 0.2)


SHIPPED = SqueezeSettings()


def squeeze(view: View, rng: np.random.Generator, settings: SqueezeSettings = SHIPPED) -> View:
    """Squeeze each eye of view by its chance. view is not mirrored yet."""
    for side, eye in enumerate((mesh.LEFT_EYE, mesh.RIGHT_EYE)):
        closed = view.condition.eyes_closed[side]
        if rng.random() < settings.open_ + (settings.closed - settings.open_) * closed:
            strength = settings.weak + (1 - settings.weak) * closed
            view = _squeeze(view, eye, _CORNERS[side], strength, rng, settings)
    return view


def _squeeze(
    view: View, eye: EyePoints, mouth: int, strength: float, rng: np.random.Generator, settings: SqueezeSettings
) -> View:
    points = view.landmarks
    along = points[eye.inner] - points[eye.outer]
    width = float(np.hypot(*along))
    if width < 1:
        return view
    along /= width
    down = np.array([-along[1], along[0]], np.float32)
    if down @ (points[list(eye.lower)].mean(axis=0) - points[list(eye.brow)].mean(axis=0)) < 0:
        down = -down
    brow, cheek = (strength * float(rng.uniform(*part)) * width for part in (settings.brow, settings.cheek))
    below = points[[eye.lower[2], eye.lower[4], eye.lower[6]]] + 0.5 * width * down
    at = np.concatenate((points[[*eye.brow, *eye.brow_top]], below))
    by = np.concatenate((np.tile(brow * down, (10, 1)), np.tile(-cheek * down, (3, 1))))
    reach = np.full(len(at), settings.reach * width)
    if rng.random() < settings.corner_chance:
        lift = strength * float(rng.uniform(*settings.corner)) * width
        at = np.concatenate((at, points[[mouth]]))
        by = np.concatenate((by, [-lift * (0.8 * down + 0.6 * along)]))
        reach = np.append(reach, settings.mouth_reach * width)

    def moved(places: _Float32) -> _Float32:
        apart = ((places[..., None, :] - at) ** 2).sum(axis=-1)
        weight = np.exp(-apart / (2 * reach**2))
        shift = (weight[..., None] * by).sum(axis=-2) / np.maximum(weight.sum(axis=-1), 1)[..., None]
        return np.asarray(shift, np.float32)

    shift = cv2.resize(moved(_GRID), (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_LINEAR)
    source = _EVERY - shift
    image = cv2.remap(view.image, source[..., 0], source[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    landmarks = points + moved(points)
    folds = np.zeros((CROP_SIZE, CROP_SIZE), np.float32)
    corner = landmarks[eye.outer]
    for _ in range(int(rng.integers(*settings.folds, endpoint=True))):
        turn, length = rng.uniform(-0.6, 0.6), rng.uniform(0.15, 0.5) * width
        towards = -along * np.cos(turn) + down * np.sin(turn)
        start = corner - 0.08 * width * along + rng.uniform(-0.08, 0.08) * width * down
        first, last = (np.round(end).astype(int).tolist() for end in (start, start + length * towards))
        cv2.line(folds, first, last, [float(rng.uniform(*settings.fold_depth))], 2, cv2.LINE_AA)
    if folds.any():
        dark = np.asarray(cv2.GaussianBlur(folds, (0, 0), 1.0), np.float32)
        image = np.clip(image * (1 - dark[..., None]), 0, 255)
    return replace(view, image=np.asarray(image, np.uint8), landmarks=landmarks.astype(np.float32))
