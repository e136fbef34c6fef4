"""Damages whole files in the ways in which files are damaged: as hypothesis draws it, or as a number says."""

from __future__ import annotations

import random

from hypothesis import strategies as st

WORDS = (
    b"\0", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"9" * 5000, b"[" * 3000, b"{", b'"', b"<",
    b"&#0;", b"\r\n", b"\xed\xa0\x80", b"1e999", b"NaN", b"-1", b"null", b"true", b"[]", b"{}", b"\xff\xd9", b"../",
    b"%s", b"\xc0", b"9" * 400, b"\\ud800", b"http://[", b"Infinity", b"1e308", b"\0\0\0\x01", b"//", b"%00", b"@nan#1",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """One of seeds, with up to eight places changed, cut out, put in, doubled, or taken from another one."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, max(len(data) - 1, 0)))
        stop = min(start + draw(st.sampled_from((0, 1, 2, 4, 8, 64, 1 << 20))), len(data))
        match draw(st.sampled_from(["flip", "number", "word", "cut", "double", "other", "bytes"])):
            case "flip" if data:
                data[start] ^= 1 << draw(st.integers(0, 7))
            case "number" if data:
                data[start] = draw(st.integers(0, 255))
            case "word":
                data[start:stop] = draw(st.sampled_from(WORDS))
            case "cut":
                del data[start:stop]
            case "double":
                data[start:start] = data[start : min(stop, start + 4096)]
            case "other":
                other = draw(st.sampled_from(seeds))
                place = draw(st.integers(0, max(len(other) - 1, 0)))
                data[start:stop] = other[place : place + max(stop - start, 16)]
            case "bytes":
                data[start:stop] = draw(st.binary(max_size=32))
    return bytes(data)


def with_a_word(data: bytes, number: int) -> bytes:
    """Data with one of the words that readers stumble over in some place of it; number says which and where."""
    drawn = random.Random(number)  # noqa: S311  nothing is kept secret by it
    start = drawn.randint(0, len(data))
    return data[:start] + drawn.choice(WORDS) + data[start + drawn.choice((0, 0, 1, 2, 4, 8)) :]
