"""The memory of ``livecam best`` over many photos. Called in a Python of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.machine import resident_mb
from livecam.best.cache import Cache
from livecam.best.scan import PhotoScanner
from livecam.photos.discover import Item


def run(*, photos: Sequence[str], count: int, model: str | None, spawned_s: float) -> dict[str, Any]:
    """Look through photos again and again, without a cache, until count are done.

    Returns the fields of ``benchmarks.best.results.Memory``; their values are None where the system does not say.
    """
    del spawned_s
    items = [Item(Path(photos[number % len(photos)])) for number in range(count)]
    results, samples = [], []
    nowhere = Path(os.devnull) / "none"
    with Cache(nowhere) as cache, PhotoScanner(cache, model=Path(model) if model else None) as scanner:
        for result in scanner.scan(items):
            results.append(result)  # as the command keeps them: they are part of what is measured
            samples.append(resident_mb())
    known = [mb for mb in samples if mb is not None]
    early = samples[max(count // 10, 1) - 1]
    return {"photos": count, "early_mb": early, "end_mb": resident_mb(), "most_mb": max(known, default=None)}
