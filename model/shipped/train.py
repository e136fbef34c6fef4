"""Trains the default scorer on what model/shipped/collect.py has collected.

    python -m model.shipped.train DATA OUT [--stages 96x64x3500 160x32x2000 …] [--first 2]

A stage is SIZExBATCHxSTEPS: most steps see small crops, at a fraction of the cost, and the last ones the full 224.
Before each stage but the first the network so far says which of the doubtful eyes are closed. Beside the two
outputs that the camera uses, the network learns to repeat what MediaPipe sees (landmarks of eyes, brows and mouth,
blendshapes, pose) and what was done to the picture; those heads are thrown away.

OUT/teaching.safetensors is the averaged network (decay 0.998) with all heads every 400 steps, for --first;
OUT/scorer.safetensors the calibrated scorer at the end, for ``python -m export onnx``; OUT/backbone-face.safetensors
the same in fp16, where training on one's own photos starts; OUT/log.jsonl the losses.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.types import CROP_SIZE
from model.network import ScorerNetwork, gate, load_checkpoint, save_checkpoint
from model.shipped import rubric
from model.shipped.views import POINTS, Collected, Views, condition_of, in_pairs, mirrored_points

TRAINED_ON = (
    "CEW and UTKFace eyes (research), GENKI-4K smiles (research), LFW press photos and film stills, MEBeauty pictures "
    "without their ratings, public talking-head and webcam clips; see MODEL_CARD.md"
)
# Each begins with a high learning rate again. On two cores the first three take 70 minutes, the others 48 and 37.
_STAGES = ["96x64x3500", "160x32x2000", "224x32x1600", "224x32x3600", "224x32x3200"]
_REPORT, _SAVE = 100, 400  # steps
_CLOSED_ODDS = 0.3  # of a closed eye to an open one among the frames that matter
_CLOSED_COST = 5.0  # lost frames that an eye is worth that is closed and not seen to be


class Teaching(nn.Module):
    """The scorer with the heads that only training needs."""

    def __init__(self) -> None:
        super().__init__()
        self.scorer = ScorerNetwork()
        self.taught = nn.Linear(512, 1 + len(BLENDSHAPE_NAMES) + 2 + 2 * len(POINTS) + 5)

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return each part of the loss, weighted."""
        embedding = self.scorer.backbone(batch["image"])
        eyes = self.scorer.eyes(embedding).float()
        rating = self.scorer.rating(embedding).float()
        widths = [1, len(BLENDSHAPE_NAMES), 2, 2 * len(POINTS), 5]
        smile, blendshapes, pose, points, damage = self.taught(embedding).float().split(widths, dim=1)
        visible, known, sure = batch["visible"], batch["eyes_known"], batch["sure"]

        def seen(loss: Tensor) -> Tensor:
            return (loss.flatten(1).mean(1) * visible).sum() / visible.sum().clamp(min=1)

        closed = functional.binary_cross_entropy_with_logits(eyes, batch["eyes"], reduction="none")
        smiles = functional.binary_cross_entropy_with_logits(smile, batch["smile"][:, None], reduction="none")
        ratings = torch.arange(1.0, 6.0)
        expected, wanted = rating.softmax(1) @ ratings, batch["rating"] @ ratings
        classes = functional.cross_entropy(rating, batch["rating"], reduction="none")
        scale = functional.smooth_l1_loss(expected, wanted, reduction="none", beta=0.3)
        # Which of two frames of one person is better, after RankNet (Burges et al. 2005); see in_pairs.
        score = gate(rating.softmax(1), eyes.sigmoid()) @ ratings
        better = (batch["overall"][0::2] - batch["overall"][1::2]).clamp(-1, 1)
        ordered = functional.softplus(-4 * better.sign() * (score[0::2] - score[1::2])) * better.abs()
        return {
            "eyes": 1.5 * (closed * known).sum() / known.sum().clamp(min=1),
            "rating": (classes + scale).mean(),
            "order": (ordered * sure[0::2] * sure[1::2]).mean(),
            "smile": 0.5 * seen(smiles * batch["smile_weight"][:, None]),
            "blendshapes": 8 * seen((blendshapes.sigmoid() - batch["blendshapes"]) ** 2),
            "pose": 0.5 * seen(functional.smooth_l1_loss(pose, batch["pose"], reduction="none")),
            "points": 6 * seen((points - batch["points"]).abs()),
            "damage": 0.4 * functional.smooth_l1_loss(damage, batch["damage"]),
        }


