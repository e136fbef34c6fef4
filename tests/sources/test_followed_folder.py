"""A folder that a tethered camera fills: each picture once it is whole, in order, and none that is still written."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import cv2
import pytest

from livecam.errors import SourceError, SourceRefusedError
from livecam.sources.followed_folder import FOLLOW_DEFAULTS, FollowedFolder
from livecam.sources.health import Health
from livecam.sources.source import open_source
from livecam.sources.threaded import FrameQueue
from livecam.types import Frame
from tests.sources.test_source import FakeClock, colour, picture_bgr

S = FOLLOW_DEFAULTS


def encoded(i: int, suffix: str = ".jpg") -> bytes:
    return cv2.imencode(suffix, picture_bgr(i))[1].tobytes()


class Follower:
    """A followed folder, its clock, and what came out of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.out = folder, FakeClock(), FrameQueue(100, newest_only=True)
        self.reader = FollowedFolder(folder, self.clock)

    def follow(self, seconds: float) -> list[Frame]:
        """Let so much time pass; what came meanwhile."""
        until_s = self.clock.t + seconds
        while self.clock.t < until_s - 1e-9:
            pause_s = self.reader.step(self.out)
            assert pause_s is not None, "it never ends"
            self.clock.t += min(pause_s, until_s - self.clock.t)
        frames: list[Frame] = []
        while (frame := self.out.take(0)) is not None:
            frames.append(frame)
        return frames


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    folder = tmp_path / "tethered"
    folder.mkdir()
    return Follower(folder)


def names(frames: list[Frame]) -> list[str]:
    return [frame.path.name for frame in frames if frame.path is not None]


def test_what_is_there_comes_in_natural_order_and_then_what_comes(follower: Follower) -> None:
    for i in (10, 9, 8):
        (follower.folder / f"IMG_{i}.jpg").write_bytes(encoded(i))
    first = follower.follow(2)
    assert names(first) == ["IMG_8.jpg", "IMG_9.jpg", "IMG_10.jpg"]
    assert [frame.index for frame in first] == [0, 1, 2]
    (follower.folder / "IMG_11.jpg").write_bytes(encoded(11))
    (second,) = follower.follow(2)
    assert int(second.image[0, 0, 2]) == pytest.approx(colour(11)[2], abs=3)
    assert follower.follow(10) == [], "each once"


def test_a_program_that_always_writes_to_the_same_file_is_followed_and_marks_are_no_new_picture(
    follower: Follower,
) -> None:
    path = follower.folder / "capt0000.jpg"
    seen = []
    for number, data in enumerate((encoded(1), encoded(30), encoded(30) + b"\0" * 9, encoded(1))):
        path.write_bytes(data)  # the third: as before, but for what another program wrote into it
        os.utime(path, (1e9 + number, 1e9 + number))
        seen += follower.follow(S.rescan_s + S.settled_s + 1)
    assert [frame.index for frame in seen] == [0, 1, 2]
    assert [int(frame.image[0, 0, 2]) for frame in seen] == pytest.approx([colour(i)[2] for i in (1, 30, 1)], abs=3)
    assert follower.follow(10) == []


def test_pictures_that_are_written_over_each_other_quickly_are_all_read(follower: Follower) -> None:
    path, seen = follower.folder / "capt0000.jpg", []
    for number in range(6):
        path.write_bytes(encoded(5 * number))  # the folder itself does not change
        os.utime(path, (1e9 + number, 1e9 + number))
        seen += follower.follow(1.0)
    assert len(seen) == 6


def test_a_file_that_is_written_all_the_time_holds_up_no_other(follower: Follower) -> None:
    live = follower.folder / "a live view.jpg"
    live.write_bytes(encoded(0))
    assert names(follower.follow(2)) == [live.name]
    (follower.folder / "IMG_1.jpg").write_bytes(encoded(20))
    seen = []
    for number in range(20):
        live.write_bytes(encoded(number))
        os.utime(live, (1e9 + number, 1e9 + number))
        seen += follower.follow(0.3)
    assert names(seen) == ["IMG_1.jpg"]


def test_an_empty_folder_is_waited_for(follower: Follower) -> None:
    assert follower.follow(30) == []
    assert follower.reader.health() is Health.IDLE
    (follower.folder / "a.png").write_bytes(encoded(1, ".png"))
    assert names(follower.follow(S.rescan_s + S.settled_other_s + 1)) == ["a.png"]


