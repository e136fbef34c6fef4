"""The marks of many photos are found with each folder listed once, and are those that are found one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from livecam.photos.folder_names import FolderNames
from livecam.photos.sidecars import look_again, sidecars
from livecam.storage.marks import find_marks
from tests.photos.mark_factories import make_picture, packet

RATING_2 = packet('xmp:Rating="2"')
MARKS = {
    "a.jpg.xmp": RATING_2,
    "b.XMP": RATING_2,
    "c.jpg.pp3": b"[General]\nRank=3\n",
    "d.jpg.dop": b"Sidecar = {\nRating = 4,\n}",
    "CaptureOne/Settings153/e.jpg.cos": b'<S><E K="Basic_Rating" V="1"/></S>',
    "CaptureOne/Settings/e.jpg.cos": b'<S><E K="Basic_Rating" V="5"/></S>',
    "f.xmp": RATING_2,
    "f.jpg.xmp": packet('xmp:Rating="-1"'),
    "g.xmp": RATING_2,
}


def make_marked(folder: Path) -> list[Path]:
    """Photos that are marked in one place each; g.xmp is the raw file's of that name."""
    for name, data in MARKS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return [make_picture(folder / name) for name in (*(f"{letter}.jpg" for letter in "abcdefgh"), "g.dng")]


def test_marks_are_found_in_a_folder_that_is_listed_once(tmp_path: Path) -> None:
    photos, names = make_marked(tmp_path), FolderNames()

    found = {photo.name: find_marks([photo], names).mark.rating for photo in photos}
    assert found == {
        "a.jpg": 2,
        "b.jpg": 2,
        "c.jpg": 3,
        "d.jpg": 4,
        "e.jpg": 5,
        "f.jpg": -1,
        "g.jpg": None,
        "h.jpg": None,
        "g.dng": 2,
    }


def test_no_name_is_asked_of_the_disk_where_folders_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos, names = make_marked(tmp_path), FolderNames()

    def refuse(self: Path, **_: object) -> None:
        raise AssertionError(self)

    monkeypatch.setattr(Path, "stat", refuse)

    assert sum(len(find_marks([photo], names).places) for photo in photos) == 9


def test_sidecars_that_other_programs_write_or_remove_meanwhile_are_seen_by_another_look(tmp_path: Path) -> None:
    photo, names = make_picture(tmp_path / "a.jpg"), FolderNames()
    assert sidecars(photo, names) == ()

    for name in ("a.jpg.xmp", "a.XMP", "a.jpg.XMP"):
        for old in sidecars(photo):
            old.unlink()
        (tmp_path / name).write_bytes(RATING_2)
        look_again(photo, names)

        assert sidecars(photo, names) == (tmp_path / name,)


def test_a_photo_whose_name_leaves_no_room_for_a_sidecars_can_be_looked_at_again(tmp_path: Path) -> None:
    photo, names = make_picture(tmp_path / f"{'a' * 251}.jpg"), FolderNames()
    look_again(photo, names)

    assert find_marks([photo], names).places == ()


def test_the_one_file_of_picasas_in_a_folder_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".picasa.ini").write_bytes(b"".join(b"[%d.jpg]\nstar=yes\n" % i for i in range(0, 20, 2)))
    photos = [make_picture(tmp_path / f"{i}.jpg") for i in range(20)]
    reads: list[str] = []
    read_bytes = Path.read_bytes

    def read(path: Path) -> bytes:
        reads.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    names = FolderNames()

    assert [find_marks([photo], names).picked for photo in photos] == [True, False] * 10
    assert reads.count(".picasa.ini") == 1


def test_noise_in_picasas_file_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / ".picasa.ini").write_bytes(
        b"star=yes\n[\n]\n[]\nstar=yes\n[\xff\xfe.jpg]\nstar=yes\n\0[a.jpg\nstar=yes"
    )

    assert not find_marks([make_picture(tmp_path / "a.jpg")]).picked
