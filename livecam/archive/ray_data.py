"""Plans as a data set of Ray Data: each goes to a worker that has the models, and what came of it comes back."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from livecam.archive.extra import require_extra
from livecam.archive.plan import Outcome, Plan
from livecam.archive.ray_worker import RayWorker, block_of, outcomes_in
from livecam.archive.settings import WorkerSettings

# No telemetry, and nothing that is printed: Ray would tell of lost workers on stdout, where JSON goes.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_DEDUP_LOGS_SKIP_REGEX": "^",  # each line
}


@dataclass(frozen=True, slots=True)
class Pool:
    """Which workers there may be.

    workers: the most.  cores, gpu: of each.  fixed: they are all to be had from the start; else one is enough to begin.
    photo_limit_s: see ``ArchiveSettings``.  home: the user's folder, where workers take another for it; else None.
    """

    workers: int
    cores: int
    gpu: float
    fixed: bool
    photo_limit_s: float
    home: str | None = None


def quiet_ray(**environment: str) -> Any:  # noqa: ANN401  Ray's types are partial
    """Return Ray, with what it says of itself turned off. environment: is set before it is imported, unless it is set.

    Raises ArchiveError if it is not installed.
    """
    require_extra("ray")
    for name, value in (_QUIET | environment).items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray  # noqa: PLC0415  a second, and a hundred megabytes
        import ray.data  # noqa: PLC0415

    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return ray


def outcomes_of(plans: Iterable[Plan], worker: WorkerSettings, pool: Pool) -> Iterator[Outcome]:
    """Yield what came of plans, as it comes; of those whose worker died nothing comes. Ray must have been begun.

    Raises what Ray does.
    """
    ray = quiet_ray()
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1  # a plan whose worker died is missed, and tried photo by photo
    context.execution_no_progress_timeout_s = -1  # the workers watch themselves
    blocks = [block_of(plan) for plan in plans]
    if not blocks:
        return
    most = min(pool.workers, len(blocks))
    sizes = {"size": most} if pool.fixed else {"min_size": 1, "max_size": most}
    done = ray.data.from_arrow(blocks).map_batches(
        RayWorker,
        fn_constructor_args=(replace(worker, threads=worker.threads or pool.cores), pool.photo_limit_s, pool.home),
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(**sizes, max_tasks_in_flight_per_actor=2),
        num_cpus=pool.cores,
        num_gpus=pool.gpu or None,
        max_restarts=-1,
        max_task_retries=0,  # what kills a worker would kill each: whoever asked sees what is missing
    )
    blocks.clear()
    for block in done.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        yield from outcomes_in(block)
