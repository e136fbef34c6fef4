"""``livecam run --log``, and the reasons that ``--json`` says while it waits."""

from __future__ import annotations

import errno
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livecam import cli
from livecam.model_factory import FinderLike, ScorerLike
from livecam.types import Face, FaceCrop, Frame, Score
from tests.commands.fake_models import OneFace, OneSmile, SmilingModels
from tests.commands.run_factories import make_clip, pictures, use
from tests.factories import make_gated_score


class OneEye(OneSmile):
    """Sees one long smile, with the left eye closed all the while."""

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        smiling = 100 <= self._count < 130
        self._count += 1
        return (make_gated_score(4.7, (0.999, 0.02)) if smiling else make_gated_score(2.9, (0.01, 0.02)),)


class OneEyeModels(SmilingModels):
    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> ScorerLike:
        return OneEye((0, 0))


class NobodyFirst(OneFace):
    def find(self, frame: Frame) -> tuple[Face, ...]:
        return () if frame.index < 40 else super().find(frame)


class NobodyModels(SmilingModels):
    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> FinderLike:
        return NobodyFirst()


def run(folder: Path, *words: str, frames: int = 240) -> int:
    clip = make_clip(folder / "clip.mp4", frames=frames)
    base = ["run", "--source", str(clip), "--headless", "--pace", "fast", "--out", str(folder / "out")]
    return cli.run([*base, *words])


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_smile_with_a_closed_eye_is_in_the_log_and_explain_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, OneEyeModels())
    log = tmp_path / "run.log"

    assert run(tmp_path, "--log", str(log)) == 0
    capsys.readouterr()
    found = events(log.read_text())

    assert found[0]["livecam_log"] == 1
    assert found[0]["settings"]["pace"] == "fast"
    assert [event["t_ms"] for event in found if event["event"] == "second"] == [i * 1000 for i in range(8)]
    (missed,) = [event for event in found if event["event"] == "missed"]
    assert missed["why"] == ["left_eye_closed"]
    assert found[-1]["event"] == "summary"
    assert pictures(tmp_path / "out") == []

    assert cli.run(["explain", str(log)]) == 0
    assert "At 0:03 your smile peaked at 4.7, but the left eye was closed." in capsys.readouterr().out


def test_the_json_stream_says_at_most_once_a_second_what_it_waits_for_and_the_log_says_it_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, NobodyModels((80, 110)))

    assert run(tmp_path, "--json", "--log", str(tmp_path / "run.log")) == 0

    printed = events(capsys.readouterr().out)
    waiting = [event for event in printed if event["event"] == "waiting"]
    assert [event["t_ms"] for event in waiting] == [0]
    assert waiting[0]["reasons"] == ["no_face"]
    assert waiting[0]["score"] is None
    assert [event["event"] for event in printed if event["event"] != "waiting"] == ["shot", "summary"]
    logged = events((tmp_path / "run.log").read_text())
    assert next(e for e in logged if e["event"] == "shot")["path"] == printed[1]["path"]


def test_a_log_that_has_no_place_is_said_at_once_and_nothing_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, SmilingModels())
    assert run(tmp_path, "--log", str(tmp_path / "none" / "run.log")) == 1
    said = capsys.readouterr().err
    assert "none does not exist" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_log_that_fails_later_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: object, *_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    use(monkeypatch, SmilingModels())
    monkeypatch.setattr("livecam.live.event_log._write_all", full)
    assert run(tmp_path, "--log", str(tmp_path / "run.log")) == 0
    assert capsys.readouterr().err.count("the camera goes on without its log") == 1
    assert len(pictures(tmp_path / "out")) == 1


def test_a_file_of_another_kind_is_not_written_into(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, SmilingModels())
    diary = tmp_path / "diary.txt"
    diary.write_text("dear diary\n")
    assert run(tmp_path, "--log", str(diary)) == 1
    assert "is no log of livecam" in capsys.readouterr().err
    assert diary.read_text() == "dear diary\n"


class Lying(OneFace):
    def find(self, frame: Frame) -> tuple[Face, ...]:
        return tuple(replace(face, turned=90) for face in super().find(frame))


class LyingModels(SmilingModels):
    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> FinderLike:
        return Lying()


def test_a_camera_that_lies_on_its_side_is_told_once_with_what_to_ask_for_and_takes_its_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, LyingModels())

    assert run(tmp_path, "--json", "--log", str(tmp_path / "run.log")) == 0
    told = [event for event in events(capsys.readouterr().out) if event["event"] == "camera"]
    assert [(event["state"], event["rotate"]) for event in told] == [("turned", 90)]
    assert '"state":"turned"' in (tmp_path / "run.log").read_text()
    assert len(pictures(tmp_path / "out")) == 1

    assert run(tmp_path, "--rotate", "90") == 0
    assert capsys.readouterr().err.count("turn the camera, or begin again with --rotate 180") == 1
