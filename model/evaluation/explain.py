"""``python -m model saliency`` and ``python -m model fool``: pictures of what a checkpoint looks at, with numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from torch import Tensor

from livecam.errors import OutputError, SourceError
from livecam.storage.durable import replace_file
from livecam.storage.own_files import beginning_of
from livecam.types import FloatArray, UInt8Array
from model.checkpoint import Metadata, RatedNetwork, load_network
from model.data.dataset import Int64Array, load_dataset
from model.evaluation import plots
from model.evaluation.adversarial import AdversarialExample, fool, seen_class
from model.evaluation.evaluate import checkpoints, rows_to_evaluate
from model.evaluation.saliency import Method, face_masks, overlay, saliency_maps, share_on_face
from model.features import apply_mask, landmark_features
from model.own_files import is_json_with, require_own_files

SCHEMA = "1"
_DATA = typer.Argument(metavar="DATA", help="A data set that prepare wrote.")
_RUN = typer.Argument(metavar="RUN", help="A training's folder, or a checkpoint.")
_COUNT = typer.Option(min=1, help="How many photos of each class.")
_SEED = typer.Option(min=0, help="Which photos are drawn.")


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A photo to explain. crop: uint8 (224, 224, 3).  points: float32 (478, 2), crop pixels.  true, predicted: 0..K-1.

    landmarks: (1, 55), for a head that takes them.
    """

    name: str
    crop: UInt8Array
    points: FloatArray
    true: int
    predicted: int
    landmarks: Tensor | None = None


def saliency_command(
    data: Annotated[Path, _DATA],
    run: Annotated[Path, _RUN],
    out: Annotated[Path, typer.Option(help="The folder for saliency.png and saliency.json.")],
    count: Annotated[int, _COUNT] = 1,
    seed: Annotated[int, _SEED] = 0,
) -> None:
    """Show which parts of held-out photos decide, and how much of that lies on the face."""
    _require_place(out, "saliency")
    network, metadata, examples = _examples(data, run, count, seed)
    image, numbers = saliency_pictures(network, examples, metadata.labels)
    write_pictures(out, "saliency", image, {"model": metadata.model_version, "photos": numbers})


def fool_command(
    data: Annotated[Path, _DATA],
    run: Annotated[Path, _RUN],
    out: Annotated[Path, typer.Option(help="The folder for fool.png and fool.json.")],
    count: Annotated[int, _COUNT] = 1,
    seed: Annotated[int, _SEED] = 0,
) -> None:
    """Change held-out photos of the lower classes, as little as does it, until they are seen as the highest class."""
    _require_place(out, "fool")
    network, metadata, examples = _examples(data, run, count, seed)
    wanted = len(metadata.labels) - 1
    lower = [one for one in examples if one.true < wanted and one.predicted < wanted]
    if not lower:
        raise SourceError(f"no photo that was drawn is seen below {metadata.labels[wanted]}: use a higher --count")
    image, numbers = fool_pictures(network, lower, metadata.labels)
    write_pictures(
        out, "fool", image, {"model": metadata.model_version, "wanted": metadata.labels[wanted], "photos": numbers}
    )


def saliency_pictures(
    network: RatedNetwork, examples: Sequence[Example], labels: Sequence[str]
) -> tuple[bytes, list[dict[str, object]]]:
    """Return a PNG, one row for each photo with all maps of its predicted class, and the numbers in it."""
    rows, numbers = [], []
    for one in track(examples, "explaining", console=Console(stderr=True), transient=True):
        mask = face_masks(one.points[None])
        area = float(mask.mean())
        seen = f"true {labels[one.true]}, seen {labels[one.predicted]}"
        row, shares = [plots.Tile(one.crop, f"{seen}\nface: {area:.0%} of the area")], {}
        for method in Method:
            maps = saliency_maps(network, one.crop[None], np.array([one.predicted]), method, landmarks=one.landmarks)
            share = float(share_on_face(maps, mask)[0])
            row.append(plots.Tile(overlay(one.crop, maps[0]), f"{share:.0%} on the face\n"))
            shares[method.value] = None if np.isnan(share) else round(share, 4)
        rows.append(row)
        numbers.append(_about(one, labels) | {"face_area": round(area, 4), "on_face": shares})
    titles = ("photo", "gradient", "SmoothGrad", "Grad-CAM")
    return plots.grid_png(rows, titles), numbers


