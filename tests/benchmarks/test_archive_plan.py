from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.archive_plan.simulate import Cluster, Measured, play, portions
from benchmarks.common.made_archive import made_rows, make_archive, path_of
from livecam.archive.folder import open_archive
from livecam.archive.manifest import Manifest
from livecam.archive.plan import Outcome, Plan
from livecam.archive.rows import row_of
from livecam.archive.run import Tally, Task, score_archive
from livecam.archive.schema import SCHEMA, VERSION
from livecam.archive.settings import ArchiveSettings

SETTINGS = ArchiveSettings(round_photos=1000, plan_photos=10, worker_cores=4)
# A photo takes a core 0.4 s and nothing else takes any time.
FREE = Measured(
    photo_s=0.4, spread=0, load_s=0, driver_s=0, list_s=0, photo_bytes=1e6, row_bytes=2000, answer_bytes=4000
)
SAFE = Cluster(1, cores=4, lost_an_hour=0, poison=0)


def hours(photos: int, cluster: Cluster, measured: Measured = FREE, *, ahead: bool = False) -> float:
    return play(photos, cluster, measured, SETTINGS, ahead=ahead).hours


def test_one_worker_takes_what_its_photos_take() -> None:
    played = play(3600, SAFE, FREE, SETTINGS)

    assert played.hours == pytest.approx(3600 * 0.4 / 4 / 3600)
    assert played.efficiency == pytest.approx(1)
    assert played.again == 0
    assert played.parquet_gb == pytest.approx(3600 * 2000 / 1e9)


def test_ten_machines_are_ten_times_as_fast_and_a_round_has_an_end() -> None:
    ten = replace(SAFE, machines=10)

    assert hours(10_000, ten) == pytest.approx(hours(10_000, SAFE) / 10)
    assert hours(10_000, ten, replace(FREE, spread=0.5)) > hours(10_000, SAFE, replace(FREE, spread=0.5)) / 10


def test_what_is_not_played_is_like_what_is() -> None:
    assert play(100_000, SAFE, FREE, SETTINGS, rounds=3).hours == pytest.approx(100 * hours(1000, SAFE))


def test_workers_that_begin_and_photos_that_are_listed_cost_each_round() -> None:
    slow = replace(FREE, load_s=5, list_s=0.01)
    played = play(2000, SAFE, slow, SETTINGS)

    assert played.hours * 3600 == pytest.approx(2000 * 0.1 + 2 * 5 + 2000 * 0.01)
    assert played.parts["workers begin"] == pytest.approx(10 / (played.hours * 3600))
    assert hours(2000, SAFE, slow, ahead=True) * 3600 == pytest.approx(2000 * 0.1 + 2 * 5)


def test_one_driver_limits_however_many_machines_there_are() -> None:
    busy = replace(FREE, driver_s=0.01)

    played = play(10_000, replace(SAFE, machines=1000), busy, SETTINGS)

    assert played.hours * 3600 >= 10_000 * 0.01
    assert played.driver > 0.9
    assert hours(10_000, SAFE, busy) == pytest.approx(hours(10_000, SAFE), rel=0.01)


def test_a_narrow_network_limits_each_machine() -> None:
    narrow = replace(SAFE, network=1e6)  # a photo a second

    played = play(1000, narrow, FREE, SETTINGS)

    assert played.hours * 3600 == pytest.approx(1000)
    assert played.network == pytest.approx(1)


def test_photos_of_workers_that_die_are_done_again_and_none_for_ever() -> None:
    deadly = replace(SAFE, machines=5, poison=0.01)

    played = play(10_000, deadly, FREE, SETTINGS)

    assert 10_000 * 0.01 * 5 < played.again < 10_000 * 0.01 * 20  # the whole portion of each, ten photos
    assert played.hours > hours(10_000, replace(SAFE, machines=5))
    assert play(10_000, replace(SAFE, poison=1), FREE, SETTINGS).efficiency == 0


def test_machines_that_are_lost_cost_time() -> None:
    lossy = replace(SAFE, machines=10, lost_an_hour=60, back_s=100)

    assert hours(20_000, lossy) > hours(20_000, replace(SAFE, machines=10))


def test_chance_comes_from_the_seed() -> None:
    risky = replace(SAFE, poison=0.001)

    assert play(5000, risky, FREE, SETTINGS, seed=1) == play(5000, risky, FREE, SETTINGS, seed=1)


class Recorder:
    """An engine of three workers that scores nothing, and notes how many photos each portion has, by round."""

    workers = 3

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []

    def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
        every = list(plans)
        self.rounds.append([len(plan.photos) for plan in every])
        for plan in every:
            rows = [row_of(photo.listed, None, error="not looked at") for photo in plan.photos]
            yield Outcome(plan.number, pa.Table.from_pylist(rows, SCHEMA))

    def close(self) -> None:
        pass


class Silent:
    def total(self, photos: int) -> None:
        pass

    def done(self, photos: int) -> None:
        pass


def test_the_portions_that_are_played_are_those_that_livecam_cuts(tmp_path: Path) -> None:
    for number in range(47):
        (tmp_path / f"{number}.jpg").touch()
    settings = ArchiveSettings(round_photos=20, plan_photos=6)
    engine = Recorder()
    task = Task([str(tmp_path)], tmp_path / "archive", Manifest(VERSION, "0" * 64, 10, 1500))

    score_archive(task, lambda: engine, Silent(), settings, Tally())

    assert engine.rounds == [portions(count, 3, settings) for count in (20, 20, 7)]
    assert engine.rounds[0] == [2] * 10


def test_an_archive_that_is_made_is_one(tmp_path: Path) -> None:
    archive = open_archive(make_archive(tmp_path / "made", 50))

    assert made_rows(0, 50).schema.equals(SCHEMA)
    assert len(archive.shards) == 1
    assert path_of(1234) == "/made/00001/IMG_0234.jpg"
