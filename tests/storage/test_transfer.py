"""Stories of photos that are copied, linked, moved and brought back, cut off at every change of the disk."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from livecam.errors import OutputError
from livecam.storage import transfer_run, transfer_step, transfer_undo
from livecam.storage.transfer import Action, Report, finish, transfer, undo
from tests.photos.capture_factories import make_movie
from tests.storage.disk_calls import is_killed
from tests.trees import tree

A_YEAR_AGO = 1_700_000_000.25


def make(path: Path, content: bytes) -> Path:
    """A file of a year ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (A_YEAR_AGO, A_YEAR_AGO))
    return path


def journal_of(report: Report) -> Path:
    assert report.journal is not None
    return report.journal


def two_of_one_name(folder: Path) -> list[list[Path]]:
    """Two photos of one name, one with a sidecar and a live photo's clip."""
    first, second = make(folder / "a" / "IMG_1.JPG", b"first"), make(folder / "b" / "IMG_1.JPG", b"second " * 9)
    make(folder / "a" / "IMG_1.JPG.xmp", b"<first>")
    make(folder / "b" / "IMG_1.MOV", b"moving")
    return [[first], [second]]


def test_a_name_that_is_taken_gets_a_number_and_what_belongs_to_the_photo_gets_it_too(tmp_path: Path) -> None:
    make(tmp_path / "best" / "img_1-2.jpg.XMP", b"of another photo")

    report = transfer(two_of_one_name(tmp_path / "in"), tmp_path / "best", Action.COPY)

    assert tree(tmp_path / "best") == {
        "img_1-2.jpg.XMP": b"of another photo",
        "IMG_1.JPG": b"first",
        "IMG_1.JPG.xmp": b"<first>",
        "IMG_1-2.JPG": b"second " * 9,
        "IMG_1-2.MOV": b"moving",
    }
    assert [here.name for _, here in report.done] == ["IMG_1.JPG", "IMG_1-2.JPG"]


@pytest.mark.parametrize("action", Action)
def test_a_copy_of_a_photo_in_another_folder_stays_there_and_one_beside_it_goes_along(
    tmp_path: Path, action: Action
) -> None:
    names = ("a/IMG_1.JPG", "a/IMG_1 (2).JPG", "backup/IMG_1.JPG", "backup/best.JPG")
    photo = [make(tmp_path / name, b"picture") for name in names]
    raw = make(tmp_path / "raw/IMG_1.CR3", b"raw")
    for picture in photo:
        picture.with_name(picture.name + ".xmp").write_bytes(b"marks")

    transfer([[*photo, raw]], tmp_path / "keepers", action)

    brought = {path.name for path in (tmp_path / "keepers").iterdir() if path.suffix != ".jsonl"}
    assert brought == {"IMG_1.JPG", "IMG_1.JPG.xmp", "IMG_1 (2).JPG", "IMG_1 (2).JPG.xmp", "IMG_1.CR3"}
    assert len(list((tmp_path / "backup").iterdir())) == 4


@pytest.mark.parametrize("photos", [[], [[Path("gone.jpg")]]], ids=["none", "gone"])
def test_no_folder_is_made_where_nothing_comes_to(tmp_path: Path, photos: list[list[Path]]) -> None:
    report = transfer(photos, tmp_path / "keepers", Action.COPY)

    assert len(report.failed) == len(photos)
    assert not list(tmp_path.iterdir())


def test_of_a_raw_photo_and_its_jpeg_the_bare_sidecar_goes_with_the_raw_one(tmp_path: Path) -> None:
    jpeg, raw = make(tmp_path / "IMG_1.JPG", b"jpeg"), make(tmp_path / "IMG_1.CR3", b"raw")
    make(tmp_path / "IMG_1.xmp", b"of the raw photo")

    transfer([[jpeg]], tmp_path / "jpegs", Action.COPY)
    transfer([[jpeg, raw]], tmp_path / "both", Action.COPY)

    assert set(tree(tmp_path / "jpegs")) == {"IMG_1.JPG"}
    assert set(tree(tmp_path / "both")) == {"IMG_1.JPG", "IMG_1.CR3", "IMG_1.xmp"}


def test_files_of_one_name_that_belong_to_one_photo_go_there_and_back(tmp_path: Path) -> None:
    jpeg, raw = make(tmp_path / "jpg" / "IMG_1.JPG", b"jpeg"), make(tmp_path / "raw" / "IMG_1.CR3", b"raw")
    make(tmp_path / "jpg" / "IMG_1.xmp", b"of the jpeg")
    make(tmp_path / "raw" / "IMG_1.xmp", b"of the raw photo")
    before = tree(tmp_path)

    report = transfer([[jpeg, raw]], tmp_path / "best", Action.MOVE)

    assert report.failed == ()
    assert set(tree(tmp_path)) == {f"best/{name}" for name in ("IMG_1.JPG", "IMG_1.CR3", "IMG_1.xmp", "IMG_1.JPG.xmp")}
    assert (tmp_path / "best" / "IMG_1.xmp").read_bytes() == b"of the raw photo", "its programs look for that name"
    undo(journal_of(report))
    assert tree(tmp_path) == before


