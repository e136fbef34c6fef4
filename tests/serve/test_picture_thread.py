"""What viewers are sent: small enough, once for all, and nothing while nobody watches."""

from __future__ import annotations

import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest

from livecam.serve.live_state import Snapshot
from livecam.serve.picture_thread import PictureSettings, PictureThread, encode
from livecam.serve.viewers import Picture
from livecam.sources.health import Health
from tests.factories import make_frame

NOTHING = Snapshot(None, None, Health.OK, None, None, 0.0, 0, None, True, False, 0.0, False, 0.0, 0.0)


@pytest.mark.parametrize(
    ("width", "height", "sent"),
    [(640, 480, (640, 480)), (1280, 720, (1280, 720)), (1600, 1200, (1280, 960)), (1920, 1080, (960, 540)),
     (3840, 2160, (960, 540)), (1080, 1920, (540, 960)), (1, 3000, (1, 1280))],
)  # fmt: skip
def test_pictures_are_sent_no_larger_than_they_are_seen(width: int, height: int, sent: tuple[int, int]) -> None:
    jpeg = encode(np.full((height, width, 3), (200, 40, 20), np.uint8), PictureSettings())
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape[1::-1] == sent
    assert np.abs(image[0, 0].astype(int) - (20, 40, 200)).max() < 12, "blue, green, red"


class Published:
    """What comes out, and whether anybody wants it."""

    def __init__(self) -> None:
        self.wanted = 0
        self.pictures: list[Picture] = []
        self.came = threading.Event()

    def publish(self, picture: Picture | None, _: str) -> None:
        if picture is not None:
            self.pictures.append(picture)
            self.came.set()

    def wait(self) -> None:
        assert self.came.wait(60)
        self.came.clear()


def test_nothing_is_encoded_while_nobody_watches_and_a_newcomer_gets_the_picture_that_is_there() -> None:
    out = Published()
    snapshot = replace(NOTHING, newest=make_frame())
    with PictureThread(lambda: out.wanted, out.publish) as thread:
        thread.offer(snapshot)
        assert not out.came.wait(0.05)
        for newcomers in (1, 2):
            out.wanted = newcomers
            thread.offer(snapshot)
            out.wait()
        thread.offer(snapshot)
    assert [picture.number for picture in out.pictures] == [1, 2], "the same frame is not sent again"
