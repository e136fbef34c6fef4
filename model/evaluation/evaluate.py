"""``python -m model evaluate``: how right a checkpoint is on photos that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from livecam.errors import ModelError, SourceError
from livecam.faces.mesh import blendshape_places
from livecam.scoring.eyes import fuse
from livecam.types import EMBEDDING
from model.checkpoint import Metadata, RatedNetwork, load_network
from model.data.dataset import Dataset, Int64Array, Target, classes_of, load_dataset
from model.evaluation.metrics import measure
from model.evaluation.results import Evaluation, FoldResult, Predictions
from model.features import frozen_features, landmark_features, require_embeddings
from model.network import gate
from model.training.run_folder import split_of

CHECKPOINT = "model.safetensors"


def evaluate_command(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A data set that prepare wrote.")],
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A training's folder, with its folds, or a checkpoint.")],
    out: Annotated[Path, typer.Option(help="The folder for report.html and report.json.")],
    everything: Annotated[
        bool, typer.Option("--all", help="All labelled photos: for a data set that the checkpoint never saw.")
    ] = False,
) -> None:
    """Measure a checkpoint on its held-out photos and write a report. The shipped models are measured on all photos."""
    from model.evaluation.report import require_place, write_report  # noqa: PLC0415  loads matplotlib

    require_place(out)
    notes = Console(stderr=True, soft_wrap=True)
    with Progress(console=notes, transient=True, disable=not notes.is_terminal) as progress:
        task = progress.add_task("looking at the photos", total=None)
        evaluation = evaluate(
            load_dataset(data),
            checkpoints(run),
            everything=everything,
            advance=lambda done, total: progress.update(task, completed=done, total=total),
        )
        report = write_report(evaluation, out)
    Console().print(_table(evaluation))
    if evaluation.closed_eyes:
        notes.print(evaluation.closed_eyes, highlight=False, markup=False)
    notes.print(f"measured on {evaluation.which_photos}; report: {report}", markup=False)


def checkpoints(run: Path) -> list[Path]:
    """Return the checkpoints that a path stands for: itself, its own, or those of its folds. Raises ModelError."""
    if run.is_file():
        return [run]
    if (run / CHECKPOINT).is_file():
        return [run / CHECKPOINT]
    found = sorted(run.glob(f"fold-*/{CHECKPOINT}"))
    if not found:
        raise ModelError(f"no checkpoint at {run}: name a folder that python -m model train wrote")
    return found


def evaluate(
    dataset: Dataset,
    paths: Sequence[Path],
    *,
    everything: bool = False,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Evaluation:
    """Measure checkpoints on what each was not trained on, or on everything.

    advance: called with the photos done and their total. Raises ModelError, SourceError.
    """
    folds: list[FoldResult] = []
    held_out, untouched, first = True, True, None
    for path in paths:
        network, metadata = load_network(path)
        first = first or metadata
        if metadata.target is not first.target:
            others = f"{paths[0]} {first.target.value}"
            raise ModelError(f"{path} predicts {metadata.target.value}, {others}: evaluate them apart")
        rows, kept_apart = rows_to_evaluate(dataset, metadata, everything=everything)
        held_out, untouched = held_out and kept_apart, untouched and metadata.untouched
        folds.append(_evaluate_one(path, network, metadata, dataset, rows, advance))
    assert first is not None
    classes, labels = np.concatenate([fold.classes for fold in folds]), classes_of(first.target)
    said = [fold.said for fold in folds]
    pooled, head_alone = (
        measure(
            classes, np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]), labels
        )
        for parts in (
            [(one.classes, one.probs) for one in said],
            [(one.head_classes, one.head_probs) for one in said],
        )
    )
    return Evaluation(dataset, first, tuple(folds), pooled, head_alone, held_out, untouched)


def rows_to_evaluate(dataset: Dataset, metadata: Metadata, *, everything: bool) -> tuple[Int64Array, bool]:
    """Return the labelled rows to measure a checkpoint on, and whether, by its metadata, it was not trained on them.

    A checkpoint without a data hash is a shipped one, which no user's photo was used for. Raises SourceError.
    """
    if not everything and metadata.data_hash:
        return split_of(dataset, metadata).validation, True
    rows = np.flatnonzero(dataset.classes(metadata.target) >= 0)
    if not len(rows):
        raise SourceError(f"{dataset.folder} has no {metadata.target.value} to compare with: label some photos")
    return rows, not metadata.data_hash


def predict(
    network: RatedNetwork,
    metadata: Metadata,
    dataset: Dataset,
    rows: Int64Array,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Predictions:
    """Return what a network says of rows, its ratings as the camera has them: with closed eyes by scorer and landmarks.

    The camera's own way there is ``livecam.scoring.eyes.judge_eyes``.
    """
    # Frozen features of the whole set were kept in training; a fine-tuned backbone's are of use here alone.
    if metadata.data_hash != dataset.fingerprint:  # else it was checked when the network was trained
        require_embeddings(dataset, metadata.backbone, whole=metadata.fine_tuned or metadata.masked)
    seen = dataset.take(rows) if metadata.fine_tuned else dataset
    features = frozen_features(seen, network.backbone, masked=metadata.masked, advance=advance)[0]
    if metadata.landmarks:
        features = torch.cat((features, landmark_features(seen)[0]), dim=1)
    if not metadata.fine_tuned:
        features = features[torch.from_numpy(rows)]
    features = features.float()  # an archive's are float16
    with torch.inference_mode():
        logits = network.head(features)
        probs = alone = network.head.probs(logits)
        if metadata.target is Target.RATING:
            closed = network.eyes_closed(features[:, :EMBEDDING]).numpy()
            blink = dataset.blendshapes[rows][:, list(blendshape_places("eyeBlink"))]
            probs = gate(alone, torch.from_numpy(fuse(closed, blink)))
        chosen = [network.head.choose(one).numpy().astype(np.int64) for one in (probs, alone)]
    return Predictions(chosen[0], probs.double().numpy(), chosen[1], alone.double().numpy())


def _evaluate_one(
    path: Path,
    network: RatedNetwork,
    metadata: Metadata,
    dataset: Dataset,
    rows: Int64Array,
    advance: Callable[[int, int], None],
) -> FoldResult:
    said = predict(network, metadata, dataset, rows, advance)
    classes = dataset.classes(metadata.target)[rows]
    return FoldResult(path, rows, classes, said, measure(classes, said.classes, said.probs, metadata.labels))


def _table(evaluation: Evaluation) -> Table:
    count = len(evaluation.folds)
    kind = "held-out" if evaluation.held_out else "labelled"
    table = Table("measure", box=None, header_style="bold", pad_edge=False)
    table.add_column(f"{evaluation.pooled.photos} {kind} photos", justify="right")
    if count > 1:
        table.add_column(f"spread over {count} folds", justify="right")
    table.add_column(f"always {evaluation.constant[0]}", justify="right")
    for text, mean, spread, constant in evaluation.rows():
        table.add_row(text, mean, *([spread] if count > 1 else []), constant)
    return table
