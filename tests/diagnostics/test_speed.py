"""What ``livecam doctor --speed`` says: not how fast anything is, but that it says it right."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest

from livecam import cli, exit_codes
from livecam.commands import doctor
from livecam.diagnostics import speed
from livecam.diagnostics.finding import Finding
from livecam.diagnostics.live_speed import LiveSpeed, live_speed
from livecam.diagnostics.step_costs import STEPS, step_costs
from livecam.live.summary import Percentiles
from livecam.pipeline import Analyser
from livecam.sources.source import Pace
from tests.commands.fake_models import SmilingModels

FIGURES = {
    "camera_fps": 30.0, "fps": 29.9, "fps_possible": 61.0, "age_p50_ms": 18.0, "age_p95_ms": 31.0, "every": 1,
    "dropped_share": 0.0, "processor_ms": 20.0,
}  # fmt: skip
COSTS = dict.fromkeys(STEPS, 2.5)


def said(**changed: float) -> dict[str, Finding]:
    return {finding.check: finding for finding in speed.described(FIGURES | changed, COSTS)}


def test_each_figure_is_said_with_its_unit() -> None:
    found = said()
    assert found["speed"].found == "30 of 30 frames a second of 720p; up to 61 are possible"
    assert found["age"].found == "a frame is 18 ms old when it is decided on, at most 31 ms in 95 %"
    assert "20 ms of the processor for each frame; alone: read 2.5, find the face 2.5" in found["processor time"].found
    assert (found["run"].state, found["run"].found) == ("ok", "livecam run looks at every frame")
    assert found["speed"].as_json()["figures"]["fps_possible"] == 61.0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"every": 2, "dropped_share": 0.5}, "every second frame"),
        ({"every": 7, "dropped_share": 0.86}, "every 7th frame"),
        ({"dropped_share": 0.12}, "loses 12% of the frames"),
    ],
)
def test_a_computer_that_is_too_slow_is_told_what_run_will_do(changed: Mapping[str, float], words: str) -> None:
    run = said(**changed)["run"]
    assert run.state == "note"
    assert words in run.found
    assert run.advice is not None


@pytest.mark.parametrize(("load", "busy"), [(0.9, None), (1.1, "1.1"), (16.8, "2.0")])
def test_that_others_keep_the_processor_busy_is_said(
    load: float, busy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = LiveSpeed(fps=29.9, read=120, analysed=118, every=1, age=Percentiles(18, 31, 40), processor_ms=20)
    monkeypatch.setattr("livecam.pipeline.default_models", SmilingModels)
    monkeypatch.setattr("livecam.diagnostics.live_speed.live_speed", lambda *_, **__: measured)
    monkeypatch.setattr("livecam.diagnostics.step_costs.step_costs", lambda: COSTS)
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    findings = {finding.check: finding for finding in speed.speed()}

    assert list(findings) == [*(["load"] if busy else []), "scorer", "speed", "age", "processor time", "run"]
    assert busy is None or f"{busy} of 2 processors" in findings["load"].found
    assert busy is None or findings["load"].state == "note"


def test_frames_under_way_at_the_end_are_not_lost() -> None:
    nobody = Percentiles.of([])
    assert LiveSpeed(30.0, 120, 118, 1, nobody, 20.0).dropped_share == 0
    assert LiveSpeed(15.0, 120, 58, 2, nobody, 20.0).dropped_share == 0.5
    assert LiveSpeed(0.0, 0, 0, 1, nobody, 0.0).dropped_share == 0


@pytest.mark.slow
def test_a_run_over_the_demo_clip_is_measured_from_where_its_person_is_there() -> None:
    with Analyser.load(SmilingModels()) as analyser:
        found = live_speed(analyser, Pace.FAST, seconds=60.0, most_frames=10)
    assert found.analysed >= 10
    assert abs(found.read - found.analysed) <= 6  # under way at the beginning and at the end
    assert found.every == 1
    assert min(found.fps, found.processor_ms, found.age.p50) > 0


@pytest.mark.slow
def test_every_step_has_its_cost() -> None:
    costs = step_costs(SmilingModels(), frames=3, warm_up=1)
    assert tuple(costs) == STEPS
    assert all(ms > 0 for step, ms in costs.items() if step != "score")  # that one is no work at all


def test_speed_is_measured_instead_of_the_checks_and_beside_them_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    def well() -> Iterator[Finding]:
        yield Finding("well", "ok", "all there")

    def quick() -> Iterator[Finding]:
        yield Finding("speed", "ok", "fast enough", figures={"fps": 30.0})

    monkeypatch.setattr(doctor, "CHECKS", (well,))
    monkeypatch.setattr(doctor, "SPEED_CHECKS", (quick,))
    monkeypatch.setattr(doctor, "speed", quick)
    assert cli.run(["doctor", "--speed", "--json"]) == exit_codes.DONE
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["figures"] == {"fps": 30.0}
    report = tmp_path_factory.mktemp("report") / "report.txt"
    assert cli.run(["doctor", "--speed", "--report", str(report)]) == exit_codes.DONE
    assert "all there" in report.read_text()
    assert "fast enough" in report.read_text()
