"""The loop that one would write instead of livecam: MediaPipe finds the face, livecam's network in PyTorch scores it.

Threads and options stay as the libraries set them.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from livecam import model_files
from livecam.closing import Closing
from livecam.types import CROP_SIZE, FloatArray, UInt8Array

Judge = Callable[[UInt8Array], FloatArray]  # a face, uint8 (h, w, 3) RGB, to the probabilities of the ratings, (1, 5)


class BaselineFinder(Closing):
    """MediaPipe's FaceLandmarker on each picture as a still, with all that it can tell of a face."""

    def __init__(self, most_faces: int = 1) -> None:
        """most_faces: MediaPipe finds no more than these; 1 is its default. Raises ModelError without its model."""
        import mediapipe as mp  # noqa: PLC0415  heavy

        vision = mp.tasks.vision
        options = vision.FaceLandmarkerOptions(
            base_options=mp.tasks.BaseOptions(model_asset_path=str(model_files.face_landmarker())),
            running_mode=vision.RunningMode.IMAGE,
            num_faces=most_faces,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        self._mediapipe = mp
        self._landmarker = vision.FaceLandmarker.create_from_options(options)

    def close(self) -> None:
        """Free the model."""
        self._landmarker.close()

    def find(self, image: UInt8Array) -> list[FloatArray]:
        """Return each face's landmarks, (478, 2), pixels of image, uint8 (h, w, 3) RGB."""
        mp, (height, width) = self._mediapipe, image.shape[:2]
        found = self._landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=image)).face_landmarks
        return [np.array([(point.x * width, point.y * height) for point in points]) for points in found]


def eager_judge(interpolation: int = cv2.INTER_LINEAR) -> Judge:
    """Return livecam's network in PyTorch's eager mode; interpolation brings a face to the size of its input."""
    from benchmarks.common.torch_scorer import eager_scorer  # noqa: PLC0415  the other loops have no PyTorch

    score = eager_scorer()

    def judge(face: UInt8Array) -> FloatArray:
        crop = np.asarray(cv2.resize(face, (CROP_SIZE, CROP_SIZE), interpolation=interpolation), np.uint8)
        return score(crop[None])[0]

    return judge
