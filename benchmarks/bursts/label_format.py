"""Labels of bursts to hand on: JSON lines without a picture, see ``docs/burst-labels.md``.

A line is what one reader says of one burst, beside what livecam measured in its frames: enough to rank them again, and
to know them again where the pictures are at hand.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from livecam import __version__
from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.errors import SourceError
from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.photos.discover import printable
from livecam.types import RATINGS, Reason

FORMAT = 1
SIDE = 1000  # of each picture's longer side, in units of the boxes: how many pixels a camera has is not told
READER = re.compile(r"[\w.-]{1,40}", re.ASCII)
MIN_FRAMES = 3
MOST_WORDS = 280  # characters of a reader's reason
Kind = Literal["photos", "clip"]
Preference = Literal["clear", "weak", "none", ""]
_MOST_BYTES = 200 << 20  # set by hand
_SHA256, _PHASH, _SCORER = (re.compile(f"[0-9a-f]{{{digits}}}") for digits in (64, 16, 16))


@dataclass(frozen=True, slots=True)
class LabelFrame:
    """A frame of a burst as it is handed on.

    sha256: hexadecimal, of the bytes of the photo's file, or of the clip's.  clip_ms: where in the clip; None: a photo.
    offset_ms: after the burst's first frame, None if unknown.  record: what was measured, without path and time.
    """

    sha256: str
    clip_ms: int | None
    offset_ms: int | None
    record: FrameRecord


@dataclass(frozen=True, slots=True)
class BurstLabel:
    """What one reader says of one burst.

    burst: the same for all who label these frames.  scorer: the first 16 digits of the SHA-256 of the model file that
    measured.  choose, never: indices into frames.  preference: how plain the choice is; "" unsaid.  blind: whether the
    reader chose without a model's word in sight.
    """

    burst: str
    kind: Kind
    scorer: str
    frames: tuple[LabelFrame, ...]
    reader: str
    choose: frozenset[int]
    never: frozenset[int]
    preference: Preference
    why: str
    blind: bool


def burst_values(frames: Sequence[LabelFrame], kind: Kind, scorer: str) -> dict[str, Any]:
    """Return a line's values without the reader's word: all of it that comes from the pictures."""
    return {
        "livecam_burst_label": FORMAT,
        "generator": f"livecam {__version__}",
        "scorer": scorer,
        "burst": burst_id(frames),
        "kind": kind,
        "frames": [_frame_values(frame) for frame in frames],
    }


def burst_id(frames: Iterable[LabelFrame]) -> str:
    """Return what a burst is called: 16 hexadecimal digits that follow from its frames alone."""
    names = "\n".join(f"{frame.sha256} {'' if frame.clip_ms is None else frame.clip_ms}" for frame in frames)
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def read_labels(files: Iterable[Path]) -> list[BurstLabel]:
    """Return all labels of files; of one reader's words on a burst the last. Raises SourceError, one line."""
    found: dict[tuple[str, str], BurstLabel] = {}
    for file in files:
        for number, line in enumerate(_lines(file), start=1):
            if line.strip():
                label = _label(line, f"{printable(file)}, line {number}")
                found[label.burst, label.reader] = label
    if not found:
        raise SourceError("no labels in these files: save some on the page of python -m benchmarks bursts label")
    return list(found.values())


