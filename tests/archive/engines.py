"""Stands in for Ray: workers that do their plans in this process, and die when they are told to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livecam import model_files
from livecam.archive.folder import open_archive, read_shard
from livecam.archive.manifest import Manifest, scorer_hash
from livecam.archive.plan import Engine, Outcome, Plan
from livecam.archive.rows import Row
from livecam.archive.run import Tally, Task, score_archive
from livecam.archive.schema import VERSION
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from livecam.archive.worker import PhotoScorer
from livecam.best.scan.scanner import ScanSettings
from tests.best.scan.fake_models import FakeModels

SETTINGS = ArchiveSettings(plan_photos=4)


@dataclass
class HereEngine:
    """dies: asked with the names of a plan's photos, before it is done.  begun: how often each name was."""

    models: FakeModels = field(default_factory=FakeModels)
    dies: Callable[[Sequence[str]], bool] = lambda _: False
    workers: int = 1
    begun: Counter[str] = field(default_factory=Counter)
    closed: bool = False

    def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
        with PhotoScorer(worker_settings(), self.models) as scorer:
            for plan in plans:
                names = [Path(photo.listed.path).name for photo in plan.photos]
                self.begun.update(names)
                if not self.dies(names):
                    yield scorer.score(plan)

    def close(self) -> None:
        self.closed = True


@dataclass
class Seen:
    """What a watch was told."""

    totals: list[int] = field(default_factory=list)
    dones: list[int] = field(default_factory=list)

    def total(self, photos: int) -> None:
        self.totals.append(photos)

    def done(self, photos: int) -> None:
        self.dones.append(photos)


def worker_settings() -> WorkerSettings:
    return WorkerSettings(scorer_hash(model_files.scorer_model()), None, "int8", "cpu", threads=2)


def manifest() -> Manifest:
    return Manifest(VERSION, worker_settings().scorer, 10, ScanSettings().min_side_px)


def score(
    *names: Path | str,
    out: Path,
    engine: Engine | None = None,
    retry: bool = False,
    settings: ArchiveSettings = SETTINGS,
    watch: Seen | None = None,
) -> Tally:
    """Score names into the archive at out, in this process."""
    tally = Tally()
    task = Task([str(name) for name in names], out, manifest(), retry)
    begun: Engine = engine or HereEngine()
    score_archive(task, lambda: begun, watch or Seen(), settings, tally)
    return tally


def rows_in(out: Path) -> dict[str, Row]:
    """All rows of an archive by path; no path may be there twice."""
    rows = [row for shard in open_archive(out).shards for row in read_shard(shard).to_pylist()]
    by_path = {row["path"]: row for row in rows}
    assert len(by_path) == len(rows)
    return by_path
