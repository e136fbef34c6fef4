"""Killed at any moment nothing is torn, and nothing lost that was there or was announced; a fault would be seen."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

if os.name == "nt":
    pytest.skip("needs fork", allow_module_level=True)

from tools.kills.scenarios import draw_kill, is_whole

ROOT = Path(__file__).parents[2]


def test_kills_come_at_any_moment_in_every_way_and_the_same_again() -> None:
    blows = [draw_kill(random.Random(i), 3.0) for i in range(200)]  # noqa: S311
    assert {blow.number for blow in blows} == {signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT}
    moments = sorted(blow.after_s for blow in blows)
    assert (moments[0] < 0.3, moments[-1] > 2.7, moments[-1] <= 3) == (True, True, True)
    assert max(blow.times for blow in blows) > 1
    assert all(blow.times == 1 for blow in blows if blow.number == signal.SIGKILL)
    assert blows == [draw_kill(random.Random(i), 3.0) for i in range(200)]  # noqa: S311


def picture(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.linear_gradient("L").save(path)
    return path


def test_a_torn_picture_is_seen(tmp_path: Path) -> None:
    photo = picture(tmp_path / "a.jpg")
    assert is_whole(photo)
    data = photo.read_bytes()
    for torn in (data[:-1], data[: len(data) // 2], b""):
        photo.write_bytes(torn)
        assert not is_whole(photo)


@pytest.mark.slow
def test_what_is_killed_tears_and_loses_nothing_and_each_fault_would_be_seen() -> None:
    file = Path(__file__).with_name("forking.py")
    alone = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", str(file)]
    done = subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