def test_a_picture_that_is_still_being_written_is_never_read(follower: Follower) -> None:
    data = encoded(3)
    path = follower.folder / "slow.jpg"
    path.write_bytes(b"")
    assert follower.follow(60) == []
    for end in range(100, len(data), 100):
        path.write_bytes(data[:end])
        assert follower.follow(S.broken_s - 1) == []
    path.write_bytes(data)
    (frame,) = follower.follow(4)
    assert int(frame.image[-1, -1, 2]) == pytest.approx(colour(3)[2], abs=3)


def test_the_order_holds_although_the_first_takes_longer(follower: Follower) -> None:
    (follower.folder / "1.jpg").write_bytes(encoded(1)[:200])
    (follower.folder / "2.jpg").write_bytes(encoded(2))
    assert follower.follow(3) == []
    (follower.folder / "1.jpg").write_bytes(encoded(1))
    assert names(follower.follow(4)) == ["1.jpg", "2.jpg"]


def test_a_broken_picture_is_said_holds_up_nobody_for_ever_and_is_read_when_it_is_mended(follower: Follower) -> None:
    broken = follower.folder / "1.jpg"
    broken.write_bytes(encoded(1)[:300])
    (follower.folder / "2.jpg").write_bytes(encoded(2))
    assert names(follower.follow(S.broken_s + 1)) == ["2.jpg"]
    stats = follower.reader.stream_stats()
    assert stats is not None
    assert str(broken) in str(stats.missed)
    broken.write_bytes(encoded(1))
    assert names(follower.follow(S.rescan_s + 2)) == ["1.jpg"]
    assert follower.reader.stream_stats() is None


def test_of_a_raw_file_and_its_jpeg_only_one_is_shown_and_other_files_are_left_alone(follower: Follower) -> None:
    for name in ("IMG_1.CR3", "IMG_1.JPG", "notes.txt", ".hidden.jpg"):
        (follower.folder / name).write_bytes(encoded(1))
    assert names(follower.follow(S.broken_s + 1)) == ["IMG_1.JPG"]


def test_pictures_of_a_burst_are_a_burst_however_long_they_take_to_come_and_a_pause_is_a_pause(
    follower: Follower,
) -> None:
    times = []
    for i, pause_s in enumerate((1.0, 1.0, 1.0, 30.0, 1.0)):
        (follower.folder / f"{i}.jpg").write_bytes(encoded(i))
        times += [frame.t_ms for frame in follower.follow(pause_s)]
    steps = [b - a for a, b in itertools.pairwise(times)]
    assert steps[:3] == [200, 200, 200]
    assert steps[3] > 25_000


def test_it_idles_only_once_nothing_has_come_for_a_while(follower: Follower) -> None:
    (follower.folder / "1.jpg").write_bytes(encoded(1))
    assert follower.reader.health() is Health.OK
    assert len(follower.follow(S.settled_s + S.look_s * 2)) == 1
    assert follower.reader.health() is Health.OK
    follower.follow(S.idle_s + S.look_s)
    assert follower.reader.health() is Health.IDLE


def test_a_folder_that_is_gone_is_said_and_followed_again_when_it_is_back(follower: Follower) -> None:
    (follower.folder / "1.jpg").write_bytes(encoded(1))
    assert len(follower.follow(2)) == 1
    away = follower.folder.rename(follower.folder.with_name("away"))
    follower.follow(2)
    stats = follower.reader.stream_stats()
    assert stats is not None
    assert stats.missed == f"folder {follower.folder} is gone: waiting for it"
    away.rename(follower.folder)
    (follower.folder / "2.jpg").write_bytes(encoded(2))
    assert names(follower.follow(S.rescan_s + 2)) == ["2.jpg"]
    assert follower.reader.stream_stats() is None


def test_only_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(1))
    with pytest.raises(SourceRefusedError, match=r"a.jpg' is not a folder, and only those are followed:"):
        open_source(str(tmp_path / "a.jpg"), follow=True)
    with pytest.raises(SourceError, match="is not a folder"):
        open_source(str(tmp_path / "none"), follow=True)
    with pytest.raises(SourceRefusedError, match=r"^'rtsp://camera/1' is not a folder"):
        open_source("rtsp://me:secret@camera/1", follow=True)
    opened = open_source(str(tmp_path), follow=True)
    assert (opened.name, opened.live) == (tmp_path.name, False)
    frame = opened.read(20)
    assert frame is not None
    assert opened.read(0) is None
    assert opened.health is not Health.ENDED
    opened.close()
