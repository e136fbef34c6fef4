"""Pictures on their way to a disk that may fail: they are kept in memory, in bounds, and written when it is back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from livecam.errors import OutputError
from livecam.live.save_queue import SaveQueue, SaveSettings
from livecam.live.save_state import SaveState
from livecam.storage.album import Developed, Shot
from livecam.types import Moment
from tests.factories import make_frame

PATIENCE_S = 10.0
SOON = SaveSettings(first_pause_s=0.001, last_pause_s=0.001)


class Disk:
    """Refuses while it is full. refused: is released at each refusal; written: at each picture that it took."""

    def __init__(self, *, full: bool = False, size: int = 100) -> None:
        self.full = full
        self.names: list[str] = []
        self.refused, self.written = threading.Semaphore(0), threading.Semaphore(0)
        self.developed = threading.Semaphore(0)
        self._size = size

    def develop(self, peak: Moment, *, fired_t_ms: float, manual: bool = False) -> Developed:
        self.developed.release()
        return Developed(str(peak.frame.index), bytes(self._size), peak, fired_t_ms, manual)

    def write(self, picture: Developed) -> Shot:
        if self.full:
            self.refused.release()
            raise OutputError("the disk is full")
        self.names.append(picture.name)
        self.written.release()
        return Shot(Path(picture.name), picture.peak, picture.fired_t_ms, picture.manual)


def moment(index: int) -> Moment:
    return Moment(make_frame(index=index, width=16, height=16))


def wait_for(happened: threading.Semaphore, times: int = 1) -> None:
    for _ in range(times):
        assert happened.acquire(timeout=PATIENCE_S), "it never happened"


@contextmanager
def saving(queue: SaveQueue) -> Iterator[Future[None]]:
    """Run it; gives the thread that writes, which ends after the block."""
    with ThreadPoolExecutor(2) as pool:
        pool.submit(queue.develop)
        writes = pool.submit(queue.write)
        try:
            yield writes
        finally:
            queue.end()


def test_what_a_full_disk_refuses_is_written_in_order_once_there_is_room() -> None:
    disk = Disk(full=True)
    queue = SaveQueue(disk, settings=SOON)
    with saving(queue) as writes:
        for index in range(3):
            queue.put(moment(index), 0.0)
        wait_for(disk.developed, 3)
        wait_for(disk.refused, 3)
        state = queue.state
        assert state.trouble == "the disk is full"
        assert "kept in memory, trying again: the disk is full" in (state.message or "")
        assert queue.new_shots() == []
        disk.full = False
        wait_for(disk.written, 3)
    writes.result()
    assert disk.names == ["0", "1", "2"]
    assert [shot.path.name for shot in queue.new_shots()] == ["0", "1", "2"]
    assert queue.state == SaveState()


def test_what_waits_is_bounded_and_what_found_no_room_is_counted() -> None:
    disk = Disk(full=True, size=1000)
    queue = SaveQueue(disk, settings=SaveSettings(0.001, 0.001, most_bytes=4000))
    with saving(queue) as writes:
        for index in range(9):
            queue.put(moment(index), 0.0)
            wait_for(disk.developed)
        wait_for(disk.refused)
        disk.full = False
    with pytest.raises(OutputError, match="7 pictures not saved"):
        writes.result()
    assert disk.names == ["0", "1"], "1000 bytes and 768 of the small picture each"


def test_frames_that_wait_to_become_files_are_bounded() -> None:
    queue = SaveQueue(Disk(), settings=SaveSettings(most_frames=2))
    for index in range(5):
        queue.put(moment(index), 0.0)  # nothing takes them yet
    assert queue.state.lost == 3
    with saving(queue) as writes:
        pass
    with pytest.raises(OutputError, match="3 pictures not saved: more were taken than could be saved"):
        writes.result()
    assert queue.saved == [Path("0"), Path("1")]


def test_at_the_end_each_is_tried_once_more_and_the_rest_is_told() -> None:
    disk = Disk(full=True)
    queue = SaveQueue(disk, settings=SaveSettings(first_pause_s=PATIENCE_S))
    with saving(queue) as writes:
        for index in range(2):
            queue.put(moment(index), 0.0)
        wait_for(disk.refused)
    with pytest.raises(OutputError, match="2 pictures not saved: the disk is full"):
        writes.result()


def test_once_a_run_is_over_and_the_disk_slow_it_is_said_how_many_pictures_are_left() -> None:
    queue = SaveQueue(Disk(), settings=SaveSettings(said_s=0.0))
    for index in range(3):
        queue.put(moment(index), 0.0)  # nothing takes them yet
    assert queue.state == SaveState()
    assert not queue.ended

    queue.end()

    assert queue.ended
    assert queue.state == SaveState(last=3, left=3)
    assert queue.state.message == "writing 3 pictures, 3 left"
    queue.develop()
    queue.write()
    assert queue.state == SaveState()
    assert queue.state.message is None


def test_a_disk_that_is_quick_at_the_end_is_no_word_worth() -> None:
    queue = SaveQueue(Disk(), settings=SaveSettings(said_s=PATIENCE_S))
    queue.put(moment(0), 0.0)
    queue.end()
    assert queue.state == SaveState()


def test_what_is_lost_or_cannot_be_written_is_not_waited_for() -> None:
    queue = SaveQueue(Disk(full=True), settings=SaveSettings(most_frames=1, said_s=0.0))
    for index in range(3):
        queue.put(moment(index), 0.0)
    queue.end()
    assert (queue.state.left, queue.state.lost) == (1, 2)
    queue.develop()
    with pytest.raises(OutputError, match="3 pictures not saved"):
        queue.write()
    assert queue.state.left == 0


def test_a_spare_folder_takes_what_the_first_refuses_and_no_longer() -> None:
    disk, spare = Disk(full=True), Disk()
    queue = SaveQueue(disk, spare, SOON)
    with saving(queue) as writes:
        queue.put(moment(0), 0.0)
        wait_for(spare.written)
        disk.full = False
        queue.put(moment(1), 0.0)
        wait_for(disk.written)
    writes.result()
    assert (spare.names, disk.names) == (["0"], ["1"])
    assert queue.state == SaveState(elsewhere=1)
    assert queue.saved == [Path("0"), Path("1")]
