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
from livecam.pipeline import Analyser
from livecam.types import Face, FaceCrop, Frame, Reason, Score
from tests.factories import make_face, make_score


class Finder:
    """Sees two faces in a wide picture, one in a tall one and none in a square."""

    def find(self, frame: Frame) -> tuple[Face, ...]:
        wide, tall = frame.width > frame.height, frame.width < frame.height
        return (make_face(centre=(50, 40), size=60), make_face(centre=(100, 40), size=30))[: 2 * wide + tall]

    def close(self) -> None: ...


class Scorer:
    provider = "fake"
    fallback: str | None = None
    metadata = MappingProxyType({"model_version": "0"})

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        return (make_score(4.5), make_score(1.5, eyes=(0.9, 0.1)))[: len(crops)]

    def close(self) -> None: ...


def check(face: Face, crop: FaceCrop, score: Score, frame: Frame) -> tuple[Reason, ...]:
    return (Reason.LEFT_EYE_CLOSED,) if score.eyes_closed[0] > 0.5 else ()


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Replace the models; the list tells how they were asked for."""
    asked: list[dict[str, Any]] = []

    def load(*, model: Path | None = None, faces: int = 1, stills: bool = False) -> Analyser:
        asked.append({"model": model, "faces": faces, "stills": stills})
        return Analyser(Finder(), Scorer())

    monkeypatch.setattr(Analyser, "load", load)
    monkeypatch.setattr(pipeline, "find_reasons", check)
    return asked


def make_photo(path: Path, width: int, height: int) -> Path:
    assert cv2.imwrite(str(path), np.full((height, width, 3), 128, np.uint8))
    return path


def score(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    code = cli.run(["score", "--json", *map(str, words)])
    printed = capsys.readouterr()
    return code, [json.loads(line) for line in printed.out.splitlines()], printed.err


def test_each_photo_is_one_object_with_its_faces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wide, square = make_photo(tmp_path / "wide.png", 160, 90), make_photo(tmp_path / "square.png", 90, 90)

    code, (two, none), err = score(capsys, wide, square)

    assert (code, err) == (0, "")
    assert list(two) == ["path", "faces", "error"]
    assert (two["path"], two["error"]) == (str(wide), None)
    first, second = two["faces"]
    assert list(first) == ["box", "score", "rating_probs", "eyes_closed", "reasons"]
    assert (first["score"], first["reasons"]) == (4.5, [])
    assert first["rating_probs"] == [0, 0, 0, 0.5, 0.5]
    assert (second["eyes_closed"], second["reasons"]) == ([0.9, 0.1], ["left_eye_closed"])
    x0, y0, x1, y1 = first["box"]
    assert x0 < 50 < x1
    assert y0 < 40 < y1
    assert none == {"path": str(square), "faces": [], "error": None}


def test_a_photo_held_sideways_is_scored_upright(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exif = Image.Exif()
    exif[274] = 6  # a quarter turn: wide on the disk, tall to look at
    Image.new("RGB", (160, 90)).save(tmp_path / "phone.jpg", exif=exif)

    _, (phone,), _ = score(capsys, tmp_path / "phone.jpg")

    assert len(phone["faces"]) == 1


def test_folders_are_expanded_but_not_the_folders_in_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deeper").mkdir()
    for name in ("b.png", "a.JPG", "deeper/c.png"):
        make_photo(tmp_path / name, 90, 90)
    (tmp_path / "notes.txt").write_text("not a photo")

    code, photos, _ = score(capsys, tmp_path)

    assert code == 0
    assert [Path(photo["path"]).name for photo in photos] == ["a.JPG", "b.png"]


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.jpg").write_text("not a photo")
    (tmp_path / "empty").mkdir()
    good = make_photo(tmp_path / "good.png", 90, 160)

    code, photos, err = score(capsys, tmp_path / "none.jpg", tmp_path / "text.jpg", tmp_path / "empty", good)

    assert code == 1
    assert [photo["error"] is None for photo in photos] == [False, False, False, True]
    assert len(photos[3]["faces"]) == 1
    assert len(err.splitlines()) == 3
    for photo, line in zip(photos, err.splitlines(), strict=False):
        assert line == f"livecam: {photo['error']}"
        assert photo["path"] in photo["error"]


def test_people_get_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_photo(tmp_path / "wide.png", 160, 90)
    make_photo(tmp_path / "square.png", 90, 90)

    assert cli.run(["score", str(tmp_path)]) == 0

    printed = capsys.readouterr()
    assert printed.err == ""
    rows = [line.split() for line in printed.out.splitlines()]
    assert ["square.png", "no", "face", "found"] in rows
    assert any(row[:3] == ["wide.png", "1", "4.50"] for row in rows)
    assert any(row[:4] == ["2", "1.50", "90%,", "10%"] and "left" in row for row in rows)


def test_it_looks_for_several_faces_in_pictures_that_do_not_follow_on_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fake: list[dict[str, Any]]
) -> None:
    photo = make_photo(tmp_path / "a.png", 90, 90)

    score(capsys, photo)
    score(capsys, "--faces", "3", "--model", "my.onnx", photo)

    assert fake == [
        {"model": None, "faces": 10, "stills": True},
        {"model": Path("my.onnx"), "faces": 3, "stills": True},
    ]


@pytest.mark.parametrize("words", [[], ["--faces", "0", "a.png"]])
def test_wrong_usage_is_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["score", *words]) == exit_codes.USAGE
