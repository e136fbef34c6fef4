"""No file from outside makes livecam crash, however it is damaged: a little of what ``python -m tools.fuzz`` does."""

from __future__ import annotations

import json
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

pytest.importorskip("torch", reason="needs the train extra")  # whose checkpoints are read, too
pytest.importorskip("pillow_heif", reason="needs the dev extra")

from livecam.errors import ModelError, SourceError
from tools.fuzz.__main__ import fuzz
from tools.fuzz.mutations import WORDS, damaged, with_a_word
from tools.fuzz.reader import Reader, is_crash
from tools.fuzz.readers import NAMES, reader_of
from tools.fuzz.worker import Hunt

FEW = {"clip": 20, "stream": 20, "tags": 30, "csv": 30, "onnx": 30, "shard-asked": 20, "review": 30}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_seeds_are_damaged_from_is_read_as_it_is(name: str, tmp_path: Path) -> None:
    reader = reader_of(name)
    seeds = reader.seeds(tmp_path)

    assert seeds
    assert [is_crash(reader.read, data, tmp_path) for data in seeds] == [None] * len(seeds)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_are_refused_in_words(name: str, folder: Path) -> None:
    reader = reader_of(name)

    @settings(
        max_examples=FEW.get(name, 60),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged(reader.seeds(folder)))
    def read(data: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of much that is damaged
            error = is_crash(reader.read, data, folder)
        assert error is None

    read()


def test_a_crash_is_kept_once_with_its_input_and_its_traceback(tmp_path: Path) -> None:
    def read(data: bytes, _: Path) -> None:
        if data.startswith(b"x"):
            raise ModelError("one line for a person")
        assert data != b"bad"

    hunt = Hunt(Reader(lambda _: [b"good"], read), 60, tmp_path, tmp_path)
    for data in (b"good", b"x", b"bad", b"bad"):
        hunt.read(data)
    hunt.note()

    (kept,) = (path for path in tmp_path.glob("crash-*") if path.suffix != ".txt")
    assert kept.name.startswith("crash-AssertionError-test_readers-")
    assert kept.read_bytes() == b"bad"
    assert "AssertionError" in kept.with_name(f"{kept.name}.txt").read_text()
    assert (tmp_path / "count").read_text() == "4"


def test_what_crashes_no_longer_is_called_mended(tmp_path: Path) -> None:
    def read(data: bytes, _: Path) -> None:
        assert data != b"bad"

    for name, data in (("crash-a", b"bad"), ("crash-b", b"good"), ("crash-b.txt", b"where"), ("crash-died-1", b"good")):
        (tmp_path / name).write_bytes(data)
    Hunt(Reader(lambda _: [b"good"], read), 60, tmp_path, tmp_path).sort_out_mended()
    left = ["crash-a", "crash-died-1", "mended-b", "mended-b.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == left


def test_a_reader_that_there_is_not_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match="no reader 'pickle': choose one of image, tiff"):
        fuzz("pickle", found=tmp_path)

    fuzz("list")
    assert capsys.readouterr().out.splitlines() == list(NAMES)


def test_all_readers_are_taken_one_after_another_and_each_says_what_it_has_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        started.append(command[3])
        (Path(command[-1]) / "count").write_text("640")
        if command[3] == "tiff":
            (Path(command[-1]) / "crash-ValueError-read-3").write_bytes(b"bad")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(SourceError, match=r"^1 kinds of crash in .*tiff: mend them$"):
        fuzz("all", minutes=1, engine="hypothesis", found=tmp_path)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert started == [one["reader"] for one in told] == list(NAMES)
    assert {one["inputs"] for one in told} == {640}
    assert [one["reader"] for one in told if one["crashes"]] == ["tiff"]


def test_a_reader_that_reads_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0))
    with pytest.raises(SourceError, match=r"image has read nothing: see .*output\.txt"):
        fuzz("image", minutes=1, found=tmp_path)


def test_every_word_is_put_in_somewhere() -> None:
    assert {with_a_word(b"", number) for number in range(1000)} == set(WORDS)
    assert len({with_a_word(b"abcdef", number) for number in range(1000)}) > 5 * len(WORDS)
