"""How many cores of the processor this process may use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Return how many there are, at least one: fewer than the machine has in a container, or under ``taskset``."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
