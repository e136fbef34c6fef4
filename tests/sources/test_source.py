"""Every source keeps one contract; cameras that misbehave and files that are broken are scripted or made here."""

from __future__ import annotations

import http.server
import itertools
import select
import struct
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam.errors import SourceError
from livecam.sources import camera_list, source
from livecam.sources.camera import CameraSettings
from livecam.sources.camera_list import camera_nodes, default_source, find_again, find_camera, names_camera
from livecam.sources.camera_reader import CameraReader
from livecam.sources.decoding import Decoder, Orientation, Picture, clip_pictures, list_images
from livecam.sources.file_reader import FileReader
from livecam.sources.health import Health, StreamStats
from livecam.sources.patience import Patience
from livecam.sources.reader_settings import CameraReaderSettings
from livecam.sources.source import Pace, Source, open_source
from livecam.sources.stream import StreamOver
from livecam.sources.threaded import AHEAD, FrameQueue, MonotonicClock, ThreadedSource
from livecam.sources.waiting import open_when_ready, open_when_there
from livecam.types import Frame, UInt8Array
from tests.factories import make_frame, shared_data

FRAMES, FPS = 25, 25
WIDTH, HEIGHT = 64, 48
READER = CameraReaderSettings()


def colour(i: int) -> tuple[int, int, int]:
    """RGB of frame i: strong red, no green, blue that counts."""
    return 230, 20, 20 + 4 * i


def picture_bgr(i: int, width: int = WIDTH, height: int = HEIGHT) -> UInt8Array:
    return np.full((height, width, 3), colour(i)[::-1], np.uint8)


def make_clip(path: Path, fourcc: str = "mp4v", frames: int = FRAMES) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), FPS, (WIDTH, HEIGHT))
    assert writer.isOpened()
    for i in range(frames):
        writer.write(picture_bgr(i))
    writer.release()
    return path


def make_folder(path: Path, names: Sequence[str]) -> Path:
    path.mkdir()
    for i, name in enumerate(names):
        assert cv2.imwrite(str(path / name), picture_bgr(i))
    return path


class FakeClock:
    """Time stands still until the test moves it."""

    def __init__(self) -> None:
        self.t = 100.0

    def now(self) -> float:
        return self.t

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        due = self.t + seconds
        while self.t < due - 1e-9:
            if stop.wait(0.001):
                return True
        return stop.is_set()


class FakeDevice:
    """A scripted camera: a number shows that picture, None fails, and when the script is over it blocks."""

    def __init__(
        self, script: Sequence[int | None] = (), clock: FakeClock | None = None, period_s: float = 0.04
    ) -> None:
        self.script = list(script)
        self.clock = clock
        self.period_s = period_s
        self.over = threading.Event()
        self.unblock = threading.Event()
        self.released = False
        self.buffer = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        self.current: int | None = None

    def grab(self) -> bool:
        if not self.script:
            self.over.set()
            self.unblock.wait(5)
            return False
        self.current = self.script.pop(0)
        if self.clock:
            self.clock.t += self.period_s
        return self.current is not None

    def retrieve(self, image: UInt8Array | None = None, /) -> tuple[bool, UInt8Array]:
        assert self.current is not None
        self.buffer[:] = picture_bgr(self.current)  # one buffer for all pictures, as some drivers have it
        return True, self.buffer

    def get(self, propId: int, /) -> float:  # noqa: N803
        return 0.0

    def release(self) -> None:
        self.released = True
        self.unblock.set()


def never_again() -> FakeDevice:
    raise SourceError("no camera: plug it in")


class MjpegServer(http.server.BaseHTTPRequestHandler):
    """A network camera at /cam, one that never answers at /silent, and a clip at /clip.mp4.

    given_up: whoever asked for /silent has gone before it would have been refused. /late begins after a second.
    """

    clip: bytes = b""
    stop = threading.Event()
    given_up = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/silent":
            ready, _, _ = select.select([self.connection], [], [], 10)
            if ready and not self.connection.recv(1):
                self.given_up.set()
            return
        if self.path == "/late":
            self.stop.wait(1.0)
        self.send_response(200)
        if self.path == "/clip.mp4":
            self.send_header("Content-Length", str(len(self.clip)))
            self.end_headers()
            self.wfile.write(self.clip)
            return
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for i in range(10_000):
            jpeg = cv2.imencode(".jpg", picture_bgr(i % 50))[1].tobytes()
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            try:
                self.wfile.write(head + jpeg + b"\r\n")
            except OSError:
                return
            if self.stop.wait(0.004):
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[str]:
    MjpegServer.stop.clear()
    MjpegServer.given_up.clear()
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), MjpegServer)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    MjpegServer.stop.set()
    httpd.shutdown()
    httpd.server_close()
    thread.join()


KINDS = ("camera", "clip fast", "clip realtime", "pictures fast", "pictures realtime", "stream")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Source]:
    """A source of each kind with at least 12 frames."""
    made: Source
    if kind == "camera":
        device = FakeDevice([i % 50 for i in range(2000)])
        # A camera that takes its time, so that the reader sees more than the last picture.
        slow = SlowDevice(device)
        made = ThreadedSource(
            "camera",
            CameraReader(slow, never_again, MonotonicClock()),
            live=True,
            newest_only=True,
            clock=MonotonicClock(),
        )
    elif kind.startswith("clip"):
        made = open_source(str(make_clip(tmp_path / "clip.mp4")), pace_of(kind), HastyClock())
    elif kind.startswith("pictures"):
        folder = make_folder(tmp_path / "photos", [f"{i}.png" for i in range(12)])
        made = open_source(str(folder), pace_of(kind), HastyClock())
    else:
        made = open_source(request.getfixturevalue("server") + "/cam")
    yield made
    made.close()


def pace_of(kind: str) -> Pace:
    return Pace.FAST if kind.endswith("fast") else Pace.REALTIME


class SlowDevice:
    """Delivers every 3 ms."""

    def __init__(self, device: FakeDevice) -> None:
        self.device = device

    def grab(self) -> bool:
        time.sleep(0.003)
        return self.device.grab()

    def retrieve(self, image: UInt8Array | None = None, /) -> tuple[bool, UInt8Array]:
        return self.device.retrieve()

    def get(self, propId: int, /) -> float:  # noqa: N803
        return self.device.get(propId)

    def release(self) -> None:
        self.device.release()


class HastyClock(FakeClock):
    """Plays five times as fast as real time."""

    def now(self) -> float:
        return time.monotonic() * 5

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        return stop.wait(seconds / 5)


def take(opened: Source, limit: int = 1000, into: list[Frame] | None = None) -> list[Frame]:
    frames = [] if into is None else into
    while len(frames) < limit and opened.health is not Health.ENDED:
        frame = opened.read(0.5)
        if frame is not None:
            frames.append(frame)
    return frames


@pytest.mark.slow
def test_contract_red_is_red_and_blue_counts_the_frame(opened: Source) -> None:
    for frame in take(opened, 8):
        red, green, blue = frame.image.reshape(-1, 3).mean(axis=0)
        assert red > 200
        assert green < 60
        assert abs(blue - colour(frame.index % 50)[2]) < 12


@pytest.mark.slow
def test_contract_time_and_index_increase_and_capture_time_is_set(opened: Source, kind: str) -> None:
    frames = take(opened, 8)
    assert len(frames) >= 3  # a clip in real time may be over before a busy machine takes eight
    assert all(b.t_ms > a.t_ms and b.index > a.index for a, b in itertools.pairwise(frames))
    assert all(b.captured_s >= a.captured_s > 0 for a, b in itertools.pairwise(frames))
    assert frames[0].t_ms >= 0
    if not opened.live:
        assert [f.index for f in frames] == list(range(8))


@pytest.mark.slow
def test_contract_a_frame_handed_out_keeps_its_pixels(opened: Source) -> None:
    frames = take(opened, 2)
    before = frames[0].image.copy()
    later = take(opened, 6)
    assert np.array_equal(frames[0].image, before)
    assert not any(np.shares_memory(frames[0].image, f.image) for f in later)


