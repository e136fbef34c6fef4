"""What ONNX Runtime can run the scorer on: what to try, how to open it, and what is missing where it does not work.

The options are those of ONNX Runtime's pages on its CUDA, TensorRT, CoreML and DirectML execution providers.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime as ort

from livecam import model_files
from livecam.cores import usable_cores
from livecam.scoring import gpu_libraries, tensorrt_engines
from livecam.types import CROP_SIZE

# The batches that a GPU gets, from buffers of these sizes; fewer faces are padded up, more are split. Set by hand.
BATCHES = (1, 2, 4, 8)
CPU = "CPUExecutionProvider"
_CUDA, _TENSORRT = "CUDAExecutionProvider", "TensorrtExecutionProvider"
_FATAL, _WARNING = 4, 2  # ONNX Runtime's log levels; 2 is its default
_USE_CPU = "use --provider cpu"


@dataclass(frozen=True, slots=True)
class CpuSettings:
    """How ONNX Runtime uses the processor, measured with the int8 scorer on two cores.

    threads: for one score as soon as may be. In processor time, the other choices at 4.7 ms: extended optimisations
    instead of all 5.6, weights not packed beforehand 18, denormals as zero no other. A graph that was optimised before
    it was saved loads 6 ms sooner.

    threads_when_busy: where two frames are under way on two cores, a scorer that wants both of them waits for the face
    finder: one thread gets 5 % more frames done (105 for 99 a second), two have one score 1.7 ms sooner (3.3 ms for
    5.0).

    spin_us: how long a thread spins for the next layer before it sleeps, µs: a score has 30 layers, and being woken
    costs as much as a third of one. 5th percentile: 3.5 ms without, 3.2 with 10 µs, 2.7 with 30 or 50. Where another
    program has one of the cores, 50 µs cost 4 % more processor time in the live loop and make no frame older; without a
    limit, a score there takes 9.2 ms of processor time instead of 5.0.
    """

    threads: int = 2
    threads_when_busy: int = 1 if usable_cores() <= 2 else 2
    spin_us: int = 50


CPU_DEFAULTS = CpuSettings()


@dataclass(frozen=True, slots=True)
class Provider:
    """One way to run the scorer.

    chain: ONNX Runtime's names; the second takes the nodes that the first cannot, the CPU comes last.
    precision: of the model that suits it.  bound: it computes from and to buffers of its own, on the device "cuda".
    """

    chain: tuple[str, ...]
    precision: Literal["int8", "fp16"]
    bound: bool = False


# In the order in which "auto" tries them.
PROVIDERS = {
    "tensorrt": Provider((_TENSORRT, _CUDA), "fp16", bound=True),
    "cuda": Provider((_CUDA,), "fp16", bound=True),
    "coreml": Provider(("CoreMLExecutionProvider",), "fp16"),
    "directml": Provider(("DmlExecutionProvider",), "fp16"),
    "cpu": Provider((), "int8"),
}


def candidates(requested: str, model: Path | None = None) -> tuple[str, ...]:
    """Return what to try for the provider requested, "auto" or one of PROVIDERS, in order.

    "auto" leaves out what cannot work at all, and TensorRT until somebody who asked for it by name has had its engine
    built: that takes minutes. Raises ModelError if there is no such model.
    """
    if requested != "auto":
        return (requested,)
    driver = gpu_libraries.has_driver()
    there = [name for name, provider in PROVIDERS.items() if in_build(name) and (driver or not provider.bound)]
    if "tensorrt" in there and not _has_engine(model):
        there.remove("tensorrt")
    return tuple(there)


def slow_start(requested: str, model: Path | None = None) -> str | None:
    """Return the line for a person who is about to wait for the provider requested to load model; None if it is quick.

    Raises ModelError if there is no such model.
    """
    if requested != "tensorrt" or missing(requested) is not None or _has_engine(model):
        return None
    return "TensorRT builds an engine from the scorer for this GPU: a minute or two, the first time only"


def in_build(name: str) -> bool:
    """Whether the installed onnxruntime is built for it."""
    return set(PROVIDERS[name].chain) <= set(ort.get_available_providers())


def open_session(
    data: bytes, name: str, *, graph: bool = False, busy: bool = False, cpu: CpuSettings = CPU_DEFAULTS
) -> ort.InferenceSession:
    """Open a model on one of PROVIDERS, with all of ONNX Runtime's own messages kept from the terminal.

    graph: let CUDA record the work of each batch size once and replay it.  busy: see
    ``livecam.scoring.scorer.Scorer``.  Raises whatever ONNX Runtime does; ask ``active`` what really runs, for a
    provider that does not work is left out without a word.
    """
    options = ort.SessionOptions()
    options.log_severity_level = _FATAL  # what goes wrong is raised, too
    options.intra_op_num_threads = cpu.threads_when_busy if busy else cpu.threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.intra_op.spin_duration_us", str(cpu.spin_us))
    options.add_session_config_entry("session.force_spinning_stop", "1")  # when the score is there
    if name == "directml":
        options.enable_mem_pattern = False  # it demands this
    chain = [(provider, _options(provider, data, graph=graph)) for provider in PROVIDERS[name].chain]
    with _silent():
        if PROVIDERS[name].bound:
            _preload()
        # Without its own fallback ONNX Runtime raises instead of printing.
        session = ort.InferenceSession(data, options, providers=[*chain, (CPU, {})], enable_fallback=0)
    session._model_bytes = None  # noqa: SLF001  6 MB that it keeps for that fallback only
    return session


def active(session: ort.InferenceSession) -> str:
    """Return which of PROVIDERS a session really runs on."""
    first = session.get_providers()[0]  # what was registered in fact, in order
    return next((name for name, provider in PROVIDERS.items() if first in provider.chain[:1]), "cpu")


def device_buffer(shape: tuple[int, ...], dtype: type[np.generic]) -> ort.OrtValue:
    """Return memory of a bound provider's device, whose contents are anything."""
    return ort.OrtValue.ortvalue_from_shape_and_type(shape, dtype, "cuda", 0)