LAYOUT = (
    *("JPG/IMG_1.JPG", "JPG/IMG_1.JPG.xmp", "RAW/IMG_1.CR3", "RAW/IMG_1.xmp", "RAW/IMG_1_01.CR3.xmp"),
    *("RAW/CaptureOne/Settings153/IMG_1.CR3.cos", "RAW/NKSC_PARAM/IMG_1.CR3.nksc"),
)


@pytest.mark.parametrize("action", list(Action))
def test_a_photo_of_several_folders_lies_in_one_and_settings_where_their_program_looks(
    tmp_path: Path, action: Action
) -> None:
    for name in LAYOUT:
        make(tmp_path / name, name.encode())
    before = tree(tmp_path)

    report = transfer([[tmp_path / "JPG/IMG_1.JPG", tmp_path / "RAW/IMG_1.CR3"]], tmp_path / "best", action)

    assert tree(tmp_path / "best") == {name.partition("/")[2]: name.encode() for name in LAYOUT}
    assert (len(report.done), report.files) == (1, 7)
    undo(journal_of(report))
    assert tree(tmp_path) == before
    assert [path.name for path in (tmp_path / "best").iterdir()] == [journal_of(report).name]


def test_of_two_photos_of_one_name_all_files_of_the_second_get_its_number(tmp_path: Path) -> None:
    photos = []
    for day in ("a", "b"):
        for name in LAYOUT:
            make(tmp_path / day / name, f"{day} {name}".encode())
        photos.append([tmp_path / day / "JPG/IMG_1.JPG", tmp_path / day / "RAW/IMG_1.CR3"])
    before = tree(tmp_path)

    report = transfer(photos, tmp_path / "best", Action.MOVE)

    names = [name.partition("/")[2] for name in LAYOUT]
    numbered = [name.replace("IMG_1", "IMG_1-2") for name in names]
    assert set(tree(tmp_path / "best")) == {*names, *numbered}
    assert tree(tmp_path / "best")["CaptureOne/Settings153/IMG_1-2.CR3.cos"].startswith(b"b ")
    undo(journal_of(report))
    assert tree(tmp_path) == before


def test_a_raw_file_does_not_come_to_lie_beside_the_jpeg_of_another_photo_of_its_name(tmp_path: Path) -> None:
    jpeg, raw = make(tmp_path / "a" / "IMG_1.JPG", b"jpeg"), make(tmp_path / "b" / "img_1.CR3", b"raw")
    make(tmp_path / "b" / "img_1.xmp", b"of the raw photo")
    two = [make(tmp_path / "c" / name, name.encode()) for name in ("IMG_7.JPG", "IMG_7.CR3")]

    for _ in range(2):  # the second time it adds nothing
        transfer([[jpeg], [raw], *([photo] for photo in two)], tmp_path / "best", Action.COPY)
        assert set(tree(tmp_path / "best")) == {
            *("IMG_1.JPG", "img_1-2.CR3", "img_1-2.xmp"),
            *("IMG_7.JPG", "IMG_7.CR3"),  # as they lay
        }


@pytest.mark.parametrize("action", list(Action))
def test_a_file_that_lies_in_the_folder_already_keeps_its_name(tmp_path: Path, action: Action) -> None:
    jpeg, raw = make(tmp_path / "JPG" / "IMG_1.JPG", b"jpeg"), make(tmp_path / "RAW" / "IMG_1.CR3", b"raw")
    make(tmp_path / "RAW" / "IMG_1.xmp", b"of the raw photo")
    before = tree(tmp_path)

    report = transfer([[jpeg, raw]], tmp_path / "RAW", action)

    assert set(tree(tmp_path / "RAW")) == {"IMG_1.JPG", "IMG_1.CR3", "IMG_1.xmp"}
    undo(journal_of(report))
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("files", "numbered"),
    [
        (["P.RAW-01.COVER.jpg", "P.RAW-02.ORIGINAL.dng"], ["P-2.RAW-01.COVER.jpg", "P-2.RAW-02.ORIGINAL.dng"]),
        (["A-edited.jpg", "A.jpg", "A.jpg.xmp"], ["A-2-edited.jpg", "A-2.jpg", "A-2.jpg.xmp"]),
        (["IMG_E1234.JPG", "IMG_1234.JPG", "IMG_O1234.AAE"], ["IMG_E1234-2.JPG", "IMG_1234-2.JPG", "IMG_O1234-2.AAE"]),
        (["A.JPG", "A_HEVC.MOV"], ["A-2.JPG", "A-2_HEVC.MOV"]),
        (["A.JPG", "a.jpg.xmp"], ["A-2.JPG", "a-2.jpg.xmp"]),
        (["\u00e4.JPG", "a\u0308.JPG.xmp"], ["\u00e4-2.JPG", "a\u0308-2.JPG.xmp"]),
    ],
)
def test_a_number_stands_where_the_files_of_a_photo_are_still_known_to_be_one(
    tmp_path: Path, files: list[str], numbered: list[str]
) -> None:
    photos = [make(tmp_path / name, name.encode()) for name in files]
    make(tmp_path / "best" / files[0], b"another")

    transfer([[path for path in photos if path.suffix not in {".xmp", ".AAE"}]], tmp_path / "best", Action.COPY)

    assert set(tree(tmp_path / "best")) == {files[0], *numbered}


