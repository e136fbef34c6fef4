"""What MediaPipe's FaceLandmarker has found, read as arrays out of its own memory.

MediaPipe's Python makes an object of each of 478 landmarks and 52 blendshapes, which takes 0.5 of the 6.3 ms of a
face on a 2-core EPYC, with the interpreter locked for all other threads. So it is called below that, through names
that it does not promise to keep: where one is missing, its objects are read instead, to the same values.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from livecam.faces.mediapipe_import import Image, vision
from livecam.types import FloatArray


class Found(NamedTuple):
    """One face.

    landmarks: float32 (478, 3), x and z as shares of the picture's width, y of its height.  blendshapes: float32 (52,).
    transform: float32 (4, 4).
    """

    landmarks: FloatArray
    blendshapes: FloatArray
    transform: FloatArray


def detect(landmarker: vision.FaceLandmarker, image: Image, t_ms: int | None) -> list[Found]:
    """Return the faces in image. t_ms: of a landmarker in video mode, rising; None for one in image mode.

    The landmarker has to give blendshapes and transforms.
    """
    if _DIRECT is not None:
        return list(_direct(landmarker, image, t_ms))
    result = landmarker.detect(image) if t_ms is None else landmarker.detect_for_video(image, t_ms)
    return from_objects(result)


def reads_memory() -> bool:
    """Whether this MediaPipe's memory is known."""
    return _DIRECT is not None


def from_objects(result: vision.FaceLandmarkerResult) -> list[Found]:
    """Read the objects that MediaPipe's Python makes."""
    return [
        Found(
            np.array([(p.x, p.y, p.z) for p in landmarks], np.float32),
            np.array([b.score for b in blendshapes], np.float32),
            np.asarray(transform, np.float32),
        )
        for landmarks, blendshapes, transform in zip(
            result.face_landmarks, result.face_blendshapes, result.facial_transformation_matrixes, strict=True
        )
    ]


class _Layout(NamedTuple):
    """How MediaPipe's structures lie in memory."""

    result: Any  # the ctypes class of a whole result
    landmark: np.dtype[np.void]
    category: np.dtype[np.void]


def _layout() -> _Layout | None:
    """Ask MediaPipe for its structures; None if they, or what is called, are not as they were in version 1.2."""
    try:
        from mediapipe.tasks.python.components.containers import category_c, landmark_c  # noqa: PLC0415
        from mediapipe.tasks.python.vision import face_landmarker  # noqa: PLC0415

        result = face_landmarker.MpFaceLandmarkerResultC
        fields = {name for name, *_ in result._fields_}
        parts = {"face_landmarks", "face_blendshapes", "facial_transformation_matrixes"}
        if not fields >= parts | {f"{part}_count" for part in parts}:
            return None
        landmark = _numbers(landmark_c.MpNormalizedLandmarkC, ("x", "y", "z"))
        category = _numbers(category_c.MpCategoryC, ("score",))
    except (ImportError, AttributeError):
        return None
    return _Layout(result, landmark, category)


def _numbers(structure: Any, names: tuple[str, ...]) -> np.dtype[np.void]:  # noqa: ANN401  a ctypes class
    places = [getattr(structure, name).offset for name in names]
    kinds = ["f4"] * len(names)
    size = ctypes.sizeof(structure)
    return np.dtype({"names": list(names), "formats": kinds, "offsets": places, "itemsize": size})


_DIRECT = _layout()


def _direct(landmarker: Any, image: Any, t_ms: int | None) -> Iterator[Found]:  # noqa: ANN401  private parts of both
    assert _DIRECT is not None  # noqa: S101  tells mypy what was made sure of
    library, result = landmarker._lib, _DIRECT.result()  # noqa: SLF001
    handle, picture = landmarker._handle, image._image_ptr  # noqa: SLF001
    if t_ms is None:
        library.MpFaceLandmarkerDetectImage(handle, picture, None, ctypes.byref(result))
    else:
        library.MpFaceLandmarkerDetectForVideo(handle, picture, None, t_ms, ctypes.byref(result))
    try:
        for index in range(result.face_landmarks_count):
            points, shapes = result.face_landmarks[index], result.face_blendshapes[index]
            landmarks = _array(points.landmarks, points.landmarks_count, _DIRECT.landmark)
            categories = _array(shapes.categories, shapes.categories_count, _DIRECT.category)
            yield Found(
                np.stack([landmarks[axis] for axis in ("x", "y", "z")], axis=1),
                categories["score"].copy(),
                np.asarray(result.facial_transformation_matrixes[index].to_numpy(), np.float32),
            )
    finally:
        library.MpFaceLandmarkerCloseResult(ctypes.byref(result))


def _array(pointer: Any, count: int, kind: np.dtype[np.void]) -> npt.NDArray[np.void]:  # noqa: ANN401  of ctypes
    """Return a view of MediaPipe's memory: to be copied before the result is closed."""
    memory = (ctypes.c_byte * (count * kind.itemsize)).from_address(ctypes.addressof(pointer.contents))
    return np.frombuffer(memoryview(memory), kind)
