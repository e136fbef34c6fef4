from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from livecam.archive.folder import open_archive, writing
from livecam.archive.plan import Outcome, Plan
from livecam.archive.rows import record_of_row
from livecam.archive.settings import ArchiveSettings
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner
from livecam.errors import ArchiveError
from livecam.photos.discover import collect
from livecam.types import Frame
from tests.archive.engines import HereEngine, Seen, manifest, rows_in, score
from tests.best.photo_factories import make_clip, make_photo
from tests.best.scan.fake_models import FakeModels


def shoot(folder: Path, count: int = 6) -> list[Path]:
    return [make_photo(folder / f"{i % 2}" / f"IMG_{i:02}.jpg", 100 + 10 * i, 0.3 * i) for i in range(count)]


def test_an_archive_gives_back_the_records_that_best_makes(tmp_path: Path) -> None:
    shoot(tmp_path / "photos")
    make_photo(tmp_path / "photos" / "dark.jpg", 3)

    score(tmp_path / "photos", out=tmp_path / "archive")

    rows = rows_in(tmp_path / "archive")
    items, _ = collect([str(tmp_path / "photos")], recursive=True)
    with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, FakeModels()) as scanner:
        scanned = {str(result.item.path): result.records[0] for result in scanner.scan(items)}
    assert set(rows) == set(scanned)
    assert any(record.faces for record in scanned.values())
    for path, record in scanned.items():
        again = record_of_row(rows[path])
        assert again is not None
        assert again.as_dict() == record.as_dict()
        assert (again.path, again.companions, again.captured) == (record.path, record.companions, record.captured)


def test_what_is_known_is_not_looked_at_again(tmp_path: Path) -> None:
    shoot(tmp_path / "photos")
    score(tmp_path / "photos", out=tmp_path / "archive")
    make_photo(tmp_path / "photos" / "new.jpg")
    engine = HereEngine()

    tally = score(tmp_path / "photos", tmp_path / "photos" / "0", out=tmp_path / "archive", engine=engine)

    assert dict(engine.begun) == {"new.jpg": 1}
    assert (tally.found, tally.known, tally.scored) == (10, 9, 1)  # the folder 0 was named twice
    assert len(rows_in(tmp_path / "archive")) == 7


def test_no_worker_is_begun_where_nothing_is_new(tmp_path: Path) -> None:
    shoot(tmp_path / "photos")
    score(tmp_path / "photos", out=tmp_path / "archive")
    engine = HereEngine()

    score(tmp_path / "photos", out=tmp_path / "archive", engine=engine)

    assert not engine.begun
    assert not engine.closed


def test_a_photo_that_was_changed_is_scored_anew_and_stands_once(tmp_path: Path) -> None:
    photos = shoot(tmp_path / "photos")
    score(tmp_path / "photos", out=tmp_path / "archive")
    before = rows_in(tmp_path / "archive")
    make_photo(photos[2], 250)
    os.utime(photos[2], (1_800_000_000, 1_800_000_000))

    tally = score(tmp_path / "photos", out=tmp_path / "archive")

    after = rows_in(tmp_path / "archive")
    assert tally.scored == 1
    assert {path for path in after if after[path] != before[path]} == {str(photos[2])}
    assert after[str(photos[2])]["faces"][0]["score"] > before[str(photos[2])]["faces"][0]["score"]