def test_settings_that_a_program_wrote_into_its_folder_beside_a_moved_photo_come_back_too(tmp_path: Path) -> None:
    make(tmp_path / "best" / "CaptureOne/Settings/IMG_2-2.JPG.cos", b"there before")
    make(tmp_path / "best" / "IMG_2.JPG", b"another")
    photo = make(tmp_path / "in" / "IMG_2.JPG", b"a")
    moved = transfer([[photo]], tmp_path / "best", Action.MOVE)
    written = (".comments/IMG_2-2.JPG.xml", "CaptureOne/Settings153/IMG_2-2.JPG.cos", "NKSC_PARAM/IMG_2-2.JPG.nksc")
    for name in (*written, "NKSC_PARAM/IMG_2.JPG.nksc"):
        make(tmp_path / "best" / name, name.encode())

    report = undo(journal_of(moved))

    assert set(tree(tmp_path)) == {
        *("best/CaptureOne/Settings/IMG_2-2.JPG.cos", "best/IMG_2.JPG", "best/NKSC_PARAM/IMG_2.JPG.nksc"),
        *("in/IMG_2.JPG", "in/CaptureOne/Settings153/IMG_2.JPG.cos", "in/NKSC_PARAM/IMG_2.JPG.nksc"),
        "in/.comments/IMG_2.JPG.xml",
    }
    assert (report.later, report.stay, report.failed) == (3, (), ())


def test_a_copy_that_a_program_has_settings_of_in_its_folder_was_edited_and_stays(tmp_path: Path) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"a")
    copied = transfer([[photo]], tmp_path / "best", Action.COPY)
    make(tmp_path / "best" / "CaptureOne/Settings/a.jpg.cos", b"edits")

    report = undo(journal_of(copied))

    assert set(tree(tmp_path / "best")) == {"a.jpg", "CaptureOne/Settings/a.jpg.cos"}
    assert "edited since" in report.failed[0][1]


def test_a_film_of_a_photos_name_stays_behind_and_is_not_counted(tmp_path: Path) -> None:
    photo = make(tmp_path / "in" / "IMG_1.JPG", b"a")
    make_movie(tmp_path / "in" / "IMG_1.MOV", 12.0)

    report = transfer([[photo]], tmp_path / "best", Action.MOVE)

    assert set(tree(tmp_path)) == {"best/IMG_1.JPG", "in/IMG_1.MOV"}
    assert report.files == 1


def test_a_transfer_and_its_undo_tell_how_many_files_they_have_dealt_with(tmp_path: Path) -> None:
    photos = [[make(tmp_path / "in" / f"{i}.jpg", bytes([i]))] for i in range(3)]
    make(tmp_path / "in" / "1.jpg.xmp", b"x")
    told: list[tuple[int, int]] = []

    report = transfer(photos, tmp_path / "out", Action.MOVE, on_file=lambda *ended: told.append(ended))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    told.clear()
    undo(journal_of(report), on_file=lambda *ended: told.append(ended))

    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_copy_is_the_same_to_the_last_byte_and_as_old_as_its_original(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "somebody"
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, "JPEG", exif=exif)
    photo = make(tmp_path / "in" / "a.jpg", buffer.getvalue())

    ((_, here),) = transfer([[photo]], tmp_path / "best", Action.COPY).done

    assert here.read_bytes() == buffer.getvalue()
    assert here.stat().st_mtime == A_YEAR_AGO


@pytest.mark.parametrize("name", ["IMG_1.xmp", "IMG_1.CR3", "CaptureOne/Settings/IMG_1.JPG.cos"])
def test_what_would_lead_nowhere_elsewhere_is_not_moved_and_neither_is_its_photo(tmp_path: Path, name: str) -> None:
    photo, link = make(tmp_path / "in" / "IMG_1.JPG", b"a"), tmp_path / "in" / name
    original = make(tmp_path / "kept" / "original", b"marks")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(original, link.parent))
    before = tree(tmp_path)

    report = transfer([[photo, *([link] if link.suffix == ".CR3" else [])]], tmp_path / "best", Action.MOVE)

    assert f"{link.name}, which goes along, is a symbolic link: copy it instead" in report.failed[0][1]
    assert tree(tmp_path) == before
    assert link.read_bytes() == b"marks"


@pytest.mark.parametrize("action", [Action.COPY, Action.LINK])
def test_the_same_again_adds_nothing(tmp_path: Path, action: Action) -> None:
    photos = two_of_one_name(tmp_path / "in")
    transfer(photos, tmp_path / "best", action)
    before = tree(tmp_path)

    report = transfer(photos, tmp_path / "best", action)

    assert tree(tmp_path) == before
    assert report == Report(action, present=tuple(photo[0] for photo in photos))


