"""A drawn face of whole numbers, the same on every machine, and faces as model.shipped.collect writes them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from livecam.faces import mesh
from livecam.faces.mesh import EYES
from livecam.types import BLENDSHAPES, CROP_SIZE, LANDMARKS, FloatArray, UInt8Array
from model.shipped.collected import COLUMNS


def drawn_landmarks() -> FloatArray:
    """A face of whole pixels, (478, 2): what the painters need stands where it stands in a crop."""
    points = np.full((LANDMARKS, 2), CROP_SIZE // 2, np.float32)
    steps = np.arange(9)
    for eye, outer, towards_nose in ((EYES["right"], 62, 1), (EYES["left"], 162, -1)):
        x = outer + towards_nose * 4 * steps
        lift = np.array([0, 3, 5, 6, 7, 6, 5, 3, 0])
        points[list(eye.upper)] = np.stack([x, 88 - lift], axis=1)
        points[list(eye.lower)] = np.stack([x, 88 + lift], axis=1)
        points[list(eye.brow)] = np.stack([x[::2], np.full(5, 68)], axis=1)
        points[list(eye.brow_top)] = np.stack([x[::2], np.full(5, 62)], axis=1)
    outline = [mesh.FOREHEAD, mesh.CHIN, mesh.RIGHT_EAR, mesh.LEFT_EAR, mesh.RIGHT_TEMPLE, mesh.LEFT_TEMPLE]
    points[outline] = [(112, 30), (112, 200), (38, 100), (186, 100), (42, 84), (182, 84)]
    points[[mesh.RIGHT_JAW, mesh.LEFT_JAW]] = [(60, 165), (164, 165)]
    return points


def drawn_face() -> UInt8Array:
    """Skin that grows lighter downwards, with two dark eyes."""
    y, x = np.mgrid[:CROP_SIZE, :CROP_SIZE]
    image = np.stack([140 + y // 4, 110 + y // 5, 90 + x // 6], axis=2)
    for middle in (78, 146):
        image[((x - middle) // 2) ** 2 + (y - 88) ** 2 < 49] = (60, 40, 30)
    return image.astype(np.uint8)


def write_collected(folder: Path, count: int = 48) -> Path:
    """Write count drawn faces, lighter or darker, of pairs of persons; every fourth is for validation."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    light = rng.uniform(0.7, 1.3, (count, 1, 1, 1))
    np.save(folder / "crops.npy", np.clip(drawn_face() * light, 0, 255).astype(np.uint8))
    np.save(folder / "landmarks.npy", np.repeat(drawn_landmarks()[None], count, axis=0))
    np.save(folder / "blendshapes.npy", rng.uniform(0, 0.5, (count, BLENDSHAPES)).astype(np.float32))
    np.save(folder / "pose.npy", rng.normal(0, 5, (count, 3)).astype(np.float32))
    with (folder / "items.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for number in range(count):
            split = "train" if number % 4 else "val"
            label = str(number // 4 % 2)
            table.writerow(("people", f"{number}.jpg", 0, f"p{number // 2}", split, label, label, 120.0, ""))
    return folder
