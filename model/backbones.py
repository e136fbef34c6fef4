"""Where a training starts from: our face backbone, ImageNet's, nothing, a checkpoint, or a scorer file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn

from livecam.errors import ModelError
from livecam.faces.mesh import blendshape_places
from livecam.model_files import scorer_model
from livecam.types import EMBEDDING, FloatArray
from model.checkpoint import load_network
from model.network import Backbone
from model.onnx_weights import read_start

_BLINK = list(blendshape_places("eyeBlink"))


@dataclass(frozen=True, slots=True)
class EyeFitSettings:
    """How MediaPipe's eyeBlink, 0..1, becomes the odds of a closed eye that an eye head is fitted to. All set by hand.

    open_below, width: the probability rises evenly over width from open_below on.  surest: no probability is nearer to
    0 or 1 than this.  ridge: pull of the weights to zero, in units of the features' mean square.
    """

    open_below: float = 0.3
    width: float = 0.4
    surest: float = 0.05
    ridge: float = 10.0


EYE_FIT = EyeFitSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A backbone and, if it was trained with one, its eye head with the temperature folded in."""

    name: str
    backbone: Backbone
    eyes: nn.Linear | None


def load_start(name: str, seed: int) -> Start:
    """Load face, imagenet, random, or the path of a checkpoint or an fp16 or fp32 scorer. Raises ModelError, one line.

    face: the shipped scorer for GPUs, which is the network in fp16.
    """
    if name == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return Start(name, Backbone(), None)
    if name == "imagenet":
        return Start(name, _imagenet(), None)
    path = scorer_model(precision="fp16") if name == "face" else Path(name)
    if path.suffix == ".onnx":
        return Start("face" if name == "face" else path.name, *read_start(path))
    network, _ = load_network(path)
    eyes = network.eyes
    with torch.no_grad():
        eyes.weight.div_(network.eyes_temperature)
        eyes.bias.div_(network.eyes_temperature)
    return Start(path.name, network.backbone, eyes)


def _imagenet() -> Backbone:
    backbone = Backbone()
    try:
        weights = torchvision.models.ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:  # urllib's errors are OSErrors; RuntimeError: a wrong hash
        reason = " ".join(str(error).split())
        raise ModelError(
            f"ImageNet's weights could not be downloaded ({reason}): go online once, or use --backbone face"
        ) from None
    backbone.resnet.load_state_dict({name: value for name, value in weights.items() if not name.startswith("fc.")})
    return backbone


def fit_eyes(features: Tensor, blendshapes: FloatArray) -> nn.Linear:
    """Fit an eye head to embeddings, (N, 512), by what MediaPipe's blendshapes, (N, 52), say of the eyes.

    For backbones that never learned eyes. Ridge regression on the log odds: one solution, at once.
    """
    blink = torch.from_numpy(blendshapes[:, _BLINK]).double()
    closed = (blink - EYE_FIT.open_below) / EYE_FIT.width
    odds = torch.logit(closed.clamp(EYE_FIT.surest, 1 - EYE_FIT.surest))
    x = features.double()
    centre, middle = x.mean(dim=0), odds.mean(dim=0)
    x = x - centre
    scale = x.square().mean().clamp(min=1e-12)
    gram = x.T @ x + EYE_FIT.ridge * scale * torch.eye(EMBEDDING, dtype=x.dtype)
    weight = torch.linalg.solve(gram, x.T @ (odds - middle)).T
    eyes = nn.Linear(EMBEDDING, 2)
    with torch.no_grad():
        eyes.weight.copy_(weight)
        eyes.bias.copy_(middle - weight @ centre)
    return eyes
