"""The fixed set of real face crops that a scorer is calibrated on, and compared with PyTorch on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from livecam import model_files
from livecam.errors import ModelError, SourceError
from livecam.faces.crop import crop_face
from livecam.types import CROP_SIZE, Frame, UInt8Array

if TYPE_CHECKING:
    from livecam.faces.finder import FaceFinder

MAX_CROPS = 400  # set by hand
CALIBRATED = 64  # crops at most that a calibration looks at: two gigabytes
MIN_CROPS = 24  # a third is held out: one whole batch of the largest size
_PICTURES = {".bmp", ".jpeg", ".jpg", ".png", ".webp"}
_DEMO_STEP = 5  # neighbouring frames say nothing new
_BURST = 11  # crops of a clip that follow on each other
_BURSTS = 4  # at most, of one clip


@dataclass(frozen=True, slots=True, eq=False)
class FixedSet:
    """What is compared on.

    crops: uint8 (N, 224, 224, 3) RGB.  bursts: int (N,), the same number for the crops of one burst, -1 for singles.
    """

    crops: UInt8Array
    bursts: NDArray[np.int64]


def fixed_set(place: Path | None) -> FixedSet:
    """Return at least 24 crops to calibrate or to compare on.

    place: a folder of pictures, of which those in one sub-folder are a burst; a clip; what ``python -m
    model.shipped.collect`` wrote, of which the test split is taken; or None for the demo clip, one person in one light.
    Of a clip every fifth frame counts, and each eleven that follow on each other are a burst. A picture of exactly
    224x224 is taken as a crop as it is, in any other the largest face is found and cropped. There are at most 400
    singles or pictures, evenly picked. Raises ModelError if there are too few.
    """
    if place is not None and not place.exists():
        raise ModelError(f"no folder or clip at {place}: name one with faces")
    if place is not None and (place / "items.csv").is_file():
        return _collected(place)
    if place is not None and place.is_dir():
        found = list(_folder_crops(place))
    else:
        found = [(crop, index // _BURST) for index, crop in enumerate(_clip_crops(place or model_files.demo_clip()))]
    if len(found) < MIN_CROPS:
        name = place or "the demo clip"
        raise ModelError(
            f"{name} has {len(found)} faces, {MIN_CROPS} are needed: name more pictures, or none, to take the demo clip"
        )
    return FixedSet(np.stack([crop for crop, _ in found]), np.array([burst for _, burst in found]))


def split(whole: FixedSet) -> tuple[UInt8Array, FixedSet]:
    """Split a set by bursts and singles: a third of them to calibrate on, the others held out to compare on.

    Where that third is less than a calibration can use, it is the other way round. What is compared at the 99th
    percentile hangs on few faces of a hundred, and is the surer the more there are.
    """
    alone = whole.bursts.max(initial=-1) + 1 + np.arange(len(whole.bursts))
    groups = np.unique(np.where(whole.bursts < 0, alone, whole.bursts), return_inverse=True)[1]
    if groups.max() < 2:  # one or two bursts
        groups = np.arange(len(groups))
    held_out = groups % 3 != 0
    if (~held_out).sum() < CALIBRATED:
        held_out = groups % 3 == 2
    return whole.crops[~held_out], FixedSet(whole.crops[held_out], whole.bursts[held_out])


def _folder_crops(folder: Path) -> Iterator[tuple[UInt8Array, int]]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _PICTURES)
    places = sorted({path.parent for path in paths} - {folder})
    picks = np.unique(np.linspace(0, len(paths) - 1, min(len(paths), MAX_CROPS)).astype(int))
    finder: FaceFinder | None = None
    with ExitStack() as opened:
        for path in (paths[pick] for pick in picks):
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
            if picture is None:
                continue  # a picture by name only; too few crops are noticed in the end
            image = np.asarray(picture, np.uint8)
            burst = places.index(path.parent) if path.parent != folder else -1
            if image.shape == (CROP_SIZE, CROP_SIZE, 3):
                yield image, burst
            else:
                finder = finder or opened.enter_context(_finder(stills=True))
                yield from ((crop, burst) for crop in _first_face(finder, Frame(image, 0.0, 0, 0.0)))


def _clip_crops(clip: Path) -> Iterator[UInt8Array]:
    from livecam.sources.health import Health  # noqa: PLC0415  crops need neither this nor MediaPipe
    from livecam.sources.source import Pace, open_source  # noqa: PLC0415

    try:
        with open_source(str(clip), Pace.FAST) as source, _finder() as finder:
            while source.health is not Health.ENDED:
                frame = source.read()
                if frame is not None and frame.index % _DEMO_STEP == 0:
                    yield from _first_face(finder, frame)
    except SourceError as error:
        raise ModelError(f"{error}; or name a folder of face pictures") from error


def _finder(*, stills: bool = False) -> FaceFinder:
    from livecam.faces.finder import FaceFinder  # noqa: PLC0415  MediaPipe, which crops do not need

    return FaceFinder(stills=stills)


def _first_face(finder: FaceFinder, frame: Frame) -> Iterator[UInt8Array]:
    for face in finder.find(frame)[:1]:
        yield crop_face(frame.image, face).image


def _collected(folder: Path) -> FixedSet:
    """Return singles and bursts of the test split of the data that the default model is trained on."""
    try:
        with (folder / "items.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        crops = np.load(folder / "crops.npy", mmap_mode="r")
        clips: dict[str, list[int]] = {}
        alone: list[int] = []
        for index, row in enumerate(rows):
            if row["split"] == "test":
                (clips.setdefault(row["file"], []) if row["source"] == "videos" else alone).append(index)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder} is not what model.shipped.collect writes ({error}): collect it again") from error
    picks = _evenly(alone, MAX_CROPS)
    bursts = [-1] * len(picks)
    for clip in clips.values():
        for start in _evenly(list(range(0, len(clip) - _BURST + 1, _BURST)), _BURSTS):
            bursts += [max(bursts, default=-1) + 1] * _BURST
            picks += clip[start : start + _BURST]
    if len(picks) < MIN_CROPS:
        raise ModelError(f"{folder} has {len(picks)} faces in its test split, {MIN_CROPS} are needed: name another")
    return FixedSet(np.stack([crops[pick] for pick in picks]), np.array(bursts))


def _evenly(items: list[int], most: int) -> list[int]:
    """Return at most most of items, evenly picked."""
    return [items[pick] for pick in np.unique(np.linspace(0, len(items) - 1, min(len(items), most)).astype(int))]
