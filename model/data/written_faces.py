"""Puts the crops and numbers of rated faces on the disk as they are found, so that memory holds none of them.

Which faces are kept is known only when all have been seen: a copy may come last. So each crop has the number in which
it was found until ``finish`` gives it its own.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from livecam.closing import Closing
from livecam.types import BLENDSHAPES, LANDMARKS
from model.data.face_of_photo import RatedFace

_NUMBERS = np.dtype(
    [
        ("points", np.float32, (LANDMARKS, 2)),
        ("blendshapes", np.float32, (BLENDSHAPES,)),
        ("pose", np.float32, (3,)),
    ]
)


def crop_name(number: int) -> str:
    """Return the name of a crop's file in the folder of its data set."""
    return f"crops/{number:05d}.png"


class WrittenFaces(Closing):
    """Faces in a folder of ``replacing_folder``, which is being filled. Each of its methods raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = folder / "numbers.tmp"
        self._count = 0
        (folder / "crops").mkdir()
        self._file = self._numbers.open("wb")

    def close(self) -> None:
        """Close the file of numbers."""
        self._file.close()

    def add(self, face: RatedFace) -> None:
        """Write a face's crop and numbers."""
        (self._folder / crop_name(self._count)).write_bytes(face.png)
        row = np.zeros(1, _NUMBERS)
        row["points"], row["blendshapes"], row["pose"] = face.points, face.blendshapes, face.pose
        self._file.write(row.tobytes())
        # A folder that nobody has written to for an hour counts as a killed run's; a file within it does not count.
        os.utime(self._folder)
        self._count += 1

    def finish(self, kept: Sequence[int]) -> None:
        """Keep these faces, rising numbers in the order of ``add``: name their crops anew and write landmarks.npz."""
        self._file.close()
        numbers = {old: new for new, old in enumerate(kept)}
        for old in range(self._count):
            crop = self._folder / crop_name(old)
            if old not in numbers:
                crop.unlink()
            elif numbers[old] != old:
                crop.rename(self._folder / crop_name(numbers[old]))  # which is free: no new number is above its old one
        self._write_numbers(kept)
        self._numbers.unlink()

    def _write_numbers(self, kept: Sequence[int]) -> None:
        rows = np.memmap(self._numbers, _NUMBERS, "r+", shape=(self._count,))
        for new, old in enumerate(kept):
            if new != old:
                rows[new] = rows[old]
        own = rows[: len(kept)]
        np.savez(self._folder / "landmarks.npz", points=own["points"], blendshapes=own["blendshapes"], pose=own["pose"])
