"""What holds for all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Tests that run beside each other share the processors among them: a thread of PyTorch's that waits for another
# spins. Set before anything loads it.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is no failure; pytest's timeout ends what really hangs.
settings.register_profile("livecam", deadline=None)
settings.load_profile("livecam")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: of what runs side by side, what takes long must not begin last."""
    slow = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in slow)
