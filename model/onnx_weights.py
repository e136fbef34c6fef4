"""A trainable network from the fp16 or fp32 file that the camera runs, so that a model's weights are kept once.

The export folds each batch-norm into the convolution before it, as all runtimes do: what a channel is multiplied with
can no longer be told from its weights, and both how fast it learns and what it does on a batch's own statistics depend
on that. So the export notes scale, mean and variance of each channel in the file's metadata, 77 kB beside 11 MB.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it has no types
from onnx import numpy_helper
from torch import Tensor, nn

from livecam.errors import ModelError
from model.narrow import fit_widths
from model.network import Backbone, ScorerNetwork, load_checkpoint

_SCHEMA = "livecam_schema"  # the metadata's key by which ours are known
NORMS = "batch_norm"  # the metadata's key; its value: base64 of float32 (3, channels), little-endian
_LEAST = 1e-6  # a channel that is multiplied with less is dead: fp16 cannot tell its weights


@dataclass(frozen=True, slots=True)
class _Folded:
    """A file's tensors and notes, by name."""

    path: Path
    tensors: Mapping[str, Tensor]
    notes: Mapping[str, str]

    def tensor(self, name: str, like: Tensor) -> Tensor:
        """Return a tensor of the shape of like. Raises ModelError."""
        found = self.tensors.get(name)
        if found is None or found.shape != like.shape:
            shape = "none" if found is None else list(found.shape)
            raise ModelError(
                f"{self.path} holds another network ({name}: {shape}, not {list(like.shape)}): start from a file of "
                "python -m export onnx"
            )
        return found


def describe_norms(backbone: Backbone) -> str:
    """Return what folding loses of a backbone's batch-norms, as text: the value of NORMS."""
    norms = [norm for _, _, norm in _convolutions(backbone)]
    lost = torch.stack([torch.cat([_of(norm, what) for norm in norms]) for what in range(3)])
    return base64.b64encode(lost.numpy().astype("<f4").tobytes()).decode("ascii")


def read_start(path: Path) -> tuple[Backbone, nn.Linear]:
    """Return a scorer file's backbone and its eye head, with the temperature folded in.

    Without the note on batch-norms (files older than it) the backbone says the same, but only as long as it does not
    take a batch's own statistics: see ``_guess_norms``.
    Raises ModelError, one line, if the file is no fp16 or fp32 scorer.
    """
    network = ScorerNetwork()
    _fill_start(network, _read(path))
    with torch.no_grad():
        network.eyes.weight.div_(network.eyes_temperature)
        network.eyes.bias.div_(network.eyes_temperature)
    return network.backbone.eval(), network.eyes


def load_weights(network: ScorerNetwork, path: Path) -> None:
    """Fill network from a checkpoint, or from a scorer file as read_scorer does. Raises ModelError, one line."""
    if path.suffix == ".onnx":
        read = read_scorer(path).state_dict()
        fit_widths(network, read)
        network.load_state_dict(read)
    else:
        load_checkpoint(network, path)


def read_scorer(path: Path) -> ScorerNetwork:
    """Return a scorer file as the network that it was made from, up to fp16; the rating's temperature is folded in.

    Raises ModelError, one line, if the file is no fp16 or fp32 scorer, has another head than cross-entropy, or holds no
    batch statistics.
    """
    file, network = _read(path), ScorerNetwork()
    head = file.notes.get("head", "none")
    if head != "cross_entropy":
        raise ModelError(f"{path} has the head {head}, and only cross_entropy can go on: start from a default scorer")
    if NORMS not in file.notes:
        raise ModelError(f"{path} was exported without its batch statistics: export its checkpoint again")
    _fill_start(network, file)
    rating = network.rating
    with torch.no_grad():
        centre, spread = (file.tensor(f"head.{name}", rating.weight[0]) for name in ("centre", "spread"))
        rating.weight.copy_(file.tensor("head.inner.linear.weight", rating.weight) / spread)
        rating.bias.copy_(file.tensor("head.inner.linear.bias", rating.bias) - rating.weight @ centre)
    return network.eval()


def notes_of(path: Path) -> dict[str, str]:
    """Return what a scorer file says of itself, see ``export.onnx.describe``. Raises ModelError as read_scorer does."""
    return {key: note for key, note in _read(path).notes.items() if key != NORMS}


def is_scorer(path: Path) -> bool:
    """Whether a file is a scorer of ours, of whatever precision and version. Raises OSError."""
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except (DecodeError, ValueError, TypeError):
        return False
    return any(note.key == _SCHEMA for note in model.metadata_props)


