"""Finds faces with MediaPipe's FaceLandmarker: 478 landmarks, 52 blendshapes and the head's pose.

Its detector looks at a copy of 128 pixels, so it only sees faces that fill a seventh of the picture. That is fine
before a laptop and too little for a group. So stills are searched ever more closely, and in a stream each face has a
landmarker of its own in a region that follows it, while others are searched for region by region.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from livecam import model_files
from livecam.closing import Closing
from livecam.faces.landmarker import Landmarker
from livecam.faces.mesh import box_middle
from livecam.faces.regions import Region, add_new, regions_of
from livecam.faces.settings import FinderSettings
from livecam.faces.still_search import StillSearch
from livecam.faces.stillness import Stillness
from livecam.faces.stream_turn import StreamTurn
from livecam.types import Face, Frame, UInt8Array

_SETTINGS = FinderSettings()
FORGOTTEN_MS = 60_000.0  # for so long a face that gave way is not looked for; set by hand


class _Follower:
    """A landmarker and the region in which it follows one face of a stream; free while it has none."""

    def __init__(self, model: bytes, settings: FinderSettings) -> None:
        self._landmarker = Landmarker(
            model, 1, video=True, confidence=settings.detector.confidence_whole, longest_px=settings.stream.longest_px
        )
        self._settings = settings.stream
        self._region: Region | None = None
        self.face: Face | None = None
        self._last: Face | None = None  # where it was seen, when it is not seen now
        self._seen_ms = 0.0  # when that was
        self._misses = 0
        self._stillness = Stillness()

    @property
    def lifeless(self) -> bool:
        """Whether its face never moves: a poster's."""
        return self.face is not None and self._stillness.lifeless

    @property
    def free(self) -> bool:
        return self._region is None

    def may_be_elsewhere(self, t_ms: float) -> bool:
        """Whether its face has not been seen where it was for so long that it is to be looked for all over."""
        return self.free or (self.face is None and t_ms - self._seen_ms >= self._settings.elsewhere_ms)

    @property
    def last(self) -> Face | None:
        """The face where it is, or where it was last seen as long as it is looked for."""
        return self._last if self._region is not None else None

    def start(self, face: Face, frame: Frame, others: Sequence[Face]) -> None:
        self._region = Region.around(face, frame.image, others, self._settings)
        self.face = self._last = face
        self._misses, self._seen_ms = 0, frame.t_ms
        self._stillness = Stillness()

    def stop(self) -> None:
        self.face, self._region = None, None

    def follow(self, frame: Frame, still: Landmarker, others: Sequence[Face]) -> None:
        """Look for the face in its region; after a few frames in vain, give up. others: what is not looked for."""
        if self._region is None or self._last is None:
            return
        # A landmarker whose region has moved looks in the wrong place for one frame; the other looks afresh.
        found = self._landmarker.detect(frame, self._region) or still.detect(frame, self._region)
        x, y = box_middle(self._last.box)
        nearest = min(found, key=lambda face: math.dist(box_middle(face.box), (x, y)), default=None)
        self.face = nearest
        self._last = nearest or self._last
        self._misses = 0 if found else self._misses + 1
        if self._misses >= self._settings.misses:
            self.stop()
        elif self.face is not None:
            self._seen_ms = frame.t_ms
            self._stillness.add(frame.t_ms, self.face)
            wanted = Region.around(self.face, frame.image, others, self._settings)
            if not self._region.suits(self.face, wanted, self._settings):
                self._region = wanted

    def close(self) -> None:
        self._landmarker.close()