def test_a_link_is_the_file_itself_and_on_another_disk_a_symbolic_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"a")
    transfer([[photo]], tmp_path / "here", Action.LINK)
    monkeypatch.setattr(os, "link", _another_disk)
    report = transfer([[photo]], tmp_path / "there", Action.LINK)

    assert (tmp_path / "here" / "a.jpg").stat().st_ino == photo.stat().st_ino
    assert (tmp_path / "there" / "a.jpg").readlink() == photo

    undo(journal_of(report))
    assert not os.path.lexists(tmp_path / "there" / "a.jpg")
    assert photo.read_bytes() == b"a"


@pytest.mark.parametrize("action", list(Action))
def test_undo_leaves_the_folder_as_it_was(tmp_path: Path, action: Action) -> None:
    photos = two_of_one_name(tmp_path / "in")
    make(tmp_path / "best" / "IMG_1.JPG", b"was there before")
    before = tree(tmp_path)

    report = transfer(photos, tmp_path / "best", action)
    assert len(report.done) == 2
    back = undo(journal_of(report))

    assert tree(tmp_path) == before
    assert back.undone
    assert {where for _, where in back.done} == {photo[0] for photo in photos}
    with pytest.raises(OutputError, match="undone already"):
        undo(journal_of(report))


def test_undo_keeps_what_would_be_lost(tmp_path: Path) -> None:
    names = ("edited.jpg", "orphan.jpg", "same.jpg")
    edited, orphan, _ = photos = [make(tmp_path / "in" / name, name.encode()) for name in names]
    copied = transfer([[photo] for photo in photos], tmp_path / "best", Action.COPY)
    (tmp_path / "best" / edited.name).write_bytes(b"better")
    orphan.unlink()

    report = undo(journal_of(copied))

    assert tree(tmp_path / "best") == {"edited.jpg": b"better", "orphan.jpg": b"orphan.jpg"}
    reasons = {path.name: reason for path, reason in report.failed}
    assert reasons.keys() == {"edited.jpg", "orphan.jpg"}
    assert "changed since, so it stays" in reasons["edited.jpg"]
    assert "the original is gone, so this stays" in reasons["orphan.jpg"]


def test_a_copy_that_a_program_saves_anew_while_an_undo_compares_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, copy = make(tmp_path / "in" / "a.jpg", b"as it was"), tmp_path / "best" / "a.jpg"
    report = transfer([[photo]], copy.parent, Action.COPY)

    def meanwhile(*_: Path) -> bool:
        copy.write_bytes(b"as it is edited")
        return True

    monkeypatch.setattr(transfer_undo, "same_bytes", meanwhile)

    assert "changed since" in undo(journal_of(report)).failed[0][1]
    assert tree(tmp_path) == {"in/a.jpg": b"as it was", "best/a.jpg": b"as it is edited"}


@pytest.mark.parametrize("library", ["Photos Library.photoslibrary/originals/0", "Shoot.cocatalog/Originals"])
@pytest.mark.parametrize("action", Action)
def test_out_of_a_programs_library_a_photo_is_copied_and_never_moved(
    tmp_path: Path, library: str, action: Action
) -> None:
    photo = make(tmp_path / library / "a.jpg", b"a")

    report = transfer([[photo]], tmp_path / "best", action)

    assert photo.read_bytes() == b"a"
    assert (tmp_path / "best" / "a.jpg").exists() == (action is not Action.MOVE)
    assert [why.endswith("whose program would miss it: copy it instead") for _, why in report.failed] == [True] * (
        action is Action.MOVE
    )


def test_from_a_locked_card_nothing_is_copied_that_could_not_be_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = make(tmp_path / "card" / "a.jpg", b"a")

    link = os.link

    def other_disk(source: Path, target: Path) -> None:
        if Path(source) == photo:
            raise OSError(errno.EXDEV, "another disk")
        link(source, target)

    def copy(*_: object) -> None:
        pytest.fail("it is copied, to be removed again")

    monkeypatch.setattr(os, "link", other_disk)
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != photo.parent)
    monkeypatch.setattr(transfer_step, "_copy", copy)

    assert "copy instead" in transfer([[photo]], tmp_path / "best", Action.MOVE).failed[0][1]


@pytest.mark.parametrize("other_disk", [False, True])
def test_what_a_program_saves_over_a_photo_while_it_is_moved_stays(
    tmp_path: Path, other_disk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"as it was")
    link, name_anew = os.link, transfer_step._name_anew

    def refuse(source: Path, target: Path) -> None:
        if Path(source) == photo:
            raise OSError(errno.EXDEV, "another disk")
        link(source, target)

    def meanwhile(*paths: Path) -> None:
        name_anew(*paths)
        make(photo.with_name("new"), b"as it is edited").replace(photo)

    monkeypatch.setattr(transfer_step, "_name_anew", meanwhile)
    if other_disk:
        monkeypatch.setattr(os, "link", refuse)
    report = transfer([[photo]], tmp_path / "best", Action.MOVE)

    assert tree(tmp_path) == {"in/a.jpg": b"as it is edited"}
    assert "another program has just changed it, so it stays: run this again" in report.failed[0][1]


