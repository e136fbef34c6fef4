"""Where a training stands, in memory and on disk: all that is needed to go on as if it had never stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from livecam.errors import ModelError
from model.checkpoint import write_tensors

STATE_SCHEMA = "2"  # 2: the settings hold the weight of the eyes and the variation of the crops


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training photos. Losses are means; accuracy is a share; lr is the head's; seconds of work."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_accuracy: float
    lr: float
    seconds: float


@dataclass(slots=True, eq=False)
class TrainingState:
    """epoch: passes done.  weights, best: what is trained, by name, now and at the lowest validation loss.

    optimiser: its tensors, as "number.name". All randomness follows from the seed and the epoch, so none is kept.
    """

    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: list[Epoch] = field(default_factory=list)
    weights: dict[str, Tensor] = field(default_factory=dict)
    best: dict[str, Tensor] = field(default_factory=dict)
    optimiser: dict[str, Tensor] = field(default_factory=dict)


def trained_weights(module: nn.Module) -> dict[str, Tensor]:
    """Copy what training changes in module: parameters that are trained, and all buffers."""
    trained = {name: value for name, value in module.named_parameters() if value.requires_grad}
    return {name: value.detach().cpu().clone() for name, value in (*trained.items(), *module.named_buffers())}


def restore_weights(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put what trained_weights took back into module."""
    places = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    with torch.no_grad():
        for name, value in weights.items():
            places[name].copy_(value)


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Copy an optimiser's memory, each tensor as "number.name"."""
    return {
        f"{number}.{name}": value.detach().cpu().clone()
        for number, memory in optimiser.state_dict()["state"].items()
        for name, value in memory.items()
        if isinstance(value, Tensor)
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put what optimiser_tensors took back."""
    memory: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        number, own = name.split(".", 1)
        memory.setdefault(int(number), {})[own] = value.clone()
    optimiser.load_state_dict({"state": memory, "param_groups": optimiser.state_dict()["param_groups"]})


def save_state(state: TrainingState, path: Path, run: Mapping[str, object]) -> None:
    """Write state, with what identifies the run, by atomic rename. Raises OutputError; the one before stays whole."""
    tensors = {
        f"{part}/{name}": value
        for part, values in (("weights", state.weights), ("best", state.best), ("optimiser", state.optimiser))
        for name, value in values.items()
    }
    about = {
        "state_schema": STATE_SCHEMA,
        "run": run,
        "epoch": state.epoch,
        "best_epoch": state.best_epoch,
        "best_loss": state.best_loss,
        "history": [asdict(epoch) for epoch in state.history],
    }
    write_tensors(path, tensors, about)


def load_state(path: Path, run: Mapping[str, object]) -> TrainingState:
    """Read what save_state wrote for the same run. Raises ModelError if it is another's, altered or not there."""
    if not path.is_file():
        raise ModelError(f"there is no training to resume at {path}: leave out --resume")
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get("livecam", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  safe_open is no dict
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}): start again with another --out") from None
    if about.get("state_schema") != STATE_SCHEMA:
        raise ModelError(f"{path} is from another version: start again with another --out")
    for name, value in json.loads(json.dumps(run)).items():
        if about["run"].get(name) != value:
            before = about["run"].get(name)
            raise ModelError(f"{path} was trained with {name} {before}, not {value}: use the same, or another --out")
    parts: dict[str, dict[str, Tensor]] = {"weights": {}, "best": {}, "optimiser": {}}
    for name, value in tensors.items():
        part, own = name.split("/", 1)
        parts[part][own] = value
    history = [Epoch(**epoch) for epoch in about["history"]]
    return TrainingState(about["epoch"], about["best_epoch"], about["best_loss"], history, **parts)
