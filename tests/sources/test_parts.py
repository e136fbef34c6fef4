"""Pictures in parts, taken asunder: scripted answers, cut anywhere."""

from __future__ import annotations

import http.client
from typing import cast

import cv2
import pytest

from livecam.sources.answer import HttpAsker
from livecam.sources.parts import PartStream
from tests.sources.bad_camera import jpeg, stored

PICTURES = [cv2.imencode(".png", stored(i))[1].tobytes() for i in range(3)]


class Answer:
    """Gives its data in bites."""

    def __init__(self, data: bytes, bite: int) -> None:
        self._data, self._bite = data, bite
        self.closed = False

    def read1(self, _: int) -> bytes:
        bite, self._data = self._data[: self._bite], self._data[self._bite :]
        return bite

    def close(self) -> None:
        self.closed = True

    @property
    def left(self) -> int:
        return len(self._data)


class Asker:
    """Answers in turn; then nobody is there."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def open(self) -> http.client.HTTPResponse:
        if not self.answers:
            raise ConnectionRefusedError
        return cast("http.client.HTTPResponse", self.answers.pop(0))


def stream_of(*answers: Answer) -> PartStream:
    return PartStream(cast("HttpAsker", Asker(*answers)))


def taken(stream: PartStream) -> list[int]:
    """The brightness of each picture that comes."""
    found = []
    while stream.grab():
        ok, image = stream.retrieve()
        found.append(int(image[0, 0, 2]) if ok else -1)
    return found


def body(head: bytes, *, line: bytes = b"\r\n", boundary: bytes = b"--b", before: bytes = b"") -> bytes:
    parts = (
        boundary + line + head.replace(b"LENGTH", b"%d" % len(data)).replace(b"\n", line) + line + data + line
        for data in PICTURES
    )
    return before + b"".join(parts) + boundary + b"--" + line


HEADS = {
    "length": body(b"Content-Type: image/png\nContent-Length: LENGTH\n"),
    "small letters": body(b"content-length:LENGTH\n"),
    "without length": body(b"Content-Type: image/png\n"),
    "line feeds alone": body(b"Content-Length: LENGTH\n", line=b"\n"),
    "more dashes": body(b"Content-Type: image/png\n", boundary=b"------b=="),
    "space in the boundary": body(b"Content-Type: image/png\n", boundary=b"--of my camera"),
    "empty part first": b"--b\r\nContent-Type: text/plain\r\n\r\n\r\n" + body(b"Content-Type: image/png\n"),
    "words before": body(b"Content-Length: LENGTH\n", before=b"\r\nhere it comes\r\n"),
}


@pytest.mark.parametrize("bite", [1, 7, 100_000])
@pytest.mark.parametrize("what", HEADS)
def test_parts_are_taken_asunder_wherever_they_are_cut(what: str, bite: int) -> None:
    answer = Answer(HEADS[what], bite)
    assert taken(stream_of(answer)) == [150, 151, 152]
    assert answer.closed


@pytest.mark.parametrize("bite", [1, 7, 100_000])
@pytest.mark.parametrize("less", [1, 500])
def test_jpegs_whose_lengths_are_too_short_are_whole_all_the_same(less: int, bite: int) -> None:
    pictures = [jpeg(stored(i, 640, 480)) for i in (0, 20, 40)]
    heads = (b"--b\r\nContent-Length: %d\r\n\r\n" % (len(data) - less) for data in pictures)
    answer = Answer(b"".join(head + data + b"\r\n" for head, data in zip(heads, pictures, strict=True)), bite)
    brightness = taken(stream_of(answer))
    assert brightness == pytest.approx([150, 170, 190], abs=2)


def test_a_connection_that_ends_is_opened_again() -> None:
    first, second = (Answer(HEADS["length"], 1000) for _ in range(2))
    assert taken(stream_of(first, second)) == [150, 151, 152] * 2
    assert first.closed


def test_one_that_ends_within_a_picture_gives_those_before_it() -> None:
    whole = HEADS["length"]
    assert taken(stream_of(Answer(whole[: len(whole) - 40], 1000))) == [150, 151]


@pytest.mark.parametrize(
    "data", [b"", b"--b\r\n", b"no parts", b"--b\r\nContent-Length: 999999999\r\n\r\nx", b"--b\r\n" + b"x" * 10_000]
)
def test_an_answer_without_a_picture_is_a_read_that_failed(data: bytes) -> None:
    stream = stream_of(Answer(data, 1000))
    assert not stream.grab()
    assert stream.retrieve()[0] is False
    stream.release()


def test_parts_that_are_empty_for_ever_are_a_read_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livecam.sources.parts.SAME_S", 0.0)
    answer = Answer(b"--b\r\nContent-Length: 0\r\n\r\n\r\n" * 100_000, 28)
    assert not stream_of(answer).grab()
    assert answer.closed
    assert answer.left, "it is not read to its end"


def test_how_the_pictures_are_coded_is_known_after_the_first() -> None:
    stream = stream_of(Answer(HEADS["length"], 1000))
    assert stream.get(cv2.CAP_PROP_FOURCC) == 0
    assert stream.grab()
    assert int(stream.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little") == b"PNG "
    assert stream.get(cv2.CAP_PROP_FPS) == 0
    stream.release()
