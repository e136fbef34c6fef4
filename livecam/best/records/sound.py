"""Whether a record that was kept says what can be: a damaged cache or archive is told before anything is made of it."""

from __future__ import annotations

import math
from dataclasses import astuple

from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.types import BLENDSHAPES, EMBEDDING, RATINGS

_HASH_BITS = 64
_MOST_PX = 1 << 20  # of a side; set by hand


def require_sound(record: FrameRecord) -> FrameRecord:
    """Return record. Raises ValueError, which says what is wrong, if it cannot have come of a photo."""
    numbers = [*record.sharpness, *([] if record.t_ms is None else [record.t_ms])]
    exposure = astuple(record.exposure)
    numbers += [value for value in exposure if isinstance(value, float)]
    if not all(isinstance(value, float | int | str | None) for value in exposure):
        raise ValueError("an exposure is of numbers and words")
    _require(all(map(math.isfinite, numbers)) and len(record.sharpness) > 0, "numbers must be finite")
    _require(1 <= record.width <= _MOST_PX and 1 <= record.height <= _MOST_PX, "a picture has a width and a height")
    _require(0 <= record.phash < 1 << _HASH_BITS, "a hash has 64 bits")
    if record.view is not None:
        _require(record.view.grey.ndim == record.view.focus.ndim == 2, "a view has rows and columns")
        _require(min(record.view.grey.size, record.view.focus.size) > 0, "a view shows something")
    for face in record.faces:
        _require_sound_face(face)
    return record


def _require_sound_face(face: FaceRecord) -> None:
    numbers = (
        *face.box, face.score, *face.rating_probs, *face.eyes_closed, *face.pose, *face.blendshapes, *face.sharpness,
        face.open_eyes_score, *face.open_eyes_probs,
        *(value for value in (face.light, face.eye_detail, face.mouth_cover) if value is not None),
    )  # fmt: skip
    _require(all(map(math.isfinite, numbers)), "numbers must be finite")
    _require(len(face.rating_probs) == len(RATINGS), "rating_probs need five numbers")
    _require(len(face.open_eyes_probs) in {0, len(RATINGS)}, "open_eyes_probs need five numbers")
    _require(len(face.blendshapes) == BLENDSHAPES, f"blendshapes need {BLENDSHAPES} numbers")
    _require(len(face.sharpness) > 0, "sharpness needs a number")
    _require(len(face.embedding) in {0, 2 * EMBEDDING}, f"an embedding has {2 * EMBEDDING} bytes")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
