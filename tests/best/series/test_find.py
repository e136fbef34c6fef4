"""Brackets, panoramas and focus stacks are found, and nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam.best.grouping.groups import group_photos
from livecam.best.outputs.report import as_json
from livecam.best.ranking.selection import choose, keepers
from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.best.records.pixel_measures import difference_hash
from livecam.best.records.scan_result import ScanResult
from livecam.best.records.view import view_of
from livecam.best.series.settings import Kind
from livecam.photos.discover import Item
from livecam.photos.exif import UNKNOWN_EXPOSURE, Exposure
from livecam.types import UInt8Array
from tests.best.records.factories import NOON, make_face_record, make_record

WIDTH, HEIGHT = 600, 400


def scene(seed: int = 0, width: int = WIDTH, height: int = HEIGHT) -> UInt8Array:
    """Blots of all sizes under a sky that darkens upwards."""
    rng = np.random.default_rng(seed)
    blots = sum(
        cv2.resize(rng.uniform(-1, 1, (height // size, width // size)), (width, height), interpolation=cv2.INTER_CUBIC)
        * size**0.5
        for size in (4, 16, 64)
    )
    return np.clip(90 + np.linspace(0, 60, height)[:, None] + 5 * blots, 0, 255).astype(np.uint8)


def exposed(picture: UInt8Array, ev: float) -> UInt8Array:
    return np.clip(255 * (picture / 255) * 2 ** (ev / 2.2), 0, 255).astype(np.uint8)


def taken(
    pictures: Sequence[UInt8Array],
    *,
    pause_s: float = 0.4,
    exposures: Sequence[Exposure] | None = None,
    faces: Sequence[Sequence[FaceRecord]] | None = None,
) -> list[FrameRecord]:
    """What is kept of these pictures of one camera."""
    return [
        make_record(
            *(faces[i] if faces else ()),
            path=f"shoot/IMG_{1000 + i}.JPG",
            captured=NOON + timedelta(seconds=pause_s * i),
            camera="A",
            phash=difference_hash(picture),
            exposure=exposures[i] if exposures else UNKNOWN_EXPOSURE,
            view=view_of(picture),
        )
        for i, picture in enumerate(pictures)
    ]


def kinds(records: Sequence[FrameRecord]) -> list[tuple[Kind, int]]:
    return [(group.kind, len(group.indices)) for group in group_photos(records)]


def panned(steps: Sequence[tuple[int, int]], plain: float = 0.0) -> list[UInt8Array]:
    """What a camera sees at these corners of a wide scene. plain: how much it is blurred."""
    wide = scene(width=4 * WIDTH, height=4 * HEIGHT)
    if plain:
        wide = np.asarray(cv2.GaussianBlur(wide, (0, 0), plain), np.uint8)
    return [wide[y : y + HEIGHT, x : x + WIDTH] for x, y in steps]


@pytest.mark.parametrize("order", [(0, -2, 2), (-1, 0, 1), (0, -1, 1, -2, 2), (-3, 0)])
def test_exposures_that_the_camera_calls_a_bracket_are_one(order: tuple[int, ...]) -> None:
    exposures = [Exposure(bracketed=True, bias_ev=ev) for ev in order]

    assert kinds(taken([exposed(scene(), ev) for ev in order], exposures=exposures)) == [(Kind.BRACKET, len(order))]


def test_a_bracket_of_people_is_one() -> None:
    exposures = [Exposure(bracketed=True, bias_ev=ev) for ev in (0, -2, 2)]
    pictures = [exposed(scene(), ev) for ev in (0, -2, 2)]

    assert kinds(taken(pictures, exposures=exposures, faces=[[make_face_record()]] * 3)) == [(Kind.BRACKET, 3)]


def test_two_brackets_one_after_the_other_are_two() -> None:
    order = (0, -2, 2, 0, -2, 2)
    exposures = [Exposure(bracketed=True, bias_ev=ev) for ev in order]

    assert kinds(taken([exposed(scene(), ev) for ev in order], exposures=exposures)) == [(Kind.BRACKET, 3)] * 2


def test_a_bracket_in_manual_exposure_differs_by_its_times() -> None:
    exposures = [Exposure(bracketed=True, bias_ev=0.0, value_ev=ev) for ev in (0, -2, 2)]

    assert kinds(taken([exposed(scene(), ev) for ev in (0, -2, 2)], exposures=exposures)) == [(Kind.BRACKET, 3)]


def test_compensation_that_goes_on_from_photo_to_photo_is_a_bracket() -> None:
    exposures = [Exposure(bias_ev=ev) for ev in (-1, 0, 1)]

    assert kinds(taken([exposed(scene(), ev) for ev in (-1, 0, 1)], exposures=exposures)) == [(Kind.BRACKET, 3)]


def test_brightness_alone_tells_a_bracket() -> None:
    assert kinds(taken([exposed(scene(), ev) for ev in (0, -1.5, 1.5)])) == [(Kind.BRACKET, 3)]


def test_a_bracket_of_nine_is_whole_though_its_longest_exposure_is_white_all_over() -> None:
    order = (0, -1, 1, -2, 2, -3, 3, -4, 6)
    exposures = [Exposure(bias_ev=0.0, value_ev=ev - 7.0) for ev in order]

    assert kinds(taken([exposed(scene(), ev) for ev in order], exposures=exposures)) == [(Kind.BRACKET, 9)]


@pytest.mark.parametrize("folder", ["shoot", "shoot/RAW"])
@pytest.mark.parametrize("added", ["-HDR", "_hdr", " HDR-Pano", "-HDR-2", "_AuroraHDR", "_tonemapped", " - IMG_1002"])
def test_the_picture_that_was_merged_from_a_bracket_is_one_of_its_own(added: str, folder: str) -> None:
    pictures = [exposed(scene(), ev) for ev in (0, 0, -2, 2)]  # it has the time of the first
    faces = [[make_face_record()]] * 4
    exposures = [Exposure(bracketed=i != 1, bias_ev=ev) for i, ev in enumerate((0, 0, -2, 2))]
    records = taken(pictures, exposures=exposures, faces=faces)
    records[1] = replace(records[1], captured=records[0].captured, path=Path(f"{folder}/IMG_1000{added}.JPG"))

    groups = {group.kind: group.indices for group in group_photos(records)}

    assert groups == {Kind.BRACKET: (0, 2, 3), Kind.SINGLE: (1,)}


def test_a_name_that_speaks_of_hdr_is_a_photo_as_others_where_there_is_no_series() -> None:
    records = taken([scene()] * 3)
    records[1] = replace(records[1], path=Path("shoot/IMG_1000_HDR.JPG"))

    assert kinds(records) == [(Kind.BURST, 3)]


def test_the_pause_in_a_bracket_is_measured_from_the_end_of_a_long_exposure() -> None:
    order = (0, 2, 4)
    exposures = [Exposure(bracketed=True, bias_ev=ev, time_s=8.0) for ev in order]

    records = taken([exposed(scene(), ev - 2) for ev in order], exposures=exposures, pause_s=9)

    assert kinds(records) == [(Kind.BRACKET, 3)]


def test_a_light_that_goes_on_and_off_is_no_bracket() -> None:
    assert kinds(taken([exposed(scene(), ev) for ev in (0, 1.5, 0, 1.5)])) == [(Kind.BURST, 4)]


def test_light_that_changes_while_the_camera_stays_as_it_is_set_is_no_bracket() -> None:
    exposures = [Exposure(value_ev=-7.0)] * 3

    assert kinds(taken([exposed(scene(), ev) for ev in (0, -1.5, 1.5)], exposures=exposures)) == [(Kind.BURST, 3)]


def test_a_burst_in_one_exposure_is_a_burst_though_the_camera_is_set_to_brackets() -> None:
    exposures = [Exposure(bracketed=True, bias_ev=0.0, value_ev=-7.0)] * 4

    assert kinds(taken([scene()] * 4, exposures=exposures)) == [(Kind.BURST, 4)]


def test_other_scenes_are_no_bracket_though_their_exposures_differ() -> None:
    exposures = [Exposure(bracketed=True, bias_ev=ev) for ev in (0, -2, 2)]

    assert kinds(taken([scene(seed) for seed in (1, 2, 3)], exposures=exposures)) == [(Kind.SINGLE, 1)] * 3


@pytest.mark.slow
@pytest.mark.parametrize("pause_s", [0.4, 1.5, 4.0])
@pytest.mark.parametrize("step", [(390, 0), (-390, 0), (200, 0), (0, 260), (0, -260)])
def test_a_view_that_slides_is_a_panorama_whatever_the_pause_and_the_direction(
    step: tuple[int, int], pause_s: float
) -> None:
    begin_x, begin_y = (4 * abs(along) if along < 0 else 0 for along in step)
    corners = [(begin_x + step[0] * i, begin_y + step[1] * i) for i in range(4)]

    assert kinds(taken(panned(corners), pause_s=pause_s)) == [(Kind.PANORAMA, 4)]


@pytest.mark.slow
def test_a_plain_wall_is_a_panorama() -> None:
    assert kinds(taken(panned([(390 * i, 0) for i in range(4)], plain=20), pause_s=1.5)) == [(Kind.PANORAMA, 4)]


def test_a_panorama_in_two_rows_is_one() -> None:
    corners = [(0, 0), (390, 0), (780, 0), (780, 260), (390, 260), (0, 260)]

    assert kinds(taken(panned(corners), pause_s=1.5)) == [(Kind.PANORAMA, 6)]


def test_a_panorama_whose_people_slide_along_is_one() -> None:
    faces = [[make_face_record(x=900.0)], [make_face_record(x=900.0 - 650)], []]

    assert kinds(taken(panned([(390 * i, 0) for i in range(3)]), faces=faces)) == [(Kind.PANORAMA, 3)]


def test_a_camera_that_follows_somebody_takes_a_burst() -> None:
    faces = [[make_face_record(x=500.0 + 10 * i)] for i in range(4)]

    assert kinds(taken(panned([(150 * i, 0) for i in range(4)]), faces=faces)) == [(Kind.BURST, 4)]


def test_a_camera_that_shakes_takes_a_burst() -> None:
    corners = [(100, 100), (130, 110), (95, 90), (120, 105)]

    assert kinds(taken(panned(corners))) == [(Kind.BURST, 4)]


def test_two_pictures_side_by_side_are_not_alike() -> None:
    assert kinds(taken(panned([(0, 0), (390, 0)], plain=20))) == [(Kind.SINGLE, 1)] * 2


def test_pictures_that_overlap_but_were_taken_a_minute_apart_are_no_panorama() -> None:
    assert kinds(taken(panned([(390 * i, 0) for i in range(4)]), pause_s=60)) == [(Kind.SINGLE, 1)] * 4


def focused(places: Sequence[int]) -> list[UInt8Array]:
    """One view, of which in each picture another third is sharp."""
    picture = scene()
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 4), np.uint8)
    pictures = []
    for place in places:
        part = slice(place * WIDTH // 3, (place + 1) * WIDTH // 3)
        mixed = soft.copy()
        mixed[:, part] = picture[:, part]
        pictures.append(mixed)
    return pictures


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (0, 0, 1, 2)])
def test_focus_that_wanders_over_a_still_view_is_a_stack(order: tuple[int, ...]) -> None:
    assert kinds(taken(focused(order), pause_s=1)) == [(Kind.FOCUS, len(order))]


def test_a_stack_taken_from_the_hand_is_one() -> None:
    """The hand shakes, and the picture grows as the focus comes closer."""
    pictures = []
    for i, picture in enumerate(focused((0, 1, 2))):
        move = np.array([[1 + 0.006 * i, 0, (0, 7, -5)[i]], [0, 1 + 0.006 * i, (0, -6, 4)[i]]])
        moved = cv2.warpAffine(picture, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        pictures.append(np.asarray(moved, np.uint8))

    assert kinds(taken(pictures, pause_s=1)) == [(Kind.FOCUS, 3)]


@pytest.mark.parametrize(("said", "kind"), [(True, Kind.FOCUS), (False, Kind.BURST)])
def test_a_stack_of_somebody_is_one_by_the_cameras_word_only(said: bool, kind: Kind) -> None:
    faces = [[make_face_record()]] * 3
    exposures = [Exposure(focus_bracketed=said)] * 3

    assert kinds(taken(focused((0, 1, 2)), pause_s=1, exposures=exposures, faces=faces)) == [(kind, 3)]


def lapse(count: int, pause_s: float, faces: int = 0) -> list[FrameRecord]:
    """A view in light that fades slowly."""
    pictures = [exposed(scene(), -0.02 * i) for i in range(count)]
    return taken(pictures, pause_s=pause_s, faces=[[make_face_record()] * faces] * count)


@pytest.mark.parametrize("pause_s", [1.5, 5.0, 60.0])
def test_many_photos_of_one_view_at_an_even_pace_are_a_time_lapse(pause_s: float) -> None:
    assert kinds(lapse(20, pause_s)) == [(Kind.TIMELAPSE, 20)]


@pytest.mark.parametrize("records", [lapse(20, 0.2), lapse(20, 1.5, faces=1), lapse(10, 1.5)])
def test_a_quick_burst_and_people_and_a_few_photos_are_no_time_lapse(records: list[FrameRecord]) -> None:
    assert [kind for kind, _ in kinds(records)] == [Kind.BURST]


def test_a_view_that_is_taken_now_and_then_is_no_time_lapse() -> None:
    records = lapse(20, 1.5)
    times = np.cumsum([1 + 5 * (i % 3) for i in range(20)])
    records = [
        replace(r, captured=NOON + timedelta(seconds=float(t), milliseconds=1))
        for r, t in zip(records, times, strict=True)
    ]

    assert Kind.TIMELAPSE not in {kind for kind, _ in kinds(records)}


def test_a_focus_that_hunts_to_and_fro_is_no_stack() -> None:
    assert kinds(taken(focused((0, 1, 0, 1)), pause_s=1)) == [(Kind.BURST, 4)]


def test_a_burst_with_one_sharp_picture_is_no_stack() -> None:
    soft = np.asarray(cv2.GaussianBlur(scene(), (0, 0), 3), np.uint8)

    assert kinds(taken([soft, scene(), soft, soft], pause_s=1)) == [(Kind.BURST, 4)]


def test_people_whose_hair_is_sharp_elsewhere_in_each_are_no_stack() -> None:
    records = taken(focused((0, 1, 2)), pause_s=1, faces=[[make_face_record()]] * 3)

    assert kinds(records) == [(Kind.BURST, 3)]


def test_things_that_move_are_no_stack() -> None:
    """The place that something moves into has other edges than before, and another brightness."""
    pictures = []
    for x in (60, 200, 340):
        picture = np.asarray(cv2.GaussianBlur(scene(), (0, 0), 4), np.uint8)
        cv2.circle(picture, (x, 300), 40, 10, -1)
        pictures.append(picture)

    assert kinds(taken(pictures, pause_s=1)) == [(Kind.BURST, 3)]


def chosen(records: Sequence[FrameRecord], *, keep_series: bool) -> tuple[dict[str, object], int]:
    """What a program is told of the only group, and how many of it are kept."""
    results = [ScanResult(Item(record.path or Path()), (record,)) for record in records]
    (group,) = choose(results, keep_series=keep_series)
    return as_json(group), len(keepers(group, 1))


@pytest.mark.parametrize(("keep_series", "kept"), [(True, 3), (False, 1)])
def test_a_series_is_kept_whole_unless_the_best_is_to_be_picked(keep_series: bool, kept: int) -> None:
    exposures = [Exposure(bracketed=True, bias_ev=ev) for ev in (0, -2, 2)]
    records = taken([exposed(scene(), ev) for ev in (0, -2, 2)], exposures=exposures)

    told, count = chosen(records, keep_series=keep_series)

    assert (told["kind"], count) == ("bracket", kept)


def test_a_burst_is_called_one_and_its_best_is_kept() -> None:
    told, count = chosen(taken([scene()] * 3), keep_series=True)

    assert (told["kind"], count) == ("burst", 1)


def test_a_record_without_a_view_is_grouped_all_the_same() -> None:
    records = [replace(record, view=None) for record in taken([scene()] * 3)]

    assert kinds(records) == [(Kind.BURST, 3)]
