"""Trains the two networks of ``livecam.scoring.hidden_parts``: are the eyes behind dark lenses, the mouth behind cloth?

    python -m model.shipped.hidden_parts DATA livecam/assets/hidden-parts.npz

DATA is what model/shipped/collect.py has collected. Few of its faces wear sunglasses and none a mask, so both are
painted (``model.shipped.painted_covers``), beside all faces as they are; sunglasses that were found by eye
(benchmarks/labels/hidden_eyes.csv) come on top. Faces of the test split are left for the figures in MODEL_CARD.md.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, NamedTuple

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from torch import Tensor, nn
from torch.nn import functional

from livecam import exit_codes
from livecam.errors import OutputError
from livecam.scoring.hidden_parts import EYE_PATCH, MOUTH_PATCH, PatchLayout, PatchNetwork, patch_of
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file
from livecam.types import UInt8Array
from model.shipped.collected import Collected
from model.shipped.items import CLIP_SOURCES
from model.shipped.painted_covers import Points, paint_hand, paint_mask, paint_sunglasses, shadow_eyes
from model.shipped.painted_glasses import paint_glasses
from model.shipped.program import run_command
from model.shipped.tables import read_labels

LAYOUTS: Mapping[str, PatchLayout] = {"eyes": EYE_PATCH, "mouth": MOUTH_PATCH}


@dataclass(frozen=True, slots=True)
class HiddenPartsSettings:
    """How the two are trained. All was set by hand.

    clip_frames: of clips, taken as they are.  sunglasses, masks, both, hands, shadows, glasses: faces that are painted
    so.  real: how often each face that was labelled by eye as behind dark lenses is repeated.  inner: units of the
    hidden layer.  epochs, batch, rate, decay, dropout: of AdamW (Loshchilov and Hutter 2019), a cycle of one.
    """

    clip_frames: int = 2000
    sunglasses: int = 7000
    masks: int = 7000
    both: int = 1500
    hands: int = 4000
    shadows: int = 4000
    glasses: int = 4000
    real: int = 24
    inner: int = 32
    epochs: int = 16
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.05
    dropout: float = 0.3


_SETTINGS = HiddenPartsSettings()
_Painter = Callable[[UInt8Array, Points, np.random.Generator], UInt8Array]


class _Lesson(NamedTuple):
    """A picture of a face of the collection, and whether its eyes and mouth are hidden; None: not to be learned."""

    face: int
    image: UInt8Array
    eyes: bool | None
    mouth: bool | None


@dataclass(slots=True)
class _Patches:
    inputs: list[NDArray[np.float16]] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)


def labelled_eyes(collected: Collected) -> dict[int, bool | None]:
    """Return which faces were looked at for dark lenses: True where the eyes cannot be seen, None where one doubts."""
    rows = read_labels("hidden_eyes.csv", ("source", "file", "hidden"))
    known = {(row["source"], row["file"]): row["hidden"] == "yes" or None for row in rows}
    keys = ((row["source"], row["file"]) for row in collected.rows)
    return {index: known[key] for index, key in enumerate(keys) if key in known}


def degraded(
    image: UInt8Array, rng: np.random.Generator, sides: tuple[int, int] = (30, 110), blurred: float = 0.0
) -> UInt8Array:
    """Return a copy in other light, smaller, blurred, noisier or grey, each by chance.

    sides: of the smallest and the largest picture that it is shrunk to, pixels.  blurred: chance.
    """
    values: NDArray[np.floating] = image.astype(np.float32)
    if rng.random() < 0.5:
        values = 255 * (values / 255) ** rng.uniform(0.6, 1.7)
    if rng.random() < 0.5:
        values = values * rng.uniform(0.35, 1.3)
    if rng.random() < 0.3:
        values = values * rng.uniform(0.8, 1.2, 3)
    changed: UInt8Array = np.clip(values, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        side = int(rng.integers(*sides))
        small = cv2.resize(changed, (side, side), interpolation=cv2.INTER_AREA)
        changed = np.asarray(cv2.resize(small, image.shape[1::-1]), np.uint8)
    if blurred and rng.random() < blurred:
        changed = np.asarray(cv2.GaussianBlur(changed, (0, 0), rng.uniform(0.6, 2.6)), np.uint8)
    if rng.random() < 0.3:
        changed = np.clip(changed + rng.normal(0, rng.uniform(2, 12), changed.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        changed = np.asarray(cv2.cvtColor(cv2.cvtColor(changed, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
    return changed


def _lessons(collected: Collected, rng: np.random.Generator, settings: HiddenPartsSettings) -> Iterator[_Lesson]:
    """Yield every picture to learn from; of the test split none."""
    taught = [index for index, row in enumerate(collected.rows) if row["split"] != "test"]
    clips = [index for index in taught if collected.rows[index]["source"] in CLIP_SOURCES]
    stills = sorted(set(taught) - set(clips))

    def crop(index: int) -> UInt8Array:
        return np.asarray(collected.crops[index])

    def some(pool: Sequence[int], count: int) -> list[int]:
        return rng.choice(pool, min(count, len(pool)), replace=False).tolist() if pool else []

    for index in stills + some(clips, settings.clip_frames):
        yield _Lesson(index, crop(index), False, False)
        if rng.random() < 0.5:
            yield _Lesson(index, degraded(crop(index), rng), False, False)
    painted: tuple[tuple[_Painter, list[int], int, bool | None, bool | None], ...] = (
        (paint_sunglasses, taught, settings.sunglasses, True, False),
        (paint_mask, taught, settings.masks, False, True),
        (_paint_both, taught, settings.both, True, True),
        (paint_hand, stills, settings.hands, None, False),
        (shadow_eyes, stills, settings.shadows, False, None),
        (_paint_plain_glasses, stills, settings.glasses, False, None),
    )
    for paint, pool, count, eyes, mouth in painted:
        for index in some(pool, count):
            image = degraded(paint(crop(index), collected.landmarks[index], rng), rng)
            yield _Lesson(index, image, eyes, mouth)


def _paint_both(image: UInt8Array, points: Points, rng: np.random.Generator) -> UInt8Array:
    return paint_mask(paint_sunglasses(image, points, rng), points, rng)


def _paint_plain_glasses(image: UInt8Array, points: Points, rng: np.random.Generator) -> UInt8Array:
    return paint_glasses(image, points, 1.0, rng)


def collect_patches(collected: Collected, seed: int, settings: HiddenPartsSettings = _SETTINGS) -> dict[str, _Patches]:
    """Return what each network learns from."""
    rng = np.random.default_rng(seed)
    seen = labelled_eyes(collected)
    patches = {name: _Patches() for name in LAYOUTS}
    for lesson in _lessons(collected, rng, settings):
        points = collected.landmarks[lesson.face] + (rng.normal(0, 2, 2) if rng.random() < 0.5 else 0)
        for name, hidden in (("eyes", None if lesson.face in seen else lesson.eyes), ("mouth", lesson.mouth)):
            if hidden is not None:
                patches[name].inputs.append(patch_of(lesson.image, points, LAYOUTS[name]).astype(np.float16))
                patches[name].hidden.append(hidden)
    for index, hidden in seen.items():
        if hidden and collected.rows[index]["split"] != "test":
            patch = patch_of(np.asarray(collected.crops[index]), collected.landmarks[index], EYE_PATCH)
            patches["eyes"].inputs += settings.real * [patch.astype(np.float16)]
            patches["eyes"].hidden += settings.real * [True]
    return patches


def fit(patches: _Patches, layout: PatchLayout, settings: HiddenPartsSettings = _SETTINGS) -> PatchNetwork:
    """Train one network on its patches, mirrored, moved by a pixel and in other colours by chance."""
    inputs = np.stack(patches.inputs)
    mean, deviation = inputs.astype(np.float32).mean(axis=0), inputs.astype(np.float32).std(axis=0) + np.float32(0.1)
    seen, due = torch.from_numpy(inputs), torch.tensor(patches.hidden, dtype=torch.float32)
    first, second = nn.Linear(inputs.shape[1], settings.inner), nn.Linear(settings.inner, 1)
    network = nn.Sequential(first, nn.ReLU(), nn.Dropout(settings.dropout), second)
    optimizer = torch.optim.AdamW(network.parameters(), settings.rate, weight_decay=settings.decay)
    steps = len(due) // settings.batch
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.rate, total_steps=settings.epochs * steps)
    for _ in range(settings.epochs):
        for chosen in torch.randperm(len(due))[: steps * settings.batch].split(settings.batch):
            shown = (_varied(seen[chosen].float(), layout) - torch.from_numpy(mean)) / torch.from_numpy(deviation)
            shown = shown + 0.15 * torch.randn_like(shown)
            loss = functional.binary_cross_entropy_with_logits(network(shown)[:, 0], due[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            cycle.step()
    weights = [first.weight.T, first.bias, second.weight[0], second.bias[0]]
    return PatchNetwork(mean, deviation, *(weight.detach().numpy().astype(np.float32) for weight in weights))


def _varied(patches: Tensor, layout: PatchLayout) -> Tensor:
    views = patches.view(-1, layout.rows, layout.columns, 3)
    mirrored = torch.rand(len(views)) < 0.5
    views[mirrored] = views[mirrored].flip(2)
    views = views + 0.12 * torch.randn(len(views), 1, 1, 1) + 0.04 * torch.randn(len(views), 1, 1, 3)
    down, across = (int(step) for step in torch.randint(-1, 2, (2,)))
    return torch.roll(views, (down, across), (1, 2)).reshape(len(patches), -1)


def write_weights(out: Path, tables: Mapping[str, NDArray[np.generic]]) -> None:
    """Write a network's weights to out, an .npz file. Raises OutputError."""
    written = io.BytesIO()
    np.savez_compressed(written, allow_pickle=False, **tables)
    try:
        replace_file(out, written.getvalue())
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {why(error)}") from error


def hidden_parts_command(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What model.shipped.collect has written.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file of both networks, .npz.")],
    seed: Annotated[int, typer.Option(help="Of all that is drawn at random.")] = 1,
) -> None:
    """Train the networks that tell whether eyes and mouth are hidden; figures: MODEL_CARD.md."""
    torch.manual_seed(seed)
    patches = collect_patches(Collected.read(data), seed)
    tables: dict[str, NDArray[np.float16]] = {}
    for name, layout in LAYOUTS.items():
        network = fit(patches[name], layout)
        for part in PatchNetwork.__slots__:
            tables[f"{name}_{part}"] = np.asarray(getattr(network, part), np.float16)
    write_weights(out, tables)
    Console(stderr=True).print(f"{sum(len(p.hidden) for p in patches.values()):,} patches: {out}", soft_wrap=True)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    return run_command(hidden_parts_command, "model.shipped.hidden_parts", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
