"""The loops that are compared, each run in a process of its own: best's scan, the archive's run, one and two nodes.

None has its models loaded, or Ray begun, within the time that is measured: that runs from when the first photos have
come to when the last has.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.archive.processes import Usage, cpu_between, usage
from benchmarks.common.sampler import Sampler
from livecam import model_files
from livecam.archive.listing import list_photos
from livecam.archive.manifest import Manifest, scorer_hash
from livecam.archive.plan import Engine, Outcome, Plan, parted
from livecam.archive.ray_data import Pool, outcomes_of, quiet_ray
from livecam.archive.ray_local import LocalRay
from livecam.archive.run import Tally, Task, score_archive
from livecam.archive.schema import VERSION
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner, ScanSettings
from livecam.photos.discover import collect

_SETTINGS = ArchiveSettings()
_SAMPLE_S = 2.0
_NODE_PLAN = 32


class _Clock:
    """Times from the first photos that came to the last. warm: so many must have come before that counts."""

    def __init__(self, warm: int = 1) -> None:
        self._first: tuple[float, int] | None = None
        self._last = (0.0, 0)
        self._warm = warm
        self._before: Usage | None = None  # when the first had come
        self._began_s = time.monotonic()

    def usage(self) -> Usage:
        """What all processes use now."""
        return usage(self._began_s, self._last[1])

    def came(self, photos: int) -> None:
        """So many have come by now."""
        now = time.monotonic(), photos
        if photos >= self._warm and self._first is None:
            self._first = now
            self._before = self.usage()
        self._last = now

    def result(self, *used: Usage) -> dict[str, Any]:
        """Photos a second in that time, how many they were, and seconds with all that came before.

        used: by all processes, in the order of time, the last until now.
        """
        first_s, first = self._first or self._last
        last_s, last = self._last
        before = self._before or used[-1]
        cpu = cpu_between(before, *(one for one in used if one.t_s >= before.t_s), used[-1])
        return {
            "per_s": (last - first) / max(last_s - first_s, 1e-9),
            "measured": last - first,
            "photos": last,
            "whole_s": last_s - self._began_s,
            "cpu_s_a_photo": sum(cpu.values()) / max(last - first, 1),
            "cpu_s": cpu,
        }


def best_scan(folder: str, *, spawned_s: float) -> dict[str, Any]:  # noqa: ARG001
    """Go through folder as ``livecam best`` does, with a new cache."""
    clock = _Clock()
    items, _ = collect([folder], recursive=True)
    with tempfile.TemporaryDirectory() as place, Cache(Path(place)) as cache, PhotoScanner(cache) as scanner:
        with Sampler(_SAMPLE_S, clock.usage) as sampler:
            for i, _ in enumerate(scanner.scan(items), 1):
                if i % _SETTINGS.plan_photos == 0 or i == len(items):
                    clock.came(i)
        used = clock.usage()
    return clock.result(used) | {"samples": [asdict(sample) for sample in sampler.samples]}


def archive_run(folder: str, out: str, *, spawned_s: float) -> dict[str, Any]:  # noqa: ARG001
    """Score folder into an archive, as ``livecam archive`` does."""
    clock, tally, worker = _Clock(), Tally(), _worker()
    engines: list[LocalRay] = []
    used = clock.usage()

    class Timed:
        """Passes on what a Ray of this machine does, and looks at what it uses before that is gone."""

        def __init__(self) -> None:
            self._ray = LocalRay(_SETTINGS, worker)
            engines.append(self._ray)
            self.workers = self._ray.workers

        def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
            yield from self._ray.run(plans)

        def close(self) -> None:
            nonlocal used
            used = clock.usage()
            self._ray.close()

    class Watch:
        def total(self, photos: int) -> None:
            pass

        def done(self, photos: int) -> None:
            clock.came(photos)

    task = Task([folder], Path(out), Manifest(VERSION, worker.scorer, 10, ScanSettings().min_side_px))
    start: Callable[[], Engine] = Timed
    with Sampler(_SAMPLE_S, clock.usage) as sampler:
        score_archive(task, start, Watch(), _SETTINGS, tally)
    return clock.result(used) | {
        "samples": [asdict(sample) for sample in sampler.samples],
        "scored": tally.scored,
        "faces": tally.faces,
        "parquet_bytes": tally.bytes,
        "shards": tally.shards,
    }


def nodes(folder: str, count: int, limit: int, *, spawned_s: float) -> dict[str, Any]:  # noqa: ARG001
    """Score up to limit photos of folder on so many Ray nodes of one core each, all of them on this machine.

    Each node, with all that it begins, is held to a core of its own; this process and Ray's head are not. Without that
    one node's libraries take the second core too, and a second node seems to bring less than it does.
    """
    ray = quiet_ray(RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0", RAY_AUTH_MODE="disabled")
    from ray.cluster_utils import Cluster  # noqa: PLC0415  heavy

    with tempfile.TemporaryDirectory() as place:
        options = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
        # The head has the tables of the cluster and no core for work: it is there with one node as with two.
        head = {"num_cpus": 0, "temp_dir": place}
        cluster = Cluster(initialize_head=True, head_node_args=options | head)
        for core in _cores()[:count]:
            with _held_to(core):
                cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
        ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.CRITICAL)
        try:
            photos = [
                photo for listing in list_photos([folder], outside=[], part_files=10**9) for photo in listing.photos
            ]
            plans = list(parted(photos[:limit], _NODE_PLAN))
            worker = replace(_worker(), threads=1)
            clock, came = _Clock(2 * count * _NODE_PLAN), 0  # each has its models by then
            with Sampler(_SAMPLE_S, clock.usage) as sampler:  # a worker without more to do ends before the end
                for outcome in outcomes_of(plans, worker, Pool(count, 1, 0.0, fixed=True, photo_limit_s=600)):
                    came += len(outcome.rows)
                    clock.came(came)
            alive = sum(node["Alive"] and node["Resources"].get("CPU", 0) > 0 for node in ray.nodes())
            used = clock.usage()
        finally:
            ray.shutdown()
            cluster.shutdown()  # type: ignore[no-untyped-call]
    return clock.result(*sampler.samples, used) | {"nodes": alive}


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


@contextlib.contextmanager
def _held_to(core: int) -> Iterator[None]:
    """Let what is begun in the block have this core alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _worker() -> WorkerSettings:
    model = model_files.scorer_model()
    return WorkerSettings(scorer_hash(model), model.absolute(), "int8", "cpu")
