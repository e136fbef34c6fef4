"""What the names of files say about which of them may be one exposure: a raw file, its JPEG, a live photo's clip.

A name joins nothing alone, for a camera's numbers come again; who asks compares times too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

# Google's camera: PXL_20260101_120000123.RAW-01.MP.COVER.jpg beside ….RAW-02.ORIGINAL.dng, and likewise of PORTRAIT,
# NIGHT, LONG_EXPOSURE and ACTION_PAN; a number of ours, "-2", stands before that. BURST-01.COVER is one of many.
_PARTS = re.compile(
    r"\.(?!BURST)(?P<kind>[A-Z_]+)-\d\d(?:\.(?:MP|MV))?\.(?P<part>COVER|ORIGINAL)(?=$|[~ (_-])", re.IGNORECASE
)
_MOVING = re.compile(r"\.(?:MP|MV)$", re.IGNORECASE)  # PXL_20260101_120000123.MP.jpg
# Such a name is the time, to the millisecond: no second photo has it, whatever the clocks say.
_NAMED_BY_TIME = re.compile(r"(?:(?:PXL|IMG|VID|MVIMG)_?\d{8}_?\d{6}|_?\d{8}_\d{6})(?:_?\d{3})?$", re.IGNORECASE)
# What programs put between a live photo's name and its clip's suffix: icloudpd IMG_1234_HEVC.MOV (or _HEIC), others
# IMG_1234.HEIC.MOV; Google Takeout puts the number of IMG_1234(1).HEIC behind, IMG_1234.HEIC(1).MP4.
_CLIP_ADDS = re.compile(r"(?:[_.](?:HEVC|HEIC|HEIF)|\.JPE?G|\.DNG)(?P<count>\(\d{1,3}\))?$", re.IGNORECASE)
# A day, and with it maybe a time to the second or finer, in the names of phones and messengers.
_NAMED_TIME = re.compile(
    r"(?<!\d)(?P<year>20\d\d)(?P<dash>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=dash)(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:(?:[-_. T]| at |(?<=[A-Za-z]\d{8}))(?P<hour>[01]\d|2[0-3])"  # IMG20260620120000
    r"(?P<colon>[-_.]?)(?P<minute>[0-5]\d)(?P=colon)(?P<second>[0-5]\d)(?:\d{3})?)?(?!\d)"
)
# What Google Photos adds to the name of an edit, in the languages of its users.
EDITED_BY_GOOGLE = (
    "edited|bearbeitet|modifié|editado|modificato|bewerkt|edytowane|redigerad|redigeret|redigert|編集済み"
    "|已编辑|已編輯|수정됨"
)
MOTION_SUFFIXES = frozenset((".mp", ".mv"))  # the clip of PXL_….MP.jpg as Google Takeout saves it: PXL_….MP


def root_of(stem: str) -> str:
    """Return of a name without its suffix what all files of one exposure share."""
    if match := _PARTS.search(stem):
        return stem[: match.start()] + stem[match.end() :]
    return _MOVING.sub("", stem)


def is_original_part(stem: str) -> bool:
    """Whether the phone itself made another picture of this one: it lies beside, as COVER."""
    match = _PARTS.search(stem)
    return match is not None and match["part"].upper() == "ORIGINAL"


def is_part(stem: str) -> bool:
    """Whether the name says that the phone has put several files beside each other for one exposure."""
    return _PARTS.search(stem) is not None


def is_named_by_time(stem: str) -> bool:
    """Whether the name is the time itself, as phones name photos."""
    return _NAMED_BY_TIME.fullmatch(root_of(stem)) is not None


def named_time(stem: str) -> datetime | None:
    """Return the day, and the time if it is there, that a phone or a messenger has put into a name; None if neither.

    IMG-20260620-WA0001, signal-2026-06-20-120000, WhatsApp Image 2026-06-20 at 12.00.00, PXL_20260620_120000123.
    """
    match = _NAMED_TIME.search(stem)
    if match is None:
        return None
    numbers = (int(match[part] or 0) for part in ("year", "month", "day", "hour", "minute", "second"))
    try:
        return datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001  as the phone's clock showed it
    except ValueError:  # the 31st of February
        return None


def live_stems(clip: Path) -> Iterator[str]:
    """Yield the names, as ``folded``, that the photo may have whose clip this is: the likeliest first."""
    stem = clip.stem
    if clip.suffix.lower() in MOTION_SUFFIXES:
        yield folded(clip.name)
    yield folded(stem)
    if match := _CLIP_ADDS.search(stem):
        yield folded(stem[: match.start()] + (match["count"] or ""))
    if root_of(stem) != stem:
        yield folded(root_of(stem))


def folded(name: str) -> str:
    """Return name as it is compared: some disks and programs change case, and how accents are spelled."""
    return unicodedata.normalize("NFC", name).casefold()


def rest_behind(name: str, beginning: str) -> str | None:
    """Return what stands in name behind beginning, however that is spelled there; None if name does not begin so."""
    end: int | None = len(beginning)
    if not name.startswith(beginning):  # an accent that stands by itself makes it longer
        wanted = folded(beginning)
        end = next((end for end in range(1, len(name) + 1) if folded(name[:end]) == wanted), None)
    if end is None or (name[end:] and unicodedata.combining(name[end])):  # "cafe" is not how "café" begins
        return None
    return name[end:]
