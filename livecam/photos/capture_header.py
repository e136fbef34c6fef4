"""When and by which camera a photo or clip was taken, as its header says: the rest is not read.

EXIF of every kind of picture in which ``embedded`` finds marks; of a clip ISO 14496-12's movie header, and the metadata
that Apple's phones put beside it (QuickTime File Format Specification, "Metadata").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livecam.photos.boxes import boxes_in
from livecam.photos.embedded import exif_blocks
from livecam.photos.exif import parse_time
from livecam.photos.maker_notes import content_id_of_note
from livecam.photos.tiff_tags import ReadAt, entries_of, reader_of

_MAKE, _MODEL, _SERIAL, _MAKER_NOTE = 271, 272, 42033, 37500
_CONTENT_ID = b"com.apple.quicktime.content.identifier"
_MAX_BYTES = 1 << 20  # of a clip's metadata; set by hand against damaged files
# Time, its fraction and its offset: of the exposure, else when it was digitised, else the file's own.
_TIMES = ((36867, 37521, 36881), (36868, 37522, 36882), (306, 37520, 36880))
_WANTED = frozenset((_MAKE, _MODEL, _SERIAL, _MAKER_NOTE, *(tag for tags in _TIMES for tag in tags)))
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)  # of the movie header
_UNKNOWN_LENGTH = (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class PhotoHeader:
    """What a photo says of itself. captured: aware if it names an offset.  model: make and model.  serial: of the body.

    content_id: of a live photo by Apple, which its clip has too.  "" and None: unknown.
    """

    captured: datetime | None = None
    model: str = ""
    serial: str = ""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class ClipHeader:
    """What a clip says of itself. created: UTC, or as some cameras write, their own clock's.  length_ms: whole.

    content_id: of the moving part of a live photo by Apple, "" unknown.
    """

    created: datetime | None = None
    length_ms: float | None = None
    content_id: str = ""


def photo_header(path: Path) -> PhotoHeader:
    """Return what the header of the photo at path says; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            read, size = reader_of(file)
            values: dict[int, str] = {}
            content_id = ""
            for block in exif_blocks(read, size):
                for tag, value, _ in entries_of(block, _WANTED):
                    if tag == _MAKER_NOTE:
                        content_id = content_id or content_id_of_note(value)
                    else:
                        values.setdefault(tag, value.split(b"\0")[0].decode("latin-1").strip())
    except (OSError, ValueError, IndexError, OverflowError):
        return PhotoHeader()
    times = (parse_time(*(values.get(tag, "") for tag in tags)) for tags in _TIMES)
    model = " ".join(filter(None, (values.get(_MAKE), values.get(_MODEL))))
    captured = next(filter(None, times), None)
    return PhotoHeader(captured, model.casefold(), values.get(_SERIAL, ""), content_id.casefold())


def clip_header(path: Path) -> ClipHeader:
    """Return what the header of the clip at path says; nothing where it is of another kind or cannot be read."""
    try:
        with path.open("rb") as file:
            read, size = reader_of(file)
            for kind, start, stop in boxes_in(read, 0, size):
                if kind == b"moov":
                    boxes = {name: (at, end) for name, at, end in boxes_in(read, start, stop)}
                    header = _of_movie(read(boxes[b"mvhd"][0], 32)) if b"mvhd" in boxes else ClipHeader()
                    if b"meta" not in boxes and b"udta" in boxes:  # where ffmpeg puts it
                        boxes = {name: (at, end) for name, at, end in boxes_in(read, *boxes[b"udta"])}
                    content_id = _content_id(read, *boxes[b"meta"]) if b"meta" in boxes else ""
                    return replace(header, content_id=content_id.casefold())
    except (OSError, OverflowError):
        pass
    return ClipHeader()


def _of_movie(header: bytes) -> ClipHeader:
    wide = 8 if header[:1] == b"\1" else 4
    created = int.from_bytes(header[4 : 4 + wide], "big")
    at = 4 + 2 * wide
    scale, length = int.from_bytes(header[at : at + 4], "big"), int.from_bytes(header[at + 4 : at + 4 + wide], "big")
    known = scale > 0 and length not in _UNKNOWN_LENGTH
    try:
        when = _EPOCH + timedelta(seconds=created) if created else None
    except OverflowError:
        when = None
    return ClipHeader(when, length / scale * 1000 if known else None)


def _content_id(read: ReadAt, start: int, stop: int) -> str:
    """Apple's identifier in a clip's metadata: keys by number, and a box of that number for each value."""
    if read(start, 4) == bytes(4):  # as ISO has it, not QuickTime
        start += 4
    boxes = {name: (at, end) for name, at, end in boxes_in(read, start, stop)}
    if b"keys" not in boxes or b"ilst" not in boxes:
        return ""
    at, end = boxes[b"keys"]
    keys = boxes_in(read, at + 8, min(end, at + _MAX_BYTES))
    number = next((n for n, (_, first, last) in enumerate(keys, 1) if read(first, last - first) == _CONTENT_ID), 0)
    for name, first, last in boxes_in(read, *boxes[b"ilst"]):
        if int.from_bytes(name, "big") == number:
            for inner, data, behind in boxes_in(read, first, last):
                if inner == b"data":
                    return read(data + 8, min(behind - data - 8, _MAX_BYTES)).decode("latin-1").strip("\0 ")
    return ""