@pytest.mark.parametrize("action", Action)
def test_who_may_not_read_a_photo_is_not_told_to_copy_it_instead(
    tmp_path: Path, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(transfer_run, "transfer_file", refuse)
    ((_, reason),) = transfer([[make(tmp_path / "in" / "a.jpg", b"a")]], tmp_path / "best", action).failed

    assert ("copy instead" in reason) == (action is Action.MOVE)
    assert "permissions" in reason


def test_undo_of_a_move_does_not_overwrite_a_new_photo_of_the_old_name(tmp_path: Path) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"old")
    moved = transfer([[photo]], tmp_path / "best", Action.MOVE)
    photo.write_bytes(b"new")

    report = undo(journal_of(moved))

    assert tree(tmp_path) == {"in/a.jpg": b"new", "best/a.jpg": b"old"}
    assert "another file" in report.failed[0][1]


def test_what_stood_in_the_way_of_an_undo_may_be_removed_and_a_second_undo_does_the_rest(tmp_path: Path) -> None:
    photos = [make(tmp_path / "in" / name, name.encode()) for name in ("a.jpg", "b.jpg")]
    before = tree(tmp_path)
    moved = transfer([[photo] for photo in photos], tmp_path / "best", Action.MOVE)
    photos[0].write_bytes(b"another")

    once = undo(journal_of(moved))
    assert finish(tmp_path / "best") is None, "nothing was interrupted"
    photos[0].unlink()
    make(tmp_path / "best" / "b.jpg", b"a new photo, and none of the journal's any more")
    again = undo(journal_of(moved))

    assert [where for _, where in once.done] == [photos[1]]
    assert [where for _, where in again.done] == [photos[0]]
    assert tree(tmp_path) == before | {"best/b.jpg": b"a new photo, and none of the journal's any more"}
    with pytest.raises(OutputError, match="undone already"):
        undo(journal_of(moved))


def test_an_edited_copy_stays_until_it_is_removed_and_undo_is_asked_again(tmp_path: Path) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"a")
    journal = journal_of(transfer([[photo]], tmp_path / "best", Action.COPY))
    make(tmp_path / "best" / "a.jpg.xmp", b"exposure +1")

    once = undo(journal)
    assert "edited since (a.jpg.xmp), so both stay" in once.failed[0][1]
    assert tree(tmp_path) == {"in/a.jpg": b"a", "best/a.jpg": b"a", "best/a.jpg.xmp": b"exposure +1"}
    (tmp_path / "best" / "a.jpg.xmp").unlink()
    again = undo(journal)

    assert (again.failed, tree(tmp_path)) == ((), {"in/a.jpg": b"a"})


def test_a_copy_stays_with_its_sidecar_that_was_edited(tmp_path: Path) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"a")
    make(tmp_path / "in" / "a.jpg.xmp", b"before")
    journal = journal_of(transfer([[photo]], tmp_path / "best", Action.COPY))
    make(tmp_path / "best" / "a.jpg.xmp", b"edited")

    report = undo(journal)

    assert tree(tmp_path / "best") == {"a.jpg": b"a", "a.jpg.xmp": b"edited"}
    assert [path.name for path, _ in report.failed] == ["a.jpg.xmp", "a.jpg"]


SETTINGS = (
    "{0}.JPG.xmp",
    "{0}.JPG.pp3",
    "{0}.JPG.dop",
    "{0}.JPG.arp",
    "{0}.xmp",
    "{0}.on1",
    "{0}.AAE",
    "{0}_01.JPG.xmp",
)


@pytest.mark.parametrize("settings", SETTINGS)
def test_settings_that_an_editor_wrote_beside_a_moved_photo_come_back_under_the_photos_old_name(
    tmp_path: Path, settings: str
) -> None:
    make(tmp_path / "best" / "IMG_2.JPG", b"was there before")
    photo = make(tmp_path / "in" / "IMG_2.JPG", b"a")
    moved = transfer([[photo]], tmp_path / "best", Action.MOVE)
    make(tmp_path / "best" / settings.format("IMG_2-2"), b"edits")

    report = undo(journal_of(moved))

    assert tree(tmp_path) == {
        "best/IMG_2.JPG": b"was there before",
        "in/IMG_2.JPG": b"a",
        f"in/{settings.format('IMG_2')}": b"edits",
    }
    assert (report.files, report.later, report.stay, report.failed) == (2, 1, (), ())


def test_settings_of_a_raw_photo_and_its_jpeg_go_back_to_the_folders_of_each(tmp_path: Path) -> None:
    jpeg, raw = make(tmp_path / "jpg" / "IMG_2.JPG", b"jpeg"), make(tmp_path / "raw" / "IMG_2.CR3", b"raw")
    moved = transfer([[jpeg, raw]], tmp_path / "best", Action.MOVE)
    for name in ("IMG_2.xmp", "IMG_2.CR3.pp3", "IMG_2.JPG.pp3"):
        make(tmp_path / "best" / name, name.encode())

    undo(journal_of(moved))

    assert set(tree(tmp_path)) == {
        *("jpg/IMG_2.JPG", "jpg/IMG_2.JPG.pp3"),
        *("raw/IMG_2.CR3", "raw/IMG_2.CR3.pp3", "raw/IMG_2.xmp"),
    }


