"""Whether memory stays what it was over a long run: what each process held in each tenth of it, and how it grew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TENTHS = 10
_WARM = 0.2  # of a run, and photos at least, in which the allocator finds its size: they do not count for growth.
# One worker's own memory (384 photos again and again, two threads) rose from 468 to 676 MB within 1,660 photos, and by
# 3 MB in the 640 after these.
_WARM_PHOTOS = 2000
_ENOUGH = 8  # samples, without which nothing is said of growth
_FLAT_MB = 1.0  # growth of a process's own memory for 1,000 photos up to which it is called flat; set by hand


@dataclass(frozen=True, slots=True)
class Growth:
    """Of one process.

    name: such as "worker 1".  peaks_mb: the most of its own memory in each tenth, None where it was not there.
    shared_mb: the most that it shared with others.  slope_mb, error_mb: for 1,000 photos once it is warm, and the
    standard error of that; None if it was not there for long enough.
    """

    name: str
    peaks_mb: tuple[float | None, ...]
    shared_mb: float
    slope_mb: float | None
    error_mb: float | None

    def says(self) -> str:
        """The growth in words."""
        if self.slope_mb is None:
            return "too short"
        flat = "flat" if self.slope_mb <= _FLAT_MB else "it grows"
        return f"{self.slope_mb:+.2f} ± {self.error_mb:.2f} ({flat})"


def growths(samples: Sequence[dict[str, Any]], photos: int) -> list[Growth]:
    """Return what the driver, each worker, and all of Ray's own processes together held. samples: of ``Usage``."""
    held: dict[str, list[tuple[int, float, float]]] = {"driver": []}
    workers: dict[int, str] = {}
    for sample in samples:
        own: dict[str, float] = defaultdict(float)
        shared: dict[str, float] = defaultdict(float)
        for process in sample["processes"]:
            pid, kind = process["pid"], process["kind"]
            if kind == "worker":
                kind = workers.setdefault(pid, f"worker {len(workers) + 1}")
            elif kind != "driver":
                kind = "Ray"
            own[kind] += process["own_mb"]
            shared[kind] += process["shared_mb"]
        for name, mb in own.items():
            held.setdefault(name, []).append((sample["photos"], mb, shared[name]))
    return [_growth(name, of_name, photos) for name, of_name in held.items()]


def _growth(name: str, held: Sequence[tuple[int, float, float]], photos: int) -> Growth:
    peaks: list[float | None] = [None] * TENTHS
    for done, own, _ in held:
        tenth = min(done * TENTHS // max(photos, 1), TENTHS - 1)
        peaks[tenth] = max(peaks[tenth] or 0.0, own)
    shared = max((one[2] for one in held), default=0.0)
    from_photo = max(_WARM * photos, _WARM_PHOTOS)
    warm = np.array([one[:2] for one in held if one[0] >= from_photo], float).reshape(-1, 2)
    if len(warm) < _ENOUGH or np.ptp(warm[:, 0]) == 0:
        return Growth(name, tuple(peaks), shared, None, None)
    x, y = (warm[:, 0] - warm[:, 0].mean()) / 1000, warm[:, 1] - warm[:, 1].mean()
    slope = float(x @ y / (x @ x))
    left = y - slope * x
    error = float(np.sqrt(left @ left / (len(x) - 2) / (x @ x)))
    return Growth(name, tuple(peaks), shared, slope, error)
