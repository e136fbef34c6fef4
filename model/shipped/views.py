"""What the default scorer is taught about each face: from the collected arrays to random views with their labels."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from livecam.faces import mesh
from livecam.faces.mesh import LEFT_EYE, RIGHT_EYE
from livecam.types import CROP_SIZE
from model.shipped import rubric
from model.shipped.augment import View, augment

_LABELS = Path(__file__).parents[2] / "benchmarks" / "labels"
# Landmarks that are taught: eyes, irises, brows, lips, and a few of the middle and the outline.
POINTS = np.array([
    *LEFT_EYE.contour, *RIGHT_EYE.contour, RIGHT_EYE.iris, LEFT_EYE.iris,
    *LEFT_EYE.brow, *RIGHT_EYE.brow, *LEFT_EYE.brow_top, *RIGHT_EYE.brow_top,
    *mesh.LOWER_LIP_OUTER, *mesh.UPPER_LIP_OUTER[1:-1], *mesh.LOWER_LIP_INNER, *mesh.UPPER_LIP_INNER[1:-1],
    mesh.NOSE_TIP, mesh.FOREHEAD, mesh.CHIN, mesh.RIGHT_EAR, mesh.LEFT_EAR,
])  # fmt: skip
_BLINK = list(mesh.blendshape_places("eyeBlink"))
_MIRRORED = np.array(mesh.MIRRORED_BLENDSHAPES)
_CHOSEN = 0.6  # points of the rubric that a reader's choice among pictures of one person is worth in their order


def chosen_by_readers() -> dict[tuple[str, str, str], float]:
    """Read benchmarks/labels: what the readers said of the bursts that may be trained on, see ``Collected.chosen``."""
    dev = {row["burst"]: row for row in _rows(_LABELS / "bursts.csv") if row["set"] == "dev"}
    said: dict[tuple[str, str, str], list[int]] = {}
    for read in _rows(_LABELS / "burst_readers.csv"):
        burst = dev.get(read["burst"])
        if burst is None:
            continue
        for name in burst["frames"].split():
            still = burst["source"] != "videos"
            key = (burst["source"], name if still else burst["file"], "0" if still else name)
            said.setdefault(key, []).append((name in read["choose"].split()) - (name in read["never"].split()))
    return {key: sum(votes) / len(votes) for key, votes in said.items()}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Collected:
    """What model/shipped/collect.py wrote, in memory, with the crops left on the disk."""

    rows: list[dict[str, str]]
    crops: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    pose: NDArray[np.float32]
    # float32 (N, 2): closedness by the network trained so far, for where it knows better than the teacher.
    closed: NDArray[np.float32] | None = None
    # By source, file and frame: how far the readers of the bursts chose (1) or refused (-1) a picture, on average.
    chosen: Mapping[tuple[str, str, str], float] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Collected:
        """Read folder."""
        landmarks, blendshapes, pose = (np.load(folder / f"{n}.npy") for n in ("landmarks", "blendshapes", "pose"))
        crops = np.load(folder / "crops.npy", mmap_mode="r")
        return cls(_rows(folder / "items.csv"), crops, landmarks, blendshapes, pose, chosen=chosen_by_readers())

    def where(self, split: str) -> list[int]:
        """Return the indices of a split."""
        return [index for index, row in enumerate(self.rows) if row["split"] == split]

    def preference(self, index: int) -> float:
        """Return how far readers chose (1) or refused (-1) that picture among its like; 0 if nobody was asked."""
        row = self.rows[index]
        return self.chosen.get((row["source"], row["file"], row["frame"]), 0.0)


def eye_label(source: str, said: str, blink: float, own: float | None = None) -> tuple[float, bool]:
    """Return an eye's closedness, 0..1, and whether it is sure enough to be taught.

    said: the label in items.csv, "" for none.  blink: the teacher's.  own: by the network as it was trained so far, if
    it was; it decides what the teacher leaves open. People's labels come first, then those of clips by time unless
    the network sees the opposite. The teacher is believed where it is clear, and never when it calls an eye closed in
    a photo: there it is mostly a laughing squint.
    """
    if said == "?":
        return 0.5, False
    if said == "1":
        return 1.0, source != "videos" or own is None or own > 0.3
    if (said == "0" and blink < 0.55) or blink < 0.33 or (source != "videos" and blink < 0.4):
        return 0.0, True
    if source == "videos" and blink > 0.62:
        return 1.0, True
    if own is None:
        return float(np.interp(blink, (0.3, 0.65), (0.0, 1.0))), False
    return own, own < 0.1 or own > 0.9


def condition_of(data: Collected, index: int) -> tuple[rubric.Condition, tuple[bool, bool]]:
    """Return what is known of a face as it was found, and which eyes are known."""
    row, blendshapes = data.rows[index], data.blendshapes[index]
    own = (None, None) if data.closed is None else data.closed[index].tolist()
    said = (row["eyes"].split() or [""]) * 2
    (left, left_known), (right, right_known) = (
        eye_label(row["source"], said[index], float(blendshapes[_BLINK[index]]), own[index]) for index in (0, -1)
    )
    smile = rubric.smile_of(blendshapes)
    if row["smile"]:  # a person's word bounds the teacher's measure
        smile = max(smile, 0.75) if row["smile"] == "1" else min(smile, 0.2)
    yaw, pitch, _ = data.pose[index]
    condition = rubric.Condition(
        eyes_closed=(left, right),
        smile=smile,
        grimace=rubric.grimace_of(blendshapes),
        yaw=float(yaw),
        pitch=float(pitch),
        gaze=rubric.gaze_of(blendshapes),
    )
    return condition, (left_known, right_known)


class Views(Dataset[dict[str, Tensor]]):
    """Random views of the training faces; index and epoch draw from one seeded stream."""

    def __init__(
        self, data: Collected, order: NDArray[np.int64], size: int, seed: int, mirror: NDArray[np.int64]
    ) -> None:
        self.data, self.order, self.size, self.seed, self.mirror = data, order, size, seed, mirror

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> dict[str, Tensor]:
        """Return one example: image uint8 (size, size, 3) and all that is taught about it."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng((self.seed, position))
        index = int(self.order[position])
        condition, known = condition_of(self.data, index)
        start = View(np.ascontiguousarray(self.data.crops[index]), self.data.landmarks[index], condition, known)
        view = augment(start, float(self.data.rows[index]["face_px"]), rng)
        made = view.condition
        image = cv2.resize(view.image, (self.size, self.size), interpolation=cv2.INTER_AREA)
        points = view.landmarks[self.mirror if view.mirrored else POINTS]
        blendshapes = self.data.blendshapes[index][_MIRRORED] if view.mirrored else self.data.blendshapes[index]
        visible = made.dark < 4 and made.blur < 8 and made.burnt < 0.6 and made.covered < 0.5
        smiles = self.data.rows[index]["smile"]  # as a person says: worth more than the teacher's measure
        damage = [made.blur / 4, made.dark / 3, made.burnt * 2, made.covered * 3, made.noise / 30]
        return {
            "image": torch.from_numpy(np.ascontiguousarray(image)),
            "eyes": torch.tensor(made.eyes_closed),
            "eyes_known": torch.tensor([float(k and visible) for k in view.eyes_known]),
            "rating": torch.from_numpy(rubric.soft_label(rubric.rate(replace(made, eyes_closed=(0.0, 0.0))))),
            "overall": torch.tensor(rubric.rate(made) + _CHOSEN * self.data.preference(index)),
            "sure": torch.tensor(float(all(known))),
            "visible": torch.tensor(float(visible)),
            "smile": torch.tensor(float(smiles) if smiles else made.smile),
            "smile_weight": torch.tensor(4.0 if smiles else 1.0),
            "blendshapes": torch.from_numpy(blendshapes),
            "pose": torch.tensor([made.yaw / 30, made.pitch / 30]),
            "points": torch.from_numpy((points / CROP_SIZE - 0.5).astype(np.float32).ravel()),
            "damage": torch.tensor(damage).clamp(0, 3),
        }


