"""MediaPipe's FaceLandmarker on parts of a picture, which is how small faces are found.

Its detector looks at a copy of 128 pixels, so it only sees faces that fill a seventh of what it is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Self

import cv2
import numpy as np

from livecam.faces.mediapipe_import import BaseOptions, Image, ImageFormat, vision
from livecam.types import Face, Frame, UInt8Array

SEEN = 1 / 7  # of a window's longer side: the smallest face that is seen in it
SMALLEST_REGION = 96  # pixels; a face in a smaller one is too small to say anything of its eyes
# Detector confidence in a search window. At MediaPipe's own 0.5 seven of 20 pictures without people held a face, at
# 0.7 one; none of the groups lost one.
SURE = 0.7
_REGION = 3.0  # side of a followed face's window over the face's size: small enough to see it, wide enough to follow


class Region(NamedTuple):
    """A part of the picture: x0, y0, x1, y1 in pixels, inside the picture."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def whole(cls, image: UInt8Array) -> Self:
        """All of the picture."""
        return cls(0, 0, image.shape[1], image.shape[0])

    @classmethod
    def square(cls, x: float, y: float, side: float, image: UInt8Array) -> Self:
        """What lies in the picture of a square around x, y; a pixel at least."""
        height, width = image.shape[:2]
        left, top = (int(np.clip(round(at - side / 2), 0, most - 1)) for at, most in ((x, width), (y, height)))
        right, bottom = min(round(x + side / 2), width), min(round(y + side / 2), height)
        return cls(left, top, max(right, left + 1), max(bottom, top + 1))

    def part(self, image: UInt8Array) -> UInt8Array:
        """The pixels in the window."""
        return image[self.y0 : self.y1, self.x0 : self.x1]

    @classmethod
    def around(cls, face: Face, image: UInt8Array, others: Sequence[Face] = ()) -> Self:
        """The window in which face is followed: the whole picture if the face is large in it.

        It ends half-way to each of the others, or the landmarker might see one of them instead.
        """
        height, width = image.shape[:2]
        side = round(_REGION * face.size)
        x, y = middle(face)
        if side >= min(height, width):
            region = cls.whole(image)
        else:
            side_x, side_y = min(side, width), min(side, height)
            left = int(np.clip(x - side / 2, 0, width - side_x))
            top = int(np.clip(y - side / 2, 0, height - side_y))
            region = cls(left, top, left + side_x, top + side_y)
        for other in others:
            region = region._up_to(middle(other), face)
        return region

    def _up_to(self, other: tuple[float, float], face: Face) -> Self:
        """The part of this window on face's side of the line between face and the middle of another."""
        (x, y), (u, v) = middle(face), other
        half = face.size / 2  # of two faces on top of each other each keeps at least itself
        if abs(u - x) >= abs(v - y):
            between = round((x + u) / 2)
            if u < x:
                return self._replace(x0=max(self.x0, min(between, round(x - half))))
            return self._replace(x1=min(self.x1, max(between, round(x + half))))
        between = round((y + v) / 2)
        if v < y:
            return self._replace(y0=max(self.y0, min(between, round(y - half))))
        return self._replace(y1=min(self.y1, max(between, round(y + half))))

    def suits(self, face: Face, wanted: Region) -> bool:
        """Whether face can go on being followed here although ``around`` would say wanted: moving costs a frame."""
        ratio = (self.x1 - self.x0) / (wanted.x1 - wanted.x0), (self.y1 - self.y0) / (wanted.y1 - wanted.y0)
        x0, y0, x1, y1 = face.box
        most = 0.25 * face.size

        def enough(room: float, wanted_room: float) -> bool:
            return room > min(most, 0.5 * wanted_room) or room >= wanted_room

        inside = (
            enough(x0 - self.x0, x0 - wanted.x0)
            and enough(y0 - self.y0, y0 - wanted.y0)
            and enough(self.x1 - x1, wanted.x1 - x1)
            and enough(self.y1 - y1, wanted.y1 - y1)
        )
        return inside and all(0.6 < share < 1.6 for share in ratio)


def middle(face: Face) -> tuple[float, float]:
    """Return x and y of the middle of the face's box, pixels of the frame."""
    x0, y0, x1, y1 = face.box
    return (x0 + x1) / 2, (y0 + y1) / 2


class Landmarker:
    """MediaPipe's FaceLandmarker on a window of the picture."""

    def __init__(
        self, model: bytes, faces: int, *, video: bool = False, confidence: float = 0.5, longest: float = math.inf
    ) -> None:
        """model: a face_landmarker.task.  faces: the most that are looked for.  video: frames follow on each other.

        confidence: of the detector, 0..1, at which a face is one.  longest: pixels of a window's longer side, of more
        than that MediaPipe gets a smaller copy.
        """
        self._landmarker = vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_buffer=model),
                running_mode=vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE,
                num_faces=faces,
                min_face_detection_confidence=confidence,
                output_face_blendshapes=True,
                output_facial_transformation_matrixes=True,
            )
        )
        self._video = video
        self._longest = longest
        self._last_ms = -1

    def detect(self, frame: Frame, region: Region) -> list[Face]:
        """Return the faces in the window, in pixels of the whole frame."""
        part = region.part(frame.image)
        scale = np.array([part.shape[1], part.shape[0], part.shape[1]], np.float32)
        image = Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(_shrunk(part, self._longest)))
        if self._video:
            self._last_ms = max(self._last_ms + 1, round(frame.t_ms))  # MediaPipe wants strictly rising times
            result = self._landmarker.detect_for_video(image, self._last_ms)
        else:
            result = self._landmarker.detect(image)
        first = np.array([region.x0, region.y0, 0], np.float32)
        return [
            Face(
                landmarks=np.array([(p.x, p.y, p.z) for p in landmarks], np.float32) * scale + first,
                blendshapes=np.clip(np.array([b.score for b in blendshapes], np.float32), 0, 1),
                transform=np.asarray(transform, np.float32),
            )
            for landmarks, blendshapes, transform in zip(
                result.face_landmarks, result.face_blendshapes, result.facial_transformation_matrixes, strict=True
            )
        ]

    def close(self) -> None:
        """Free MediaPipe's part."""
        self._landmarker.close()


def regions_of(image: UInt8Array, side: int, overlap: float) -> list[Region]:
    """Return square windows that cover image, the middle of it first.

    side: of a window, pixels, at most the picture's shorter.  overlap: of neighbours, at least, as a share of side.
    """
    height, width = image.shape[:2]
    lefts, tops = (
        np.linspace(0, length - side, int(np.ceil((length - side) / (side * (1 - overlap)))) + 1).astype(int)
        for length in (width, height)
    )
    regions = [Region(x, y, x + side, y + side) for y in tops.tolist() for x in lefts.tolist()]
    return sorted(regions, key=lambda w: abs(w.x0 + w.x1 - width) + abs(w.y0 + w.y1 - height))


def _shrunk(image: UInt8Array, longest: float) -> UInt8Array:
    """Image, or a copy of it whose longer side is that long, pixels."""
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def add_new(known: list[Face], found: list[Face]) -> list[Face]:
    """Add to known those of found that are not in it yet, and return them."""
    new = []
    for face in found:
        x, y = middle(face)
        near = (middle(other) for other in known)
        if all(max(abs(x - u), abs(y - v)) > 0.5 * face.size for u, v in near):
            known.append(face)
            new.append(face)
    return new
