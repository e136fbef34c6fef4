"""Finds faces with MediaPipe's FaceLandmarker: 478 landmarks, 52 blendshapes and the head's pose.

Its detector looks at a copy of 128 pixels, so it only sees faces that fill a seventh of the picture. That is
fine before a laptop and useless for a group. So livecam lets it look at parts of the picture: stills are
searched in ever smaller windows, and in a stream each face has a landmarker of its own that watches a window
around it, while a search for newcomers goes through the picture window by window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

from livecam import assets
from livecam.types import BLENDSHAPE_NAMES, Face, Frame, UInt8Array

__all__ = ["BLENDSHAPE_NAMES", "FaceFinder"]

_WINDOW = 3.0  # side of a followed face's window over the face's size: small enough to see it, wide enough to follow
_SHARES = (0.55, 0.28, 0.14)  # sides of the search windows over the picture's shorter side, coarse to fine
_OVERLAP = 0.5
_SEEN = 1 / 7  # of a window's longer side: the smallest face that is seen in it
_LEAST_ROOM = 1.5  # sides of a window, in face sizes, that are worth searching for more faces of that size
_SMALLEST_WINDOW = 96  # pixels; a face in a smaller one is too small to say anything of its eyes
# Detector confidence in a search window. At MediaPipe's own 0.5 seven of 20 pictures without people held a face, at
# 0.7 one; none of the groups lost one.
_SURE = 0.7
_MISSES = 5  # frames without its face before a landmarker is free for another


class _Window(NamedTuple):
    """A part of the picture: x0, y0, x1, y1 in pixels, inside the picture."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def whole(cls, image: UInt8Array) -> Self:
        return cls(0, 0, image.shape[1], image.shape[0])

    @classmethod
    def around(cls, face: Face, image: UInt8Array, others: Sequence[Face] = ()) -> Self:
        """The window in which face is followed: the whole picture if the face is large in it.

        It ends half-way to each of the others, or the landmarker might see one of them instead.
        """
        height, width = image.shape[:2]
        side = round(_WINDOW * face.size)
        x, y = _middle(face)
        if side >= min(height, width):
            window = cls.whole(image)
        else:
            side_x, side_y = min(side, width), min(side, height)
            left = int(np.clip(x - side / 2, 0, width - side_x))
            top = int(np.clip(y - side / 2, 0, height - side_y))
            window = cls(left, top, left + side_x, top + side_y)
        for other in others:
            window = window._up_to(_middle(other), face)
        return window

    def _up_to(self, other: tuple[float, float], face: Face) -> Self:
        """The part of this window on face's side of the line between face and the middle of another."""
        (x, y), (u, v) = _middle(face), other
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

    def suits(self, face: Face, wanted: _Window) -> bool:
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


def _middle(face: Face) -> tuple[float, float]:
    x0, y0, x1, y1 = face.box
    return (x0 + x1) / 2, (y0 + y1) / 2


class _Landmarker:
    """MediaPipe's FaceLandmarker on a window of the picture."""

    def __init__(self, model: bytes, faces: int, *, video: bool = False, confidence: float = 0.5) -> None:
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
        self._last_ms = -1

    def look(self, frame: Frame, window: _Window) -> list[Face]:
        """Return the faces in the window, in pixels of the whole frame."""
        part = np.ascontiguousarray(frame.image[window.y0 : window.y1, window.x0 : window.x1])
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=part)
        if self._video:
            self._last_ms = max(self._last_ms + 1, round(frame.t_ms))  # MediaPipe wants strictly rising times
            result = self._landmarker.detect_for_video(image, self._last_ms)
        else:
            result = self._landmarker.detect(image)
        scale = np.array([part.shape[1], part.shape[0], part.shape[1]], np.float32)
        first = np.array([window.x0, window.y0, 0], np.float32)
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
        self._landmarker.close()


class _Followed:
    """One face of a stream: the landmarker and the window that follow it."""

    def __init__(self, model: bytes) -> None:
        self._landmarker = _Landmarker(model, 1, video=True)
        self.window: _Window | None = None
        self.face: Face | None = None
        self._last: Face | None = None  # where it was seen, when it is not seen now
        self._misses = 0

    @property
    def free(self) -> bool:
        return self.window is None

    def start(self, face: Face, frame: Frame, others: Sequence[Face]) -> None:
        self.face, self.window, self._misses = face, _Window.around(face, frame.image, others), 0
        self._last = face

    def stop(self) -> None:
        self.face, self.window = None, None

    @property
    def last(self) -> Face | None:
        """The face where it is, or where it was last seen as long as it is looked for."""
        return self._last if self.window is not None else None

    def follow(self, frame: Frame, still: _Landmarker, others: Sequence[Face]) -> None:
        """Look for the face in its window; after a few frames in vain, give up. others: what is not looked for."""
        if self.window is None or self._last is None:
            return
        # A landmarker whose window has moved looks in the wrong place for one frame; the other looks afresh.
        found = self._landmarker.look(frame, self.window) or still.look(frame, self.window)
        x, y = _middle(self._last)
        nearest = min(found, key=lambda face: math.dist(_middle(face), (x, y)), default=None)
        self.face = nearest
        self._last = nearest or self._last
        self._misses = 0 if found else self._misses + 1
        if self._misses >= _MISSES:
            self.stop()
        elif self.face is not None:
            wanted = _Window.around(self.face, frame.image, others)
            if not self.window.suits(self.face, wanted):
                self.window = wanted

    def close(self) -> None:
        self._landmarker.close()


