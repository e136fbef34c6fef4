"""What forks itself; test_kills.py runs these in a process of their own, where no other threads are.

A worker of the tests has many, in torch, ONNX Runtime and OpenCV, and what one of them holds locked stays so in a fork.
"""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path

import pytest

from tests.tools.test_kills import picture
from tools.kills.forked import Ended, Kill
from tools.kills.scenarios import SCENARIOS, draw_kill

KILLED = Kill(0.1, signal.SIGKILL)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_few_kills_of_each_command_tear_and_lose_nothing(name: str, tmp_path: Path) -> None:
    chance, scenario = random.Random(7), SCENARIOS[name]  # noqa: S311  no secret
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        scenario.prepare(folder)
        blow = draw_kill(chance, 2.0)
        assert scenario.faults(scenario, folder, scenario.run(folder, blow), blow) == [], blow


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


def test_each_fault_of_best_is_seen(tmp_path: Path) -> None:
    scenario = SCENARIOS["copy"]
    scenario.prepare(tmp_path)
    (tmp_path / "shoot" / "IMG_0.jpg").unlink()
    (tmp_path / "shoot" / "IMG_1.CR3").write_bytes(b"half")

    faults = scenario.faults(scenario, tmp_path, Ended(-9, "", "", 1.0), KILLED)

    assert "lost: IMG_0.jpg" in faults
    assert "torn: shoot/IMG_1.CR3" in faults
    assert any(fault.startswith("another end: ") for fault in faults)
