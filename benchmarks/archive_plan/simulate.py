"""Plays the scoring of an archive through in a clock of its own: the planner's portions, measured times, chance.

What is played is the shape of ``livecam.archive.run``: photos are listed a round at a time, a round is cut by
``plan_size``, workers start anew with each round, each takes the next portion when it is done, the one driver takes
in what comes and writes it, and photos of a worker that died are done again, one by one.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np

from livecam.archive.plan import plan_size
from livecam.archive.settings import ArchiveSettings


@dataclass(frozen=True, slots=True)
class Measured:
    """What one photo costs, by measurement on one machine.

    photo_s: seconds of one core, mean.  spread: standard deviation of a photo's logarithm.  load_s: for a worker to
    begin.  driver_s: of the driver, for a row: taken in, sorted, written.  list_s: of the driver, to list a photo.
    photo_bytes: read.  row_bytes: written as Parquet.  answer_bytes: on its way back, as pickled.  listed_bytes,
    known_bytes: of the driver's memory, for a photo of the round, and for every photo of the archive.
    """

    photo_s: float
    spread: float
    load_s: float
    driver_s: float
    list_s: float
    photo_bytes: float
    row_bytes: float
    answer_bytes: float
    listed_bytes: float = 700.0
    known_bytes: float = 24.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """machines: so many, with so many cores each.  network: bytes a second to the store, of each; 0: local disks.

    lost_an_hour: how often each machine is lost.  back_s: until it is there again.  poison: photos whose worker dies.
    """

    machines: int
    cores: int = 16
    network: float = 0.0
    lost_an_hour: float = 0.01
    back_s: float = 300.0
    poison: float = 1e-6


@dataclass(frozen=True, slots=True)
class Played:
    """hours: of the whole archive.  efficiency: of the cores' time, the part that photos were worked at.

    driver, network: how much of the time the driver works, and the busiest link is used.  parts: of the time, what the
    workers wait for, by name.  again: photos that were done twice.  driver_gb: its memory at the end.
    """

    hours: float
    efficiency: float
    driver: float
    network: float
    parts: dict[str, float]
    again: float
    driver_gb: float
    parquet_gb: float


def play(
    photos: int,
    cluster: Cluster,
    measured: Measured,
    settings: ArchiveSettings,
    *,
    ahead: bool = False,
    rounds: int = 40,
    seed: int = 0,
) -> Played:
    """Play up to so many rounds of an archive's scoring; the others are like them.

    ahead: a round is listed while the one before it is scored, which livecam does not do.
    """
    rng = np.random.default_rng(seed)
    of_one = min(settings.worker_cores, cluster.cores)
    workers = max(cluster.machines * (cluster.cores // of_one), 1)
    counts = [settings.round_photos] * (photos // settings.round_photos)
    counts = (counts + ([photos % settings.round_photos] if photos % settings.round_photos else []))[:rounds]
    clock = listing = begun = waited = worked = driver_s = again = moved = 0.0
    for count in counts:
        listing_s = count * measured.list_s
        one = _Round(count, workers, of_one, cluster, measured, settings, rng)
        one.play()
        # The driver is one process: what it lists meanwhile it does not take in.
        alone_s = max(listing_s + one.driver_s - one.ends, 0.0) if ahead else listing_s
        listing += alone_s
        clock += alone_s + one.ends
        begun += measured.load_s
        worked += one.worked
        waited += one.ends - measured.load_s - one.worked / workers
        driver_s += one.driver_s + listing_s
        again += one.again
        moved += one.moved
    scale = photos / sum(counts)
    link = moved / cluster.machines / cluster.network / clock if cluster.network else 0.0
    return Played(
        hours=clock * scale / 3600,
        efficiency=worked / workers / clock,
        driver=driver_s / clock,
        network=link,
        parts={"listing": listing / clock, "workers begin": begun / clock, "end of a round": waited / clock},
        again=again * scale,
        driver_gb=(min(photos, settings.round_photos) * measured.listed_bytes + photos * measured.known_bytes) / 1e9,
        parquet_gb=photos * measured.row_bytes / 1e9,
    )


def portions(photos: int, workers: int, settings: ArchiveSettings) -> list[int]:
    """Return how many photos of a round each portion has, in their order."""
    size = plan_size(photos, workers, settings.plan_photos)
    return [size] * (photos // size) + ([photos % size] if photos % size else [])


class _Round:
    """One round's events: workers by when they are free."""

    def __init__(
        self,
        photos: int,
        workers: int,
        of_one: int,
        cluster: Cluster,
        measured: Measured,
        settings: ArchiveSettings,
        rng: np.random.Generator,
    ) -> None:
        self._photos, self._workers, self._of_one = photos, workers, of_one
        self._cluster, self._measured, self._settings, self._rng = cluster, measured, settings, rng
        self.ends = self.worked = self.driver_s = self.again = self.moved = 0.0

    def play(self) -> None:
        """Do all photos; those of portions that died are done one by one afterwards."""
        missing = self._attempt(portions(self._photos, self._workers, self._settings), self._measured.load_s)
        for _ in range(1, self._settings.tries):
            if not missing:
                break
            self.again += missing
            missing = self._attempt([1] * missing, self.ends + self._measured.load_s)

    def _attempt(self, sizes: list[int], begin_s: float) -> int:
        """Have portions done from begin_s on; return how many photos are missing at the end."""
        takers = min(self._workers, len(sizes))
        free = [(begin_s, worker) for worker in range(takers)]
        answers: list[tuple[float, int]] = []
        missing, last = 0, begin_s
        per_machine = max(self._workers // self._cluster.machines, 1)
        noise = self._rng.lognormal(0, 1, len(sizes))
        for size, drawn in zip(sizes, noise, strict=True):
            now, worker = heapq.heappop(free)
            takes = self._seconds(size, float(drawn), per_machine)
            lost = self._rng.random() < self._cluster.lost_an_hour * takes / 3600
            poisoned = self._rng.random() < self._cluster.poison * size
            if lost or poisoned:
                missing += size
                again_s = self._cluster.back_s if lost else self._measured.load_s
                last = max(last, now + takes / 2)
                heapq.heappush(free, (now + takes / 2 + again_s, worker))
                continue
            self.worked += takes
            self.moved += size * self._measured.photo_bytes
            answers.append((now + takes, size))
            last = max(last, now + takes)
            heapq.heappush(free, (now + takes, worker))
        driver_free = begin_s
        for came, size in sorted(answers):
            busy = size * self._measured.driver_s
            driver_free = max(driver_free, came) + busy
            self.driver_s += busy
        self.ends = max(driver_free, last)
        return missing

    def _seconds(self, size: int, drawn: float, per_machine: int) -> float:
        """What a portion takes: the mean of its photos' times, each of a lognormal, or what the network takes."""
        spread = self._measured.spread
        of_mean = math.sqrt(math.expm1(spread * spread) / size)  # relative deviation of the mean of size photos
        sigma = math.sqrt(math.log1p(of_mean * of_mean))
        factor = math.exp(sigma * math.log(drawn) - sigma * sigma / 2)
        work = size * self._measured.photo_s * factor / self._of_one
        if not self._cluster.network:
            return work
        return max(work, size * self._measured.photo_bytes / (self._cluster.network / per_machine))