def test_a_photo_that_cannot_be_read_has_a_row_that_says_why_and_is_tried_again_when_asked(tmp_path: Path) -> None:
    (photo,) = shoot(tmp_path / "photos", 1)
    whole = photo.read_bytes()
    photo.write_bytes(b"nothing that is a picture")
    status = photo.stat()

    tally = score(tmp_path / "photos", out=tmp_path / "archive")

    row = rows_in(tmp_path / "archive")[str(photo)]
    assert (tally.scored, tally.failed) == (1, 1)
    assert "is not a picture" in row["error"]
    assert row["faces"] is row["content_hash"] is None
    assert record_of_row(row) is None
    photo.write_bytes(whole + b"\0" * (status.st_size - len(whole)))
    os.utime(photo, ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert score(tmp_path / "photos", out=tmp_path / "archive", retry=True).failed == 0
    assert rows_in(tmp_path / "archive")[str(photo)]["error"] is None


def test_a_raw_file_goes_with_its_jpeg_and_is_judged_where_that_is_broken(tmp_path: Path) -> None:
    jpeg = tmp_path / "photos" / "DSC_1.JPG"
    raw = make_photo(tmp_path / "photos" / "DSC_1.png", 200).rename(jpeg.with_suffix(".NEF"))
    jpeg.write_bytes(b"broken")

    score(tmp_path / "photos", out=tmp_path / "archive")

    (row,) = rows_in(tmp_path / "archive").values()
    assert (row["path"], row["companions"], row["judged_path"]) == (str(jpeg), [str(raw)], str(raw))
    assert "judged instead" in row["error"]
    record = record_of_row(row)
    assert record is not None
    assert (record.path, record.companions) == (raw, (jpeg,))
    assert score(tmp_path / "photos", out=tmp_path / "archive").known == 1


def test_clips_are_passed_over_and_counted(tmp_path: Path) -> None:
    shoot(tmp_path / "photos", 2)
    make_clip(tmp_path / "photos" / "clip.mp4", [1, 2])

    tally = score(tmp_path / "photos", out=tmp_path / "archive")

    assert tally.notes == ["1 clip passed over: livecam best looks for the peaks of clips"]
    assert tally.found == 2


def test_the_archive_itself_is_no_source(tmp_path: Path) -> None:
    shoot(tmp_path, 2)
    out = tmp_path / "archive"
    score(tmp_path, out=out)
    make_photo(out / "in_it.jpg")

    assert score(tmp_path, out=out).found == 2


@pytest.mark.skipif(os.name == "nt", reason="names on Windows are text")
def test_a_name_that_is_not_text_is_kept(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    odd = Path(os.fsdecode(os.fsencode(tmp_path / "photos") + b"/caf\xe9.jpg"))
    photo.rename(odd)

    score(tmp_path / "photos", out=tmp_path / "archive")

    (row,) = rows_in(tmp_path / "archive").values()
    assert row["path"].endswith(r"/caf\xe9.jpg")
    record = record_of_row(row)
    assert record is not None
    assert record.path == odd
    assert score(tmp_path / "photos", out=tmp_path / "archive").known == 1


def test_a_photo_that_kills_its_worker_costs_itself_alone(tmp_path: Path) -> None:
    shoot(tmp_path / "photos")
    engine = HereEngine(dies=lambda names: "IMG_03.jpg" in names)

    tally = score(tmp_path / "photos", out=tmp_path / "archive", engine=engine)

    rows = rows_in(tmp_path / "archive")
    failed = [path for path, row in rows.items() if row["error"] is not None]
    assert [Path(path).name for path in failed] == ["IMG_03.jpg"]
    assert "ends, or hangs up, the program that reads it" in rows[failed[0]]["error"]
    assert (tally.scored, tally.failed) == (6, 1)
    assert engine.begun["IMG_03.jpg"] == ArchiveSettings().tries


def test_a_worker_that_is_lost_by_chance_costs_nothing(tmp_path: Path) -> None:
    shoot(tmp_path / "photos")
    score(tmp_path / "photos", out=tmp_path / "undisturbed")
    dies = iter([True, False, True])  # the first and the last of three plans are lost

    score(tmp_path / "photos", out=tmp_path / "archive", engine=HereEngine(dies=lambda names: next(dies, False)))

    assert rows_in(tmp_path / "archive") == rows_in(tmp_path / "undisturbed")


def test_workers_that_all_die_are_not_the_photos_fault(tmp_path: Path) -> None:
    shoot(tmp_path / "photos", 12)

    with pytest.raises(ArchiveError, match="workers end before they have scored anything"):
        score(tmp_path / "photos", out=tmp_path / "archive", engine=HereEngine(dies=lambda _: True))

    assert not rows_in(tmp_path / "archive")


class Interrupted(HereEngine):
    """Ctrl-C comes with the third plan."""

    def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
        for i, outcome in enumerate(super().run(plans)):
            if i == 2:
                raise KeyboardInterrupt
            yield outcome


def test_what_was_scored_before_ctrl_c_is_kept(tmp_path: Path) -> None:
    shoot(tmp_path / "photos", 9)
    settings = ArchiveSettings(plan_photos=2)
    engine = Interrupted()

    with pytest.raises(KeyboardInterrupt):
        score(tmp_path / "photos", out=tmp_path / "archive", engine=engine, settings=settings)

    assert len(rows_in(tmp_path / "archive")) == 4
    assert engine.closed
    assert score(tmp_path / "photos", out=tmp_path / "archive").scored == 5


def test_a_full_disk_is_one_line_and_the_next_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shoot(tmp_path / "photos", 9)
    settings = ArchiveSettings(plan_photos=2, shard_rows=2)
    write = pq.write_table
    written: list[object] = []

    def fill_up(*words: object, **options: object) -> None:
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(words)
        write(*words, **options)

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", fill_up)
        with pytest.raises(
            ArchiveError, match=r"the disk is full: free some space, or choose another folder with --out$"
        ):
            score(tmp_path / "photos", out=tmp_path / "archive", settings=settings)

    assert len(rows_in(tmp_path / "archive")) == 4
    score(tmp_path / "photos", out=tmp_path / "undisturbed")
    score(tmp_path / "photos", out=tmp_path / "archive", settings=settings)
    assert rows_in(tmp_path / "archive") == rows_in(tmp_path / "undisturbed")


def test_a_source_without_photos_says_so(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()

    with pytest.raises(ArchiveError, match="holds no photos or clips"):
        score(tmp_path / "photos", out=tmp_path / "archive")
    with pytest.raises(ArchiveError, match="no such file or folder"):
        score(tmp_path / "mistyped", out=tmp_path / "archive")


def test_a_source_that_is_missing_does_not_cost_the_others(tmp_path: Path) -> None:
    shoot(tmp_path / "photos", 2)

    tally = score(tmp_path / "mistyped", tmp_path / "photos", out=tmp_path / "archive")

    assert tally.scored == 2
    assert tally.failures == [f"no such file or folder: {tmp_path / 'mistyped'}: check the path"]


def test_a_large_folder_is_listed_in_parts_and_scored_in_rounds(tmp_path: Path) -> None:
    shoot(tmp_path / "photos", 9)
    make_photo(tmp_path / "photos" / "top.jpg")
    make_photo(tmp_path / "photos" / "1" / "deep" / "er" / "deepest.jpg")
    (tmp_path / "photos" / "empty").mkdir()
    seen = Seen()
    settings = ArchiveSettings(plan_photos=2, part_files=3, round_photos=4)

    tally = score(tmp_path / "photos", out=tmp_path / "archive", settings=settings, watch=seen)

    assert (tally.scored, tally.failures) == (11, [])
    assert len(rows_in(tmp_path / "archive")) == 11
    assert seen.totals[-1] == seen.dones[-1] == 11
    assert seen.dones == sorted(seen.dones)


def test_two_writers_are_refused(tmp_path: Path) -> None:
    shoot(tmp_path / "photos", 1)

    with writing(tmp_path / "archive", manifest()), pytest.raises(ArchiveError, match="another livecam archive writes"):
        score(tmp_path / "photos", out=tmp_path / "archive")

    assert score(tmp_path / "photos", out=tmp_path / "archive").scored == 1


def test_shards_are_named_by_what_is_in_them(tmp_path: Path) -> None:
    shoot(tmp_path / "photos")
    score(tmp_path / "photos", out=tmp_path / "one")
    score(tmp_path / "photos", out=tmp_path / "other", settings=ArchiveSettings(plan_photos=1))

    names = [[shard.name for shard in open_archive(tmp_path / out).shards] for out in ("one", "other")]

    assert names[0] == names[1]
    assert len(names[0]) == 1


def test_several_photos_of_one_plan_that_make_livecam_fail_have_rows_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot(tmp_path / "photos")

    class Failing(FakeModels):
        def note_search(self, frame: Frame) -> None:
            if frame.path is not None and frame.path.name in {"IMG_01.jpg", "IMG_02.jpg"}:
                raise TypeError("never thought of")
            super().note_search(frame)

    score(tmp_path / "photos", out=tmp_path / "archive", engine=HereEngine(Failing()))

    errors = {Path(path).name: row["error"] for path, row in rows_in(tmp_path / "archive").items() if row["error"]}
    assert set(errors) == {"IMG_01.jpg", "IMG_02.jpg"}
    assert "TypeError: never thought of" in errors["IMG_01.jpg"]
