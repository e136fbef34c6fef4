"""Slow streams: how long a picture is waited for, and that a slow camera is no lost one."""

from __future__ import annotations

import pytest

from livecam.sources.health import Health
from livecam.sources.patience import Patience, PatienceSettings, TimedStream
from livecam.sources.reader_settings import READER_DEFAULTS
from livecam.sources.tempo import Tempo
from tests.sources.test_source import FakeClock, FakeDevice, live

S = PatienceSettings()


def test_what_came_too_late_is_waited_for_twice_as_long_up_to_a_limit() -> None:
    patience, seen = Patience(), []
    for _ in range(7):
        seen.append(patience.seconds)
        patience.note(patience.seconds, patience.seconds, came=False)
    assert seen[:3] == [S.first_s, 2 * S.first_s, 4 * S.first_s]
    assert seen[-1] == seen[-2] == S.longest_s


def test_one_that_is_gone_at_once_is_not_slow() -> None:
    patience = Patience()
    patience.note(0.1, S.first_s, came=False)
    assert patience.seconds == S.first_s


def test_one_that_is_quick_again_is_not_waited_for_so_long_any_more() -> None:
    patience = Patience()
    patience.note(S.first_s, S.first_s, came=False)
    for _ in range(3):
        patience.note(9.0, 10.0, came=True)
        for _ in range(S.quick - 1):
            patience.note(0.04, 10.0, came=True)
    assert patience.seconds == 2 * S.first_s
    patience.note(0.04, 10.0, came=True)
    assert patience.seconds == S.first_s


def test_a_stream_tells_how_long_its_pictures_took(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr("livecam.sources.patience.time.monotonic", clock.now)
    patience, device = Patience(), FakeDevice([1, None], clock, period_s=S.first_s)
    stream = TimedStream(device, patience)
    assert stream.grab()
    assert stream.retrieve()[0]
    assert patience.seconds == S.first_s
    assert not stream.grab()
    assert patience.seconds == 2 * S.first_s
    stream.release()
    assert device.released


@pytest.mark.parametrize("every_s", [4, 8, 30, 60])
def test_an_address_whose_picture_changes_now_and_then_is_slow_and_not_opened_for_ever(every_s: int) -> None:
    """It gives the same picture, asked once a second, until there is another one."""
    clock = FakeClock()
    opened: list[FakeDevice] = []

    class Snapshots(FakeDevice):
        def grab(self) -> bool:
            self.script = [int(clock.t) // every_s % 200]
            return super().grab()

    def again() -> FakeDevice:
        opened.append(Snapshots((), clock, period_s=1.0))
        return opened[-1]

    reader, _ = live(Snapshots((), clock, period_s=1.0), clock, again)
    began_s, healths, first = clock.t, [], 0
    while clock.t < began_s + 20 * every_s:
        clock.t += reader.step(_) or 0.0
        healths.append((clock.t - began_s, reader.health()))
        if clock.t < began_s + 3 * every_s:
            first = len(opened)
    assert first <= 5
    assert len(opened) == first, "once it is known to be slow, it is not opened again"
    assert {health for at_s, health in healths if at_s > 4 * every_s} == {Health.SLOW}


def test_opened_in_vain_for_days_it_is_still_opened_now_and_then() -> None:
    tempo = Tempo()
    tempo.in_vain = 5000
    assert tempo.reopen_s == READER_DEFAULTS.longest_stall_s


def test_a_fast_camera_that_came_back_late_is_fast() -> None:
    tempo = Tempo()
    for number, interval_s in enumerate((0.04, 60.0, 0.04)):
        tempo.note(100.0 + number, interval_s, seen=True, anew=interval_s > 1)
    assert not tempo.slow
    assert tempo.stall_s == READER_DEFAULTS.stall_s
    assert tempo.reopen_s == READER_DEFAULTS.reopen_s
