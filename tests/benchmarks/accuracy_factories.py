"""Faces for the accuracy benchmark: in memory, and DATA as ``model.shipped.collect`` writes it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.accuracy.data import Faces, ScorerOutputs, block_of
from livecam import model_files
from livecam.faces.crop import crop_face
from livecam.faces.finder import FaceFinder
from livecam.types import BLENDSHAPES, Frame
from model.shipped.collected import Collected
from model.shipped.painted_lids import paint_lid
from tests.factories import make_face

Row = dict[str, str]


def row(source: str = "ratings", file: str = "a.jpg", **more: str) -> Row:
    plain = {"frame": "0", "person": "", "split": "test", "eyes": "", "smile": "", "mouth": "", "face_px": "200"}
    return {"source": source, "file": file} | plain | more


def faces(
    rows: list[Row], *, state: Sequence[str] = (), glasses: Sequence[str] = (), smile: Sequence[str] = ()
) -> Faces:
    """Faces in memory: one made face for all, grey noise for crops."""
    made = make_face(centre=(112, 106), size=172)
    count = len(rows)
    noise = np.random.default_rng(0).integers(60, 200, (224, 224, 3), np.uint8)
    data = Collected(
        rows,
        np.repeat(noise[None], count, axis=0),
        np.repeat(made.landmarks[None, :, :2], count, axis=0).astype(np.float32),
        np.zeros((count, BLENDSHAPES), np.float32),
        np.zeros((count, 3), np.float32),
    )
    none = np.full(count, "", np.str_)
    states, worn, smiling = (np.array(list(labels) or none, np.str_) for labels in (state, glasses, smile))
    blocks = np.array([block_of(one) for one in rows])
    return Faces(data, np.arange(count), blocks, states, worn, smiling, none, none)


def outputs(score: Sequence[float], closed: Sequence[tuple[float, float]] | None = None) -> ScorerOutputs:
    count = len(score)
    eyes = np.array(closed, np.float64) if closed else np.zeros((count, 2))
    return ScorerOutputs(
        eyes, np.array(score, np.float64), np.full((count, 5), 0.2), np.zeros((count, 512), np.float32)
    )


FIRST_FACE = 70  # frame of the demo clip: at rest, eyes open


def collect(folder: Path, *, second_batch: bool = False) -> Path:
    """Write DATA as model.shipped.collect does, of frames of the demo clip in the place of every set.

    second_batch: with, after all others, one wink, one child, one HELEN face and one frame of a clip of each of the
    four frames; the left eyes of winks and both of the clip are painted shut.
    """
    folder.mkdir()
    clip = cv2.VideoCapture(str(Path(model_files.__file__).parent / "assets/demo.mp4"))
    clip.set(cv2.CAP_PROP_POS_FRAMES, FIRST_FACE)
    rows, arrays = [], []
    later = []
    with FaceFinder(stills=True) as finder:
        for number in range(4):
            image = np.asarray(cv2.cvtColor(clip.read()[1], cv2.COLOR_BGR2RGB), np.uint8)
            (found, *_) = finder.find(Frame(image, 0.0, 0, 0.0))
            crop = crop_face(image, found)
            points = np.column_stack([found.landmarks[:, :2] @ crop.matrix[:, :2].T + crop.matrix[:, 2], np.zeros(478)])
            shut = crop.image
            for eye in ("left", "right"):
                shut = paint_lid(shut, points.astype(np.float32), eye, 1.0)
            rest = (points[:, :2], found.blendshapes, found.pose)
            px, split = str(found.size), "test" if number else "train"
            for made in (
                row("eyes", f"regular_{number:04}.jpg", eyes="0", face_px=px),
                row("smile", f"s{number}.jpg", smile=str(number % 2), split="test", face_px=px),
                row("smile", f"t{number}.jpg", smile=str(number % 2), split="train", face_px=px),
                row("ratings", f"p{number}.jpg", split=split, face_px=px),
                row("people", f"l{number}.jpg", person=str(number), face_px=px),
                row("pairs", f"n{number}.jpg", person=str(number), eyes="0", smile="0", face_px=px),
                row("pairs", f"h{number}.jpg", person=str(number), eyes="0", smile="1", face_px=px),
            ):
                rows.append(made)
                arrays.append((crop.image, *rest))
            rows.append(row("eyes", f"closed_{number:04}.jpg", eyes="1", face_px=px))
            arrays.append((shut, *rest))
            if second_batch:
                wink = paint_lid(crop.image, points.astype(np.float32), "left", 1.0)
                later += [
                    (row("winks", f"w{number}.jpg", person=f"w{number}.jpg -", eyes="1 0", face_px=px), (wink, *rest)),
                    (row("children", f"c{number}.jpg", split=split, smile="1", face_px=px), (crop.image, *rest)),
                    (
                        row("helen", f"h{number}.jpg", split=split, smile=str(number % 2), face_px=px),
                        (crop.image, *rest),
                    ),
                    (row("clips", "clip.mp4", frame=str(number), eyes="1", face_px=px), (shut, *rest)),
                ]
    rows += [made for made, _ in later]
    arrays += [parts for _, parts in later]
    for name, array in zip(("crops", "landmarks", "blendshapes", "pose"), zip(*arrays, strict=True), strict=True):
        np.save(folder / f"{name}.npy", np.stack(array).astype(np.uint8 if name == "crops" else np.float32))
    write_items(folder, [one | {"new_column": "x"} for one in rows])
    return folder


def write_items(folder: Path, rows: list[Row]) -> None:
    with (folder / "items.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
