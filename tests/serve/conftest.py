from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from livecam import model_files, pipeline
from livecam.serve.limits import ServerLimits
from tests.best.scan.fake_models import FakeModels
from tests.serve.live_sites import LiveSite
from tests.serve.review_sites import ReviewSite, make_shoot

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

# Times so short that a test can wait for their end.
IMPATIENT = ServerLimits(request_s=1.0, stuck_s=1.0, silent_s=1.0)
Start = Callable[..., LiveSite]
Begin = Callable[..., ReviewSite]


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


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Begin]:
    """Starts a review of a small shoot with these options; all are ended with the test."""
    monkeypatch.setattr(pipeline, "default_models", FakeModels)
    with ExitStack() as sites:

        def start(folder: Path | None = None, **options: Any) -> ReviewSite:  # noqa: ANN401  as ReviewSite has them
            return sites.enter_context(ReviewSite(folder or make_shoot(tmp_path / "shoot"), **options))

        yield start


@pytest.fixture
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own, that may say no error but of what was refused on purpose."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    said: list[str] = []
    context.on("weberror", lambda error: said.append(str(error.error)))
    context.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield context
    context.close()
    assert [line for line in said if "status of 4" not in line] == []
