"""Clips and models for the tests of ``livecam run``."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam import pipeline
from livecam.model_factory import ModelFactory

# uint8 (120, 160, 3): sharp and well lit, even after a video's compression
PATTERN = np.kron(np.random.default_rng(0).integers(60, 200, (30, 40, 3), np.uint8), np.ones((4, 4, 1), np.uint8))


def use(monkeypatch: pytest.MonkeyPatch, models: ModelFactory) -> None:
    monkeypatch.setattr(pipeline, "default_models", lambda: models)


def make_clip(path: Path, *, frames: int = 60) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, (160, 120))
    assert writer.isOpened()
    for index in range(frames):
        writer.write(np.roll(PATTERN, index, axis=1))
    writer.release()
    return path


def pictures(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []
