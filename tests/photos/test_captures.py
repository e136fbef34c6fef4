"""Which files are one exposure, by names, folders and times together."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from livecam.photos.capture_header import ClipHeader, PhotoHeader, clip_header, photo_header
from livecam.photos.discover import Item, collect
from tests.photos.capture_factories import NOON, make_movie, make_shot, written

YEAR = 365 * 86_400.0


def found(folder: Path) -> dict[str, list[str]]:
    """Each photo by its path below folder, with its companions."""
    items, _ = collect([str(folder)], recursive=True)
    names = {item.path.relative_to(folder).as_posix(): item.companions for item in items if not item.clip}
    return {name: sorted(path.relative_to(folder).as_posix() for path in paths) for name, paths in names.items()}


def live(folder: Path) -> dict[str, str | None]:
    """Each clip, with the photo whose moving part it is."""
    items, _ = collect([str(folder)], recursive=True)
    return {item.path.name: item.live_of.name if item.live_of else None for item in items if item.clip}


@pytest.mark.parametrize(
    "names",
    [
        ["JPG/DSC1.JPG", "RAW/DSC1.DNG"],
        ["jpeg/dsc1.jpg", "raws/DSC1.ARW"],
        ["DSC1.JPG", "CR3/DSC1.CR3"],
        ["DSC1.NEF", "jpegs/DSC1.JPG"],
        ["day 1/DSC1.JPG", "originals/day 1/DSC1.RAF"],
        ["DSC1.JPG", "DSC1.ORF"],
        ["DSC1.HEIC", "raw/DSC1.RW2"],
        ["JPG/DSC1.JPG", "HEIF/DSC1.HEIC", "RAW/DSC1.CR3"],
        ["DSC1.JPG", "DSC1.CR3", "dng/DSC1.DNG"],
        ["DSC1.JPG", "DSC1.HEIC"],
        ["GOPR0001.GPR", "GOPR0001.JPG"],
    ],
)
def test_files_of_one_exposure_are_one_photo_wherever_they_lie(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        make_shot(tmp_path / name)
    first = next((name for name in names if name.lower().endswith("jpg")), names[0])
    assert photo_header(tmp_path / names[-1]).captured == NOON

    assert found(tmp_path) == {first: sorted(set(names) - {first})}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"seconds": 3600.0}),
        ({}, {"seconds": 4.0}),
        ({}, {"model": "EOS R6"}),
        ({"serial": "17"}, {"serial": "18"}),
        ({"seconds": None}, {}),
        ({"seconds": None}, {"seconds": None}),
    ],
)
def test_elsewhere_a_name_alone_proves_nothing(
    tmp_path: Path, one: dict[str, float | str], other: dict[str, float | str]
) -> None:
    make_shot(tmp_path / "JPG" / "DSC1.JPG", **one)  # type: ignore[arg-type]
    make_shot(tmp_path / "RAW" / "DSC1.ARW", **other)  # type: ignore[arg-type]

    assert found(tmp_path) == {"JPG/DSC1.JPG": [], "RAW/DSC1.ARW": []}


@pytest.mark.parametrize(("seconds", "together"), [(None, True), (1.0, True), (3600.0, False)])
def test_in_one_folder_a_raw_file_and_a_jpeg_are_two_only_if_their_times_say_so(
    tmp_path: Path, seconds: float | None, together: bool
) -> None:
    make_shot(tmp_path / "IMG_1.JPG")
    make_shot(tmp_path / "IMG_1.CR2", seconds)

    assert found(tmp_path) == ({"IMG_1.JPG": ["IMG_1.CR2"]} if together else {"IMG_1.CR2": [], "IMG_1.JPG": []})


@pytest.mark.parametrize(("name", "together"), [("20260501_120000", True), ("IMG_1", False)])
def test_a_phone_may_name_itself_twice_where_the_file_is_named_by_the_time(
    tmp_path: Path, name: str, together: bool
) -> None:
    make_shot(tmp_path / f"{name}.jpg", model="Galaxy S24 Ultra")
    make_shot(tmp_path / f"{name}.dng", model="SM-S928B")

    assert found(tmp_path) == ({f"{name}.jpg": [f"{name}.dng"]} if together else {f"{name}.dng": [], f"{name}.jpg": []})


def test_of_two_phones_pictures_of_one_name_each_raw_file_finds_its_own(tmp_path: Path) -> None:
    for folder, seconds in (("a", 0.0), ("b", 86_400.0)):
        make_shot(tmp_path / folder / "JPG" / "IMG_1.JPG", seconds)
        make_shot(tmp_path / folder / "RAW" / "IMG_1.DNG", seconds)

    assert found(tmp_path) == {f"{folder}/JPG/IMG_1.JPG": [f"{folder}/RAW/IMG_1.DNG"] for folder in "ab"}


def test_the_same_jpeg_in_two_folders_is_a_copy_and_the_raw_file_goes_with_the_nearer(tmp_path: Path) -> None:
    for name in ("backup/old/IMG_1.JPG", "shoot/JPG/IMG_1.JPG", "shoot/RAW/IMG_1.CR3"):
        make_shot(tmp_path / name)

    assert found(tmp_path) == {"backup/old/IMG_1.JPG": [], "shoot/JPG/IMG_1.JPG": ["shoot/RAW/IMG_1.CR3"]}


def test_a_time_with_its_zone_is_the_clock_that_the_other_file_shows(tmp_path: Path) -> None:
    make_shot(tmp_path / "JPG" / "DSC1.JPG", offset="+02:00")
    make_shot(tmp_path / "RAW" / "DSC1.ARW")

    assert found(tmp_path) == {"JPG/DSC1.JPG": ["RAW/DSC1.ARW"]}


PIXEL = "PXL_20260501_100000123"


@pytest.mark.parametrize(
    ("cover", "original"),
    [
        (f"{PIXEL}.RAW-01.COVER.jpg", f"{PIXEL}.RAW-02.ORIGINAL.dng"),
        (f"{PIXEL}.RAW-01.MP.COVER.jpg", f"{PIXEL}.RAW-02.ORIGINAL.dng"),
        (f"{PIXEL}.PORTRAIT-01.COVER.jpg", f"{PIXEL}.PORTRAIT-02.ORIGINAL.jpg"),
        (f"{PIXEL}.LONG_EXPOSURE-01.COVER.jpg", f"{PIXEL}.LONG_EXPOSURE-02.ORIGINAL.jpg"),
        (f"{PIXEL}.RAW-01.COVER.jpg", f"raw/{PIXEL}.RAW-02.ORIGINAL.dng"),
        (f"{PIXEL}.jpg", f"{PIXEL}.dng"),
        (f"{PIXEL}.MP.jpg", f"{PIXEL}.dng"),
    ],
)
def test_a_pixels_cover_and_original_are_one_photo_though_the_raw_file_is_seconds_later(
    tmp_path: Path, cover: str, original: str
) -> None:
    make_shot(tmp_path / original, 6.0)
    make_shot(tmp_path / cover)

    assert found(tmp_path) == {cover: [original]}


def test_a_pixels_burst_is_many_photos(tmp_path: Path) -> None:
    for name in (f"{PIXEL}.BURST-01.COVER.jpg", f"{PIXEL}.BURST-02.jpg", f"{PIXEL}.BURST-03.ORIGINAL.jpg"):
        make_shot(tmp_path / name)

    assert len(found(tmp_path)) == 3


@pytest.mark.parametrize(
    ("photo", "clip"),
    [
        ("IMG_1234.HEIC", "IMG_1234.MOV"),
        ("IMG_1234.JPG", "IMG_1234.mov"),
        ("IMG_1234.JPG", "IMG_1234_HEVC.MOV"),
        ("IMG_1234.HEIC", "IMG_1234_HEVC.MOV"),
        ("IMG_1234.HEIC", "IMG_1234_HEIC.MOV"),
        ("IMG_1234.HEIC", "IMG_1234.HEIC.MOV"),
        ("IMG_1234(1).HEIC", "IMG_1234(1).MP4"),
        ("IMG_1234(1).HEIC", "IMG_1234.HEIC(1).MP4"),
        (f"{PIXEL}.MP.jpg", f"{PIXEL}.MP"),
        (f"{PIXEL}.MP.jpg", f"{PIXEL}.mp4"),
        (f"{PIXEL}.RAW-01.MP.COVER.jpg", f"{PIXEL}.RAW-01.MP.COVER.mp4"),
        ("20260501_120000.jpg", "20260501_120000.mp4"),
        ("IMG_1234.DNG", "IMG_1234.MOV"),
    ],
)
def test_a_live_photos_clip_is_known_however_a_program_has_named_it(tmp_path: Path, photo: str, clip: str) -> None:
    make_shot(tmp_path / photo)
    make_movie(tmp_path / clip)

    assert live(tmp_path) == {clip: photo}


@pytest.mark.parametrize(
    ("length_s", "created_s", "offset", "is_live"),
    [
        (3.0, None, "", True),
        (12.0, None, "", False),
        (3.0, -7198.0, "", True),  # noon two hours east of Greenwich
        (3.0, -7198.0, "+02:00", True),
        (3.0, 2.0, "+02:00", True),  # the clip's clock has no zone
        (3.0, -3600.0, "+02:00", False),
        (3.0, -7198.0 - 300, "", False),
        (3.0, 5 * 86_400.0, "", False),
        (12.0, -7198.0, "", False),
    ],
)
def test_only_a_clip_whose_length_and_time_fit_is_a_live_photos(
    tmp_path: Path, length_s: float, created_s: float | None, offset: str, is_live: bool
) -> None:
    make_shot(tmp_path / "IMG_1.JPG", offset=offset)
    for wide in (False, True):
        make_movie(tmp_path / "IMG_1.MOV", length_s, created_s, wide=wide)
        assert live(tmp_path) == {"IMG_1.MOV": "IMG_1.JPG" if is_live else None}


@pytest.mark.parametrize(
    ("photo_s", "clip_s", "is_live"),
    [
        (0.0, 0.0, True),
        (YEAR, YEAR, True),  # both copied later
        (YEAR, 2 * YEAR, True),  # one by one
        (0.0, 0.5 * YEAR, False),  # the photo still has its own time, and so would its clip
        (YEAR, -YEAR, False),  # nothing is written before it happens
    ],
)
def test_where_no_header_tells_the_files_own_times_may(
    tmp_path: Path, photo_s: float, clip_s: float, is_live: bool
) -> None:
    written(make_shot(tmp_path / "IMG_1.JPG"), photo_s)
    make_movie(tmp_path / "IMG_1.MOV", written_s=clip_s)

    assert live(tmp_path) == {"IMG_1.MOV": "IMG_1.JPG" if is_live else None}


def test_the_clip_of_a_photo_of_several_files_is_that_of_the_one_that_stands_for_all(tmp_path: Path) -> None:
    make_shot(tmp_path / "IMG_1.HEIC")
    make_shot(tmp_path / "IMG_1.JPG")
    make_movie(tmp_path / "IMG_1_HEVC.MOV")

    assert live(tmp_path) == {"IMG_1_HEVC.MOV": "IMG_1.JPG"}


@pytest.mark.parametrize(
    ("photo", "clip", "created_s", "length_s", "is_live"),
    [
        ("photos/IMG_1.JPG", "videos/IMG_1.MOV", 1.0, 3.0, True),
        ("IMG_1.JPG", "videos/IMG_1.MOV", -7199.0, 3.0, True),
        ("photos/IMG_1.JPG", "IMG_1.MOV", 1.0, 3.0, True),
        ("photos/IMG_1.JPG", "videos/IMG_1.MOV", 600.0, 3.0, False),
        ("photos/IMG_1.JPG", "videos/IMG_1.MOV", None, 3.0, False),
        ("photos/IMG_1.JPG", "videos/IMG_1.MOV", 1.0, 12.0, False),
        ("photos/IMG_1.JPG", "videos/IMG_2.MOV", 1.0, 3.0, False),
        ("2026/photos/IMG_1.JPG", "2027/videos/IMG_1.MOV", 1.0, 3.0, False),
    ],
)
def test_a_live_clip_in_a_folder_nearby_is_known_where_length_and_time_surely_fit(
    tmp_path: Path, photo: str, clip: str, created_s: float | None, length_s: float, is_live: bool
) -> None:
    make_shot(tmp_path / photo)
    make_movie(tmp_path / clip, length_s, created_s)

    items, _ = collect([str(tmp_path)], recursive=True)
    assert [item.live_of for item in items if item.clip] == [tmp_path / photo if is_live else None]


def test_a_copy_of_a_live_photos_clip_elsewhere_does_not_take_the_place_of_the_one_beside_it(tmp_path: Path) -> None:
    make_shot(tmp_path / "photos" / "IMG_1.HEIC")
    for name in ("IMG_1.MOV", "clips/IMG_1.MOV", "photos/IMG_1.MOV"):  # in the order in which they are found
        make_movie(tmp_path / name, created_s=1.0)

    items, _ = collect([str(tmp_path)], recursive=True)
    assert [item.path for item in items if item.live_of] == [tmp_path / "photos" / "IMG_1.MOV"]


def test_a_photo_has_one_live_clip(tmp_path: Path) -> None:
    make_shot(tmp_path / "IMG_1.HEIC")
    for name in ("IMG_1.MOV", "IMG_1_HEVC.MOV"):
        make_movie(tmp_path / name)

    assert live(tmp_path) == {"IMG_1.MOV": "IMG_1.HEIC", "IMG_1_HEVC.MOV": None}


APPLE, OTHER = "9A7C1B0E-52A1-4B7B-9A62-0D7F6D2F1C55", "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("photo", "clip"),
    [
        ("FullSizeRender-1834201.HEIC", "FullSizeRender_HEVC-3919283.MOV"),  # icloudpd: each with its own length
        ("IMG_1234-1834201.JPG", "IMG_1234_HEVC.MOV"),
        ("holiday-001.jpg", "holiday-002.mov"),
    ],
)
def test_a_live_photos_clip_is_known_by_apples_identifier_whatever_the_names(
    tmp_path: Path, photo: str, clip: str, *, wide: bool
) -> None:
    make_shot(tmp_path / photo, content_id=APPLE)
    make_shot(tmp_path / "another.jpg", content_id=OTHER)
    make_movie(tmp_path / clip, wide=wide, content_id=APPLE.lower())
    make_movie(tmp_path / "film.mov")

    assert live(tmp_path) == {clip: photo, "film.mov": None}


def test_a_clip_of_another_live_photo_is_not_taken_for_its_name(tmp_path: Path) -> None:
    for number, content_id in enumerate((APPLE, OTHER)):
        make_shot(tmp_path / f"{number}.HEIC", content_id=content_id)
        make_movie(tmp_path / f"{1 - number}.MOV", content_id=content_id)
    make_shot(tmp_path / "2.HEIC", content_id=APPLE)  # a copy: its clip has gone to the first
    make_movie(tmp_path / "2.MOV", content_id="third")

    assert live(tmp_path) == {"0.MOV": "1.HEIC", "1.MOV": "0.HEIC", "2.MOV": None}


def test_where_only_one_bears_an_identifier_name_length_and_time_decide(tmp_path: Path) -> None:
    make_shot(tmp_path / "IMG_1.HEIC")
    make_movie(tmp_path / "IMG_1.MOV", content_id=APPLE)
    make_shot(tmp_path / "IMG_2.HEIC", content_id=OTHER)
    make_movie(tmp_path / "IMG_2.MOV", 12.0)

    assert live(tmp_path) == {"IMG_1.MOV": "IMG_1.HEIC", "IMG_2.MOV": None}


def test_exiftool_reads_the_same_identifier(tmp_path: Path) -> None:
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        pytest.skip("needs exiftool")
    files = make_shot(tmp_path / "a.jpg", content_id=APPLE), make_movie(tmp_path / "a.mov", content_id=APPLE)

    tags = "-ContentIdentifier", "-MediaGroupUUID"  # as newer and older versions call it in photos
    said = subprocess.run([exiftool, "-s3", *tags, *files], capture_output=True, text=True, check=True)

    assert said.stdout.count(APPLE) == 2
    assert photo_header(files[0]).content_id == clip_header(files[1]).content_id == APPLE.casefold()


@pytest.mark.slow
def test_the_identifier_is_still_known_where_ffmpeg_has_written_the_clip_anew(tmp_path: Path) -> None:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.skip("needs ffmpeg")
    for name in ("a.mov", "a.mp4"):
        told = "-movflags", "use_metadata_tags", "-metadata", f"com.apple.quicktime.content.identifier={APPLE}"
        grey = "-f", "lavfi", "-i", "color=gray:s=64x48:d=1"
        subprocess.run([ffmpeg, "-v", "error", *grey, *told, str(tmp_path / name)], check=True)

        assert clip_header(tmp_path / name).content_id == APPLE.casefold()


def test_a_figure_of_metapost_is_no_clip(tmp_path: Path) -> None:
    (tmp_path / "figure.mp").write_text("beginfig(1);", encoding="ascii")

    assert (live(tmp_path), collect([str(tmp_path)])[1][0].failed) == ({}, True)


def test_headers_of_photos_that_share_no_name_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IMG_1.JPG", "IMG_2.JPG", "b/IMG_3.CR3", "b/IMG_4.JPG", "b/IMG_4.CR3"):
        make_shot(tmp_path / name)
    read: list[str] = []

    def counted(path: Path) -> object:
        read.append(path.name)
        return photo_header(path)

    monkeypatch.setattr("livecam.photos.captures.photo_header", counted)
    collect([str(tmp_path)], recursive=True)

    assert sorted(read) == ["IMG_4.CR3", "IMG_4.JPG"]


def test_a_named_photo_does_not_bring_another_photo_of_its_name(tmp_path: Path) -> None:
    photo = make_shot(tmp_path / "IMG_1.JPG")
    make_shot(tmp_path / "IMG_1.CR2", 3600.0)

    assert collect([str(photo)]) == ([Item(photo)], [])


@pytest.mark.parametrize("kind", ["JPG", "ARW", "CR3", "RAF", "ORF", "HEIC", "PNG", "WEBP", "MOV"])
def test_whatever_is_damaged_in_a_header_is_left_out_and_nothing_fails(tmp_path: Path, kind: str) -> None:
    whole = make_movie(tmp_path / f"A.{kind}") if kind == "MOV" else make_shot(tmp_path / f"A.{kind}")
    data, damaged = whole.read_bytes(), tmp_path / f"B.{kind}"
    rng = np.random.default_rng(1)
    said = clip_header(whole) if kind == "MOV" else photo_header(whole)
    for _ in range(60):
        spoiled = np.frombuffer(data[: rng.integers(1, len(data))], np.uint8).copy()
        at = rng.integers(0, len(spoiled), len(spoiled) // 50)
        spoiled[at] = rng.integers(0, 256, len(at))
        damaged.write_bytes(spoiled.tobytes())
        photo_header(damaged)
        clip_header(damaged)

    assert said == (ClipHeader(None, 3000.0) if kind == "MOV" else PhotoHeader(NOON, "ilce-7m4"))