def mirrored_points(data: Collected) -> NDArray[np.int64]:
    """For each of POINTS, the landmark that takes its place in a mirrored picture, read off the mean straight face."""
    mean = data.landmarks[np.abs(data.pose[:, 0]) < 8].mean(axis=0)
    flipped = mean * (-1, 1) + (CROP_SIZE - 1, 0)
    return np.array([int(np.argmin(((flipped - mean[point]) ** 2).sum(axis=1))) for point in POINTS])


def sampling_weights(data: Collected, indices: list[int]) -> NDArray[np.float64]:
    """Show closed eyes more often than they occur, and the clips' many like frames less."""
    weights = []
    for index in indices:
        row = data.rows[index]
        closed = "1" in row["eyes"] or (row["source"] == "videos" and data.blendshapes[index][_BLINK].max() > 0.62)
        weights.append((3.0 if closed else 1.0) * (0.6 if row["source"] == "videos" and not closed else 1.0))
    return np.asarray(weights, np.float64) / float(np.sum(weights))


def in_pairs(data: Collected, indices: list[int], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw count indices, each second one of the same person or clip as the one before it.

    Where only one picture of somebody is known, it comes twice, to be seen in two different states.
    """
    others: dict[tuple[str, str], list[int]] = {}
    for index in indices:
        others.setdefault(_whose(data.rows[index]), []).append(index)
    first = rng.choice(indices, count // 2, p=sampling_weights(data, indices))
    second = [rng.choice(others[_whose(data.rows[index])]) for index in first]
    return np.stack([first, np.asarray(second, np.int64)], axis=1).ravel()


def _whose(row: dict[str, str]) -> tuple[str, str]:
    return row["source"], row["person"] or row["file"]
