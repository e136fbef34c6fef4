"""One training example: a picture of a face, its landmarks, and what is known of its condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from livecam.faces.mesh import ALL_OVER_THE_FACE, LEFT_EYE, RIGHT_EYE
from livecam.types import CROP_SIZE, FloatArray, UInt8Array
from model.shipped.rubric import Condition

FACE_HEIGHT = 172.0  # pixels of the crop, by livecam.faces.crop.MARGIN
# A hidden eye covers so much of the face in effect, though it is a small part of its area. Set by hand.
_COVERED_BY_EYE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One training example.

    image: uint8 (224, 224, 3).  landmarks: float32 (478, 2), crop pixels.  condition: see model/shipped/rubric.py.
    eyes_known: whether the closedness of the left and the right eye may be taught.  mirrored: left is right.
    """

    image: UInt8Array
    landmarks: FloatArray
    condition: Condition
    eyes_known: tuple[bool, bool]
    mirrored: bool = False

    def hide(self, image: UInt8Array, hidden: npt.NDArray[np.bool_]) -> View:
        """Return the view with image, in which the pixels of hidden, bool (224, 224), no longer show the face."""

        def share(points: Sequence[int]) -> float:
            at = np.clip(np.round(self.landmarks[list(points)]).astype(int), 0, CROP_SIZE - 1)
            return float(hidden[at[:, 1], at[:, 0]].mean())

        left, right = (share(eye.corners_and_outer_lower_lid) for eye in (LEFT_EYE, RIGHT_EYE))
        known = (self.eyes_known[0] and left < 0.5, self.eyes_known[1] and right < 0.5)
        covered = max(self.condition.covered, share(ALL_OVER_THE_FACE), _COVERED_BY_EYE * max(left, right))
        return replace(self, image=image, eyes_known=known, condition=replace(self.condition, covered=covered))

    def soften(self, image: UInt8Array, sigma: float) -> View:
        """Return the view with image, which is blurred by sigma more: standard deviation in crop pixels."""
        blur = float(np.hypot(self.condition.blur, sigma))
        return replace(self, image=image, condition=replace(self.condition, blur=blur))