def test_what_was_there_before_or_belongs_to_another_photo_is_not_brought_along(tmp_path: Path) -> None:
    make(tmp_path / "best" / "IMG_2.pp3", b"there before")
    make(tmp_path / "best" / "IMG_7.CR3", b"raw, there before")
    photos = [make(tmp_path / "in" / name, name.encode()) for name in ("IMG_2.JPG", "IMG_7.JPG")]
    moved = transfer([[photo] for photo in photos], tmp_path / "best", Action.MOVE)
    transfer([[make(tmp_path / "other" / "IMG_2.CR3", b"raw")]], tmp_path / "best", Action.MOVE)
    for name in ("IMG_2.CR3.xmp", "IMG_7.xmp", "IMG_22.JPG.xmp"):
        make(tmp_path / "best" / name, b"later")

    report = undo(journal_of(moved))

    assert set(tree(tmp_path / "in")) == {"IMG_2.JPG", "IMG_7.JPG"}
    assert [path.name for path in report.stay] == ["IMG_7.xmp"], "it may be the raw photo's, or the JPEG's"


def test_a_picture_that_appeared_beside_a_moved_one_stays_and_is_named(tmp_path: Path) -> None:
    photo = make(tmp_path / "in" / "IMG_2.JPG", b"a")
    moved = transfer([[photo]], tmp_path / "best", Action.MOVE)
    for name in ("IMG_2.tif", "IMG_2-edited.jpg", "IMG_20.JPG"):
        make(tmp_path / "best" / name, b"later")

    report = undo(journal_of(moved))

    assert set(tree(tmp_path / "best")) == {"IMG_2.tif", "IMG_2-edited.jpg", "IMG_20.JPG"}
    assert [path.name for path in report.stay] == ["IMG_2-edited.jpg", "IMG_2.tif"]


def test_settings_that_cannot_go_back_are_reported_and_go_back_with_a_later_undo(tmp_path: Path) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"a")
    moved = transfer([[photo]], tmp_path / "best", Action.MOVE)
    make(tmp_path / "best" / "a.jpg.xmp", b"edits")
    make(tmp_path / "in" / "a.jpg.xmp", b"others")

    once = undo(journal_of(moved))
    assert tree(tmp_path) == {"in/a.jpg": b"a", "in/a.jpg.xmp": b"others", "best/a.jpg.xmp": b"edits"}
    (tmp_path / "in" / "a.jpg.xmp").unlink()
    again = undo(journal_of(moved))

    assert [path.name for path, _ in once.failed] == ["a.jpg.xmp"]
    assert tree(tmp_path) == {"in/a.jpg": b"a", "in/a.jpg.xmp": b"edits"}
    assert (again.files, again.later) == (1, 1)


def test_a_folder_is_undone_by_the_one_journal_in_it_that_is_not_undone(tmp_path: Path) -> None:
    photos = [make(tmp_path / "in" / name, name.encode()) for name in ("a.jpg", "b.jpg", "c.jpg")]
    before, best = tree(tmp_path), tmp_path / "best"
    first, second, third = [journal_of(transfer([[photo]], best, Action.MOVE)) for photo in photos]

    with pytest.raises(OutputError, match="holds 3 journals") as refused:
        undo(best)
    undo(second)
    undo(third)
    undo(best)

    assert str(refused.value).endswith(f"{third.name}, {second.name}, {first.name}"), "the newest first"
    assert tree(tmp_path) == before
    with pytest.raises(OutputError, match="has been undone already"):
        undo(best)
    with pytest.raises(OutputError, match="holds no journal"):
        undo(tmp_path / "in")


def test_a_report_counts_photos_and_files(tmp_path: Path) -> None:
    report = transfer(two_of_one_name(tmp_path / "in"), tmp_path / "best", Action.MOVE)
    back = undo(journal_of(report))

    assert (len(report.done), report.files) == (2, 4)
    assert (len(back.done), back.files, back.later) == (2, 4, 0)


def test_names_that_are_no_text_go_there_and_back(tmp_path: Path) -> None:
    name = os.fsdecode(b"a\nb\xff \"'<script>\xe2\x80\xae.jpg")
    photo = make(tmp_path / "in" / name, b"a")

    report = transfer([[photo]], tmp_path / "best", Action.MOVE)
    assert tree(tmp_path) == {f"best/{name}": b"a"}
    undo(journal_of(report))
    assert tree(tmp_path) == {f"in/{name}": b"a"}


