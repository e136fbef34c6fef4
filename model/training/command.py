"""The command line of ``python -m model train``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from model.data.dataset import Target, load_dataset
from model.data.split import By
from model.heads import HeadName
from model.training.distributed import Workers, joined_workers
from model.training.settings import OptimiserName, Precision, Settings
from model.training.state import TrainingState
from model.training.train import Result, train

_DEFAULT = Settings()


def train_command(  # noqa: PLR0913, PLR0917  one parameter for each option
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A data set that prepare wrote.")],
    out: Annotated[Path, typer.Option(help="The folder for the checkpoint.")],
    head: Annotated[HeadName, typer.Option(help="How features become a rating.")] = _DEFAULT.head,
    target: Annotated[Target, typer.Option(help="What to learn.")] = _DEFAULT.target,
    backbone: Annotated[
        str,
        typer.Option(
            metavar="face|imagenet|random|PATH", help="What features come from; PATH: a checkpoint or fp16 scorer."
        ),
    ] = _DEFAULT.backbone,
    fine_tune: Annotated[bool, typer.Option("--fine-tune", help="Train the backbone too.")] = False,
    landmarks: Annotated[
        bool, typer.Option("--landmarks", help="Let the head see blendshapes and pose too (cannot be exported).")
    ] = False,
    masked: Annotated[
        bool, typer.Option("--masked", help="Black out what lies around the face (cannot be exported).")
    ] = False,
    optimiser: Annotated[OptimiserName, typer.Option(help="Which optimiser trains it.")] = _DEFAULT.optimiser,
    lr: Annotated[
        float | None, typer.Option(min=0, help="Learning rate of the head. Default: what suits the optimiser.")
    ] = None,
    backbone_lr: Annotated[
        float | None, typer.Option(min=0, help="Learning rate of the backbone, with --fine-tune.")
    ] = None,
    momentum: Annotated[float, typer.Option(min=0, max=1, help="Momentum of SGD.")] = _DEFAULT.momentum,
    decay: Annotated[
        float, typer.Option(min=0, max=1, help="Factor of the learning rates each epoch.")
    ] = _DEFAULT.decay,
    weight_decay: Annotated[float, typer.Option(min=0, help="Pull of the weights to zero.")] = _DEFAULT.weight_decay,
    batch: Annotated[int, typer.Option(min=1, help="Photos in a step.")] = _DEFAULT.batch,
    epochs: Annotated[int, typer.Option(min=1, help="The most passes over the photos.")] = _DEFAULT.epochs,
    patience: Annotated[
        int, typer.Option(min=1, help="Stop after so many epochs without a lower validation loss.")
    ] = _DEFAULT.patience,
    class_weights: Annotated[bool, typer.Option("--class-weights", help="Let rare ratings count more.")] = False,
    precision: Annotated[
        Precision, typer.Option(help="What the backbone computes in, with --fine-tune.")
    ] = _DEFAULT.precision,
    folds: Annotated[int, typer.Option(min=2, help="Parts that the photos are split into.")] = _DEFAULT.folds,
    fold: Annotated[str, typer.Option(metavar="N|all", help="The part to test on, from 0; all: each in turn.")] = "0",
    by: Annotated[By, typer.Option(help="What stays on one side of the split.")] = _DEFAULT.by,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the random numbers.")] = _DEFAULT.seed,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training that --out holds.")] = False,
) -> None:
    """Train a head, or the whole network, on a prepared data set."""
    settings = Settings(
        target=target,
        head=head,
        backbone=backbone,
        fine_tune=fine_tune,
        landmarks=landmarks,
        masked=masked,
        optimiser=optimiser,
        lr=lr,
        backbone_lr=backbone_lr,
        momentum=momentum,
        decay=decay,
        weight_decay=weight_decay,
        batch=batch,
        epochs=epochs,
        patience=patience,
        class_weights=class_weights,
        precision=precision,
        folds=folds,
        by=by,
        seed=seed,
    )
    chosen = _chosen_folds(fold, folds)
    dataset = load_dataset(data)
    notes = Console(stderr=True, soft_wrap=True)
    with joined_workers() as workers:
        for number in chosen:
            folder = out / f"fold-{number}" if fold == "all" else out
            # Of several folds some may be done, or not begun, when the rest is resumed.
            begun = (folder / "state.safetensors").exists() or fold != "all"
            of_fold = replace(settings, fold=number)
            with _progress(notes, workers) as progress:
                watch = _Bars(progress).show
                result = train(dataset, folder, of_fold, resume=resume and begun, workers=workers, watch=watch)
            if workers.first:
                notes.print(_summary(result, number if fold == "all" else None), highlight=False, markup=False)
        if workers.first:
            measure = f"measure it: python -m model evaluate {data} {out} --out REPORT"
            notes.print(measure, highlight=False, markup=False)


def _chosen_folds(fold: str, count: int) -> list[int]:
    if fold == "all":
        return list(range(count))
    if not fold.isdecimal() or int(fold) >= count:
        raise typer.BadParameter(f"must be a number from 0 to {count - 1}, or all", param_hint="--fold")
    return [int(fold)]


def _progress(notes: Console, workers: Workers) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeRemainingColumn())
    return Progress(*columns, console=notes, transient=True, disable=not (workers.first and notes.is_terminal))


class _Bars:
    """A bar for each stage of a training."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, int] = {}

    def show(self, what: str, done: int, total: int, state: TrainingState | None) -> None:
        """See model.training.train.Watch."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total, note="")
        note = f"{done} of {total}"
        if state and state.history:
            last = state.history[-1]
            note = (
                f"epoch {last.epoch} of at most {total}: loss {last.train_loss:.3f}, validation "
                f"{last.validation_loss:.3f}, best {state.best_loss:.3f} (epoch {state.best_epoch})"
            )
        self._progress.update(self._tasks[what], completed=done, note=note)  # type: ignore[arg-type]


def _summary(result: Result, fold: int | None) -> str:
    best = result.best
    which = "" if fold is None else f"fold {fold}: "
    return (
        f"{which}validation loss {best.validation_loss:.3f}, accuracy {best.validation_accuracy:.1%} in epoch "
        f"{best.epoch} of {len(result.history)}: {result.checkpoint}"
    )
