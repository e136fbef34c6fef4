"""What belongs together among rated photos: copies of one picture, pictures that look alike, and sessions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from model.data.dataset import Int64Array
from model.data.face_of_photo import LeftOut, RatedFace
from model.data.near_duplicates import DUPLICATES, are_copies, pairs_within
from model.data.split import connected_components

SESSION_GAP_S = 3600.0  # without a photo: another session begins. Set by hand.


def drop_copies(faces: Sequence[RatedFace]) -> tuple[list[int], list[LeftOut]]:
    """Keep the first of several copies of a face. Returns the places of what is kept, rising, and what is left out."""
    crops = [face.crop_print for face in faces]
    first_copy: dict[int, int] = {}
    for i, j in pairs_within(crops, DUPLICATES.copy_bits):
        if i not in first_copy and j not in first_copy and are_copies(crops[i], crops[j]):
            first_copy[j] = i
    dropped = []
    for copy, first in sorted(first_copy.items()):
        face, original = faces[copy], faces[first].rated
        reason = "duplicate" if face.digest == faces[first].digest else "near-duplicate"
        differs = f", which is rated {original.rating}, not {face.rated.rating}"
        detail = f"of {original.photo}{differs if original.rating != face.rated.rating else ''}"
        dropped.append(LeftOut(face.rated.photo, reason, detail))
    return [place for place in range(len(faces)) if place not in first_copy], dropped


def look_alikes(faces: Sequence[RatedFace]) -> Int64Array:
    """Number what looks alike, photo or crop, int64 (N,), the same number for the same group."""
    alike: list[list[int]] = [[] for _ in faces]
    photos, crops = [face.photo_print for face in faces], [face.crop_print for face in faces]
    bits = DUPLICATES.alike_bits
    for number, pair in enumerate([*pairs_within(photos, bits), *pairs_within(crops, bits)]):
        for place in pair:
            alike[place].append(number)
    return connected_components(alike)


def name_sessions(faces: Sequence[RatedFace]) -> list[str]:
    """Name each photo's session: as the ratings say, else by gaps of an hour in the EXIF times, else by its folder.

    Where all first folders are the ratings themselves, they say nothing of the occasion.
    """
    folders = [Path(face.rated.photo).parent for face in faces]
    if all(folder.parts[:1] == (str(face.rated.rating),) for folder, face in zip(folders, faces, strict=True)):
        folders = [Path(*folder.parts[1:]) for folder in folders]
    several = len(set(folders)) > 1
    names = [
        face.rated.session or (str(folder) if several and face.taken is None else "")
        for folder, face in zip(folders, faces, strict=True)
    ]
    timed = sorted(
        (face.rated.person, face.taken.timestamp(), place)
        for place, face in enumerate(faces)
        if face.taken is not None and not names[place]
    )
    before: tuple[str, float] | None = None
    name = ""
    for person, at, place in timed:
        if before is None or before[0] != person or at - before[1] > SESSION_GAP_S:
            taken = faces[place].taken
            assert taken is not None
            name = f"{person} {taken:%Y-%m-%d %H:%M:%S}".strip()
        before = (person, at)
        names[place] = name
    return names
