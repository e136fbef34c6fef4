"""Finds faces with MediaPipe's FaceLandmarker: 478 landmarks, 52 blendshapes and the head's pose.

Its detector looks at a copy of 128 pixels, so it only sees faces that fill a seventh of the picture. That is
fine before a laptop and useless for a group. So livecam lets it look at parts of the picture: stills are
searched in ever smaller windows, and in a stream each face has a landmarker of its own that watches a window
around it, while a search for newcomers goes through the picture window by window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from livecam import model_files
from livecam.closing import Closing
from livecam.faces.landmarker import SEEN, SMALLEST_REGION, SURE, Landmarker, Region, add_new, middle, regions_of
from livecam.faces.still_search import StillSearch
from livecam.types import Face, Frame, UInt8Array

_SHARES = (0.55, 0.28)  # sides of the search windows over the picture's shorter side, coarse to fine
_OVERLAP = 0.5
_LEAST_ROOM = 1.5  # sides of a window, in face sizes, that are worth searching for more faces of that size
# Of a stream's window MediaPipe gets a copy no longer than this, pixels. It looks at faces in 256, and at no smaller
# ones than a seventh of the window, so that nothing is lost; of 4K it would make several copies of 25 MB.
_LONGEST = 1920
_MISSES = 5  # frames without its face before a landmarker is free for another


class _Followed:
    """One face of a stream: the landmarker and the window that follow it."""

    def __init__(self, model: bytes) -> None:
        self._landmarker = Landmarker(model, 1, video=True, longest=_LONGEST)
        self.region: Region | None = None
        self.face: Face | None = None
        self._last: Face | None = None  # where it was seen, when it is not seen now
        self._misses = 0

    @property
    def free(self) -> bool:
        return self.region is None

    def start(self, face: Face, frame: Frame, others: Sequence[Face]) -> None:
        self.face, self.region, self._misses = face, Region.around(face, frame.image, others), 0
        self._last = face

    def stop(self) -> None:
        self.face, self.region = None, None

    @property
    def last(self) -> Face | None:
        """The face where it is, or where it was last seen as long as it is looked for."""
        return self._last if self.region is not None else None

    def follow(self, frame: Frame, still: Landmarker, others: Sequence[Face]) -> None:
        """Look for the face in its window; after a few frames in vain, give up. others: what is not looked for."""
        if self.region is None or self._last is None:
            return
        # A landmarker whose window has moved looks in the wrong place for one frame; the other looks afresh.
        found = self._landmarker.detect(frame, self.region) or still.detect(frame, self.region)
        x, y = middle(self._last)
        nearest = min(found, key=lambda face: math.dist(middle(face), (x, y)), default=None)
        self.face = nearest
        self._last = nearest or self._last
        self._misses = 0 if found else self._misses + 1
        if self._misses >= _MISSES:
            self.stop()
        elif self.face is not None:
            wanted = Region.around(self.face, frame.image, others)
            if not self.region.suits(self.face, wanted):
                self.region = wanted

    def close(self) -> None:
        self._landmarker.close()


class FaceFinder(Closing):
    """Finds the faces of stills, or follows those of a stream."""

    def __init__(
        self, *, model: Path | None = None, faces: int = 1, stills: bool = False, min_size_ratio: float = 0.0
    ) -> None:
        """Load the face model; faces is the most that are looked for.

        least: in stills, faces smaller than this share of the largest need not be found, which spares most pictures
        most of the search.

        Raises ModelError if the model is missing or altered, ValueError if faces < 1.
        """
        if faces < 1:
            raise ValueError(f"faces must be at least 1, not {faces}")
        loaded = model_files.face_landmarker(model).read_bytes()
        self._most = faces
        longest = math.inf if stills else _LONGEST
        self._whole = Landmarker(loaded, faces, longest=longest)
        self._part = Landmarker(loaded, 1 if stills else faces, confidence=SURE, longest=longest)
        self._stills = StillSearch(loaded, self._whole, self._part, faces, min_size_ratio) if stills else None
        self._followed = () if stills else tuple(_Followed(loaded) for _ in range(faces))
        self._search: Iterator[Region] = iter(())
        self._some_known = False

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in frame, the largest first, at most as many as were asked for."""
        found = self._stills.search(frame) if self._stills else self._follow(frame)
        return tuple(sorted(found, key=lambda face: -face.size)[: self._most])

    def _detect_in(self, frame: Frame, region: Region) -> list[Face]:
        landmarker = self._whole if region == Region.whole(frame.image) else self._part
        return landmarker.detect(frame, region)

    def _follow(self, frame: Frame) -> list[Face]:
        for one in self._followed:
            others = [other.last for other in self._followed if other is not one and other.last is not None]
            one.follow(frame, self._whole, others)
        faces: list[Face] = []
        for one in self._followed:  # two that have come upon the same face: the later one is set free
            if one.face is not None and not add_new(faces, [one.face]):
                one.stop()
        free = [one for one in self._followed if one.free]
        # Nobody there: look hard. Some are there and there may be more: a look now and then will do.
        looks = 0 if not free else 3 if not faces else int(frame.index % 2 == 0)
        for _ in range(looks):
            for face in add_new(faces, self._detect_in(frame, self._next_region(frame.image, faces))):
                if free:
                    free.pop(0).start(face, frame, [other for other in faces if other is not face])
        return faces

    def _next_region(self, image: UInt8Array, known: Sequence[Face]) -> Region:
        if bool(known) is not self._some_known:  # what is worth searching has changed
            self._some_known, self._search = bool(known), iter(())
        region = next(self._search, None)
        if region is None or region.x1 > image.shape[1] or region.y1 > image.shape[0]:
            whole = Region.whole(image)
            sides = (round(share * min(image.shape[:2])) for share in _SHARES)
            coarse = [w for side in sides if side >= SMALLEST_REGION for w in regions_of(image, side, _OVERLAP)]
            if known:  # whoever belongs to the picture is about as large as the others
                size = known[0].size
                fit = [w for w in coarse if _LEAST_ROOM * size <= w.x1 - w.x0 <= size / SEEN]
                self._search = iter(fit)
            else:  # the whole picture comes up every other time: most newcomers are near
                self._search = iter([w for one in coarse for w in (one, whole)])
            return whole
        return region

    def close(self) -> None:
        """Free the landmarkers. They must not be left to the end of the interpreter, where MediaPipe fails."""
        self._whole.close()
        self._part.close()
        if self._stills is not None:
            self._stills.close()
        for one in self._followed:
            one.close()