def look(
    network: ScorerNetwork, data: Collected, indices: list[int], size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what network says of faces as they are, at size pixels: closedness (N, 2) and score (N,)."""
    closed, score = [], []
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for part in batched(indices, 64):
            crops = np.stack([data.crops[i] for i in part])
            if size != CROP_SIZE:
                crops = np.stack([cv2.resize(c, (size, size), interpolation=cv2.INTER_AREA) for c in crops])
            probs, eyes, _ = network(torch.from_numpy(crops))
            closed.append(eyes.float().numpy())
            score.append(probs.float().numpy() @ np.arange(1.0, 6.0, dtype=np.float32))
    network.train()
    return np.concatenate(closed), np.concatenate(score)


def validate(network: ScorerNetwork, data: Collected, size: int) -> dict[str, float]:
    """Measure on the validation split: AUC of closed eyes (human labels) and of smiles (by the score), mean error."""
    indices = data.where("val")
    closed, score = look(network, data, indices, size)
    rows = [data.rows[i] for i in indices]
    eyes = zip(rows, closed.mean(axis=1), strict=True)
    by_eyes = [(row["eyes"] == "1", value) for row, value in eyes if row["eyes"] in {"0", "1"}]
    by_smile = [(row["smile"] == "1", value) for row, value in zip(rows, score, strict=True) if row["smile"]]
    wanted = np.array([rubric.rate(condition_of(data, i)[0]) for i in indices])
    return {
        "eyes_auc": float(roc_auc_score(*zip(*by_eyes, strict=True))),
        "smile_auc": float(roc_auc_score(*zip(*by_smile, strict=True))),
        "rating_mae": float(np.abs(wanted - score).mean()),
    }


def calibrate(network: ScorerNetwork, batches: Iterator[dict[str, Tensor]], data: Collected) -> None:
    """Make the probabilities mean what they say on the validation people.

    Ratings: a temperature (Guo et al. 2017) on batches of damaged views. Eyes: slope and offset (Platt 1999) on faces
    as they are, closed ones weighed as often as they are among the frames that matter, for the offset times their cost.
    """
    network.eval()
    with torch.inference_mode():
        ratings = [(network.rating(network.backbone(batch["image"])), batch["rating"]) for batch in batches]
    logits, labels = (torch.cat(part) for part in zip(*ratings, strict=True))
    best = minimize_scalar(lambda t: float(functional.cross_entropy(logits / t, labels)), bounds=(0.3, 4.0))
    network.rating_temperature.fill_(best.x)

    indices = data.where("val")
    told = replace(data, closed=None)  # by people and the teacher: the network is not asked about what it is judged by
    conditions = [condition_of(told, index) for index in indices]
    known = torch.tensor([known for _, known in conditions])
    wanted = torch.tensor([condition.eyes_closed for condition, _ in conditions])[known]
    with torch.inference_mode():
        crops = (torch.from_numpy(np.stack([data.crops[i] for i in part])) for part in batched(indices, 64))
        eyes = torch.cat([network.eyes(network.backbone(part)) for part in crops])[known]
    balance = float((wanted <= 0.5).sum() / (wanted > 0.5).sum())

    def loss(temperature: float, offset: float, odds: float) -> float:
        weight = torch.where(wanted > 0.5, odds * balance, 1.0)
        return float(functional.binary_cross_entropy_with_logits(eyes / temperature + offset, wanted, weight))

    bounds = [(0.3, 4.0), (-3.0, 3.0)]
    fitted = minimize(lambda at: loss(at[0], at[1], _CLOSED_ODDS), [1.0, 0.0], method="Nelder-Mead", bounds=bounds)
    temperature = float(fitted.x[0])
    odds = _CLOSED_ODDS * _CLOSED_COST
    offset = minimize_scalar(lambda at: loss(temperature, at, odds), bounds=bounds[1]).x
    network.eyes_temperature.fill_(temperature)
    network.eyes.bias.data += temperature * offset


def batched(indices: list[int], size: int) -> Iterator[list[int]]:
    """Cut indices into parts of size."""
    for start in range(0, len(indices), size):
        yield indices[start : start + size]


@dataclass
class Training:
    """What a stage works on: the network, its average, and where the result goes."""

    network: Teaching
    average: AveragedModel
    out: Path
    about: dict[str, object]

    @property
    def teaching(self) -> Teaching:
        """The averaged network."""
        return cast(Teaching, self.average.module)

    def save(self) -> None:
        """Write the averaged network with all heads."""
        save_checkpoint(self.teaching, self.out / "teaching.safetensors", self.about)

    def log(self, line: dict[str, object]) -> None:
        """Add a line to the log."""
        with (self.out / "log.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")


def run_stage(
    training: Training, data: Collected, loader: DataLoader[dict[str, Tensor]], size: int, peak: float
) -> None:
    """Train on all that loader gives, crops of size pixels, with a learning rate that rises to peak and falls to 0."""
    network, steps = training.network, len(loader)
    optimizer = torch.optim.AdamW(network.parameters(), peak, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, steps, pct_start=0.1)
    began = time.monotonic()
    totals: dict[str, float] = {}
    for step, batch in enumerate(loader, 1):
        with torch.autocast("cpu", torch.bfloat16):
            losses = network.losses(batch)
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        training.average.update_parameters(network)
        totals = {name: totals.get(name, 0.0) + float(loss.detach()) for name, loss in losses.items()}
        if step % _REPORT and step != steps:
            continue
        line: dict[str, object] = {"size": size, "step": step, "minutes": round((time.monotonic() - began) / 60, 1)}
        line |= {name: round(value / _REPORT, 4) for name, value in totals.items()}
        totals = {}
        if step % _SAVE == 0 or step == steps:
            line |= {name: round(value, 4) for name, value in validate(training.teaching.scorer, data, size).items()}
            training.save()
        training.log(line)


def main() -> None:
    """Train; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--stages", nargs="+", default=_STAGES)
    parser.add_argument(
        "--first",
        type=int,
        default=1,
        help="go on with this stage, from OUT/teaching.safetensors; past the last: calibrate only",
    )
    parser.add_argument("--lr", type=float, default=1.5e-3, help="peak of the first stage; the others have half")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--version", default="unnamed", help="what the scorer calls itself")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    data = Collected.read(options.data)
    mirror = mirrored_points(data)
    network = Teaching().to(memory_format=torch.channels_last)
    if options.first > 1:
        load_checkpoint(network, options.out / "teaching.safetensors")
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.998), use_buffers=True)
    about = {
        "model_version": options.version,
        "head": "cross_entropy",
        "trained_on": TRAINED_ON,
        "stages": options.stages,
        "seed": options.seed,
    }
    training = Training(network, average, options.out, about)
    size_before = 0
    for number, text in enumerate(options.stages, 1):
        size, batch_size, steps = (int(part) for part in text.split("x"))
        if number >= options.first:
            if size_before:
                closed, _ = look(training.teaching.scorer, data, list(range(len(data.rows))), size_before)
                data = replace(data, closed=closed)
            rng = np.random.default_rng((options.seed, number))
            order = in_pairs(data, data.where("train"), steps * batch_size, rng)
            views = Views(data, order, size, options.seed * 100 + number, mirror)
            peak = options.lr if number == 1 else 0.5 * options.lr
            run_stage(training, data, DataLoader(views, batch_size, num_workers=1, prefetch_factor=4), size, peak)
        size_before = size
    held_out = Views(data, np.repeat(data.where("val"), 2), CROP_SIZE, options.seed * 100 + 99, mirror)
    calibrate(training.teaching.scorer, iter(DataLoader(held_out, 32)), data)
    save_checkpoint(training.teaching.scorer, options.out / "scorer.safetensors", about)
    save_checkpoint(training.teaching.scorer, options.out / "backbone-face.safetensors", about, half=True)


if __name__ == "__main__":
    main()
