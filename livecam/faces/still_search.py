"""Finds all faces of a still, the small ones too, by looking at it ever more closely, and which way up they are.

Only MediaPipe's detector, the first of the FaceLandmarker's models, looks at all of it: that takes 1 to 15 ms. What it
finds is then given to the landmarker, which takes seven for a face.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from livecam.faces.detector import Detection, Detector
from livecam.faces.landmarker import Landmarker
from livecam.faces.regions import Region, add_new
from livecam.faces.settings import FinderSettings
from livecam.faces.turned_search import RightedFace, TurnedSearch
from livecam.faces.turning import clockwise_degrees, turned_back, turned_frame
from livecam.faces.wide_detector import WideDetector
from livecam.types import Face, Frame, UInt8Array


class StillSearch:
    """Looks at the whole of a still, then ever more closely."""

    def __init__(
        self,
        model: bytes,
        whole: Landmarker,
        part: Landmarker,
        most: int,
        min_size_ratio: float,
        settings: FinderSettings,
    ) -> None:
        """model: a face_landmarker.task.  whole, part: for the whole picture, and for the region around one face.

        most: faces to find.  min_size_ratio: faces smaller than this share of the largest need not be found.
        """
        self._settings = settings
        self._detector = Detector(model, settings.stills.hint_confidence)
        self._wide = WideDetector(model, settings.stills.hint_confidence)
        self._turned = TurnedSearch(self._detector, part, settings)
        self._whole, self._part = whole, part
        self._most, self._min_size_ratio = most, min_size_ratio

    def search(self, frame: Frame) -> list[Face]:
        """Return the faces in frame, in no order; there may be a few more than the most."""
        found, hints = self._as_it_stands(frame)
        righted = [self._turned.righted(frame, face) for face in found]
        quarters = _most_are(righted) if righted else self._turned.quarters_of_picture(frame, hints)
        if not quarters:
            return [one.face for one in righted]
        turned = clockwise_degrees(quarters)
        return [
            replace(one.face, turned=turned) if one.quarters == quarters else one.face
            for one in self._all_in_turned(frame, quarters, righted)
        ]

    def close(self) -> None:
        """Free MediaPipe's part."""
        self._detector.close()

    def _all_in_turned(self, frame: Frame, quarters: int, righted: Sequence[RightedFace]) -> list[RightedFace]:
        """Return the faces that are upright in the turned picture, and with them those that were found before."""
        turned = turned_frame(frame, quarters)
        upright = (face for face in self._as_it_stands(turned)[0] if not self._turned.righted(turned, face).quarters)
        faces = [turned_back(face, turned.width, turned.height, quarters) for face in upright]
        before = {id(one.face): one for one in righted}
        more = [before[id(face)] for face in add_new(faces, [one.face for one in righted], self._settings.detector)]
        count = len(faces) - len(more)
        return [*(RightedFace(face, quarters) for face in faces[:count]), *more]

    def _as_it_stands(self, frame: Frame) -> tuple[list[Face], list[Detection]]:
        """Return the faces that are found without a turn, and where there may be more."""
        detector, stills = self._settings.detector, self._settings.stills
        image = frame.image
        shorter, longer = sorted(image.shape[:2])
        found = self._whole.detect(frame, Region.whole(image))
        seen_px = detector.smallest_face * longer
        hints: list[Detection] = []
        doubtful: list[Detection] = []
        for share in stills.search_sides:
            before = len(found)
            wanted = self._min_size_ratio * max((face.size for face in found), default=0.0)
            if before >= self._most or wanted >= stills.nearly_seen * seen_px:
                break
            side = max(round(share * shorter), min(int(wanted / detector.smallest_face), shorter))
            if side < detector.smallest_region_px:
                break
            many = image.shape[0] * image.shape[1] > stills.most_squares * side**2
            if many and not self._add(found, self._confirmed(hints, image, side, found), frame):
                break
            detections = self._wide.detect(image, side)
            self._add(found, detections, frame)
            hints = [one for one in detections if one.confidence < detector.confidence_part]
            doubtful += hints
            seen_px = detector.smallest_face * side
            if 0 < before == len(found):  # whoever belongs to the picture is about as large as the others
                break
        return found, [one for one in doubtful if not one.is_one_of(found, detector.same_face)]

    def _add(self, found: list[Face], detections: Sequence[Detection], frame: Frame) -> bool:
        """Add to found the faces that are sure, the largest first; return whether there are any new ones."""
        detector, sides = self._settings.detector, self._settings.stills.landmarker_sides
        before = len(found)
        for one in sorted(detections, key=lambda one: -one.size):
            sure = one.confidence >= detector.confidence_part
            if sure and len(found) < self._most and not one.is_one_of(found, detector.same_face):
                views = (Region.square(one.x, one.y, side * one.size, frame.image) for side in sides)
                seen = next(filter(None, (self._part.detect(frame, view) for view in views)), [])
                add_new(found, seen, detector)
        return len(found) > before

    def _confirmed(
        self, hints: Sequence[Detection], image: UInt8Array, side: int, found: Sequence[Face]
    ) -> list[Detection]:
        """Return what is seen of the likeliest hints from nearer, as of squares of that side, if a face is among it."""
        detector, stills = self._settings.detector, self._settings.stills
        reach = stills.same_hint * side
        looked: list[Detection] = []
        for hint in sorted(hints, key=lambda one: -one.confidence):
            if len(looked) == stills.most_hints:
                break
            seen_before = any(max(abs(hint.x - one.x), abs(hint.y - one.y)) < reach for one in looked)
            if not seen_before and not hint.is_one_of(found, detector.same_face):
                looked.append(hint)
        detections = self._wide.look(image, looked, side)
        return [one for one in detections if one.confidence >= detector.confidence_part]


def _most_are(righted: Sequence[RightedFace]) -> int:
    """The quarters by which more than half of the faces are turned, and so the picture; else 0."""
    ((quarters, count),) = Counter(one.quarters for one in righted).most_common(1)
    return quarters if 2 * count > len(righted) else 0
