"""Tells a HEIC, AVIF or WebP whose end was lost, and became zeros, from a whole one: their decoders do not.

So copies end that were broken off where the room had been taken before, and files of a card that was pulled. What such
a picture is coded in has no long run of zeros; behind it there may be any number of them: a camera aligns what it
writes, and who saves files from a broken disk knows no end.
"""

from __future__ import annotations

from livecam.photos.boxes import pieces_of_items
from livecam.photos.tiff_tags import reader_of_bytes

_RUN = bytes(1024)  # set by hand: what a disk loses are blocks of 512 bytes, and most often many


def lost_its_end(data: bytes) -> bool:
    """Whether data is such a picture, and ends in zeros."""
    if not data.endswith(_RUN):  # as nearly all
        return False
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return data[: 8 + int.from_bytes(data[4:8], "little")].endswith(_RUN)
    if data[4:8] == b"ftyp":
        pieces = pieces_of_items(reader_of_bytes(data), len(data))
        return data[: max((start + length for start, length in pieces if length), default=0)].endswith(_RUN)
    return False
