"""How long the picture of an MP4, MOV or 3GP lasts as its header says (ISO/IEC 14496-12).

A clip that was trimmed without encoding it again holds frames that its edit list leaves out; OpenCV's number of frames
counts them, the length of the track does not.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_LARGE, _TO_THE_END = 1, 0  # sizes of a box with a meaning of their own
_UNKNOWN = (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_MAX_HEADER = 64 << 20  # bytes; a header of hours has a few million; set by hand


def movie_length_ms(path: Path) -> float | None:
    """Return how long the longest picture track is shown, milliseconds; None if the file does not say."""
    try:
        with path.open("rb") as file:
            header = _movie_header(file)
        return None if header is None else _length_ms(header)
    except (OSError, struct.error, ZeroDivisionError, ValueError):  # ValueError: a place beyond any file
        return None


def _movie_header(file: BinaryIO) -> bytes | None:
    """The box ``moov``, wherever it stands."""
    place = 0
    while len(head := file.read(16)) >= 8:
        size, kind = struct.unpack(">I4s", head[:8])
        start = 8
        if size == _LARGE:
            size, start = struct.unpack(">Q", head[8:])[0], 16
        if kind == b"moov":
            file.seek(place + start)
            return file.read(min(size - start, _MAX_HEADER) if size != _TO_THE_END else _MAX_HEADER)
        if size < start:  # also a box that goes to the end: there is none after it
            return None
        place += size
        file.seek(place)
    return None


def _length_ms(movie: bytes) -> float | None:
    boxes = list(_boxes(movie))
    scale, whole = _scale_and_length(next((body for kind, body in boxes if kind == b"mvhd"), b""))
    shown: list[int] = []
    for track in (dict(_boxes(body)) for kind, body in boxes if kind == b"trak"):
        handler = dict(_boxes(track.get(b"mdia", b""))).get(b"hdlr", b"")
        if handler[8:12] == b"vide":
            shown.append(_track_length(track.get(b"tkhd", b"")))
    known = [length for length in shown if length not in _UNKNOWN] or [whole]
    return None if known[0] in _UNKNOWN else max(known) / scale * 1000


def _scale_and_length(header: bytes) -> tuple[int, int]:
    """Of ``mvhd``: units a second, and the length of the movie in them. Behind version and two dates."""
    scale, length = (
        struct.unpack_from(">IQ", header, 20) if header[:1] == b"\1" else struct.unpack_from(">II", header, 12)
    )
    return int(scale), int(length)


def _track_length(header: bytes) -> int:
    """Of ``tkhd``, in the movie's units, edits included. Behind version, two dates, the track's number, four zeros."""
    long = header[:1] == b"\1"
    (length,) = struct.unpack_from(">Q", header, 28) if long else struct.unpack_from(">I", header, 20)
    return int(length)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of the boxes in data."""
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        start = 8
        if size == _LARGE:
            size, start = struct.unpack(">Q", data[place + 8 : place + 16])[0], 16
        if size < start:
            return
        yield kind, data[place + start : place + size]
        place += size
