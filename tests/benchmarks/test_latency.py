"""The speed benchmarks: that they measure what they say, not how fast anything is."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

av = pytest.importorskip("av", reason="needs the train extra")
pytest.importorskip("torch", reason="needs the train extra")

import onnx  # noqa: E402

from benchmarks.common import isolated, machine, rounds  # noqa: E402
from benchmarks.common.operations import count_operations  # noqa: E402
from benchmarks.common.order import rotated  # noqa: E402
from benchmarks.common.stopwatch import Memory, Stopwatch  # noqa: E402
from benchmarks.common.tflite_operations import count_tflite_multiplications  # noqa: E402
from benchmarks.latency import clips, report, results, scorer  # noqa: E402
from benchmarks.latency import run as latency  # noqa: E402
from benchmarks.latency.loop import STAGES  # noqa: E402
from benchmarks.latency.operations import a_frame, multiplications  # noqa: E402
from benchmarks.peers import loops as others  # noqa: E402
from benchmarks.peers import run as peers  # noqa: E402
from livecam import model_files  # noqa: E402
from livecam.diagnostics.step_costs import STEPS  # noqa: E402
from livecam.errors import ModelError, SourceError  # noqa: E402
from livecam.faces.tflite import read_graph  # noqa: E402
from livecam.faces.wide_detector import _as_onnx  # noqa: E402
from tests.benchmarks.runs import benchmark  # noqa: E402

COUNTED = dict.fromkeys(("landmarks", "blendshapes", "detector"), 10_000_000) | {
    "scorer": 100_000_000, "PyTorch scorer": 200_000_000,
}  # fmt: skip


def times_of(clip: Path) -> list[float]:
    with av.open(str(clip)) as source:
        return sorted(float(p.pts * p.time_base) for p in source.demux(video=0) if p.pts is not None)


def scored(p50: float, precision: str = "fp32") -> dict[str, Any]:
    times = {str(batch): [p50 * batch] * 3 for batch in scorer.BATCHES}
    return {"provider": "cpu", "precision": precision, "times_ms": times}


def looped(**changed: object) -> dict[str, Any]:
    """What a run of benchmarks.latency.loop returns."""
    return {
        "fps": 100.0,
        "cores": 1.9,
        "frames": {"read": 100, "analysed": 99, "dropped": 1, "with_face": 98},
        "latency_ms": {"p50": 10.0, "p95": 12.0, "p99": 13.0},
        "stages_ms": {stage: [1.0, 3.0] if stage != "write" else [] for stage in STAGES},
        "longest_freeze_ms": 60.0,
        "memory_mb": {"start": 40.0, "end": 400.0, "most": 410.0, "growth_per_minute": 0.2},
    } | changed


def test_each_has_its_turn_at_being_first() -> None:
    assert [rotated(["a", "b", "c"], turn) for turn in range(4)] == [list("abc"), list("bca"), list("cab"), list("abc")]


@pytest.mark.slow
def test_a_clip_is_played_twice_as_fast_and_over_again(tmp_path: Path) -> None:
    short = clips.scale(model_files.demo_clip(), tmp_path / "short.mp4", height=48, first=60, frames=30)
    assert clips.size(short) == (86, 48)
    again = clips.play_again(short, tmp_path / "again.mp4", speed=2, times=2)
    once, twice = times_of(short), times_of(again)
    assert len(once) == 30
    assert twice == pytest.approx([t / 2 for t in once] + [t / 2 + 0.5 for t in once], abs=1e-3)


def test_what_is_no_clip_is_said(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_text("no")
    for path in (tmp_path / "no.mp4", tmp_path / "missing.mp4"):
        with pytest.raises(SourceError, match="no clip that can be read"):
            clips.size(path)


@pytest.mark.slow
def test_the_whole_loop_is_measured_stage_by_stage() -> None:
    asked = {"clip": "demo", "pace": "fast", "model": None, "provider": "cpu", "first": 150, "frames": 60}
    answer = isolated.run_isolated("benchmarks.latency.loop:run", asked)
    assert answer["provider"] == "cpu"
    analysed = answer["frames"]["analysed"]
    assert answer["frames"]["with_face"] == analysed >= 90
    counts = {stage: len(times) for stage, times in answer["stages_ms"].items()}
    assert counts.pop("encode") == counts.pop("write") == answer["shots"] == 1
    assert counts.pop("draw") > 0
    assert counts.pop("read") >= analysed + 150  # those passed over, and those decoded ahead
    assert counts.pop("find") >= analysed
    assert counts == dict.fromkeys(("crop", "score", "check", "decide"), analysed)
    start = answer["start_up_s"]
    assert 0 < start["imports"] < start["models"] < start["first_decision"]
    assert answer["fps"] > 0


@pytest.mark.slow
def test_a_failure_in_the_other_python_comes_back_as_what_it_is(tmp_path: Path) -> None:
    missing = {"model": str(tmp_path / "none.onnx"), "provider": "cpu", "calls": 1}
    with pytest.raises(ModelError, match=r"none\.onnx"):
        isolated.run_isolated("benchmarks.latency.scorer:run", missing)
    with pytest.raises(RuntimeError, match="has no attribute 'walk'"):
        isolated.run_isolated("benchmarks.latency.scorer:walk", {})


@pytest.mark.slow
def test_each_step_is_measured_in_a_python_of_its_own() -> None:
    asked = {"model": None, "provider": "cpu", "frames": 2}
    costs = isolated.run_isolated("benchmarks.latency.steps:run", asked)
    assert tuple(costs) == STEPS
    assert min(costs.values()) > 0


@pytest.mark.slow
def test_the_scorer_is_timed_for_each_batch() -> None:
    answer = scorer.run(model=str(model_files.scorer_model()), provider="cpu", calls=2, spawned_s=0, batches=(1, 3))
    assert (answer["provider"], answer["precision"]) == ("cpu", "int8")
    assert {batch: len(times) for batch, times in answer["times_ms"].items()} == {"1": 2, "3": 2}


def test_scorers_are_compared_with_the_first_by_their_medians() -> None:
    found = results.timings({"PyTorch eager": [scored(30.0), scored(30.0)], "livecam": [scored(6.0, "int8")] * 2})
    assert [one.name for one in found] == ["PyTorch eager fp32"] * 4 + ["livecam int8"] * 4
    assert [one.ratio for one in found] == [1.0] * 4 + [5.0] * 4
    assert (found[-1].batch, found[-1].p50, found[-1].calls) == (8, 48.0, 6)


def test_a_stage_that_never_happened_has_no_times() -> None:
    one = results.Loop.of("720p, fast", looped())
    assert one.stages["write"] is None
    assert one.stages["find"] is not None
    assert one.stages["find"].p50 == 2.0


def test_a_stopwatch_times_calls_that_fail_and_generators_that_are_given_up() -> None:
    watch, closed = Stopwatch(), []

    def count() -> Generator[int]:
        try:
            yield from range(5)
        finally:
            closed.append(True)

    items = watch.timed_items("read", count)()
    assert [next(items), next(items)] == [0, 1]
    items.close()
    assert closed == [True]
    with pytest.raises(ZeroDivisionError):
        watch.timed("find", lambda: 1 / 0)()
    assert {stage: len(times) for stage, times in watch.times_ms.items()} == {"read": 2, "find": 1}


def test_growth_is_told_only_from_the_second_half() -> None:
    memory = Memory()
    memory.samples = [(float(s), 400.0 + 10 * min(s, 10) + s / 60) for s in range(100)]
    answer = memory.summary(started_mb=40.0)
    assert answer["growth_per_minute"] == pytest.approx(1.0)
    assert answer["start"] == 40.0
    assert answer["end"] == pytest.approx(501.65)
    assert answer["each_minute"] == pytest.approx([501.0])
    memory.samples = memory.samples[:20]
    assert memory.summary(None)["growth_per_minute"] is None


def test_memory_is_sampled_while_it_is_entered() -> None:
    with Memory() as memory:
        pass
    assert (len(memory.samples) >= 1) == (machine.resident_mb() is not None)
    assert not any(thread.name == "memory" for thread in threading.enumerate())


@pytest.mark.slow
def test_json_goes_to_stdout_alone_and_the_chart_to_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = ("480p, fast", "720p, fast", "720p, 30 frames/s", "720p, 30 frames/s for 10 min")
    timings = results.timings({"PyTorch eager": [scored(30.0)], "livecam": [scored(6.0, "int8")]})
    result = results.Result(
        machine.machine(),
        "cpu",
        results.StartUp(0.1, 0.5, 0.7, 0.8),
        timings,
        [results.Loop.of(n, looped()) for n in names],
        dict.fromkeys(STEPS, 1.5),
        COUNTED,
    )
    monkeypatch.setattr(latency, "measure", lambda *_: result)
    answer = benchmark("latency", "--json", "--out", tmp_path / "new")
    (line,) = answer.out.splitlines()
    parsed = json.loads(line)
    assert parsed == json.loads((tmp_path / "new" / "latency.json").read_text())
    assert {"cpu", "flags", "cores", "gpu", "load", "numpy", "mediapipe"} <= set(parsed["machine"])
    assert parsed["step_costs"] == dict.fromkeys(STEPS, 1.5)
    assert (tmp_path / "new" / "latency.png").stat().st_size > 10_000
    assert "0.20" in answer.err  # MB a minute, of the long run only
    assert answer.err.count("0.20") == 1


def test_a_missing_scorer_is_one_line_and_1(tmp_path: Path) -> None:
    answer = benchmark("latency", "--model", tmp_path / "none.onnx")
    assert (answer.code, answer.err.strip().count("\n")) == (1, 0)


def test_peers_are_compared_round_by_round() -> None:
    ours = [looped(fps=fps, provider="cpu") for fps in (100.0, 80.0, 120.0)]
    theirs = [{"fps": fps, "cores": 1.0, "with_face": 1.0} for fps in (20.0, 20.0, 40.0)]
    baseline, mine = peers.compare({peers.BASELINE: theirs, peers.OURS: ours})
    assert (baseline.fps, baseline.ratio, baseline.lowest, baseline.highest) == (20.0, 4.0, 3.0, 5.0)
    assert (mine.fps, mine.ratio, mine.with_face) == (100.0, 1.0, 98 / 99)
    assert (baseline.processor_ms, mine.processor_ms) == (50.0, 19.0)


def test_a_peer_without_its_parts_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(function: str, arguments: dict[str, Any], *, limit_s: float | None) -> dict[str, Any]:
        assert limit_s is None
        assert (arguments["first"], arguments["frames"]) == (7, 5)
        if function.endswith("haar_smile"):
            raise ModelError("no cascade")
        ours = function.endswith("loop:run")
        return looped(provider="cpu") if ours else {"fps": 25.0, "cores": 1.0, "with_face": 1.0}

    monkeypatch.setattr(rounds, "run_isolated", fake)
    monkeypatch.setattr(peers, "_network", lambda folder: folder)
    real = peers.measure
    monkeypatch.setattr(peers, "measure", lambda *asked: real(asked[0], 7, *asked[2:], rounds=2, frames=5))
    answer = benchmark("peers", "--json")
    parsed = json.loads(answer.out)
    assert parsed["left_out"] == {"Haar smile shutter": "no cascade"}
    assert [peer["name"] for peer in parsed["peers"]] == [name for name in peers._LOOPS if "Haar" not in name]
    assert parsed["peers"][0]["rounds"] == [25.0, 25.0]
    assert "left out: Haar smile shutter: no cascade" in answer.err
    assert [parsed["peers"][0][name] for name in ("ratio", "lowest", "highest")] == [4.0] * 3


@pytest.mark.slow
def test_the_baseline_loop_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(others, "WARM_UP", 1)
    answer = others.torch_eager(clip=str(model_files.demo_clip()), first=70, frames=2, network="", spawned_s=0.0)
    assert answer["with_face"] == 1.0
    assert answer["fps"] > 0


@pytest.mark.slow
def test_a_clip_too_short_is_said() -> None:
    with pytest.raises(SourceError, match="fewer frames"):
        others._loop(str(model_files.demo_clip()), 850, 100, lambda _: 0)


def test_no_cascade_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(others, "_CASCADES", (tmp_path,))
    with pytest.raises(ModelError, match="opencv-data"):
        others.haar_smile(clip="", first=0, frames=1, network="", spawned_s=0.0)


def test_what_a_model_multiplies_is_counted_alike_in_both_formats(tmp_path: Path) -> None:
    with zipfile.ZipFile(model_files.face_landmarker()) as parts:
        detector = parts.read("face_detector.tflite")
    as_onnx = onnx.load_from_string(_as_onnx(read_graph(detector)))
    for axis in (2, 3):
        as_onnx.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = 128
    onnx.save(as_onnx, tmp_path / "detector.onnx")
    assert (
        count_tflite_multiplications(detector)
        == count_operations(tmp_path / "detector.onnx").multiplications
        == 30_760_960
    )


def test_a_frame_is_landmarks_blendshapes_and_a_scorer() -> None:
    shipped = multiplications(None, model_files.scorer_model(None, "fp16"))
    assert a_frame(shipped) == sum(shipped[name] for name in ("landmarks", "blendshapes", "scorer"))
    assert 0 < shipped["blendshapes"] < shipped["landmarks"] < shipped["scorer"]


def test_what_is_no_model_cannot_be_counted() -> None:
    with pytest.raises(ModelError, match="no TensorFlow Lite model"):
        count_tflite_multiplications(b"TFL3 and nothing else")


def test_the_report_names_the_machine_and_every_loop() -> None:
    result = results.Result(
        machine.machine(), "cpu", results.StartUp(0.1, 0.5, 0.7, 0.8), [], [results.Loop.of("720p, fast", looped())],
        dict.fromkeys(STEPS, 1.5), COUNTED,
    )  # fmt: skip
    scorer, loops, _, costs, counted, _ = report.tables(result)
    assert machine.machine()["cpu"] in str(scorer.title)
    assert machine.machine()["flags"] in str(scorer.caption)
    assert "2.0 times as many multiplications" in str(scorer.caption)
    assert loops.row_count == 1
    assert [next(iter(column.cells)) for column in counted.columns[-2:]] == ["120", "220"]
    assert list(loops.columns[3].cells) == ["19.0"]  # 1.9 processors, 100 frames a second
    assert [next(iter(column.cells)) for column in costs.columns[1:]] == ["1.5"] * len(STEPS) + ["7.5"]