def _lines(file: Path) -> list[str]:
    name = printable(file)
    try:
        if not file.is_file():
            raise SourceError(f"{name} is no file: name what the page of python -m benchmarks bursts label has saved")
        if file.stat().st_size > _MOST_BYTES:
            raise SourceError(f"{name} is too large for labels (over {_MOST_BYTES >> 20} MiB): is it another file?")
        return file.read_text("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise SourceError(f"{name} is no text: name what python -m benchmarks bursts label has saved") from None
    except OSError as error:
        raise SourceError(f"{name} cannot be read ({error.strerror}): check its permissions") from error


def _label(line: str, where: str) -> BurstLabel:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        raise SourceError(f"{where} is no JSON: was the file cut short? save the labels again") from None
    if not isinstance(values, dict) or "livecam_burst_label" not in values:
        raise SourceError(f"{where} is no burst label: see docs/burst-labels.md")
    if values["livecam_burst_label"] != FORMAT:
        raise SourceError(f"{where} is of format {values['livecam_burst_label']!r}, not {FORMAT}: use a newer livecam")
    try:
        return _parsed(values)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        wrong = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else " ".join(str(error).splitlines())
        raise SourceError(f"{where} is damaged ({wrong}): see docs/burst-labels.md") from None


def _parsed(values: Mapping[str, Any]) -> BurstLabel:
    frames = tuple(map(_frame, values["frames"]))
    _require(len(frames) >= MIN_FRAMES, f"a burst has {MIN_FRAMES} frames at least")
    _require(values["kind"] in get_args(Kind), "kind")
    _require(values["burst"] == burst_id(frames), "burst does not fit its frames")
    choose, never = (_indices(values[name], len(frames)) for name in ("choose", "never"))
    _require(not choose & never, "a frame is both in choose and in never")
    _require(values["preference"] in get_args(Preference), "preference")
    _require(isinstance(values["blind"], bool), "blind")
    _require(bool(choose or never or values["preference"]), "nothing is said of the burst")
    _require(isinstance(why := values["why"], str) and len(why) <= MOST_WORDS, "why")
    return BurstLabel(
        burst=values["burst"],
        kind=values["kind"],
        scorer=_matching(_SCORER, values["scorer"], "scorer"),
        frames=frames,
        reader=_matching(READER, values["reader"], "reader"),
        choose=choose,
        never=never,
        preference=values["preference"],
        why=why,
        blind=values["blind"],
    )


def _frame_values(frame: LabelFrame) -> dict[str, Any]:
    record = frame.record
    unit = SIDE / max(record.width, record.height)
    known = {"sha256": frame.sha256} | ({} if frame.clip_ms is None else {"clip_ms": frame.clip_ms})
    return known | {
        "offset_ms": frame.offset_ms,
        "phash": f"{record.phash:016x}",
        "size": [round(record.width * unit), round(record.height * unit)],
        "sharpness": _rounded(record.sharpness, 3),
        "faces": [_face_values(face, unit) for face in record.faces],
    }


def _face_values(face: FaceRecord, unit: float) -> dict[str, Any]:
    shapes = zip(BLENDSHAPE_NAMES, _rounded(face.blendshapes, 3), strict=True)
    return {
        "box": _rounded([edge * unit for edge in face.box], 1),
        "score": round(face.score, 3),
        "open_eyes_score": round(face.open_eyes_score, 3),
        "rating_probs": _rounded(face.rating_probs, 3),
        "eyes_closed": _rounded(face.eyes_closed, 4),
        "reasons": [reason.name.lower() for reason in face.reasons],
        "pose": _rounded(face.pose, 1),
        "blendshapes": {name: value for name, value in shapes if value},
        "sharpness": _rounded(face.sharpness, 3),
    } | {
        name: round(value, 3)
        for name, value in (("eye_detail", face.eye_detail), ("mouth_cover", face.mouth_cover))
        if value is not None
    }


def _frame(values: Mapping[str, Any]) -> LabelFrame:
    width, height = map(int, values["size"])
    _require(max(width, height) == SIDE and min(width, height) > 0, f"the longer side of size is not {SIDE}")
    clip_ms, offset_ms = values.get("clip_ms"), values["offset_ms"]
    _require(all(time is None or isinstance(time, int) for time in (clip_ms, offset_ms)), "a time is no whole number")
    record = FrameRecord(
        path=None,
        t_ms=None if clip_ms is None else float(clip_ms),
        width=width,
        height=height,
        faces=tuple(map(_face, values["faces"])),
        captured=None,
        camera="",
        phash=int(_matching(_PHASH, values["phash"], "phash"), 16),
        sharpness=_numbers(values["sharpness"], 1, math.inf),
    )
    return LabelFrame(_matching(_SHA256, values["sha256"], "sha256"), clip_ms, offset_ms, record)


def _face(values: Mapping[str, Any]) -> FaceRecord:
    shapes = values["blendshapes"]
    _require(set(shapes) <= set(BLENDSHAPE_NAMES), "an unknown blendshape")
    x0, y0, x1, y1 = _numbers(values["box"], -9 * SIDE, 9 * SIDE, 4)
    left, right = _numbers(values["eyes_closed"], 0, 1, 2)
    yaw, pitch, roll = _numbers(values["pose"], -360, 360, 3)
    score, opened = _numbers([values["score"], values["open_eyes_score"]], 1, 5)
    detail, cover = (  # which earlier versions did not measure
        None if name not in values else _numbers([values[name]], -math.inf, math.inf)[0]
        for name in ("eye_detail", "mouth_cover")
    )
    return FaceRecord(
        box=(x0, y0, x1, y1),
        score=score,
        rating_probs=_numbers(values["rating_probs"], 0, 1, len(RATINGS)),
        eyes_closed=(left, right),
        reasons=tuple(Reason[name.upper()] for name in values["reasons"]),
        pose=(yaw, pitch, roll),
        blendshapes=_numbers([shapes.get(name, 0.0) for name in BLENDSHAPE_NAMES], 0, 1),
        sharpness=_numbers(values["sharpness"], 1, math.inf),
        open_eyes_score=opened,
        eye_detail=detail,
        mouth_cover=cover,
    )


def _numbers(values: Sequence[Any], low: float, high: float, count: int | None = None) -> tuple[float, ...]:
    found = tuple(float(value) for value in values)
    _require(bool(found) and (count is None or len(found) == count), f"{len(found)} numbers where others are expected")
    _require(all(math.isfinite(value) and low <= value <= high for value in found), f"{list(found)} is out of range")
    return found


def _indices(values: Sequence[Any], count: int) -> frozenset[int]:
    _require(all(type(value) is int and 0 <= value < count for value in values), "no frame of that number")
    return frozenset(values)


def _matching(pattern: re.Pattern[str], value: object, name: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(name)
    return value


def _require(holds: bool, wrong: str) -> None:
    if not holds:
        raise ValueError(wrong)


def _rounded(values: Iterable[float], digits: int) -> list[float]:
    return [round(value, digits) for value in values]