def fool_pictures(
    network: RatedNetwork, examples: Sequence[Example], labels: Sequence[str]
) -> tuple[bytes, list[dict[str, object]]]:
    """Return a PNG, one row for each photo with what fools the network into the highest class, and its numbers."""
    rows, numbers = [], []
    wanted = len(labels) - 1
    for one in track(examples, "fooling", console=Console(stderr=True), transient=True):
        found = fool(network, one.crop, wanted, landmarks=one.landmarks)
        mask = face_masks(one.points[None])
        size = np.abs(found.change).sum(axis=2)[None]
        share = float(share_on_face(size, mask)[0])
        rows.append(
            [
                plots.Tile(one.crop, f"true {labels[one.true]}, seen {labels[found.before]}\n"),
                plots.Tile(found.picture, f"seen {labels[found.after]} after {found.steps} steps\n"),
                plots.Tile(found.magnified, _size_text(found, share, float(mask.mean()))),
            ]
        )
        numbers.append(
            _about(one, labels)
            | {
                "reached": found.reached,
                "seen_after": labels[found.after],
                "steps": found.steps,
                "l2": round(found.l2, 2),
                "rms": round(found.rms, 4),
                "linf": round(found.linf, 2),
                "on_face": None if np.isnan(share) else round(share, 4),
                "face_area": round(float(mask.mean()), 4),
            }
        )
    return plots.grid_png(rows, ("photo", f"made to be seen {labels[wanted]}", "difference × 50")), numbers


def _size_text(found: AdversarialExample, share: float, area: float) -> str:
    return f"L2 {found.l2:.0f}, L∞ {found.linf:.0f} of 255 levels\n{share:.0%} on the face ({area:.0%} of area)"


def _about(one: Example, labels: Sequence[str]) -> dict[str, object]:
    return {"photo": one.name, "true": labels[one.true], "predicted": labels[one.predicted]}


def _examples(data: Path, run: Path, count: int, seed: int) -> tuple[RatedNetwork, Metadata, list[Example]]:
    """Draw count held-out photos of each class that has any."""
    dataset = load_dataset(data)
    network, metadata = load_network(checkpoints(run)[0])
    rows, _ = rows_to_evaluate(dataset, metadata, everything=False)
    drawn = draw(dataset.classes(metadata.target), rows, count, seed)
    crops = dataset.crops(drawn)
    if metadata.masked:
        crops = apply_mask(crops, dataset.points[drawn])
    beside = landmark_features(dataset.take(drawn))[0].split(1) if metadata.landmarks else [None] * len(drawn)
    examples = [
        Example(
            name=dataset.photos[row],
            crop=crop,
            points=dataset.points[row],
            true=int(dataset.classes(metadata.target)[row]),
            predicted=seen_class(network, torch.from_numpy(crop[None]), own),
            landmarks=own,
        )
        for row, crop, own in zip(drawn, crops, beside, strict=True)
    ]
    return network, metadata, examples


def draw(classes: Int64Array, rows: Int64Array, count: int, seed: int) -> Int64Array:
    """Return up to count of rows of each class, the classes in order. classes: of the whole data set."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(rows)
    own = [shuffled[classes[shuffled] == k][:count] for k in np.unique(classes[rows])]
    return np.concatenate(own).astype(np.int64)


def _require_place(out: Path, name: str) -> None:
    """Raise OutputError if another's file would be lost: a picture is ours if the numbers beside it are."""
    numbers = out / f"{name}.json"
    require_own_files(
        out, {numbers.name: is_json_with("schema", "model"), f"{name}.png": lambda _: bool(beginning_of(numbers))}
    )


def write_pictures(out: Path, name: str, image: bytes, numbers: dict[str, object]) -> None:
    """Write NAME.png and NAME.json into the folder out. image: a PNG. Raises OutputError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        # The numbers first: whose the picture is, is told by them.
        replace_file(out / f"{name}.json", f"{json.dumps({'schema': SCHEMA, **numbers}, indent=1)}\n".encode())
        replace_file(out / f"{name}.png", image)
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}): choose another --out") from None
    Console(stderr=True, soft_wrap=True).print(f"{out / name}.png and .json", markup=False)
