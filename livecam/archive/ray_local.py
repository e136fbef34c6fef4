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
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from livecam import exit_codes
from livecam.archive.plan import Outcome, Plan
from livecam.archive.ray_data import Pool, outcomes_of, quiet_ray
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from livecam.closing import Closing
from livecam.cores import usable_cores
from livecam.errors import ArchiveError

_FOLDER = "livecam-ray-"
_LOOK_S = 1.0
# On a machine that is busy Ray would take its own parts for dead after 15 s without an answer, and end the run. Nobody
# needs to know it so soon here. Set by hand.
_PATIENT = {"health_check_failure_threshold": 60, "health_check_timeout_ms": 60_000}


class LocalRay(Closing):
    """Has plans done by workers here. One in a process: Ray knows no more."""

    def __init__(self, settings: ArchiveSettings, worker: WorkerSettings) -> None:
        """Begin a Ray. Raises ArchiveError if that cannot be."""
        cores = usable_cores()
        # On every system what Ray does on macOS and Windows alone: it listens at 127.0.0.1 and nowhere else, though
        # without that it would at every address of the machine. The token keeps out who else is at this machine.
        self._ray = quiet_ray(
            RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0", RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32)
        )
        _remove_left_behind()
        self._over = threading.Event()
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
                    _system_config=_PATIENT,
                )
        except Exception as error:  # Ray raises whatever its parts do
            self.close()
            cause = " ".join(str(error).split())[:120].rstrip(".")
            raise ArchiveError(
                f"Ray does not start here ({cause}): see that memory, and room for temporary files, are free"
            ) from error
        threading.Thread(target=self._watch, name="livecam watches Ray", daemon=True).start()
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
        self._over.set()
        with contextlib.suppress(Exception), _signals_kept():
            self._ray.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _watch(self) -> None:
        """End this process with a line if Ray dies, which would end it some minutes later and without a word.

        What was not yet in a shard, some seconds of work, is scored again by the next run.
        """
        node = getattr(self._ray._private.worker, "_global_node", None)  # noqa: SLF001  it is said nowhere else
        raylets = getattr(node, "all_processes", {}).get("raylet", [])
        while raylets and not self._over.wait(_LOOK_S):
            if any(raylet.process.poll() is not None for raylet in raylets) and not self._over.is_set():
                exit_codes.say("Ray has ended by itself: run it again, and it goes on from here", "livecam")
                shutil.rmtree(self._folder, ignore_errors=True)
                os._exit(exit_codes.FAILED)


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
        with contextlib.suppress(OSError, ValueError, OverflowError):  # it may be anybody's, by any name
            try:
                os.kill(int(number), 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)
