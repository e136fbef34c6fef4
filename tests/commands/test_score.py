"""``livecam score``: photos in, faces and scores out, and what cannot be read is said and passed over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from livecam import cli, exit_codes, pipeline
from livecam.types import Face, FaceCrop, Frame, Score
from tests.factories import make_face, make_gated_score, make_score


class Finder:
    """Sees two faces in a wide picture, one in a tall one and none in a square."""

    def find(self, frame: Frame) -> tuple[Face, ...]:
        wide, tall = frame.width > frame.height, frame.width < frame.height
        return (make_face(centre=(90, 90), size=100), make_face(centre=(240, 90), size=60))[: 2 * wide + tall]

    def close(self) -> None: ...


class Scorer:
    provider = "fake"
    fallback: str | None = None
    metadata = MappingProxyType({"model_version": "0"})
    path = Path("fake.onnx")

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        return (make_score(4.5), make_gated_score(3.0, eyes=(1.0, 0.0)))[: len(crops)]

    def close(self) -> None: ...


class Models:
    """Makes the two above, and keeps how they were asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, bool]] = []
        self.models: list[Path | None] = []

    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> Finder:
        self.asked.append((faces, stills))
        return Finder()

    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> Scorer:
        self.models.append(model)
        return Scorer()


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> Models:
    """Replace the models."""
    fake = Models()
    monkeypatch.setattr(pipeline, "default_models", lambda: fake)
    return fake


def make_photo(path: Path, width: int, height: int) -> Path:
    """Noise, which is sharp and well lit."""
    assert cv2.imwrite(str(path), np.random.default_rng(0).integers(60, 200, (height, width, 3), np.uint8))
    return path


