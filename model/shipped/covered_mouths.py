"""Trains the network of ``livecam.scoring.covered_mouth``: is a hand, a cup, a microphone before the mouth?

    python -m model.shipped.covered_mouths DATA livecam/assets/covered-mouth.npz

DATA is what model/shipped/collect.py has collected. Few of its faces have something before the mouth: those that were
found by eye (benchmarks/labels/covered_mouths.csv) are repeated, and their lower faces laid over others; hands and
things are painted before many more (``model.shipped.painted_things``), so that they cover the lips or lie beside them.
Faces of the test split are left for the figures in MODEL_CARD.md. Painting and training take two minutes of one core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from torch import Tensor, nn
from torch.nn import functional

from livecam import exit_codes
from livecam.scoring.covered_mouth import HIGHEST, LIP_PATCH, LOWEST, LipNetwork
from livecam.scoring.hidden_parts import patch_of
from livecam.types import CROP_SIZE, UInt8Array
from model.shipped.collected import Collected
from model.shipped.hidden_parts import degraded, write_weights
from model.shipped.items import CLIP_SOURCES
from model.shipped.painted_covers import Points, lay_over, paint_shadow
from model.shipped.painted_scene import SIDE
from model.shipped.painted_things import paint_thing
from model.shipped.program import run_command
from model.shipped.tables import read_labels


@dataclass(frozen=True, slots=True)
class CoveredMouthsSettings:
    """How it is trained. All was set by hand.

    clip_frames: of clips, taken as they are.  again: share of the stills that are shown once more, in other light,
    blurred, small.  shadows, things: faces that are painted so.  covered, free: shares of the lips that a thing hides,
    at least and at most; what lies between is not learned.  real, laid: how often each mouth that is covered in life is
    repeated, and laid over another face.  touched: how often each that something lies beside.
    channels, inner: of the convolutions and the hidden layer.  epochs, batch, rate, decay, dropout, noise: of AdamW
    (Loshchilov and Hutter 2019), a cycle of one.  doubted: how much oftener, in the second half, what is free and has
    log-odds above -2 is drawn.
    """

    clip_frames: int = 3000
    again: float = 0.4
    shadows: int = 2000
    things: int = 14000
    covered: float = 0.36
    free: float = 0.06
    real: int = 15
    laid: int = 25
    touched: int = 3
    channels: tuple[int, int] = (20, 40)
    inner: int = 40
    epochs: int = 16
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.05
    dropout: float = 0.3
    noise: float = 0.08
    doubted: float = 4.0


_SETTINGS = CoveredMouthsSettings()
_Lesson = tuple[int, UInt8Array, bool]  # a face of the collection, a picture of it, whether its mouth is covered


@dataclass(slots=True)
class LipPatches:
    """What is learned from. inputs: patches, float16.  covered: whether something is before the mouth.

    faces: of the collection, of which a patch shows the covered lips, or else the free ones.
    """

    inputs: list[NDArray[np.float16]] = field(default_factory=list)
    covered: list[bool] = field(default_factory=list)
    faces: list[int] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Halves:
    """The collected faces at half their size. words: what was seen of the mouth of each, see ``words_of``."""

    collected: Collected
    words: list[str]

    def image(self, index: int) -> UInt8Array:
        crop = self.collected.crops[index]
        return np.asarray(cv2.resize(np.asarray(crop), (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)

    def points(self, index: int) -> Points:
        points: Points = (self.collected.landmarks[index] + 0.5) * SIDE / CROP_SIZE - 0.5
        return points


def words_of(collected: Collected) -> list[str]:
    """Return what was seen of each mouth: free, covered, touched, unsure or no face. Of clips nobody looked."""
    rows = read_labels("covered_mouths.csv", ("source", "file", "frame", "mouth"))
    seen = {(row["source"], row["file"], row["frame"]): row["mouth"] for row in rows}
    return [seen.get((row["source"], row["file"], row["frame"]), "free") for row in collected.rows]


def _lessons(
    halves: _Halves, taught: Callable[[int], bool], rng: np.random.Generator, settings: CoveredMouthsSettings
) -> Iterator[_Lesson]:
    """Yield all that may be taught."""
    rows, words, image = halves.collected.rows, halves.words, halves.image
    faces = [index for index, row in enumerate(rows) if row["split"] != "test" and taught(index)]
    in_clips = [index for index in faces if rows[index]["source"] in CLIP_SOURCES]
    clips = rng.permutation(in_clips).tolist()[: settings.clip_frames]
    stills = sorted(set(faces) - set(in_clips))
    free, touched, covered = ([i for i in stills if words[i] == word] for word in ("free", "touched", "covered"))
    for index in (*free, *touched, *clips):
        yield index, image(index), False
    for index in (*_some(free, round(settings.again * len(free)), rng), *(settings.touched * touched)):
        yield index, _degraded(image(index), rng), False
    for index in covered:
        for _ in range(settings.real):
            yield index, _degraded(image(index), rng), True
        for below in _some(free, settings.laid, rng):
            laid = lay_over(image(index), halves.points(index), image(below), halves.points(below), rng)
            if laid is not None:
                yield below, _degraded(laid, rng), True
    yield from _painted(halves, free, clips, rng, settings)


def _painted(
    halves: _Halves, free: list[int], clips: list[int], rng: np.random.Generator, settings: CoveredMouthsSettings
) -> Iterator[_Lesson]:
    """Yield free faces with a shadow, and with something that covers the lips or lies beside them."""
    image, points = halves.image, halves.points
    for index in _some(free, settings.shadows, rng):
        yield index, _degraded(paint_shadow(image(index), points(index), rng), rng), False
    for index in _some([*free, *clips], settings.things, rng):
        other = image(free[rng.integers(len(free))]) if free else image(index)
        painted, share = paint_thing(image(index), points(index), other, rng)
        if not settings.free < share < settings.covered:
            yield index, _degraded(painted, rng), share >= settings.covered


def _some(pool: Sequence[int], count: int, rng: np.random.Generator) -> list[int]:
    """Return count of pool in any order; all of them as often as is needed for that."""
    return [pool[place % len(pool)] for place in rng.permutation(max(count, len(pool)))[:count]] if pool else []


def _degraded(image: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    return degraded(image, rng, sides=(22, 90), blurred=0.15)


def collect_patches(
    collected: Collected,
    seed: int,
    taught: Callable[[int], bool] = lambda _: True,
    settings: CoveredMouthsSettings = _SETTINGS,
) -> LipPatches:
    """Return what the network learns from. taught: which faces may be; none of the test split is, whatever it says."""
    rng = np.random.default_rng(seed)
    halves, patches = _Halves(collected, words_of(collected)), LipPatches()
    for face, image, covered in _lessons(halves, taught, rng, settings):
        points = collected.landmarks[face] + (rng.normal(0, 2.5, 2) if rng.random() < 0.6 else 0)
        patches.inputs.append(patch_of(image, points, LIP_PATCH).astype(np.float16))
        patches.covered.append(covered)
        patches.faces.append(face)
    return patches


def fit(patches: LipPatches, settings: CoveredMouthsSettings = _SETTINGS) -> LipNetwork:
    """Train the network on patches, mirrored, moved and in other colours by chance."""
    seen = torch.from_numpy(np.stack(patches.inputs)).view(-1, LIP_PATCH.rows, LIP_PATCH.columns, 3)
    seen = seen.permute(0, 3, 1, 2).contiguous()
    due = torch.tensor(patches.covered, dtype=torch.float32)
    one, two = settings.channels
    pixels = -(-LIP_PATCH.rows // 4) * -(-LIP_PATCH.columns // 4)
    network = nn.Sequential(
        nn.Conv2d(3, one, 5, 2, 2), nn.ReLU(), nn.Conv2d(one, two, 3, 2, 1), nn.ReLU(), nn.Flatten(),
        nn.Dropout(settings.dropout), nn.Linear(two * pixels, settings.inner), nn.ReLU(),
        nn.Dropout(settings.dropout), nn.Linear(settings.inner, 1),
    )  # fmt: skip
    optimizer = torch.optim.AdamW(network.parameters(), settings.rate, weight_decay=settings.decay)
    steps = len(due) // settings.batch
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.rate, total_steps=settings.epochs * steps)
    for epoch in range(settings.epochs):
        order = torch.randperm(len(due))[: steps * settings.batch]
        if epoch >= settings.epochs // 2:
            doubted = (_log_odds(network, seen) > -2) & (due == 0)
            order = torch.multinomial(1 + (settings.doubted - 1) * doubted.float(), len(order), replacement=True)
        for chosen in order.split(settings.batch):
            shown = _varied(seen[chosen].float().clamp(LOWEST, HIGHEST), settings)
            loss = functional.binary_cross_entropy_with_logits(network(shown)[:, 0], due[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            cycle.step()
    return LipNetwork(*(weights.detach().numpy() for weights in network.parameters()))


@torch.no_grad()
def _log_odds(network: nn.Module, seen: Tensor) -> Tensor:
    network.eval()
    found = torch.cat([network(part.float().clamp(LOWEST, HIGHEST))[:, 0] for part in seen.split(1024)])
    network.train()
    return found


def _varied(patches: Tensor, settings: CoveredMouthsSettings) -> Tensor:
    mirrored = torch.rand(len(patches)) < 0.5
    patches[mirrored] = patches[mirrored].flip(3)
    patches = patches + 0.12 * torch.randn(len(patches), 1, 1, 1) + 0.04 * torch.randn(len(patches), 3, 1, 1)
    down, across = (int(step) for step in torch.randint(-2, 3, (2,)))
    return torch.roll(patches, (down, across), (2, 3)) + settings.noise * torch.randn_like(patches)


def covered_mouths_command(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="What model.shipped.collect has written.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file of the network, .npz.")],
    seed: Annotated[int, typer.Option(help="Of all that is drawn at random.")] = 1,
) -> None:
    """Train the network that tells how likely something is before a mouth; figures: MODEL_CARD.md."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    patches = collect_patches(Collected.read(data), seed)
    write_weights(out, fit(patches).stored())
    Console(stderr=True).print(f"{len(patches.covered):,} patches: {out}", soft_wrap=True)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    return run_command(covered_mouths_command, "model.shipped.covered_mouths", arguments, verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
