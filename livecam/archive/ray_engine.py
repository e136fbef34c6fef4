"""Workers by Ray Data: on this machine, in a Ray of its own that nobody else reaches, or on a cluster that is there."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import secrets
import shutil
import signal
import socket
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from livecam import __version__
from livecam.addresses import without_password
from livecam.archive.extra import require_extra
from livecam.archive.plan import Outcome, Plan
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from livecam.closing import Closing
from livecam.errors import ArchiveError

_FOLDER = "livecam-ray-"
_CLIENT_PORT = 10001
_REACHED_S = 10.0  # for a cluster to take a connection; set by hand
_ANSWER_S = 120.0  # for a cluster to begin a first task; set by hand
# No telemetry, no dashboard's agent, no growing logs; and on every system what Ray does on macOS and Windows alone: it
# listens at 127.0.0.1 and nowhere else, though without that it would at every address of the machine.
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1", "RAY_DEDUP_LOGS": "0"}
_LOCAL = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
_NOT_REACHED = "check that it runs and that this machine reaches it (ray status there)"


class RayEngine(Closing):
    """Has plans done by ``RayWorker``s. One in a process: Ray knows no more."""

    def __init__(self, settings: ArchiveSettings, address: str | None = None) -> None:
        """Start a Ray on this machine, or join the cluster at address. Raises ArchiveError if that cannot be."""
        require_extra("ray")
        if address is not None:
            _require_reachable(address)
        self._settings = settings
        self._folder: Path | None = None
        _set_environment(_QUIET)
        if address is None:
            _set_environment(_LOCAL | {"RAY_AUTH_TOKEN": secrets.token_hex(32)})
        ray = _ray()  # only now: it reads these as it is imported
        try:
            with _signals_kept():
                if address is None:
                    self._start(ray)
                else:
                    # log_to_driver: what workers print is of no use to whoever waits for photos
                    ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        except Exception as error:  # Ray raises whatever its parts do
            self.close()
            cause = " ".join(str(error).split())[:120].rstrip(".")
            if address is None:
                raise ArchiveError(
                    f"Ray does not start here ({cause}): see that memory and processes are free"
                ) from error
            raise ArchiveError(f"no Ray cluster answers at {address} ({cause}): {_NOT_REACHED}") from error
        self._local = address is None
        there = ray.cluster_resources()
        self.cores = max(int(there.get("CPU", 1)), 1)
        self.gpus = float(there.get("GPU", 0))
        self._of_one = min(settings.worker_cores, self.cores)

    @property
    def workers(self) -> int:
        """How many work at once."""
        return max(self.cores // self._of_one, 1)

    def prepare(self, worker: WorkerSettings) -> None:
        """Say what workers score with. To be called before ``run``. Raises ArchiveError if a cluster has none of it."""
        self._worker = replace(worker, threads=self._of_one)
        if not self._local:
            ray = _ray()
            try:
                version = ray.get(ray.remote(_version).options(num_cpus=0).remote(), timeout=_ANSWER_S)
            except Exception as error:  # Ray raises whatever its parts do
                cause = " ".join(str(error).split())[-120:].rstrip(".")
                raise ArchiveError(
                    f"the cluster cannot run livecam ({cause}): install livecam[archive] {__version__} on each of its"
                    " machines"
                ) from error
            if version != __version__:
                raise ArchiveError(
                    f"the cluster has livecam {version}, here is {__version__}: install the same on both"
                )

    def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
        """See ``plan.Engine``. All plans are taken before the first is begun."""
        from livecam.archive.ray_worker import RayWorker, block_of, outcomes_in  # noqa: PLC0415  imports pyarrow

        ray = _ray()
        blocks = [block_of(plan) for plan in plans]
        if not blocks:
            return
        workers = min(self.workers, len(blocks))
        share = 0.0 if self._worker.provider == "cpu" else math.floor(1000 * min(1.0, self.gpus / self.workers)) / 1000
        # At a cluster's end of the work some may be gone, at its beginning not all there.
        pool = {"size": workers} if self._local else {"min_size": 1, "max_size": workers}
        done = ray.data.from_arrow(blocks).map_batches(
            RayWorker,
            fn_constructor_args=(self._worker, self._settings.photo_limit_s),
            batch_size=None,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(**pool, max_tasks_in_flight_per_actor=2),
            num_cpus=self._of_one,
            num_gpus=share or None,
            max_restarts=-1,
            max_task_retries=0,  # what kills a worker would kill each: whoever asked sees what is missing
        )
        blocks.clear()
        try:
            for block in done.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
                yield from outcomes_in(block)
        except ray.exceptions.RayError as error:
            cause = " ".join(str(error).split())[:160].rstrip(".")
            raise ArchiveError(f"Ray gave up ({cause}): run it again, and it goes on from here") from error

    def close(self) -> None:
        """End the workers, and the Ray that was started here."""
        ray = _ray()
        with contextlib.suppress(Exception), _signals_kept():
            ray.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, ray: Any) -> None:  # noqa: ANN401  Ray's types are partial
        _remove_left_behind()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
        ray.init(
            address="local",  # whatever RAY_ADDRESS says
            num_cpus=_cores(),
            include_dashboard=False,
            object_store_memory=self._settings.store_bytes,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            _temp_dir=str(self._folder),
        )


def _require_reachable(address: str) -> None:
    """Raise ArchiveError unless something listens at address: Ray itself would try for minutes."""
    host, port = None, None
    with contextlib.suppress(ValueError):  # of an address that is none
        place = urlsplit(address if "://" in address else f"//{address}")
        if place.scheme in {"", "ray"}:
            host, port = place.hostname, place.port or (_CLIENT_PORT if place.scheme == "ray" else None)
    if not host or port is None:
        raise ArchiveError(f"{without_password(address)} is no address of a Ray cluster: write ray://HOST:10001")
    try:
        socket.create_connection((host, port), timeout=_REACHED_S).close()
    except OSError as error:
        cause = error.strerror or str(error)
        raise ArchiveError(f"no Ray cluster answers at {address} ({cause}): {_NOT_REACHED}") from error


def _version() -> str:
    return __version__


def _ray() -> Any:  # noqa: ANN401
    """Ray, with what it says of itself turned off."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray  # noqa: PLC0415  a second, and a hundred megabytes
        import ray.data  # noqa: PLC0415

    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1  # a plan whose worker died is missed, and tried photo by photo
    context.execution_no_progress_timeout_s = -1  # the workers watch themselves
    return ray


def _set_environment(values: dict[str, str]) -> None:
    for name, value in values.items():
        os.environ.setdefault(name, value)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself; livecam's own way of ending saves what is there."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # not the main thread: nothing was taken there
            for number, handler in before.items():
                if handler is not None:
                    signal.signal(number, handler)


def _remove_left_behind() -> None:
    """Delete what runs that were killed have left in the folder for temporary files."""
    if os.name == "nt":  # where to ask whether a process is there would end it
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        number = folder.name.removeprefix(_FOLDER).split("-", 1)[0]
        with contextlib.suppress(OSError, ValueError):
            try:
                os.kill(int(number), 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)
