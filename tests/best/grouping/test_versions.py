"""A photo, what it was edited to, and its copies are one photo."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam.best.grouping.versions import merge_versions
from livecam.best.outputs.export import to_transfer
from livecam.best.ranking.selection import choose
from livecam.best.records.scan_result import ScanResult
from livecam.best.records.view import view_of
from livecam.photos.discover import Item
from livecam.photos.exif import Exposure
from tests.best.records.factories import NOON, make_face_record, make_record

FAR = (1 << 44) - 1  # a hash that differs from 0 in 44 of 64 bits


def photo(
    name: str,
    seconds: float | None = 0.0,
    *,
    phash: int = 0,
    folder: str = "shoot",
    score: float = 3.0,
    camera: str = "",
    companions: tuple[str, ...] = (),
) -> ScanResult:
    captured = None if seconds is None else NOON + timedelta(seconds=seconds)
    record = make_record(
        make_face_record(score=score), path=f"{folder}/{name}", captured=captured, phash=phash, camera=camera
    )
    return ScanResult(Item(Path(folder, name), companions=tuple(map(Path, companions))), (record,))


def clip(name: str, live_of: str, length_ms: float = 3000.0) -> ScanResult:
    record = make_record(make_face_record(), path=f"shoot/{name}", t_ms=0.0)
    return ScanResult(Item(Path("shoot", name), clip=True, live_of=Path("shoot", live_of)), (record,), None, length_ms)


def merged(*results: ScanResult) -> dict[str, list[str]]:
    """The companions of each photo that is left, by their names."""
    return {
        result.item.path.name: sorted(file.name for file in result.item.companions)
        for result in merge_versions(results)
    }


@pytest.mark.parametrize(
    ("other", "stands_for_both"),
    [
        ("IMG_E1234.JPG", "IMG_E1234.JPG"),
        ("IMG_1234-Edit.jpg", "IMG_1234-Edit.jpg"),
        ("IMG_1234-edited.jpg", "IMG_1234-edited.jpg"),
        ("IMG_1234_edited-2.png", "IMG_1234_edited-2.png"),
        ("IMG_1234 (Edited).jpg", "IMG_1234 (Edited).jpg"),
        ("IMG_1234-bearbeitet.jpg", "IMG_1234-bearbeitet.jpg"),
        ("IMG_1234~2.jpg", "IMG_1234~2.jpg"),
        ("IMG_1234 (2).JPG", "IMG_1234.JPG"),
        ("IMG_1234(1).JPG", "IMG_1234.JPG"),
        ("IMG_1234 copy.JPG", "IMG_1234.JPG"),
        ("IMG_1234 - Copy (3).JPG", "IMG_1234.JPG"),
        ("IMG_1234-edited (2).JPG", "IMG_1234.JPG"),
        ("Copy of IMG_1234.JPG", "IMG_1234.JPG"),
        ("Kopie von IMG_1234.JPG", "IMG_1234.JPG"),
    ],
)
@pytest.mark.parametrize("seconds", [0.0, None])
def test_the_edit_stands_for_the_photo_and_a_copy_never_does(
    other: str, stands_for_both: str, seconds: float | None
) -> None:
    found = merged(photo(other, seconds), photo("IMG_1234.JPG", seconds))

    assert found == {stands_for_both: [name for name in (other, "IMG_1234.JPG") if name != stands_for_both]}


@pytest.mark.parametrize(
    "added",
    [
        *("_DxO", "-DxO_DeepPRIME XD", "-Enhanced-NR", "_topaz", " final", "-web"),
        *("-2048px", " (web)", "_4k", " (レタッチ)", "（補正）", "補正", " – retouched"),
    ],
)
def test_words_that_nobody_knows_behind_a_photos_name_are_its_edit_if_all_else_fits(added: str) -> None:
    original = photo("IMG_1234.JPG", 0.25, phash=0)
    edit = photo(f"IMG_1234{added}.JPG", 0.25, phash=0b111)
    small = replace(edit, records=(replace(edit.records[0], width=100, height=80),))
    darker = replace(edit, records=(replace(edit.records[0], exposure=Exposure(bias_ev=-2.0)),))
    original = replace(original, records=(replace(original.records[0], exposure=Exposure(bias_ev=0.0)),))

    assert merged(original, edit) == {edit.item.path.name: ["IMG_1234.JPG"]}
    assert merged(original, photo(edit.item.path.name, 0.0)) == {edit.item.path.name: ["IMG_1234.JPG"]}
    assert merged(original, small) == {"IMG_1234.JPG": [edit.item.path.name]}
    for other in (
        photo(edit.item.path.name, 0.5),
        photo(edit.item.path.name, None),
        photo(edit.item.path.name, 0.25, phash=FAR),
        darker,
    ):
        assert len(merged(original, other)) == 2


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1234 (copy).JPG",
        "IMG_1234 (3rd copy).JPG",
        "IMG_1234 (Kopie 2).JPG",
        "IMG_1234 (Anna's conflicted copy 2026-06-20).JPG",
        "IMG_1234.sync-conflict-20260620-120000-ABCDEFG.JPG",
        "IMG_1234 - Original.JPG",
        "IMG_1234 - コピー.JPG",
        "IMG_1234 - コピー (2).JPG",
        "IMG_1234のコピー.JPG",
        "IMG_1234のコピー 2.JPG",
        "IMG_1234 - 副本.JPG",
        "IMG_1234副本.JPG",
        "IMG_1234 - 복사본.JPG",
        "IMG_1234 — копия.JPG",
        "IMG_1234 - Cópia.JPG",
        "IMG_1234 - Kopi.JPG",
        "IMG_1234 kopia 2.JPG",
        "IMG_1234-1200.JPG",
        "IMG_1234 2.JPG",
        "IMG_1234_01.JPG",
        "IMG_1234-01.jpeg",
    ],
)
def test_copies_of_all_systems_never_stand_for_the_photo(name: str) -> None:
    assert merged(photo(name, 0.25), photo("IMG_1234.JPG", 0.25)) == {"IMG_1234.JPG": [name]}


def test_a_number_behind_a_name_is_a_copys_only_at_the_same_fraction_of_a_second() -> None:
    assert len(merged(photo("IMG_1234.JPG", 0.25), photo("IMG_1234_01.JPG", 0.35))) == 2
    assert len(merged(photo("IMG_1234.JPG", 0.25), photo("IMG_1234_01.JPG", 0.25, phash=FAR))) == 2


@pytest.mark.parametrize("added", ["-HDR", "_stacked", " Panorama", "_tonemapped", "_blended_fused", " - IMG_1003"])
def test_what_was_merged_from_a_series_takes_no_photo_out_of_it(added: str) -> None:
    """Without its first photo a bracket is none any more, and all but one of it would be dropped."""
    series = [photo(f"IMG_{1001 + i}.JPG", float(i), phash=i) for i in range(3)]

    assert len(merge_versions([*series, photo(f"IMG_1001{added}.JPG", 0.0)])) == 4
    if added != " - IMG_1003":  # the name of another photo, which is not there
        assert len(merge_versions([series[0], photo(f"IMG_1001{added}.JPG", 0.0)])) == 1


def test_a_raw_file_that_says_so_in_its_name_is_no_edit() -> None:
    assert merged(photo("IMG_1_RAW.dng"), photo("IMG_1.jpg")) == {"IMG_1.jpg": ["IMG_1_RAW.dng"]}


@pytest.mark.parametrize(
    ("first", "other"),
    [("shoot", "shoot/edited"), ("shoot", "shoot/[Originals]"), ("shoot/a", "shoot/b"), ("shoot/x", "shoot/originals")],
)
def test_an_edit_or_the_original_in_a_folder_nearby_is_one_with_the_photo(first: str, other: str) -> None:
    one = photo("IMG_1.JPG", 0.25, folder=first, camera="Canon")
    again = photo("img_1.jpg", 0.25, folder=other, phash=3)
    found = merge_versions([again, one])

    assert [(result.item.path, result.item.companions) for result in found] == [
        (Path(first, "IMG_1.JPG"), (Path(other, "img_1.jpg"),))
    ]


@pytest.mark.parametrize("name", ["IMG_1-2048px.jpg", "IMG_1-Edit.jpg", "IMG_1 (web).jpg", "IMG_1補正.jpg"])
def test_an_export_in_a_folder_nearby_is_one_with_its_photo_whatever_was_added_to_its_name(name: str) -> None:
    one = photo("IMG_1.JPG", 0.25, camera="Canon", companions=("shoot/IMG_1.CR3",))
    export = photo(name, 0.25, folder="shoot/書き出し", camera="Canon", phash=3)
    for order in ([one, export], [export, one]):
        assert len(merged(*order)) == 1
    for other in (
        photo(name, 0.5, folder="shoot/out", camera="Canon"),
        photo(name, 0.0, folder="shoot/out", camera="Canon"),
        photo(name, 0.25, folder="shoot/out", camera="Canon", phash=FAR),
        photo(name, 0.25, folder="far/away", camera="Canon"),
        photo("IMG_1-2.jpg", 0.25, folder="shoot/out", camera="Canon"),
    ):
        assert len(merged(one, other)) == 2


def test_a_copy_to_the_byte_is_one_with_its_photo_wherever_it_lies_and_whatever_it_is_called(tmp_path: Path) -> None:
    burst = [photo(f"IMG_{i}.JPG", i / 2, folder=f"{tmp_path}/DCIM/Camera") for i in range(3)]
    sharp = [replace(one, records=(replace(one.records[0], sharpness=(1.5 + i / 10,)),)) for i, one in enumerate(burst)]
    copies = [
        replace(one, item=Item(path), records=(replace(one.records[0], path=path),))
        for one, path in zip(sharp, (tmp_path / "Backup/IMG_0.JPG", tmp_path / "Backup/Anna.JPG"), strict=False)
    ]
    for result in (*copies, *sharp):
        result.item.path.parent.mkdir(parents=True, exist_ok=True)
        result.item.path.write_bytes(b"a picture")

    found = merge_versions([*copies, *sharp])

    assert [(result.item.path.name, len(result.item.companions)) for result in found] == [
        ("IMG_0.JPG", 1),
        ("IMG_1.JPG", 1),
        ("IMG_2.JPG", 0),
    ]
    assert {result.item.path.parent.name for result in found} == {"Camera"}  # a burst that a copy does not tear
    copies[0].item.path.write_bytes(b"a picture that was changed")
    assert len(merge_versions([copies[0], sharp[0]])) == 2


@pytest.mark.parametrize(
    "other",
    [
        photo("IMG_1.JPG", 1.5, folder="shoot/b"),
        photo("IMG_1.JPG", 0.1, folder="shoot/b"),
        photo("IMG_1.JPG", None, folder="shoot/b"),
        photo("IMG_1.JPG", folder="shoot/b", phash=FAR),
        photo("IMG_1.JPG", folder="elsewhere/b"),
        photo("IMG_2.JPG", folder="shoot/b"),
        photo("IMG_1.JPG", folder="shoot/b", camera="Nikon"),
    ],
)
def test_pictures_of_one_name_in_two_folders_are_two_where_anything_speaks_against_it(other: ScanResult) -> None:
    assert len(merge_versions([photo("IMG_1.JPG", folder="shoot/a", camera="Canon"), other])) == 2


def test_numbers_behind_a_photos_name_are_those_of_a_burst() -> None:
    assert (
        len(merged(photo("20260501_120000.jpg"), photo("20260501_120000_1.jpg"), photo("20260501_120000-2.jpg"))) == 3
    )
    assert len(merged(photo("Anna.jpg"), photo("Anna_Ben.jpg", phash=FAR), photo("Anna_Ben_Cleo.jpg", 5.0))) == 3


def test_a_photo_its_edits_and_its_copy_are_ranked_once_and_go_together() -> None:
    names = ["IMG_1234 (2).JPG", "IMG_1234-Edit.jpg", "IMG_1234.JPG", "IMG_E1234.JPG"]
    results = [photo(name, score=4.0 - place / 10) for place, name in enumerate(names)]

    (group,) = choose(merge_versions(results))

    assert [record.path.name for record in group.records if record.path] == ["IMG_1234-Edit.jpg"]
    assert sorted(path.name for path in to_transfer([group], 1)[0]) == names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (photo("IMG_1234.JPG"), photo("IMG_1234 (2).JPG", 3600)),  # the counter has begun anew
        (photo("IMG_1234.JPG"), photo("IMG_1234-edited.JPG", None)),
        (photo("IMG_1234.JPG", None), photo("IMG_1234 (2).JPG", None, phash=FAR)),
        (photo("IMG_1234.JPG"), photo("IMG_1234-edited.JPG", folder="elsewhere")),
        (photo("IMG_1234.JPG"), photo("IMG_1235.JPG")),
        (photo("cr.JPG"), photo("credit.JPG")),
        (photo("20260620_120000.jpg", 0.2), photo("20260620_120000(0).jpg", 0.7)),  # Samsung's next photo
        (photo("20260620_120000.jpg"), photo("20260620_120000(0).jpg")),
        (photo("DSC01234.JPG"), photo("DSC01234-2.JPG")),  # a burst
        (photo("IMG_1234.JPG", camera="iPhone 15"), photo("IMG_1234.CR2", camera="Canon EOS R6")),
        (photo("DSC1.JPG", folder="JPG"), photo("DSC1.ARW", 60, folder="RAW")),
        (photo("DSC1.JPG", None, folder="JPG"), photo("DSC1.ARW", None, folder="RAW", phash=FAR)),
        (photo("DSC1.JPG", None, folder="JPG"), photo("DSC2.ARW", None, folder="RAW")),
        (photo("DSC1.JPG", None, folder="JPG"), photo("DSC1.JPG", None, folder="copy")),
        (photo("DSC1.JPG", None, folder="2025/JPG"), photo("DSC1.ARW", None, folder="2026/RAW")),
        (photo("DSC1.JPG", None, folder="JPG", camera="A"), photo("DSC1.ARW", None, folder="RAW", camera="B")),
    ],
)
def test_others_stay_two(one: ScanResult, other: ScanResult) -> None:
    assert len(merge_versions([one, other])) == 2


def test_the_third_photo_that_a_phone_took_within_one_second_is_no_copy_of_the_first() -> None:
    names = ["20260620_120000.jpg", "20260620_120000(0).jpg", "20260620_120000(1).jpg"]

    assert len(merged(*map(photo, names))) == 3
    assert len(merged(photo(names[0]), photo(names[2]))) == 1  # a browser's copy


def test_a_live_photo_is_one_with_its_edit_and_both_clips() -> None:
    found = merged(
        photo("IMG_1234.JPG"),
        photo("IMG_E1234.JPG"),
        clip("IMG_1234.MOV", "IMG_1234.JPG"),
        clip("IMG_E1234.MOV", "IMG_E1234.JPG"),
    )

    assert found == {"IMG_E1234.JPG": ["IMG_1234.JPG", "IMG_1234.MOV"], "IMG_E1234.MOV": []}


def test_the_originals_clip_becomes_that_of_the_edit() -> None:
    results = merge_versions([photo("A-edited.JPG"), photo("A.JPG"), clip("A.MOV", "A.JPG")])

    assert [result.item.live_of for result in results] == [None, Path("shoot/A-edited.JPG")]


def test_a_long_clip_of_an_edited_photos_name_stays_a_clip() -> None:
    results = merge_versions([photo("A-edited.JPG"), photo("A.JPG"), clip("A.MOV", "A.JPG", 60_000)])

    assert len(choose(results)) == 2


@pytest.mark.parametrize("folders", [("JPG", "RAW"), ("shoot", "shoot/raws"), ("shoot/jpeg", "shoot")])
@pytest.mark.parametrize("seconds", [None, 0.0, 1.0])
def test_a_raw_file_and_its_jpeg_in_folders_beside_each_other_that_look_the_same_are_one_without_a_time(
    folders: tuple[str, str], seconds: float | None
) -> None:
    jpeg = photo("DSC1.JPG", None if seconds is None else 0.0, folder=folders[0])
    raw = photo("dsc1.ARW", seconds, folder=folders[1], phash=0b111)

    for order in ([jpeg, raw], [raw, jpeg]):
        assert merged(*order) == {"DSC1.JPG": ["dsc1.ARW"]}


def test_an_edit_beside_the_raw_file_is_one_with_the_jpeg_elsewhere() -> None:
    jpeg = photo("DSC1.JPG", folder="JPG", companions=("RAW/DSC1.ARW",))

    assert merged(jpeg, photo("DSC1-Edit.tif", folder="RAW")) == {"DSC1-Edit.tif": ["DSC1.ARW", "DSC1.JPG"]}


def test_where_another_file_was_judged_the_clip_is_that_ones() -> None:
    results = merge_versions([photo("A.DNG", companions=("shoot/A.JPG",)), clip("A.MOV", "A.JPG")])

    assert [result.item.live_of for result in results] == [None, Path("shoot/A.DNG")]


def test_pictures_that_a_browser_has_numbered_are_copies_only_if_they_show_the_same() -> None:
    """Messengers call every picture "image.jpg"; a moment later somebody smiles."""

    def numbered(name: str, turned: float) -> ScanResult:
        noise = np.random.default_rng(0).uniform(60, 190, (9, 12))
        picture = np.asarray(cv2.resize(noise, (480, 360)), np.float64)
        picture[150:200, 200:260] += turned
        grey = picture.astype(np.uint8)
        (record,) = photo(name, None).records
        return ScanResult(Item(Path("shoot", name)), (replace(record, view=view_of(grey)),))

    names = ["image.jpg", "image (1).jpg", "image (2).jpg", "image (3).jpg"]
    results = [numbered(name, turned) for name, turned in zip(names, (0, 60, 0, -60), strict=True)]

    assert merged(*results) == {"image.jpg": ["image (2).jpg"], "image (1).jpg": [], "image (3).jpg": []}
