"""The crops that fine-tuning learns from: held where they fit in memory, else read again for each batch."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from livecam.types import CROP_SIZE
from model.data.dataset import Dataset
from model.features import apply_mask

HELD_BYTES = 2 << 30  # 14,000 crops. Set by hand.


class Crops(Protocol):
    """The crops of N faces, uint8 (N, 224, 224, 3) RGB, as far as a learner looks at them."""

    def __getitem__(self, rows: Tensor) -> Tensor:
        """Return the crops of rows, int64 (n,), on their device."""
        ...


class ReadCrops:
    """Reads crops from the data set each time, so that no more than a batch is in memory."""

    def __init__(self, dataset: Dataset, device: torch.device, *, masked: bool) -> None:
        """masked: black out what lies around the face."""
        self._dataset, self._device, self._masked = dataset, device, masked

    def __getitem__(self, rows: Tensor) -> Tensor:
        """See Crops. Raises SourceError when one is not what prepare wrote."""
        at = rows.cpu().numpy()
        crops = self._dataset.crops(at)
        if self._masked:
            crops = apply_mask(crops, self._dataset.points[at])
        return torch.from_numpy(crops).to(self._device)


def crops_of(dataset: Dataset, device: torch.device, *, masked: bool) -> Crops:
    """Return the crops of a data set; the same pixels, held or read. Raises SourceError."""
    read = ReadCrops(dataset, device, masked=masked)
    if len(dataset) * CROP_SIZE * CROP_SIZE * 3 > HELD_BYTES:
        return read
    return read[torch.arange(len(dataset))]
