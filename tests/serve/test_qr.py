"""The address as a QR code: what a phone reads in the window, and what the terminal shows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livecam.serve.qr import as_pixels, as_svg, for_terminal
from livecam.sources.health import Health
from livecam.types import Frame
from livecam.ui.overlay import Overlay
from livecam.ui.status import Status

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


def test_the_terminal_and_the_page_show_it_too() -> None:
    lines = for_terminal(ADDRESS).splitlines()
    assert 12 < len(lines) < 25, "half blocks: two rows a line"
    assert as_svg(ADDRESS).startswith(b"<svg")
