"""Streams through a FIFO and standard input."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livecam.errors import SourceError
from livecam.sources.health import Health
from livecam.sources.pipe import Pipe
from livecam.sources.source import Pace, Source, open_source
from livecam.types import Frame
from tests.sources.bad_camera import jpeg

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO")


HEIGHT, WIDTH = 240, 320


def noisy(i: int) -> bytes:
    """A JPEG as large as a camera's: what is small waits in FFmpeg's buffers."""
    return jpeg(np.random.default_rng(i).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))


def writer(open_end: Callable[[], int], count: int, pause_s: float = 0.01) -> threading.Thread:
    """A program that writes count pictures and ends."""

    def write() -> None:
        with os.fdopen(open_end(), "wb", buffering=0) as end:
            for i in range(count):
                try:
                    end.write(noisy(i % 20))
                except BrokenPipeError:
                    return
                time.sleep(pause_s)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def read_some(opened: Source, count: int) -> list[Frame]:
    frames: list[Frame] = []
    for _ in range(count + 100):
        if len(frames) == count or opened.health is Health.ENDED:
            break
        frame = opened.read(0.2)
        if frame is not None:
            frames.append(frame)
    return frames


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "cam.fifo"
    os.mkfifo(path)
    return path


@pytest.mark.slow
def test_fifo_is_live_and_waits_for_the_next_who_writes(fifo: Path) -> None:
    def open_end() -> int:
        return os.open(fifo, os.O_WRONLY)

    first = writer(open_end, 300)
    with open_source(str(fifo)) as opened:
        assert (opened.live, opened.name) == (True, "cam.fifo")
        frame = read_some(opened, 3)[-1]
        assert frame.image.shape == (HEIGHT, WIDTH, 3)
        first.join(10)
        second = writer(open_end, 300)
        later = [found for _ in range(40) if (found := opened.read(0.2)) is not None and opened.health is Health.OK]
        assert later[-1].t_ms > frame.t_ms
    second.join(10)
    assert not second.is_alive(), "who writes is told when the pipe is closed"


@pytest.mark.slow
def test_standard_input_ends_with_the_program_that_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        writer(lambda: write_end, 300)
        with open_source("-") as opened:
            assert opened.live
            assert len(read_some(opened, 1000)) > 3
            assert opened.health is Health.ENDED


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd"])
def test_pipe_of_whoever_began_the_program_ends_with_the_one_who_writes(folder: str) -> None:
    if not Path(folder).is_dir():
        pytest.skip(f"this system has no {folder}")
    read_end, write_end = os.pipe()
    with os.fdopen(read_end):
        writer(lambda: write_end, 300)
        with open_source(f"{folder}/{read_end}") as opened:  # as <(program) is, or /dev/stdin
            assert opened.live
            assert opened.name == f"{folder}/{read_end}"
            assert len(read_some(opened, 1000)) > 3
            assert opened.health is Health.ENDED


def test_standard_input_that_was_closed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SourceError, match="nothing is piped into standard input"):
        open_source("-")


def test_pipe_at_pace_fast_is_a_clip_of_which_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        writer(lambda: write_end, 40, pause_s=0)
        with open_source("-", Pace.FAST) as opened:
            assert len(read_some(opened, 1000)) == 40


def test_fifo_that_nobody_writes_says_so(fifo: Path) -> None:
    with pytest.raises(SourceError, match=r"^cam gives nothing: start the program that writes into it"):
        Pipe(fifo, "cam", wait_s=0.05)


def test_writer_who_has_opened_a_fifo_and_not_begun_yet_is_waited_for(fifo: Path) -> None:
    began = threading.Event()

    def open_end() -> int:
        end = os.open(fifo, os.O_WRONLY)
        began.wait(5)
        return end

    thread = writer(open_end, 300)
    threading.Timer(0.5, began.set).start()
    pipe = Pipe(fifo, "cam", wait_s=0.1)  # as it is opened again, in vain as a rule
    assert pipe.grab()
    pipe.release()
    thread.join(10)


def test_fifo_that_is_taken_away_is_said_and_tried_again(fifo: Path) -> None:
    fifo.unlink()
    with pytest.raises(SourceError, match=r"^cam cannot be opened \(No such file or directory\): check"):
        Pipe(fifo, "cam")


def test_pipe_without_video_says_so(fifo: Path) -> None:
    def write() -> None:
        fifo.write_bytes(b"no film\n" * 5000)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    with pytest.raises(SourceError, match=r"^cam\.fifo gives no video that can be read: let it be"):
        open_source(str(fifo))
    thread.join(5)


def test_ctrl_c_does_not_wait_for_a_writer_who_has_begun_and_stands_still(fifo: Path) -> None:
    write_end = os.open(fifo, os.O_RDWR)
    os.write(write_end, (b"\x47" + bytes(187)) * 20)  # the start of a stream, and not enough to know it by
    asked = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    given_up = threading.Timer(20, lambda: os.close(write_end))
    asked.start()
    given_up.start()
    with pytest.raises(KeyboardInterrupt):
        open_source(str(fifo))
    assert given_up.is_alive()
    given_up.cancel()
    os.close(write_end)