@pytest.mark.slow
def test_contract_counts_add_up(opened: Source) -> None:
    taken = len(take(opened, 8))
    opened.close()
    assert opened.frames_read == taken + opened.frames_dropped
    if not opened.live:
        assert opened.frames_dropped == 0


def test_contract_closing_twice_is_fine_and_a_closed_source_gives_nothing(opened: Source) -> None:
    take(opened, 1)
    opened.close()
    opened.close()
    assert opened.read(0.0) is None
    assert opened.health is Health.ENDED


def test_contract_where_nobody_reads_close_still_ends_the_reader_thread(opened: Source) -> None:
    opened.close()
    assert f"livecam {opened.name}" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize(("suffix", "fourcc"), [("mp4", "mp4v"), ("avi", "MJPG"), ("mkv", "mp4v")])
def test_fast_clip_gives_every_frame_and_the_same_again(tmp_path: Path, suffix: str, fourcc: str) -> None:
    clip = make_clip(tmp_path / f"clip.{suffix}", fourcc)
    runs = []
    for _ in range(2):
        with open_source(str(clip), Pace.FAST, FakeClock()) as opened:  # a clock that stands still
            runs.append(take(opened))
            assert (opened.frames_read, opened.frames_dropped, opened.live) == (FRAMES, 0, False)
    assert [f.t_ms for f in runs[0]] == pytest.approx([i * 1000 / FPS for i in range(FRAMES)], abs=0.5)
    assert all(np.array_equal(a.image, b.image) for a, b in zip(*runs, strict=True))


def test_fast_clip_decodes_ahead_but_not_the_whole_clip(tmp_path: Path) -> None:
    device = cv2.VideoCapture(str(make_clip(tmp_path / "a.mp4")))
    decoded: list[float] = []

    def spy() -> Generator[Picture]:
        for picture in clip_pictures(device, "a"):
            decoded.append(picture.t_ms)
            yield picture

    reader = FileReader(spy(), MonotonicClock(), paced=False)
    with ThreadedSource("a", reader, live=False, newest_only=False, clock=MonotonicClock()) as opened:
        wait_until(lambda: len(decoded) >= AHEAD)
        time.sleep(0.02)
        assert len(decoded) == AHEAD
        assert opened.frames_read == 0  # what nobody took does not count
        assert len(take(opened)) == FRAMES


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.001)


def test_realtime_clip_is_played_by_its_own_clock_and_only_the_newest_frame_waits(tmp_path: Path) -> None:
    clock = FakeClock()
    with open_source(str(make_clip(tmp_path / "a.mp4")), Pace.REALTIME, clock) as opened:
        assert opened.live
        first = opened.read(1)
        assert first is not None
        assert (first.index, first.captured_s) == (0, 100.0)
        assert opened.read(0.02) is None  # the next is due after 40 ms
        assert opened.health is Health.OK
        for _ in range(5):
            clock.t += 0.0401
            wanted = opened.frames_read + 1
            wait_until(lambda wanted=wanted: opened.frames_read == wanted)  # type: ignore[misc]
        newest = opened.read(0)
        assert newest is not None
        assert newest.index == 5
        assert newest.captured_s == clock.t
        assert (opened.frames_read, opened.frames_dropped) == (6, 4)


def test_realtime_clip_hands_out_its_last_frame_before_it_ends(tmp_path: Path) -> None:
    with open_source(str(make_clip(tmp_path / "a.mp4")), Pace.REALTIME, HastyClock()) as opened:
        assert opened.read() is not None
        wait_until(lambda: opened.frames_read == FRAMES)
        time.sleep(0.02)
        assert opened.health is not Health.ENDED
        frames = take(opened)
        assert [f.index for f in frames] == [FRAMES - 1]
        assert opened.frames_dropped == FRAMES - 2


def test_realtime_clip_begins_when_somebody_reads_and_not_while_models_load(tmp_path: Path) -> None:
    clock = FakeClock()
    with open_source(str(make_clip(tmp_path / "a.mp4")), Pace.REALTIME, clock) as opened:
        clock.t += 0.2  # five frames long
        time.sleep(0.02)
        assert opened.peek() is None
        first = opened.read()
        assert first is not None
        assert first.index == 0
        assert (opened.frames_read, opened.frames_dropped) == (1, 0)


@pytest.mark.parametrize(("times_s", "stopped_s"), [((0, 1, 3601, 3602), 0.0), ((0, 1, 2, 3), 60.0)])
def test_realtime_clip_goes_on_at_once_after_a_hole_in_its_times_and_where_it_was_after_the_program_stood_still(
    times_s: tuple[float, ...], stopped_s: float
) -> None:
    def pictures() -> Generator[Picture]:
        yield from (Picture(np.zeros((4, 4, 3), np.uint8), t_s * 1000) for t_s in times_s)

    clock, out = FakeClock(), FrameQueue(9, newest_only=True)
    reader = FileReader(pictures(), clock, paced=True)
    assert reader.step(out) == 0.0
    assert reader.step(out) == 1.0
    clock.t += 1.0 + stopped_s
    assert reader.step(out) == 0.0
    if not stopped_s:
        assert reader.step(out) == 0.0
    assert reader.step(out) == 1.0  # the one after it is due as ever
    assert [frame.t_ms / 1000 for frame in iter(lambda: out.take(0), None)] == list(times_s[: 3 - (stopped_s > 0)])


def test_camera_is_shown_and_kept_fresh_but_not_counted_before_somebody_reads() -> None:
    clock = FakeClock()
    reader = CameraReader(FakeDevice([1, 2, 2, 3, 4, 5], clock), never_again, clock)
    out = FrameQueue(1, newest_only=True)
    drive(reader, out, 4)
    shown = out.peek()
    assert shown is not None
    assert shown.index == 3
    assert (out.read, out.dropped) == (0, 0)
    assert out.take(0) is shown
    assert (out.read, out.dropped) == (1, 0)
    drive(reader, out, 2)
    assert (out.read, out.dropped) == (3, 1)


def test_demo_is_a_clip_that_plays_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_clip(tmp_path / "demo.mp4")
    monkeypatch.setattr(source, "demo_clip", lambda: clip)
    with open_source("demo", Pace.FAST) as opened:
        assert opened.name == "demo clip"
        assert len(take(opened)) == FRAMES


class TimedDevice(FakeDevice):
    """A clip whose container gives these timestamps."""

    def __init__(self, positions: Sequence[float]) -> None:
        super().__init__(range(len(positions)))
        self.positions = list(positions)
        self.count = 0

    def grab(self) -> bool:
        self.count += 1
        return bool(self.script) and super().grab()

    def get(self, propId: int, /) -> float:  # noqa: N803
        return {
            cv2.CAP_PROP_FPS: 25.0,
            cv2.CAP_PROP_POS_MSEC: self.positions[min(self.count, len(self.positions)) - 1],
        }.get(propId, -1.0)


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        pytest.param([0, 33.3, 75, 88.7], [0, 33.3, 75, 88.7], id="a variable rate is kept"),
        pytest.param([0, 40, 40, 80], [0, 40, 41, 80], id="two frames with one time"),
        pytest.param([0, 40, 20, 80], [0, 40, 41, 80], id="out of order"),
        pytest.param([0, 0, 0, 0], [0, 40, 80, 120], id="no timestamps: the nominal rate"),
        pytest.param([-5, -5, -5, -5], [0, 40, 80, 120], id="negative ones"),
        pytest.param([float("nan")] * 4, [0, 40, 80, 120], id="nan"),
        pytest.param([500, 540, 580, 620], [500, 540, 580, 620], id="a clip that starts late"),
        pytest.param(
            [0, 600, 640, 0, 50, 90, 10, 690, 0, 30],
            [0, 600, 640, 680, 730, 770, 771, 1370, 1410, 1440],
            id="recordings that were joined, each of which begins anew",
        ),
    ],
)
def test_media_time_always_increases(positions: list[float], expected: list[float]) -> None:
    assert [p.t_ms for p in clip_pictures(TimedDevice(positions), "a")] == pytest.approx(expected)


