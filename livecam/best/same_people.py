"""Who is who in the pictures of one group, and who of them matters: passers-by do not.

A passer-by is much smaller than the largest face, or cut off or out of focus where others are not, or seen in fewer
than half of the pictures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from livecam.best.records import FaceRecord, FrameRecord
from livecam.types import Reason

SMALL = 0.4  # of the largest face: whoever is smaller stands far behind, or is a child on the next bench
_UNSURE = 0.7  # of the largest face: whoever is smaller and blurred or cut off is not what the picture is of
_FARTHEST = 1.5  # face sizes that somebody moves between two pictures of a burst
_OFF = frozenset((Reason.BLURRED, Reason.CUT_OFF))

Present = Mapping[int, FaceRecord]  # the face of each person, by the person's number


def match_people(records: Sequence[FrameRecord]) -> tuple[Present, ...]:
    """Return for each record who is in it, of those who matter; 0 is the leftmost on the whole, 1 the next.

    Whoever matters is in at least half of records; a person missing from a record's mapping is not seen in that record.
    """
    tracks: list[dict[int, FaceRecord]] = []  # of each person: the face by the record's index
    for index, record in enumerate(records):
        _join(tracks, index, _mattering(record.faces))
    often = [track for track in tracks if 2 * len(track) >= len(records)]
    kept = often or sorted(tracks, key=lambda track: -len(track))[:1]
    kept.sort(key=lambda track: _mean([_place(face, records[i])[0] for i, face in track.items()]))
    return tuple(
        {number: track[index] for number, track in enumerate(kept) if index in track} for index in range(len(records))
    )


def _mattering(faces: Sequence[FaceRecord]) -> list[FaceRecord]:
    """The faces of one picture that are no passers-by, from the left."""
    if not faces:
        return []
    largest = max(face.size_px for face in faces)
    some_are_good = any(_OFF.isdisjoint(face.reasons) for face in faces if face.size_px >= _UNSURE * largest)
    kept = [
        face
        for face in faces
        if face.size_px >= SMALL * largest
        and not (some_are_good and face.size_px < _UNSURE * largest and not _OFF.isdisjoint(face.reasons))
    ]
    return sorted(kept, key=lambda face: face.middle[0])


def _join(tracks: list[dict[int, FaceRecord]], index: int, faces: Sequence[FaceRecord]) -> None:
    """Add each face to the track of the person that it is nearest to, or begin a new one."""
    pairs = sorted(
        (distance, t, f)
        for t, track in enumerate(tracks)
        for f, face in enumerate(faces)
        if (distance := _distance(track[max(track)], face)) <= _FARTHEST
    )
    taken: set[int] = set()
    for _, t, f in pairs:
        if index not in tracks[t] and f not in taken:
            tracks[t][index] = faces[f]
            taken.add(f)
    tracks.extend({index: face} for f, face in enumerate(faces) if f not in taken)


def _distance(one: FaceRecord, other: FaceRecord) -> float:
    """Between the middles, in face sizes; a change of size counts as well."""
    (x, y), (u, v) = one.middle, other.middle
    size = max(one.size_px, other.size_px, 1e-6)
    smaller = max(min(one.size_px, other.size_px), 1e-6)
    return math.hypot(x - u, y - v) / size + abs(math.log(size / smaller))


def _place(face: FaceRecord, record: FrameRecord) -> tuple[float, float]:
    x, y = face.middle
    return x / record.width, y / record.height


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
