"""Random views of the training faces, each with all that is taught about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from livecam.faces import mesh
from livecam.faces.mesh import LEFT_EYE, RIGHT_EYE
from livecam.types import CROP_SIZE
from model.shipped import rubric
from model.shipped.augment import augment
from model.shipped.collected import Collected
from model.shipped.half_faces import HalfFaces
from model.shipped.labels import condition_of
from model.shipped.view import View

# Landmarks that are taught: eyes, irises, brows, lips, and a few of the middle and the outline.
POINTS = np.array([
    *LEFT_EYE.contour, *RIGHT_EYE.contour, RIGHT_EYE.iris, LEFT_EYE.iris,
    *LEFT_EYE.brow, *RIGHT_EYE.brow, *LEFT_EYE.brow_top, *RIGHT_EYE.brow_top,
    *mesh.LOWER_LIP_OUTER, *mesh.UPPER_LIP_OUTER[1:-1], *mesh.LOWER_LIP_INNER, *mesh.UPPER_LIP_INNER[1:-1],
    mesh.NOSE_TIP, mesh.FOREHEAD, mesh.CHIN, mesh.RIGHT_EAR, mesh.LEFT_EAR,
])  # fmt: skip
DAMAGES = 5  # numbers that say what was done to a picture
_AROUND_EYES = np.array([name.startswith(("eye", "brow", "cheekSquint")) for name in mesh.BLENDSHAPE_NAMES])
_MIRRORED = np.array(mesh.MIRRORED_BLENDSHAPES)
_STRAIGHT_YAW = 8.0  # degrees, either way: faces that the mean straight face is made of


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """How conditions become what is taught. All was set by hand.

    chosen: points of the rubric that a reader's choice among pictures of one person is worth in their order.
    dark, blur, burnt, covered: from there on, in the units of rubric.Condition, a face cannot be seen well enough for
    its eyes, smile, pose and landmarks to be taught.  labelled_smile: what a person's label counts, the teacher's 1.
    damage_units: of blur, dark and noise, and damage_factors: of burnt and covered, to numbers about 1; damage_most:
    no more is taught.  angle: degrees of yaw and pitch to 1.
    """

    chosen: float = 0.6
    dark: float = 4.0
    blur: float = 8.0
    burnt: float = 0.6
    covered: float = 0.5
    labelled_smile: float = 4.0
    damage_units: tuple[float, float, float] = (4.0, 3.0, 30.0)
    damage_factors: tuple[float, float] = (2.0, 3.0)
    damage_most: float = 3.0
    angle: float = 30.0

    def visible(self, condition: rubric.Condition) -> bool:
        """Whether the face can be seen well enough."""
        return (
            condition.dark < self.dark
            and condition.blur < self.blur
            and condition.burnt < self.burnt
            and condition.covered < self.covered
        )

    def damage(self, condition: rubric.Condition) -> Tensor:
        """What was done to the picture: blur, dark, burnt, covered, noise, float32 (5,)."""
        blur, dark, noise = self.damage_units
        burnt, covered = self.damage_factors
        found = [
            condition.blur / blur,
            condition.dark / dark,
            condition.burnt * burnt,
            condition.covered * covered,
            condition.noise / noise,
        ]
        return torch.tensor(found).clamp(0, self.damage_most)


SHIPPED = TargetSettings()


def shrink(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Return a crop, uint8 (224, 224, 3), at size pixels: as the network shrinks it itself where it is not by much."""
    by = cv2.INTER_LINEAR if size > CROP_SIZE / 2 else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, (size, size), interpolation=by), np.uint8)


class Views(Dataset[dict[str, Tensor]]):
    """Random views of faces: seed and position say which, whoever asks and in whatever order."""

    def __init__(
        self,
        data: Collected,
        order: NDArray[np.int64],
        size: int,
        seed: int,
        mirror: NDArray[np.int64],
    ) -> None:
        """order: which face stands at each position.  size: of the pictures, pixels.  mirror: see mirrored_points."""
        self.half_faces = HalfFaces(data, sorted(set(order.tolist())))
        self.data, self.order, self.size, self.seed, self.mirror = data, order, size, seed, mirror

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> dict[str, Tensor]:
        """Return one example: image uint8 (size, size, 3) and all that is taught about it, floats."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng((self.seed, position))
        index = int(self.order[position])
        condition, known = condition_of(self.data, index)
        as_found = View(np.ascontiguousarray(self.data.crops[index]), self.data.landmarks[index], condition, known)
        start = self.half_faces.wink(index, rng) or as_found
        view = augment(start, float(self.data.rows[index]["face_px"]), rng)
        made = view.condition
        image = shrink(view.image, self.size)
        points = view.landmarks[self.mirror if view.mirrored else POINTS]
        blendshapes = self.data.blendshapes[index][_MIRRORED] if view.mirrored else self.data.blendshapes[index]
        visible = SHIPPED.visible(made)
        label = self.data.rows[index]["smile"]  # a person's, worth more than the teacher's measure
        return {
            "image": torch.from_numpy(np.ascontiguousarray(image)),
            "eyes": torch.tensor(made.eyes_closed),
            "eyes_known": torch.tensor([float(k and visible) for k in view.eyes_known]),
            "rating": torch.from_numpy(rubric.soft_label(rubric.rate(replace(made, eyes_closed=(0.0, 0.0))))),
            "overall": torch.tensor(rubric.rate(made) + SHIPPED.chosen * self.data.preference(index)),
            "sure": torch.tensor(float(all(known))),
            "visible": torch.tensor(float(visible)),
            "smile": torch.tensor(float(label) if label else made.smile),
            "smile_weight": torch.tensor(SHIPPED.labelled_smile if label else 1.0),
            "blendshapes": torch.from_numpy(blendshapes),
            # What was painted on the eyes the teacher has not seen.
            "blendshapes_known": torch.from_numpy(
                np.where(
                    _AROUND_EYES, float(max(np.abs(np.subtract(made.eyes_closed, _eyes(condition, view)))) < 0.05), 1.0
                ).astype(np.float32)
            ),
            "pose": torch.tensor([made.yaw / SHIPPED.angle, made.pitch / SHIPPED.angle]),
            "points": torch.from_numpy((points / CROP_SIZE - 0.5).astype(np.float32).ravel()),
            "damage": SHIPPED.damage(made),
        }


def _eyes(condition: rubric.Condition, view: View) -> tuple[float, float]:
    """The eyes of the face as it was found, in the order of view."""
    left, right = condition.eyes_closed
    return (right, left) if view.mirrored else (left, right)


def mirrored_points(data: Collected) -> NDArray[np.int64]:
    """For each of POINTS, the landmark that takes its place in a mirrored picture, read off the mean straight face."""
    mean = data.landmarks[np.abs(data.pose[:, 0]) < _STRAIGHT_YAW].mean(axis=0)
    flipped = mean * (-1, 1) + (CROP_SIZE - 1, 0)
    return np.array([int(np.argmin(((flipped - mean[point]) ** 2).sum(axis=1))) for point in POINTS])
