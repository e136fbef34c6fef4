"""Trains on a prepared data set and leaves a checkpoint. Reads from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import ModelError
from model.backbones import load_start
from model.checkpoint import save_network
from model.data.dataset import Dataset
from model.data.split import Split
from model.training.distributed import ALONE, Workers
from model.training.loop import epochs, make_repeatable
from model.training.photos import choose_photos
from model.training.run_folder import describe, identity, make_out, write_history
from model.training.settings import Settings
from model.training.setup import compute_inputs, make_learner, make_network
from model.training.state import Epoch, TrainingState, load_state, restore_weights, save_state

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
    make_repeatable()
    state_file, checkpoint = out / "state.safetensors", out / "model.safetensors"

    # What is learned from, what decides when to stop, and what is held out; and where the weights start from.
    photos = choose_photos(dataset, settings, split)
    start = load_start(settings.backbone, settings.seed)
    run = identity(dataset, settings, photos.split, start.backbone)
    if workers.first:
        make_out(out, resume=resume)

    # The network, and what of it is trained.
    inputs = compute_inputs(
        dataset, start, settings, workers, lambda done, total: watch("looking at the photos", done, total, None)
    )
    network = make_network(start, dataset, inputs, photos, settings).to(workers.device)
    learner = make_learner(network, dataset, inputs, photos, settings, workers.device)

    # The training itself: every epoch is kept, so that it can be resumed.
    begun = state = load_state(state_file, run) if resume else TrainingState()
    watch("training", state.epoch, settings.epochs, state)
    diverged: ModelError | None = None
    try:
        for state in epochs(learner, photos.classes, photos.stopping, settings, begun, workers):
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
        save_network(network.eval(), checkpoint, describe(dataset, settings, state, photos, start.name))
        write_history(out, run, state)
    workers.wait_for_all()
    if diverged:
        raise ModelError(f"{diverged}; the best network so far, of epoch {state.best_epoch}, is {checkpoint}")
    return Result(checkpoint, tuple(state.history), state.best_epoch)
