"""Star ratings and colour labels as XMP, where Lightroom, darktable and digiKam look for them.

``xmp:Rating`` (1..5, 0 none, -1 rejected) and ``xmp:Label`` go into a sidecar, or on request into a JPEG itself. Of
what is there, these two values are changed and every other byte is left as it is. XMP: ISO 16684-1; in JPEG: Adobe's
XMP Specification, part 3.

Lightroom reads sidecars of raw photos only, so for a JPEG to show its stars there they must be inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livecam.errors import OutputError
from livecam.photos.sidecars import new_sidecar, sidecars
from livecam.storage import xmp_packet
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file

_SOI, _SOS, _APP0, _APP1, _MPF = 0xD8, 0xDA, 0xE0, 0xE1, 0xE2
_EXIF, _XMP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0"
_SEGMENT_MOST = 65533  # bytes
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_USE_SIDECAR = "leave --embed away for a sidecar"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a photo is marked with. rating: 1..5, 0 none, -1 rejected.  label: "Red" or another.  None: nothing said."""

    rating: int | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if self.rating is not None and not -1 <= self.rating <= 5:
            raise ValueError(f"rating must be -1, 0 or 1..5, not {self.rating}")


def write(photo: Path, mark: Mark, *, embed: bool = False) -> tuple[Path, ...]:
    """Mark photo and return the files that were written; what mark leaves None stays as it is.

    A sidecar that photo has is merged into; a new one is NAME.xmp for a raw photo and NAME.EXT.xmp for another. embed:
    into the photo instead, which must be a JPEG; its pixels, mode and time stay. Raises OutputError, and then nothing
    is changed.
    """
    values = {name: value for name, value in (("Rating", mark.rating), ("Label", mark.label)) if value is not None}
    texts = {name: str(value) for name, value in values.items()}
    files = (photo.resolve(),) if embed else sidecars(photo) or (new_sidecar(photo),)
    for path in files:
        try:
            if embed:
                data = _with_packet(path, path.read_bytes(), texts)
            else:
                data = xmp_packet.changed(path.read_bytes() if path.exists() else xmp_packet.EMPTY, texts)
            replace_file(path, data, keep_times=embed)
        except OSError as error:
            raise OutputError(f"cannot mark {photo} in {path}: {why(error)}") from error
        except xmp_packet.NotXmpError as error:
            raise OutputError(f"cannot mark {photo}: {path} is not XMP ({error}): move it away") from error
    return files


def read(photo: Path) -> Mark:
    """Return what photo is marked with, in its sidecar, else inside the JPEG; ``Mark()`` if nowhere. OutputError."""
    found = sidecars(photo)
    path = found[0] if found else photo
    try:
        data = path.read_bytes()
        if not found:
            data = _packet(data) if data[:2] == bytes((0xFF, _SOI)) else b""
        values = xmp_packet.values(data, ("Rating", "Label")) if data else {}
    except OSError as error:
        raise OutputError(f"cannot read {path} ({error.strerror}): check its permissions") from error
    except (xmp_packet.NotXmpError, _DamagedError) as error:
        raise OutputError(f"cannot read the marks of {path} ({error}): check it elsewhere") from error
    try:
        rating = round(float(values["Rating"])) if "Rating" in values else None
    except ValueError:
        rating = None
    return Mark(rating if rating is not None and -1 <= rating <= 5 else None, values.get("Label"))


class _DamagedError(Exception):
    """The JPEG breaks off, or is none."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A marker segment of a JPEG, its bytes from start up to stop."""

    marker: int
    start: int
    stop: int
    body: bytes


def _segments(data: bytes) -> list[_Segment]:
    """The segments before the pixels. Raises _DamagedError."""
    if data[:2] != bytes((0xFF, _SOI)):
        raise _DamagedError("not a JPEG")
    found: list[_Segment] = []
    at = 2
    while True:
        start = at
        if at + 4 > len(data) or data[at] != 0xFF:
            raise _DamagedError("damaged or cut short")
        while data[at + 1] == 0xFF and at + 4 < len(data):  # fill bytes
            at += 1
        marker = data[at + 1]
        if marker == _SOS:
            return found
        if marker in _STANDALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        stop = at + 2 + length
        if length < 2 or stop > len(data):
            raise _DamagedError("damaged or cut short")
        found.append(_Segment(marker, start, stop, data[at + 4 : stop]))
        at = stop


def _packet(data: bytes) -> bytes:
    """The XMP inside a JPEG; empty if there is none."""
    return next((s.body[len(_XMP) :] for s in _segments(data) if s.marker == _APP1 and s.body.startswith(_XMP)), b"")


def _with_packet(path: Path, data: bytes, texts: dict[str, str]) -> bytes:
    """The JPEG with these values in its XMP; extended XMP, which is in segments of its own, stays as it is."""
    try:
        segments = _segments(data)
    except _DamagedError as error:
        raise OutputError(f"cannot mark {path} inside ({error}): {_USE_SIDECAR}") from error
    old = next((s for s in segments if s.marker == _APP1 and s.body.startswith(_XMP)), None)
    # The parts of a multi-picture file are found by their distance from its MPF segment: that must not change.
    pictures = next((s.start for s in segments if s.marker == _MPF and s.body.startswith(b"MPF\0")), len(data))
    if old is None:
        content = xmp_packet.changed(xmp_packet.EMPTY, texts)
        leading = [s.stop for s in segments if s.marker == _APP0 or (s.marker == _APP1 and s.body.startswith(_EXIF))]
        start = stop = max((end for end in leading if end <= pictures), default=2)
    else:
        content = xmp_packet.fitted(xmp_packet.changed(old.body[len(_XMP) :], texts), len(old.body) - len(_XMP))
        start, stop = old.start, old.stop
        if start > pictures and len(content) != len(old.body) - len(_XMP):
            raise OutputError(f"cannot mark {path} inside: its other pictures would be lost: {_USE_SIDECAR}")
    if len(_XMP) + len(content) > _SEGMENT_MOST:
        raise OutputError(f"cannot mark {path} inside: its XMP is full (64 KB): {_USE_SIDECAR}")
    body = _XMP + content
    return data[:start] + bytes((0xFF, _APP1)) + (len(body) + 2).to_bytes(2, "big") + body + data[stop:]