def score(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    code = cli.run(["score", "--json", *map(str, words)])
    printed = capsys.readouterr()
    return code, [json.loads(line) for line in printed.out.splitlines()], printed.err


def test_each_photo_is_one_object_with_its_faces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide, square = make_photo(tmp_path / "wide.png", 320, 180), make_photo(tmp_path / "square.png", 180, 180)

    code, (two, none), err = score(capsys, wide, square)

    assert (code, err) == (0, "")
    assert list(two) == ["path", "faces", "error"]
    assert (two["path"], two["error"]) == (str(wide), None)
    first, second = two["faces"]
    assert list(first) == ["box", "score", "rating_probs", "eyes_closed", "reasons"]
    assert (first["score"], first["reasons"]) == (4.5, [])
    assert first["rating_probs"] == pytest.approx([0, 0, 0, 0.5, 0.5], abs=2e-4)
    assert (second["eyes_closed"], second["reasons"]) == ([0.9575, 0.0001], ["left_eye_closed"])
    x0, y0, x1, y1 = first["box"]
    assert x0 < 90 < x1
    assert y0 < 90 < y1
    assert none == {"path": str(square), "faces": [], "error": None}


def test_a_photo_held_sideways_is_scored_upright(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exif = Image.Exif()
    exif[274] = 6  # a quarter turn: wide on the disk, tall to look at
    Image.new("RGB", (320, 180)).save(tmp_path / "phone.jpg", exif=exif)

    _, (phone,), _ = score(capsys, tmp_path / "phone.jpg")

    assert len(phone["faces"]) == 1


def test_folders_are_expanded_but_not_the_folders_in_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deeper").mkdir()
    for name in ("b.png", "a.JPG", "deeper/c.png"):
        make_photo(tmp_path / name, 180, 180)
    (tmp_path / "notes.txt").write_text("not a photo")

    code, photos, _ = score(capsys, tmp_path)

    assert code == 0
    assert [Path(photo["path"]).name for photo in photos] == ["a.JPG", "b.png"]


def test_what_is_not_scored_of_a_folder_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_photo(tmp_path / "a.jpg", 40, 30).rename(tmp_path / "a.jfif")
    for name in ("b.jxl", "c.jxl", "d.mp4", "a.jfif.xmp"):
        (tmp_path / name).write_bytes(b"x")
    frames = [Image.new("RGB", (40, 30), (90 * i, 0, 0)) for i in range(3)]
    frames[0].save(tmp_path / "m.gif", save_all=True, append_images=frames[1:])

    code, found, told = score(capsys, tmp_path)

    assert (code, [Path(entry["path"]).name for entry in found]) == (0, ["a.jfif", "m.gif"])
    assert "passed over: 2 .jxl" in told
    assert "passed over: 1 clip, which livecam best looks through" in told
    assert "m.gif moves: its first picture is scored" in told


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.jpg").write_text("not a photo")
    (tmp_path / "empty").mkdir()
    good = make_photo(tmp_path / "good.png", 180, 320)

    bad = [tmp_path / name for name in ("none.jpg", "text.jpg", "empty", "long" * 80 + ".jpg")]
    code, photos, err = score(capsys, *bad, good)

    assert code == 1
    assert [photo["error"] is None for photo in photos] == [False, False, False, False, True]
    assert len(photos[4]["faces"]) == 1
    assert len(err.splitlines()) == 4
    for photo, line in zip(photos, err.splitlines(), strict=False):
        assert line == f"livecam: {photo['error']}"
        assert photo["path"] in photo["error"]


def test_a_name_with_a_line_break_is_told_on_one_line_and_folders_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for folder in ("one", "two"):
        make_photo(tmp_path / folder / "a.png", 180, 180)
    (tmp_path / "two" / "b\nc.png").write_bytes(b"")
    make_photo(tmp_path / "two" / "d.png", 180, 180).rename(tmp_path / "two" / "d\ne.png")

    assert cli.run(["score", str(tmp_path / "one"), str(tmp_path / "two")]) == 1

    printed = capsys.readouterr()
    assert printed.err.splitlines() == [f"livecam: {tmp_path}/two/b\\nc.png is empty (0 bytes): copy it again"]
    told = printed.out.replace("\n", "").replace(" ", "")
    assert "one/a.png" in told
    assert "two/a.png" in told
    assert "d\\ne.png" in told


def test_what_holds_of_many_photos_is_told_once_with_their_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [Image.new("RGB", (40, 30), (90 * i, 0, 0)) for i in range(3)]
    for number in range(30):
        (tmp_path / f"cut {number}.jpg").write_bytes(b"")
        frames[0].save(tmp_path / f"moves {number}.gif", save_all=True, append_images=frames[1:])

    code, found, told = score(capsys, tmp_path)

    assert (code, len(found)) == (1, 60)
    assert told.count("moves: its first picture is scored") == told.count("is empty (0 bytes): copy it again") == 1
    assert told.count("(the same of 29 more: ") == 2


def test_no_password_of_an_address_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--json"]):
        assert cli.run(["score", *words, "http://me:hunter2@127.0.0.1/a.jpg"]) == 1
    said = capsys.readouterr()
    assert "hunter2" not in said.out + said.err
    assert "no such file: http:/127.0.0.1/a.jpg" in said.err


def test_a_clip_is_called_that_and_not_an_unreadable_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "party.mp4"
    clip.write_bytes(b"film")
    code, _, said = score(capsys, clip)
    assert code == 1
    assert "is a clip: livecam best" in said


def test_what_cannot_be_read_is_told_once_and_has_no_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = make_photo(tmp_path / "good.png", 180, 320)

    assert cli.run(["score", str(tmp_path / "nope.jpg"), str(good)]) == 1
    both = capsys.readouterr()
    assert cli.run(["score", str(tmp_path / "nope.jpg")]) == 1
    alone = capsys.readouterr()

    assert (both.out + both.err).count("nope.jpg: check the path") == 1
    assert "nope" not in both.out
    assert "good.png" in both.out
    assert (alone.out, len(alone.err.splitlines())) == ("", 1)


def test_people_get_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_photo(tmp_path / "wide.png", 320, 180)
    make_photo(tmp_path / "square.png", 180, 180)

    assert cli.run(["score", str(tmp_path)]) == 0

    printed = capsys.readouterr()
    assert printed.err == ""
    rows = [line.split() for line in printed.out.splitlines()]
    assert ["square.png", "no", "face", "found"] in rows
    assert any(row[:3] == ["wide.png", "1", "4.50"] for row in rows)
    assert any(row[:4] == ["2", "1.22", "96%,", "0%"] and "left" in row for row in rows)


def test_it_looks_for_several_faces_in_pictures_that_do_not_follow_on_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models: Models
) -> None:
    photo = make_photo(tmp_path / "a.png", 180, 180)

    score(capsys, photo)
    score(capsys, "--faces", "3", "--model", "my.onnx", photo)

    assert models.asked == [(10, True), (3, True)]
    assert models.models == [None, Path("my.onnx")]


@pytest.mark.parametrize("words", [[], ["--faces", "0", "a.png"]])
def test_wrong_usage_is_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["score", *words]) == exit_codes.USAGE
