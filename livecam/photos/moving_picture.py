"""Plays an AVIF that moves, by Pillow: OpenCV's FFmpeg gives its first picture alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from livecam.errors import SourceError
from livecam.photos.colour import to_8_bit, to_srgb
from livecam.photos.direct import turned
from livecam.types import UInt8Array

# What Pillow's readers raise on damaged files.
_DAMAGED = (OSError, EOFError, ValueError, SyntaxError, RuntimeError)


class MovingPicture:
    """A ``sources.decoding.Device`` of the pictures in an AVIF, upright and in sRGB; one that is damaged ends there."""

    def __init__(self, path: Path) -> None:
        """Raises SourceError if it cannot be read."""
        try:
            self._image = Image.open(path, formats=("AVIF",))
        except _DAMAGED as error:
            raise SourceError(f"{path} is not a whole picture that can be read: copy it again") from error
        self._count = int(getattr(self._image, "n_frames", 1))
        orientation = self._image.getexif().get(ExifTags.Base.Orientation, 1)
        self._orientation = orientation if isinstance(orientation, int) else 1
        self._next = 0

    def grab(self) -> bool:
        """Decode the next picture."""
        try:
            if self._next >= self._count:
                return False
            self._image.seek(self._next)
            self._image.load()
        except _DAMAGED:
            return False
        self._next += 1
        return True

    def retrieve(self, image: npt.NDArray[Any] | None = None, /) -> tuple[bool, UInt8Array]:  # noqa: ARG002  not filled
        """Return it as uint8 (H, W, 3), BGR."""
        picture = to_srgb(to_8_bit(self._image), self._image.info.get("icc_profile"))
        pixels = cv2.cvtColor(np.asarray(picture.convert("RGB"), np.uint8), cv2.COLOR_RGB2BGR)
        return True, turned(np.asarray(pixels, np.uint8), self._orientation)

    def get(self, propId: int, /) -> float:  # noqa: N803  cv2's own name
        """How many there are, when the last one is shown, and how many a second as of the first."""
        info = self._image.info
        if propId == cv2.CAP_PROP_FRAME_COUNT:
            return float(self._count)
        if propId == cv2.CAP_PROP_POS_MSEC:
            return float(info.get("timestamp", 0.0))
        if propId == cv2.CAP_PROP_FPS:
            return 1000 / duration if (duration := float(info.get("duration", 0.0))) > 0 else 0.0
        return 0.0

    def release(self) -> None:
        """Close the file."""
        self._image.close()
