"""The training loop: passes over the photos, each followed by a look at those that decide when to stop.

One process, or several, which share each batch and come to the same weights up to rounding.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from livecam.errors import ModelError
from model.data.dataset import Int64Array, classes_of
from model.data.split import Split
from model.half_precision import computes_bf16
from model.training.distributed import ALONE, Workers
from model.training.settings import OptimiserName, Precision, Settings
from model.training.state import (
    Epoch,
    TrainingState,
    optimiser_tensors,
    restore_optimiser,
    restore_weights,
    trained_weights,
)
from model.training.variation import DRAWS


def make_repeatable() -> None:
    """Let PyTorch compute the same each time, in this process from now on."""
    # cuBLAS is repeatable only with this, and reads it when it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)


def epochs(
    learner: nn.Module,
    classes: Int64Array,
    split: Split,
    settings: Settings,
    state: TrainingState,
    workers: Workers = ALONE,
) -> Iterator[TrainingState]:
    """Train learner epoch by epoch from state on, and yield the new state after each, until it gets no better.

    learner: a Learner on the workers' device.  classes: int64 (N,).  split: what is learned from, and what decides when
    to stop.  Raises ModelError when a loss is no number any more.
    """
    optimiser = _optimiser(learner, settings)
    if state.epoch:
        restore_weights(learner, state.weights)
        restore_optimiser(optimiser, state.optimiser)
    parallel = DistributedDataParallel(learner) if workers.count > 1 else learner
    weights = _class_weights(classes, split, settings)[torch.from_numpy(classes)].to(workers.device)  # (N,)

    while state.epoch < settings.epochs and state.epoch - state.best_epoch < settings.patience:
        began, epoch = time.perf_counter(), state.epoch + 1
        rate = settings.decay ** (epoch - 1)
        for group in optimiser.param_groups:
            group["lr"] = group["initial_lr"] * rate

        parallel.train()
        train_loss = _train_once(parallel, optimiser, weights, split, settings, epoch, workers)
        learner.eval()
        validation_loss, accuracy = _validate(learner, classes, weights, split, settings, workers)
        if not math.isfinite(train_loss) or not math.isfinite(validation_loss):
            raise ModelError(
                f"the loss was no number any more in epoch {epoch}: use a lower --lr than {settings.head_lr:g}"
            )
        done = Epoch(epoch, train_loss, validation_loss, accuracy, settings.head_lr * rate, time.perf_counter() - began)
        state = _after(state, done, learner, optimiser)
        yield state


def _train_once(
    learner: nn.Module,
    optimiser: torch.optim.Optimizer,
    weights: Tensor,
    split: Split,
    settings: Settings,
    epoch: int,
    workers: Workers,
) -> float:
    """Learn from every training photo once and return the mean loss. weights: (N,), what each photo counts."""
    device = workers.device
    # All chance follows from seed and epoch, so that a resumed training meets the same.
    chance = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch)
    order = torch.from_numpy(split.train)[torch.randperm(len(split.train), generator=chance)].to(device)
    draws = torch.rand((len(order), DRAWS), generator=chance).to(device)
    half = settings.fine_tune and _has_bf16(settings.precision, device)
    mine = slice(workers.rank, None, workers.count)

    total = torch.zeros((), device=device)
    for at in range(0, len(order), settings.batch):
        rows, numbers = order[at : at + settings.batch], draws[at : at + settings.batch]
        whole = weights[rows].sum()
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            losses, _ = learner(rows[mine], numbers[mine])
        loss = (losses.float() * weights[rows[mine]]).sum() / whole
        optimiser.zero_grad()
        (loss * workers.count).backward()  # DistributedDataParallel takes the mean where the sum is meant
        optimiser.step()
        total += loss.detach() * whole
    return float(workers.sum_over_all(total) / weights[order].sum())


def _validate(
    learner: nn.Module, classes: Int64Array, weights: Tensor, split: Split, settings: Settings, workers: Workers
) -> tuple[float, float]:
    """Return the mean loss and the accuracy on the validation photos."""
    rows = torch.from_numpy(split.validation)[workers.rank :: workers.count].to(workers.device)
    sums = torch.zeros(3, dtype=torch.float64, device=workers.device)  # loss, weight, right ones
    truth = torch.from_numpy(classes).to(workers.device)
    with torch.no_grad():
        for at in range(0, len(rows), settings.batch):
            part = rows[at : at + settings.batch]
            losses, predicted = learner(part, None)
            right = (predicted == truth[part]).sum()
            sums += torch.stack(((losses * weights[part]).sum(), weights[part].sum(), right)).double()
    loss, weight, right = workers.sum_over_all(sums).tolist()
    return loss / weight, right / len(split.validation)


def _after(state: TrainingState, done: Epoch, learner: nn.Module, optimiser: torch.optim.Optimizer) -> TrainingState:
    """Return the state after one more epoch."""
    now = trained_weights(learner)
    better = done.validation_loss < state.best_loss
    return TrainingState(
        epoch=done.epoch,
        best_epoch=done.epoch if better else state.best_epoch,
        best_loss=min(done.validation_loss, state.best_loss),
        history=[*state.history, done],
        weights=now,
        best={name: value.clone() for name, value in now.items()} if better else state.best,
        optimiser=optimiser_tensors(optimiser),
    )


def _optimiser(learner: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """Make the optimiser, with a learning rate for the head and another for the rest."""
    named = list(learner.named_parameters())
    head = [parameter for name, parameter in named if "head." in name]
    # The eye head goes with the backbone: it sees the embedding as it is, where the head's rate would be far too large.
    rest = [parameter for name, parameter in named if "head." not in name]
    groups = [{"params": head, "lr": settings.head_lr, "initial_lr": settings.head_lr}]
    if rest:
        groups.append({"params": rest, "lr": settings.backbone_rate, "initial_lr": settings.backbone_rate})
    if settings.optimiser is OptimiserName.ADAMW:
        return torch.optim.AdamW(groups, weight_decay=settings.weight_decay)
    return torch.optim.SGD(groups, momentum=settings.momentum, weight_decay=settings.weight_decay)


def _class_weights(classes: Int64Array, split: Split, settings: Settings) -> Tensor:
    """Return what a photo of each class counts, float (K,), 1 on average over the training photos."""
    count = len(classes_of(settings.target))
    if not settings.class_weights:
        return torch.ones(count)
    photos = np.bincount(classes[split.train], minlength=count)
    balanced = len(split.train) / (np.count_nonzero(photos) * np.maximum(photos, 1))
    return torch.from_numpy(balanced.astype(np.float32))


def _has_bf16(precision: Precision, device: torch.device) -> bool:
    if precision is not Precision.AUTO:
        return precision is Precision.BF16
    return computes_bf16(device)
