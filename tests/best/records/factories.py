"""Small makers of records for the tests of grouping and ranking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.best.records.view import View
from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.photos.exif import UNKNOWN_EXPOSURE, Exposure
from livecam.types import Reason

NOON = datetime(2026, 5, 1, 12, 0, 0)  # noqa: DTZ001  a camera's clock knows no zone


def make_face_record(  # noqa: PLR0913  all have defaults
    *,
    x: float = 500.0,
    y: float = 400.0,
    size: float = 200.0,
    score: float = 3.0,
    eyes: tuple[float, float] = (0.0, 0.0),
    reasons: tuple[Reason, ...] = (),
    shapes: Mapping[str, float] | None = None,
    sharpness: tuple[float, ...] = (1.6, 1.4, 1.2),
    open_eyes_score: float | None = None,
    pose: tuple[float, float, float] = (0.0, 0.0, 0.0),
    eye_detail: float | None = None,
    mouth_cover: float | None = None,
) -> FaceRecord:
    """A face around x, y; a shape such as "mouthSmile" goes to both sides. open_eyes_score: the score if None."""
    values = dict.fromkeys(BLENDSHAPE_NAMES, 0.0)
    for name, amount in (shapes or {}).items():
        for side in (name,) if name in values else (f"{name}Left", f"{name}Right"):
            values[side] = amount
    return FaceRecord(
        box=(x - size / 2, y - size / 2, x + size / 2, y + size / 2),
        score=score,
        rating_probs=(0.0, 0.0, 1.0, 0.0, 0.0),
        eyes_closed=eyes,
        reasons=reasons,
        pose=pose,
        blendshapes=tuple(values.values()),
        sharpness=sharpness,
        open_eyes_score=score if open_eyes_score is None else open_eyes_score,
        eye_detail=eye_detail,
        mouth_cover=mouth_cover,
    )


def make_record(
    *faces: FaceRecord,
    path: str | None = None,
    t_ms: float | None = None,
    captured: datetime | None = None,
    camera: str = "",
    phash: int = 0,
    sharpness: tuple[float, ...] = (1.5, 1.3, 1.2),
    exposure: Exposure = UNKNOWN_EXPOSURE,
    view: View | None = None,
) -> FrameRecord:
    """A photo of 1000 x 800 pixels with these faces."""
    return FrameRecord(
        path=Path(path) if path else None,
        t_ms=t_ms,
        width=1000,
        height=800,
        faces=faces,
        captured=captured,
        camera=camera,
        phash=phash,
        sharpness=sharpness,
        exposure=exposure,
        view=view,
    )