class FaceFinder:
    """Finds the faces of stills, or follows those of a stream."""

    def __init__(self, *, model: Path | None = None, faces: int = 1, stills: bool = False, least: float = 0.0) -> None:
        """Load the face model; faces is the most that are looked for.

        least: in stills, faces smaller than this share of the largest need not be found, which spares most pictures
        most of the search.

        Raises ModelError if the model is missing or altered, ValueError if faces < 1.
        """
        if faces < 1:
            raise ValueError(f"faces must be at least 1, not {faces}")
        loaded = assets.face_landmarker(model).read_bytes()
        self._most = faces
        self._least = least
        self._whole = _Landmarker(loaded, faces)
        self._part = _Landmarker(loaded, faces, confidence=_SURE)
        self._followed = () if stills else tuple(_Followed(loaded) for _ in range(faces))
        self._search: Iterator[_Window] = iter(())
        self._some_known = False

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in frame, the largest first, at most as many as were asked for."""
        found = self._follow(frame) if self._followed else self._search_still(frame)
        return tuple(sorted(found, key=lambda face: -face.size)[: self._most])

    def _look(self, frame: Frame, window: _Window) -> list[Face]:
        landmarker = self._whole if window == _Window.whole(frame.image) else self._part
        return landmarker.look(frame, window)

    def _search_still(self, frame: Frame) -> list[Face]:
        found = self._look(frame, _Window.whole(frame.image))
        seen_px = _SEEN * max(frame.width, frame.height)
        for windows in _windows(frame.image):
            before = len(found)
            if before >= self._most or self._least * max((face.size for face in found), default=0.0) > seen_px:
                break
            seen_px = _SEEN * (windows[0].x1 - windows[0].x0)
            for window in windows:
                _add_new(found, self._look(frame, window))
            if 0 < before == len(found):  # whoever belongs to the picture is about as large as the others
                break
        return found

    def _follow(self, frame: Frame) -> list[Face]:
        for one in self._followed:
            others = [other.last for other in self._followed if other is not one and other.last is not None]
            one.follow(frame, self._whole, others)
        faces: list[Face] = []
        for one in self._followed:  # two that have come upon the same face: the later one is set free
            if one.face is not None and not _add_new(faces, [one.face]):
                one.stop()
        free = [one for one in self._followed if one.free]
        # Nobody there: look hard. Some are there and there may be more: a look now and then will do.
        looks = 0 if not free else 3 if not faces else int(frame.index % 2 == 0)
        for _ in range(looks):
            for face in _add_new(faces, self._look(frame, self._next_window(frame.image, faces))):
                if free:
                    free.pop(0).start(face, frame, [other for other in faces if other is not face])
        return faces

    def _next_window(self, image: UInt8Array, known: Sequence[Face]) -> _Window:
        if bool(known) is not self._some_known:  # what is worth searching has changed
            self._some_known, self._search = bool(known), iter(())
        window = next(self._search, None)
        if window is None or window.x1 > image.shape[1] or window.y1 > image.shape[0]:
            whole = _Window.whole(image)
            coarse = [w for windows in list(_windows(image))[:2] for w in windows]
            if known:  # whoever belongs to the picture is about as large as the others
                size = known[0].size
                fit = [w for w in coarse if _LEAST_ROOM * size <= w.x1 - w.x0 <= size / _SEEN]
                self._search = iter(fit)
            else:  # the whole picture comes up every other time: most newcomers are near
                self._search = iter([w for one in coarse for w in (one, whole)])
            return whole
        return window

    def close(self) -> None:
        """Free the landmarkers. They must not be left to the end of the interpreter, where MediaPipe fails."""
        self._whole.close()
        self._part.close()
        for one in self._followed:
            one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _windows(image: UInt8Array) -> Iterator[list[_Window]]:
    """Yield the search windows, a list for each size, coarse to fine; in each list the middle of the picture first."""
    height, width = image.shape[:2]
    for share in _SHARES:
        side = round(share * min(height, width))
        if side < _SMALLEST_WINDOW:
            return
        lefts, tops = (
            np.linspace(0, length - side, int(np.ceil((length - side) / (side * _OVERLAP))) + 1).astype(int)
            for length in (width, height)
        )
        windows = [_Window(x, y, x + side, y + side) for y in tops.tolist() for x in lefts.tolist()]
        yield sorted(windows, key=lambda w: abs(w.x0 + w.x1 - width) + abs(w.y0 + w.y1 - height))


def _add_new(known: list[Face], found: list[Face]) -> list[Face]:
    """Add to known those of found that are not in it yet, and return them."""
    new = []
    for face in found:
        x, y = _middle(face)
        near = (_middle(other) for other in known)
        if all(max(abs(x - u), abs(y - v)) > 0.5 * face.size for u, v in near):
            known.append(face)
            new.append(face)
    return new
