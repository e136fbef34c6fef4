"""The address as a QR code: what a phone reads in the window, and what the terminal shows."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam.serve.qr import as_pixels, as_svg, for_terminal
from livecam.sources.health import Health
from livecam.types import Frame
from livecam.ui.overlay import Overlay
from livecam.ui.status import Status
from tests.serve.conftest import Begin

ADDRESS = "https://192.168.178.45:8765/"


def read(image: np.ndarray) -> str:
    return cv2.QRCodeDetector().detectAndDecode(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[0]


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720), (480, 640)])
def test_a_phone_reads_the_address_in_the_window_until_it_is_hidden(width: int, height: int) -> None:
    overlay = Overlay()
    overlay.code = as_pixels(ADDRESS)
    frame = Frame(np.full((height, width, 3), 90, np.uint8), 0.0, 0, 0.0)
    assert read(overlay.draw(None, None, Status(Health.OK, "cpu", 30.0, 0), frame=frame)) == ADDRESS
    overlay.code_shown = False
    assert read(overlay.draw(None, None, Status(Health.OK, "cpu", 30.0, 0), frame=frame)) == ""


def terminal(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding)


def test_the_terminal_and_the_page_show_it_too() -> None:
    with terminal("utf-8") as shows_all:
        lines = (for_terminal(ADDRESS, shows_all) or "").splitlines()
    assert 12 < len(lines) < 25, "half blocks: two rows a line"
    assert as_svg(ADDRESS).startswith(b"<svg")
    with terminal("latin-1") as shows_few:
        assert for_terminal(ADDRESS, shows_few) is None


def test_a_review_shows_it_where_other_devices_can_come(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with terminal("utf-8") as shows_all:
        monkeypatch.setattr("sys.stderr", shows_all)
        alone, open_to_all = begin(look=False), begin(tmp_path, look=False, address="0.0.0.0:0")
        assert all("█" not in line for line in alone.server.words(qr=True) + open_to_all.server.words())
        assert "█" in open_to_all.server.words(qr=True)[-1]
