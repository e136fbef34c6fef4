"""What is kept of a photo or of a clip's frame once its pixels are let go: enough to group it, rank it and show it.

A ``FrameRecord`` is small (about 6 kB a face and 2 kB a photo), holds no picture but a tiny one, and goes through JSON,
so that 10,000 photos fit in memory and in the cache. Boxes and sizes are in pixels of the photo as it is stored,
upright, even if it was analysed at a reduced size.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np

from livecam.best.records.eye_detail import eye_detail
from livecam.best.records.pixel_measures import SharpnessSettings, difference_hash, sharpness_around
from livecam.best.records.view import View, view_of
from livecam.faces.mesh import blendshape, box_middle
from livecam.photos.exif import UNKNOWN_EXPOSURE, Exposure
from livecam.scoring.covered_mouth import covered_mouth
from livecam.scoring.eye_policy import with_open_eyes
from livecam.taste.lesson import half_bytes
from livecam.taste.observed import light_of
from livecam.types import Moment, Reason, ScoredFace, UInt8Array

_SHARPNESS = SharpnessSettings()


@dataclass(frozen=True, slots=True)
class Tasted:
    """By ``best.ranking.tasted``. points: beyond 1..5.  generic: how much what anybody likes still counts, 0..1.

    eyes_closed: for the left and the right eye, as it is judged of anybody.
    """

    points: float
    generic: float
    eyes_closed: tuple[float, float]


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """What is kept of one face.

    box: x0, y0, x1, y1, pixels of the photo.  score: expected rating, [1, 5].  rating_probs: of 1..5.
    eyes_closed: probability for the subject's left and right eye.  reasons: what the checks hold against it.
    pose: yaw, pitch, roll, degrees, see ``Face.pose``.  blendshapes: 52 values, 0..1, in ``BLENDSHAPE_NAMES``' order.
    sharpness: ≥ 1 at each of ``SharpnessSettings.sides_px`` that the face reaches; at least one.
    open_eyes_score: what the score would be if the eyes were open, [1, 5], see ``livecam.scoring.eye_policy``.
    open_eyes_probs: rating_probs likewise.  embedding: the scorer's, 512 float16 in 1,024 bytes.  light: mean luma.
    From these three a person's taste is learned (``livecam.taste``).  eye_detail: how crisp the eyes are, see
    ``best.records.eye_detail``; None where that was not measured.  mouth_cover: log-odds that something is before the
    mouth, see ``livecam.scoring.covered_mouth``; None likewise.  tasted: what it is worth by one, with open eyes.
    """

    box: tuple[float, float, float, float]
    score: float
    rating_probs: tuple[float, ...]
    eyes_closed: tuple[float, float]
    reasons: tuple[Reason, ...]
    pose: tuple[float, float, float]
    blendshapes: tuple[float, ...]
    sharpness: tuple[float, ...]
    open_eyes_score: float
    open_eyes_probs: tuple[float, ...] = ()
    embedding: bytes = b""
    light: float | None = None
    eye_detail: float | None = None
    mouth_cover: float | None = None
    tasted: Tasted | None = None

    @property
    def size_px(self) -> float:
        """The larger side of the box, pixels of the photo."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0)

    @property
    def middle(self) -> tuple[float, float]:
        """x, y of the box's middle, pixels of the photo."""
        return box_middle(self.box)

    def shape(self, name: str) -> float:
        """One blendshape by its name, 0..1; of a pair such as "mouthSmile" the mean of both sides."""
        return blendshape(self.blendshapes, name)


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """What is kept of one photo or one frame of a clip.

    path: of the photo, or of the clip.  t_ms: media time of a clip's frame, None for a photo.
    width, height: of the photo as stored, upright, pixels.  faces: the largest first.
    captured: when it was taken as the camera says, with sub-seconds if it has them; aware if it names an offset.
    camera: make, model and serial number, "" if unknown.  phash: 64 bits, see ``difference_hash``; the more of them
    two pictures share, the more alike they are.  sharpness: of the middle of the whole picture, as of a face.
    companions: files that belong to it and go where it goes: a live photo's clip, the raw file beside a JPEG.
    exposure: how it was exposed.  view: the whole picture, tiny; None for a clip's frame.
    """

    path: Path | None
    t_ms: float | None
    width: int
    height: int
    faces: tuple[FaceRecord, ...]
    captured: datetime | None
    camera: str
    phash: int
    sharpness: tuple[float, ...]
    companions: tuple[Path, ...] = ()
    exposure: Exposure = UNKNOWN_EXPOSURE
    view: View | None = None

    @property
    def score(self) -> float | None:
        """The score of the worst face, [1, 5]; None without a face. ``ranking.rank`` leaves out passers-by."""
        return min((face.score for face in self.faces), default=None)

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON values, without path and companions, which are not a matter of the content."""
        return {
            "t_ms": self.t_ms,
            "size": [self.width, self.height],
            "captured": self.captured.isoformat() if self.captured else None,
            "camera": self.camera,
            "phash": f"{self.phash:016x}",
            "sharpness": _rounded(self.sharpness),
            "exposure": asdict(self.exposure),
            "view": None if self.view is None else self.view.as_dict(),
            "faces": [
                {
                    "box": [round(edge, 1) for edge in face.box],
                    "score": round(face.score, 4),
                    "rating_probs": _rounded(face.rating_probs),
                    "eyes_closed": _rounded(face.eyes_closed),
                    "reasons": [reason.name for reason in face.reasons],
                    "pose": [round(angle, 2) for angle in face.pose],
                    "blendshapes": _rounded(face.blendshapes),
                    "sharpness": _rounded(face.sharpness),
                    "open_eyes_score": round(face.open_eyes_score, 4),
                    "open_eyes_probs": _rounded(face.open_eyes_probs),
                    "embedding": base64.b64encode(face.embedding).decode(),
                    "light": None if face.light is None else round(face.light, 4),
                    "eye_detail": None if face.eye_detail is None else round(face.eye_detail, 4),
                    "mouth_cover": None if face.mouth_cover is None else round(face.mouth_cover, 4),
                }
                for face in self.faces
            ],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], path: Path | None = None) -> Self:
        """Undo ``as_dict``. Raises KeyError, TypeError or ValueError on anything else."""
        captured = values["captured"]
        width, height = values["size"]
        return cls(
            path=path,
            t_ms=None if values["t_ms"] is None else float(values["t_ms"]),
            width=int(width),
            height=int(height),
            faces=tuple(_face_from(face) for face in values["faces"]),
            captured=None if captured is None else datetime.fromisoformat(captured),
            camera=str(values["camera"]),
            phash=int(values["phash"], 16),
            sharpness=tuple(map(float, values["sharpness"])),
            exposure=Exposure(**values["exposure"]),
            view=None if values["view"] is None else View.from_dict(values["view"]),
        )


def record_of(
    moment: Moment,
    *,
    path: Path | None = None,
    t_ms: float | None = None,
    size: tuple[int, int] | None = None,
    captured: datetime | None = None,
    camera: str = "",
    exposure: Exposure = UNKNOWN_EXPOSURE,
    sharpness: SharpnessSettings = _SHARPNESS,
) -> FrameRecord:
    """Return what is kept of moment; the frame's pixels are read here for the last time.

    path: of the photo or clip; the frame's own if None.  t_ms: for a clip's frame.  size: width and height of the
    photo where the frame was decoded at a reduced size; the frame's own if None.  sharpness: how it is measured.
    """
    frame = moment.frame
    width, height = size or (frame.width, frame.height)
    scale = width / frame.width
    grey = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY), np.uint8)
    record = FrameRecord(
        path=path or frame.path,
        t_ms=t_ms,
        width=width,
        height=height,
        faces=tuple(_face_record(scored, frame.image, grey, scale, sharpness) for scored in moment.faces),
        captured=captured,
        camera=camera,
        phash=difference_hash(grey),
        sharpness=sharpness_around(
            grey, (frame.width / 2, frame.height / 2), max(frame.width, frame.height), sharpness
        ),
        exposure=exposure,
        view=view_of(grey) if t_ms is None else None,
    )
    # As the cache gives it back: what a second run says must not differ from the first by a rounding.
    return FrameRecord.from_dict(record.as_dict(), record.path)


def _face_record(
    scored: ScoredFace, image: UInt8Array, grey: UInt8Array, scale: float, sharpness: SharpnessSettings
) -> FaceRecord:
    face, score = scored.face, scored.score
    x0, y0, x1, y1 = face.box
    left, right = (float(p) for p in score.eyes_closed)
    # Of hidden eyes the score is that one already.
    opened = score if Reason.EYES_HIDDEN in scored.reasons else with_open_eyes(score, face.blendshapes, scored.reasons)
    return FaceRecord(
        box=(x0 * scale, y0 * scale, x1 * scale, y1 * scale),
        score=score.value,
        rating_probs=tuple(score.rating_probs.tolist()),
        eyes_closed=(left, right),
        reasons=scored.reasons,
        pose=face.pose,
        blendshapes=tuple(face.blendshapes.tolist()),
        sharpness=sharpness_around(grey, box_middle(face.box), sharpness.margin * face.size, sharpness),
        open_eyes_score=opened.value,
        open_eyes_probs=tuple(opened.rating_probs.tolist()),
        embedding=half_bytes(score.embedding),
        light=light_of(image, face.box),
        eye_detail=None if scored.crop is None else eye_detail(scored.crop, face.landmarks),
        mouth_cover=None if scored.crop is None else covered_mouth(face, scored.crop),
    )


def _face_from(values: Mapping[str, Any]) -> FaceRecord:
    x0, y0, x1, y1 = map(float, values["box"])
    left, right = map(float, values["eyes_closed"])
    yaw, pitch, roll = map(float, values["pose"])
    return FaceRecord(
        box=(x0, y0, x1, y1),
        score=float(values["score"]),
        rating_probs=tuple(map(float, values["rating_probs"])),
        eyes_closed=(left, right),
        reasons=tuple(Reason[name] for name in values["reasons"]),
        pose=(yaw, pitch, roll),
        blendshapes=tuple(map(float, values["blendshapes"])),
        sharpness=tuple(map(float, values["sharpness"])),
        open_eyes_score=float(values["open_eyes_score"]),
        open_eyes_probs=tuple(map(float, values["open_eyes_probs"])),
        embedding=base64.b64decode(values["embedding"]),
        light=None if values["light"] is None else float(values["light"]),
        eye_detail=None if values["eye_detail"] is None else float(values["eye_detail"]),
        mouth_cover=None if values["mouth_cover"] is None else float(values["mouth_cover"]),
    )


def _rounded(values: tuple[float, ...]) -> list[float]:
    return [round(value, 4) for value in values]
