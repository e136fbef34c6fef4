"""Compares an exported scorer with the PyTorch network that it was made from, on real face crops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from livecam import assets
from livecam.crop import crop_face
from livecam.errors import ModelError, SourceError
from livecam.faces import FaceFinder
from livecam.scorer import Scorer
from livecam.source import Health, Pace, open_source
from livecam.types import CROP_SIZE, FaceCrop, FloatArray, Frame, Score, UInt8Array
from model.checkpoint import RatedNetwork
from model.network import ScorerNetwork

BATCHES = (1, 3, 8)
MOST_CROPS = 400
FEWEST_CROPS = 24  # a third is held out: one whole batch of the largest size
_PICTURES = {".bmp", ".jpeg", ".jpg", ".png", ".webp"}
_DEMO_STEP = 5  # neighbouring frames say nothing new


@dataclass(frozen=True, slots=True)
class Differences:
    """How far a scorer is from PyTorch over all crops and batch sizes.

    score: points of the 1 to 5 scale.  eyes: probability, of either eye.  embedding: length of the difference
    over the length of the embedding.  Each as the 99th percentile and the largest.
    """

    score_p99: float
    score_max: float
    eyes_p99: float
    eyes_max: float
    embedding_p99: float
    embedding_max: float


# What the 99th percentile may be. fp32 differs only in the order of its sums, fp16 by its ten bits; int8's limits
# are what a person does not notice: a twentieth of the scale's range, and an eye that stays open or closed.
LIMITS = {
    "fp32": {"score": 1e-3, "eyes": 1e-3, "embedding": 1e-3},
    "fp16": {"score": 0.02, "eyes": 0.01, "embedding": 0.02},
    "int8": {"score": 0.20, "eyes": 0.10, "embedding": 0.15},
}


def real_crops(folder: Path | None) -> UInt8Array:
    """Return at least 24 and at most 400 face crops, uint8 (N, 224, 224, 3) RGB.

    They come from the pictures in folder and below it, evenly picked when there are more; one of exactly 224x224
    is taken as a crop as it is, in any other the largest face is found and cropped. Without a folder they come
    from the demo clip. Raises ModelError if there are too few.
    """
    if folder is None:
        crops, place = list(_demo_crops()), "the demo clip"
    else:
        crops, place = list(_folder_crops(folder)), str(folder)
    if len(crops) < FEWEST_CROPS:
        raise ModelError(
            f"{place} has {len(crops)} faces, {FEWEST_CROPS} are needed: name more pictures (--calibration)"
        )
    return np.stack(crops)


def split(crops: UInt8Array) -> tuple[UInt8Array, UInt8Array]:
    """Split crops in those to calibrate on and every third, held out to compare on."""
    held_out = np.arange(len(crops)) % 3 == 2
    return crops[~held_out], crops[held_out]


def compare(network: ScorerNetwork | RatedNetwork, scorer: Scorer, crops: UInt8Array) -> Differences:
    """Score crops, uint8 (N, 224, 224, 3), with both at batch 1, 3 and 8; network must be in eval mode."""
    values, eyes, embeddings = _torch_scores(network, crops)
    score_gaps, eye_gaps, embedding_gaps = [], [], []
    for size in BATCHES:
        scores = list(_scores(scorer, crops, size))
        score_gaps.append(np.abs(np.array([score.value for score in scores]) - values))
        eye_gaps.append(np.abs(np.stack([score.eyes_closed for score in scores]) - eyes).max(axis=1))
        gap = np.linalg.norm(np.stack([score.embedding for score in scores]) - embeddings, axis=1)
        embedding_gaps.append(gap / np.maximum(np.linalg.norm(embeddings, axis=1), 1e-6))
    numbers = []
    for gaps in (score_gaps, eye_gaps, embedding_gaps):
        together = np.concatenate(gaps)
        numbers += [float(np.percentile(together, 99)), float(together.max())]
    return Differences(*numbers)


def require(differences: Differences, precision: str) -> None:
    """Raise ModelError, saying by how much, if differences pass what precision ("fp32", "fp16", "int8") may cost."""
    found = {
        "score": differences.score_p99,
        "eyes": differences.eyes_p99,
        "embedding": differences.embedding_p99,
    }
    broken = [f"{name} {found[name]:.4f} > {limit}" for name, limit in LIMITS[precision].items() if found[name] > limit]
    if broken:
        hint = "give more and other faces with --calibration, or use fp32" if precision != "fp32" else "report this"
        raise ModelError(f"{precision} is too far from PyTorch at p99 ({', '.join(broken)}), nothing written: {hint}")


def _torch_scores(
    network: ScorerNetwork | RatedNetwork, crops: UInt8Array
) -> tuple[FloatArray, FloatArray, FloatArray]:
    parts = []
    with torch.inference_mode():
        for start in range(0, len(crops), 16):
            outputs = network(torch.from_numpy(crops[start : start + 16]))
            parts.append([output.numpy() for output in outputs])
    probs, eyes, embeddings = (np.concatenate(part) for part in zip(*parts, strict=True))
    values = np.array([Score(*row).value for row in zip(probs, eyes, embeddings, strict=True)], np.float32)
    return values, eyes, embeddings


def _scores(scorer: Scorer, crops: UInt8Array, size: int) -> Iterator[Score]:
    place = np.eye(2, 3, dtype=np.float32)
    for start in range(0, len(crops), size):
        yield from scorer.score([FaceCrop(crop, place) for crop in crops[start : start + size]])


def _folder_crops(folder: Path) -> Iterator[UInt8Array]:
    if not folder.is_dir():
        raise ModelError(f"no folder at {folder}: name one with face pictures (--calibration)")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _PICTURES)
    picks = np.unique(np.linspace(0, len(paths) - 1, min(len(paths), MOST_CROPS)).astype(int))
    with FaceFinder(stills=True) as finder:
        for path in (paths[pick] for pick in picks):
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
            if picture is None:
                continue  # a picture by name only; too few crops are noticed in the end
            image = np.asarray(picture, np.uint8)
            if image.shape == (CROP_SIZE, CROP_SIZE, 3):
                yield image
            else:
                yield from _first_face(finder, Frame(image, 0.0, 0, 0.0))


def _demo_crops() -> Iterator[UInt8Array]:
    try:
        with open_source(str(assets.demo_clip()), Pace.FAST) as source, FaceFinder() as finder:
            while source.health is not Health.ENDED:
                frame = source.read()
                if frame is not None and frame.index % _DEMO_STEP == 0:
                    yield from _first_face(finder, frame)
    except SourceError as error:
        raise ModelError(f"{error}; or name a folder of face pictures (--calibration)") from error


def _first_face(finder: FaceFinder, frame: Frame) -> Iterator[UInt8Array]:
    for face in finder.find(frame)[:1]:
        yield crop_face(frame.image, face).image
