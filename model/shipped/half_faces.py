"""Winks made of two frames of one person: one side of the face with the eye closed, the other with it open.

A painted lid leaves brow, cheek and mouth at rest. Here each side is real: both frames are of one clip, in one light
and nearly one pose; one is laid over the other by the landmarks that lids and mouth do not move, and they are blended
along the middle of the face.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from livecam.faces import mesh
from livecam.types import CROP_SIZE
from model.shipped.collected import Collected
from model.shipped.items import CLIP_SOURCES
from model.shipped.labels import condition_of
from model.shipped.view import View

# Landmarks that neither lids nor mouth move much: the corners of the eyes, the bridge and the base of the nose.
_FIXED = [*mesh.LEFT_EYE.corners, *mesh.RIGHT_EYE.corners, mesh.NOSE_BRIDGE, mesh.NOSE_BASE]
_SIDE = np.arange(CROP_SIZE, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class HalfFaceSettings:
    """All was set by hand.

    chance: that a closed-eyed frame becomes a wink.  pose: the frames' yaw, pitch and roll differ by less, degrees.
    open_below, closed_above: closedness of both eyes of the frames that are joined.  seam: width of the blend, pixels.
    misfit: mean distance of the fixed landmarks after the fit, pixels; what fits worse is not joined.
    """

    chance: float = 0.4
    pose: float = 6.0
    open_below: float = 0.1
    closed_above: float = 0.9
    seam: float = 14.0
    misfit: float = 2.5


SHIPPED = HalfFaceSettings()


class HalfFaces:
    """Joins frames of the clips among data's faces ``indices``."""

    def __init__(self, data: Collected, indices: list[int], settings: HalfFaceSettings = SHIPPED) -> None:
        self.data, self.settings = data, settings
        self._open: dict[tuple[str, str], list[int]] = {}
        self._closed: set[int] = set()
        for index in indices:
            row = data.rows[index]
            if row["source"] not in CLIP_SOURCES:
                continue
            condition, known = condition_of(data, index)
            if all(known) and max(condition.eyes_closed) < settings.open_below:
                self._open.setdefault((row["source"], row["person"]), []).append(index)
            elif all(known) and min(condition.eyes_closed) > settings.closed_above:
                self._closed.add(index)

    def wink(self, index: int, rng: np.random.Generator) -> View | None:
        """Return a wink of the closed-eyed face index, one of its eyes opened at random.

        None if chance will not have it, the face's eyes are not both closed, or no frame of its clip fits.
        """
        if index not in self._closed or rng.random() >= self.settings.chance:
            return None
        row = self.data.rows[index]
        others = self._open.get((row["source"], row["person"]), [])
        turned = np.abs(self.data.pose[others] - self.data.pose[index]).max(axis=1) if others else np.zeros(0)
        near = np.flatnonzero(turned < self.settings.pose)
        if not len(near):
            return None
        return self._joined(index, others[int(rng.choice(near))], opened=int(rng.integers(2)))

    def _joined(self, closed: int, open_: int, *, opened: int) -> View | None:
        """Open the eye opened (0 left, 1 right) of the face closed with the side of the face open_."""
        data = self.data
        points, other = data.landmarks[closed], data.landmarks[open_]
        matrix, _ = cv2.estimateAffinePartial2D(other[_FIXED], points[_FIXED], method=cv2.LMEDS)
        if matrix is None:
            return None
        moved = (other @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
        if np.linalg.norm(moved[_FIXED] - points[_FIXED], axis=1).mean() > self.settings.misfit:
            return None
        laid_over = cv2.warpAffine(
            np.ascontiguousarray(data.crops[open_]), matrix, (CROP_SIZE, CROP_SIZE), borderMode=cv2.BORDER_REFLECT_101
        )
        share = self._share(points, opened)
        image = data.crops[closed] + (laid_over.astype(np.float32) - data.crops[closed]) * share[..., None]
        at = np.clip(np.round(points), 0, CROP_SIZE - 1).astype(int)
        taken = share[at[:, 1], at[:, 0]][:, None]
        condition, known = condition_of(data, closed)
        eyes = (0.0, condition.eyes_closed[1]) if opened == 0 else (condition.eyes_closed[0], 0.0)
        return View(
            np.clip(image, 0, 255).astype(np.uint8),
            (points + (moved - points) * taken).astype(np.float32),
            replace(condition, eyes_closed=eyes),
            known,
        )

    def _share(self, points: NDArray[np.float32], opened: int) -> NDArray[np.float32]:
        """How much of the open frame shows, (224, 224), 0..1: all of it on the side of the eye that is opened."""
        across = mesh.eye_line(points).astype(np.float32)  # towards the subject's left eye
        across /= max(float(np.hypot(*across)), 1e-6)
        middle = points[[mesh.NOSE_BRIDGE, mesh.NOSE_BASE]].mean(axis=0)
        side = (_SIDE[None, :] - middle[0]) * across[0] + (_SIDE[:, None] - middle[1]) * across[1]
        if opened == 1:
            side = -side
        return np.asarray(np.clip(side / self.settings.seam + 0.5, 0, 1), np.float32)