def _read(path: Path) -> _Folded:
    if not path.is_file():
        raise ModelError(f"no scorer at {path}: check the path")
    try:
        model = onnx.load_model_from_string(path.read_bytes())
        notes = {note.key: note.value for note in model.metadata_props}
        tensors = {
            tensor.name: torch.tensor(numpy_helper.to_array(tensor)).float() for tensor in model.graph.initializer
        }
    except (DecodeError, OSError, ValueError, TypeError) as error:  # ValueError: data in a file beside it
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"{path} is no scorer file ({why}): name a file of python -m export onnx") from None
    if _SCHEMA not in notes:
        raise ModelError(f"{path} is no scorer of ours: name a file of python -m export onnx")
    if notes.get("precision") not in ("fp32", "fp16"):
        raise ModelError(
            f"{path} is {notes.get('precision', 'of unknown precision')}, too coarse to learn on: use fp16"
        )
    return _Folded(path, tensors, notes)


def _fill_start(network: ScorerNetwork, file: _Folded) -> None:
    """Fill the backbone and the eye head."""
    fit_widths(network, file.tensors)
    backbone = network.backbone
    lost = _noted_norms(file, sum(norm.num_features for _, _, norm in _convolutions(backbone)))
    with torch.no_grad():
        for name, convolution, norm in _convolutions(backbone):
            weight = file.tensor(f"backbone.resnet.{name}.weight", convolution.weight)
            bias = file.tensor(f"backbone.resnet.{name}.weight_bias", norm.bias)
            if name == "conv1":  # the export has divided it by std: see export/onnx.py
                weight = weight * backbone.std
            if lost is None:
                _guess_norms(norm, weight)
            else:
                scale, mean, variance = lost[:, : norm.num_features]
                lost = lost[:, norm.num_features :]
                norm.running_mean, norm.running_var = mean.clone(), variance.clone()
                norm.weight.copy_(scale)
            spread = torch.sqrt(_of(norm, 2) + norm.eps)
            dead = norm.weight.abs() < _LEAST * spread
            norm.weight.copy_(torch.where(dead, spread, norm.weight))
            factor = norm.weight / spread
            convolution.weight.copy_(weight / factor[:, None, None, None])
            norm.bias.copy_(bias + _of(norm, 1) * factor)
        network.eyes.weight.copy_(file.tensor("eyes.weight", network.eyes.weight))
        network.eyes.bias.copy_(file.tensor("eyes.bias", network.eyes.bias))
        network.eyes_temperature.copy_(file.tensor("eyes_temperature", network.eyes_temperature))
        inside = file.tensors.get("inside")
        if inside is not None:
            backbone.inside.fill_(int(inside[0]))


def _noted_norms(file: _Folded, channels: int) -> Tensor | None:
    """Return scale, mean and variance of all channels, (3, channels); None if the file says nothing of them."""
    if NORMS not in file.notes:
        return None
    try:
        raw = base64.b64decode(file.notes[NORMS], validate=True)
        values = torch.frombuffer(bytearray(raw), dtype=torch.float32).view(3, channels)
    except (binascii.Error, ValueError, RuntimeError):
        raise ModelError(f"{file.path} has batch statistics of another network: export it again") from None
    return values


def _guess_norms(norm: nn.BatchNorm2d, weight: Tensor) -> None:
    """Choose statistics by which the weights get the length that they are born with (He et al. 2015).

    weight: the folded one. Training has made them 0.6 to 2.4 times as long, and left the folded ones up to 15 times
    shorter; how much a step of a given rate changes a channel goes with the square of that.
    """
    born = (2 * weight.shape[1] / weight.shape[0]) ** 0.5
    factor = born / weight.flatten(1).norm(dim=1).clamp(min=_LEAST)
    norm.weight.fill_(1)
    norm.running_mean = torch.zeros_like(factor)
    norm.running_var = factor.square() - norm.eps


def _of(norm: nn.BatchNorm2d, what: int) -> Tensor:
    """Return a batch-norm's scale (0), mean (1) or variance (2)."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    return (norm.weight.detach(), mean, variance)[what].cpu()


def _convolutions(backbone: Backbone) -> Iterator[tuple[str, nn.Conv2d, nn.BatchNorm2d]]:
    """Go through the convolutions of a ResNet by name, each with the batch-norm after it."""
    modules = dict(backbone.resnet.named_modules())
    for name, module in modules.items():
        if isinstance(module, nn.Conv2d):
            after = f"{name[:-1]}1" if name.endswith("downsample.0") else name.replace("conv", "bn")
            norm = modules[after]
            assert isinstance(norm, nn.BatchNorm2d)
            yield name, module, norm
