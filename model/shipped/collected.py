"""The faces that ``python -m model.shipped.collect`` wrote, and how readers ranked some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecam.errors import SourceError
from livecam.types import BLENDSHAPES, CROP_SIZE, LANDMARKS
from model.shipped.items import CLIP_SOURCES
from model.shipped.tables import LABELS, read_table

COLUMNS = ("source", "file", "frame", "person", "split", "eyes", "smile", "face_px")
_SHAPES: Mapping[str, tuple[int, ...]] = {
    "crops": (CROP_SIZE, CROP_SIZE, 3),
    "landmarks": (LANDMARKS, 2),
    "blendshapes": (BLENDSHAPES,),
    "pose": (3,),
}
Picture = tuple[str, str, str]  # source, file and frame


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

    def preference(self, index: int) -> float:
        """Return how far readers chose (1) or refused (-1) that picture among its like; 0 if nobody was asked."""
        return self.chosen.get(self._picture(index), 0.0)

    def was_read(self, index: int) -> bool:
        """Return whether readers saw that picture in a burst."""
        return self._picture(index) in self.chosen

    def _picture(self, index: int) -> Picture:
        row = self.rows[index]
        return row["source"], row["file"], row["frame"]


def chosen_by_readers(labels: Path = LABELS) -> dict[Picture, float]:
    """Return how the readers voted on the bursts that may be trained on, see ``Collected.chosen``.

    labels: the folder of bursts.csv and burst_readers.csv. Raises SourceError.
    """
    hint = "get a whole checkout"
    bursts = read_table(labels / "bursts.csv", ("burst", "set", "source", "file", "frames"), hint)
    trained_on = {row["burst"]: row for row in bursts if row["set"] == "dev"}
    votes: dict[Picture, list[int]] = {}
    for read in read_table(labels / "burst_readers.csv", ("burst", "choose", "never"), hint):
        burst = trained_on.get(read["burst"])
        if burst is None:
            continue
        for name in burst["frames"].split():
            still = burst["source"] not in CLIP_SOURCES
            key = (burst["source"], name if still else burst["file"], "0" if still else name)
            votes.setdefault(key, []).append((name in read["choose"].split()) - (name in read["never"].split()))
    return {key: sum(own) / len(own) for key, own in votes.items()}
