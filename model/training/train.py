"""``python -m model train``: from a prepared data set to a checkpoint. Reads from top to bottom.

One process, or several under ``torchrun``, which share each batch and come to the same weights up to rounding.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from livecam.errors import ModelError
from model.backbones import fit_eyes, load_start
from model.checkpoint import RatedNetwork, save_network
from model.data.dataset import Dataset, Int64Array, classes_of
from model.data.split import Split, folds, for_stopping, units_of
from model.features import apply_mask, frozen_features, landmark_features
from model.training.distributed import ALONE, Workers
from model.training.learners import DRAWS, FineTunedLearner, FrozenLearner
from model.training.run_folder import describe, identity, make_out, require_classes, write_history
from model.training.settings import OptimiserName, Precision, Settings
from model.training.state import (
    Epoch,
    TrainingState,
    load_state,
    optimiser_tensors,
    restore_optimiser,
    restore_weights,
    save_state,
    trained_weights,
)

Watch = Callable[[str, int, int, TrainingState | None], None]  # what is done, how far of how much, the training's state


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A finished training. checkpoint: the network of the lowest validation loss."""

    checkpoint: Path
    history: tuple[Epoch, ...]
    best_epoch: int

    @property
    def best(self) -> Epoch:
        """The epoch with the lowest validation loss."""
        return self.history[self.best_epoch - 1]


def train(
    dataset: Dataset,
    out: Path,
    settings: Settings,
    *,
    split: Split | None = None,
    resume: bool = False,
    workers: Workers = ALONE,
    watch: Watch = lambda _what, _done, _total, _state: None,
) -> Result:
    """Train on dataset and leave model.safetensors, state.safetensors, history.csv and train.json in the folder out.

    split: instead of the one that settings describe.  resume: go on with the training that out holds, to the same
    weights as if it had never stopped.  workers: the processes that share the work, see model/training/distributed.py.
    Raises SourceError, ModelError or OutputError, one line, when that cannot be done.
    """
    # cuBLAS is repeatable only with this, and reads it when it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)

    # What is learned, from which photos, and what it is tested on.
    given = split is not None
    split = (
        split
        or folds(dataset, settings.target, count=settings.folds, seed=settings.seed, by=settings.by)[settings.fold]
    )
    classes = dataset.classes(settings.target)
    require_classes(dataset, classes, split, settings)
    # When to stop is told by photos that are neither learned from nor held out, where there are enough.
    units = units_of(dataset, split.train, settings.by, settings.folds)
    inner = for_stopping(classes, split, settings.seed, units)
    watched = inner or split

    # Where it starts from.
    start = load_start(settings.backbone, settings.seed)
    run = identity(dataset, settings, split, start.backbone)
    if workers.first:
        make_out(out, resume=resume)
    features = workers.in_turn(
        lambda: frozen_features(
            dataset,
            start.backbone,
            masked=settings.masked,
            device=workers.device,
            advance=lambda done, total: watch("looking at the photos", done, total, None),
        )
    )
    landmarks = landmark_features(dataset) if settings.landmarks else None
    seen = features if landmarks is None else torch.cat((features, landmarks), dim=2)

    # The network: the head starts from nothing, the eye head from what is known.
    network = RatedNetwork(settings.head, settings.target, landmarks=settings.landmarks)
    network.backbone = start.backbone
    network.eyes = start.eyes or fit_eyes(features[0], dataset.blendshapes)
    network.head.standardise(seen[:, torch.from_numpy(watched.train)].flatten(0, 1))
    network.to(workers.device)
    learner: nn.Module
    if settings.fine_tune:
        learner = _fine_tuned(network, dataset, settings, features, landmarks, classes, workers)
    else:
        learner = FrozenLearner(network.head, seen.to(workers.device), torch.from_numpy(classes).to(workers.device))

    # The training itself.
    state_file, checkpoint = out / "state.safetensors", out / "model.safetensors"
    begun = load_state(state_file, run) if resume else TrainingState()
    state = begun
    watch("training", state.epoch, settings.epochs, state)
    diverged: ModelError | None = None
    try:
        for state in epochs(learner, classes, watched, settings, begun, workers):
            if workers.first:
                save_state(state, state_file, run)
            watch("training", state.epoch, settings.epochs, state)
    except ModelError as error:
        if not state.best_epoch:
            raise
        diverged = error

    # What is left: the network as it was at its best.
    restore_weights(learner, state.best)
    if workers.first:
        metadata = describe(
            dataset, settings, state, split, start.name, by_settings=not given, untouched=inner is not None
        )
        save_network(network.eval(), checkpoint, metadata)
        write_history(out, run, state)
    workers.meet()
    if diverged:
        raise ModelError(f"{diverged}; the best network so far, of epoch {state.best_epoch}, is {checkpoint}")
    return Result(checkpoint, tuple(state.history), state.best_epoch)


