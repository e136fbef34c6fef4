"""Addresses of network cameras: what is there is said, single pictures are polled, JPEGs are shown as meant."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from livecam.errors import SourceError
from livecam.sources.answer import find_snapshot
from livecam.sources.health import Health
from livecam.sources.source import Pace, open_source
from livecam.types import Frame
from tests.sources.bad_camera import HEIGHT, LOGIN, WIDTH, BadCamera, bad_camera, rtsp_camera


@pytest.fixture
def camera() -> Iterator[BadCamera]:
    with bad_camera() as made:
        yield made


def frames_of(url: str, count: int = 3) -> list[Frame]:
    frames: list[Frame] = []
    with open_source(url) as opened:
        for _ in range(40):
            if len(frames) == count:
                break
            frame = opened.read(0.5)
            if frame is not None:
                frames.append(frame)
    assert len(frames) == count
    return frames


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("401", r"asks for a name and a password \(401\): write them before 127"),
        ("token.jpg", r"asks for a name and a password \(401\)"),
        ("403", r"does not let you in \(403\): check"),
        ("404", r"is not there \(404\): check"),
        ("410", r"is not there any more \(410\): check"),
        ("418", r"refuses \(418\): check"),
        ("500", r"has a fault of its own \(500\): try"),
        ("429", r"is asked too often \(429\): close"),
        ("503", r"is not ready \(503\): try"),
        ("504", r"is not ready \(504\): try"),
        ("503-5", r"is not ready \(503\): try"),
        ("503-soon", r"is not ready \(503\): try"),
        ("429-120", r"asks to be tried again after 120 s \(429\): come back"),
        ("circle", r"leads back to itself \(302\): check"),
        ("away", r"leads to another address \(302\), which cannot be followed: give"),
        ("page", "is a web page, no video: give"),
        ("empty", "answers with nothing: start"),
        ("json", r'answers with text, no video \("{"error": "no such channel"}"\): check'),
        ("words", r'answers with text, no video \("camera offline"\): check'),
        ("foreign", r'answers with text, no video \("Kamera läuft nicht"\): check'),
        ("cut", r'answers with text, no video \("Kamera läuft nicht\."\): check'),
        ("packed", "is a web page, no video: give"),
        ("paper", r"gives something else than video \(application/pdf\): check"),
        ("song", r"gives something else than video \(audio/mpeg\): check"),
        ("what", "gives no video that can be read: check the address"),
        ("br.jpg", r"packs its pictures in a way that livecam cannot unpack \(br\): turn"),
        ("long", r'answers with text, no video \("(x ){40}…"\): check'),
    ],
)
def test_what_is_behind_an_address_without_video_is_said(camera: BadCamera, path: str, words: str) -> None:
    with pytest.raises(SourceError, match=rf"^http://{camera.host}/{path} {words}") as failure:
        open_source(f"http://{camera.host}/{path}")
    assert "\n" not in str(failure.value)


def test_answer_that_repeats_the_password_is_told_without_it(camera: BadCamera) -> None:
    with pytest.raises(SourceError, match=r'answers with text, no video \("\*\*\* is wrong, token=\*\*\*"\): check'):
        open_source(f"http://{':'.join(LOGIN)}@{camera.host}/secret")


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_password_that_cuts_the_address_is_not_taken_for_a_host_and_shown(camera: BadCamera, scheme: str) -> None:
    with pytest.raises(SourceError, match=f"^{scheme}://{camera.host}/x cannot be asked: of a password write / as %2F"):
        open_source(f"{scheme}://admin:p@hunter2/w:rd@{camera.host}/x")


def test_wrong_password_is_said_and_not_shown(camera: BadCamera) -> None:
    expected = rf"^http://{camera.host}/locked\.jpg asks for .* \(401\): those given are wrong$"
    with pytest.raises(SourceError, match=expected):
        open_source(f"http://admin:wr@ng@{camera.host}/locked.jpg")


@pytest.mark.parametrize(("code", "words"), [(401, "asks for a name"), (404, "is not there"), (453, "has no room")])
def test_what_an_rtsp_camera_answers_is_said(code: int, words: str) -> None:
    with rtsp_camera() as host, pytest.raises(SourceError, match=rf"^rtsp://{host}/{code} {words} .*\({code}\): "):
        open_source(f"rtsp://u:secret@{host}/{code}")


def test_web_server_is_no_rtsp_camera(camera: BadCamera) -> None:
    with pytest.raises(SourceError, match="does not answer in RTSP: check the address and its port"):
        open_source(f"rtsp://{camera.host}/stream")


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_name_that_nobody_has_is_said(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(SourceError, match=f"^{scheme}://cam.invalid/x cannot be found: nobody is called cam.invalid"):
        open_source(f"{scheme}://cam.invalid/x")


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
@pytest.mark.parametrize("host", ["cam..lan", "[::1", "a" * 70])
def test_host_that_can_be_nobodys_is_said(scheme: str, host: str) -> None:
    with pytest.raises(SourceError, match=r"/x is no address: check how its host is written$"):
        find_snapshot(f"{scheme}://{host}/x", f"{scheme}://{host}/x", 1)


def test_address_with_a_space_and_an_umlaut_is_asked_as_it_is_meant(camera: BadCamera) -> None:
    assert len(frames_of(f"http://{camera.host}/Hof Süd.jpg?sub=%31", 2)) == 2


def test_redirect_is_followed_to_the_stream(camera: BadCamera) -> None:
    assert frames_of(f"http://{camera.host}/moved")[0].image.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("path", ["now.png", "now.webp", "now.tiff", "now.avif"])
def test_address_of_a_single_picture_of_another_kind_is_asked_again_and_again(camera: BadCamera, path: str) -> None:
    frames = frames_of(f"http://{camera.host}/{path}", 4)
    brightness = [int(frame.image[5, 5, 0]) for frame in frames]
    assert brightness == sorted(set(brightness))


def test_address_of_a_single_gif_is_asked_again_and_again(camera: BadCamera) -> None:
    assert {frame.image.shape for frame in frames_of(f"http://{camera.host}/now.gif", 4)} == {(HEIGHT, WIDTH, 3)}


@pytest.mark.parametrize(
    "path",
    [
        "parts.png", "parts.webp", "parts.bmp", "parts-lost.png", "parts-bare.jpg", "parts-told.jpg", "parts-1.jpg",
        "parts-1.png", "parts-2.jpg", "parts-3.webp",
    ],
)  # fmt: skip
def test_pictures_in_parts_play_whatever_kind_they_are_and_however_few_come_in_an_answer(
    camera: BadCamera, path: str
) -> None:
    frames = frames_of(f"http://{camera.host}/{path}", 7)
    brightness = [int(frame.image[5, 5, 0]) for frame in frames]
    assert brightness == sorted(brightness)
    assert len(set(brightness)) >= 5, "JPEG cannot tell two neighbours apart"


def test_parts_that_are_no_pictures_are_said(camera: BadCamera) -> None:
    with pytest.raises(SourceError, match=r"/parts\.xyz gives something in parts that are no pictures: check"):
        open_source(f"http://{camera.host}/parts.xyz")


@pytest.mark.parametrize("login", ["", ":".join(LOGIN) + "@"])
def test_address_of_a_single_picture_is_asked_again_and_again(camera: BadCamera, login: str) -> None:
    path = "locked.jpg" if login else "now.jpg"
    frames = frames_of(f"http://{login}{camera.host}/{path}")
    brightness = [int(frame.image[5, 5, 0]) for frame in frames]
    assert brightness == sorted(brightness)
    assert brightness[0] < brightness[-1]
    assert frames[0].image[5, 5, 2] < 50, "red is red"
    assert frames[-1].image[-5, 5, 2] > 100


@pytest.mark.parametrize("path", ["gzip.jpg", "deflate.jpg"])
def test_pictures_that_come_packed_are_unpacked(camera: BadCamera, path: str) -> None:
    brightness = [int(frame.image[5, 5, 0]) for frame in frames_of(f"http://{camera.host}/{path}")]
    assert brightness == sorted(brightness)
    assert brightness[0] < brightness[-1]


def test_address_of_a_single_picture_is_live(camera: BadCamera) -> None:
    with open_source(f"http://{camera.host}/now.jpg") as opened:
        assert opened.read(5) is not None
        assert opened.live
        assert opened.health is Health.OK
    with pytest.raises(SourceError, match="is live and cannot be read at pace fast"):
        open_source(f"http://{camera.host}/now.jpg", Pace.FAST)


@pytest.mark.parametrize("path", ["lying", "lying.jpg"])
def test_picture_that_lies_is_turned_by_its_exif(camera: BadCamera, path: str) -> None:
    image = frames_of(f"http://{camera.host}/{path}")[0].image
    assert image.shape == (WIDTH, HEIGHT, 3)
    assert image[5, -5, 0] > 100, "what was above is on the right"
    assert image[5, 5, 2] > 100


@pytest.mark.parametrize(("path", "after"), [("turns", (WIDTH, HEIGHT, 3)), ("grows", (2 * HEIGHT, 2 * WIDTH, 3))])
def test_stream_that_changes_its_form_is_shown_as_it_is(
    camera: BadCamera, path: str, after: tuple[int, int, int]
) -> None:
    with open_source(f"http://{camera.host}/{path}") as opened:
        shapes = {frame.image.shape for _ in range(60) if (frame := opened.read(0.5)) is not None}
    assert shapes <= {(HEIGHT, WIDTH, 3), after}
    assert after in shapes


def test_picture_that_is_cut_off_is_no_picture(camera: BadCamera) -> None:
    for frame in frames_of(f"http://{camera.host}/torn", 10):
        assert (frame.image[-2] > 100).any(), "the lower part is missing"


def test_pictures_of_a_camera_that_never_writes_their_end_are_whole_all_the_same(camera: BadCamera) -> None:
    frames = frames_of(f"http://{camera.host}/endless", 4)
    assert all(int(frame.image[5, 5, 0]) >= 150 for frame in frames)
    assert all(int(frame.image[-5, 5, 2]) >= 150 for frame in frames)
