"""A stream of pictures one after another in one HTTP answer, each with a head of its own (multipart/x-mixed-replace).

FFmpeg plays those of JPEGs that go on. This is for the rest: PNG, WebP or BMP, and cameras that close the connection
after a picture or two and want to be asked again.
"""

from __future__ import annotations

import http.client
import math
import re
import time
from contextlib import suppress
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from livecam.sources.answer import PICTURE_BYTES, HttpAsker
from livecam.sources.packed_answer import Answer
from livecam.sources.still_streams import NOTHING, POLL_S, SAME_S, decode, is_cut_off

_CHUNK = 1 << 16
_PART_S = 10.0  # for one picture to come; set by hand: a slow camera's takes a second
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,9})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
# A line that begins with two dashes, or, of cameras that forget them, one with a head below it.
_BOUNDARY = re.compile(rb"(?:^|(?<=\n))(?:--[^\r\n]+|[^\r\n]+(?=\r?\ncontent-))\r?\n", re.IGNORECASE)
_HEAD_BYTES = 4096  # no camera says more of one picture; set by hand


class PartStream:
    """Such a stream as a device. A connection that ends is opened again by the next ``grab``, POLL_S later at least."""

    def __init__(self, asker: HttpAsker) -> None:
        """Asks nothing yet."""
        self._asker = asker
        self._answer: Answer | None = None
        self._parts: _Parts | None = None
        self._data = b""
        self._next_s = 0.0

    def grab(self) -> bool:
        """Wait for another picture than before, or for SAME_S; parts that are empty only say that it goes on."""
        until_s, came = time.monotonic() + SAME_S, False
        while True:
            data, over = self._next(), time.monotonic() > until_s
            came = came or bool(data)
            if data is None or (over and not came):
                self.release()
                return False
            if data and (over or data != self._data):
                self._data = data
                return True

    def retrieve(self, image: npt.NDArray[Any] | None = None, /) -> tuple[bool, npt.NDArray[Any]]:
        """Decode it: (ok, BGR), upright."""
        return decode(np.frombuffer(self._data, np.uint8), image) if self._data else (False, NOTHING)

    def get(self, propId: int, /) -> float:  # noqa: N803  cv2's own name
        """Nothing is known but how it is coded: it has no buffer."""
        known = {b"\xff\xd8": "JPEG", b"\x89P": "PNG ", b"RI": "WEBP", b"BM": "BMP "}
        letters = known.get(self._data[:2], "") if propId == cv2.CAP_PROP_FOURCC else ""
        return float(cv2.VideoWriter.fourcc(*letters)) if letters else 0.0

    def release(self) -> None:
        """Close the connection."""
        answer, self._answer, self._parts = self._answer, None, None
        if answer is not None:
            with suppress(OSError):
                answer.close()

    def _next(self) -> bytes | None:
        """The next picture; b"" of an empty part or where a connection has ended after some, None: nothing comes."""
        new = self._parts is None
        try:
            if self._parts is None:
                time.sleep(max(self._next_s - time.monotonic(), 0))
                self._next_s = time.monotonic() + POLL_S
                self._answer = self._asker.open()
                self._parts = _Parts(self._answer)
            data = self._parts.next()
        except (OSError, http.client.HTTPException):
            return None
        if data is None and not new:
            self.release()
            return b""
        return data


class _Parts:
    """Takes an answer asunder."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._buffer = bytearray()
        self._end_s: float | None = None  # once the first byte of a part has come: who waits may wait for long

    def next(self) -> bytes | None:
        """The next part without its head; None at the end. Raises OSError, and HTTPException of what is too long."""
        self._end_s = None
        boundary = self._take(_BOUNDARY, PICTURE_BYTES)  # the rest of one whose length was wrong
        head = self._take(_HEAD_END, _HEAD_BYTES) if boundary is not None else None
        if boundary is None or head is None:
            return None
        length, mark = _LENGTH.search(head), boundary.splitlines()[-1].rstrip()
        data = self._bytes(int(length[1])) if length is not None else self._up_to(mark)
        if data is not None and length is not None and is_cut_off(data):  # its length was wrong, then
            data += self._up_to(mark) or b""
        return data

    def _take(self, pattern: re.Pattern[bytes], most_bytes: int) -> bytes | None:
        """All up to the end of pattern, read as far as it takes."""
        while (found := pattern.search(self._buffer)) is None:
            if len(self._buffer) > most_bytes:
                raise http.client.HTTPException("no head of a part")
            if not self._more():
                return None
        taken = bytes(self._buffer[: found.end()])
        del self._buffer[: found.end()]
        return taken

    def _bytes(self, count: int) -> bytes | None:
        while len(self._buffer) < count:
            if not self._more():
                return None
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _up_to(self, boundary: bytes) -> bytes | None:
        """All up to boundary, or up to the end of the connection; None if that has come."""
        start = 0
        while (end := self._buffer.find(b"\n" + boundary, start)) < 0:
            start = max(len(self._buffer) - len(boundary), 0)
            if not self._more():
                end = len(self._buffer)
                break
        ended = end == len(self._buffer)
        taken = bytes(self._buffer[:end])
        del self._buffer[:end]
        return None if ended and not taken else taken.removesuffix(b"\r")

    def _more(self) -> bool:
        """Read on; False at the end."""
        if len(self._buffer) > PICTURE_BYTES or time.monotonic() > (self._end_s or math.inf):
            raise http.client.HTTPException("too long a part")
        data = self._answer.read1(_CHUNK)
        self._end_s = self._end_s or time.monotonic() + _PART_S
        self._buffer += data
        return bool(data)
