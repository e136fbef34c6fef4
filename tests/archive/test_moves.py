"""Photos that were moved, copied or touched are not scored again: their rows follow them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from livecam.archive import moves, shards
from livecam.archive.folder import open_archive
from livecam.archive.plan import Outcome, Plan
from livecam.archive.rows import Row, record_of_row
from livecam.archive.settings import ArchiveSettings
from livecam.best.scan.cache import content_of_file
from livecam.errors import ArchiveError
from tests.archive.engines import HereEngine, rows_in, score
from tests.best.photo_factories import make_photo

SMALL = ArchiveSettings(plan_photos=2, shard_rows=2)


def shoot(folder: Path, count: int = 5) -> list[Path]:
    return [make_photo(folder / f"IMG_{i:02}.jpg", 100 + 10 * i, 0.3 * i) for i in range(count)]


def of_content(row: Row) -> Row:
    """What of a row the content says."""
    return {name: value for name, value in row.items() if name not in {"path", "source", "mtime_ns", "size"}}


def by_content(out: Path) -> dict[str, Row]:
    """Each photo's name by its path, and what was found in it, of an archive that must be right about all files."""
    rows = rows_in(out)
    for path, row in rows.items():
        if Path(path).exists():
            assert row["content_hash"] == content_of_file(Path(path)), path
            assert (row["size"], row["mtime_ns"]) == (Path(path).stat().st_size, Path(path).stat().st_mtime_ns)
            record = record_of_row(row)
            assert record is not None
            assert record.path == Path(path)
    return {path: of_content(row) for path, row in rows.items()}


def test_a_renamed_folder_takes_its_rows_along_and_nothing_is_scored(tmp_path: Path) -> None:
    photos = shoot(tmp_path / "photos" / "card")
    score(tmp_path / "photos", out=tmp_path / "archive", settings=SMALL)
    before = by_content(tmp_path / "archive")
    (tmp_path / "photos" / "card").rename(tmp_path / "photos" / "wedding")

    tally = score(tmp_path / "photos", out=tmp_path / "archive", settings=SMALL)

    after = by_content(tmp_path / "archive")
    assert (tally.scored, tally.moved, tally.known) == (0, 5, 0)
    assert after == {path.replace("/card/", "/wedding/"): row for path, row in before.items()}
    assert len(after) == len(photos)
    assert score(tmp_path / "photos", out=tmp_path / "archive").known == 5


def test_a_copy_gets_a_row_of_its_own_and_the_first_keeps_its(tmp_path: Path) -> None:
    photos = shoot(tmp_path / "photos")
    score(tmp_path / "photos", out=tmp_path / "archive")
    copy = tmp_path / "backup" / "other name.jpg"
    copy.parent.mkdir()
    shutil.copyfile(photos[3], copy)  # at another time

    tally = score(tmp_path / "backup", out=tmp_path / "archive")

    after = by_content(tmp_path / "archive")
    assert (tally.scored, tally.moved) == (0, 1)
    assert after[str(copy)] == after[str(photos[3])]
    assert rows_in(tmp_path / "archive")[str(copy)]["source"] == str(tmp_path / "backup")


def test_of_two_copies_of_a_photo_that_is_gone_one_takes_its_row(tmp_path: Path) -> None:
    photos = shoot(tmp_path / "photos")
    score(tmp_path / "photos", out=tmp_path / "archive")
    for name in ("a.jpg", "b.jpg"):
        shutil.copyfile(photos[0], tmp_path / "photos" / name)
    photos[0].unlink()

    assert score(tmp_path / "photos", out=tmp_path / "archive").moved == 2

    assert {Path(path).name for path in by_content(tmp_path / "archive")} == {
        "a.jpg", "b.jpg", *(photo.name for photo in photos[1:])
    }  # fmt: skip


def test_a_photo_that_was_only_touched_is_not_scored_again(tmp_path: Path) -> None:
    photos = shoot(tmp_path / "photos")
    score(tmp_path / "photos", out=tmp_path / "archive")
    before, shards_before = by_content(tmp_path / "archive"), open_archive(tmp_path / "archive").shards
    for photo in photos:
        os.utime(photo, (1_800_000_000, 1_800_000_000))

    tally = score(tmp_path / "photos", out=tmp_path / "archive")

    assert (tally.scored, tally.moved) == (0, 5)
    assert by_content(tmp_path / "archive") == before
    assert open_archive(tmp_path / "archive").shards == shards_before  # in its place, in one step


def same_size(photo: Path, size: int) -> None:
    """Make a photo as large as another: what follows a JPEG's end is nobody's."""
    photo.write_bytes(photo.read_bytes().ljust(size, b"\0"))


def swap(one: Path, other: Path) -> None:
    between = one.with_suffix(".tmp")
    one.rename(between)
    other.rename(one)
    between.rename(other)


