"""The scorer on a GPU: what is tried, what really runs, and what happens when it fails. No test needs a GPU."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import numpy as np
import pytest

from livecam import model_files
from livecam.errors import ModelError
from livecam.scoring import gpu_libraries, providers, sessions
from livecam.scoring.providers import CpuSettings
from livecam.scoring.scorer import Scorer
from livecam.types import FaceCrop, Score
from tests.scoring.fake_onnxruntime import OnnxRuntime, plug_in
from tests.scoring.onnx_factories import grey_crop, make_model

CUDA, TENSORRT, CPU = "CUDAExecutionProvider", "TensorrtExecutionProvider", "CPUExecutionProvider"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> OnnxRuntime:
    return plug_in(monkeypatch, OnnxRuntime())


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_model(tmp_path / "m.onnx")


def faces(count: int) -> list[FaceCrop]:
    return [grey_crop(20 + 20 * index) for index in range(count)]


def brightness(scores: tuple[Score, ...]) -> list[float]:
    return [round(float(score.eyes_closed[0]) * 255) for score in scores]


def test_a_gpu_that_works_is_taken_by_itself(gpu: OnnxRuntime, model: Path) -> None:
    with Scorer(model) as scorer:
        assert (scorer.provider, scorer.fallback, scorer.path) == ("cuda", None, model)


def test_the_file_that_ships_follows_the_provider(
    gpu: OnnxRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "_PACKAGE", tmp_path)
    int8 = make_model(tmp_path / "scorer-int8.onnx")
    with Scorer() as scorer:
        assert (scorer.provider, scorer.path) == ("cuda", int8)
    fp16 = make_model(tmp_path / "scorer-fp16.onnx")
    with Scorer() as scorer:
        assert (scorer.provider, scorer.path) == ("cuda", fp16)
    with Scorer(provider="cpu") as scorer:
        assert (scorer.provider, scorer.path) == ("cpu", int8)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 19])
def test_any_number_of_faces_comes_back_in_order_from_batches_of_fixed_sizes(
    gpu: OnnxRuntime, model: Path, count: int
) -> None:
    levels = [(37 * index) % 256 for index in range(count)]
    with Scorer(model) as scorer:
        gpu.used.clear()
        assert brightness(scorer.score([grey_crop(level) for level in levels])) == levels
        assert brightness(scorer.score([grey_crop(level) for level in reversed(levels)])) == levels[::-1]
    sizes = [size for _, size in gpu.used]
    assert set(sizes) <= set(providers.BATCHES)
    assert sum(sizes[: len(sizes) // 2]) < count + max(providers.BATCHES) / 2


def test_each_batch_size_keeps_its_buffers_however_the_number_of_faces_changes(gpu: OnnxRuntime, model: Path) -> None:
    with Scorer(model) as scorer:
        for count in (1, 8, 2, 1, 4, 3, 8, 1):
            assert brightness(scorer.score(faces(count))) == [20 + 20 * index for index in range(count)]
    assert gpu.opened == [{CUDA: {"enable_cuda_graph": "1", "arena_extend_strategy": "kSameAsRequested"}, CPU: {}}]


def test_all_batch_sizes_are_recorded_before_a_face_waits_for_them(gpu: OnnxRuntime, model: Path) -> None:
    with Scorer(model):
        assert {size for _, size in gpu.used} == set(providers.BATCHES)


def test_a_score_that_came_back_does_not_change_with_the_next(gpu: OnnxRuntime, model: Path) -> None:
    with Scorer(model) as scorer:
        (first,) = scorer.score([grey_crop(255)])
        scorer.score([grey_crop(0)])
        assert first.embedding == pytest.approx(np.ones(512))


def test_a_model_that_no_graph_can_be_recorded_of_runs_without(gpu: OnnxRuntime, model: Path) -> None:
    gpu.no_graph = True
    with Scorer(model) as scorer:
        assert scorer.provider == "cuda"
        assert brightness(scorer.score(faces(3))) == [20, 40, 60]
    assert [options[CUDA]["enable_cuda_graph"] for options in gpu.opened] == ["1", "0"]


def test_without_a_driver_no_gpu_is_tried(monkeypatch: pytest.MonkeyPatch, model: Path) -> None:
    runtime = plug_in(monkeypatch, OnnxRuntime(), driver=False)
    with Scorer(model) as scorer:
        assert (scorer.provider, scorer.fallback) == ("cpu", None)
    assert runtime.opened == [{CPU: {}}]


def test_a_gpu_that_is_left_out_without_a_word_is_noticed(gpu: OnnxRuntime, model: Path) -> None:
    gpu.dead = (CUDA,)
    with Scorer(model) as scorer:
        assert (scorer.provider, scorer.fallback) == ("cpu", "cuda")
        assert "cuda" in str(scorer.failure)
        assert brightness(scorer.score(faces(2))) == [20, 40]


def test_a_gpu_that_refuses_is_noticed_with_its_words(gpu: OnnxRuntime, model: Path) -> None:
    gpu.refuses = {CUDA: "[ONNXRuntimeError] : 1 : FAIL : CUDA failure 2: out of memory\nand a trace"}
    with Scorer(model) as scorer:
        assert (scorer.provider, scorer.fallback) == ("cpu", "cuda")
        assert scorer.failure == "CUDA failure 2: out of memory"


def test_a_gpu_that_gives_one_face_other_scores_in_other_batches_is_not_used(gpu: OnnxRuntime, model: Path) -> None:
    gpu.noise = 0.04
    with Scorer(model) as scorer:
        assert scorer.provider == "cpu"


@pytest.mark.parametrize("name", ["cuda", "tensorrt", "coreml", "directml"])
def test_a_provider_asked_for_by_name_that_onnxruntime_lacks_is_refused(
    monkeypatch: pytest.MonkeyPatch, model: Path, name: str
) -> None:
    plug_in(monkeypatch, OnnxRuntime(build=(CPU,)))
    with pytest.raises(ModelError, match=rf"^{name} cannot be used \(not in this onnxruntime\): .*--provider cpu$"):
        Scorer(model, provider=name)


@pytest.mark.parametrize("name", ["cuda", "tensorrt"])
def test_a_provider_asked_for_by_name_is_never_silently_replaced(
    gpu: OnnxRuntime, model: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    gpu.dead = (CUDA, TENSORRT)
    with pytest.raises(ModelError, match=f"{name} .*--provider cpu$") as caught:
        Scorer(model, provider=name)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_tensorrt_that_leaves_all_to_cuda_is_not_tensorrt(gpu: OnnxRuntime, model: Path) -> None:
    gpu.dead = (TENSORRT,)
    with pytest.raises(ModelError, match="tensorrt"):
        Scorer(model, provider="tensorrt")


def test_a_damaged_file_is_the_files_fault_and_not_the_gpus(gpu: OnnxRuntime, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    for name in ("auto", "cuda"):
        with pytest.raises(ModelError, match="no ONNX model, or a damaged one"):
            Scorer(broken, provider=name)


def test_no_driver_and_no_library_are_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    runtime = plug_in(monkeypatch, OnnxRuntime(), driver=False)
    assert providers.missing("cuda") == ("no NVIDIA driver", "install it")
    plug_in(monkeypatch, runtime)
    runtime.__file__ = str(tmp_path / "__init__.py")
    what, hint = providers.missing("cuda") or ("", "")
    assert what.endswith("libonnxruntime_providers_shared.so is missing")
    assert hint == 'run pip install "livecam[cuda]"'
    assert providers.missing("cpu") is None


def test_nvidias_libraries_are_found_beside_pytorch_when_onnxruntime_lies_in_another_folder(
    gpu: OnnxRuntime, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cu13/lib", "cudnn/lib", "cu13/include"):
        (tmp_path / "nvidia" / name).mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "nvidia", raising=False)
    elsewhere = [str(tmp_path / "nvidia" / name) for name in ("cu13/lib", "cudnn/lib")]

    with Scorer(model, provider="cuda"):
        assert gpu.preloaded[:3] == [None, *elsewhere]
    others = gpu_libraries.other_nvidia_folders(tmp_path)  # in tmp_path it looks itself
    assert not any(folder.is_relative_to(tmp_path) for folder in others)


def test_a_driver_that_is_too_old_is_no_missing_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def load(library: str, mode: int = 0) -> None:
        if "cuda" in library:
            raise OSError(f"{library}: undefined symbol: cuTensorMapEncodeTiled")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", load)
    assert gpu_libraries.missing_library("cuda", tmp_path) == ("the NVIDIA driver is too old", "update it")


def test_a_gpu_that_fails_on_the_way_is_replaced_by_the_cpu_once_and_visibly(gpu: OnnxRuntime, model: Path) -> None:
    with Scorer(model) as scorer:
        scorer.score(faces(2))
        gpu.used.clear()
        gpu.breaks = "CUDA failure 700: an illegal memory access was encountered"

        assert brightness(scorer.score(faces(3))) == [20, 40, 60]
        assert (scorer.provider, scorer.fallback, scorer.failure) == ("cpu", "cuda", gpu.breaks)
        gpu.breaks = None
        assert brightness(scorer.score(faces(1))) == [20]
        assert scorer.provider == "cpu"
    assert {used for used, _ in gpu.used} == {CPU}


def test_a_batch_of_which_the_gpu_did_a_part_is_scored_again_as_a_whole(
    gpu: OnnxRuntime, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Scorer(model) as scorer:
        gpu.used.clear()
        real = sessions.Bound._fit
        monkeypatch.setattr(sessions.Bound, "_fit", lambda self, part: real(self, part) if len(part) == 8 else 1 / 0)

        assert brightness(scorer.score(faces(11))) == [20 + 20 * index for index in range(11)]
    assert gpu.used[0] == (CUDA, 8)
    assert gpu.used[-1] == (CPU, 11)


def test_what_is_no_score_is_the_gpus_failure(gpu: OnnxRuntime, model: Path) -> None:
    with Scorer(model) as scorer:
        gpu.noise = float("nan")
        assert brightness(scorer.score(faces(2))) == [20, 40]
        assert (scorer.provider, scorer.fallback) == ("cpu", "cuda")


def test_tensorrt_is_told_what_it_will_meet_and_where_to_keep_its_work(
    gpu: OnnxRuntime, model: Path, cache: Path
) -> None:
    with Scorer(model, provider="tensorrt") as scorer:
        assert scorer.provider == "tensorrt"
        assert brightness(scorer.score(faces(5))) == [20, 40, 60, 80, 100]
    options = gpu.opened[0][TENSORRT]
    folder = Path(options["trt_engine_cache_path"])
    assert folder.is_dir()
    assert folder.parent == Path(options["trt_timing_cache_path"]) == cache / "tensorrt"
    assert options["trt_profile_min_shapes"] == "crops:1x224x224x3"
    assert options["trt_profile_max_shapes"] == "crops:8x224x224x3"
    assert options["trt_fp16_enable"] == options["trt_engine_cache_enable"] == options["trt_timing_cache_enable"] == "1"
    assert list(gpu.opened[0]) == [TENSORRT, CUDA, CPU]


def test_a_long_wait_is_said_before_it_and_only_then(
    gpu: OnnxRuntime, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_libraries, "missing_library", lambda name, folder: None)
    assert providers.slow_start("auto", model) is None
    assert "a minute or two" in str(providers.slow_start("tensorrt", model))
    assert providers.candidates("auto", model) == ("cuda", "cpu")

    with Scorer(model, provider="tensorrt"):
        (Path(gpu.opened[0][TENSORRT]["trt_engine_cache_path"]) / "kernel_sm90.engine").touch()

    assert providers.slow_start("tensorrt", model) is None
    assert providers.candidates("auto", model) == ("tensorrt", "cuda", "cpu")
    another = make_model(tmp_path / "another.onnx", metadata={"livecam_schema": "1", "model_version": "8"})
    assert providers.slow_start("tensorrt", another) is not None
    assert providers.candidates("auto", another) == ("cuda", "cpu")


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(gpu: OnnxRuntime, model: Path, cache: Path) -> None:
    cache.write_text("in the way")
    with Scorer(model, provider="tensorrt") as scorer:
        assert scorer.provider == "tensorrt"
    assert "trt_engine_cache_enable" not in gpu.opened[0][TENSORRT]


@pytest.mark.parametrize(
    ("name", "its_name"), [("coreml", "CoreMLExecutionProvider"), ("directml", "DmlExecutionProvider")]
)
def test_a_mac_and_a_pc_use_what_they_have(
    monkeypatch: pytest.MonkeyPatch, model: Path, name: str, its_name: str
) -> None:
    runtime = plug_in(monkeypatch, OnnxRuntime(build=(its_name, CPU)), driver=False)
    with Scorer(model) as scorer:
        assert scorer.provider == name
        assert brightness(scorer.score(faces(3))) == [20, 40, 60]
    assert runtime.used[-1] == (its_name, 3)


def test_memory_the_driver_keeps_in_place_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    class Driver:
        def __init__(self) -> None:
            self.kept: dict[int, int] = {}

        def cuMemHostRegister_v2(  # noqa: N802
            self, address: ctypes.c_void_p, size: ctypes.c_size_t, flags: ctypes.c_uint
        ) -> int:
            self.kept[address.value or 0] = size.value
            return flags.value

        def cuMemHostUnregister(self, address: ctypes.c_void_p) -> int:  # noqa: N802
            del self.kept[address.value or 0]
            return 0

    driver = Driver()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: driver)
    array = sessions._pinned((2, 3))
    assert driver.kept == {array.ctypes.data: 6}
    del array
    assert driver.kept == {}


def test_a_busy_processor_gives_the_scorer_fewer_threads(model: Path) -> None:
    settings = CpuSettings(threads=2, threads_when_busy=1)
    sessions = (providers.open_session(model.read_bytes(), "cpu", busy=busy, cpu=settings) for busy in (False, True))
    assert [session.get_session_options().intra_op_num_threads for session in sessions] == [2, 1]


def test_a_busy_processor_changes_no_score(model: Path) -> None:
    with Scorer(model, provider="cpu") as quick, Scorer(model, provider="cpu", busy=True) as modest:
        assert quick.score(faces(2))[1].value == modest.score(faces(2))[1].value


def test_the_threads_stop_spinning_when_the_score_is_there(model: Path) -> None:
    """ONNX Runtime's own would go on for milliseconds after each score: processor time that the face finder needs."""
    options = providers.open_session(model.read_bytes(), "cpu").get_session_options()
    assert options.get_session_config_entry("session.force_spinning_stop") == "1"
    assert 0 < int(options.get_session_config_entry("session.intra_op.spin_duration_us")) < 1000
