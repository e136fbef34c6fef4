"""Parts of a picture in which faces are looked for.

MediaPipe's detector looks at a copy of 128 pixels, so that it only sees faces that fill a seventh of what it is given:
small faces are found in small regions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from livecam.faces.mesh import box_middle
from livecam.faces.settings import DetectorSettings, StreamSettings
from livecam.types import Face, UInt8Array


class Region(NamedTuple):
    """A part of the picture: x0, y0, x1, y1 in pixels, inside the picture."""

    x0: int
    y0: int
    x1: int
    y1: int

    @classmethod
    def whole(cls, image: UInt8Array) -> Self:
        """Return all of the picture."""
        return cls(0, 0, image.shape[1], image.shape[0])

    @classmethod
    def square(cls, x: float, y: float, side: float, image: UInt8Array) -> Self:
        """Return what lies in the picture of a square around x, y; a pixel at least."""
        height, width = image.shape[:2]
        left, top = (int(np.clip(round(at - side / 2), 0, most - 1)) for at, most in ((x, width), (y, height)))
        right, bottom = min(round(x + side / 2), width), min(round(y + side / 2), height)
        return cls(left, top, max(right, left + 1), max(bottom, top + 1))

    @classmethod
    def around(cls, face: Face, image: UInt8Array, others: Sequence[Face], settings: StreamSettings) -> Self:
        """Return the region in which face is followed: the whole picture if the face is large in it.

        It ends half-way to each of others, or the landmarker might see one of them instead.
        """
        height, width = image.shape[:2]
        side = round(settings.region_scale * face.size)
        x, y = box_middle(face.box)
        if side >= min(height, width):
            region = cls.whole(image)
        else:
            side_x, side_y = min(side, width), min(side, height)
            left = int(np.clip(x - side / 2, 0, width - side_x))
            top = int(np.clip(y - side / 2, 0, height - side_y))
            region = cls(left, top, left + side_x, top + side_y)
        for other in others:
            region = region._up_to(box_middle(other.box), face)
        return region

    def part(self, image: UInt8Array) -> UInt8Array:
        """Return the pixels in the region."""
        return image[self.y0 : self.y1, self.x0 : self.x1]

    def lies_in(self, image: UInt8Array) -> bool:
        """Return whether image, which may be smaller than the one that the region was made for, holds all of it."""
        return bool(self.x1 <= image.shape[1] and self.y1 <= image.shape[0])

    def suits(self, face: Face, wanted: Region, settings: StreamSettings) -> bool:
        """Return whether face can be followed here although ``around`` would say wanted: moving costs a frame."""
        ratios = (self.x1 - self.x0) / (wanted.x1 - wanted.x0), (self.y1 - self.y0) / (wanted.y1 - wanted.y0)
        x0, y0, x1, y1 = face.box
        most = settings.room * face.size

        def enough(room: float, wanted_room: float) -> bool:
            return room > min(most, settings.room_of_new * wanted_room) or room >= wanted_room

        inside = (
            enough(x0 - self.x0, x0 - wanted.x0)
            and enough(y0 - self.y0, y0 - wanted.y0)
            and enough(self.x1 - x1, wanted.x1 - x1)
            and enough(self.y1 - y1, wanted.y1 - y1)
        )
        low, high = settings.size_range
        return inside and all(low < ratio < high for ratio in ratios)

    def _up_to(self, other: tuple[float, float], face: Face) -> Self:
        """Return the part of this region on face's side of the line between face and the middle of another."""
        (x, y), (u, v) = box_middle(face.box), other
        half = face.size / 2  # of two faces on top of each other each keeps at least itself
        if abs(u - x) >= abs(v - y):
            between = round((x + u) / 2)
            if u < x:
                return self._replace(x0=max(self.x0, min(between, round(x - half))))
            return self._replace(x1=min(self.x1, max(between, round(x + half))))
        between = round((y + v) / 2)
        if v < y:
            return self._replace(y0=max(self.y0, min(between, round(y - half))))
        return self._replace(y1=min(self.y1, max(between, round(y + half))))


def regions_of(image: UInt8Array, side: int, overlap: float) -> list[Region]:
    """Return square regions that cover image, the middle of it first.

    side: of a region, pixels, at most the picture's shorter.  overlap: of neighbours, at least, as a share of side.
    """
    height, width = image.shape[:2]
    lefts, tops = (
        np.linspace(0, length - side, math.ceil((length - side) / (side * (1 - overlap))) + 1).astype(int)
        for length in (width, height)
    )
    regions = [Region(x, y, x + side, y + side) for y in tops.tolist() for x in lefts.tolist()]
    return sorted(regions, key=lambda one: abs(one.x0 + one.x1 - width) + abs(one.y0 + one.y1 - height))


def add_new(known: list[Face], found: Sequence[Face], settings: DetectorSettings) -> list[Face]:
    """Add to known those of found that are not in it yet, and return them."""
    new = []
    for face in found:
        x, y = box_middle(face.box)
        middles = (box_middle(other.box) for other in known)
        if all(max(abs(x - u), abs(y - v)) > settings.same_face * face.size for u, v in middles):
            known.append(face)
            new.append(face)
    return new
