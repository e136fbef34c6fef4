"""Killed at any moment nothing is torn, and nothing lost that was there or was announced; a fault would be seen."""

from __future__ import annotations

import json
import os
import random
import signal
from pathlib import Path

import pytest
from PIL import Image

if os.name == "nt":
    pytest.skip("needs fork", allow_module_level=True)

from tools.kills.forked import Ended, Kill
from tools.kills.scenarios import SCENARIOS, draw_kill, is_whole

KILLED = Kill(0.1, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_few_kills_of_each_command_tear_and_lose_nothing(name: str, tmp_path: Path) -> None:
    chance, scenario = random.Random(7), SCENARIOS[name]  # noqa: S311  no secret
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        scenario.prepare(folder)
        blow = draw_kill(chance, 2.0)
        assert scenario.faults(scenario, folder, scenario.run(folder, blow), blow) == [], blow


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
def test_each_fault_of_a_run_is_seen(tmp_path: Path) -> None:
    scenario = SCENARIOS["run"]
    scenario.prepare(tmp_path)
    kept, torn, lost = (tmp_path / "pictures" / f"{name}.jpg" for name in ("kept", "torn", "lost"))
    picture(kept)
    torn.write_bytes(kept.read_bytes()[:99])
    shots = "".join(json.dumps({"event": "shot", "path": str(path)}) + "\n" for path in (kept, torn, lost))

    faults = scenario.faults(scenario, tmp_path, Ended(9, shots, "oops", 1.0), Kill(0.1, signal.SIGTERM))

    for said in ("ended with 9: oops", "lost: lost.jpg", "torn: torn.jpg", "no summary"):
        assert said in faults


@pytest.mark.slow
def test_each_fault_of_best_is_seen(tmp_path: Path) -> None:
    scenario = SCENARIOS["copy"]
    scenario.prepare(tmp_path)
    (tmp_path / "shoot" / "IMG_0.jpg").unlink()
    (tmp_path / "shoot" / "IMG_1.CR3").write_bytes(b"half")

    faults = scenario.faults(scenario, tmp_path, Ended(-9, "", "", 1.0), KILLED)

    assert "lost: IMG_0.jpg" in faults
    assert "torn: shoot/IMG_1.CR3" in faults
    assert any(fault.startswith("another end: ") for fault in faults)
