"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure; pytest's timeout ends what really hangs.
settings.register_profile("livecam", deadline=None)
settings.load_profile("livecam")