def epochs(
    learner: nn.Module,
    classes: Int64Array,
    split: Split,
    settings: Settings,
    state: TrainingState,
    workers: Workers = ALONE,
) -> Iterator[TrainingState]:
    """Train learner epoch by epoch from state on, and yield where it stands after each.

    split: what it learns from, and what tells when it no longer gets better.
    Raises ModelError when a loss is no number any more.
    """
    device = workers.device
    optimiser = _optimiser(learner, settings)
    if state.epoch:
        restore_weights(learner, state.weights)
        restore_optimiser(optimiser, state.optimiser)
    parallel = DistributedDataParallel(learner) if workers.count > 1 else learner
    weights = _class_weights(classes, split, settings)[torch.from_numpy(classes)].to(device)  # (N,)
    half = settings.fine_tune and _has_bf16(settings.precision, device)
    mine = slice(workers.rank, None, workers.count)

    while state.epoch < settings.epochs and state.epoch - state.best_epoch < settings.patience:
        began, epoch = time.perf_counter(), state.epoch + 1
        # All chance follows from seed and epoch, so that a resumed training meets the same.
        chance = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch)
        order = torch.from_numpy(split.train)[torch.randperm(len(split.train), generator=chance)].to(device)
        draws = torch.rand((len(order), DRAWS), generator=chance).to(device)
        for group in optimiser.param_groups:
            group["lr"] = group["initial_lr"] * settings.decay ** (epoch - 1)

        parallel.train()
        total = torch.zeros((), device=device)
        for at in range(0, len(order), settings.batch):
            rows, numbers = order[at : at + settings.batch], draws[at : at + settings.batch]
            whole = weights[rows].sum()
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                losses, _ = parallel(rows[mine], numbers[mine])
            loss = (losses.float() * weights[rows[mine]]).sum() / whole
            optimiser.zero_grad()
            (loss * workers.count).backward()  # DistributedDataParallel takes the mean where the sum is meant
            optimiser.step()
            total += loss.detach() * whole
        train_loss = float(workers.add_up(total) / weights[order].sum())
        validation_loss, accuracy = _validate(learner, classes, weights, split, settings, workers)
        if not math.isfinite(train_loss) or not math.isfinite(validation_loss):
            raise ModelError(
                f"the loss was no number any more in epoch {epoch}: use a lower --lr than {settings.head_lr:g}"
            )

        now = trained_weights(learner)
        better = validation_loss < state.best_loss
        lr = settings.head_lr * settings.decay ** (epoch - 1)
        line = Epoch(epoch, train_loss, validation_loss, accuracy, lr, time.perf_counter() - began)
        state = TrainingState(
            epoch=epoch,
            best_epoch=epoch if better else state.best_epoch,
            best_loss=min(validation_loss, state.best_loss),
            history=[*state.history, line],
            weights=now,
            best={name: value.clone() for name, value in now.items()} if better else state.best,
            optimiser=optimiser_tensors(optimiser),
        )
        yield state


def _validate(
    learner: nn.Module, classes: Int64Array, weights: Tensor, split: Split, settings: Settings, workers: Workers
) -> tuple[float, float]:
    """Return the mean loss and the accuracy on the validation photos."""
    rows = torch.from_numpy(split.validation)[workers.rank :: workers.count].to(workers.device)
    sums = torch.zeros(3, dtype=torch.float64, device=workers.device)  # loss, weight, right ones
    truth = torch.from_numpy(classes).to(workers.device)
    learner.eval()
    with torch.no_grad():
        for at in range(0, len(rows), settings.batch):
            part = rows[at : at + settings.batch]
            losses, predicted = learner(part, None)
            right = (predicted == truth[part]).sum()
            sums += torch.stack(((losses * weights[part]).sum(), weights[part].sum(), right)).double()
    loss, weight, right = workers.add_up(sums).tolist()
    return loss / weight, right / len(split.validation)


def _fine_tuned(
    network: RatedNetwork,
    dataset: Dataset,
    settings: Settings,
    features: Tensor,
    landmarks: Tensor | None,
    classes: Int64Array,
    workers: Workers,
) -> FineTunedLearner:
    """Put the crops themselves before the network, and hold the eye head to what it says of them now."""
    crops = dataset.crops(np.arange(len(dataset)))
    if settings.masked:
        crops = apply_mask(crops, dataset.points)
    with torch.no_grad():
        eyes = torch.sigmoid(network.eyes(features[0].to(workers.device)))
    return FineTunedLearner(
        network,
        torch.from_numpy(crops).to(workers.device),
        None if landmarks is None else landmarks.to(workers.device),
        eyes,
        torch.from_numpy(classes).to(workers.device),
        # A few hundred photos are too few to estimate the backbone's statistics anew, unless it has none.
        fixed_norms=settings.backbone != "random",
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
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    can = torch.cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))
