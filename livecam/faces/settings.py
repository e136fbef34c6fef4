"""The numbers by which faces are found, each beside what it was measured on (pictures of ``../shared/data``)."""

from __future__ import annotations

from dataclasses import dataclass


def _require(true: bool, message: str) -> None:
    if not true:
        raise ValueError(message)


def _require_shares(settings: object, *names: str) -> None:
    for name in names:
        value = getattr(settings, name)
        _require(0 < value <= 1, f"{name} must lie above 0 and at most at 1, not {value}")


def _require_sides(sides: tuple[float, ...]) -> None:
    _require(all(0 < side <= 1 for side in sides), f"search_sides must lie above 0 and at most at 1, not {sides}")
    _require(sorted(sides, reverse=True) == list(sides), f"search_sides must go from coarse to fine, not {sides}")


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """What MediaPipe's face detector sees, and when it is believed."""

    # Of a region's longer side: the smallest face that is sure to be seen in it. Of 23 portraits of `pairs`, laid into
    # a grey picture, all are seen at 1/8, 18 at 1/9, and 2 at 1/10.
    smallest_face: float = 1 / 7
    # Pixels of a region's side: in a smaller one a face says nothing of its eyes. Set by hand.
    smallest_region_px: int = 96
    # Confidence, 0..1, at which a face in the whole picture is one: MediaPipe's own value. Of 18 pictures without
    # people (`photos`, noface_*) a face is found in 2 at 0.5 and in none from 0.6 on; but of 317 pictures of `people`
    # one is found in 316, 302 and 255 at 0.5, 0.6 and 0.7, and of 191 of `eyes` in 189, 185 and 164.
    confidence_whole: float = 0.5
    # The same in a part of the picture, of which a search looks at many. At 0.5, 0.6, 0.7 and 0.8 a face is found in 6,
    # 3, 2 and 2 of the 18 pictures without people (two of them in the whole picture). In the other 95 photos, searched
    # for 20 faces, what 0.7 drops are dogs, hands, signs and the like; 0.8 also drops four people of one group.
    confidence_part: float = 0.7
    # Two faces are one if their middles differ by no more than this share of their size. Set by hand.
    same_face: float = 0.5

    def __post_init__(self) -> None:
        _require_shares(self, "smallest_face", "confidence_whole", "confidence_part", "same_face")


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How the faces of a stream are followed, and how others are searched for."""

    # Side of a followed face's region over the face's size. Set by hand: of six clips (60 frames each), laid into 720p
    # so that the face is 90 px large and moves by 3 or 15 px a frame, none loses its face at 1.5, 2, 2.5, 3, 4 or 5,
    # and the landmarker runs 1.3 to 1.5 times a frame at each of them.
    region_scale: float = 3.0
    # A region is kept, since moving it costs a frame, while on each side of the face there is room of this share of
    # its size, or of this share of the room that a new region would have there. Set by hand.
    room: float = 0.25
    room_of_new: float = 0.5
    # And while each of its sides over the new region's lies between these. Set by hand.
    size_range: tuple[float, float] = (0.6, 1.6)
    # Frames without its face before a region is given up. Set by hand.
    misses: int = 5
    # Milliseconds after which a face that is not seen in its region may be elsewhere in the picture: of a slow camera
    # so many frames are a second and more. Set by hand.
    elsewhere_ms: float = 200.0
    # Sides of the regions that are searched for others, over the picture's shorter side, coarse to fine. Set by hand.
    search_sides: tuple[float, ...] = (0.55, 0.28)
    # Of neighbouring regions, at least, as a share of their side. Set by hand.
    search_overlap: float = 0.5
    # Beside known faces only regions of at least this many face sizes are searched: who belongs to the picture is
    # about as large as the others. Set by hand.
    smallest_search: float = 1.5
    # Regions that are looked at in each frame while nobody is known. Set by hand.
    looks_alone: int = 3
    # Frames from one look for others to the next while somebody is known. Set by hand.
    frames_a_look: int = 2
    # Pixels of a region's longer side: of more than that MediaPipe gets a smaller copy. It looks at faces in 256
    # pixels, and at none smaller than a seventh of the region, so that nothing is lost; of 4K it would make several
    # copies of 25 MB.
    longest_px: int = 1920

    def __post_init__(self) -> None:
        _require_shares(self, "room", "room_of_new")
        _require_sides(self.search_sides)
        overlap = self.search_overlap
        _require(0 <= overlap < 1, f"search_overlap must lie in 0..1, below 1, not {overlap}")
        low, high = self.size_range
        _require(0 < low < 1 < high, f"size_range must reach from below 1 to above it, not {self.size_range}")
        _require(self.region_scale > 1, f"region_scale must be above 1, not {self.region_scale}")
        _require(self.elsewhere_ms >= 0, f"elsewhere_ms must be at least 0, not {self.elsewhere_ms}")
        for name in ("misses", "looks_alone", "frames_a_look"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class StillSettings:
    """How far a still is searched for small faces."""

    # Sides of the squares in whose place the picture is searched, over its shorter side, coarse to fine. Set by hand.
    # Searched for 40 faces, 111 pictures of `photos`, 1500 pixels high, show 259 of them; where each square was looked
    # at by itself, overlapping its neighbours by 0.35, it were 258, and the detector took 1.8 times as long.
    search_sides: tuple[float, ...] = (0.58, 0.28, 0.14)
    # Sides of the regions that the landmarker is given in turn, over the size of the detected face, until it sees one.
    # Set by hand.
    landmarker_sides: tuple[float, ...] = (2.0, 1.6, 3.0)
    # Where the picture has more of such squares, it is only searched if the search before gave a hint of faces, and a
    # look from nearer confirms one. In nine groups, shrunk until the faces were half as large as the squares before are
    # made for, half of the faces gave a hint, and each group at least two. Set by hand: 40 take 30 ms.
    most_squares: float = 40.0
    # Confidence of the detector, 0..1, from which a face that is not sure is a hint. Measured with ``most_squares``.
    hint_confidence: float = 0.15
    # Hints that are looked at from nearer, at most, and how near to each other two of them are one, in sides of the
    # region of that look. Set by hand.
    most_hints: int = 24
    same_hint: float = 0.25
    # Of the smallest face that was seen: what is hardly smaller was most likely seen as well. Set by hand.
    nearly_seen: float = 0.85

    def __post_init__(self) -> None:
        _require_shares(self, "hint_confidence", "nearly_seen")
        _require_sides(self.search_sides)


@dataclass(frozen=True, slots=True)
class TurnedSettings:
    """How it is found out which way up the faces of a still are."""

    # Degrees of the line of the eyes, from which on a face may lie. Set by hand.
    most_tilt_deg: float = 45.0
    # Of the confidence at the best turn: a face that the detector is so much less sure of as it stands is turned. Of
    # 428 upright faces 99.8 % reach 0.96, 5 % of 195 whose landmarks lie wrong in a turned picture more than 0.93. Of
    # 1,789 faces in 1,699 pictures (`smile`, `people`, `pairs`, `photos`, `helen`, `children`) none is turned; of 192
    # in 197, turned by 90, 180 and 270 degrees, 99, 97 and 99 % are found, and half score the same to 0.001, 95 % to
    # 0.02, with the same eyes in 99.8 %.
    most_upright: float = 0.92
    # Side of the region in which a face is looked at over its size, and pixels to which that is brought. Seen all four
    # ways up in one picture, 616 turned faces are told right in 97, 96 and 96 % at 1.7, 2.0 and 2.4.
    side: float = 1.7
    face_px: int = 192
    # Where no face was found: pixels of the longer side of the whole picture in which the detector looks for hints.
    longest_px: int = 256
    # Its confidence, 0..1, from which on there may be a turned face, in the whole picture and in a region. In 504
    # turned pictures without a face as they stand it hints at the face in 495, in 95 % of them at 0.39 or more, and at
    # the other nine in a region, mostly at 0.5 or more.
    hint_in_whole: float = 0.25
    hint_in_part: float = 0.5
    # Hints, at most, that are looked at from near, of the whole and of the regions each.
    most_hints: int = 2
    # Size of the face over that of a detection. Set by hand.
    size_of_hint: float = 1.2
    # Confidence, 0..1, at the best turn at which a hint is a face.
    confidence: float = 0.6
    # In a stream, milliseconds without a face after which it may lie in the picture, and from one look for that to the
    # next. Set by hand.
    alone_ms: float = 700.0
    look_ms: float = 300.0

    def __post_init__(self) -> None:
        _require_shares(self, "most_upright", "hint_in_whole", "hint_in_part", "confidence")
        _require(0 < self.most_tilt_deg < 90, f"most_tilt_deg must lie within 0..90, not {self.most_tilt_deg}")
        for name in ("side", "size_of_hint"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("face_px", "longest_px"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1, not {getattr(self, name)}")
        _require(self.most_hints >= 0, f"most_hints must be at least 0, not {self.most_hints}")


@dataclass(frozen=True, slots=True)
class FinderSettings:
    """All numbers of ``FaceFinder``."""

    detector: DetectorSettings = DetectorSettings()
    stream: StreamSettings = StreamSettings()
    stills: StillSettings = StillSettings()
    turned: TurnedSettings = TurnedSettings()

    def __post_init__(self) -> None:
        largest = 1 / self.detector.smallest_face
        _require(
            self.stream.region_scale < largest,
            f"region_scale must be below {largest:.3g}, or the detector does not see the face, not "
            f"{self.stream.region_scale}",
        )
        _require(
            self.stills.hint_confidence <= self.detector.confidence_part,
            "hint_confidence must be at most confidence_part",
        )
