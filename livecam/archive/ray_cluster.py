"""Workers on a Ray cluster that is there already.

Ray Data does not run through Ray's client, so it is begun by an actor on the cluster, which is asked for what came.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import pickle
import socket
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from livecam import __version__
from livecam.addresses import without_password
from livecam.archive.extra import require_extra
from livecam.archive.plan import Outcome, Plan
from livecam.archive.ray_data import Pool, outcomes_of, quiet_ray
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from livecam.closing import Closing
from livecam.errors import ArchiveError

_PORT = 10001
_REACHED_S = 10.0  # for a cluster to take a connection, and then to speak Ray's protocol; set by hand
_ANSWER_S = 120.0  # for it to begin an actor; set by hand
_NEXT = "check that it runs (ray status there), that this machine reaches it, and that it knows RAY_AUTH_TOKEN"


class Conductor:
    """Runs Ray Data on the cluster. Plans and outcomes come and go as bytes."""

    def __init__(self, version: str) -> None:
        """version: livecam's, of who asks. Raises ValueError if here is another one."""
        if version != __version__:
            raise ValueError(f"it has livecam {__version__}, here is {version}")
        self._outcomes: Iterator[Outcome] = iter(())

    def ready(self) -> bool:
        """Answer."""
        return True

    def begin(self, asked: bytes) -> None:
        """Begin with plans, by a worker in a pool."""
        plans, worker, pool = pickle.loads(asked)  # noqa: S301  from livecam, through the cluster's own gate
        self._outcomes = outcomes_of(plans, worker, pool)

    def more(self) -> bytes:
        """Wait for what comes next, None at the end."""
        return pickle.dumps(next(self._outcomes, None))


class ClusterRay(Closing):
    """Has plans done by workers on a cluster."""

    def __init__(self, settings: ArchiveSettings, address: str) -> None:
        """address: ray://HOST:10001. Raises ArchiveError if no cluster answers there, or it has another livecam."""
        _require_reachable(address)
        self._settings, self._address = settings, address
        token = Path.home() / ".ray" / "auth_token"
        self._ray = quiet_ray(**({"RAY_AUTH_MODE": "token"} if token.is_file() else {}))
        self._conductor: Any = None
        self._worker: WorkerSettings | None = None
        try:
            with warnings.catch_warnings(action="ignore"):
                self._ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
            there = self._ray.cluster_resources()
        except Exception as error:  # Ray raises whatever its parts do
            self.close()
            raise ArchiveError(f"no Ray cluster answers at {address} ({_brief(error)}): {_NEXT}") from error
        self._cores = max(int(there.get("CPU", 1)), 1)
        self.gpus = float(there.get("GPU", 0))
        self._of_one = min(settings.worker_cores, self._cores)
        self._begin()

    @property
    def workers(self) -> int:
        """How many work at once, if all are to be had."""
        return max(self._cores // self._of_one, 1)

    def score_with(self, worker: WorkerSettings) -> None:
        """Say what workers score with. To be called before ``run``."""
        self._worker = worker

    def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
        """See ``plan.Engine``. All plans are taken before the first is begun."""
        assert self._worker is not None, "score_with comes first"  # noqa: S101
        share = 0.0 if self._worker.provider == "cpu" else math.floor(1000 * min(1.0, self.gpus / self.workers)) / 1000
        # Some machines may be gone at the end of the work, or not yet there at its beginning.
        pool = Pool(self.workers, self._of_one, share, fixed=False, photo_limit_s=self._settings.photo_limit_s)
        try:
            self._ray.get(self._conductor.begin.remote(pickle.dumps((list(plans), self._worker, pool))))
            while (outcome := pickle.loads(self._ray.get(self._conductor.more.remote()))) is not None:  # noqa: S301
                yield outcome
        except (self._ray.exceptions.RayError, ConnectionError) as error:
            raise ArchiveError(
                f"the cluster at {self._address} gave up ({_brief(error)}): run it again, and it goes on from here"
            ) from error

    def close(self) -> None:
        """End the workers; the cluster stays. May be called again."""
        conductor, self._conductor = self._conductor, None  # asked once more, Ray would begin a cluster of its own here
        with contextlib.suppress(Exception):
            if conductor is not None:
                self._ray.kill(conductor)
            self._ray.shutdown()

    def _begin(self) -> None:
        try:
            self._conductor = self._ray.remote(Conductor).options(num_cpus=0).remote(__version__)
            self._ray.get(self._conductor.ready.remote(), timeout=_ANSWER_S)
        except Exception as error:  # Ray raises whatever its parts do
            self.close()
            raise ArchiveError(
                f"the cluster at {self._address} cannot run livecam ({_brief(error)}): install livecam[archive]"
                f" {__version__} on each of its machines"
            ) from error


def _require_reachable(address: str) -> None:
    """Raise ArchiveError unless something listens at address: Ray itself would try for long."""
    host, port = None, _PORT
    with contextlib.suppress(ValueError):  # of an address that is none
        place = urlsplit(address)
        if place.scheme == "ray":
            host, port = place.hostname, place.port or _PORT
    if not host:
        raise ArchiveError(f"{without_password(address)} is no address of a Ray cluster: write ray://HOST:{_PORT}")
    try:
        socket.create_connection((host, port), timeout=_REACHED_S).close()
        _require_protocol(host, port)
    except OSError as error:
        cause = error.strerror or str(error)
        raise ArchiveError(f"no Ray cluster answers at {address} ({cause}): {_NEXT}") from error


def _require_protocol(host: str, port: int) -> None:
    """Raise TimeoutError unless what listens there speaks gRPC. With TLS only Ray knows how it is asked."""
    if os.environ.get("RAY_USE_TLS", "0").lower() in {"1", "true"}:
        return
    require_extra("grpc")
    import grpc  # type: ignore[import-untyped]  # noqa: PLC0415  of ray[client]

    channel = grpc.insecure_channel(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    try:
        grpc.channel_ready_future(channel).result(timeout=_REACHED_S)
    except grpc.FutureTimeoutError:
        raise TimeoutError(f"what listens there is not Ray, or has not answered in {_REACHED_S:g} s") from None
    finally:
        channel.close()


def _brief(error: Exception) -> str:
    """The last of what Ray says, which is most often the cause, in one line."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return " ".join(lines[-1].split())[:160].rstrip(".")