def test_phone_video_is_turned_upright(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "phone.mp4")
    data = bytearray(clip.read_bytes())
    matrix = data.index(b"tkhd") + 44  # version 0: the track's matrix; here a turn by 90 degrees
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, HEIGHT << 16, 0, 1 << 30)
    clip.write_bytes(data)
    with open_source(str(clip), Pace.FAST) as opened:
        frame = opened.read()
        assert frame is not None
        assert (frame.width, frame.height) == (HEIGHT, WIDTH)


class WidePixels(FakeDevice):
    """Says how its pixels are."""

    def __init__(self, across: float, down: float, turned: float) -> None:
        super().__init__([1, 2])
        self.said = {
            cv2.CAP_PROP_SAR_NUM: across, cv2.CAP_PROP_SAR_DEN: down, cv2.CAP_PROP_ORIENTATION_META: turned,
        }  # fmt: skip

    def get(self, propId: int, /) -> float:  # noqa: N803
        return self.said.get(propId, 0.0)


@pytest.mark.parametrize(
    ("across", "down", "turned", "shape"),
    [
        (0, 1, 0, (HEIGHT, WIDTH, 3)),
        (1, 1, 0, (HEIGHT, WIDTH, 3)),
        (2, 1, 0, (HEIGHT, 2 * WIDTH, 3)),
        (64, 45, 0, (HEIGHT, round(WIDTH * 64 / 45), 3)),
        (1, 2, 0, (2 * HEIGHT, WIDTH, 3)),
        (2, 1, 90, (2 * HEIGHT, WIDTH, 3)),
        (2, 1, 180, (HEIGHT, 2 * WIDTH, 3)),
        (100, 1, 0, (HEIGHT, WIDTH, 3)),
    ],
)
def test_picture_whose_pixels_are_not_square_has_its_true_shape(
    across: float, down: float, turned: float, shape: tuple[int, int, int]
) -> None:
    device = WidePixels(across, down, turned)
    assert device.grab()
    image = Decoder().decode(device)
    assert image is not None
    assert image.shape == shape


@pytest.mark.slow
@pytest.mark.slow
def test_shared_clips_are_read_whole_and_their_time_increases() -> None:
    # A variable rate; a clip whose container promises 98 frames though it is whole; a small plain one.
    for clip, count in (("pyfeat_face_noface.mov", 169), ("pyfeat_no_face.mp4", 95), ("dinoman_example.mp4", 75)):
        last_ms, frames = -1.0, 0
        with open_source(str(shared_data("videos", clip)), Pace.FAST) as opened:
            while opened.health is not Health.ENDED:
                frame = opened.read()
                if frame is not None:
                    assert frame.t_ms > last_ms, clip
                    last_ms, frames = frame.t_ms, frames + 1
        assert frames == count, clip


def test_pictures_come_in_natural_order_each_one_frame(tmp_path: Path) -> None:
    names = ["IMG_2.png", "img_10.JPG", "IMG_1.png", "b.jpeg"]
    folder = make_folder(tmp_path / "photos", names)
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.jpg").write_bytes(b"a Mac leaves such files")
    assert [p.name for p in list_images(folder)] == ["b.jpeg", "IMG_1.png", "IMG_2.png", "img_10.JPG"]
    with open_source(str(folder), Pace.FAST) as opened:
        frames = take(opened)
    assert [(f.path and f.path.name, f.t_ms) for f in frames] == [
        ("b.jpeg", 0.0),
        ("IMG_1.png", 200.0),
        ("IMG_2.png", 400.0),
        ("img_10.JPG", 600.0),
    ]


def test_pictures_in_realtime_come_by_the_clock_and_none_is_dropped(tmp_path: Path) -> None:
    clock = FakeClock()
    folder = make_folder(tmp_path / "photos", ["1.png", "2.png", "3.png"])
    with open_source(str(folder), Pace.REALTIME, clock) as opened:
        assert opened.read() is not None
        assert opened.read(0.02) is None  # the next is due after 200 ms
        clock.t += 0.5
        assert [f.index for f in take(opened)] == [1, 2]
        assert opened.frames_dropped == 0


def test_one_picture_is_a_source_too(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "photos", ["a.png"])
    with open_source(str(folder / "a.png")) as opened:
        assert len(take(opened)) == 1


def test_picture_is_turned_upright_by_exif(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", picture_bgr(0))[1].tobytes()
    # EXIF with one entry: orientation 6, turn by 90 degrees to the right.
    exif = b"Exif\0\0" + struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
    path = tmp_path / "phone.jpg"
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])
    with open_source(str(path)) as opened:
        (frame,) = take(opened)
    assert (frame.width, frame.height) == (HEIGHT, WIDTH)


@pytest.mark.parametrize(("shape", "seen"), [((HEIGHT, WIDTH), 90), ((HEIGHT, WIDTH, 4), 197)], ids=["grey", "glass"])
def test_grey_and_transparent_pictures_become_rgb(tmp_path: Path, shape: tuple[int, ...], seen: int) -> None:
    assert cv2.imwrite(str(tmp_path / "a.png"), np.full(shape, 90, np.uint8))
    with open_source(str(tmp_path / "a.png")) as opened:
        (frame,) = take(opened)
    assert frame.image.shape == (HEIGHT, WIDTH, 3)
    assert (frame.image == seen).all(), "what shows through is white"


def test_a_folder_gives_all_kinds_of_photos_and_what_was_taken_twice_only_once(tmp_path: Path) -> None:
    for name in ("a.CR2", "a.jpg", "b.heic", "c.dng", "d.mov"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in list_images(tmp_path)] == ["a.jpg", "b.heic", "c.dng"]
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "d.mov").write_bytes(b"x")
    with pytest.raises(SourceError, match="holds no pictures"):
        list_images(tmp_path / "clips")


def test_what_waits_of_a_file_is_bounded_by_its_size() -> None:
    one = make_frame()
    out = FrameQueue(4, newest_only=False, most_bytes=2.5 * one.image.nbytes)
    out.put(one)  # returns: there is room for another
    second = threading.Thread(target=out.put, args=(one,))
    second.start()
    second.join(0.05)
    assert second.is_alive(), "a third would be too much, so that it must not be decoded yet"
    assert out.take(0) is not None
    second.join(5)
    assert not second.is_alive()


def test_of_a_large_frame_only_one_waits() -> None:
    out = FrameQueue(4, newest_only=False, most_bytes=1.0)
    first = threading.Thread(target=out.put, args=(make_frame(),))
    first.start()
    wait_until(lambda: out.peek() is not None)
    assert first.is_alive()
    out.close()
    first.join(5)
    assert not first.is_alive()


def test_a_broken_picture_is_passed_over_and_named_at_the_end(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "photos", ["1.png", "2.png", "3.png"])
    (folder / "2.png").write_bytes(b"not a picture at all")
    with open_source(str(folder), Pace.FAST) as opened:
        assert [f.path and f.path.name for f in (opened.read(), opened.read()) if f] == ["1.png", "3.png"]
        with pytest.raises(SourceError, match=r"1 of 3 pictures were passed over; the first: .*2\.png"):
            opened.read()
        assert opened.health is Health.ENDED
        assert opened.read(0) is None


class DrawingDevice(FakeDevice):
    """Decodes into the memory that it is given, as OpenCV does."""

    def retrieve(self, image: UInt8Array | None = None, /) -> tuple[bool, UInt8Array]:
        decoded = picture_bgr(self.current or 0)
        if image is None:
            return True, decoded
        image[:] = decoded
        return True, image


