"""The faces that ``python -m model.shipped.collect`` wrote, and how readers ranked some of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecam.errors import SourceError
from livecam.types import BLENDSHAPES, CROP_SIZE, LANDMARKS
from model.shipped.bursts import Picture, chosen_by_readers
from model.shipped.tables import read_table

COLUMNS = ("source", "file", "frame", "person", "split", "eyes", "smile", "face_px", "mouth")
_SHAPES: Mapping[str, tuple[int, ...]] = {
    "crops": (CROP_SIZE, CROP_SIZE, 3),
    "landmarks": (LANDMARKS, 2),
    "blendshapes": (BLENDSHAPES,),
    "pose": (3,),
}


@dataclass(frozen=True, slots=True, eq=False)
class Collected:
    """N faces in memory, with the crops left on the disk.

    rows: of items.csv, see model.shipped.items.Item.  crops: uint8 (N, 224, 224, 3).  landmarks: float32 (N, 478, 2),
    crop pixels.  blendshapes: float32 (N, 52).  pose: float32 (N, 3), degrees.
    closed: float32 (N, 2), closedness by the network trained so far, for where it knows better than the teacher.
    chosen: how far the readers of the bursts chose (1) or refused (-1) a picture, on average.
    """

    rows: list[dict[str, str]]
    crops: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    pose: NDArray[np.float32]
    closed: NDArray[np.float32] | None = None
    chosen: Mapping[Picture, float] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Collected:
        """Read folder. Raises SourceError, one line, if it is not what collect wrote."""
        hint = f"run python -m model.shipped.collect {folder}"
        rows = read_table(folder / "items.csv", COLUMNS, hint)
        arrays = {}
        for name, shape in _SHAPES.items():
            path = folder / f"{name}.npy"
            try:
                arrays[name] = np.load(path, mmap_mode="r" if name == "crops" else None)
            except (OSError, ValueError) as error:
                raise SourceError(f"{path} cannot be read ({error}): {hint}") from None
            if arrays[name].shape != (len(rows), *shape):
                raise SourceError(f"{path} does not fit items.csv: {hint}")
        return cls(rows, **arrays, chosen=chosen_by_readers())

    def where(self, split: str) -> list[int]:
        """Return the indices of a split: train, val or test."""
        return [index for index, row in enumerate(self.rows) if row["split"] == split]

    def leaving_out(self, sources: Collection[str]) -> Collected:
        """Return the same without the training and validation faces of sources, for a network that never saw them.

        Raises SourceError for a source that is not there, or if nothing is left.
        """
        known = {row["source"] for row in self.rows}
        if missing := sorted(set(sources) - known):
            raise SourceError(f"no collected face is of {', '.join(missing)}: name any of {', '.join(sorted(known))}")
        rows = [
            row | {"split": "left out"} if row["source"] in sources and row["split"] != "test" else row
            for row in self.rows
        ]
        if not {"train", "val"} <= {row["split"] for row in rows}:
            raise SourceError("no face is left to train or to validate on: leave fewer sources out")
        return replace(self, rows=rows)

    def preference(self, index: int) -> float:
        """Return how far readers chose (1) or refused (-1) that picture among its like; 0 if nobody was asked."""
        return self.chosen.get(self._picture(index), 0.0)

    def was_read(self, index: int) -> bool:
        """Return whether readers saw that picture in a burst."""
        return self._picture(index) in self.chosen

    def _picture(self, index: int) -> Picture:
        row = self.rows[index]
        return row["source"], row["file"], row["frame"]
