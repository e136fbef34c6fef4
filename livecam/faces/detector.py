"""MediaPipe's face detector alone, the first of the FaceLandmarker's models: it takes a millisecond, not seven."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from livecam.faces.mediapipe_import import BaseOptions, Image, ImageFormat, vision
from livecam.faces.mesh import box_middle
from livecam.types import Face, UInt8Array

DETECTOR = "face_detector.tflite"  # inside the .task file, which is a zip


class Detection(NamedTuple):
    """Where a face may be: its middle and size in pixels of the picture, and the detector's confidence, 0..1."""

    x: float
    y: float
    size: float
    confidence: float

    def is_one_of(self, faces: Iterable[Face], same_face: float) -> bool:
        """Return whether this is one of faces; same_face: see ``DetectorSettings``."""
        near = ((*box_middle(face.box), same_face * max(self.size, face.size)) for face in faces)
        return any(max(abs(self.x - x), abs(self.y - y)) <= reach for x, y, reach in near)


class Detector:
    """Looks at a copy of 128 pixels of what it is given, so that it sees faces that fill a seventh of that."""

    def __init__(self, model: bytes, confidence: float) -> None:
        """model: a face_landmarker.task.  confidence: 0..1, the least at which a face is told of."""
        with zipfile.ZipFile(io.BytesIO(model)) as parts:
            detector = parts.read(DETECTOR)
        self._detector = vision.FaceDetector.create_from_options(
            vision.FaceDetectorOptions(
                base_options=BaseOptions(model_asset_buffer=detector), min_detection_confidence=confidence
            )
        )

    def detect(self, image: UInt8Array) -> list[Detection]:
        """Return where in image, uint8 (H, W, 3) RGB, faces may be."""
        result = self._detector.detect(Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(image)))
        return [
            Detection(
                box.origin_x + box.width / 2,
                box.origin_y + box.height / 2,
                max(box.width, box.height),
                detection.categories[0].score,
            )
            for detection in result.detections
            for box in (detection.bounding_box,)
        ]

    def close(self) -> None:
        """Free MediaPipe's part."""
        self._detector.close()
