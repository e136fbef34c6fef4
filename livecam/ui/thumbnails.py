"""The pictures taken last, small, in a column at the lower right: the newest below and larger, each with its rating.

Who is before the camera now is more than an older picture: where that would lie over a face, the column ends. In a
small window that holds for the newest, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from livecam.types import UInt8Array
from livecam.ui import draw
from livecam.ui.draw import ATTENTION, GREY, WHITE, Rect
from livecam.ui.layout import Layout

MOST = 4
_WIDTH, _HEIGHT, _OLDER = 160, 132, 0.65
_APART = 40  # between a face and a picture that is to come; set by hand
_RATINGS = 5


class ShownShot(Protocol):
    """A picture that was taken; ``livecam.live.recent_shots.RecentShot`` is the real one."""

    @property
    def thumbnail(self) -> UInt8Array | None:
        """Of it, uint8 (h, w, 3) RGB."""

    @property
    def rating(self) -> int | None:
        """1..5, None before the person has rated it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Tile:
    """A thumbnail as it is laid on the screen; kept, because it is the same for many frames."""

    thumbnail: UInt8Array
    rating: int | None
    image: UInt8Array


class ThumbnailColumn:
    """Places thumbnails, and draws them; remembers what it has drawn last."""

    def __init__(self) -> None:
        self._tiles: list[tuple[_Tile, Rect]] = []

    def place(
        self,
        layout: Layout,
        shots: Sequence[ShownShot],
        *,
        right_of: int,
        above: int,
        faces: Sequence[Rect],
    ) -> tuple[Rect, ...]:
        """Place the newest of shots, newest first, and return what they cover.

        right_of, above: what lies left of this column of pixels, and from this row on, stays free.  faces: what no
        older picture lies over.
        """
        px = layout.px
        rim, radius = px(3), px(12)
        room = max(min(px(_WIDTH), layout.width - px(24) - px(18) - right_of), px(60))
        y, placed = above - px(24), []
        for place, shot in enumerate(shots[:MOST]):
            if shot.thumbnail is None:
                break
            height, width = shot.thumbnail.shape[:2]
            scale = min(room / width, px(_HEIGHT) / height) * (_OLDER if place else 1)
            tile = self._tile(shot.thumbnail, shot.rating, scale, rim, radius)
            height, width = tile.image.shape[:2]
            x, y = layout.width - px(24) + rim - width, y + rim - height
            # What was not there needs more room to come than to stay, or it would come and go with each breath.
            apart = px(_APART) if place >= len(self._tiles) else 0
            around = Rect(x - apart, y - apart, width + 2 * apart, height + 2 * apart)
            gives_way = place > 0 or layout.small
            if y < px(76) or (gives_way and any(map(around.overlap, faces))):
                break
            placed.append((tile, Rect(x, y, width, height)))
            y -= px(14) - rim
        self._tiles = placed
        return tuple(rect for _, rect in placed)

    def draw(self, image: UInt8Array, layout: Layout) -> None:
        """Draw them where they were placed."""
        rim, radius = layout.px(3), layout.px(12)
        for tile, at in self._tiles:
            # A dark edge around the white one, for light scenes.
            edge = Rect(at.x - rim, at.y - rim, at.width + 2 * rim, at.height + 2 * rim)
            draw.panel(image, edge, radius + 2 * rim, 0.5)
            draw.picture(image, tile.image, at.x, at.y, radius + rim)

    def _tile(self, thumbnail: UInt8Array, rating: int | None, scale: float, rim: int, radius: int) -> _Tile:
        width, height = max(1, round(thumbnail.shape[1] * scale)), max(1, round(thumbnail.shape[0] * scale))
        shape = height + 2 * rim, width + 2 * rim, 3
        for tile, _ in self._tiles:
            if tile.thumbnail is thumbnail and tile.rating == rating and tile.image.shape == shape:
                return tile
        image = np.full(shape, WHITE, np.uint8)
        resized = np.asarray(cv2.resize(thumbnail, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        draw.picture(image, resized, rim, rim, radius)
        if rating is not None:
            _stars(image, rating, width / 160)
        return _Tile(thumbnail, rating, image)


def _stars(image: UInt8Array, rating: int, unit: float) -> None:
    """Draw rating stars of five at the foot of a thumbnail. unit: its width over 160 pixels."""
    height, width = image.shape[:2]
    apart, radius = 22 * unit, max(round(10 * unit), 2)
    panel = Rect(0, 0, round(_RATINGS * apart + 8 * unit), 2 * radius + round(6 * unit))
    x, y = width / 2, height - panel.height / 2 - 6 * unit
    panel = Rect(round(x - panel.width / 2), round(y - panel.height / 2), panel.width, panel.height)
    draw.panel(image, panel, panel.height // 2, 0.7)
    for place in range(_RATINGS):
        draw.star(image, x + (place - 2) * apart, y, radius, ATTENTION if place < rating else GREY)
