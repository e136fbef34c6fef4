"""Cameras without one: the kernel's answers, OpenCV's device and the system's list are scripted."""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from livecam import cli
from livecam.errors import SourceError
from livecam.sources import camera, camera_list
from livecam.sources.camera import CameraSettings, open_camera
from livecam.sources.camera_list import Camera
from livecam.sources.decoding import Orientation
from livecam.sources.v4l2 import Mode, can_capture, read_modes

MJPG, YUYV = (int.from_bytes(code, "little") for code in (b"MJPG", b"YUYV"))
# format -> size -> intervals in seconds, as numerator and denominator
WEBCAM = {
    MJPG: {(1280, 720): [(1, 30), (1, 15)], (1920, 1080): [(1, 30)]},
    YUYV: {(1280, 720): [(1, 10)]},
}


def webcam(fd: int, request: int, answer: bytearray) -> object:
    """A kernel that answers for WEBCAM, by ``linux/videodev2.h``."""
    del fd
    index = struct.unpack_from("=I", answer)[0]
    try:
        if request == 0x80685600:
            struct.pack_into("=I", answer, 88, 0x04200001)
        elif request == 0xC0405602:
            struct.pack_into("=I", answer, 44, list(WEBCAM)[index])
        elif request == 0xC02C564A:
            sizes = list(WEBCAM[struct.unpack_from("=I", answer, 4)[0]])
            struct.pack_into("=3I", answer, 8, 1, *sizes[index])
        else:
            code, width, height = struct.unpack_from("=3I", answer, 4)
            struct.pack_into("=3I", answer, 16, 1, *WEBCAM[code][width, height][index])
    except IndexError:
        raise OSError(22, "Invalid argument") from None
    return 0


def any_size(fd: int, request: int, answer: bytearray) -> object:
    """A kernel whose device makes any size up to 4096 × 2160 at any rate from 5 to 60 a second."""
    del fd
    if request == 0x80685600:
        struct.pack_into("=I", answer, 88, 0x00A00000)  # metadata
    elif struct.unpack_from("=I", answer)[0] > 0:
        raise OSError(22, "Invalid argument")
    elif request == 0xC0405602:
        struct.pack_into("=I", answer, 44, MJPG)
    elif request == 0xC02C564A:
        struct.pack_into("=7I", answer, 8, 3, 16, 4096, 8, 16, 2160, 8)
    else:
        struct.pack_into("=7I", answer, 16, 3, 1, 60, 1, 5, 1, 1)
    return 0


def test_modes_are_the_kernels_the_largest_first(tmp_path: Path) -> None:
    node = tmp_path / "video0"
    node.touch()
    assert read_modes(node, webcam) == (
        Mode(1920, 1080, 30.0, "MJPG"),
        Mode(1280, 720, 30.0, "MJPG"),
        Mode(1280, 720, 10.0, "YUYV"),
    )
    assert read_modes(node, any_size) == (Mode(4096, 2160, 60.0, "MJPG"),)


def test_metadata_node_is_no_camera_and_a_silent_one_may_be(tmp_path: Path) -> None:
    node = tmp_path / "video0"
    node.touch()
    assert can_capture(node, webcam) is True
    assert can_capture(node, any_size) is False
    assert can_capture(node) is None  # a plain file answers no ioctl
    assert can_capture(tmp_path / "gone") is None


class FakeCapture:
    """OpenCV's device: remembers in which order it was asked, and refuses what it is to refuse."""

    made: list[FakeCapture]
    working = (cv2.CAP_V4L2,)
    refuses: tuple[int, ...] = ()

    def __init__(self, number: int, back_end: int) -> None:
        self.number, self.back_end = number, back_end
        self.asked: list[tuple[int, float]] = []
        self.released = False
        self.made.append(self)

    def isOpened(self) -> bool:  # noqa: N802
        return self.back_end in self.working

    def set(self, prop: int, value: float) -> bool:
        self.asked.append((prop, value))
        return prop not in self.refuses

    def read(self) -> tuple[bool, npt.NDArray[np.uint8]]:
        self.asked.append((-1, 0))
        return True, np.zeros((4, 4, 3), np.uint8)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def webcams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[FakeCapture]:
    class Capture(FakeCapture):
        made: list[FakeCapture] = []  # noqa: RUF012  its own for each test

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(camera, "DEV", tmp_path)
    monkeypatch.setattr(camera_list, "list_cameras", lambda *_: (Camera(2, "USB Cam", "usb-ACME_42-video-index0"),))
    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    return Capture


