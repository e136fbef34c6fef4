"""Real live streams on this machine: ffmpeg sends, is held in its tracks, killed and started again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from livecam.sources.health import Health
from livecam.sources.source import Source, open_source
from tests.sources.streaming import FPS, HEIGHT, WIDTH, Sender, age_s

PATIENCE_S = 20.0


@pytest.fixture
def sender(request: pytest.FixtureRequest) -> Iterator[Sender]:
    with Sender(request.param) as started:
        yield started.start()


def made(opened: Source, *, until: Health | None = None, count: int = 1000) -> list[float]:
    """Read until the source is in this state, or so many frames came: when each was made, monotonic seconds."""
    times: list[float] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(times) < count and opened.health is not until:
        assert time.monotonic() < deadline, f"it stays {opened.health}"
        frame = opened.read(0.05)
        if frame is not None:
            now_s = time.monotonic()
            times.append(now_s - age_s(frame, now_s))
    return times


@pytest.mark.parametrize("sender", ["http", "udp"], indirect=True)
@pytest.mark.slow
def test_stream_that_stalls_goes_on_with_what_is_new_and_nothing_that_piled_up(sender: Sender) -> None:
    with open_source(sender.url) as opened:
        made(opened, count=25)
        assert opened.health is Health.OK
        stream_stats = opened.stream_stats
        assert stream_stats is not None
        assert (stream_stats.width, stream_stats.height) == (WIDTH, HEIGHT)
        assert stream_stats.fps < 2 * FPS  # a backlog would come faster
        held_s = time.monotonic()
        sender.hold()
        made(opened, until=Health.STALLED)
        sender.let_go()
        let_go_s = time.monotonic()
        made(opened, until=Health.OK)
        after = made(opened, count=15)
    assert let_go_s - held_s > 0.9
    assert min(after) > held_s + 0.5, "a picture from before the stall"
    assert after == sorted(after)


@pytest.mark.slow
@pytest.mark.parametrize("sender", ["http"], indirect=True)
def test_stream_that_is_restarted_is_lost_and_then_found_again(sender: Sender) -> None:
    with open_source(sender.url) as opened:
        made(opened, count=5)
        sender.kill()
        killed_s = time.monotonic()
        made(opened, until=Health.LOST)
        sender.start()
        made(opened, until=Health.OK)
        frame = opened.read(2)
        assert frame is not None
        assert time.monotonic() - age_s(frame, time.monotonic()) > killed_s
        assert frame.t_ms > 0
