from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="needs the train extra")

import typer  # noqa: E402

from benchmarks import __main__ as benchmarks_main  # noqa: E402
from benchmarks import latency  # noqa: E402
from livecam.errors import ModelError  # noqa: E402
from model.network import ScorerNetwork  # noqa: E402


def command() -> typer.Typer:
    app = typer.Typer()
    app.command()(latency.main)
    return app


def test_each_one_has_its_turn_at_being_first() -> None:
    order: list[str] = []
    steps = {name: (lambda name=name: order.append(name)) for name in "abc"}
    times = latency._alternate(steps, calls=1)
    block = latency._WARM_UPS + 1
    turns = order[::block]
    assert turns == list("abcbcacab" * 1 + "abcbcacab")
    assert {name: len(values) for name, values in times.items()} == dict.fromkeys("abc", latency._ROUNDS)


def test_a_timing_tells_its_spread_and_how_it_compares() -> None:
    timing = latency._timing("x", 4, [float(i) for i in range(1, 102)], base=102.0)
    assert (timing.batch, timing.calls, timing.p50, timing.p95, timing.p99) == (4, 101, 51.0, 96.0, 100.0)
    assert timing.ratio == 0.5


def test_the_loops_are_compared_by_the_median_of_their_rounds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    evening, ours = iter([10.0, 20.0, 90.0]), iter([60.0, 40.0, 50.0])
    monkeypatch.setattr(latency, "_evening_fps", lambda *_: next(evening))
    monkeypatch.setattr(latency, "_livecam_fps", lambda *_: next(ours))
    first, second = latency._loops(ScorerNetwork(), tmp_path, "cpu", tmp_path)
    assert (first.fps, first.ratio, first.rounds) == (20.0, 1.0, [10.0, 20.0, 90.0])
    assert (second.fps, second.ratio) == (50.0, 2.5)


def test_json_goes_to_stdout_alone_with_what_it_was_measured_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps = [latency.Timing("crop", 1, 9, 1.0, 2.0, 3.0, 0.5)]
    result = latency.Result(latency._machine(), "cpu", steps, [latency.Loop("livecam", [1.0], 1.0, 2.0)])
    monkeypatch.setattr(latency, "measure", lambda *_: result)
    (tmp_path / "m.onnx").touch()
    said = CliRunner().invoke(command(), ["--model", str(tmp_path / "m.onnx"), "--json"])
    (line,) = said.stdout.splitlines()
    parsed = json.loads(line)
    assert parsed["provider"] == "cpu"
    assert {"cpu", "cores", "gpu", "load", "onnxruntime", "torch", "mediapipe"} <= set(parsed["machine"])
    assert "livecam" in said.stderr


def test_a_missing_model_is_one_line_and_1(tmp_path: Path) -> None:
    said = CliRunner().invoke(command(), ["--model", str(tmp_path / "none.onnx")])
    assert said.exit_code == 1
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--help"], 0), (["speed"], 2)])
def test_a_name_that_is_no_benchmark_gets_the_list(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        benchmarks_main.run(arguments)
    assert ended.value.code == code
    said = capsys.readouterr()
    assert "latency" in said.out + said.err


@pytest.mark.parametrize("name", list(benchmarks_main.BENCHMARKS))
def test_what_is_listed_exists(name: str) -> None:
    assert callable(__import__(f"benchmarks.{name}", fromlist=["main"]).main)


def test_no_face_in_the_clip_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="livecam doctor"):
        latency._faces([])