def test_the_memory_of_a_picture_is_used_again_but_never_while_somebody_has_a_part_of_it() -> None:
    decoder, device = Decoder(), DrawingDevice(range(1, 40))
    kept: list[tuple[int, UInt8Array]] = []
    places = set()
    while device.script:
        device.grab()
        picture = decoder.decode(device)
        assert picture is not None
        number = device.current or 0
        assert tuple(picture[0, 0]) == colour(number)
        places.add(picture.ctypes.data)
        kept = [*kept, (number, picture[10:20, 5:9])][-3:]
        del picture
        for number, part in kept:
            assert (part == colour(number)).all(), "written over while it was looked at"
    assert 4 <= len(places) <= 6, "three are kept and one is written"


def drive(reader: CameraReader, out: FrameQueue, steps: int) -> list[float | None]:
    return [reader.step(out) for _ in range(steps)]


def live(
    device: FakeDevice, clock: FakeClock, reopen: Callable[[], FakeDevice] = never_again
) -> tuple[CameraReader, FrameQueue]:
    out = FrameQueue(1, newest_only=True)
    assert out.take(0) is None  # counting begins with the first who asks
    return CameraReader(device, reopen, clock), out


def test_camera_gives_the_newest_frame_stamped_when_it_was_grabbed() -> None:
    clock = FakeClock()
    reader, out = live(FakeDevice([1, 2, 3], clock), clock)
    drive(reader, out, 3)
    frame = out.take(0)
    assert frame is not None
    assert frame.index == 2
    assert frame.t_ms == pytest.approx(80.0)
    assert frame.captured_s == pytest.approx(100.12)
    assert (out.read, out.dropped) == (3, 2)


def test_slow_camera_has_not_stopped_between_its_pictures_and_has_when_they_stay_away() -> None:
    clock = FakeClock()
    reader, out = live(FakeDevice(list(range(10)), clock, period_s=2.0), clock)
    drive(reader, out, 10)
    clock.t += 2.0
    assert reader.health() is Health.SLOW
    clock.t += 4.0
    assert reader.health() is Health.STALLED


def test_camera_that_becomes_slow_is_called_so_within_two_seconds_until_it_is_fast_again() -> None:
    clock = FakeClock()
    device = FakeDevice([i % 50 for i in range(60)], clock)
    reader, out = live(device, clock)
    healths = []
    for count, period_s in ((20, 0.04), (10, 0.5), (10, 0.14), (10, 0.04)):
        device.period_s = period_s
        began_s, since_s = clock.t, []
        for _ in range(count):
            reader.step(out)
            since_s.append((clock.t - began_s, reader.health()))
        healths.append(since_s)
    fast, slow, between, fast_again = healths
    assert all(health is Health.OK for _, health in fast)
    assert all(health is Health.SLOW for s, health in slow if s >= 2)
    assert all(health is Health.SLOW for _, health in between), "it does not flutter about one limit"
    assert fast_again[-1][1] is Health.OK


@pytest.mark.parametrize("other_s", [0.2, 0.24, 0.3])
def test_camera_about_the_limit_of_slow_does_not_flutter(other_s: float) -> None:
    clock = FakeClock()
    device = FakeDevice([i % 50 for i in range(200)], clock)
    reader, out = live(device, clock)
    healths = []
    for index in range(200):  # as an address of single pictures that now and then answers 503
        device.period_s = other_s if index % 2 else 0.1
        reader.step(out)
        healths.append(reader.health())
    changes = sum(before is not after for before, after in itertools.pairwise(healths))
    assert changes <= 1


class CoveredDevice(FakeDevice):
    """Numbers below 1000 are pictures; 1000 is black, and what is above it black with noise of its own."""

    def retrieve(self, image: UInt8Array | None = None, /) -> tuple[bool, UInt8Array]:
        assert self.current is not None
        if self.current < 1000:
            return super().retrieve()
        noise = np.random.default_rng(self.current).integers(0, 12, (HEIGHT, WIDTH, 3), np.uint8)
        return True, noise if self.current > 1000 else np.zeros_like(noise)


@pytest.mark.parametrize("black", [[1000] * 200, list(range(1001, 1201))], ids=["identical", "noise"])
def test_camera_with_a_covered_lens_is_black_and_not_opened_again(black: list[int]) -> None:
    clock = FakeClock()
    device = CoveredDevice([1, 2, *black, 3], clock)
    reader, out = live(device, clock)
    drive(reader, out, 12)
    assert reader.health() is Health.OK, "it was black for a moment only"
    drive(reader, out, 190)
    assert reader.health() is Health.BLACK
    drive(reader, out, 1)
    assert reader.health() is Health.OK
    assert not device.released


class EmptyDevice(FakeDevice):
    """Shows one colour, with noise, and the time of day in a corner; a number is the noise of that picture."""

    def __init__(self, script: Sequence[int], clock: FakeClock, colour: tuple[int, int, int], noise: float) -> None:
        super().__init__(script, clock)
        self.colour, self.noise = colour, noise

    def retrieve(self, image: UInt8Array | None = None, /) -> tuple[bool, UInt8Array]:
        assert self.current is not None
        noise = np.random.default_rng(self.current).normal(0, self.noise, (480, 640, 3))
        shown = np.clip(np.array(self.colour) + noise, 0, 255).astype(np.uint8)
        cv2.putText(shown, f"{self.current // 25:02}", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255), 2)
        return True, shown


@pytest.mark.parametrize(
    ("colour", "noise", "health"),
    [
        ((255, 255, 255), 0.0, Health.BLANK),
        ((128, 128, 128), 3.0, Health.BLANK),
        ((2, 2, 2), 0.0, Health.BLACK),
        ((14, 14, 14), 9.0, Health.BLACK),
        ((0, 135, 0), 0.0, Health.STALLED),
    ],
    ids=["white", "noisy grey", "black", "noise of a covered lens", "green of a decoder"],
)
def test_camera_that_shows_nothing_is_called_so_and_not_opened_again(
    colour: tuple[int, int, int], noise: float, health: Health
) -> None:
    clock = FakeClock()
    device = EmptyDevice([25 + i for i in range(150)] if noise else [25] * 150, clock, colour, noise)
    reader, out = live(device, clock)
    drive(reader, out, 50)
    assert reader.health() is health
    drive(reader, out, 60)
    assert device.released is (health is Health.STALLED), "to be opened again does not uncover a lens"


def test_camera_that_was_covered_twice_is_not_slow() -> None:
    clock = FakeClock()
    lit = list(range(1, 40))
    reader, out = live(CoveredDevice([*lit, *[1000] * 50, *lit, *[1000] * 50, *lit], clock), clock)
    drive(reader, out, 217)
    assert reader.health() is Health.OK


def test_camera_that_stops_while_it_is_black_has_stopped() -> None:
    clock = FakeClock()
    reader, out = live(CoveredDevice([1, *[1000] * 50], clock), clock)
    drive(reader, out, 51)
    assert reader.health() is Health.BLACK
    clock.t += READER.stall_s + 0.1
    assert reader.health() is Health.STALLED


