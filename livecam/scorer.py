"""Scores face crops with ONNX Runtime.

The file must be a livecam scorer of schema 1: input ``crops`` uint8 (N, 224, 224, 3) RGB with the normalisation
inside the graph, outputs ``rating_probs`` float32 (N, 5), ``eyes_closed`` float32 (N, 2), subject's left eye
first, and ``embedding`` float32 (N, 512). ``python -m export onnx`` writes such files.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

import numpy as np
import onnxruntime as ort

from livecam import assets
from livecam.errors import ModelError
from livecam.types import CROP_SIZE, EMBEDDING, RATINGS, FaceCrop, Score, UInt8Array

SCHEMA = "1"
_INPUT = "crops"
_OUTPUTS = {"rating_probs": len(RATINGS), "eyes_closed": 2, "embedding": EMBEDDING}  # name: width, in Score's order
_NEXT = "use one that python -m export onnx wrote"
_CPU = "CPUExecutionProvider"
# Each with the one that takes the nodes it cannot; the CPU always comes last.
_PROVIDERS: Mapping[str, tuple[str, ...]] = {
    "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider"),
    "cuda": ("CUDAExecutionProvider",),
    "cpu": (),
}
_FATAL, _WARNING = 4, 2  # ONNX Runtime's log levels; 2 is its default
# Measured for int8 on two cores that others kept busy: two threads that sleep while they wait take 25 ms a crop,
# one 45 ms, two that spin 49 ms. Alone spinning would win one millisecond (4.2, 5.2), but the core it burns is
# the face finder's.
_THREADS = 2


class Scorer:
    """A scorer model that is loaded, checked and warm. Use it from one thread at a time.

    provider: what really runs it: "cpu", "cuda" or "tensorrt".  metadata: the file's own, read-only.
    """

    provider: str
    metadata: Mapping[str, str]

    def __init__(self, model: Path | None = None, *, provider: str = "auto") -> None:
        """Load model, or the one in the package.

        provider: "cuda", "tensorrt" and "cpu" must be had or fail; "auto" takes CUDA if it works, else the CPU.
        Raises ModelError if the file is missing, damaged or not schema 1, or if the provider does not work here,
        ValueError if provider is none of the four.
        """
        if provider not in {"auto", *_PROVIDERS}:
            raise ValueError(f"provider must be auto, cuda, tensorrt or cpu, not {provider!r}")
        path = assets.scorer_model(model)
        session = _open(path, _PROVIDERS["cuda" if provider == "auto" else provider])
        self.provider = _active(session)
        if provider not in {"auto", self.provider}:
            raise ModelError(_why_not(provider))
        self.metadata = MappingProxyType(dict(session.get_modelmeta().custom_metadata_map))
        _require_schema(session, self.metadata, path)
        self._session: ort.InferenceSession | None = session
        self._warm_up(path)

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        """Score crops as one batch, in their order; () for ()."""
        if not crops:
            return ()
        return self._run(np.stack([crop.image for crop in crops]))

    def close(self) -> None:
        """Free the model; the scorer is not to be used after that. May be called again."""
        self._session = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, batch: UInt8Array) -> tuple[Score, ...]:
        if self._session is None:
            raise ValueError("this scorer is closed")
        outputs = self._session.run(list(_OUTPUTS), {_INPUT: batch})
        return tuple(Score(*rows) for rows in zip(*outputs, strict=True))

    def _warm_up(self, path: Path) -> None:
        # Two crops prove that the file keeps what its shapes promise, and spare the first real frame the delay.
        batch = np.zeros((2, CROP_SIZE, CROP_SIZE, 3), np.uint8)
        batch[1] = 128
        try:
            self._run(batch)
        except ValueError as error:  # from Score: these are no probabilities
            raise ModelError(f"{path} gives no usable scores ({error}): {_NEXT}") from error
        except Exception as error:  # ONNX Runtime's errors share no base class
            hint = _NEXT if self.provider == "cpu" else "try --provider cpu"
            raise ModelError(f"{path} does not run on {self.provider} ({_brief(error)}): {hint}") from error


def _open(path: Path, providers: tuple[str, ...]) -> ort.InferenceSession:
    try:
        data = path.read_bytes()  # bytes, not the path: the model must be one self-contained file
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    if providers and set(providers) <= set(ort.get_available_providers()):
        # A GPU that does not work here may raise anything. Then the CPU opens the file, or says what is wrong with it.
        with contextlib.suppress(Exception), _quiet():
            ort.preload_dlls()  # the CUDA libraries that pip installs are on no search path
            return _session(data, providers)
    try:
        return _session(data, ())
    except Exception as error:  # ONNX Runtime's errors share no base class
        raise ModelError(f"{path} is no ONNX model, or a damaged one ({_brief(error)}): {_NEXT}") from error


def _session(data: bytes, providers: tuple[str, ...]) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = _FATAL  # what goes wrong is raised, too
    options.intra_op_num_threads = _THREADS
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Without its own fallback ONNX Runtime raises instead of printing.
    return ort.InferenceSession(data, options, providers=[*providers, _CPU], enable_fallback=0)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep ONNX Runtime from announcing on the terminal that a GPU cannot be used; the scorer says it itself."""
    ort.set_default_logger_severity(_FATAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        ort.set_default_logger_severity(_WARNING)


def _active(session: ort.InferenceSession) -> str:
    # get_providers tells what was registered in fact, in order; a provider that failed is silently left out.
    first = session.get_providers()[0]
    return next((name for name, providers in _PROVIDERS.items() if first in providers[:1]), "cpu")


def _why_not(provider: str) -> str:
    """Return the one line that says what provider lacks on this machine."""
    if _PROVIDERS[provider][0] not in ort.get_available_providers():
        return f"{provider} is not in this onnxruntime: pip install 'livecam[cuda]', or use --provider cpu"
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return f"{provider} finds no NVIDIA driver on this machine: install it, or use --provider cpu"
    needs = "the CUDA and cuDNN libraries (pip install 'livecam[cuda]')"
    if provider == "tensorrt":
        needs += " and TensorRT (pip install tensorrt)"
    return f"{provider} does not start: it needs a supported GPU and {needs}, or use --provider cpu"


def _require_schema(session: ort.InferenceSession, metadata: Mapping[str, str], path: Path) -> None:
    schema = metadata.get("livecam_schema")
    if schema not in {None, SCHEMA}:
        raise ModelError(f"{path} has schema {schema}, this livecam runs schema {SCHEMA}: {_NEXT}")
    inputs, outputs = session.get_inputs(), {node.name: node for node in session.get_outputs()}
    wanted = f"{_INPUT} tensor(uint8) [N, {CROP_SIZE}, {CROP_SIZE}, 3]"
    if [_described(node) for node in inputs] != [wanted]:
        found = " and ".join(_described(node) for node in inputs) or "nothing"
        raise ModelError(f"{path} takes {found}, not {wanted}: {_NEXT}")
    for name, width in _OUTPUTS.items():
        wanted = f"{name} tensor(float) [N, {width}]"
        found = _described(outputs[name]) if name in outputs else f"only {', '.join(outputs)}"
        if found != wanted:
            raise ModelError(f"{path} gives {found}, not {wanted}: {_NEXT}")
    if schema is None:
        raise ModelError(f"{path} has no livecam_schema in its metadata, not schema {SCHEMA}: {_NEXT}")


def _described(node: ort.NodeArg) -> str:
    """Write a node as its name, type and shape, with N for whatever is dynamic."""
    shape = ", ".join(str(size) if isinstance(size, int) else "N" for size in node.shape)
    return f"{node.name} {node.type} [{shape}]"


def _brief(error: Exception) -> str:
    """Return what ONNX Runtime says without its prefix and source paths, on one line."""
    return str(error).strip().splitlines()[0].rsplit(" : ", 1)[-1][:120].rstrip(".")
