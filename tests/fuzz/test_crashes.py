"""What has once made a reader crash, found by ``python -m tools.fuzz`` or beside what it found."""

from __future__ import annotations

import http.client
import json
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from livecam.best.choices.file import read_choices
from livecam.errors import LivecamError
from livecam.photos.exif import parse_time
from livecam.photos.read import read
from livecam.rating.cuts import Cuts
from livecam.rating.dialogue import Dialogue
from livecam.rating.page import RatingPage
from livecam.rating.session import RatingSession
from livecam.sources.movie_length import movie_length_ms
from livecam.storage.journal import Journal
from livecam.storage.leftovers import Leftovers, recover, temporary_name
from livecam.storage.marks import find_marks
from tests.photos.mark_factories import make_picture, packet
from tests.rating.rating_factories import photo_questions

ROOT = Path(__file__).parents[2]
NESTED = b"[" * 100_000
PHOTO = {"path": "/no/a.jpg", "flag": "keep", "flag_by": "person", "stars": 1}


@pytest.mark.parametrize("size", [1 << 63, (1 << 64) - 1])
def test_a_box_that_ends_beyond_any_file_says_nothing_of_a_movies_length(size: int, tmp_path: Path) -> None:
    movie = tmp_path / "a.mov"
    movie.write_bytes(struct.pack(">I4sQ", 1, b"mdat", size) + bytes(64))
    assert movie_length_ms(movie) is None


ODD = bytes.fromhex(
    "ffd8ffee000e41646f59000064000038323c2e000064000038323c2e333432ffc000140800003711004b3f96c04d1c095d4003d9"
)


def test_a_jpeg_that_pillow_takes_for_none_is_refused_in_words(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(ODD)
    with pytest.raises(LivecamError, match=r"a\.jpg is damaged"):
        read(photo)


def test_a_heic_whose_items_have_no_name_that_is_text_ends_no_process(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif", reason="needs the dev extra")
    photo = make_picture(tmp_path / "a.heic", packet())
    whole = photo.read_bytes()
    assert read(photo).width == 64
    damaged = whole.replace(b"application/rdf+xml", b"app\x93\x8fication/rdf+xml"[:19], 1)
    assert damaged != whole
    photo.write_bytes(damaged)
    code = "import sys; from pathlib import Path; from livecam.photos.read import read; read(Path(sys.argv[1]))"
    ended = subprocess.run([sys.executable, "-c", code, photo], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, "by a signal it would be below 0"
    assert "SourceError" in ended.stderr
    assert "is damaged" in ended.stderr


def test_a_heic_that_claims_to_be_two_thousand_million_pixels_wide_is_refused_in_words(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif", reason="needs the dev extra")
    photo = make_picture(tmp_path / "a.heic", packet())
    damaged = bytearray(photo.read_bytes())
    width = damaged.index(b"ispe") + 8
    damaged[width : width + 4] = (1 << 31).to_bytes(4)
    photo.write_bytes(damaged)
    with pytest.raises(LivecamError, match=r"a\.heic is damaged or cut short"):
        read(photo)


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_a_file_of_nothing_but_brackets_is_refused_in_words(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"livecam-move-20260101-100000.{suffix}"
    path.write_bytes(NESTED + b"\n")
    with pytest.raises(LivecamError, match=path.name):
        Journal.read(path) if suffix == "jsonl" else read_choices(path)


@pytest.mark.parametrize("line", ["#t=1.5", "/no/a.mp4#t=" + "9" * 400], ids=["a time", "a long time"])
def test_a_line_that_is_nothing_but_a_time_or_has_a_time_beyond_all_time_is_a_name(line: str, tmp_path: Path) -> None:
    keepers = tmp_path / "keepers.txt"
    keepers.write_text(f"/no/a.jpg\n{line}\n")
    choices = read_choices(keepers).photos
    assert [choice.t_ms for choice in choices] == [None, None]
    assert choices[1].path.name.endswith(line[-6:])


@pytest.mark.parametrize(
    ("key", "value"),
    [("t_ms", 10**400), ("bytes", float("inf")), ("phash", "x")],
    ids=["a time of 400 digits", "infinite bytes", "a hash that is none"],
)
def test_a_choice_with_an_impossible_number_is_refused_in_words(key: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "choices.json"
    path.write_text(
        json.dumps({"livecam_choices": 1, "photos": [PHOTO | {"modified_ns": "1", "bytes": 1, key: value}]})
    )
    with pytest.raises(LivecamError, match="was changed or damaged"):
        read_choices(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.dng.pp3", "[General]\nRank={}\n"),
        ("a.dng.dop", "Rating = {},\n"),
        ("CaptureOne/Settings1/a.dng.cos", '<E K="Basic_Rating" V="{}"/>'),
    ],
    ids=["RawTherapee", "DxO", "Capture One"],
)
def test_a_rating_of_thousands_of_digits_is_the_most_there_is(name: str, text: str, tmp_path: Path) -> None:
    photo, beside = tmp_path / "a.dng", tmp_path / name
    photo.write_bytes(b"raw")
    beside.parent.mkdir(parents=True, exist_ok=True)
    beside.write_text(text.format("9" * 5000))
    assert find_marks([photo]).mark.rating == 5


@pytest.mark.parametrize(("fraction", "offset"), [("²", ""), ("", "+99999999999999:00"), ("", "+1:²")])
def test_a_fraction_or_an_offset_that_is_none_leaves_the_time(fraction: str, offset: str) -> None:
    moment = parse_time("2026:01:01 10:00:00", fraction, offset)
    assert moment is not None
    assert (moment.microsecond, moment.tzinfo) == (0, None)


def test_a_file_named_after_a_process_that_cannot_be_is_left_alone(tmp_path: Path) -> None:
    host = temporary_name().removeprefix(".livecam-shot-").rpartition("-")[0]
    name = tmp_path / f".livecam-shot-{host}-{'9' * 60}.tmp"
    name.write_bytes(b"what is this")
    assert recover(tmp_path) == Leftovers()
    assert name.exists()


def test_a_checkpoint_whose_metadata_is_no_object_is_refused_in_words(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs the train extra")
    from model.checkpoint import load_network  # noqa: PLC0415

    del torch
    for about in ("[]", "3", "[" * 50_000):
        header = json.dumps({"__metadata__": {"livecam": about}}).encode()
        path = tmp_path / "model.safetensors"
        path.write_bytes(struct.pack("<Q", len(header)) + header)
        with pytest.raises(LivecamError, match=r"model\.safetensors"):
            load_network(path)


def test_an_address_without_a_path_is_a_photo_that_is_not_there(tmp_path: Path) -> None:
    listed = tmp_path / "keepers.txt"
    listed.write_text("a.jpg\nfile://\n")
    first, second = read_choices(listed).photos
    assert first.path == tmp_path / "a.jpg"
    assert not second.path.is_file()


@pytest.mark.parametrize("sent", ['{"act": [], "number": 0}', '{"act": {}, "number": 0}'])
def test_an_act_that_is_no_word_is_refused_by_the_rating_page(sent: str, tmp_path: Path) -> None:
    questions = photo_questions(tmp_path, 1)
    session = RatingSession(questions, lambda *_: None)
    with Cuts(questions) as cuts, RatingPage(Dialogue(session, cuts)) as page:
        address = urlsplit(page.address)
        with closing(http.client.HTTPConnection("127.0.0.1", address.port or 0, timeout=60)) as connection:
            connection.request("POST", f"{address.path}do", sent, {"Content-Type": "application/json"})
            assert connection.getresponse().status == 400
    assert not page.finished.is_set()