class FaceFinder(Closing):
    """Finds the faces of stills, or follows those of a stream."""

    def __init__(
        self,
        *,
        model: Path | None = None,
        faces: int = 1,
        stills: bool = False,
        min_size_ratio: float = 0.0,
        settings: FinderSettings = _SETTINGS,
    ) -> None:
        """Load the face model; faces is the most that are looked for.

        min_size_ratio: in stills, faces smaller than this share of the largest need not be found, which spares most
        pictures most of the search.

        Raises ModelError if the model is missing or altered, ValueError if faces < 1.
        """
        if faces < 1:
            raise ValueError(f"faces must be at least 1, not {faces}")
        loaded = model_files.face_landmarker(model).read_bytes()
        self._most = faces
        self._settings = settings
        detector = settings.detector
        longest_px = math.inf if stills else settings.stream.longest_px
        self._whole = Landmarker(loaded, faces, confidence=detector.confidence_whole, longest_px=longest_px)
        in_a_part = 1 if stills else faces
        self._part = Landmarker(loaded, in_a_part, confidence=detector.confidence_part, longest_px=longest_px)
        self._stills = StillSearch(loaded, self._whole, self._part, faces, min_size_ratio, settings) if stills else None
        self._followers = () if stills else tuple(_Follower(loaded, settings) for _ in range(faces))
        self._search: Iterator[Region] = iter(())
        self._some_known = False
        self._turn = StreamTurn(loaded, self._part, settings)
        self._gave_way: list[tuple[Face, float]] = []  # faces that never moved, and when somebody came in their place
        self._size_px: tuple[int, int] | None = None  # of the stream's pictures
        self._seen = 0  # frames of the stream: a slow computer may be given every second one of a camera's alone

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in frame, the largest first, at most as many as were asked for."""
        found = self._stills.search(frame) if self._stills else self._follow_turned(frame)
        return tuple(sorted(found, key=lambda face: -face.size)[: self._most])

    def _follow_turned(self, frame: Frame) -> list[Face]:
        size_px = frame.width, frame.height
        if size_px != self._size_px:  # where the faces were says nothing in a picture of another size
            self._size_px = size_px
            self._start_afresh()
        view = self._turn.view(frame)
        found = [self._turn.told(view, face) for face in self._follow(view)]
        if self._turn.note(frame, somebody=bool(found)):
            self._start_afresh()
        return found

    def _start_afresh(self) -> None:
        for one in self._followers:
            one.stop()
        self._search = iter(())
        self._gave_way.clear()

    def _follow(self, frame: Frame) -> list[Face]:
        for one in self._followers:
            others = [other.last for other in self._followers if other is not one and other.last is not None]
            one.follow(frame, self._whole, others)
        faces: list[Face] = []
        for one in self._followers:  # two that have come upon the same face: the later one is set free
            if one.face is not None and not add_new(faces, [one.face], self._settings.detector):
                one.stop()
        free = [one for one in self._followers if one.may_be_elsewhere(frame.t_ms)]
        lifeless = [one for one in self._followers if one.lifeless]
        living = [face for face in faces if all(face is not one.face for one in lifeless)]
        self._gave_way = [(face, t_ms) for face, t_ms in self._gave_way if 0 <= frame.t_ms - t_ms < FORGOTTEN_MS]
        looks, self._seen = self._looks(faces), self._seen + 1
        for _ in range(looks if free or lifeless else 0):
            region = self._next_region(frame.image, living)
            seen = [*faces, *(face for face, _ in self._gave_way)]
            for face in add_new(seen, self._detect_in(frame, region), self._settings.detector):
                if not faces and not self._turn.comes_upright(frame, face):
                    continue
                if lifeless and not free:  # a poster gives way to whoever else is there
                    poster = lifeless.pop(0)
                    if poster.face is not None:
                        self._gave_way.append((poster.face, frame.t_ms))
                        faces.remove(poster.face)
                    poster.stop()
                    free.append(poster)
                faces.append(face)
                if free:
                    free.pop(0).start(face, frame, [other for other in faces if other is not face])
        return faces

    def _looks(self, known: Sequence[Face]) -> int:
        """Return how many regions of the next frame are searched for others."""
        stream = self._settings.stream
        return int(self._seen % stream.frames_a_look == 0) if known else stream.looks_alone

    def _detect_in(self, frame: Frame, region: Region) -> list[Face]:
        landmarker = self._whole if region == Region.whole(frame.image) else self._part
        return landmarker.detect(frame, region)

    def _next_region(self, image: UInt8Array, known: Sequence[Face]) -> Region:
        if bool(known) is not self._some_known:  # what is worth searching has changed
            self._some_known, self._search = bool(known), iter(())
        region = next(self._search, None)
        if region is None or not region.lies_in(image):
            self._search = iter(self._search_round(image, known))
            return Region.whole(image)
        return region

    def _search_round(self, image: UInt8Array, known: Sequence[Face]) -> list[Region]:
        """Return what is searched after the whole picture, before that comes again."""
        stream, detector = self._settings.stream, self._settings.detector
        sides = (round(share * min(image.shape[:2])) for share in stream.search_sides)
        regions = [
            one
            for side in sides
            if side >= detector.smallest_region_px
            for one in regions_of(image, side, stream.search_overlap)
        ]
        if not known:  # the whole picture comes up every other time: most who come are near
            return [one for part in regions for one in (part, Region.whole(image))]
        size = known[0].size  # whoever belongs to the picture is about as large as the others
        least, most = stream.smallest_search * size, size / detector.smallest_face
        return [one for one in regions if least <= one.x1 - one.x0 <= most]

    def close(self) -> None:
        """Free the landmarkers. They must not be left to the end of the interpreter, where MediaPipe fails."""
        self._whole.close()
        self._part.close()
        if self._stills is not None:
            self._stills.close()
        self._turn.close()
        for one in self._followers:
            one.close()
