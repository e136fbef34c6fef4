"""The window that opens, and the bars beside a picture of another shape."""

from __future__ import annotations

import numpy as np
import pytest

from livecam.ui.window_shape import first_size, with_bars


@pytest.mark.parametrize(
    ("picture", "screen", "opened"),
    [
        ((1280, 720), (1920, 1080), (1280, 720)),
        ((3840, 2160), None, (1280, 720)),
        ((640, 480), (1920, 1080), (960, 720)),
        ((720, 1280), None, (405, 720)),
        ((720, 1280), (1920, 1080), (516, 918)),
        ((720, 1280), (1366, 768), (389, 691)),
        ((1, 4000), None, (1, 720)),
        ((1280, 720), (3840, 2160), (1920, 1080)),
        ((640, 480), (3840, 2160), (1440, 1080)),
        ((1280, 720), (1080, 1920), (1080, 608)),
        ((720, 1280), (1080, 1920), (918, 1632)),
        ((1280, 720), (1024, 600), (960, 540)),
        ((1280, 720), (854, 480), (768, 432)),
    ],
)
def test_the_first_window_fits_the_screen_and_can_be_read_on_it(
    picture: tuple[int, int], screen: tuple[int, int] | None, opened: tuple[int, int]
) -> None:
    assert first_size(*picture, screen) == opened


@pytest.mark.parametrize(
    ("room", "shape"),
    [
        ((800, 400), (400, 800, 3)),
        ((400, 800), (1200, 600, 3)),
        ((300, 100), (400, 1200, 3)),
        ((50, 50), (600, 600, 3)),
    ],
)
def test_beside_a_picture_in_a_window_of_another_shape_it_is_dark_and_not_white(
    room: tuple[int, int], shape: tuple[int, ...]
) -> None:
    image = np.full((400, 600, 3), 200, np.uint8)
    barred = with_bars(image, room)
    assert barred.shape == shape
    outside = barred[barred[:, :, 0] != 200]
    assert outside.size
    assert outside.max() < 40
    assert (barred[:, :, 0] == 200).sum() == 400 * 600
    middle = barred[shape[0] // 2 - 100 : shape[0] // 2 + 100, shape[1] // 2 - 100 : shape[1] // 2 + 100]
    assert (middle == 200).all(), "it lies in the middle"


@pytest.mark.parametrize("room", [None, (600, 400), (601, 400), (1200, 801)])
def test_a_window_of_the_pictures_shape_has_no_bars(room: tuple[int, int] | None) -> None:
    image = np.full((400, 600, 3), 200, np.uint8)
    assert with_bars(image, room) is image
