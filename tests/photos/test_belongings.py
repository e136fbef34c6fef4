"""Which settings, marks and clips go where a photo goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livecam.photos.belongings import belongings
from livecam.photos.folder_names import FolderNames
from tests.photos.capture_factories import make_movie, make_shot


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def of(photo: Path) -> list[str]:
    """What goes with photo, by its name below the photo's folder."""
    return sorted(path.relative_to(photo.parent).as_posix() for path in belongings(photo))


OF_A_RAW_PHOTO = [
    "IMG_1.CR3.xmp",
    "IMG_1.xmp",
    "IMG_1_01.CR3.xmp",
    "IMG_1_99.CR3.XMP",
    "img_1.cr3.PP3",
    "IMG_1.CR3.out.pp3",
    "IMG_1.CR3.dop",
    "IMG_1.CR3.arp",
    "IMG_1.CR3.rrdata",
    "IMG_1.CR3.txt",
    "IMG_1.CR3_original",
    "IMG_1.xcf",
    "IMG_1.acr",
    "IMG_1.on1",
    "IMG_1.dr4",
    "IMG_1.vrd",
    "IMG_1.THM",
    "IMG_1.WAV",
    "CaptureOne/Settings/IMG_1.CR3.cos",
    "CaptureOne/Settings153/IMG_1.CR3.comask",
    "NKSC_PARAM/IMG_1.CR3.nksc",
    "SILKYPIX_DS/IMG_1.CR3.11.spd",
    ".comments/IMG_1.CR3.xml",
    ".metadata/IMG_1.CR3.gq.xmp",
    "Exposure Software/Exposure X7/IMG_1.CR3.exposurex7",
]
OF_OTHERS = [
    "IMG_1.JPG.xmp",
    "IMG_1_01.JPG.xmp",
    "IMG_1.jpg.dop",
    "IMG_11.xmp",
    "IMG_1 copy.xmp",
    "IMG_10.CR3.pp3",
    "IMG_1.tif",
    "IMG_1.txt",
    "IMG_1.CR3.html",
    "IMG_1.CR3.crdownload",
    "CaptureOne/Settings/IMG_1.JPG.cos",
    "CaptureOne/Cache/IMG_1.CR3.cot",
    "CaptureOne/IMG_1.CR3.cos",
    "NKSC_PARAM/IMG_1.nksc",
    ".comments/IMG_1.JPG.xml",
    "edited/IMG_1.CR3.xmp",
]


def test_settings_of_every_program_and_what_a_camera_adds_go_with_their_photo_and_nothing_else(tmp_path: Path) -> None:
    make(tmp_path, "IMG_1.CR3", *OF_A_RAW_PHOTO, *OF_OTHERS)

    assert of(tmp_path / "IMG_1.CR3") == sorted(OF_A_RAW_PHOTO)


