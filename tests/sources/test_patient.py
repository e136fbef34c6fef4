"""A driver may hang in any call: it holds up neither the camera's coming back nor the end of the program."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from textwrap import dedent

import pytest

from livecam.daemon_worker import DaemonWorker
from livecam.errors import SourceError
from livecam.sources import patient
from livecam.sources.camera_reader import CameraReader
from livecam.sources.decoding import Device
from livecam.sources.health import Health
from livecam.sources.patient import MOST_HANGING, DriverHangsError, PatientDevice, in_a_thread
from livecam.sources.threaded import FrameQueue, MonotonicClock
from tests.sources.test_source import FakeDevice, wait_until

HANG_S = 0.05


@pytest.fixture(autouse=True)
def released() -> Iterator[threading.Event]:
    """What hanging calls wait for; at the end they return, and nothing hangs any more."""
    event = threading.Event()
    yield event
    event.set()
    wait_until(lambda: not patient._hanging)


class HangingDevice(FakeDevice):
    """Hangs in the read after its script."""

    def __init__(self, script: list[int | None], over: threading.Event) -> None:
        super().__init__(script)
        self.unblock = over


def patiently(device: FakeDevice) -> PatientDevice:
    return PatientDevice(lambda: device, "camera 0", HANG_S)


def test_read_that_hangs_loses_the_camera_which_is_opened_again_and_goes_on(released: threading.Event) -> None:
    first, second = HangingDevice([1, 2], released), FakeDevice([3, 4])
    out = FrameQueue(4, newest_only=True)
    reader = CameraReader(patiently(first), lambda: patiently(second), MonotonicClock())
    for _ in range(2):
        reader.step(out)
    while reader.health() is not Health.LOST:
        reader.step(out)
    assert not first.released, "the call still hangs"
    for _ in range(3):
        reader.step(out)
    assert reader.health() is Health.OK
    newest = out.peek()
    assert newest is not None
    assert newest.image[0, 0, 2] == 20 + 4 * 4
    released.set()
    wait_until(lambda: first.released)


def test_camera_that_hangs_while_it_is_opened_says_what_to_do(released: threading.Event) -> None:
    def open_device() -> FakeDevice:
        released.wait()
        return FakeDevice()

    with pytest.raises(SourceError, match=r"^camera 0 does not answer: unplug it and plug it in again$"):
        PatientDevice(open_device, "camera 0", HANG_S)


def test_what_opening_raises_is_raised() -> None:
    def open_device() -> FakeDevice:
        raise SourceError("camera 0 is busy: close the other program")

    with pytest.raises(SourceError, match="close the other program"):
        PatientDevice(open_device, "camera 0", HANG_S)


@pytest.mark.parametrize(
    ("try_to", "thread"),
    [
        (lambda open_device: PatientDevice(open_device, "camera that is busy", HANG_S), "livecam camera that is busy"),
        (in_a_thread, "livecam opening"),
    ],
    ids=["camera", "stream"],
)
def test_what_cannot_be_opened_leaves_no_thread_and_nothing_open_behind(
    try_to: Callable[[Callable[[], Device]], Device], thread: str
) -> None:
    class Held:
        pass

    left: list[weakref.ref[Held]] = []

    def open_device() -> FakeDevice:
        held = Held()
        left.append(weakref.ref(held))
        raise SourceError("it is busy")

    gc.collect()
    gc.disable()
    try:
        with suppress(SourceError):
            try_to(open_device)
        wait_until(lambda: all(running.name != thread for running in threading.enumerate()))
        assert left[0]() is None
    finally:
        gc.enable()


def test_driver_in_which_every_call_hangs_is_not_asked_for_ever(released: threading.Event) -> None:
    asked = 0

    def open_device() -> FakeDevice:
        nonlocal asked
        asked += 1
        released.wait()
        return FakeDevice()

    for _ in range(3 * MOST_HANGING):
        with pytest.raises(DriverHangsError):
            PatientDevice(open_device, "camera 0", HANG_S)
    assert asked == MOST_HANGING


def test_release_that_hangs_holds_up_nobody_for_ever(released: threading.Event) -> None:
    class Clinging(FakeDevice):
        def release(self) -> None:
            released.wait()

    patiently(Clinging([1])).release()
    assert patient._hanging


def test_release_that_comes_back_in_the_last_moment_hangs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    ends_within = DaemonWorker.ends_within
    answers = iter([False])

    def too_late(worker: DaemonWorker, _: float) -> bool:
        return next(answers, ends_within(worker, 5))

    device = patiently(FakeDevice([1]))
    monkeypatch.setattr(DaemonWorker, "ends_within", too_late)
    device.release()
    assert not patient._hanging


def test_program_ends_although_its_driver_hangs() -> None:
    program = """
        import threading
        from livecam.sources.patient import PatientDevice

        class Hanging:
            def grab(self): threading.Event().wait()
            def retrieve(self, image=None): return False, None
            def get(self, number): return 0.0
            def release(self): threading.Event().wait()

        print(PatientDevice(Hanging, "camera 0", 0.05).grab())
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal that a process can send itself")
def test_ctrl_c_does_not_wait_for_a_stream_that_does_not_answer() -> None:
    answers = threading.Event()

    def open_device() -> Device:
        os.kill(os.getpid(), signal.SIGINT)
        answers.wait(10)
        raise SourceError("too late")

    with pytest.raises(KeyboardInterrupt):
        in_a_thread(open_device)
    assert not answers.is_set()
    answers.set()


def test_what_opening_a_stream_raises_is_raised_where_it_was_asked_for() -> None:
    def fail() -> Device:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        in_a_thread(fail)