def replace_by_the_next(photos: list[Path]) -> None:
    photos[1].replace(photos[0])


def swap_the_first_two(photos: list[Path]) -> None:
    swap(photos[0], photos[1])


def turn_three(photos: list[Path]) -> None:
    swap(photos[0], photos[1])
    swap(photos[1], photos[2])


def edit_the_first(photos: list[Path]) -> None:
    data = bytearray(photos[0].read_bytes())
    data[-1] = 7
    photos[0].write_bytes(data)


def edit_one_and_move_its_former_content(photos: list[Path]) -> None:
    shutil.copyfile(photos[0], photos[0].with_name("kept.jpg"))
    edit_the_first(photos)


@pytest.mark.parametrize(
    ("change", "scored"),
    [(replace_by_the_next, 0), (swap_the_first_two, 0), (turn_three, 0), (edit_the_first, 1),
     (edit_one_and_move_its_former_content, 1)],
)  # fmt: skip
@pytest.mark.parametrize("settings", [SMALL, ArchiveSettings()], ids=["many shards", "one shard"])
def test_files_of_one_size_that_change_places_have_the_right_rows(
    change: Callable[[list[Path]], None], scored: int, settings: ArchiveSettings, tmp_path: Path
) -> None:
    photos = shoot(tmp_path / "photos")
    most = max(photo.stat().st_size for photo in photos) + 9
    for photo in photos:
        same_size(photo, most)
    score(tmp_path / "photos", out=tmp_path / "archive", settings=settings)

    change(photos)
    for place in (tmp_path / "photos").iterdir():
        os.utime(place, (1_800_000_000, 1_800_000_000))
    tally = score(tmp_path / "photos", out=tmp_path / "archive", settings=settings)

    there = sorted(map(str, (tmp_path / "photos").iterdir()))
    assert sorted(by_content(tmp_path / "archive")) == there
    assert (tally.scored, tally.moved) == (scored, len(there) - scored)


def test_a_raw_file_moves_with_its_jpeg(tmp_path: Path) -> None:
    jpeg = make_photo(tmp_path / "photos" / "DSC_1.JPG")
    make_photo(tmp_path / "photos" / "DSC_1.png", 200).rename(jpeg.with_suffix(".NEF"))
    score(tmp_path / "photos", out=tmp_path / "archive")
    (tmp_path / "photos").rename(tmp_path / "moved")

    assert score(tmp_path / "moved", out=tmp_path / "archive").moved == 1

    (row,) = rows_in(tmp_path / "archive").values()
    assert (row["path"], row["companions"]) == (
        str(tmp_path / "moved" / "DSC_1.JPG"),
        [str(tmp_path / "moved" / "DSC_1.NEF")],
    )


def test_a_raw_file_that_is_judged_for_a_jpeg_that_is_broken_is_looked_at_though_it_is_known(tmp_path: Path) -> None:
    raw = make_photo(tmp_path / "photos" / "DSC_1.png", 200).rename(tmp_path / "photos" / "DSC_1.NEF")
    score(tmp_path / "photos", out=tmp_path / "archive")
    raw.with_suffix(".JPG").write_bytes(b"broken".ljust(raw.stat().st_size))

    tally = score(tmp_path / "photos", out=tmp_path / "archive")

    row = rows_in(tmp_path / "archive")[str(raw.with_suffix(".JPG"))]
    assert (tally.scored, tally.moved) == (1, 0)
    assert row["judged_path"] == str(raw)
    assert row["faces"]


def test_what_could_not_be_read_is_tried_again_where_it_is_now(tmp_path: Path) -> None:
    shoot(tmp_path / "photos", 1)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no picture")
    score(tmp_path / "photos", out=tmp_path / "archive")
    (tmp_path / "photos" / "broken.jpg").rename(tmp_path / "photos" / "moved.jpg")

    tally = score(tmp_path / "photos", out=tmp_path / "archive")

    assert (tally.scored, tally.failed, tally.moved) == (1, 1, 0)


def test_photos_of_a_zip_file_that_are_known_are_not_scored_and_what_they_were_stays(tmp_path: Path) -> None:
    photos = shoot(tmp_path / "photos", 2)
    score(tmp_path / "photos", out=tmp_path / "archive")
    with ZipFile(tmp_path / "all.zip", "w") as file:
        for photo in photos:
            file.write(photo, photo.name)

    tally = score(tmp_path / "all.zip", out=tmp_path / "archive")

    assert (tally.scored, tally.moved, len(rows_in(tmp_path / "archive"))) == (0, 2, 4)


