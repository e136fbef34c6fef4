from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from livecam import model_files
from livecam.best.watch.state import Marked, WatchState, load_state

STATE = WatchState(
    {"/a.jpg": "/b.jpg"}, {"/a.jpg": [1, 2, 3]}, {"/a.jpg": Marked("True 3", {"/a.xmp": "ab"})}, ["ff"],
    {"photos": ["a.jpg cannot be read"]}, ["/b.xmp"],
)  # fmt: skip


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path)


def put(folder: Path, data: bytes) -> None:
    STATE.save(folder)
    (file,) = (folder / "watch").glob("*.json")
    file.write_bytes(data)


def test_what_was_kept_is_known_again(tmp_path: Path) -> None:
    STATE.save(tmp_path)
    assert load_state(tmp_path) == STATE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("best_of", ["/a.jpg"]), ("best_of", {"/a.jpg": None}), ("best_of", {"/a.jpg": ["/b.jpg"]}),
        ("stamps", None), ("stamps", {"/a.jpg": None}), ("stamps", {"/a.jpg": [[1]]}), ("stamps", {"/a.jpg": ["1"]}),
        ("marked", {"/a.jpg": {"key": 3, "files": {}}}), ("marked", {"/a.jpg": {"key": "", "files": ["x"]}}),
        ("marked", {"/a.jpg": {"key": "", "files": {"x": 1}}}), ("marked", []), ("said", [[]]), ("said", "ff"),
        ("failures", {"photos": "x"}), ("failures", {"photos": [None]}), ("begun", {"/b.xmp": 1}), ("begun", [3]),
    ],
)  # fmt: skip
def test_a_state_of_another_kind_is_forgotten(name: str, value: object, tmp_path: Path) -> None:
    put(tmp_path, json.dumps({"version": 2, **asdict(STATE), name: value}).encode())
    assert load_state(tmp_path) == WatchState()


@pytest.mark.parametrize("data", [b"[" * 100_000, b"", b"null", b'{"version": 2}', b"\xff"])
def test_a_state_that_is_none_is_forgotten(data: bytes, tmp_path: Path) -> None:
    put(tmp_path, data)
    assert load_state(tmp_path) == WatchState()
