"""Reads the faces of the research data, each with what MediaPipe sees in it: of pictures, and of frames of clips."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from livecam.faces.crop import crop_face
from livecam.faces.finder import FaceFinder
from livecam.types import Face, FloatArray, Frame, UInt8Array
from model.shipped.blinks import eyes_in_time
from model.shipped.bursts import frames_of_bursts
from model.shipped.items import Item, clip_split, seen_in_clip
from model.shipped.labels import BLINK

_FACES = 4  # at most, of one picture


@dataclass(frozen=True, slots=True)
class FrameSettings:
    """Which frames of a clip are taken. All was set by hand.

    lids_moving: the teacher's closedness of an eye, 0..1, above which every frame is taken, and around_blink frames
    before and after it; of the others each train_step-th, or test_step-th, and all that readers saw in a burst that may
    be trained on.
    """

    lids_moving: float = 0.3
    around_blink: int = 3
    train_step: int = 3
    test_step: int = 5


FRAMES = FrameSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A face.

    crop: uint8 (224, 224, 3).  landmarks: float32 (478, 2), crop pixels.  blendshapes: float32 (52,).  pose: float32
    (3,), degrees.
    """

    item: Item
    crop: UInt8Array
    landmarks: FloatArray
    blendshapes: FloatArray
    pose: FloatArray


def read_stills(work: Sequence[tuple[Path, Item]]) -> list[Sample]:
    """Return the largest face of each picture; of source photos all. What is no picture is passed over."""
    samples = []
    with FaceFinder(stills=True, faces=_FACES) as finder:
        for path, item in work:
            read = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if read is None:
                continue
            image = cv2.cvtColor(read, cv2.COLOR_BGR2RGB)
            if item.source in {
                "eyes",
                "smile",
                "helen",
            }:  # cut so close that the detector needs room
                pad = max(image.shape[:2]) // 3
                image = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REFLECT_101)
            faces = finder.find(Frame(np.asarray(image, np.uint8), 0, 0, 0))
            chosen = faces if item.source == "photos" else _of_subject(faces, item.person)
            samples += [_sample(item, np.asarray(image, np.uint8), face) for face in chosen]
    return samples


def _of_subject(faces: tuple[Face, ...], person: str) -> Sequence[Face]:
    """The one face that is meant, see model.shipped.items.more_stills; the largest comes first."""
    subject = person.rpartition(" ")[2]
    if subject not in {"a", "b", "left", "right"}:
        return faces[:1]
    across = sorted(faces, key=lambda face: face.box[0])
    return across[:1] if subject in {"a", "left"} else across[-1:]


def read_clip(path: Path) -> list[Sample]:
    """Return the largest face of the frames that are taken, see FrameSettings, its eyes labelled by their course."""
    split = clip_split(path.name)
    step = FRAMES.test_step if split == "test" else FRAMES.train_step
    read_by_people = frames_of_bursts(path)
    clip = cv2.VideoCapture(str(path))
    fps = clip.get(cv2.CAP_PROP_FPS) or 25.0
    kept: dict[int, Sample] = {}
    passed: deque[tuple[int, Sample]] = deque(maxlen=FRAMES.around_blink)
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
            blinks.append(faces[0].blendshapes[BLINK].tolist() if faces else [float("nan")] * 2)
            if not faces:
                continue
            sample = _sample(Item(path.parent.name, path.name, index, path.name, split), image, faces[0])
            if faces[0].blendshapes[BLINK].max() > FRAMES.lids_moving:
                near_blink = index
                kept.update(passed)
            if index - near_blink <= FRAMES.around_blink or index % step == 0 or index in read_by_people:
                kept[index] = sample
            passed.append((index, sample))
    clip.release()
    labels, seen = eyes_in_time(np.asarray(blinks), fps), seen_in_clip(path)
    for index, sample in kept.items():
        by_eye, smile = seen.get(index, ("", ""))
        kept[index] = replace(sample, item=replace(sample.item, eyes=by_eye or labels[index], smile=smile))
    return [sample for _, sample in sorted(kept.items())]


def _sample(item: Item, image: UInt8Array, face: Face) -> Sample:
    crop = crop_face(image, face)
    landmarks = face.landmarks[:, :2] @ crop.matrix[:, :2].T + crop.matrix[:, 2]
    item = replace(item, face_px=round(face.size, 1))
    return Sample(item, crop.image, landmarks, face.blendshapes, np.asarray(face.pose, np.float32))
