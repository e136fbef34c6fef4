"""Workers on this machine, in a Ray of its own that nobody else reaches."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from livecam.archive.plan import Outcome, Plan
from livecam.archive.ray_data import Pool, outcomes_of, quiet_ray
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from livecam.closing import Closing
from livecam.errors import ArchiveError

_FOLDER = "livecam-ray-"


class LocalRay(Closing):
    """Has plans done by workers here. One in a process: Ray knows no more."""

    def __init__(self, settings: ArchiveSettings, worker: WorkerSettings, *, cores: int | None = None) -> None:
        """Begin a Ray. cores: that it may use; all if None. Raises ArchiveError if that cannot be."""
        cores = cores or _cores()
        # On every system what Ray does on macOS and Windows alone: it listens at 127.0.0.1 and nowhere else, though
        # without that it would at every address of the machine. The token keeps out who else is at this machine.
        self._ray = quiet_ray(
            RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0", RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32)
        )
        _remove_left_behind()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-", dir=_temporary()))
        try:
            with _signals_kept(), _at_home_in(self._folder):
                self._ray.init(
                    address="local",  # whatever RAY_ADDRESS says
                    num_cpus=cores,
                    include_dashboard=False,
                    object_store_memory=settings.store_bytes,
                    log_to_driver=False,
                    logging_level=logging.CRITICAL,
                    _temp_dir=str(self._folder),
                )
        except Exception as error:  # Ray raises whatever its parts do
            self.close()
            cause = " ".join(str(error).split())[:120].rstrip(".")
            raise ArchiveError(
                f"Ray does not start here ({cause}): see that memory, and room for temporary files, are free"
            ) from error
        of_one = min(settings.worker_cores, cores)
        self.workers = max(cores // of_one, 1)
        gpus = float(self._ray.cluster_resources().get("GPU", 0)) if worker.provider != "cpu" else 0.0
        share = math.floor(1000 * min(1.0, gpus / self.workers)) / 1000
        self._pool = Pool(
            self.workers, of_one, share, fixed=True, photo_limit_s=settings.photo_limit_s, home=os.environ.get("HOME")
        )
        self._worker = worker

    def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
        """See ``plan.Engine``. All plans are taken before the first is begun."""
        try:
            yield from outcomes_of(plans, self._worker, self._pool)
        except self._ray.exceptions.RayError as error:
            cause = " ".join(str(error).split())[:160].rstrip(".")
            raise ArchiveError(f"Ray gave up ({cause}): run it again, and it goes on from here") from error

    def close(self) -> None:
        """End the workers and Ray."""
        with contextlib.suppress(Exception), _signals_kept():
            self._ray.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)


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


@contextlib.contextmanager
def _at_home_in(folder: Path) -> Iterator[None]:
    """Let what is begun in the block take folder for the user's home.

    Even without telemetry Ray asks the network in which cloud it is, unless a file in the home says it; and it would
    keep a token there. Workers are told where the home really is.
    """
    (folder / "ray_bootstrap_config.yaml").write_text("{}\n")
    before = os.environ.get("HOME")
    os.environ["HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = before


def _temporary() -> Path:
    """Where Ray's sockets may lie, whose whole names must not be longer than 103 bytes, of which 91 are taken."""
    usual, short = Path(tempfile.gettempdir()), Path("/tmp")  # noqa: S108  the folder made in it is nobody else's
    return short if len(os.fsencode(usual)) > 12 and os.access(short, os.W_OK) else usual


def _remove_left_behind() -> None:
    """Delete what runs that were killed have left in the folder for temporary files."""
    if os.name == "nt":  # where to ask whether a process is there would end it
        return
    for folder in _temporary().glob(f"{_FOLDER}*"):
        number = folder.name.removeprefix(_FOLDER).split("-", 1)[0]
        with contextlib.suppress(OSError, ValueError):
            try:
                os.kill(int(number), 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)
