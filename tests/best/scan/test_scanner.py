"""Many photos are looked through by several threads, and what was found once is trusted only if all is as it was."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from livecam import model_files
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan import scanner
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner, ScanSettings
from livecam.photos.discover import Item
from livecam.scoring import providers
from tests.best.photo_factories import make_clip, make_photo
from tests.best.scan.fake_models import FakeModels


def make_photos(folder: Path, count: int) -> list[Item]:
    """Photos that become ever lighter."""
    return [Item(make_photo(folder / f"{i}.jpg", 60 + i)) for i in range(count)]


def searched(folder: Path, items: Sequence[Item], models: FakeModels | None = None, **options: object) -> int:
    """How many of items are not in the cache in folder, and are searched; then they are in it."""
    models = models or FakeModels()
    with Cache(folder) as cache, PhotoScanner(cache, models, **options) as scanner:  # type: ignore[arg-type]
        assert all(result.records for result in scanner.scan(items))
    return models.searched


@pytest.mark.slow
def test_many_photos_come_out_in_their_order_whatever_the_threads_do(tmp_path: Path) -> None:
    items = make_photos(tmp_path, 40)
    (tmp_path / "7.jpg").write_bytes(b"broken")

    with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, FakeModels(), workers=4) as scanner:
        results = list(scanner.scan(items))

    assert [result.item for result in results] == items
    assert [result.item.path.name for result in results if result.error] == ["7.jpg"]
    scores = [record.score or 0.0 for result in results for record in result.records]
    assert scores == sorted(scores)


def test_no_more_models_are_loaded_than_threads_use_and_all_are_freed(tmp_path: Path) -> None:
    models = FakeModels()
    items = make_photos(tmp_path, 24)

    with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, models, workers=2) as scanner:
        for some in (items[:12], items[12:]):
            assert len(list(scanner.scan(some))) == 12

    assert 1 <= len(models.finders) <= 2
    assert len(models.scorers) == 1
    assert all(finder.closed for finder in models.finders)
    assert models.scorers[0].closed


def test_no_model_is_loaded_where_all_is_known(tmp_path: Path) -> None:
    items = make_photos(tmp_path, 3)
    models = FakeModels()

    assert (searched(tmp_path / "cache", items), searched(tmp_path / "cache", items, models)) == (3, 0)
    assert not models.finders
    assert not models.scorers


def test_a_clip_is_decoded_once_and_known_from_then_on(tmp_path: Path) -> None:
    item = Item(make_clip(tmp_path / "clip.mp4", [100] * 10 + [240] * 3 + [100] * 10), clip=True)
    models = [FakeModels(), FakeModels()]
    results: list[ScanResult] = []
    progress: list[float] = []
    for model in models:
        with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, model) as scanner:
            results += scanner.scan([item], on_clip=progress.append)

    assert [model.searched > 0 for model in models] == [True, False]
    assert models[0].finders[0].closed
    assert progress == sorted(progress)
    assert progress[-1] == pytest.approx(1, abs=0.1)
    first, again = ([record.t_ms for record in result.records] for result in results)
    assert first == again
    assert results[0].length_ms == results[1].length_ms > 2000


def test_the_raw_file_beside_a_photo_goes_along_whether_the_photo_is_known_or_not(tmp_path: Path) -> None:
    raw = tmp_path / "a.CR3"
    photo = make_photo(tmp_path / "a.jpg")
    companions = []
    for belongs in ((), (raw,), (raw,)):
        with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, FakeModels()) as scanner:
            (result,) = scanner.scan([Item(photo, companions=belongs)])
        companions.append(result.records[0].companions)

    assert companions == [(), (raw,), (raw,)]


def test_where_a_photo_is_damaged_another_file_of_it_is_judged_and_the_damage_is_said(tmp_path: Path) -> None:
    damaged, gone, whole = tmp_path / "a.jpg", tmp_path / "a.CR3", make_photo(tmp_path / "a.jpeg")
    damaged.write_bytes(b"no picture")
    item = Item(damaged, companions=(gone, whole))

    for _ in range(2):  # the second time from the cache
        with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, FakeModels()) as scanner:
            (result,) = scanner.scan([item])
        assert result.item == Item(whole, companions=(damaged, gone))
        assert [(record.path, record.companions) for record in result.records] == [(whole, (damaged, gone))]
        assert result.error is not None
        assert str(damaged) in result.error
        assert result.error.endswith("; a.jpeg is judged instead")


def test_where_no_file_of_a_photo_can_be_read_the_first_is_named(tmp_path: Path) -> None:
    item = Item(tmp_path / "a.jpg", companions=(tmp_path / "a.CR3",))

    with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, FakeModels()) as scanner:
        (result,) = scanner.scan([item])

    assert (result.item, result.records) == (item, ())
    assert "a.jpg" in (result.error or "")


@pytest.mark.slow
def test_photos_of_a_card_that_is_pulled_are_gone_and_not_shut(tmp_path: Path) -> None:
    items = [*make_photos(tmp_path / "card", 3), Item(make_clip(tmp_path / "card/a.avi", [60] * 3), clip=True)]
    (tmp_path / "card").rename(tmp_path / "pulled")

    with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, FakeModels()) as scanner:
        said = [result.error for result in scanner.scan(items)]

    assert said == [f"{item.path} is gone: is its card or disk still there?" for item in items]


def test_only_a_few_pictures_are_in_memory_at_a_time(tmp_path: Path) -> None:
    models = FakeModels()
    settings = ScanSettings(batch_photos=4)

    assert searched(tmp_path / "cache", make_photos(tmp_path, 60), models, workers=2, settings=settings) == 60

    assert models.most_in_memory <= 2 + 3 * settings.batch_photos


def test_what_another_model_file_has_found_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a GPU may score, the file for it does or does not, and that is only known once it is loaded."""
    items = make_photos(tmp_path, 1)

    def searches(count: int, models: FakeModels | None = None) -> list[int]:
        return [searched(tmp_path / "cache", items, models) for _ in range(count)]

    assert searches(2) == [1, 0]
    monkeypatch.setattr(providers, "candidates", lambda asked, model: ("cuda", "cpu"))
    assert searches(1) == [0]  # the GPU does not work
    on_a_gpu = model_files.scorer_model(precision="fp16")
    assert searches(1, FakeModels(on_a_gpu)) == [1]
    assert searches(1, FakeModels(on_a_gpu)) == [0]


def test_what_was_found_with_other_settings_is_not_trusted(tmp_path: Path) -> None:
    items = make_photos(tmp_path, 1)

    assert searched(tmp_path / "cache", items) == 1
    assert searched(tmp_path / "cache", items, settings=ScanSettings(min_side_px=100)) == 1
    assert searched(tmp_path / "cache", items, faces=3) == 1
    assert searched(tmp_path / "cache", items) == 0


def test_what_another_version_of_the_code_has_found_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = make_photos(tmp_path, 1)
    with monkeypatch.context() as older:
        older.setattr(scanner, "fingerprint", lambda *_: b"older code")
        assert searched(tmp_path / "cache", items) == 1

    assert searched(tmp_path / "cache", items) == 1


def test_what_is_kept_in_another_form_is_searched_again(tmp_path: Path) -> None:
    items = make_photos(tmp_path, 1)
    searched(tmp_path / "cache", items)
    with sqlite3.connect(next((tmp_path / "cache").glob("*.sqlite"))) as database:
        database.execute("update found set value = ?", (zlib.compress(b'{"records": [{}], "length_ms": 0}'),))
    database.close()

    assert searched(tmp_path / "cache", items) == 1
