"""Tells a picture whose end was lost, and became zeros, from a whole one where its decoder does not.

So copies end that were broken off where the room had been taken before, and files of a card that was pulled. What such
a HEIC, AVIF or WebP is coded in has no long run of zeros; behind it there may be any number of them: a camera aligns
what it writes, and who saves files from a broken disk knows no end. What is not coded at all, as in most TIFFs, may
well be black at its end: there the zeros must begin where a disk's block does, and within a row.
"""

from __future__ import annotations

from typing import Literal

from livecam.photos.boxes import pieces_of_items
from livecam.photos.tiff_tags import reader_of_bytes

_BLOCK = 4096  # bytes that disks and networks take at once
_OWN_ZEROS = 4  # so few before that may be the picture's own; set by hand
_BESIDE = 64  # bytes of the row before, beside where the zeros begin; set by hand
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_RUN = bytes(1024)  # set by hand: what a disk loses are blocks of 512 bytes, and most often many


def lost_its_end(data: bytes) -> bool:
    """Whether data is a HEIC, AVIF, WebP or PNG, and ends in zeros."""
    if not data.endswith(_RUN):  # as nearly all
        return False
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return data[: 8 + int.from_bytes(data[4:8], "little")].endswith(_RUN)
    if data.startswith(_PNG):
        return not data.rstrip(b"\0").endswith(_PNG_END)
    if data[4:8] == b"ftyp":
        pieces = pieces_of_items(reader_of_bytes(data), len(data))
        return data[: max((start + length for start, length in pieces if length), default=0)].endswith(_RUN)
    return False


def lost_its_rows(data: bytes, start: int, rows: int) -> bool:
    """Whether data, a picture of so many rows whose pixels stand in it as they are, ends in zeros that are none.

    start: where its first row begins.
    """
    if not data.endswith(bytes(_BLOCK)):
        return False
    end, row = len(data.rstrip(b"\0")), max((len(data) - start) // rows, 1)
    beside = data[max(end - row, 0) + _OWN_ZEROS :][:_BESIDE]  # nothing but zeros where a black frame begins
    within_a_row = (start - end) % row >= _OWN_ZEROS  # where no black bar begins
    return -end % _BLOCK < _OWN_ZEROS and within_a_row and any(beside)


def lacks_its_directory(data: bytes) -> bool:
    """Whether data is a TIFF whose directory, which may stand at its end, was lost."""
    order: Literal["little", "big"] = "little" if data.startswith(b"II") else "big"
    at = int.from_bytes(data[4:8], order)
    return data[:4] in {b"II*\0", b"MM\0*"} and not any(data[at : at + 2])
