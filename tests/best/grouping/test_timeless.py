"""Which photos without a time are one series."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from livecam.best.grouping.groups import group_photos
from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.best.records.pixel_measures import difference_hash
from livecam.best.records.view import view_of
from livecam.best.series.settings import Kind
from livecam.types import UInt8Array
from tests.best.records.factories import make_face_record, make_record

STUDIO = np.linspace(60, 160, 400)[None, :].repeat(300, axis=0)  # light from the right: it makes most of the hash


def sitter(seed: int, moved: int = 0) -> UInt8Array:
    """Somebody in the middle of the studio. seed: who.  moved: pixels to the right."""
    pattern = np.random.default_rng(seed).uniform(-45, 45, (12, 8))
    person = cv2.resize(pattern, (160, 240), interpolation=cv2.INTER_LINEAR)
    picture = STUDIO.copy()
    picture[60:300, 120 + moved : 280 + moved] += person
    return np.clip(picture, 0, 255).astype(np.uint8)


def record(name: str, picture: UInt8Array, faces: Sequence[FaceRecord] = (), folder: str = "sent") -> FrameRecord:
    return make_record(*faces, path=f"{folder}/{name}", phash=difference_hash(picture), view=view_of(picture))


def sizes(records: Sequence[FrameRecord]) -> list[int]:
    return [len(group.indices) for group in group_photos(records)]


def family(shift: float = 0.0) -> list[FaceRecord]:
    return [make_face_record(x=x + shift, size=150) for x in (250.0, 500.0, 750.0)]


def test_one_person_who_moves_a_little_is_one_series() -> None:
    assert sizes([record(f"photo{i}.jpg", sitter(1, moved=8 * i)) for i in range(1, 6)]) == [5]


def test_portraits_of_other_people_in_one_studio_are_not_one_series() -> None:
    """None of them must be dropped because another has the better smile."""
    records = [record(f"{i}.jpg", sitter(i), [make_face_record()]) for i in range(1, 7)]

    assert sizes(records) == [1] * 6


def test_frames_of_one_clip_are_one_series_however_the_person_moves() -> None:
    movements = [0, 70, 10, 80, 20, 90]

    assert sizes([record(f"frame_{i:04d}.png", sitter(1, moved)) for i, moved in enumerate(movements)]) == [6]


def test_a_cut_in_a_clip_begins_another_series() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (12, 16)).astype(np.uint8)
    elsewhere = np.asarray(cv2.resize(noise, (400, 300), interpolation=cv2.INTER_CUBIC), np.uint8)
    pictures = [sitter(1), sitter(1), elsewhere, elsewhere]

    assert sizes([record(f"frame_{i:04d}.png", picture) for i, picture in enumerate(pictures)]) == [2, 2]


@pytest.mark.parametrize(("last", "expected"), [("photo2.jpg", [2]), ("photo7.jpg", [1, 1]), ("other2.jpg", [1, 1])])
def test_a_group_in_the_same_places_is_one_series_if_the_numbers_follow(last: str, expected: list[int]) -> None:
    pictures = sitter(1), np.clip(0.3 * sitter(1) + 0.7 * sitter(2), 0, 255).astype(np.uint8)
    records = [record("photo1.jpg", pictures[0], family()), record(last, pictures[1], family(shift=40))]

    assert sorted(sizes(records)) == expected


def test_the_same_picture_in_two_folders_is_two() -> None:
    assert sizes([record("1.jpg", sitter(1), folder=folder) for folder in ("a", "b")]) == [1, 1]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["IMG-20260620-WA0001", "IMG-20260620-WA0002", "IMG-20260625-WA0001"], [2, 1]),
        (["photo_1_2026-06-20_12-00-00", "photo_1_2026-06-25_18-30-00", "photo_2_2026-06-20_12-00-01"], [2, 1]),
        (["signal-2026-06-20-120000_002", "signal-2026-06-20-120000_003", "signal-2026-06-20-180000"], [2, 1]),
        (["WhatsApp Image 2026-06-20 at 12.00.00", "WhatsApp Image 2026-06-20 at 12.00.00 (1)"], [2]),
        (["PXL_20260620_120000123", "PXL_20260620_120001456", "PXL_20260620_130000456"], [2, 1]),
        (["photo-1", "photo-2", "20260230", "1234567890123"], [4]),  # no days
    ],
)
def test_what_the_names_of_messengers_and_phones_say_was_taken_apart_is_not_joined(
    names: list[str], expected: list[int]
) -> None:
    assert sizes([record(f"{name}.jpg", sitter(1, moved=2 * i)) for i, name in enumerate(names)]) == expected


def test_a_sweep_without_times_keeps_its_tiles() -> None:
    """Exported without their EXIF, they show much the same from one to the next."""
    rng = np.random.default_rng(0)
    wide = np.zeros((400, 2400))
    for size in (4, 16, 64):
        blots = rng.uniform(-12, 12, (400 // size, 2400 // size))
        wide += cv2.resize(blots, (2400, 400), interpolation=cv2.INTER_CUBIC)
    tiles = [np.clip(120 + wide[:, x : x + 600], 0, 255).astype(np.uint8) for x in range(0, 1000, 200)]

    groups = group_photos([record(f"IMG_{300 + i}.JPG", tile) for i, tile in enumerate(tiles)])

    assert [(group.kind, len(group.indices)) for group in groups] == [(Kind.PANORAMA, 5)]
