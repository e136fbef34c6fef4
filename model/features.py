"""What a head sees of a face: the frozen backbone's embedding, computed once and kept, and landmark features."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from livecam.errors import SourceError
from livecam.faces.mesh import MIRRORED_BLENDSHAPES
from livecam.model_files import scorer_model
from livecam.storage.durable import replace_file
from livecam.taste.network import network_of_file
from livecam.types import BLENDSHAPES, EMBEDDING, FloatArray, UInt8Array
from model.data.dataset import Dataset
from model.network import to_safetensors

LANDMARK_FEATURES = BLENDSHAPES + 3
_BATCH = 32
DEGREES = 45.0  # brings the pose to the blendshapes' size; set by hand


def frozen_features(
    dataset: Dataset,
    backbone: nn.Module,
    *,
    masked: bool = False,
    device: torch.device | str = "cpu",
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Tensor:
    """Return the embeddings of the crops and of their mirror images, float32 (2, N, 512).

    They are kept in the data set's folder, if it can be written to, under a name made of the crops' and the weights'
    hashes. Those of a data set from an archive are there already, float16 and mapped; of mirror images nothing is known
    there, and the faces stand for them. Whose they are is checked by ``require_embeddings``.
    masked: black out what lies around the face first.  advance: called with the faces done and their total.
    Raises SourceError when a crop is not what it was.
    """
    if dataset.embeddings is not None:
        return torch.from_numpy(dataset.embeddings).expand(2, -1, -1)
    key = hashlib.sha256(f"{dataset.crops_fingerprint} {weights_hash(backbone)} {masked}".encode()).hexdigest()
    path = dataset.folder / "cache" / f"features-{key[:16]}.safetensors"
    kept = _read(path, len(dataset))
    if kept is not None:
        return kept
    backbone.eval().to(device)
    features = torch.empty((2, len(dataset), EMBEDDING))
    with torch.inference_mode():
        for start in range(0, len(dataset), _BATCH):
            rows = np.arange(start, min(start + _BATCH, len(dataset)))
            crops = dataset.crops(rows)
            if masked:
                crops = apply_mask(crops, dataset.points[rows])
            for view, pixels in enumerate((crops, crops[:, :, ::-1])):
                batch = torch.from_numpy(np.ascontiguousarray(pixels)).to(device)
                features[view, rows] = backbone(batch).float().cpu()
            advance(int(rows[-1]) + 1, len(dataset))
    with contextlib.suppress(OSError):  # a data set that may only be read serves, too: they are computed each time
        path.parent.mkdir(exist_ok=True)
        replace_file(path, to_safetensors({"features": features}, {}))
    return features


def require_embeddings(dataset: Dataset, backbone: str, *, whole: bool) -> None:
    """Check that a data set from an archive has what a backbone would say. Raises SourceError, ModelError.

    backbone: its name, see ``model.backbones.load_start``.  whole: pictures are needed, as for fine-tuning.
    """
    if dataset.embeddings is None:
        return
    made = f"{dataset.folder} was prepared from an archive"
    if whole:
        raise SourceError(f"{made}, which holds no pictures: leave --fine-tune and --masked, or prepare the photos")
    path = scorer_model(precision="fp16") if backbone == "face" else Path(backbone)
    network = network_of_file(path) if path.suffix == ".onnx" else backbone
    if network != dataset.network:
        raise SourceError(
            f"{made} of the network {dataset.network}, and {backbone} is {network}: name that network's .onnx file with"
            " --backbone, or score the archive with this one"
        )


def weights_hash(module: nn.Module) -> str:
    """Return a hash of a module's weights."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy())
    return digest.hexdigest()


def landmark_features(dataset: Dataset) -> Tensor:
    """Return blendshapes and pose of the faces and of their mirror images, float32 (2, N, 55)."""
    pose = dataset.pose / DEGREES
    straight = np.concatenate((dataset.blendshapes, pose), axis=1)
    mirrored = np.concatenate((dataset.blendshapes[:, list(MIRRORED_BLENDSHAPES)], pose * (-1, 1, -1)), axis=1)
    return torch.from_numpy(np.stack((straight, mirrored)).astype(np.float32))


def apply_mask(crops: UInt8Array, points: FloatArray) -> UInt8Array:
    """Black out what lies outside the convex hull of the landmarks.

    crops: uint8 (N, 224, 224, 3).  points: float32 (N, 478, 2), crop pixels.
    """
    masked = np.zeros_like(crops)
    for crop, own, result in zip(crops, points, masked, strict=True):
        inside = np.zeros(crop.shape[:2], np.uint8)
        cv2.fillConvexPoly(inside, cv2.convexHull(np.round(own).astype(np.int32)), 1)
        result[inside > 0] = crop[inside > 0]
    return masked


def _read(path: Path, count: int) -> Tensor | None:
    try:
        features = load_file(path)["features"]
    except (OSError, SafetensorError, KeyError):
        return None  # not there, or cut short: it is computed anew
    # A copy in PyTorch's own memory: sums over a file's mapped pages, aligned otherwise, end in other last digits.
    return features.clone() if features.shape == (2, count, EMBEDDING) else None
