"""Answers in HTTP that come packed, though nobody asked for that (Content-Encoding), as they are meant."""

from __future__ import annotations

import http.client
import zlib
from email.message import Message
from types import TracebackType
from typing import Protocol, Self

from livecam.closing import Closing

_GZIP_OR_ZLIB, _RAW = 47, -15  # zlib's codes for what is around the packed bytes
_GZIP = b"\x1f\x8b"
_CODINGS = {"gzip", "x-gzip", "deflate"}
_PLAIN = {"", "identity"}
_CHUNK = 1 << 16


class Answer(Protocol):
    """What an HTTP server answers; ``http.client.HTTPResponse`` is one."""

    @property
    def headers(self) -> Message:
        """Its head."""

    def read(self, amt: int, /) -> bytes:
        """Wait for so many bytes, fewer at the end."""

    def read1(self, n: int, /) -> bytes:
        """Return what is there, so many bytes at most; wait if nothing is. b"" at the end."""

    def close(self) -> None:
        """Let go of it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def coding_of(answer: Answer) -> str:
    """Return how an answer is packed, in lower case, in a way that ``unpacked`` does not know; "" where it does."""
    coding = str(answer.headers.get("Content-Encoding", "")).strip().lower()
    return "" if coding in _PLAIN | _CODINGS else coding


def unpacked(answer: Answer) -> Answer:
    """Return an answer as it was before it was packed, if it was in a way that is known."""
    coding = str(answer.headers.get("Content-Encoding", "")).strip().lower()
    return _Unpacked(answer) if coding in _CODINGS else answer


class _Unpacked(Closing):
    """Unpacks while it is read, and never more than is asked for: few bytes may hold a gigabyte."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._packed = b""
        self._unpack: zlib._Decompress | None = None  # once it is known what is around the packed bytes

    @property
    def headers(self) -> Message:
        return self._answer.headers

    def read(self, amt: int, /) -> bytes:
        parts, left = [], amt
        while left > 0 and (part := self.read1(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def read1(self, n: int, /) -> bytes:
        """Raises HTTPException of what cannot be unpacked."""
        try:
            while not (data := self._at_hand(n)):
                more = b"" if self._unpack is not None and self._unpack.eof else self._answer.read1(_CHUNK)
                if not more:
                    break
                self._packed += more
        except zlib.error as error:
            raise http.client.HTTPException("what it gives cannot be unpacked") from error
        return data

    def _at_hand(self, most_bytes: int) -> bytes:
        """What can be unpacked of what has come."""
        if self._unpack is None:
            if len(self._packed) < 2:
                return b""
            # What is called deflate should be in zlib's format, and often is not.
            with_head = self._packed.startswith(_GZIP) or int.from_bytes(self._packed[:2]) % 31 == 0
            self._unpack = zlib.decompressobj(_GZIP_OR_ZLIB if with_head else _RAW)
        data = self._unpack.decompress(self._packed, most_bytes)
        self._packed = self._unpack.unconsumed_tail
        return data

    def close(self) -> None:
        self._answer.close()
