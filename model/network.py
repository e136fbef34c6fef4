"""The scorer as a PyTorch network: a ResNet-18 and its heads, with the normalisation inside.

ResNet-18 is from He et al. 2015, "Deep Residual Learning for Image Recognition", as torchvision builds it,
so that torchvision's ImageNet weights fit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch
import torchvision
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from livecam.errors import ModelError, OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file
from livecam.types import CROP_SIZE, EMBEDDING, RATINGS
from model.narrow import fit_widths

# Per channel of an RGB picture in 0..1: the values that torchvision's ImageNet weights expect.
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
CHECKPOINT_SCHEMA = "1"
# How probable each rating 1..5 is for a face whose eyes are closed: 1.15 in the mean. Set by hand, between the 1.0 that
# model/shipped/rubric.py gives to an eye that is shut and its 1.3 for one that is shut to four fifths.
RATINGS_WHEN_CLOSED = (0.85, 0.15, 0.0, 0.0, 0.0)
# An eye is never taken to be surer open or closed. From 16.6 on single precision would leave nothing of the rating with
# open eyes, which `--eyes` gives back; nearly half of the closed eyes are that sure to default-6. The camera's
# judgement, ``livecam.scoring.eyes``, goes to 9.2.
_SUREST_LOG_ODDS = 15.0
CUT_OFF = 0.46  # grey levels that a mean of bytes loses on average where what is behind the point is cut off
_STEPS = 1024  # of ONNX Runtime's weights where it shrinks bytes


class Backbone(nn.Module):
    """ResNet-18 without its classifier: uint8 crops in, embeddings out.

    inside: pixels of a side that the convolutions see. Larger crops are shrunk to it in the graph, so that who runs the
    scorer gives what it always gave, 224, and the network costs what inside costs: at 160 half of the operations.
    """

    mean: Tensor
    std: Tensor
    inside: Tensor

    def __init__(self, inside: int = CROP_SIZE) -> None:
        super().__init__()
        self.register_buffer("inside", torch.tensor(inside))
        self.resnet = torchvision.models.resnet18(weights=None)
        self.resnet.fc = nn.Identity()
        self.register_buffer("mean", 255 * torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(_STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, crops: Tensor) -> Tensor:
        """Map crops, uint8 (N, H, W, 3) RGB, square, to embeddings, float (N, 512)."""
        pixels = crops.permute(0, 3, 1, 2).float()
        inside = int(self.inside)
        if pixels.shape[2] > inside:
            pixels = shrink(pixels, inside) + CUT_OFF
        return cast(Tensor, self.resnet((pixels - self.mean) / self.std))


def shrink(pixels: Tensor, inside: int) -> Tensor:
    """Return square pictures of whole grey levels, float (N, C, H, H), with sides of inside pixels, as whole levels.

    To the bit as ONNX Runtime shrinks bytes, bilinear, which is what the exported files do: each weight is cut off to
    1/1024, and so is the mean to a whole level. Were this more exact than they, that alone would make the score of
    default-4 differ by 0.033 points at the 99th percentile. Gradients pass as if nothing was cut off.
    """
    weights = _bilinear(pixels.shape[2], inside).to(pixels.device)
    exact = weights @ pixels.double() @ weights.T  # in double precision none of these products is rounded
    return (exact + (exact.floor() - exact).detach()).float()


def _bilinear(size: int, inside: int) -> Tensor:
    """Return what each of inside pixels takes of size, float64 (inside, size)."""
    scale = torch.tensor(inside / size, dtype=torch.float32)
    at = ((torch.arange(inside, dtype=torch.float32) + 0.5) / scale - 0.5).clamp(min=0)
    first = at.long()
    second = ((at - first) * _STEPS).floor().double() / _STEPS
    weights = torch.zeros(inside, size, dtype=torch.float64)
    rows = torch.arange(inside)
    weights[rows, first] += 1 - second
    weights[rows, (first + 1).clamp(max=size - 1)] += second
    return weights


def closed_probability(log_odds: Tensor) -> Tensor:
    """Return how probable closed eyes are, by their log-odds: at least 3e-7, at most 1 - 3e-7."""
    return torch.sigmoid(log_odds.clamp(-_SUREST_LOG_ODDS, _SUREST_LOG_ODDS))


def gate(rating_probs: Tensor, eyes_closed: Tensor) -> Tensor:
    """Mix the ratings (N, 5) that a face would get with its eyes open with those of closed eyes.

    Weighed by the probability that both eyes are open, the product of 1 - eyes_closed, (N, 2): whether one eye is
    closed is taken as independent of the other. The score is then 1.15 + P(both open) x (score with open eyes - 1.15).
    So it falls to 1.15 where an eye is surely closed, but gradually: a face that is worth 5 scores 2.69 with one eye at
    0.6 and the other open, and is below 2 only with one eye above 0.78, or both above 0.53.
    """
    both_open = (1 - eyes_closed).prod(dim=1, keepdim=True)
    return (1 - both_open) * rating_probs.new_tensor(RATINGS_WHEN_CLOSED) + both_open * rating_probs


class ScorerNetwork(nn.Module):
    """What the camera runs: backbone, rating head and eye head, with probabilities as outputs.

    The rating head learns to rate each face as if its eyes were open; ``gate`` joins the two.

    The two temperatures are fitted after training (Guo et al. 2017, "On Calibration of Modern Neural Networks"): the
    probabilities of the ratings are those found on people that were not trained on. Those of closed eyes are higher
    than that on purpose, through the bias of eyes: see ``model.shipped.probability_calibration``.
    """

    rating_temperature: Tensor
    eyes_temperature: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.rating = nn.Linear(EMBEDDING, len(RATINGS))
        self.eyes = nn.Linear(EMBEDDING, 2)
        self.register_buffer("rating_temperature", torch.ones(()))
        self.register_buffer("eyes_temperature", torch.ones(()))

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map crops, uint8 (N, 224, 224, 3) RGB, to rating_probs (N, 5), eyes_closed (N, 2) and embedding (N, 512)."""
        embedding = self.backbone(crops)
        rating_probs = torch.softmax(self.rating(embedding) / self.rating_temperature, dim=1)
        eyes_closed = closed_probability(self.eyes(embedding) / self.eyes_temperature)
        return gate(rating_probs, eyes_closed), eyes_closed, embedding


