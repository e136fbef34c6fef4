"""Finds all faces of a still, the small ones too, by looking at ever smaller windows of it.

In the windows only MediaPipe's detector looks, the first of the FaceLandmarker's models: that takes a millisecond, and
most windows are empty. What it finds is then given to the landmarker, which takes seven.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from livecam.faces.landmarker import SEEN, SMALLEST_REGION, SURE, Landmarker, Region, add_new, middle, regions_of
from livecam.faces.mediapipe_import import BaseOptions, Image, ImageFormat, vision
from livecam.types import Face, Frame, UInt8Array

_DETECTOR = "face_detector.tflite"  # inside the .task file, which is a zip
_SHARES = (0.58, 0.28, 0.14)  # sides of the search windows over the picture's shorter side, coarse to fine
_OVERLAP = 0.35  # more than two sevenths: a face that the windows before are too large for is whole in one of these
_ENOUGH = 384  # pixels of a window for the detector, which looks at 128; of more MediaPipe would only make copies
_ROOMS = (2.0, 1.6, 3.0)  # side of the window that the landmarker is given, over the size of the detected face
# So many windows are only searched if the windows before gave a hint of faces, and a look from nearer confirms one.
# In nine groups, shrunk until the faces were half as large as the windows before are made for, half of the faces gave a
# hint, and each group at least two.
_MANY = 60
_HINT, _MOST_HINTS = 0.15, 24
_NEARLY = 0.85  # of the smallest face that was seen: what is hardly smaller was most likely seen as well


class Spot(NamedTuple):
    """Where a face may be: its middle and size in pixels of the picture, and how sure that is, 0..1."""

    x: float
    y: float
    size: float
    sure: float

    def is_one_of(self, faces: Iterable[Face]) -> bool:
        """Whether this is a face that is known already."""
        near = ((*middle(face), 0.5 * max(self.size, face.size)) for face in faces)
        return any(max(abs(self.x - x), abs(self.y - y)) <= reach for x, y, reach in near)


class StillSearch:
    """Looks at the whole of a still, then at windows of it."""

    def __init__(self, model: bytes, whole: Landmarker, part: Landmarker, most: int, min_size_ratio: float) -> None:
        """model: a face_landmarker.task.  whole, part: for the whole picture, and for the window around one face.

        most: faces to find.  least: faces smaller than this share of the largest need not be found.
        """
        with zipfile.ZipFile(io.BytesIO(model)) as parts:
            detector = parts.read(_DETECTOR)
        self._detector = vision.FaceDetector.create_from_options(
            vision.FaceDetectorOptions(
                base_options=BaseOptions(model_asset_buffer=detector), min_detection_confidence=_HINT
            )
        )
        self._whole, self._part = whole, part
        self._most, self._min_size_ratio = most, min_size_ratio

    def search(self, frame: Frame) -> list[Face]:
        """Return the faces in frame, in no order; there may be a few more than the most."""
        image = frame.image
        shorter, longer = sorted(image.shape[:2])
        found = self._whole.detect(frame, Region.whole(image))
        seen_px = SEEN * longer
        hints: list[Spot] = []
        for share in _SHARES:
            before = len(found)
            wanted = self._min_size_ratio * max((face.size for face in found), default=0.0)
            if before >= self._most or wanted >= _NEARLY * seen_px:
                break
            side = max(round(share * shorter), min(int(wanted / SEEN), shorter))
            if side < SMALLEST_REGION:
                break
            regions = regions_of(image, side, _OVERLAP)
            if len(regions) > _MANY and not self._add(found, self._confirmed(hints, image, side, found), frame):
                break
            spots = [spot for region in regions for spot in self._detect(image, region)]
            self._add(found, spots, frame)
            hints = [spot for spot in spots if spot.sure < SURE]
            seen_px = SEEN * side
            if 0 < before == len(found):  # whoever belongs to the picture is about as large as the others
                break
        return found

    def close(self) -> None:
        """Free MediaPipe's part."""
        self._detector.close()

    def _detect(self, image: UInt8Array, region: Region) -> list[Spot]:
        part = region.part(image)
        height, width = part.shape[:2]
        step = 2 if min(height, width) >= 2 * _ENOUGH else 1
        if step == 2:
            part = np.asarray(cv2.resize(part, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        result = self._detector.detect(Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(part)))
        return [
            Spot(
                region.x0 + step * (box.origin_x + box.width / 2),
                region.y0 + step * (box.origin_y + box.height / 2),
                step * max(box.width, box.height),
                detection.categories[0].score,
            )
            for detection in result.detections
            for box in (detection.bounding_box,)
        ]

    def _add(self, found: list[Face], spots: Sequence[Spot], frame: Frame) -> bool:
        """Add to found the faces at those spots that are sure, the largest first; whether there are any new ones."""
        before = len(found)
        for spot in sorted(spots, key=lambda spot: -spot.size):
            if spot.sure >= SURE and len(found) < self._most and not spot.is_one_of(found):
                views = (Region.square(spot.x, spot.y, room * spot.size, frame.image) for room in _ROOMS)
                add_new(found, next(filter(None, (self._part.detect(frame, view) for view in views)), []))
        return len(found) > before

    def _confirmed(self, hints: Sequence[Spot], image: UInt8Array, side: int, found: Sequence[Face]) -> list[Spot]:
        """Look at the likeliest hints from nearer, in windows of that side; what is sure of the first good one."""
        looked: list[Spot] = []
        for hint in sorted(hints, key=lambda spot: -spot.sure):
            if len(looked) == _MOST_HINTS:
                break
            if hint.is_one_of(found) or any(max(abs(hint.x - x), abs(hint.y - y)) < side / 4 for x, y, *_ in looked):
                continue
            looked.append(hint)
            spots = self._detect(image, Region.square(hint.x, hint.y, side, image))
            if any(spot.sure >= SURE for spot in spots):
                return spots
        return []
