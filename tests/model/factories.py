"""Makes small prepared data sets on disk, without MediaPipe, and a backbone that trains in no time."""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from livecam.faces.mesh import blendshape_places
from livecam.types import BLENDSHAPES, CROP_SIZE, LANDMARKS
from model.data.cells import EYES
from model.data.dataset import COLUMNS, SCHEMA, Int64Array, crop_version


def write_dataset(
    folder: Path,
    ratings: Sequence[int],
    *,
    eyes: Sequence[int] | None = None,
    groups: Sequence[int] | None = None,
    persons: Sequence[str] | None = None,
    sessions: Sequence[str] | None = None,
    seed: int = 0,
) -> Path:
    """Write a data set of blotchy crops, the brighter the better rated, so that there is something to learn.

    eyes: 0 open, 1 closed, -1 not labelled; to MediaPipe all but the closed ones are open.
    """
    rng = np.random.default_rng(seed)
    count = len(ratings)
    (folder / "crops").mkdir(parents=True)
    with (folder / "faces.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for i, rating in enumerate(ratings):
            coarse = rng.integers(0, 20, (7, 7, 3)) + 44 * rating
            crop = cv2.resize(coarse.astype(np.uint8), (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC)
            _, packed = cv2.imencode(".png", crop)
            png = packed.tobytes()
            (folder / f"crops/{i:05d}.png").write_bytes(png)
            state = EYES[eyes[i]] if eyes and eyes[i] >= 0 else ""
            person, session = persons[i] if persons else "", sessions[i] if sessions else ""
            group = groups[i] if groups else i
            digest = hashlib.sha256(png).hexdigest()
            table.writerow((f"crops/{i:05d}.png", f"{i}.jpg", rating or "", state, person, session, group, 170, digest))
    blendshapes = rng.random((count, BLENDSHAPES), np.float32)
    blendshapes[:, list(blendshape_places("eyeBlink"))] = np.array(eyes or [0] * count)[:, None] == 1
    angle = np.linspace(0, 2 * np.pi, LANDMARKS)
    oval = CROP_SIZE / 2 + np.stack((60 * np.cos(angle), 85 * np.sin(angle)), axis=1)
    np.savez(
        folder / "landmarks.npz",
        points=np.repeat(oval[None], count, axis=0).astype(np.float32),
        blendshapes=blendshapes,
        pose=rng.normal(0, 10, (count, 3)).astype(np.float32),
    )
    (folder / "dataset.json").write_text(json.dumps({"schema": SCHEMA, "crop_version": crop_version()}), "utf-8")
    return folder


def mixed_ratings(count: int) -> list[int]:
    """Ratings 1 to 5 in turn."""
    return [1 + i % 5 for i in range(count)]


def rows(*values: int) -> Int64Array:
    """Row indices."""
    return np.array(values, np.int64)


class TinyBackbone(nn.Module):
    """Stands in for ResNet-18 whose 45 MB would only make a test slow."""

    def __init__(self) -> None:
        super().__init__()
        self.resnet = nn.Sequential(nn.Linear(7 * 7 * 3, 512), nn.Tanh())
        self.register_buffer("inside", torch.tensor(CROP_SIZE))

    def forward(self, crops: Tensor) -> Tensor:
        """Map crops, (N, 224, 224, 3), to embeddings, (N, 512)."""
        pixels = crops.permute(0, 3, 1, 2).float()
        small = functional.adaptive_avg_pool2d(pixels, 7) / 255 - 0.5
        return cast(Tensor, self.resnet(small.flatten(1)))


def use_tiny_backbone(patch: Callable[[str, object], None]) -> None:
    """Let new networks have the tiny backbone. patch: replaces what a dotted name means, as monkeypatch.setattr."""
    for module in ("checkpoint", "backbones"):
        patch(f"model.{module}.Backbone", TinyBackbone)


def patch_for_good(name: str, value: object) -> None:
    """Patch a dotted name in a process that ends with the test."""
    module, _, attribute = name.rpartition(".")
    setattr(importlib.import_module(module), attribute, value)
