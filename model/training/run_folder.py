"""The folder that a training leaves, and what it says of itself."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path

from torch import nn

from livecam.errors import OutputError, SourceError
from livecam.storage.durable import replace_file, replacing
from model.checkpoint import Metadata
from model.data.dataset import Dataset, Target
from model.data.split import By, Split, folds
from model.features import weights_hash
from model.own_files import is_checkpoint, is_json_with, require_own_files
from model.training.photos import TrainingPhotos
from model.training.settings import Settings
from model.training.state import Epoch, TrainingState

_EPOCH = ",".join(field.name for field in fields(Epoch)).encode()
_FILES: Mapping[str, Callable[[bytes], bool]] = {
    "model.safetensors": is_checkpoint,
    "history.csv": lambda beginning: beginning.startswith(_EPOCH),
    "train.json": is_json_with("best"),
}


def identity(dataset: Dataset, settings: Settings, split: Split, backbone: nn.Module) -> dict[str, object]:
    """Return what must be the same for a training to be resumed."""
    return {
        **asdict(settings),
        "data_hash": dataset.fingerprint,
        "backbone_hash": weights_hash(backbone),
        "train": split.train.tolist(),
        "validation": split.validation.tolist(),
    }


def make_out(out: Path, *, resume: bool) -> None:
    """Make the folder of a training.

    Raises OutputError if it cannot be, or holds one that is not to be resumed, or another's file of such a name.
    """
    if not resume:
        if (out / "state.safetensors").exists():
            raise OutputError(f"{out} already holds a training: add --resume to go on with it, or choose another --out")
        require_own_files(out, _FILES)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out} cannot be made ({error.strerror}): choose another --out") from None


def describe(
    dataset: Dataset, settings: Settings, state: TrainingState, photos: TrainingPhotos, backbone: str
) -> Metadata:
    """Say what a checkpoint is. backbone: the name of the start."""
    described = {name: asdict(settings)[name] for name in ("folds", "fold", "seed", "by")}
    return Metadata(
        model_version=f"own-{dataset.fingerprint[:8]}",
        head=settings.head,
        target=settings.target,
        backbone=backbone,
        fine_tuned=settings.fine_tune,
        landmarks=settings.landmarks,
        masked=settings.masked,
        trained_on=f"{len(photos.split.train)} photos of {dataset.folder.resolve().name}, on the {backbone} backbone",
        data_hash=dataset.fingerprint,
        git_revision=_git_revision(),
        epoch=state.best_epoch,
        validation_loss=state.best_loss,
        split=described if photos.by_settings else {},
        untouched=photos.untouched,
        settings=asdict(settings),
    )


def split_of(dataset: Dataset, metadata: Metadata) -> Split:
    """Return the split that a checkpoint was trained with. Raises SourceError if it cannot be told from dataset."""
    if metadata.data_hash != dataset.fingerprint:
        raise SourceError(
            f"{dataset.folder} is not the data set that the checkpoint was trained on: name that one, or measure it on"
            " all photos of this one with evaluate --all"
        )
    if not metadata.split:
        raise SourceError("the checkpoint was trained on a split of its own, which it does not hold: give it again")
    count, fold, seed = (int(str(metadata.split[name])) for name in ("folds", "fold", "seed"))
    by = By(str(metadata.split["by"]))
    return folds(dataset, Target(metadata.target), count=count, seed=seed, by=by)[fold]


def write_history(out: Path, run: Mapping[str, object], state: TrainingState) -> None:
    """Write history.csv and train.json. Raises OutputError."""
    try:
        with replacing(out / "history.csv") as beside, beside.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, [field.name for field in fields(Epoch)])
            table.writeheader()
            table.writerows(asdict(epoch) for epoch in state.history)
        best = asdict(state.history[state.best_epoch - 1])
        record = {"best": best, "epochs": state.epoch, "settings": run}
        replace_file(out / "train.json", f"{json.dumps(record, indent=1)}\n".encode())
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}): free some space, then --resume") from None


def _git_revision() -> str:
    """Return the checkout's revision, marked when it was altered; "unknown" outside a checkout."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40"],  # noqa: S607  git is where the user has it
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
