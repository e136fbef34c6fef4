"""Faces that lie on their side or stand on their head, in stills: a scan laid in askew, a phone held flat, a sleeper.

The detector finds many of them all the same, but sees a face upright in what stands on its head, and the landmarks
then lie on the wrong features. How sure it is tells them apart: it is surest of a face the right way up. So each face
is looked at once more from near, turned unless that look is sure, and where it is right the landmarker looks again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from livecam.faces.detector import Detection, Detector
from livecam.faces.landmarker import Landmarker
from livecam.faces.mesh import box_middle, eye_line
from livecam.faces.regions import Region
from livecam.faces.settings import FinderSettings
from livecam.faces.turning import turned_back, turned_image
from livecam.types import Face, Frame, UInt8Array


class RightedFace(NamedTuple):
    """A face, in pixels of the picture, and the quarters by which that is to be turned for the face to be upright."""

    face: Face
    quarters: int


class TurnedSearch:
    """Finds out which way up the faces of a still are."""

    def __init__(self, detector: Detector, part: Landmarker, settings: FinderSettings) -> None:
        """Borrow the detector, and the landmarker for the region around one face."""
        self._detector, self._part = detector, part
        self._settings = settings

    def righted(self, frame: Frame, face: Face) -> RightedFace:
        """Return the face as it is seen the right way up; as it is if that is so already."""
        x, y = box_middle(face.box)
        least = self._settings.detector.confidence_whole
        quarters = self._quarters_of(frame.image, x, y, face.size, least, lies=self._lies(face))
        found = self._look(frame, x, y, face.size, quarters) if quarters else None
        return RightedFace(face, 0) if found is None else RightedFace(found, quarters)

    def quarters_of_picture(self, frame: Frame, hints: Sequence[Detection]) -> int:
        """Return by how many quarters a picture without a face may have to be turned to show one; 0 if there is none.

        hints: of the search, where a face may be.
        """
        turned = self._settings.turned
        small = _shrunk(frame.image, turned.longest_px)
        scale = frame.width / small.shape[1]
        of_whole = (
            Detection(one.x * scale, one.y * scale, one.size * scale, one.confidence)
            for one in self._detector.detect(small)
            if one.confidence >= turned.hint_in_whole
        )
        of_parts = (one for one in hints if one.confidence >= turned.hint_in_part)
        for some in (of_whole, of_parts):
            for one in sorted(some, key=lambda one: -one.confidence)[: turned.most_hints]:
                size = turned.size_of_hint * one.size
                quarters = self._quarters_of(frame.image, one.x, one.y, size, turned.confidence, lies=False)
                if quarters:
                    return quarters
        return 0

    def _lies(self, face: Face) -> bool:
        """Whether the line of the eyes is steeper than that of somebody who holds the head askew."""
        dx, dy = (float(length) for length in eye_line(face.landmarks[:, :2]))
        return abs(math.degrees(math.atan2(dy, dx))) > self._settings.turned.most_tilt_deg

    def _quarters_of(self, image: UInt8Array, x: float, y: float, size: float, least: float, *, lies: bool) -> int:
        """Return the quarters at which the detector is surest of the face there; 0 unless it is clearly so.

        It sees all four in one picture, which takes a millisecond; where that leaves doubt it looks at each alone.
        """
        settings = self._settings.turned
        tile = _tile(image, x, y, settings.side * size, settings.face_px)
        sure = self._all_ways_up(tile)
        if not lies and (sure[0] >= max(sure) or max(sure) < settings.confidence):
            return 0
        sure = [self._confidence(tile, k) for k in range(4)]
        best = max(sure)
        clear = best >= least and sure[0] < settings.most_upright * best
        return sure.index(best) if clear else 0

    def _all_ways_up(self, tile: UInt8Array) -> list[float]:
        """How sure the detector is of the face in the middle of tile at 0 to 3 quarters, seen at half its size."""
        half = cv2.resize(tile, (len(tile) // 2, len(tile) // 2), interpolation=cv2.INTER_AREA)
        ways = [np.rot90(half, k) for k in range(4)]
        montage = np.asarray(np.vstack([np.hstack(ways[:2]), np.hstack(ways[2:])]), np.uint8)
        sure = [0.0] * 4
        for one in self._detector.detect(montage):
            column, row = int(one.x >= len(half)), int(one.y >= len(half))
            if self._is_in_the_middle(one.x - column * len(half), one.y - row * len(half), len(half)):
                sure[2 * row + column] = max(sure[2 * row + column], one.confidence)
        return sure

    def _confidence(self, tile: UInt8Array, quarters: int) -> float:
        """How sure the detector is of the face in the middle of tile once that is turned."""
        return max(
            (
                one.confidence
                for one in self._detector.detect(turned_image(tile, quarters))
                if self._is_in_the_middle(one.x, one.y, len(tile))
            ),
            default=0.0,
        )

    def _is_in_the_middle(self, x: float, y: float, side: float) -> bool:
        reach = self._settings.detector.same_face * side / self._settings.turned.side
        return max(abs(x - side / 2), abs(y - side / 2)) <= reach

    def _look(self, frame: Frame, x: float, y: float, size: float, quarters: int) -> Face | None:
        """Return the face that the landmarker sees there in the turned picture, if it is upright there."""
        image = frame.image
        for side in self._settings.stills.landmarker_sides:
            region = Region.square(x, y, side * size, image)
            part = Frame(turned_image(region.part(image), quarters), frame.t_ms, frame.index, frame.captured_s)
            for face in self._part.detect(part, Region.whole(part.image)):
                if not self._lies(face):
                    back = turned_back(face, part.width, part.height, quarters)
                    first = np.array([region.x0, region.y0, 0], np.float32)
                    return Face(back.landmarks + first, back.blendshapes, back.transform)
        return None


def _tile(image: UInt8Array, x: float, y: float, side: float, side_px: int) -> UInt8Array:
    """Return the square of that side around x, y at side_px pixels; what lies outside the picture is black.

    A large one is read in steps, for it need not be fine: to average all of its pixels would take longer than the look.
    """
    tile = np.zeros((side_px, side_px, 3), np.uint8)
    left, top, scale = x - side / 2, y - side / 2, side_px / side
    region = Region.square(x, y, side, image)
    u, v = (
        min(max(round((at - first) * scale), 0), side_px - 1) for at, first in ((region.x0, left), (region.y0, top))
    )
    columns = min(max(round((region.x1 - region.x0) * scale), 1), side_px - u)
    rows = min(max(round((region.y1 - region.y0) * scale), 1), side_px - v)
    step = max(int(side / (2 * side_px)), 1)
    part = region.part(image)[::step, ::step]
    tile[v : v + rows, u : u + columns] = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    return tile


def _shrunk(image: UInt8Array, longest_px: int) -> UInt8Array:
    scale = longest_px / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
