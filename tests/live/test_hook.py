"""The command for each picture: what it is given, and that neither its failure nor its slowness stops anything."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from livecam.errors import OutputError
from livecam.live.hook import HookSettings, ShotHook
from livecam.storage.album import Shot
from tests.factories import make_moment

WRITE = """
import json, os, sys
with open(sys.argv[1], "a") as out:
    out.write(json.dumps([sys.argv[2:], os.environ["LIVECAM_PATH"], os.environ["LIVECAM_SCORE"]]) + "\\n")
"""

PATIENT = HookSettings(said_s=60.0, last_s=60.0)


def python(code: str, *words: str) -> str:
    return shlex.join([sys.executable, "-c", code, *words])


def shot_at(path: Path, score: float = 4.5, faces: int = 1) -> Shot:
    return Shot(path, make_moment(0.0, score, faces=faces), 0.0)


def test_each_picture_runs_the_command_with_its_path_and_score_whatever_is_in_them(tmp_path: Path) -> None:
    out, said = tmp_path / "out.jsonl", list[str]()
    nasty = tmp_path / "a b; touch pwned $(id) '\"{score}.jpg"
    with ShotHook(python(WRITE, str(out), "{path}", "--score={score}", "$HOME"), said.append, PATIENT) as hook:
        hook.show_shot(shot_at(nasty))
        hook.show_shot(shot_at(tmp_path / "b.jpg", faces=0))

    first, second = map(json.loads, out.read_text().splitlines())
    assert first == [[str(nasty), "--score=4.500", "$HOME"], str(nasty), "4.500"]
    assert second == [[str(tmp_path / "b.jpg"), "--score=", "$HOME"], str(tmp_path / "b.jpg"), ""]
    assert said == []
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("command", ["", "  ", "no-such-command-anywhere {path}", "echo 'open"])
def test_a_command_that_cannot_be_is_one_line_before_anything_begins(command: str) -> None:
    with pytest.raises(OutputError, match="--hook"):
        ShotHook(command, print)


def test_a_command_that_fails_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    with ShotHook(python("import sys; sys.exit('the printer is off')"), said.append, PATIENT) as hook:
        for number in range(3):
            hook.show_shot(shot_at(tmp_path / f"{number}.jpg"))
    (line,) = said
    assert "failed (1): the printer is off" in line


def test_a_command_that_hangs_is_ended_and_the_end_of_the_run_waits_for_no_other(tmp_path: Path) -> None:
    said: list[str] = []
    hook = ShotHook(
        python("import time; time.sleep(600)"), said.append, HookSettings(last_s=0.5, most_waiting=2, said_s=0.0)
    )
    for number in range(10):
        hook.show_shot(shot_at(tmp_path / f"{number}.jpg"))  # does not wait
    hook.close()
    hook.close()
    line, waiting = said
    assert "too slow" in line
    assert waiting == "waiting for --hook, for 0.5 s at the most"


def test_a_command_may_not_take_longer_than_it_should(tmp_path: Path) -> None:
    said: list[str] = []
    with ShotHook(
        python("import time; time.sleep(600)"), said.append, HookSettings(longest_s=0.3, said_s=60.0, last_s=60.0)
    ) as hook:
        hook.show_shot(shot_at(tmp_path / "a.jpg"))
    (line,) = said
    assert "took longer" in line


def test_a_command_that_leaves_a_program_running_is_done(tmp_path: Path) -> None:
    said: list[str] = []
    leave = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])"
    with ShotHook(python(leave), said.append, HookSettings(longest_s=8.0, said_s=60.0, last_s=60.0)) as hook:
        hook.show_shot(shot_at(tmp_path / "a.jpg"))
    assert said == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no groups of processes")
def test_a_command_that_hangs_is_ended_with_what_it_waits_for(tmp_path: Path) -> None:
    said: list[str] = []
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = shlex.join(["sh", "-c", f"(echo began; sleep 20; echo left behind) > {shlex.quote(str(pipe))}; true"])
    with ShotHook(script, said.append, HookSettings(longest_s=3.0, said_s=60.0, last_s=60.0)) as hook:
        hook.show_shot(shot_at(tmp_path / "a.jpg"))
        assert pipe.read_text() == "began\n"
    assert said == ["--hook: sh took longer than 3 s and was ended"]
