"""Tells a face that never moves, a poster on the wall, from somebody who holds still.

Of a person lids, gaze, mouth and head drift within seconds. A picture before a camera that stands shows the same to a
hair, but for the noise of the camera, which means take away. What a hand-held camera sees of a poster moves with the
hand and is not told from a person.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from livecam.faces.mesh import box_middle
from livecam.types import Face, FloatArray


@dataclass(frozen=True, slots=True)
class StillnessSettings:
    """When a face counts as one that never moves. All set by hand.

    What they go by, of 43 clips, is in ``livecam.best.people.still_faces``: of a living face the blendshape that
    changes most does so by at least 0.076 within two seconds, of a poster with noise of one grey level by 0.06, without
    means over time.

    bin_ms: over so long blendshapes and places are averaged.  bins: so many in a row are compared.  most_change: the
    most that any blendshape's mean may change, 0..1.  most_moved: the most that the middle of the face may move, face
    sizes.  gap_ms: a face that was not seen for so long is looked at anew.
    """

    bin_ms: float = 500.0
    bins: int = 16
    most_change: float = 0.06
    most_moved: float = 0.02
    gap_ms: float = 1000.0


_SETTINGS = StillnessSettings()


class Stillness:
    """What one face has done in the last seconds; its only clock is the frames'."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self._bins: deque[FloatArray] = deque(maxlen=_SETTINGS.bins)  # means of blendshapes, then x and y over the size
        self._sum: FloatArray | None = None
        self._count, self._began_ms, self._last_ms = 0, 0.0, 0.0
        self._origin: tuple[float, float, float] | None = None

    @property
    def lifeless(self) -> bool:
        """Whether it has been seen for long enough, and never moved."""
        settings = _SETTINGS
        if len(self._bins) < settings.bins:
            return False
        ranges = np.ptp(np.stack(self._bins), axis=0)
        return bool(ranges[:-2].max() <= settings.most_change and ranges[-2:].max() <= settings.most_moved)

    def add(self, t_ms: float, face: Face) -> None:
        """Take in the face of the next frame."""
        x, y = box_middle(face.box)
        if self._origin is None or not 0 <= t_ms - self._last_ms <= _SETTINGS.gap_ms:
            self._bins.clear()
            self._sum, self._origin = None, (x, y, face.size)
        first_x, first_y, size = self._origin
        here = np.append(face.blendshapes, ((x - first_x) / size, (y - first_y) / size)).astype(np.float32)
        self._last_ms = t_ms
        if self._sum is None:
            self._sum, self._count, self._began_ms = here, 1, t_ms
            return
        if t_ms - self._began_ms >= _SETTINGS.bin_ms:
            self._bins.append(self._sum / np.float32(self._count))
            self._sum, self._count, self._began_ms = here, 1, t_ms
            return
        self._sum = self._sum + here
        self._count += 1
