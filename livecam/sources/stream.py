"""Opening a network stream, and saying what is there instead."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2

from livecam.errors import SourceError
from livecam.sources.answer import find_snapshot
from livecam.sources.decoding import Device
from livecam.sources.parts import PartStream
from livecam.sources.patience import Patience, TimedStream
from livecam.sources.still_streams import JpegStream, Snapshots

_OF_ONE_PICTURE = {
    cv2.VideoWriter.fourcc(*letters) for letters in ("MPNG", "webp", "gif ", "tiff")
}  # no camera streams these
_TIMED_OUT = 0.9  # of it: who has kept us waiting so long is not asked once more
# FFmpeg's decoder holds back a picture for each of its threads: half a second on a machine with 16 cores.
ONE_THREAD = [cv2.CAP_PROP_N_THREADS, 1]


class StreamOver(Exception):  # noqa: N818  no error
    """A stream has ended and cannot come back: standard input. Says its name."""


class NoVideoYetError(SourceError):
    """A stream is there, or seems to be, and did not begin in time; the next opening waits longer."""


def open_stream(url: str, name: str, patience: Patience) -> Device:
    """Open url: a stream, a clip (which knows its CAP_PROP_FRAME_COUNT), or what gives a few pictures at a time.

    name: for people.  patience: of all openings of url.  Raises SourceError that says what is there instead.
    """
    begun_s = time.monotonic()
    try:
        device = _opened(url, name, patience.opening_s, patience.seconds)
    except NoVideoYetError:
        patience.note_opening(time.monotonic() - begun_s, began=False)
        raise
    patience.note_opening(time.monotonic() - begun_s, began=True)
    return device if device.get(cv2.CAP_PROP_FRAME_COUNT) > 0 else TimedStream(device, patience)


def _opened(url: str, name: str, opening_s: float, patience_s: float) -> Device:
    open_ms, read_ms = int(opening_s * 1000), int(patience_s * 1000)
    params = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, open_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, read_ms, *ONE_THREAD]
    begun_s = time.monotonic()
    device = cv2.VideoCapture(url, cv2.CAP_FFMPEG, params)
    opened, took_s = device.isOpened(), time.monotonic() - begun_s
    frames = device.get(cv2.CAP_PROP_FRAME_COUNT)
    if opened and frames > 1:
        return device
    seen = opened and device.get(cv2.CAP_PROP_FRAME_WIDTH) > 0  # else FFmpeg took it for what it is not
    if seen and frames != 1 and _coding(device) not in _OF_ONE_PICTURE:
        return live_device(device, lambda: _find_snapshots(url, name, patience_s))
    # The one who was waited for in vain would be waited for again.
    if opened or took_s < opening_s * _TIMED_OUT:
        snapshots = _find_snapshots(url, name, patience_s)
        if snapshots is not None:
            device.release()
            return snapshots
    if opened:
        return device
    if took_s < opening_s * _TIMED_OUT:
        raise SourceError(f"{name} gives no video that can be read: check the address, or play it elsewhere")
    raise NoVideoYetError(f"{name} gave no video within {opening_s:g} s: check address and network")


def live_device(device: cv2.VideoCapture, find_snapshots: Callable[[], Device | None] = lambda: None) -> Device:
    """Return what reads an opened live stream: pictures that stand by themselves are decoded one by one."""
    is_jpeg = _coding(device) == cv2.VideoWriter.fourcc(*"MJPG")
    return JpegStream(device, find_snapshots) if is_jpeg else device


def _coding(device: cv2.VideoCapture) -> int:
    return int(device.get(cv2.CAP_PROP_FOURCC))


def _find_snapshots(url: str, name: str, patience_s: float) -> Device | None:
    asker = find_snapshot(url, name, patience_s)
    if asker is None:
        return None
    if not asker.in_parts:
        return Snapshots(asker)
    parts = PartStream(asker)
    if parts.grab() and parts.retrieve()[0]:
        return parts
    parts.release()
    raise SourceError(f"{name} gives something in parts that are no pictures: check the address")
