"""The training of the shipped scorer, stage by stage. Reads from top to bottom; ``train.py`` is its command.

A stage is SIZExBATCHxSTEPS: most steps see small crops, at a fraction of the cost, and the last ones the full 224.
Before each stage but the first the network so far says which of the doubtful eyes are closed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from livecam.errors import OutputError
from livecam.types import CROP_SIZE
from model.half_precision import computes_bf16
from model.narrow import narrow
from model.network import Backbone, ScorerNetwork, load_checkpoint, save_checkpoint
from model.onnx_weights import load_weights
from model.shipped.collected import Collected
from model.shipped.probability_calibration import calibrate
from model.shipped.rounding import round_activations
from model.shipped.sampling import draw_pairs
from model.shipped.settings import ShippedSettings, Stage
from model.shipped.teaching import TeachingNetwork
from model.shipped.validation import predict, require_both_splits, validate
from model.shipped.views import Views, mirrored_points

_TRAINED_ON = (
    "CEW and UTKFace eyes (research), GENKI-4K smiles (research), LFW press photos and film stills, MEBeauty pictures "
    "without their ratings, public talking-head and webcam clips, All-Age-Faces children (research), HELEN faces "
    "(research), press and stock pictures of winks; see MODEL_CARD.md"
)
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
    settings: ShippedSettings,
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
        "trained_on": _TRAINED_ON,
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