class TearingDevice(FakeDevice):
    """Of every third picture only a half came, and OpenCV's decoder gets that, as it does for webcams."""

    def retrieve(self, image: UInt8Array | None = None, /) -> tuple[bool, UInt8Array]:
        assert self.current is not None
        noise = np.random.default_rng(self.current).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
        data = cv2.imencode(".jpg", noise)[1]
        decoded = cv2.imdecode(data[: len(data) // 2] if self.current % 3 == 0 else data, cv2.IMREAD_COLOR)
        return decoded is not None, np.empty(0, np.uint8) if decoded is None else np.asarray(decoded, np.uint8)


def test_pictures_of_which_only_a_half_came_are_passed_over_and_lose_no_camera() -> None:
    clock = FakeClock()
    device = TearingDevice(list(range(30)), clock)
    reader, out = live(device, clock)
    seen = []
    for _ in range(30):
        reader.step(out)
        if (frame := out.take(0)) is not None:
            seen.append(frame.index)
    assert seen == list(range(20))
    assert reader.health() is Health.OK
    assert not device.released


class DimDevice(FakeDevice):
    """Shows little, and something."""

    def retrieve(self, image: UInt8Array | None = None, /) -> tuple[bool, UInt8Array]:
        assert self.current is not None
        dim = np.full((HEIGHT, WIDTH, 3), 4, np.uint8)
        dim[10:20, 10:20] = 90 + self.current
        return True, dim


def test_dim_picture_is_not_black() -> None:
    clock = FakeClock()
    reader, out = live(DimDevice(list(range(50)), clock), clock)
    drive(reader, out, 50)
    assert reader.health() is Health.OK


def test_two_pictures_in_one_tick_of_the_clock_still_increase() -> None:
    clock = FakeClock()
    reader, out = live(FakeDevice([1, 2, 3], clock, period_s=0.0), clock)
    times = []
    for _ in range(3):
        reader.step(out)
        frame = out.take(0)
        assert frame is not None
        times.append(frame.t_ms)
    assert times[0] < times[1] < times[2]


@pytest.mark.slow
def test_camera_that_hangs_in_a_read_is_noticed_by_age_and_does_not_hold_up_close() -> None:
    clock = FakeClock()
    device = FakeDevice([1], clock)
    opened = ThreadedSource(
        "camera", CameraReader(device, never_again, clock), live=True, newest_only=True, clock=clock
    )
    assert opened.read() is not None
    assert device.over.wait(5)
    ages = []
    for _ in range(2):
        ages.append(opened.health)
        clock.t += READER.stall_s + 0.1
    assert ages == [Health.OK, Health.STALLED]
    opened.close()
    assert not device.unblock.is_set(), "it has closed although the read still hangs"
    assert not device.released  # never from another thread than the one that reads
    device.unblock.set()
    wait_until(lambda: device.released)


def test_camera_that_repeats_one_frame_stalls_and_is_opened_again() -> None:
    clock = FakeClock()
    second = FakeDevice([8, 9], clock)
    first = FakeDevice([7] * 200, clock)
    reader, out = live(first, clock, lambda: second)
    drive(reader, out, 1)
    assert out.take(0) is not None
    while not first.released:
        reader.step(out)
        if clock.t - 100.04 < READER.stall_s:
            assert reader.health() is Health.OK
        elif not first.released:
            assert reader.health() is Health.STALLED
        assert clock.t < 100 + READER.reopen_s + 0.2
    assert reader.health() is Health.LOST
    assert out.take(0) is None  # a repeated picture is no new one
    assert out.read == out.dropped + 1 > 50
    drive(reader, out, 2)
    assert reader.health() is Health.OK
    frame = out.take(0)
    assert frame is not None
    assert frame.image[0, 0, 2] == colour(8)[2]
    assert frame.index == out.read - 1


@pytest.mark.parametrize("kept", [2, 3, 4, 5, 12])
def test_camera_whose_driver_goes_round_the_few_pictures_that_it_keeps_stalls_and_is_opened_again(kept: int) -> None:
    clock = FakeClock()
    second = FakeDevice([30, 31], clock)
    first = FakeDevice([1, 2, 3, 4, *[5 + i % kept for i in range(200)]], clock)
    reader, out = live(first, clock, lambda: second)
    while not first.released:
        reader.step(out)
        assert clock.t < 100.5 + 0.04 * kept + READER.reopen_s
        if clock.t > 100.2 + 0.04 * kept + READER.stall_s:
            assert reader.health() in {Health.STALLED, Health.LOST}
    drive(reader, out, 2)
    assert reader.health() is Health.OK


def test_camera_that_is_opened_again_is_not_back_before_a_picture_came() -> None:
    clock = FakeClock()
    nothing = FakeDevice([None] * READER.failed_reads, clock)
    again = iter([nothing, FakeDevice([3], clock)])
    reader, out = live(FakeDevice([None] * READER.failed_reads, clock), clock, lambda: next(again))
    told = []
    while not nothing.released:
        reader.step(out)
        told.append(reader.health())
    assert set(told[told.index(Health.LOST) :]) == {Health.LOST, Health.STALLED}
    drive(reader, out, 2)
    assert reader.health() is Health.OK


def test_camera_that_still_repeats_after_it_was_reopened_is_given_time_and_pauses_grow() -> None:
    clock = FakeClock()
    opens: list[float] = []

    def again() -> FakeDevice:
        opens.append(clock.t)
        return FakeDevice([7] * 200, clock)

    reader, out = live(FakeDevice([7] * 200, clock), clock, again)
    while len(opens) < 4:
        pause = reader.step(out) or 0.0  # before the next line: the device moves the clock too
        clock.t += pause
    gaps = [b - a for a, b in itertools.pairwise(opens)]
    assert all(gap > READER.reopen_s for gap in gaps)
    assert gaps[0] < gaps[1] < gaps[2]


def test_camera_that_is_unplugged_is_lost_and_reopened_with_growing_pauses_until_it_is_back() -> None:
    clock = FakeClock()
    attempts: list[float] = []
    back = FakeDevice([3, *[None] * READER.failed_reads], clock)

    def again() -> FakeDevice:
        attempts.append(clock.t)
        if len(attempts) < 7:
            raise SourceError("no camera: plug it in")
        return back

    device = FakeDevice([1, *[None] * READER.failed_reads], clock)
    reader, out = live(device, clock, again)
    pauses = [p for p in drive(reader, out, 1 + READER.failed_reads) if p]
    assert device.released
    assert reader.health() is Health.LOST
    while len(attempts) < 7:
        pauses.append(reader.step(out) or 0.0)
    assert pauses[READER.failed_reads - 1 :] == [0.5, 1, 2, 4, 8, 8, 8, 0]
    reader.step(out)
    assert reader.health() is Health.OK
    frame = out.take(0)
    assert frame is not None
    assert frame.index == 1
    assert drive(reader, out, READER.failed_reads)[-1] == 0.5  # it goes again: start with the shortest pause


def test_stream_that_ends_for_good_before_its_first_picture_says_so() -> None:
    def over() -> FakeDevice:
        raise StreamOver("standard input")

    reader, out = live(FakeDevice([None] * READER.failed_reads), FakeClock(), over)
    with pytest.raises(SourceError, match=r"^standard input has ended before there was a picture"):
        drive(reader, out, READER.failed_reads + 1)
    reader, out = live(FakeDevice([1, *[None] * READER.failed_reads]), FakeClock(), over)
    drive(reader, out, READER.failed_reads + 1)
    assert reader.step(out) is None, "that is its end"


def test_one_broken_picture_does_not_lose_the_camera() -> None:
    clock = FakeClock()
    device = FakeDevice([1, None, 2, None] * READER.failed_reads, clock)
    reader, out = live(device, clock)
    drive(reader, out, 4 * READER.failed_reads)
    assert not device.released
    assert (out.read, reader.health()) == (2 * READER.failed_reads, Health.OK)


class BufferedDevice(FakeDevice):
    """A stream of 25 a second: each picture comes after the time that the script gives for it."""

    def __init__(self, waits_s: Sequence[float], clock: FakeClock) -> None:
        super().__init__([i % 50 for i in range(len(waits_s))], clock)
        self.waits_s = list(waits_s)

    def grab(self) -> bool:
        self.period_s = self.waits_s.pop(0)
        return super().grab()

    def get(self, propId: int, /) -> float:  # noqa: N803
        return 25.0 if propId == cv2.CAP_PROP_FPS else 0.0


def handed_out(waits_s: Sequence[float]) -> tuple[list[int], CameraReader]:
    clock = FakeClock()
    reader, out = live(BufferedDevice(waits_s, clock), clock)
    taken = []
    for _ in waits_s:
        reader.step(out)
        frame = out.take(0)
        if frame is not None:
            taken.append(frame.index)
    return taken, reader


def test_what_piled_up_during_a_stall_is_passed_over() -> None:
    steady, backlog = [0.04] * 20, [0.002] * 30
    taken, reader = handed_out([*steady, 3.0, *[0.1, 0.05], *backlog, *steady])
    assert taken == [*range(20), *range(53, 73)]
    stream_stats = reader.stream_stats()
    assert stream_stats is not None
    assert stream_stats.stale == 33


def test_what_was_read_ahead_while_opening_is_passed_over() -> None:
    taken, _ = handed_out([*[0.001] * 12, *[0.04] * 5])
    assert taken == [12, 13, 14, 15, 16]


def test_a_slow_camera_and_a_short_hiccup_are_no_stall() -> None:
    waits = [*[0.2] * 10, 0.5, *[0.2] * 5]
    assert handed_out(waits)[0] == list(range(16))


@pytest.mark.parametrize("slow_s", [0.42, 0.5, 1.0, 3.0])
def test_stream_that_becomes_slow_is_shown_at_its_new_rate_and_at_its_old_one_again(slow_s: float) -> None:
    taken, reader = handed_out([*[0.04] * 20, *[slow_s] * 10, *[0.04] * 20])
    assert set(range(50)) - set(taken) <= {20}, "all but the one that ends the first silence"
    assert reader.health() is Health.OK


@pytest.mark.parametrize("within_s", [0.04, 0.002], ids=["live", "piled up"])
def test_stream_that_comes_in_bursts_is_shown_from_the_second_one_on_and_called_slow(within_s: float) -> None:
    steady, burst = [0.04] * 20, [2.3, *[within_s] * 4]
    taken, reader = handed_out([*steady, *burst * 4])
    assert taken == [*range(20), *range(25, 40)], "of the first burst nobody knows yet that it is one"
    assert reader.health() is Health.SLOW, "and has not stopped each time"


def test_stream_that_comes_in_bursts_no_longer_is_as_any_other() -> None:
    steady, burst = [0.04] * 300, [2.3, *[0.04] * 4]
    taken, reader = handed_out([*steady, *burst * 4, *steady, 2.3, *[0.002] * 30, *[0.04] * 20])
    assert {619, *range(660, 671)} <= set(taken)
    assert not set(range(620, 651)) & set(taken), "what piled up behind a silence is passed over again"
    assert reader.health() is Health.OK


def test_stream_that_stands_still_now_and_then_is_not_called_back_each_time() -> None:
    clock = FakeClock()
    device = BufferedDevice([0.04] * 25 + [2.0, *[0.04] * 24] * 4, clock)
    reader, out = live(device, clock)
    healths = []
    for _ in range(125):
        clock.t += 1.9 if device.waits_s[0] == 2.0 else 0.0
        device.waits_s[0] = 0.1 if device.waits_s[0] == 2.0 else device.waits_s[0]
        healths.append(reader.health())
        reader.step(out)
    told = [after for before, after in itertools.pairwise(healths) if before is not after]
    assert told == [Health.STALLED, Health.OK, Health.STALLED, Health.SLOW]


def test_what_piled_up_in_the_second_of_two_stalls_is_passed_over() -> None:
    steady = [0.04] * 20
    taken, _ = handed_out([*steady, 3.0, 3.0, *[0.002] * 30, *steady])
    assert taken == [*range(20), 21, *range(52, 72)]


def test_what_piled_up_while_the_program_itself_was_busy_is_no_new_rate() -> None:
    clock = FakeClock()
    reader, out = live(BufferedDevice([*[0.04] * 20, *[0.001] * 10], clock), clock)
    drive(reader, out, 20)
    for _ in range(10):
        clock.t += 0.5  # between two reads
        reader.step(out)
    stream_stats = reader.stream_stats()
    assert stream_stats is not None
    assert stream_stats.stale == 10


def test_stream_whose_pictures_never_have_to_be_waited_for_is_shown_after_all() -> None:
    taken, _ = handed_out([*[0.04] * 10, 1.0, *[0.01] * 300])
    assert len(taken) > 10 + 90
    assert taken[10] == pytest.approx(10 + 1 + 200, abs=2)


def test_what_a_camera_delivers_is_measured_and_not_believed() -> None:
    clock = FakeClock()
    script = [i // 2 % 50 for i in range(60)]  # says 25 a second; every other picture is the one before
    device = BufferedDevice([0.05] * 60, clock)
    device.script = list(script)
    reader, out = live(device, clock)
    drive(reader, out, 60)
    stream_stats = reader.stream_stats()
    assert stream_stats is not None
    assert (stream_stats.width, stream_stats.height, stream_stats.repeated) == (WIDTH, HEIGHT, 30)
    assert stream_stats.fps == pytest.approx(10, rel=0.01)
    assert str(stream_stats) == f"{WIDTH} × {HEIGHT} at 10.0 frames/s, 30 repeated"


class Webcam(FakeDevice):
    """Gives uncompressed pictures of WIDTH × HEIGHT, thirty a second."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__([number % 50 for number in range(READER.rate_window)], clock, period_s=1 / 30)

    def get(self, propId: int, /) -> float:  # noqa: N803
        return float(cv2.VideoWriter.fourcc(*"YUYV")) if propId == cv2.CAP_PROP_FOURCC else 0.0


def stats_after(asked: CameraSettings, pictures: int) -> StreamStats:
    clock = FakeClock()
    reader = CameraReader(Webcam(clock), never_again, clock, asked=asked)
    drive(reader, FrameQueue(1, newest_only=True), pictures)
    stream_stats = reader.stream_stats()
    assert stream_stats is not None
    return stream_stats


def test_camera_that_does_not_give_what_was_asked_says_what_it_gives_instead() -> None:
    more = CameraSettings((1920, 1080), 60)
    gives = f"the camera gives {WIDTH} × {HEIGHT}"
    assert stats_after(more, 20).missed == f"asked 1920 × 1080 at 60 frames/s, {gives} (YUYV)", (
        "its rate is not known yet"
    )
    whole = stats_after(more, READER.rate_window)
    assert whole.missed == f"asked 1920 × 1080 at 60 frames/s, {gives} at 30 frames/s (YUYV)"
    assert str(whole) == f"{WIDTH} × {HEIGHT} at 30.0 frames/s, YUYV"
    rate_only = CameraSettings((WIDTH, HEIGHT), 15)
    assert stats_after(rate_only, READER.rate_window).missed == (
        f"asked {WIDTH} × {HEIGHT} at 15 frames/s, {gives} at 30 frames/s (YUYV)"
    )
    assert stats_after(CameraSettings(fps=60), READER.rate_window).missed == (
        "asked 60 frames/s, the camera gives 30 frames/s (YUYV)"
    )


@pytest.mark.parametrize("asked", [CameraSettings(), CameraSettings((WIDTH, HEIGHT)), CameraSettings(None, 29.0)])
def test_camera_that_gives_what_was_asked_has_missed_nothing(asked: CameraSettings) -> None:
    assert stats_after(asked, READER.rate_window).missed is None


def test_read_that_ran_into_its_time_out_is_not_tried_five_times() -> None:
    clock = FakeClock()
    device = FakeDevice([1, None], clock, period_s=2.0)
    reader, out = live(device, clock)
    drive(reader, out, 2)
    assert reader.health() is Health.LOST
    assert device.released


def test_clip_is_turned_before_anything_looks_at_it(tmp_path: Path) -> None:
    with open_source(str(make_clip(tmp_path / "a.mp4")), Pace.FAST, orientation=Orientation(90)) as opened:
        frame = opened.read()
        assert frame is not None
        assert (frame.width, frame.height) == (HEIGHT, WIDTH)


def test_a_bug_in_the_reader_thread_reaches_the_one_who_reads() -> None:
    def broken() -> FakeDevice:
        raise ZeroDivisionError

    device = FakeDevice([1, *[None] * READER.failed_reads])
    reader = CameraReader(device, broken, HastyClock())
    opened = ThreadedSource("camera", reader, live=True, newest_only=True, clock=HastyClock())
    with pytest.raises(ZeroDivisionError):
        take(opened)
    opened.close()


def test_handover_counts_what_waits_as_dropped_when_a_camera_closes() -> None:
    out = FrameQueue(1, newest_only=True)
    assert out.take(0) is None
    out.put(make_frame(0))
    assert (out.read, out.dropped) == (1, 0)
    out.close()
    assert (out.read, out.dropped) == (1, 1)


def test_handover_that_nobody_took_anything_from_has_neither_read_nor_dropped() -> None:
    out = FrameQueue(1, newest_only=True)
    out.put(make_frame(0))
    out.close()
    assert (out.read, out.dropped) == (0, 0)


def test_handover_has_not_ended_before_its_error_was_raised() -> None:
    out = FrameQueue(1, newest_only=True)
    out.finish(SourceError("the clip ends early: copy it again"))
    assert not out.ended
    with pytest.raises(SourceError):
        out.take(0)
    assert out.ended
    assert out.take(0) is None


def test_clip_that_is_left_early_is_released() -> None:
    device = TimedDevice([0, 40, 80])
    pictures = clip_pictures(device, "a")
    next(pictures)
    pictures.close()
    assert device.released


@pytest.mark.slow
def test_stream_that_stops_is_reopened(server: str) -> None:
    with open_source(server + "/cam") as opened:
        assert opened.live
        assert len(take(opened, 3)) == 3
        MjpegServer.stop.set()
        wait_until(lambda: opened.health is Health.LOST)
        MjpegServer.stop.clear()
        taken = opened.frames_read
        wait_until(lambda: opened.frames_read > taken)
        wait_until(lambda: opened.health is Health.OK)


def test_url_of_a_clip_is_a_clip(server: str, tmp_path: Path) -> None:
    MjpegServer.clip = make_clip(tmp_path / "a.avi", "MJPG").read_bytes()
    with open_source(server + "/clip.mp4", Pace.FAST) as opened:
        assert not opened.live
        assert len(take(opened)) == FRAMES


@pytest.mark.parametrize("address", ["rtsp://user:s@secret@127.0.0.1:9/live", "rtsp://127.0.0.1:9/live?pwd=secret"])
def test_password_of_a_stream_is_not_shown(address: str) -> None:
    with pytest.raises(SourceError, match=r"^rtsp://127\.0\.0\.1:9/live") as failure:
        open_source(address)
    assert "secret" not in str(failure.value)


def test_name_of_a_stream_holds_no_password(server: str) -> None:
    with open_source(server.replace("//", "//user:s@secret@") + "/cam?user=a&token=secret") as opened:
        assert opened.name == server + "/cam?user=a&token=***"


def test_mistyped_address_is_named_without_its_password() -> None:
    with pytest.raises(SourceError, match=r"called '127\.0\.0\.1/live': an address begins") as failure:
        open_source("user:secret@127.0.0.1/live")
    assert "secret" not in str(failure.value)


def moov_first(clip: Path) -> bytes:
    """The clip with its index in front, as for the web: what remains of it when it is cut can be decoded."""
    data, boxes, at = clip.read_bytes(), {}, 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        boxes[name] = (at, data[at : at + size])
        at += size
    moov = bytearray(boxes[b"moov"][1])
    shift = len(boxes[b"ftyp"][1]) + len(moov) - boxes[b"mdat"][0]
    table = moov.index(b"stco") + 8
    (count,) = struct.unpack(">I", moov[table : table + 4])
    for entry in range(table + 4, table + 4 + 4 * count, 4):
        moov[entry : entry + 4] = struct.pack(">I", struct.unpack(">I", moov[entry : entry + 4])[0] + shift)
    return boxes[b"ftyp"][1] + bytes(moov) + boxes[b"mdat"][1]


@pytest.mark.parametrize("pace", Pace)
def test_clip_that_ends_early_gives_what_there_is_and_says_so(tmp_path: Path, pace: Pace) -> None:
    whole = moov_first(make_clip(tmp_path / "a.mp4", frames=50))
    clip = tmp_path / "cut.mp4"
    clip.write_bytes(whole[: len(whole) * 3 // 4])
    frames: list[Frame] = []
    with open_source(str(clip), pace, HastyClock()) as opened:
        expected = r"^cut\.mp4 ends early: \d+ of 50 frames \(\d\.\d of 2\.0 s\) could be read: copy the file again$"
        with pytest.raises(SourceError, match=expected):
            take(opened, into=frames)
        assert 1 <= len(frames) < 45
        assert opened.live or len(frames) > 20  # a live one may drop some
        assert opened.health is Health.ENDED
        assert opened.read(0) is None


def test_clip_that_was_repacked_and_is_whole_is_not_blamed(tmp_path: Path) -> None:
    clip = tmp_path / "web.mp4"
    clip.write_bytes(moov_first(make_clip(tmp_path / "a.mp4")))
    with open_source(str(clip), Pace.FAST) as opened:
        assert len(take(opened)) == FRAMES


def trimmed(clip: bytes, to_ms: int) -> bytes:
    """The clip as a phone trims it without encoding it again: an edit list leaves out the frames behind to_ms."""
    shorter = bytearray(clip)
    for box, place in ((b"mvhd", 16), (b"tkhd", 20), (b"elst", 8)):  # the length, in thousandths
        struct.pack_into(">I", shorter, shorter.index(box) + 4 + place, to_ms)
    return bytes(shorter)


def test_clip_that_was_trimmed_without_encoding_it_again_is_whole(tmp_path: Path) -> None:
    clip = tmp_path / "trimmed.mp4"
    clip.write_bytes(trimmed(make_clip(tmp_path / "a.mp4", frames=50).read_bytes(), 1200))
    with open_source(str(clip), Pace.FAST) as opened:
        assert len(take(opened)) == pytest.approx(30, abs=2)
        assert opened.health is Health.ENDED


def test_clip_that_was_trimmed_and_ends_early_is_said_by_the_length_it_should_have(tmp_path: Path) -> None:
    whole = trimmed(moov_first(make_clip(tmp_path / "a.mp4", frames=50)), 1600)
    clip = tmp_path / "cut.mp4"
    clip.write_bytes(whole[: len(whole) // 2])
    with (
        open_source(str(clip), Pace.FAST) as opened,
        pytest.raises(SourceError, match=r"of 40 frames \(.* of 1\.6 s\)"),
    ):
        take(opened)


def bad_missing(folder: Path) -> str:
    return str(folder / "missing.mp4")


def bad_text(folder: Path) -> str:
    (folder / "text.mp4").write_text("this is no film\n" * 100)
    return str(folder / "text.mp4")


def bad_cut(folder: Path) -> str:
    clip = make_clip(folder / "cut.mp4")
    clip.write_bytes(clip.read_bytes()[:-1500])  # within mdat: the index at the end is gone
    return str(clip)


def bad_zero(folder: Path) -> str:
    (folder / "zero.mp4").touch()
    return str(folder / "zero.mp4")


def bad_folder(folder: Path) -> str:
    (folder / "notes.txt").write_text("no pictures here")
    return str(folder)


def bad_only_picture(folder: Path) -> str:
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff no more")
    return str(folder / "photo.jpg")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (bad_missing, r"no camera, file or folder is called '.*missing\.mp4': check"),
        (bad_text, r"text\.mp4 is not a whole video that can be read: "),
        (bad_cut, r"cut\.mp4 is not a whole video that can be read: copy it again"),
        (bad_zero, r"zero\.mp4 is empty \(0 bytes\): copy"),
        (bad_folder, r"holds no pictures \(JPEG, .*\): choose another folder"),
        (bad_only_picture, r"photo\.jpg is not a picture that can be read: "),
        (lambda _: "", "no camera|neither a camera nor"),
        (lambda _: "x" * 5000, r"cannot be read \(File name too long\)"),
        (lambda _: "/dev/null", r"'/dev/null' is neither a camera nor a file nor a folder: try"),
        (lambda _: "Nobody's Webcam", r"no camera, file or folder is called \"Nobody's Webcam\": check"),
        (
            lambda _: "http://127.0.0.1:9/cam",
            r"^http://127\.0\.0\.1:9/cam does not answer \(.* refuses .*\): is the camera on",
        ),
    ],
)
@pytest.mark.parametrize("pace", Pace)
def test_bad_input_is_one_line_that_says_what_to_do(
    tmp_path: Path, make: Callable[[Path], str], expected: str, pace: Pace
) -> None:
    with pytest.raises(SourceError, match=expected) as failure:
        open_source(make(tmp_path), pace)
    assert "\n" not in str(failure.value)
    assert ": " in str(failure.value)


@pytest.mark.parametrize("spec", ["99", "/dev/video99"])
def test_camera_that_does_not_exist(spec: str) -> None:
    expected = rf"^no camera '{spec}': (choose one of: \d.*|none is plugged in; try --source demo)$"
    with pytest.raises(SourceError, match=expected):
        open_source(spec)


@pytest.mark.parametrize(
    "spec",
    [
        "192.168.1.5:8080/video",
        "10.0.0.7",
        "localhost:8080/video",
        "www.example.com/cam.jpg",
        "http:/cam/ok",
        "cam.local:81/",
        "localhost",
        "admin:secret@cam.local/live",
        "rtsp//cam.local/live",
    ],
)
def test_address_without_its_beginning_is_said_to_lack_it(spec: str) -> None:
    with pytest.raises(SourceError, match=r"is called '.*': an address begins with http://, rtsp:// or the like$"):
        open_source(spec)


@pytest.mark.parametrize("spec", ["12:30.mp4", "10.0.0.7.mp4", "clip 3:16", "photos/www.zip"])
def test_name_of_a_file_is_taken_for_no_address(spec: str) -> None:
    with pytest.raises(SourceError, match=r"check it, or try --source demo$"):
        open_source(spec)


def test_address_with_a_space_around_it_is_the_address(server: str) -> None:
    with open_source(f" {server}/cam\n") as source:
        assert source.read(10.0) is not None


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_clip(tmp_path / "mine.mp4")

    def refuse(*args: object, **kwargs: object) -> None:  # tests may run as root, who may read everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match=r"mine\.mp4 cannot be read \(Permission denied\): check its permissions"):
        open_source(str(clip))


def test_stream_that_does_not_answer_is_given_up(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patience = Patience()
    patience.opening_s = 0.3
    with pytest.raises(SourceError, match=r"/silent gave no video within 0\.3 s: check"):
        open_source(server + "/silent", patience=patience)
    assert MjpegServer.given_up.wait(20), "it waited until the server closed"


def test_stream_that_begins_slowly_is_waited_for_longer_each_time(server: str) -> None:
    patience, told = Patience(), list[str]()
    patience.opening_s = 0.3
    open_it = partial(open_source, server + "/late", patience=patience)
    with open_when_there(open_it, told.append, lambda _: None) as source:
        assert source.read(5.0) is not None
    assert 0 < len(told) <= 3
    patience.opening_s = 0.3
    with pytest.raises(SourceError, match=r"within 0\.3 s: check .*; with --wait it is waited for longer$"):
        open_when_ready(open_it, told.append)


def test_stream_that_was_silent_once_and_begins_quickly_is_not_waited_for_longer_the_next_time(server: str) -> None:
    patience = Patience()
    patience.opening_s = 80.0
    with open_source(server + "/cam", patience=patience) as source:
        assert source.read(5.0) is not None
    assert patience.opening_s < 20


def test_live_sources_refuse_pace_fast(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in ("0", server + "/cam"):
        with pytest.raises(SourceError, match="is live and cannot be read at pace fast: leave --pace out"):
            open_source(spec, Pace.FAST)


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, Path]:
    """/dev and /sys of a machine with two webcams; each has a second node for metadata."""
    dev, sysfs = tmp_path / "dev", tmp_path / "sys"
    (dev / "v4l" / "by-id").mkdir(parents=True)
    for number, index, name in (
        (0, 0, "Laptop Camera"),
        (1, 1, "Laptop Camera"),
        (2, 0, "USB Cam"),
        (10, 0, "Old Cam"),
    ):
        (dev / f"video{number}").touch()
        (sysfs / f"video{number}").mkdir(parents=True)
        (sysfs / f"video{number}" / "index").write_text(f"{index}\n")
        (sysfs / f"video{number}" / "name").write_text(f"{name}\n")
    (dev / "v4l" / "by-id" / "usb-ACME_42-video-index0").symlink_to("../../video2")
    return dev, sysfs


@pytest.mark.parametrize(
    ("spec", "number"),
    [("0", 0), ("10", 10), ("usb cam", 2), ("usb-ACME_42-video-index0", 2), ("Old Cam", 10)],
)
def test_camera_is_found_by_number_and_by_names_that_stay(machine: tuple[Path, Path], spec: str, number: int) -> None:
    assert names_camera(spec, *machine)
    assert find_camera(spec, *machine).number == number


def test_two_cameras_of_one_name_are_told_apart_by_identity(machine: tuple[Path, Path]) -> None:
    dev, sysfs = machine
    (sysfs / "video10" / "name").write_text("USB Cam\n")
    assert names_camera("usb cam", *machine)
    with pytest.raises(SourceError, match=r"2 cameras are called 'usb cam': choose one of 2 \(usb-ACME_42-.*\), 10 \("):
        find_camera("usb cam", *machine)
    assert find_camera("usb-ACME_42-video-index0", *machine).number == 2
    assert find_camera(f"{dev}/v4l/by-id/usb-ACME_42-video-index0", *machine).number == 2


def test_camera_that_is_not_there_names_those_that_are(machine: tuple[Path, Path]) -> None:
    assert list(camera_nodes(*machine).values()) == ["Laptop Camera", "USB Cam", "Old Cam"]
    with pytest.raises(
        SourceError, match=r"no camera '7': choose one of: 0 \(Laptop Camera\), 2 \(USB Cam\), 10 \(Old Cam\)"
    ):
        find_camera("7", *machine)
    assert not names_camera("holiday.mp4", *machine)
    assert not names_camera("", *machine)


def renumber(machine: tuple[Path, Path], old: int, new: int) -> None:
    for folder in machine:
        (folder / f"video{old}").rename(folder / f"video{new}")


def test_camera_that_was_unplugged_is_found_under_its_new_number(machine: tuple[Path, Path]) -> None:
    dev, _ = machine
    usb, old = find_camera("2", *machine), find_camera("10", *machine)
    renumber(machine, 2, 6)
    link = dev / "v4l" / "by-id" / "usb-ACME_42-video-index0"
    link.unlink()
    link.symlink_to("../../video6")
    renumber(machine, 10, 2)  # of which the system knows nothing but number and name, and which has the other's now
    assert find_again(usb, *machine).number == 6
    assert find_again(old, *machine).number == 2


def test_camera_that_is_still_gone_is_not_taken_for_another(machine: tuple[Path, Path]) -> None:
    dev, sysfs = machine
    old = find_camera("10", *machine)
    (dev / "video10").unlink()
    with pytest.raises(SourceError, match=r"camera 10 \(Old Cam\) is gone: plug it in again"):
        find_again(old, *machine)
    for number in (0, 2):  # two of its name: which one it is nobody can tell
        (sysfs / f"video{number}" / "name").write_text("Old Cam\n")
    with pytest.raises(SourceError, match="is gone"):
        find_again(old, *machine)


def test_without_a_camera_the_demo_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(camera_list, "camera_nodes", dict)
    assert default_source() == "demo"
    monkeypatch.setattr(camera_list, "camera_nodes", lambda: {Path("/dev/video2"): "USB Cam"})
    assert default_source() == "2"
