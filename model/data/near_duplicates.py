"""Finds photos that are copies of each other, and photos that look alike.

A fingerprint is the perceptual hash of Zauner 2010 ("Implementation and benchmarking of perceptual image hash
functions"): the signs of a picture's low frequencies, here 16 × 16 of them. Copies keep it through scaling and
compression; the frames of one burst share most of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from livecam.types import FloatArray, UInt8Array

_SIDE, _LOW = 64, 16  # pixels of the reduced picture, frequencies kept each way
_THUMB = 16
_BLOCK = 512  # fingerprints compared with as many others at a time


@dataclass(frozen=True, slots=True)
class DuplicateSettings:
    """How little two fingerprints of 256 bits, half of which differ by chance, must differ. All was set by hand.

    alike_bits: of pictures that look alike.  copy_bits, copy_levels: of copies, and what their parts (14 × 14 pixels of
    a crop) may differ in, grey levels; a closed eye or a smile changes some part by more.
    Measured beside it: of 205 portraits (../shared/data/ratings, every second one) no two differ in fewer than 74 bits;
    a copy at half the size, as a JPEG of quality 60, differs in 6 at most, and in 2.4 grey levels.
    """

    alike_bits: int = 52
    copy_bits: int = 24
    copy_levels: float = 12.0


DUPLICATES = DuplicateSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """bits: uint64 (4,).  thumb: float32 (16, 16), grey levels about their mean."""

    bits: npt.NDArray[np.uint64]
    thumb: FloatArray


def fingerprint(image: UInt8Array) -> Fingerprint:
    """Take the fingerprint of a picture, uint8 (H, W, 3) RGB."""
    small = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = cv2.dct(grey)[:_LOW, :_LOW].ravel()
    bits = low > np.median(low[1:])
    thumb = cv2.resize(grey, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA)
    return Fingerprint(np.packbits(bits).view(np.uint64), np.asarray(thumb - thumb.mean(), np.float32))


def are_copies(one: Fingerprint, other: Fingerprint) -> bool:
    """Tell whether two face crops show one picture: nothing in the face moved."""
    moved = float(np.abs(one.thumb - other.thumb).max())
    return distance(one, other) <= DUPLICATES.copy_bits and moved <= DUPLICATES.copy_levels


def distance(one: Fingerprint, other: Fingerprint) -> int:
    """Return in how many of 256 bits two fingerprints differ."""
    return int(np.bitwise_count(one.bits ^ other.bits).sum())


def pairs_within(prints: Sequence[Fingerprint], bits: int) -> list[tuple[int, int]]:
    """Return the places (i < j) of fingerprints that differ in at most so many bits, rising."""
    if not prints:
        return []
    stacked = np.stack([item.bits for item in prints])
    found = []
    for start in range(0, len(stacked), _BLOCK):
        block = stacked[start : start + _BLOCK]
        for later in range(start, len(stacked), _BLOCK):
            others = stacked[later : later + _BLOCK]
            differing = np.bitwise_count(block[:, None] ^ others[None]).sum(axis=2, dtype=np.int64)
            pairs = [(start + int(i), later + int(j)) for i, j in np.argwhere(differing <= bits)]
            found += [(i, j) for i, j in pairs if i < j]
    return sorted(found)