def test_camera_is_asked_for_format_then_size_then_rate_and_only_then_for_light(webcams: type[FakeCapture]) -> None:
    open_camera("usb cam", CameraSettings((1920, 1080), 30, exposure=8, focus="auto"))
    (device,) = webcams.made
    assert device.number == 2
    assert [prop for prop, _ in device.asked] == [
        cv2.CAP_PROP_FOURCC,
        cv2.CAP_PROP_FRAME_WIDTH,
        cv2.CAP_PROP_FRAME_HEIGHT,
        cv2.CAP_PROP_FPS,
        cv2.CAP_PROP_BUFFERSIZE,
        -1,
        cv2.CAP_PROP_AUTO_EXPOSURE,
        cv2.CAP_PROP_EXPOSURE,
        cv2.CAP_PROP_AUTOFOCUS,
    ]
    assert dict(device.asked)[cv2.CAP_PROP_FRAME_WIDTH] == 1920
    assert dict(device.asked)[cv2.CAP_PROP_EXPOSURE] == 80  # V4L2 counts in tenths of a millisecond


def test_back_ends_are_tried_in_turn(webcams: type[FakeCapture], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webcams, "working", (cv2.CAP_ANY,))
    open_camera("2")
    assert [(d.back_end, d.released) for d in webcams.made] == [(cv2.CAP_V4L2, True), (cv2.CAP_ANY, False)]


def test_camera_that_nothing_opens_is_said_to_be_busy(
    webcams: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webcams, "working", ())
    with pytest.raises(SourceError, match=r"camera 2 \(USB Cam\) gives no picture: close .*, or plug it in again$"):
        open_camera("2")
    assert all(device.released for device in webcams.made)


def test_camera_without_focus_says_so_when_it_is_asked(
    webcams: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webcams, "refuses", (cv2.CAP_PROP_FOCUS,))
    with pytest.raises(SourceError, match=r"does not let its focus be set so: leave --focus out"):
        open_camera("2", CameraSettings(focus=30))
    assert webcams.made[0].released
    open_camera("2")  # nobody asked


@pytest.mark.usefixtures("webcams")
def test_camera_without_permission_names_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "video2").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SourceError, match=r"may not be used by you: run sudo usermod -aG video"):
        open_camera("2")


def test_list_shows_each_camera_and_one_that_cannot_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def modes(one: Camera) -> tuple[Mode, ...]:
        if one.number == 2:
            raise SourceError("camera 2 cannot be asked: plug it in again")
        return (Mode(1280, 720, 30.0, "MJPG"), Mode(1280, 720, 10.0, "YUYV"))

    monkeypatch.setattr(camera_list, "list_cameras", lambda: (Camera(0, "Laptop", "pci-0"), Camera(2, "USB", "usb-1")))
    monkeypatch.setattr(camera_list, "modes", modes)
    assert cli.run(["cameras", "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["number"], first["name"], first["identity"], first["error"]) == (0, "Laptop", "pci-0", None)
    assert first["modes"][1] == {"width": 1280, "height": 720, "fps": 10.0, "format": "YUYV"}
    assert second["error"] == "camera 2 cannot be asked: plug it in again"
    assert cli.run(["cameras"]) == 0
    assert "1280 × 720: MJPG 30/s, YUYV 10/s" in " ".join(capsys.readouterr().out.split())


def test_no_camera_is_said_and_no_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(camera_list, "list_cameras", tuple)
    assert cli.run(["cameras", "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("no camera: plug one in")


def test_picture_is_turned_clockwise_and_then_mirrored() -> None:
    image = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)
    assert Orientation().apply(image) is image
    assert Orientation(90).apply(image)[..., 0].tolist() == [[3, 0], [4, 1], [5, 2]]
    assert Orientation(270, mirror=True).apply(image)[..., 0].tolist() == [[5, 2], [4, 1], [3, 0]]
    with pytest.raises(ValueError, match="rotate"):
        Orientation(45)