def test_a_photo_that_is_gone_or_a_symbolic_link_is_reported_and_the_rest_moves(tmp_path: Path) -> None:
    gone, photo = tmp_path / "in" / "gone.jpg", make(tmp_path / "in" / "a.jpg", b"a")
    alias = tmp_path / "in" / "alias.jpg"
    alias.symlink_to("a.jpg")

    report = transfer([[gone], [alias], [photo]], tmp_path / "best", Action.MOVE)

    assert tree(tmp_path / "best") == {"a.jpg": b"a"}
    assert [path for path, _ in report.failed] == [gone, alias]
    assert all("\n" not in why for _, why in report.failed)


def test_a_photo_whose_old_name_a_network_removed_without_saying_so_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"a")
    really = Path.unlink

    def lost(path: Path, missing_ok: bool = False) -> None:
        really(path, missing_ok)
        if path == photo:
            raise OSError(errno.EIO, "the answer is lost")

    monkeypatch.setattr(Path, "unlink", lost)
    transfer([[photo]], tmp_path / "best", Action.MOVE)

    assert tree(tmp_path) == {"best/a.jpg": b"a"}


def test_a_copy_that_may_not_be_taken_back_is_said_with_the_folder_that_it_lies_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"a")
    report = transfer([[photo]], tmp_path / "best", Action.COPY)
    really = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.name == photo.name:
            raise PermissionError(errno.EACCES, "Permission denied")
        really(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    ((path, why),) = undo(journal_of(report)).failed

    assert path == tmp_path / "best" / "a.jpg"
    assert f"not write to {tmp_path / 'best'} or " in why


def test_a_photo_that_may_not_leave_its_folder_stays_there_with_its_sidecar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, photo = make(tmp_path / "locked" / "b.jpg", b"b"), make(tmp_path / "in" / "a.jpg", b"a")
    make(tmp_path / "locked" / "b.jpg.xmp", b"<b>")
    really = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        really(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    report = transfer([[stuck], [photo]], tmp_path / "best", Action.MOVE)

    assert tree(tmp_path) == {"locked/b.jpg": b"b", "locked/b.jpg.xmp": b"<b>", "best/a.jpg": b"a"}
    assert [(path, "read-only" in why) for path, why in report.failed] == [(stuck, True)]
    assert finish(tmp_path / "best") is None


def test_a_full_disk_is_one_line_and_the_same_call_later_does_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [[make(tmp_path / "in" / f"{name}.jpg", name.encode() * 99)] for name in "abc"]
    really = shutil.copyfileobj

    def full(source: io.BufferedReader, copy: io.BufferedWriter, length: int) -> None:
        if Path(source.name).name == "b.jpg":
            copy.write(b"bb")
            raise OSError(errno.ENOSPC, "No space left on device")
        really(source, copy, length)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", full)
        with pytest.raises(OutputError, match="1 of 3 files are there: the disk is full") as failure:
            transfer(photos, tmp_path / "best", Action.COPY)
    assert "\n" not in str(failure.value)
    assert tree(tmp_path / "best") == {"a.jpg": b"a" * 99}

    transfer(photos, tmp_path / "best", Action.COPY)
    assert tree(tmp_path / "best") == {f"{name}.jpg": name.encode() * 99 for name in "abc"}


def test_a_copy_that_differs_from_its_original_does_not_replace_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"a")
    monkeypatch.setattr(os, "link", _another_disk)
    monkeypatch.setattr(transfer_step, "copy_durably", lambda source, copy: copy.write_bytes(b"?"))

    report = transfer([[photo]], tmp_path / "best", Action.MOVE)

    assert tree(tmp_path) == {"in/a.jpg": b"a"}
    assert "differs" in report.failed[0][1]


@pytest.mark.parametrize(
    ("target", "message"),
    [("in", "is in .*in itself"), ("in/a.jpg/best", "part of that path is a file"), ("file", "choose another")],
)
def test_a_folder_that_is_of_no_use_is_one_line_and_nothing_is_touched(
    tmp_path: Path, target: str, message: str
) -> None:
    photo, _ = make(tmp_path / "in" / "a.jpg", b"a"), make(tmp_path / "file", b"")
    before = tree(tmp_path)
    with pytest.raises(OutputError, match=message) as failure:
        transfer([[photo]], tmp_path / target, Action.MOVE)
    assert "\n" not in str(failure.value)
    assert tree(tmp_path) == before


def test_two_livecams_do_not_work_in_one_folder(tmp_path: Path) -> None:
    photo = make(tmp_path / "in" / "a.jpg", b"a")
    (tmp_path / "best").mkdir()
    other = os.open(tmp_path / "best", os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(OutputError, match="another livecam is at work"):
        transfer([[photo]], tmp_path / "best", Action.COPY)
    os.close(other)
    assert transfer([[photo]], tmp_path / "best", Action.COPY).done


@pytest.mark.parametrize("content", [b"", b"hello\n", b'{"livecam_journal": 2}\n', b"[1]\n", b"\xff\n"])
def test_what_is_no_journal_is_one_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(OutputError, match="journal"):
        undo(make(tmp_path / "livecam-move-1.jsonl", content))


def test_a_line_that_was_cut_off_is_not_believed_nor_built_on(tmp_path: Path) -> None:
    photos = two_of_one_name(tmp_path / "in")
    report = transfer(photos, tmp_path / "best", Action.COPY)
    after, journal = tree(tmp_path), journal_of(report)
    journal.write_bytes(journal.read_bytes().removesuffix(b'{"end": true}\n') + b'{"do')

    finished = finish(tmp_path / "best")

    assert finished is not None
    assert tree(tmp_path) == after
    assert [json.loads(line) for line in journal.read_bytes().splitlines()][-1] == {"end": True}


STORIES = (
    *("copy", "link", "move", "move another-disk", "move no-links"),
    *("undo-copy", "undo-link", "undo-move", "undo-move no-links", "undo-move another-disk"),
)


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.slow
def test_cut_off_between_any_two_changes_nothing_is_lost_and_a_second_run_ends_the_same(
    tmp_path: Path, story: str
) -> None:
    # In a process of its own: forking this one, with the threads that other tests left, would be asking for trouble.
    # In memory where that is possible: waiting for a disk thousands of times would take minutes.
    memory = Path("/dev/shm")  # noqa: S108  the folder in it is this test's own
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        command = [sys.executable, __file__, folder, *story.split()]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 20  # moments at which it was killed


_links = os.link


def _another_disk(old: Path, new: Path) -> None:
    """What the system says when only names of one folder can be links of each other."""
    if Path(old).parent != Path(new).parent:
        raise OSError(errno.EXDEV, "Invalid cross-device link")
    _links(old, new)


def _no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def _second_undo(target: Path, again: Callable[[], object]) -> None:
    finish(target)
    with contextlib.suppress(OutputError):  # it is done
        again()


def _second_run(photos: Sequence[Sequence[Path]], target: Path, action: Action) -> None:
    """What ``livecam best`` does: end what was interrupted; after a move, that is all."""
    report = finish(target)
    if report is None or report.action is not Action.MOVE:
        transfer(photos, target, action)


def _check_nothing_lost(folder: Path, originals: set[bytes]) -> None:
    seen = {path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".tmp")}
    assert originals <= seen, f"lost: {originals - seen}"
    torn = {path: data for path, data in tree(folder).items() if data not in originals and not path.endswith(".tmp")}
    if os.link is _no_links:
        torn = {path: data for path, data in torn.items() if data}  # a name may be taken before it is filled
    assert not torn, f"torn: {torn}"


def _story(folder: Path, name: str) -> int:
    """Run one story with a kill at each change of the disk, and another one while what was left is ended."""
    undoing, action = name.startswith("undo-"), Action(name.removeprefix("undo-"))
    for at in itertools.count():
        base = folder / f"{at}"
        photos, target = two_of_one_name(base / "in"), base / "best"
        make(base / "in/b/CaptureOne/Settings/IMG_1.JPG.cos", b"settings of the second")
        before = tree(base)
        first: Callable[[], object] = functools.partial(transfer, photos, target, action)
        second: Callable[[], object] = functools.partial(_second_run, photos, target, action)
        if undoing:
            first = functools.partial(undo, journal_of(transfer(photos, target, action)))
            if action is Action.MOVE:
                before |= _edited(target)
            second = functools.partial(_second_undo, target, first)

        killed = is_killed(first, at)
        _check_nothing_lost(base, set(before.values()))
        is_killed(second, at * 7 % 31)
        _check_nothing_lost(base, set(before.values()))
        second()
        expected = before if undoing else _expected(before, action)
        assert tree(base) == expected, f"killed before change {at}: {sorted(tree(base))}"
        shutil.rmtree(base)
        if not killed:
            return at
    raise AssertionError


def _edited(target: Path) -> dict[str, bytes]:
    """Write settings beside two moved photos; return where they belong after an undo."""
    make(target / "IMG_1.JPG.pp3", b"edits of the first")
    make(target / "IMG_1-2.pp3", b"edits of the second")
    make(target / "NKSC_PARAM" / "IMG_1.JPG.nksc", b"other edits of the first")
    return {
        "in/a/IMG_1.JPG.pp3": b"edits of the first",
        "in/b/IMG_1.pp3": b"edits of the second",
        "in/a/NKSC_PARAM/IMG_1.JPG.nksc": b"other edits of the first",
    }


def _expected(before: dict[str, bytes], action: Action) -> dict[str, bytes]:
    placed = {
        "best/IMG_1.JPG": before["in/a/IMG_1.JPG"],
        "best/IMG_1.JPG.xmp": before["in/a/IMG_1.JPG.xmp"],
        "best/IMG_1-2.JPG": before["in/b/IMG_1.JPG"],
        "best/IMG_1-2.MOV": before["in/b/IMG_1.MOV"],
        "best/CaptureOne/Settings/IMG_1-2.JPG.cos": before["in/b/CaptureOne/Settings/IMG_1.JPG.cos"],
    }
    return placed if action is Action.MOVE else before | placed


if __name__ == "__main__":
    if "another-disk" in sys.argv:
        os.link = _another_disk  # type: ignore[assignment]
    elif "no-links" in sys.argv:
        os.link = _no_links
    print(_story(Path(sys.argv[1]), sys.argv[2]))