def test_a_shard_that_was_begun_with_the_same_photos_is_not_written_over(tmp_path: Path) -> None:
    photos = shoot(tmp_path / "photos")
    score(tmp_path / "photos", out=tmp_path / "archive")
    (tmp_path / "photos").rename(tmp_path / "away")
    score(tmp_path / "away", out=tmp_path / "archive")  # the same shard, still named by what it was begun with
    shutil.copytree(tmp_path / "away", tmp_path / "photos")

    assert score(tmp_path / "photos", out=tmp_path / "archive").moved == 5

    assert len(by_content(tmp_path / "archive")) == 2 * len(photos)
    assert len(open_archive(tmp_path / "archive").shards) == 2


def test_contents_that_are_alike_by_chance_are_scored(tmp_path: Path) -> None:
    """Only the beginning of a hash goes to the workers; the whole of it tells."""
    one, other = shoot(tmp_path / "photos", 2)
    most = max(one.stat().st_size, other.stat().st_size) + 9
    same_size(one, most)
    same_size(other, most)
    kept = other.rename(tmp_path / "kept.jpg")
    score(tmp_path / "photos", out=tmp_path / "archive")
    kept.rename(other)

    class Blind(HereEngine):
        """Takes the first photo for known, whatever it is."""

        def run(self, plans):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            for outcome, plan in zip(super().run(plans), list(plans), strict=True):
                if plan.photos[0].alike:
                    path = plan.photos[0].listed.path
                    yield replace(outcome, rows=outcome.rows.slice(0, 0), same=((path, b"x" * 32),))
                else:
                    yield outcome

    tally = score(tmp_path / "photos", out=tmp_path / "archive", engine=Blind())

    assert (tally.scored, tally.moved) == (1, 0)
    assert len(by_content(tmp_path / "archive")) == 2


def test_what_was_seen_to_have_moved_before_ctrl_c_is_kept(tmp_path: Path) -> None:
    shoot(tmp_path / "photos", 8)
    score(tmp_path / "photos", out=tmp_path / "archive", settings=SMALL)
    (tmp_path / "photos").rename(tmp_path / "away")

    class Interrupted(HereEngine):
        """Ctrl-C comes with the third plan."""

        def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
            for number, outcome in enumerate(super().run(plans)):
                if number == 2:
                    raise KeyboardInterrupt
                yield outcome

    with pytest.raises(KeyboardInterrupt):
        score(tmp_path / "away", out=tmp_path / "archive", settings=SMALL, engine=Interrupted())

    assert len(by_content(tmp_path / "archive")) == 8
    assert score(tmp_path / "away", out=tmp_path / "archive", settings=SMALL).known == 4


def test_what_was_scored_is_kept_though_what_has_moved_cannot_be_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot(tmp_path / "photos", 2)
    score(tmp_path / "photos", out=tmp_path / "archive")
    (tmp_path / "photos").rename(tmp_path / "b")
    make_photo(tmp_path / "a" / "new.jpg", 200, 9)

    def broken(*_: object) -> None:
        raise ArchiveError("a shard is broken")

    class Interrupted(HereEngine):
        """Ctrl-C comes when all is done but for the shards."""

        def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
            yield from super().run(plans)
            monkeypatch.setattr(moves, "read_shard", broken)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(tmp_path / "a", tmp_path / "b", out=tmp_path / "archive", engine=Interrupted())

    assert str(tmp_path / "a" / "new.jpg") in rows_in(tmp_path / "archive")


@pytest.mark.parametrize("most", [1, 3, 20_000])
def test_many_are_followed_in_portions(most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "_MOST", most)
    shoot(tmp_path / "photos", 9)
    score(tmp_path / "photos", out=tmp_path / "archive", settings=SMALL)
    (tmp_path / "photos").rename(tmp_path / "away")

    assert score(tmp_path / "away", out=tmp_path / "archive", settings=SMALL).moved == 9

    assert len(by_content(tmp_path / "archive")) == 9


@pytest.mark.parametrize("after", range(4))
def test_ended_while_rows_follow_the_next_run_goes_on(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot(tmp_path / "photos", 8)
    score(tmp_path / "photos", out=tmp_path / "archive", settings=SMALL)
    (tmp_path / "photos").rename(tmp_path / "away")
    write, written = shards.write_shard, 0

    def full(*words: object) -> int:
        nonlocal written
        if written == after:
            raise ArchiveError("the disk is full")
        written += 1
        return write(*words)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(moves, "write_shard", full)
        with pytest.raises(ArchiveError, match="the disk is full"):
            score(tmp_path / "away", out=tmp_path / "archive", settings=SMALL)
    assert len(by_content(tmp_path / "archive")) == 8

    tally = score(tmp_path / "away", out=tmp_path / "archive", settings=SMALL)

    assert (tally.known, tally.moved, tally.scored) == (2 * after, 8 - 2 * after, 0)
    assert len(by_content(tmp_path / "archive")) == 8
