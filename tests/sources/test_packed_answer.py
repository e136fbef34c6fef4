"""Answers that come packed: unpacked in whatever pieces they come, and no more of them than is asked for."""

from __future__ import annotations

import gzip
import http.client
import zlib
from collections.abc import Callable
from email.message import Message
from typing import Self

import pytest

from livecam.sources.packed_answer import coding_of, unpacked

WORDS = bytes(range(256)) * 300


def raw_deflate(data: bytes) -> bytes:
    """What many servers call deflate: without zlib's head."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


class Packed:
    """Gives its data in bites."""

    def __init__(self, data: bytes, coding: str, bite: int = 1000) -> None:
        self._data, self._bite = data, bite
        self.headers = Message()
        self.headers["Content-Encoding"] = coding
        self.closed = False
        self.asked = 0

    def read(self, amt: int, /) -> bytes:
        raise AssertionError(f"{amt} packed bytes at once")

    def read1(self, n: int, /) -> bytes:
        size = min(n, self._bite)
        bite, self._data = self._data[:size], self._data[size:]
        self.asked += 1
        return bite

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@pytest.mark.parametrize("bite", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("X-GZIP ", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
)
def test_it_is_unpacked_however_it_comes(coding: str, pack: Callable[[bytes], bytes], bite: int) -> None:
    packed = Packed(pack(WORDS), coding, bite)
    with unpacked(packed) as answer:
        assert coding_of(packed) == ""
        assert answer.headers is packed.headers
        assert answer.read(10) == WORDS[:10]
        assert answer.read(7) == WORDS[10:17]
        assert answer.read(len(WORDS) * 2) == WORDS[17:]
        assert answer.read1(1) == b""
    assert packed.closed


def test_few_bytes_that_hold_many_take_no_more_memory_than_is_asked_for() -> None:
    packed = Packed(gzip.compress(bytes(50_000_000)), "gzip")
    assert len(unpacked(packed).read(1000)) == 1000
    assert packed.asked == 1


@pytest.mark.parametrize("data", [b"\xff\xd8\xff is no gzip", gzip.compress(WORDS)[:20] + bytes(5000)])
def test_what_cannot_be_unpacked_is_an_answer_that_failed(data: bytes) -> None:
    with pytest.raises(http.client.HTTPException, match="cannot be unpacked"):
        unpacked(Packed(data, "gzip")).read(len(WORDS))


def test_what_is_cut_off_ends_where_it_ends() -> None:
    found = unpacked(Packed(gzip.compress(WORDS)[:-300], "gzip")).read(len(WORDS))
    assert WORDS.startswith(found)
    assert len(found) < len(WORDS)


@pytest.mark.parametrize("coding", ["", "identity"])
def test_what_is_not_packed_stays_as_it_is(coding: str) -> None:
    plain = Packed(WORDS, coding)
    assert unpacked(plain) is plain
    assert coding_of(plain) == ""


def test_how_it_is_packed_is_said_where_nobody_knows_that_way() -> None:
    assert coding_of(Packed(WORDS, "BR")) == "br"
