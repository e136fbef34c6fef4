from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from livecam import model_files
from livecam.serve.limits import ServerLimits
from tests.serve.live_sites import LiveSite

# Times so short that a test can wait for their end.
IMPATIENT = ServerLimits(request_s=1.0, stuck_s=1.0, silent_s=1.0)
Start = Callable[..., LiveSite]


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a run in the browser with these options; all are ended with the test."""
    with ExitStack() as sites:

        def begin(**options: Any) -> LiveSite:  # noqa: ANN401  as LiveSite has them
            return sites.enter_context(LiveSite(tmp_path / "out", **options))

        yield begin
