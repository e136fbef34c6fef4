"""Trains the shipped scorer on what model/shipped/collect.py has collected. Reads from top to bottom.

    python -m model.shipped.train DATA OUT [--stages "96x64x3500 160x32x2000 …"] [--first 2]

A stage is SIZExBATCHxSTEPS: most steps see small crops, at a fraction of the cost, and the last ones the full 224.
Before each stage but the first the network so far says which of the doubtful eyes are closed.

OUT/teaching.safetensors is the averaged network with all heads every 400 steps, for --first; OUT/scorer.safetensors the
calibrated scorer at the end, for ``python -m export onnx``; OUT/log.jsonl the losses.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from livecam import exit_codes
from livecam.errors import OutputError
from livecam.types import CROP_SIZE
from model.half_precision import computes_bf16
from model.narrow import narrow
from model.network import Backbone, ScorerNetwork, load_checkpoint, save_checkpoint
from model.onnx_weights import load_weights
from model.shipped.collected import Collected
from model.shipped.probability_calibration import calibrate
from model.shipped.program import run_command
from model.shipped.rounding import round_activations
from model.shipped.sampling import draw_pairs
from model.shipped.settings import STAGES, ShippedSettings, Stage
from model.shipped.teaching import TeachingNetwork
from model.shipped.validation import predict, require_both_splits, validate
from model.shipped.views import Views, mirrored_points

TRAINED_ON = (
    "CEW and UTKFace eyes (research), GENKI-4K smiles (research), LFW press photos and film stills, MEBeauty pictures "
    "without their ratings, public talking-head and webcam clips, All-Age-Faces children (research), HELEN faces "
    "(research), press and stock pictures of winks; see MODEL_CARD.md"
)
_DEFAULT = ShippedSettings()
Watch = Callable[[int, int], None]  # the stage's number, from 1, and its steps done


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What a stage works on: the network, its average, which becomes the scorer, and where the result goes.

    teacher: the network before it was made narrower, whose embedding it is to come near to.
    """

    network: TeachingNetwork
    average: AveragedModel
    teacher: Backbone | None
    out: Path
    about: dict[str, object]

    @property
    def averaged(self) -> TeachingNetwork:
        """The averaged network."""
        return cast(TeachingNetwork, self.average.module)

    def save(self) -> None:
        """Write the averaged network with all heads. Raises OutputError."""
        save_checkpoint(self.averaged, self.out / "teaching.safetensors", self.about)

    def log(self, line: dict[str, object]) -> None:
        """Add a line to the log. Raises OutputError."""
        try:
            with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise OutputError(f"{self.out} cannot be written ({error.strerror}): free some space") from None


def train(
    folder: Path,
    out: Path,
    settings: ShippedSettings = _DEFAULT,
    *,
    first: int = 1,
    start: Path | None = None,
    version: str = "unnamed",
    workers: int = 1,
    watch: Watch = lambda _stage, _step: None,
) -> None:
    """Train on the faces collected in folder and leave the calibrated scorer in the folder out.

    first: go on with this stage, from out/teaching.safetensors; past the last: calibrate only.  start: a scorer's
    checkpoint, or its fp16 or fp32 file, to begin with, instead of random weights; a narrower network learns from it at
    each stage.  version: what the scorer calls itself.  workers: processes that make the views; 0: this one makes them,
    too. The result is the same.
    Raises SourceError, ModelError or OutputError, one line, when that cannot be done.
    """
    _make(out)
    torch.manual_seed(settings.seed)
    data = Collected.read(folder)
    require_both_splits(data)
    data = data.leaving_out(settings.without)
    mirror = mirrored_points(data)

    # The network, and the average of its weights over the last steps, which is what is kept.
    network = TeachingNetwork().to(memory_format=torch.channels_last)
    if first > 1:
        load_checkpoint(network, out / "teaching.safetensors")
    elif start is not None:
        load_weights(network.scorer, start)
        closed, _ = predict(network.scorer, data, range(len(data.rows)), int(network.scorer.backbone.inside))
        data = replace(data, closed=closed)
    teacher: Backbone | None = None
    if settings.narrow < 1 and start is not None:
        larger = ScorerNetwork()
        load_weights(larger, start)
        teacher = larger.backbone.eval()
    if settings.narrow < 1 and first == 1:
        narrow(network.scorer, settings.narrow)
        network.to(memory_format=torch.channels_last)
    network.scorer.backbone.inside.fill_(settings.stages[-1].size)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(settings.averaging), use_buffers=True)
    if settings.rounding:
        round_activations(network.scorer.backbone.resnet)  # the average, which is kept, was copied before
    training = Training(network, average, teacher, out, _about(settings, version, start))

    # Stage by stage; the eyes that the teacher leaves open are labelled anew before each.
    before: Stage | None = None
    for number, stage in enumerate(settings.stages, 1):
        if number >= first:
            if before:
                closed, _ = predict(training.averaged.scorer, data, range(len(data.rows)), before.size)
                data = replace(data, closed=closed)
            rng = np.random.default_rng((settings.seed, number))
            order = draw_pairs(data, data.where("train"), stage.steps * stage.batch, rng)
            views = Views(data, order, stage.size, settings.seed * 100 + number, mirror)
            loader = DataLoader(views, stage.batch, num_workers=workers, prefetch_factor=4 if workers else None)
            _run_stage(training, data, loader, number, stage, settings, watch)
        before = stage

    # Probabilities that mean what they say, on damaged views of people that were not trained on.
    scorer = training.averaged.scorer
    held_out = Views(data, np.repeat(data.where("val"), 2), CROP_SIZE, settings.seed * 100 + 99, mirror)
    calibrate(scorer, DataLoader(held_out, 32), data)
    save_checkpoint(scorer, out / "scorer.safetensors", training.about)


