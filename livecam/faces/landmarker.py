"""MediaPipe's FaceLandmarker on a region of a picture: 478 landmarks, 52 blendshapes and the head's pose of a face."""

from __future__ import annotations

import math

import cv2
import numpy as np

from livecam.faces import landmarker_result
from livecam.faces.mediapipe_import import BaseOptions, Image, ImageFormat, vision
from livecam.faces.regions import Region
from livecam.types import Face, Frame, UInt8Array


class Landmarker:
    """MediaPipe's FaceLandmarker, which sees the faces of one region at a time."""

    def __init__(
        self, model: bytes, faces: int, *, video: bool = False, confidence: float, longest_px: float = math.inf
    ) -> None:
        """model: a face_landmarker.task.  faces: the most that are looked for.  video: frames follow on each other.

        confidence: of the detector, 0..1, at which a face is one.  longest_px: of a region's longer side, of more than
        that MediaPipe gets a smaller copy.
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
        self._longest_px = longest_px
        self._last_ms = -1

    def detect(self, frame: Frame, region: Region) -> list[Face]:
        """Return the faces in the region, in pixels of the whole frame."""
        part = region.part(frame.image)
        scale = np.array([part.shape[1], part.shape[0], part.shape[1]], np.float32)
        image = Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(_shrunk(part, self._longest_px)))
        if self._video:
            self._last_ms = max(self._last_ms + 1, round(frame.t_ms))  # MediaPipe wants strictly rising times
        found = landmarker_result.detect(self._landmarker, image, self._last_ms if self._video else None)
        first = np.array([region.x0, region.y0, 0], np.float32)
        return [
            Face(
                landmarks=one.landmarks * scale + first,
                blendshapes=np.clip(one.blendshapes, 0, 1),
                transform=one.transform,
            )
            for one in found
        ]

    def close(self) -> None:
        """Free MediaPipe's part."""
        self._landmarker.close()


def _shrunk(image: UInt8Array, longest_px: float) -> UInt8Array:
    """Return image, or a copy of it whose longer side is that long."""
    scale = longest_px / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