@pytest.mark.parametrize(
    ("photo", "data"),
    [
        ("IMG_1.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-me.json"),
        ("IMG_1(2).jpg", "IMG_1.jpg(2).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
        ("IMG_1-edited.jpg", "IMG_1.jpg.json"),
        (
            "A very long name of a photo of the summer party 2026.jpg",
            "A very long name of a photo of the summer part.json",
        ),
        ("00100lPORTRAIT_00100_BURST20190512105520444_COV.jpg", "00100lPORTRAIT_00100_BURST20190512105520444_CO.json"),
    ],
)
def test_google_takeouts_data_goes_with_its_photo_however_the_name_is_cut(
    tmp_path: Path, photo: str, data: str
) -> None:
    make(tmp_path, photo, data, "IMG_10.jpg.json", "metadata.json")

    assert of(tmp_path / photo) == [data]


def test_of_a_copy_whose_long_name_lost_its_number_google_takeouts_data_is_that_with_the_number(tmp_path: Path) -> None:
    name = "A very long name of a photo of the summer party"
    make(tmp_path, f"{name}.jpg", f"{name}(1).jpg", f"{name[:46]}.json", f"{name[:46]}(1).json")

    assert of(tmp_path / f"{name}.jpg") == [f"{name[:46]}.json"]
    assert of(tmp_path / f"{name}(1).jpg") == [f"{name[:46]}(1).json"]


@pytest.mark.parametrize(
    "sidecar", ["caf\u00e9.jpg.xmp", "cafe\u0301.jpg.xmp", "CAFE\u0301.xmp", "cafe\u0301.jpg_original"]
)
@pytest.mark.parametrize("photo", ["caf\u00e9.jpg", "cafe\u0301.jpg"])
def test_accents_that_a_disk_has_spelled_otherwise_part_no_settings_from_their_photo(
    tmp_path: Path, photo: str, sidecar: str
) -> None:
    make(tmp_path, photo, sidecar, "cafe.jpg", "cafe.xmp")

    assert of(tmp_path / photo) == [sidecar]
    assert of(tmp_path / "cafe.jpg") == ["cafe.xmp"]


def test_links_that_lead_nowhere_hide_no_other_names(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}").symlink_to(tmp_path / f"{number}")
        make(tmp_path, f"IMG_{number}.JPG")

    assert len(FolderNames().files(tmp_path)) == 20


def test_of_a_raw_file_and_a_jpeg_that_are_two_photos_each_keeps_its_own_and_the_raw_file_the_bare_ones(
    tmp_path: Path,
) -> None:
    make(tmp_path, "IMG_1.CR3", "IMG_1.JPG", "IMG_1.xmp", "IMG_1.CR3.xmp", "IMG_1.JPG.xmp", "IMG_1.on1", "IMG_1.AAE")

    assert of(tmp_path / "IMG_1.CR3") == ["IMG_1.CR3.xmp", "IMG_1.on1", "IMG_1.xmp"]
    assert of(tmp_path / "IMG_1.JPG") == ["IMG_1.AAE", "IMG_1.JPG.xmp"]


def test_a_duplicates_settings_are_not_those_of_a_photo_that_is_there(tmp_path: Path) -> None:
    make(tmp_path, "A.NEF", "A_01.NEF", "A_01.NEF.xmp", "A_02.NEF.xmp")

    assert (of(tmp_path / "A.NEF"), of(tmp_path / "A_01.NEF")) == (["A_02.NEF.xmp"], ["A_01.NEF.xmp"])


@pytest.mark.parametrize(
    ("photo", "beside", "goes"),
    [
        ("IMG_1234.HEIC", ["IMG_1234.AAE", "IMG_O1234.AAE"], ["IMG_1234.AAE", "IMG_O1234.AAE"]),
        ("IMG_1234.HEIC", ["IMG_E1234.JPG", "IMG_1234.aae", "IMG_O12345.AAE"], ["IMG_1234.aae"]),
        ("IMG_E1234.JPG", ["IMG_1234.HEIC", "IMG_1234.AAE"], []),
        ("IMG_E1234.JPG", ["IMG_1234.AAE", "IMG_O1234.AAE"], ["IMG_1234.AAE", "IMG_O1234.AAE"]),
        ("IMG_1234.JPG", ["IMG_1234.HEIC", "IMG_1234.AAE"], []),
        ("IMG_1(1).HEIC", ["IMG_1.HEIC(1).json", "IMG_1.HEIC.json", "IMG_1.HEIC(2).json"], ["IMG_1.HEIC(1).json"]),
        (
            "A.jpg",
            ["A.jpg.supplemental-metadata.json", "A.jpg.json"],
            ["A.jpg.json", "A.jpg.supplemental-metadata.json"],
        ),
        ("A.JPG", ["A.AVI", "A.THM"], []),
    ],
)
def test_what_apples_googles_and_cameras_files_belong_to(
    tmp_path: Path, photo: str, beside: list[str], goes: list[str]
) -> None:
    make(tmp_path, photo, *beside)

    assert of(tmp_path / photo) == sorted(goes)


@pytest.mark.skipif(os.path.normcase("A") == "a", reason="needs a disk where case counts")
def test_photos_whose_names_differ_in_case_have_their_own(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "A.jpg", "a.jpg.xmp", "A.jpg.xmp", "a.on1", "A.on1")
    if len(list(tmp_path.iterdir())) < 6:
        pytest.skip("needs a disk where case counts")

    assert of(tmp_path / "a.jpg") == ["a.jpg.xmp", "a.on1"]
    assert of(tmp_path / "A.jpg") == ["A.jpg.xmp", "A.on1"]


@pytest.mark.parametrize("clip", ["IMG_1.MOV", "IMG_1_HEVC.MOV", "IMG_1.HEIC.MP4"])
def test_a_live_photos_clip_goes_along_and_a_film_of_that_name_stays(tmp_path: Path, clip: str) -> None:
    photo = make_shot(tmp_path / "IMG_1.HEIC")

    make_movie(tmp_path / clip, 2.5)
    assert of(photo) == [clip]
    make_movie(tmp_path / clip, 12.0)
    assert of(photo) == []


def test_a_live_photos_clip_goes_along_by_apples_identifier_whatever_it_is_called(tmp_path: Path) -> None:
    photo = make_shot(tmp_path / "FullSizeRender-1834201.HEIC", content_id="AAAA-1")
    other = make_shot(tmp_path / "FullSizeRender.HEIC", content_id="BBBB-2")
    make_movie(tmp_path / "FullSizeRender_HEVC-3919283.MOV", content_id="AAAA-1")
    make_movie(tmp_path / "FullSizeRender_HEVC.MOV", content_id="CCCC-3")

    assert of(photo) == ["FullSizeRender_HEVC-3919283.MOV"]
    assert of(other) == []


def test_a_copy_by_another_name_does_not_take_the_clip_of_its_original(tmp_path: Path) -> None:
    original, copy = (make_shot(tmp_path / name, content_id="AAAA-1") for name in ("IMG_1.HEIC", "holiday.HEIC"))
    make_movie(tmp_path / "IMG_1.MOV", content_id="AAAA-1")

    assert of(original) == ["IMG_1.MOV"]
    assert of(copy) == []


def test_folders_are_listed_once_for_many_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"IMG_{i}.CR3" for i in range(50)]
    make(tmp_path, *names, *(f"{name}.xmp" for name in names), "CaptureOne/Settings/IMG_1.CR3.cos", "NKSC_PARAM/a")
    listed: list[Path] = []
    scandir = os.scandir

    def counted(folder: Path) -> object:
        listed.append(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", counted)
    folders = FolderNames()
    found = [belongings(tmp_path / name, folders) for name in names]

    assert sum(map(len, found)) == 51
    assert len(listed) == len(set(listed)) == 4