def graph_options(number: int) -> ort.RunOptions:
    """Return the options with which CUDA records the run, or replays what it recorded under this number, 1 or more."""
    options = ort.RunOptions()
    options.add_run_config_entry("gpu_graph_id", str(number))
    return options


def missing(name: str) -> tuple[str, str] | None:
    """Return what name lacks on this machine and what to do about it, else None. It opens no session."""
    if not in_build(name):
        hints = {
            "coreml": "it comes with onnxruntime on macOS",
            "directml": "on Windows run pip install onnxruntime-directml",
        }
        return "not in this onnxruntime", hints.get(name, 'run pip install "livecam[cuda]"')
    if not PROVIDERS[name].bound:
        return None
    if not gpu_libraries.has_driver():
        return "no NVIDIA driver", "install it"
    with _silent(), contextlib.suppress(Exception):  # what it could not load is found below
        _preload()
    return gpu_libraries.missing_library(name, Path(str(ort.__file__)).parent / "capi")


def _preload() -> None:
    """Load the libraries that pip installs: they are on no search path."""
    ort.preload_dlls()
    for folder in gpu_libraries.other_nvidia_folders(Path(str(ort.__file__)).parents[1]):
        ort.preload_dlls(directory=str(folder))
    gpu_libraries.preload_tensorrt()


def why_not(name: str) -> str:
    """Return the one line that says why name does not run here."""
    lacks = missing(name)
    if lacks is None:
        return f"{name} does not start, though all that it needs is there: update the driver, or {_USE_CPU}"
    what, hint = lacks
    return f"{name} cannot be used ({what}): {hint}, or {_USE_CPU}"


def _options(provider: str, data: bytes, *, graph: bool) -> dict[str, str]:
    if provider == _CUDA:
        return {"enable_cuda_graph": "1" if graph else "0", "arena_extend_strategy": "kSameAsRequested"}
    if provider == _TENSORRT:
        shapes = {
            f"trt_profile_{bound}_shapes": f"crops:{size}x{CROP_SIZE}x{CROP_SIZE}x3"
            for bound, size in (("min", BATCHES[0]), ("opt", BATCHES[0]), ("max", BATCHES[-1]))
        }
        return {"trt_fp16_enable": "1", **shapes, **tensorrt_engines.cache_options(data)}
    if provider == PROVIDERS["coreml"].chain[0]:
        return {"ModelFormat": "MLProgram"}  # the older format knows no fp16
    return {}


def _has_engine(model: Path | None) -> bool:
    if not tensorrt_engines.any_built():
        return False  # saves the reading of the model
    return tensorrt_engines.is_built(model_files.scorer_model(model, PROVIDERS["tensorrt"].precision).read_bytes())


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep ONNX Runtime from announcing on the terminal that a GPU cannot be used; livecam has its own words for it."""
    ort.set_default_logger_severity(_FATAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        ort.set_default_logger_severity(_WARNING)
