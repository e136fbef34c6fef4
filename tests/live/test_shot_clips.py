"""The clip beside each picture: how long it is, where it lies, and that nothing waits for it."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam import model_files
from livecam.live.recent_shots import ActionResult, RecentShot
from livecam.live.shot_clips import ClipSettings, ShotClips
from livecam.storage.album import Shot
from livecam.storage.durable import write_new
from livecam.types import Frame, Moment


class Run:
    """What is on the screen."""

    newest: Frame | None = None


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")


def frame_at(index: int) -> Frame:
    return Frame(np.full((90, 160, 3), index % 250, np.uint8), index * 1000 / 30, index, 0.0)


def film(clips: ShotClips, first: int, last: int, act: Callable[[int], None] = lambda _: None) -> None:
    """Show these frames, each once the one before was kept."""
    run = Run()
    for index in range(first, last):
        run.newest = frame_at(index)
        while clips._newest is not run.newest:
            clips.refresh(run)
            time.sleep(0.0005)
        act(index)


def frames_of(path: Path) -> list[float]:
    clip = cv2.VideoCapture(str(path))
    means = []
    while (read := clip.read())[0]:
        means.append(float(read[1].mean()))
    return means


def picture(folder: Path, index: int) -> Shot:
    path = folder / f"{index}.jpg"
    path.write_bytes(b"a picture")
    return Shot(path, Moment(frame_at(index)), 0.0)


def test_a_clip_of_three_seconds_lies_beside_the_picture(tmp_path: Path) -> None:
    said: list[str] = []
    with ShotClips(said.append) as clips:
        shot = picture(tmp_path, 100)
        film(clips, 0, 200, lambda index: clips.show_shot(shot) if index == 103 else None)

    frames = frames_of(tmp_path / "100.mp4")
    assert len(frames) == pytest.approx(91, abs=2)
    assert frames[0] == pytest.approx(55, abs=3)
    assert frames[-1] == pytest.approx(145, abs=3)
    assert said == []
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"100.jpg", "100.mp4"}


def test_at_the_end_there_is_as_much_as_was_seen(tmp_path: Path) -> None:
    with ShotClips(print) as clips:
        film(clips, 0, 40)
        clips.show_shot(picture(tmp_path, 30))
    assert len(frames_of(tmp_path / "30.mp4")) == pytest.approx(40, abs=2)


def test_a_clip_goes_where_its_picture_goes_and_comes_back(tmp_path: Path) -> None:
    with ShotClips(print) as clips:
        film(clips, 0, 20)
        clips.show_shot(picture(tmp_path, 10))
    (tmp_path / "deleted").mkdir()
    shot = RecentShot(tmp_path / "deleted" / "10.jpg", None)
    clips.show_result(ActionResult("deleted", shot, ""))
    assert (tmp_path / "deleted" / "10.mp4").exists()
    assert not (tmp_path / "10.mp4").exists()
    shot.path = tmp_path / "10.jpg"
    clips.show_result(ActionResult("restored", shot, ""))
    assert (tmp_path / "10.mp4").exists()


def test_a_picture_that_was_thrown_out_at_once_has_no_clip(tmp_path: Path) -> None:
    with ShotClips(print) as clips:
        film(clips, 0, 20)
        shot = picture(tmp_path, 10)
        clips.show_shot(shot)
        shot.path.unlink()
    assert list(tmp_path.glob("*.mp4")) == []


def test_what_is_kept_meanwhile_is_bounded(tmp_path: Path) -> None:
    clips = ShotClips(print, ClipSettings(most_bytes=20_000))
    film(clips, 0, 200)
    clips.close()
    assert 2 < len(clips._kept) < 60
    assert sum(len(kept.jpeg) for kept in clips._kept) <= 20_000


def test_a_disk_that_is_full_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("livecam.live.shot_clips.write_new", full)
    said: list[str] = []
    with ShotClips(said.append) as clips:
        film(clips, 0, 20)
        clips.show_shot(picture(tmp_path, 5))
        clips.show_shot(picture(tmp_path, 6))
    (line,) = said
    assert "no clip beside 5.jpg" in line
    assert "full" in line


def test_a_disk_that_never_answers_holds_up_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()

    def hang(path: Path, _: bytes) -> Path:
        answers.wait()
        return path

    monkeypatch.setattr("livecam.live.shot_clips.write_new", hang)
    said: list[str] = []
    clips = ShotClips(said.append, ClipSettings(said_s=0.0, hangs_s=0.0))
    film(clips, 0, 20)
    clips.show_shot(picture(tmp_path, 5))
    clips.close()
    assert said == ["writing the last clips", "no clip beside the last picture: the disk does not answer"]
    answers.set()
    clips._thread.join()


def test_a_clip_follows_a_picture_that_is_deleted_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shot = picture(tmp_path, 5)

    def delete(path: Path, data: bytes) -> Path:
        (tmp_path / "deleted").mkdir()
        shot.path.rename(tmp_path / "deleted" / shot.path.name)
        return write_new(path, data)

    monkeypatch.setattr("livecam.live.shot_clips.write_new", delete)
    said: list[str] = []
    with ShotClips(said.append) as clips:
        film(clips, 0, 20)
        clips.show_shot(shot)
    assert sorted(path.name for path in (tmp_path / "deleted").iterdir()) == ["5.jpg", "5.mp4"]
    assert not (tmp_path / "5.mp4").exists()
    assert said == []
