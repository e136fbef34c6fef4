"""Small trainings on the tiny backbone, and what is compared of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file

from model.heads import HeadName
from model.training.settings import Settings
from model.training.state import TrainingState

QUICK = Settings(head=HeadName.CROSS_ENTROPY, backbone="random", epochs=8, lr=0.5, batch=8)


def weights_of(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "model.safetensors")


def assert_same(one: Path, other: Path) -> None:
    weights = weights_of(one)
    assert weights.keys() == weights_of(other).keys()
    for name, value in weights_of(other).items():
        assert torch.equal(value, weights[name]), name


def stop_after(epoch: int, how: Callable[[], object]) -> Callable[[str, int, int, TrainingState | None], None]:
    def watch(what: str, done: int, total: int, state: TrainingState | None) -> None:
        if what == "training" and done == epoch:
            how()

    return watch


def interrupt() -> None:
    raise KeyboardInterrupt