def _run_stage(
    training: Training,
    data: Collected,
    loader: DataLoader[dict[str, Tensor]],
    number: int,
    stage: Stage,
    settings: ShippedSettings,
    watch: Watch,
) -> None:
    """Train on all that loader gives, with a learning rate that rises to its peak and falls to 0."""
    network, steps = training.network, len(loader)
    peak = settings.lr if number == 1 else settings.later_lr
    optimizer = torch.optim.AdamW(network.parameters(), peak, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, steps, pct_start=settings.warm_up)
    began = time.monotonic()
    totals: dict[str, float] = {}
    half = computes_bf16(torch.device("cpu"))
    for step, batch in enumerate(loader, 1):
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            with torch.no_grad():
                hints = None if training.teacher is None else training.teacher(batch["image"])
            losses = network.losses(batch, settings.losses, hints)
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(network.parameters(), settings.gradient)
        optimizer.step()
        schedule.step()
        training.average.update_parameters(network)
        totals = {name: totals.get(name, 0.0) + float(loss.detach()) for name, loss in losses.items()}
        watch(number, step)
        if step % settings.report and step != steps:
            continue
        minutes = round((time.monotonic() - began) / 60, 1)
        line: dict[str, object] = {"size": stage.size, "step": step, "minutes": minutes}
        since = (step - 1) % settings.report + 1  # steps; the last line of a stage may be of fewer
        line |= {name: round(value / since, 4) for name, value in totals.items()}
        totals = {}
        if step % settings.save == 0 or step == steps:
            measured = validate(training.averaged.scorer, data, stage.size)
            line |= {name: round(value, 4) for name, value in measured.items()}
            training.save()
        training.log(line)


def _about(settings: ShippedSettings, version: str, start: Path | None) -> dict[str, object]:
    """Return what the checkpoints say of themselves."""
    about: dict[str, object] = {
        "model_version": version,
        "head": "cross_entropy",
        "trained_on": TRAINED_ON,
        "stages": [str(stage) for stage in settings.stages],
        "seed": settings.seed,
        "rounding": settings.rounding,
        "narrow": settings.narrow,
        "bf16": computes_bf16(torch.device("cpu")),
    }
    if start:
        about["started_from"] = hashlib.sha256(start.read_bytes()).hexdigest()
    if settings.without:
        about["without"] = sorted(settings.without)
    return about


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out} cannot be made ({error.strerror}): choose another folder") from None


def train_command(  # noqa: PLR0913, PLR0917  a command has the options that it has
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What model.shipped.collect has written.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the scorer.")],
    stages: Annotated[
        str, typer.Option(metavar='"SIZExBATCHxSTEPS …"', help="The parts of the training, in order.")
    ] = " ".join(map(str, STAGES)),
    first: Annotated[
        int, typer.Option(min=1, help="Go on with this stage, from OUT; past the last one: calibrate only.")
    ] = 1,
    start: Annotated[
        Path | None, typer.Option(help="A scorer's checkpoint or fp16 file to begin with, instead of random weights.")
    ] = None,
    lr: Annotated[
        float, typer.Option(min=0, help="Peak of the first stage's learning rate; the others have half of it.")
    ] = _DEFAULT.lr,
    rounding: Annotated[
        bool, typer.Option("--rounding/--no-rounding", help="Let the network feel what int8 will do to it.")
    ] = _DEFAULT.rounding,
    narrowed: Annotated[
        float,
        typer.Option("--narrow", min=0.01, max=1, help="Share of the channels inside the residual blocks to keep."),
    ] = _DEFAULT.narrow,
    seed: Annotated[int, typer.Option(min=0, help="Where all chance comes from.")] = _DEFAULT.seed,
    version: Annotated[str, typer.Option(help="What the scorer calls itself.")] = "unnamed",
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="Leave a source of faces out, to see what it is to one that never saw it."),
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make the views.")] = 1,
) -> None:
    """Train the shipped scorer from nothing; two and a half hours on two cores.

    OUT then holds scorer.safetensors, for python -m export onnx; teaching.safetensors, for --first; and log.jsonl with
    the losses.
    """
    try:
        parsed = tuple(Stage.parse(text) for text in stages.split())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--stages") from None
    settings = ShippedSettings(
        stages=parsed,
        lr=lr,
        later_lr=0.5 * lr,
        rounding=rounding,
        narrow=narrowed,
        without=tuple(without or ()),
        seed=seed,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    notes = Console(stderr=True, soft_wrap=True)
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as progress:
        tasks = [
            progress.add_task(f"stage {number}: {stage}", total=stage.steps) for number, stage in enumerate(parsed, 1)
        ]
        train(
            data,
            out,
            settings,
            first=first,
            start=start,
            version=version,
            workers=workers,
            watch=lambda stage, step: progress.update(tasks[stage - 1], completed=step),
        )
    notes.print(f"the scorer: {out / 'scorer.safetensors'}; make it run: python -m export onnx", highlight=False)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    return run_command(train_command, "model.shipped.train", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