def save_checkpoint(network: nn.Module, path: Path, metadata: Mapping[str, object]) -> None:
    """Write the weights with metadata; the file that was there stays whole until the new one is.

    Raises OutputError.
    """
    try:
        replace_file(path, to_safetensors(network.state_dict(), {"schema": CHECKPOINT_SCHEMA, **metadata}))
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {why(error)}") from error


def to_safetensors(tensors: Mapping[str, Tensor], about: Mapping[str, object]) -> bytes:
    """Return a safetensors file with about as JSON in its header."""
    # safetensors' own save_file would leave the file to its owner alone, and not wait for the disk.
    return save(
        {name: value.detach().cpu().contiguous() for name, value in tensors.items()}, {"livecam": json.dumps(about)}
    )


def load_checkpoint(network: nn.Module, path: Path) -> dict[str, object]:
    """Fill network from a checkpoint and return its metadata.

    Raises ModelError if it is missing, no safetensors file of ours, of another version, or of another shape.
    A pickle is never read: it could run anything.
    """
    if not path.is_file():
        raise ModelError(f"no checkpoint at {path}: check the path")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get("livecam", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  safe_open is no dict
    except (OSError, SafetensorError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not a safetensors checkpoint ({error}): train one with python -m model") from error
    found = metadata.get("schema", "none") if isinstance(metadata, dict) else "none"
    if found != CHECKPOINT_SCHEMA:
        raise ModelError(f"{path} has checkpoint schema {found}, not {CHECKPOINT_SCHEMA}: train it again")
    for name in network.state_dict():
        if name.endswith("backbone.inside"):  # checkpoints older than this say nothing, and see the whole crop
            tensors.setdefault(name, torch.tensor(CROP_SIZE))
    fit_widths(network, tensors)
    try:
        network.load_state_dict(
            {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
        )
    except RuntimeError as error:
        raise ModelError(
            f"{path} holds another network ({str(error).splitlines()[0]}): export it where it was made"
        ) from error
    return cast(dict[str, object], metadata)
