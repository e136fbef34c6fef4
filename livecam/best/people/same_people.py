"""Who is who in the pictures of one group, and who of them counts: passers-by do not.

A passer-by is much smaller than the largest face, or cut off or out of focus where others are not, or seen in fewer
than half of the pictures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.types import Reason


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """Who counts, and who is taken for the same person.

    All set by hand: every dev picture of ``benchmarks/labels`` shows one person, so they cannot tell.
    """

    # Of the largest face: whoever is smaller stands far behind, or is a child on the next bench.
    min_size_ratio: float = 0.4
    # Of the largest face: whoever is smaller and blurred or cut off is not what the picture is of.
    prominent_size_ratio: float = 0.7
    # Face sizes that somebody moves between two pictures. 1.0 to 3.0 make no difference on the dev bursts; at 0.5 the
    # order of one of 148 is worse.
    max_move: float = 1.5
    # Of the group's pictures: whoever is seen in fewer was passing by.
    min_share_of_frames: float = 0.5


Present = Mapping[int, FaceRecord]  # the face of each person, by the person's number

_SETTINGS = PeopleSettings()
_POORLY_SEEN = frozenset((Reason.BLURRED, Reason.CUT_OFF))


def match_people(records: Sequence[FrameRecord], settings: PeopleSettings = _SETTINGS) -> tuple[Present, ...]:
    """Return for each record who is in it, of those who count; 0 is the leftmost on the whole, 1 the next.

    records: in the order of time. A person missing from a record's mapping is not seen in that record. Where nobody
    is seen often enough, the one who is seen most often counts.
    """
    tracks: list[dict[int, FaceRecord]] = []  # of each person: the face by the record's index
    for index in range(len(records)):
        _extend(tracks, records, index, settings)
    seen_often = [track for track in tracks if len(track) >= settings.min_share_of_frames * len(records)]
    counted = seen_often or sorted(tracks, key=lambda track: -len(track))[:1]
    counted.sort(key=lambda track: _mean([face.middle[0] / records[i].width for i, face in track.items()]))
    return tuple(
        {person: track[index] for person, track in enumerate(counted) if index in track}
        for index in range(len(records))
    )


def _without_passers_by(faces: Sequence[FaceRecord], settings: PeopleSettings) -> list[FaceRecord]:
    """The faces of one picture that count, from the left."""
    if not faces:
        return []
    largest = max(face.size_px for face in faces)
    prominent_px = settings.prominent_size_ratio * largest
    some_are_well_seen = any(_well_seen(face) for face in faces if face.size_px >= prominent_px)
    counted = [
        face
        for face in faces
        if face.size_px >= settings.min_size_ratio * largest
        and not (some_are_well_seen and face.size_px < prominent_px and not _well_seen(face))
    ]
    return sorted(counted, key=lambda face: face.middle[0])


def _well_seen(face: FaceRecord) -> bool:
    return _POORLY_SEEN.isdisjoint(face.reasons)


def _extend(
    tracks: list[dict[int, FaceRecord]], records: Sequence[FrameRecord], index: int, settings: PeopleSettings
) -> None:
    """Add each face of a picture to the track of the person that it is nearest to, or begin a new one."""
    faces = _without_passers_by(records[index].faces, settings)
    pairs = sorted(
        (distance, t, f)
        for t, track in enumerate(tracks)
        for f, face in enumerate(faces)
        if (distance := _distance(track[last := max(track)], records[last], face, records[index])) <= settings.max_move
    )
    matched: set[int] = set()
    for _, t, f in pairs:
        if index not in tracks[t] and f not in matched:
            tracks[t][index] = faces[f]
            matched.add(f)
    tracks.extend({index: face} for f, face in enumerate(faces) if f not in matched)


def _distance(face: FaceRecord, of: FrameRecord, other: FaceRecord, of_other: FrameRecord) -> float:
    """Between the middles, in face sizes; a change of size adds to it.

    Both as shares of their pictures: of one burst some may be stored larger, as a raw file's preview beside a JPEG.
    """
    across, down = of.width / of_other.width, of.height / of_other.height
    (x, y), (u, v) = face.middle, other.middle
    size_px, other_px = face.size_px, other.size_px * math.sqrt(across * down)
    larger = max(size_px, other_px, 1e-6)
    smaller = max(min(size_px, other_px), 1e-6)
    return math.hypot(x - u * across, y - v * down) / larger + abs(math.log(larger / smaller))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
