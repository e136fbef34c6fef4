from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from livecam import cli
from livecam.archive import extra, ray_cluster, ray_local, score
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from tests.archive.engines import HereEngine, rows_in
from tests.best.photo_factories import make_photo


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> HereEngine:
    """Takes the place of the Ray of this machine."""
    here = HereEngine()

    def local_ray(settings: ArchiveSettings, worker: WorkerSettings) -> HereEngine:
        return here

    monkeypatch.setattr(score, "LocalRay", local_ray)
    return here


def archive(*words: str | Path) -> int:
    return cli.run(["archive", *map(str, words), "--provider", "cpu"])


def test_it_scores_and_says_what_it_did(tmp_path: Path, engine: HereEngine, capsys: pytest.CaptureFixture[str]) -> None:
    for i in range(3):
        make_photo(tmp_path / "photos" / f"{i}.jpg", 100 + i)

    assert archive(tmp_path / "photos", "--out", tmp_path / "archive", "--json") == 0

    printed = capsys.readouterr()
    summary = json.loads(printed.out)
    assert {key: summary[key] for key in ("event", "photos", "known", "scored", "failed", "unread", "faces")} == {
        "event": "summary", "photos": 3, "known": 0, "scored": 3, "failed": 0, "unread": 0, "faces": 3,
    }  # fmt: skip
    assert "3 photos scored into" in printed.err
    assert len(rows_in(tmp_path / "archive")) == 3
    assert engine.closed


def test_photos_that_cannot_be_read_are_counted_and_the_exit_code_is_1(
    tmp_path: Path, engine: HereEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    make_photo(tmp_path / "photos" / "0.jpg")
    (tmp_path / "photos" / "1.jpg").write_bytes(b"broken")

    assert archive(tmp_path / "photos", "--out", tmp_path / "archive") == 1

    assert "1 could not be read (their rows say why; --retry tries them again)" in capsys.readouterr().err


def test_without_the_extra_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "ray" else name)

    assert archive(tmp_path, "--out", tmp_path / "archive") == 1

    assert 'ray, not installed here: pip install "livecam[archive]"' in capsys.readouterr().err
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize("address", ["nonsense", "http://host:10001", "ray://", "ray://[", "ray://host:port"])
def test_an_address_that_is_none_is_one_line(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert archive(tmp_path, "--out", tmp_path / "archive", "--address", address) == 1

    assert capsys.readouterr().err.endswith("is no address of a Ray cluster: write ray://HOST:10001\n")


def test_a_cluster_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert archive(tmp_path, "--out", tmp_path / "archive", "--address", f"ray://127.0.0.1:{port}") == 1

    line = capsys.readouterr().err
    assert line.startswith(f"livecam: no Ray cluster answers at ray://127.0.0.1:{port} (")
    assert line.count("\n") == 1
    assert not (tmp_path / "archive").exists()


def test_what_listens_and_is_no_cluster_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ray_cluster, "_REACHED_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert archive(tmp_path, "--out", tmp_path / "archive", "--address", f"ray://127.0.0.1:{port}") == 1

    line = capsys.readouterr().err
    assert "(what listens there is not Ray, or has not answered in 0.3 s): check that it runs" in line
    assert line.count("\n") == 1


def test_a_folder_of_a_run_that_was_killed_is_removed_and_none_of_one_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_local, "_temporary", lambda: tmp_path)
    mine = tmp_path / f"livecam-ray-{os.getpid()}-abc"
    gone = tmp_path / "livecam-ray-999999999-abc"
    others = [tmp_path / f"livecam-ray-{number}" for number in ("whose", "9" * 30)]
    for folder in (mine, gone, *others):
        folder.mkdir()

    ray_local._remove_left_behind()

    assert mine.exists()
    assert all(other.exists() for other in others)
    assert not gone.exists()
