"""Which photos and clips are found by what a user names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from livecam.photos.discover import Item, collect, printable


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def names(items: Sequence[Item]) -> list[str]:
    return [item.path.name for item in items]


def test_a_folder_gives_its_photos_and_clips_in_natural_order(tmp_path: Path) -> None:
    for name in ("IMG_10.jpg", "IMG_2.HEIC", "a.mov", "notes.txt", "._IMG_2.HEIC", "deep/b.jpg"):
        touch(tmp_path / name)

    flat, skipped = collect([str(tmp_path)])
    deep, _ = collect([str(tmp_path)], recursive=True)

    assert names(flat) == ["a.mov", "IMG_2.HEIC", "IMG_10.jpg"]
    assert [(entry.why, entry.failed) for entry in skipped] == [("passed over: 1 .txt", False)]
    assert names(deep) == ["a.mov", "IMG_2.HEIC", "IMG_10.jpg", "b.jpg"]
    assert [item.clip for item in flat] == [True, False, False]


READ_BY_NAME = [
    "a.avif",
    "b.jfif",
    "c.jpe",
    "d.jif",
    "e.jp2",
    "f.tga",
    "g.mpo",
    "h.ppm",
    "i.psd",
    "j.JPG",
    "k.m2ts",
    "l.mts",
    "m.wmv",
    "n.3g2",
    "o.3gp",
    "p.mpeg",
    "q.flv",
    "r.ogv",
    "s.vob",
    "t.asf",
]


def test_what_is_read_by_name_is_found_in_its_folder(tmp_path: Path) -> None:
    for name in READ_BY_NAME:
        touch(tmp_path / name)

    items, skipped = collect([str(tmp_path)])

    assert (names(items), skipped) == (READ_BY_NAME, [])
    assert [item.clip for item in items] == [False] * 10 + [True] * 10


def test_a_ts_is_a_clip_only_if_it_is_no_program_text(tmp_path: Path) -> None:
    touch(tmp_path / "main.ts")
    (tmp_path / "film.ts").write_bytes(b"G" + b"\0" * 187)

    items, (skipped,) = collect([str(tmp_path)])

    assert names(items) == ["film.ts"]
    assert skipped.why == "passed over: 1 .ts"


def test_a_file_of_another_kind_is_counted_and_what_belongs_to_a_photo_is_not(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.jpg.xmp", "a.pp3", "a.AAE", "a.THM", "Thumbs.db", "livecam-20260501.jsonl", ".hidden"):
        touch(tmp_path / name)
    touch(tmp_path / "Exposure Software" / "Exposure X7" / "IMG_1.JPG.exposurex7")
    assert collect([str(tmp_path)], recursive=True)[1] == []

    for name in ("b.jxl", "c.JXL", "notes.txt", "_original", "deep/d.jxl"):
        touch(tmp_path / name)
    _, (skipped,) = collect([str(tmp_path), str(tmp_path)], recursive=True)
    _, (of_pattern,) = collect([str(tmp_path / "*.[jt]*")])

    hint = "to have them looked at, save .jxl as JPEG or MP4"
    assert skipped.why == f"passed over: 3 .jxl, 1 .txt, 1 without a suffix; {hint}"
    assert of_pattern.why == f"passed over: 1 .jxl, 1 .txt; {hint}"
    assert not skipped.failed


PROGRAMS = (
    "@eaDir/IMG_1.JPG/SYNOPHOTO_THUMB_XL.jpg",
    "CaptureOne/Cache/Thumbnails/IMG_1.JPG.jpg",
    "Shoot Previews.lrdata/0/a.jpg",
    "$RECYCLE.BIN/S-1/a.jpg",
    "__MACOSX/a.jpg",
    "#recycle/a.jpg",
    "Photos.photoslibrary/resources/derivatives/a.jpeg",
    "PRIVATE/M4ROOT/THMBNL/C0001T01.JPG",
    "PRIVATE/M4ROOT/SUB/C0001S03.JPG",
    "Photos.migratedphotolibrary/Previews/a.jpg",
    "cache/thumbnails/a.jpg",
    "film.trickplay/320 - 10x10/0.jpg",
    ".thumbnails/a.jpg",
    "Thumbs/a.jpg",
    "_thumb/a.jpg",
    "thumbnails/a.jpg",
    ".Trash-1000/files/a.jpg",
    ".picasaoriginals/a.jpg",
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_folder_in_which_a_program_keeps_thumbnails_is_not_entered(tmp_path: Path, name: str) -> None:
    photo, thumbnail = touch(tmp_path / "IMG_1.JPG"), touch(tmp_path / name)

    items, skipped = collect([str(tmp_path)], recursive=True)
    by_pattern, _ = collect([str(tmp_path / "**" / "*.[jJ]*")])

    assert [item.path for item in items] == [item.path for item in by_pattern] == [photo]
    assert [entry.why for entry in skipped] == ["passed over: 1 folder of other programs"] * (name[0] != ".")
    assert names(collect([str(thumbnail)])[0]) == [thumbnail.name]  # asked for by its name


@pytest.mark.parametrize("folder", ["deleted", "_Rejected", "Rejects", "Trash", "Recently Deleted"])
def test_what_a_person_threw_out_into_a_folder_does_not_come_back_unless_it_is_named(
    tmp_path: Path, folder: str
) -> None:
    photo, rejected = touch(tmp_path / "IMG_1.JPG"), touch(tmp_path / folder / "IMG_2.JPG")

    items, (skipped,) = collect([str(tmp_path)], recursive=True)
    by_pattern, _ = collect([str(tmp_path / "**" / "*.JPG")])

    assert [item.path for item in items] == [item.path for item in by_pattern] == [photo]
    assert skipped.why == f"passed over: 1 folder of rejected photos ({folder}; name it to have it looked at)"
    for named in (rejected.parent, rejected, rejected.parent / "*.JPG", tmp_path / "**" / folder / "*.JPG"):
        assert [item.path for item in collect([str(named)])[0]] == [rejected]


def test_a_folder_that_only_sounds_like_a_programs_is_entered(tmp_path: Path) -> None:
    for name in ("Cache/a.jpg", "CaptureOne/b.jpg", "Previews/c.jpg", "My.photoslibrary/originals/0/d.jpg"):
        touch(tmp_path / name)

    items, skipped = collect([str(tmp_path)], recursive=True)

    assert (sorted(names(items)), skipped) == (["a.jpg", "b.jpg", "c.jpg", "d.jpg"], [])


def test_thumbnails_that_lie_beside_the_photos_are_passed_over(tmp_path: Path) -> None:
    for name in ("IMG_1.JPG", "SYNOPHOTO_THUMB_M.jpg", "IMG_1.JPG.thumb.jpg", "thumbs up.jpg"):
        touch(tmp_path / name)

    items, (skipped,) = collect([str(tmp_path)])

    assert names(items) == ["IMG_1.JPG", "thumbs up.jpg"]
    assert skipped.why == "passed over: 2 thumbnails of other programs"


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.apng"])
def test_a_picture_that_moves_is_a_clip_and_one_that_does_not_is_a_photo(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (32, 24), (40 * i, 0, 0)) for i in range(3)]
    kind = {".apng": "PNG"}.get(Path(name).suffix, name[2:])
    for more in (frames[1:], []):
        frames[0].save(tmp_path / name, kind, save_all=bool(more), append_images=more)
        (item,) = collect([str(tmp_path)])[0]
        assert item.clip is bool(more)


def test_a_pattern_is_expanded_here_when_the_shell_does_not(tmp_path: Path) -> None:
    for name in ("a1.jpg", "a2.jpg", "b.jpg", "a.txt"):
        touch(tmp_path / name)

    found, _ = collect([str(tmp_path / "a*")])
    nothing, skipped = collect([str(tmp_path / "z*")])

    assert names(found) == ["a1.jpg", "a2.jpg"]
    assert nothing == []
    assert "nothing fits" in skipped[0].why


def test_a_name_with_brackets_that_exists_is_no_pattern(tmp_path: Path) -> None:
    assert names(collect([str(touch(tmp_path / "a[1].jpg"))])[0]) == ["a[1].jpg"]


def test_a_file_that_is_named_twice_or_linked_comes_once(tmp_path: Path) -> None:
    photo = touch(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").symlink_to(photo)
    os.link(photo, tmp_path / "c.jpg")

    assert names(collect([str(photo), str(tmp_path), str(photo)])[0]) == ["a.jpg"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    touch(tmp_path / "deep" / "a.jpg")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "itself").symlink_to(tmp_path / "itself")

    items, skipped = collect([str(tmp_path)], recursive=True)

    assert (names(items), skipped) == (["a.jpg"], [])


def test_where_the_keepers_go_is_not_searched(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    touch(tmp_path / "keepers" / "b.jpg")

    assert names(collect([str(tmp_path)], recursive=True, outside=[tmp_path / "keepers"])[0]) == ["a.jpg"]


def test_what_is_not_there_or_holds_nothing_is_said(tmp_path: Path) -> None:
    touch(tmp_path / "deep" / "a.jpg")
    _, skipped = collect([str(tmp_path / "no.jpg"), str(tmp_path)])

    assert [entry.path for entry in skipped] == [tmp_path / "no.jpg", tmp_path]
    assert "no such file" in skipped[0].why
    assert "--recursive" in skipped[1].why


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_by_the_name_of_a_photo_or_a_clip_is_said_and_never_waited_for(tmp_path: Path) -> None:
    Image.new("RGB", (2, 2)).save(tmp_path / "a.jpg")
    pipes = [tmp_path / name for name in ("a.dng", "b.jpg", "b.mp4", "b.ts", "c.mp")]
    for pipe in pipes:
        os.mkfifo(pipe)

    items, skipped = collect([str(tmp_path)])
    alone, _ = collect([str(tmp_path / "a.jpg")])  # looks for other files of its exposure

    assert names(items) == names(alone) == ["a.jpg"]
    assert [entry.why for entry in skipped] == [f"{pipe} is not a file: check the path" for pipe in pipes]


def test_a_folder_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)

    (skipped,) = collect([str(tmp_path)])[1]

    assert "Permission denied" in skipped.why


def test_a_link_to_where_nobody_may_look_is_said_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "b.jpg", "c.txt", "c.txt.bak"):
        touch(tmp_path / name)
    stat = Path.stat

    def refuse(self: Path, **options: bool) -> os.stat_result:
        if self.name in {"b.jpg", "c.txt"}:
            raise PermissionError(13, "Permission denied")
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    items, skipped = collect([str(tmp_path)])

    assert names(items) == ["a.jpg"]
    assert "Permission denied" in skipped[0].why


def test_a_live_photo_and_a_raw_file_stay_with_their_photo(tmp_path: Path) -> None:
    for name in ("A.HEIC", "A.MOV", "B.JPG", "B.CR3", "C.CR3", "D.MOV"):
        touch(tmp_path / name)

    items = {item.path.name: item for item in collect([str(tmp_path)])[0]}

    assert set(items) == {"A.HEIC", "A.MOV", "B.JPG", "C.CR3", "D.MOV"}
    assert items["A.MOV"].live_of == tmp_path / "A.HEIC"
    assert items["D.MOV"].live_of is None
    assert items["B.JPG"].companions == (tmp_path / "B.CR3",)


@pytest.mark.parametrize("name", ["B.JPG", "B.CR3", "[B]*.JPG", "*.CR3"])
def test_a_photo_that_is_named_itself_brings_the_other_file_of_its_exposure(tmp_path: Path, name: str) -> None:
    for other in ("A.CR3", "B.JPG", "B.CR3", "B2.JPG", "B.txt", "B-edited.JPG", "C.JPG"):
        touch(tmp_path / other)

    items = {item.path.name: [path.name for path in item.companions] for item in collect([str(tmp_path / name)])[0]}

    first, second = ("B.CR3", "B.JPG") if name.endswith("CR3") else ("B.JPG", "B.CR3")
    assert items[first] == [second]
    assert second not in items
    assert set(items) <= {first, "A.CR3", "B2.JPG", "B-edited.JPG"}


def test_a_name_with_a_newline_stays_on_one_line() -> None:
    assert printable("a\nb\udcff.jpg") == r"a\nb\udcff.jpg"


def test_an_address_that_was_given_for_a_file_is_shown_without_its_password() -> None:
    assert printable(Path("http://me:hunter2@10.0.0.5/a.jpg")) == "http:/10.0.0.5/a.jpg"
    assert printable("C:/me@home/a.jpg") == "C:/me@home/a.jpg"


@pytest.mark.parametrize(("brand", "moves"), [(b"msf1", True), (b"hevc", True), (b"heic", False)])
def test_of_a_sequence_that_only_its_first_picture_is_looked_at_is_said(
    tmp_path: Path, brand: bytes, moves: bool
) -> None:
    photo = tmp_path / "a.heic"
    photo.write_bytes(b"\0\0\0\x1cftyp" + brand + bytes(16))

    items, skipped = collect([str(photo)])

    assert [item.path for item in items] == [photo]
    assert [(entry.failed, "its first picture alone" in entry.why) for entry in skipped] == [(False, True)] * moves
