"""What goes between this machine and a cluster, without one; docs/archive.md says how it was tried with one."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livecam import __version__
from livecam.archive import ray_cluster
from livecam.archive.plan import Outcome, Plan
from livecam.archive.ray_cluster import ClusterRay, Conductor
from livecam.archive.ray_data import Pool
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from livecam.errors import ArchiveError
from tests.archive.engines import rows_in, score, worker_settings
from tests.best.photo_factories import make_photo
from tests.best.scan.fake_models import FakeModels


class RayError(Exception):
    """Stands in for all of Ray's."""


class FakeRay:
    """A cluster of 8 cores, here. pools: what it was asked to work with.  fails: with the second answer."""

    exceptions = SimpleNamespace(RayError=RayError)

    def __init__(self, *, fails: bool = False) -> None:
        self.pools: list[Pool] = []
        self.fails, self.answers = fails, 0
        self.killed = self.over = False
        self.kills = 0

    def init(self, **_: object) -> None:
        pass

    def shutdown(self) -> None:
        self.over = True

    def kill(self, _: object) -> None:
        self.killed = True
        self.kills += 1

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 8.0, "GPU": 1.0}

    def get(self, value: Any, timeout: float | None = None) -> Any:  # noqa: ANN401
        self.answers += isinstance(value, bytes)
        if self.fails and self.answers == 2:
            raise RayError("a traceback\nthe actor died")
        return value

    def remote(self, kind: type) -> Any:  # noqa: ANN401
        def make(*words: object) -> Any:  # noqa: ANN401
            actor = kind(*words)
            names = [name for name in dir(actor) if not name.startswith("_")]
            return SimpleNamespace(**{name: SimpleNamespace(remote=getattr(actor, name)) for name in names})

        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=make))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    return _installed(FakeRay(), monkeypatch)


def _installed(ray: FakeRay, monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    from livecam.archive.worker import PhotoScorer  # noqa: PLC0415

    def outcomes_of(plans: Iterable[Plan], worker: WorkerSettings, pool: Pool) -> Iterator[Outcome]:
        ray.pools.append(pool)
        with PhotoScorer(worker, FakeModels()) as scorer:
            yield from map(scorer.score, plans)

    monkeypatch.setattr(ray_cluster, "quiet_ray", lambda **_: ray)
    monkeypatch.setattr(ray_cluster, "outcomes_of", outcomes_of)
    monkeypatch.setattr(ray_cluster, "_require_reachable", lambda _: None)
    return ray


def test_a_cluster_gives_the_rows_that_this_machine_gives(tmp_path: Path, fake: FakeRay) -> None:
    for i in range(9):
        make_photo(tmp_path / "photos" / f"{i}.jpg", 100 + 10 * i)
    score(tmp_path / "photos", out=tmp_path / "here")
    cluster = ClusterRay(ArchiveSettings(), "ray://head:10001")
    cluster.score_with(worker_settings())

    score(tmp_path / "photos", out=tmp_path / "there", engine=cluster)

    assert rows_in(tmp_path / "there") == rows_in(tmp_path / "here")
    (pool,) = fake.pools
    assert (pool.workers, pool.cores, pool.gpu, pool.fixed) == (2, 4, 0.0, False)  # no GPU for what runs on CPUs
    assert fake.killed
    assert fake.over


def test_a_cluster_that_gives_up_is_one_line_and_what_came_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _installed(FakeRay(fails=True), monkeypatch)
    for i in range(9):
        make_photo(tmp_path / "photos" / f"{i}.jpg", 100 + 10 * i)
    cluster = ClusterRay(ArchiveSettings(), "ray://head:10001")
    cluster.score_with(worker_settings())

    with pytest.raises(
        ArchiveError, match=r"^the cluster at ray://head:10001 gave up \(the actor died\): run it again"
    ):
        score(tmp_path / "photos", out=tmp_path / "archive", engine=cluster)

    assert 0 < len(rows_in(tmp_path / "archive")) < 9


def test_closed_twice_it_asks_nothing_of_the_cluster_that_it_has_left(fake: FakeRay) -> None:
    cluster = ClusterRay(ArchiveSettings(), "ray://head:10001")

    cluster.close()
    cluster.close()

    assert (fake.kills, fake.over) == (1, True)


def test_a_gpu_is_shared(fake: FakeRay) -> None:
    cluster = ClusterRay(ArchiveSettings(), "ray://head:10001")
    cluster.score_with(replace(worker_settings(), provider="cuda"))

    list(cluster.run([]))

    assert fake.pools[0].gpu == 0.5


def test_another_livecam_on_the_cluster_is_refused(fake: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=rf"it has livecam {__version__}, here is 0\.0\.1"):
        Conductor("0.0.1")

    class Old(Conductor):
        def __init__(self, version: str) -> None:
            super().__init__("0.0.1")

    monkeypatch.setattr(ray_cluster, "Conductor", Old)
    with pytest.raises(
        ArchiveError, match=r"cannot run livecam \(it has livecam .* here is 0\.0\.1\): install livecam"
    ):
        ClusterRay(ArchiveSettings(), "ray://head:10001")
    assert fake.over


def test_plans_go_and_outcomes_come_as_bytes(fake: FakeRay) -> None:
    conductor = Conductor(__version__)
    conductor.begin(pickle.dumps(([], worker_settings(), Pool(1, 1, 0.0, fixed=False, photo_limit_s=1.0))))

    assert pickle.loads(conductor.more()) is None  # noqa: S301  made just now
