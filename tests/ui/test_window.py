from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import cv2
import numpy as np
import pytest

from livecam.errors import DisplayError
from livecam.types import UInt8Array
from livecam.ui.keys import Key
from livecam.ui.window import Window, check_display, has_display, or_else
from tests.ui.virtual_screen import xvfb

linux = pytest.mark.skipif(sys.platform != "linux", reason="only X11 has to be asked first")
PICTURE = np.zeros((720, 1280, 3), np.uint8)


class FakeScreen:
    """OpenCV's windows without a screen: presses the keys it is given, and is closed when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: list[int] = []
        self.open = False
        self.shown: list[UInt8Array] = []
        self.size: tuple[int, int] | None = None
        self.full = 0.0
        monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)
        monkeypatch.setenv("QT_QPA_PLATFORM", "")  # what Window sets is undone with it
        monkeypatch.setattr(cv2, "namedWindow", self._name)
        monkeypatch.setattr(cv2, "imshow", self._show)
        monkeypatch.setattr(cv2, "resizeWindow", self._resize)
        monkeypatch.setattr(cv2, "pollKey", lambda: self.keys.pop(0) if self.keys else -1)
        monkeypatch.setattr(cv2, "getWindowProperty", self._property)
        monkeypatch.setattr(cv2, "setWindowProperty", self._set_property)
        monkeypatch.setattr(cv2, "getWindowImageRect", self._rect)
        monkeypatch.setattr(cv2, "destroyWindow", self._destroy)

    def _name(self, title: str, flags: int) -> None:
        self.open = True

    def _show(self, title: str, image: UInt8Array) -> None:
        self.open = True  # as OpenCV does
        self.shown.append(image)

    def _resize(self, title: str, width: int, height: int) -> None:
        self.size = width, height

    def _property(self, title: str, which: int) -> float:
        if not self.open:
            raise cv2.error("NULL guiReceiver (please create a window)")
        return self.full if which == cv2.WND_PROP_FULLSCREEN else 1.0

    def _set_property(self, title: str, which: int, value: float) -> None:
        assert which == cv2.WND_PROP_FULLSCREEN
        self.full = value

    def _rect(self, title: str) -> tuple[int, int, int, int]:
        return (-1, -1, -1, -1) if self.size is None else (5, 5, *self.size)

    def _destroy(self, title: str) -> None:
        assert self.open, "OpenCV fails when there is nothing to destroy"
        self.open = False


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> FakeScreen:
    return FakeScreen(monkeypatch)


def test_the_picture_on_the_screen_has_its_own_colours(screen: FakeScreen) -> None:
    red = np.full((4, 6, 3), (200, 10, 20), np.uint8)
    with Window() as window:
        window.show(red)
    assert screen.shown[0][0, 0].tolist() == [20, 10, 200]  # OpenCV shows blue first
    assert red[0, 0].tolist() == [200, 10, 20]


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (ord(" "), Key.TAKE),
        (ord("c"), Key.COUNTDOWN),
        (ord("a"), Key.AUTO),
        (ord("p"), Key.PAUSE),
        (ord("+"), Key.HIGHER),
        (ord("="), Key.HIGHER),
        (ord("-"), Key.LOWER),
        (ord("1"), Key.RATE_1),
        (ord("5"), Key.RATE_5),
        (ord("6"), None),
        (ord("x"), Key.DELETE),
        (ord("u"), Key.RESTORE),
        (ord("q"), Key.QUIT),
        (ord("Q"), Key.QUIT),
        (27, Key.QUIT),
        (ord("m"), Key.MIRROR),
        (ord("M"), Key.MIRROR),
        (ord("g"), Key.GRID),
        (ord("f"), Key.FULL_SCREEN),
        (ord("h"), Key.HELP),
        (ord("?"), Key.HELP),
        (0x10006D, Key.MIRROR),  # some builds add the modifier keys above the low bytes
        (0xFF52, Key.HIGHER),  # X11's arrows
        (0xFF54, Key.LOWER),
        (0x10FF52, Key.HIGHER),
        (0x260000, Key.HIGHER),  # Windows'
        (0x280000, Key.LOWER),
        (0xF700, Key.HIGHER),  # macOS'
        (0xF701, Key.LOWER),
        (0xFFFF, Key.DELETE),
        (0xFF51, Key.LEFT),  # its low byte is that of "Q"
        (0x250000, Key.LEFT),
        (0xFF53, Key.RIGHT),
        (0xFF50, None),  # Home: "P"
        (0xFF08, Key.BACK),
        (8, Key.BACK),
        (ord("y"), None),
        (-1, None),
    ],
)
def test_keys_say_what_is_wanted(screen: FakeScreen, code: int, key: Key | None) -> None:
    with Window() as window:
        screen.keys.append(code)
        assert window.key() is key
        assert window.key() is None


def test_a_key_pressed_while_a_picture_is_painted_is_not_lost(screen: FakeScreen) -> None:
    with Window() as window:
        screen.keys.extend([ord("m"), ord("h"), ord("g")])
        window.show(PICTURE)
        assert [window.key() for _ in range(4)] == [Key.MIRROR, Key.HELP, Key.GRID, None]


def test_the_keys_of_a_rating_say_which() -> None:
    assert [key.rating for key in Key if key.rating is not None] == [1, 2, 3, 4, 5]


def test_closing_the_window_quits_and_does_not_open_another(screen: FakeScreen) -> None:
    with Window() as window:
        window.show(PICTURE)
        assert window.key() is None
        screen.open = False
        assert window.key() is Key.QUIT
        window.show(PICTURE)
        assert window.key() is Key.QUIT
    assert len(screen.shown) == 1
    assert not screen.open


def test_escape_leaves_the_full_screen_before_it_quits(screen: FakeScreen) -> None:
    with Window() as window:
        window.toggle_full_screen()  # before the first picture there is nothing to fill the screen with
        assert not screen.full
        window.show(PICTURE)
        window.toggle_full_screen()
        assert screen.full == cv2.WINDOW_FULLSCREEN
        screen.keys.append(27)
        assert window.key() is Key.FULL_SCREEN
        window.toggle_full_screen()
        assert screen.full == cv2.WINDOW_NORMAL
        screen.keys.append(27)
        assert window.key() is Key.QUIT


def test_the_room_for_the_picture_is_known_once_there_is_one(screen: FakeScreen) -> None:
    with Window() as window:
        assert window.size is None
        window.show(PICTURE)
        assert window.size == (1280, 720)
        screen.size = None  # OpenCV says -1 where it does not know
        assert window.size is None
        screen.size = 10, 10
        screen.open = False
        assert window.size is None


def test_a_window_may_be_closed_twice_and_before_any_picture(screen: FakeScreen) -> None:
    window = Window()
    window.close()
    window.close()
    assert not screen.open
    window.show(PICTURE)
    assert not screen.open
    assert window.key() is Key.QUIT


def test_the_window_takes_the_shape_of_a_picture_that_is_turned(screen: FakeScreen) -> None:
    with Window() as opened:
        opened.show(PICTURE)
        opened.show(np.zeros((1280, 720, 3), np.uint8))
        assert screen.size == (405, 720)
        opened.show(PICTURE)
        assert screen.size == (1280, 720)


def test_a_window_that_a_person_has_resized_keeps_its_size(screen: FakeScreen) -> None:
    with Window() as opened:
        opened.show(PICTURE)
        screen.size = 900, 500
        opened.show(np.zeros((1280, 720, 3), np.uint8))
        assert screen.size == (900, 500)


@pytest.mark.parametrize(
    ("picture", "window"),
    [((480, 640), (960, 720)), ((720, 1280), (1280, 720)), ((2160, 3840), (1280, 720)), ((1280, 720), (405, 720))],
)
def test_a_large_picture_starts_no_larger_than_a_screen_and_a_small_one_no_smaller(
    screen: FakeScreen, picture: tuple[int, int], window: tuple[int, int]
) -> None:
    with Window() as opened:
        opened.show(np.zeros((*picture, 3), np.uint8))
    assert screen.size == window


def test_an_opencv_without_windows_is_named(screen: FakeScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(title: str, flags: int) -> None:
        raise cv2.error("The function is not implemented")

    monkeypatch.setattr(cv2, "namedWindow", refuse)
    with pytest.raises(DisplayError, match=r"opencv-python-headless.*install opencv-python$"):
        Window()


@linux
def test_while_qt_connects_another_connection_keeps_a_bare_server_from_starting_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held: list[str] = []
    monkeypatch.setattr("livecam.ui.window.ServerWatch", lambda: held.append("open for good"))
    monkeypatch.setattr("livecam.ui.window.check_display", lambda: None)
    monkeypatch.setattr(cv2, "namedWindow", lambda *_: held.append("Qt"))
    Window()
    assert held == ["open for good", "Qt"]


@linux
@pytest.mark.parametrize(("display", "words"), [(None, "DISPLAY is not set"), (":4099", "display :4099 does not")])
def test_without_a_screen_it_says_so_instead_of_ending_the_process(
    monkeypatch: pytest.MonkeyPatch, display: str | None, words: str
) -> None:
    if display is None:
        monkeypatch.delenv("DISPLAY", raising=False)
    else:
        monkeypatch.setenv("DISPLAY", display)
    with pytest.raises(DisplayError, match=words) as caught, or_else("add --headless"):
        Window()
    assert str(caught.value).endswith(", or add --headless")
    assert "\n" not in str(caught.value)
    assert not has_display()


@linux
def test_without_x11_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("ctypes.CDLL", missing)
    with pytest.raises(DisplayError, match="install"):
        check_display()


@pytest.mark.slow
@linux
def test_a_real_window_opens_even_on_a_wayland_desktop() -> None:
    script = (
        "import cv2, numpy, time\n"
        "from livecam.ui.window import Window, has_display\n"
        "assert has_display()\n"
        "with Window() as window:\n"
        "    for _ in range(3):\n"
        "        window.show(numpy.zeros((90, 160, 3), numpy.uint8))\n"
        "        assert window.key() is None\n"
        "    assert window.size\n"
        "    cv2.resizeWindow('livecam', 300, 600)\n"
        "    for _ in range(100):\n"
        "        window.key()\n"
        "        if window.size == (300, 600):\n"
        "            break\n"
        "        time.sleep(0.05)\n"
        "    assert window.size == (300, 600), 'all of its room, not the part of a picture of another shape'\n"
        "window.close()\n"
        "print('shown')\n"
    )
    with xvfb() as display:
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "wayland"}
        root = Path(__file__).parents[2]
        done = subprocess.run(
            [sys.executable, "-c", script], check=False, capture_output=True, text=True, env=environment, cwd=root
        )
    assert done.stdout == "shown\n", done.stderr
    assert done.returncode == 0


def test_the_window_is_told_several_times_that_it_is_on_the_screen(
    screen: FakeScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr("livecam.ui.window.remind_own_windows", lambda: told.append(1))
    with Window() as window:
        for _ in range(30):
            window.key()
        assert not told, "not before there is a picture"
        window.show(PICTURE)
        for _ in range(400):
            window.key()
    assert 3 <= len(told) <= 5


@linux
def test_when_the_screen_goes_away_the_window_is_closed_and_the_process_goes_on() -> None:
    watch = """
        import os, sys, time
        import numpy as np
        from livecam.ui.window import Key, Window
        window, picture = Window(), np.zeros((720, 1280, 3), np.uint8)
        window.show(picture)
        print("open", flush=True)
        sys.stdin.readline()  # until the screen has gone
        deadline = time.monotonic() + 10
        while not window._server.gone:
            assert time.monotonic() < deadline
        window.show(picture)
        assert window.key() is Key.QUIT
        assert window.size is None
        window.toggle_full_screen()
        window.close()
        print("goes on", flush=True)
        os._exit(0)
    """
    with xvfb() as display:
        environment = os.environ | {"DISPLAY": display}
        command = [sys.executable, "-c", dedent(watch)]
        program = subprocess.Popen(
            command,
            cwd=Path(__file__).parents[2],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
    said, _ = program.communicate("gone\n", timeout=60)
    assert said == "goes on\n"
    assert program.returncode == 0
