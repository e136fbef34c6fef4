"""Scores face crops with ONNX Runtime.

The file must be a livecam scorer of schema 1: input ``crops`` uint8 (N, 224, 224, 3) RGB with the normalisation
inside the graph, outputs ``rating_probs`` float32 (N, 5), ``eyes_closed`` float32 (N, 2), subject's left eye
first, and ``embedding`` float32 (N, 512). ``python -m export onnx`` writes such files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
from onnxruntime import InferenceSession, NodeArg

from livecam import model_files
from livecam.closing import Closing
from livecam.errors import ModelError
from livecam.scoring import providers
from livecam.scoring.sessions import INPUT, Bound, Direct, Runner
from livecam.types import CROP_SIZE, EMBEDDING, RATINGS, FaceCrop, Score, UInt8Array

SCHEMA = "1"
_OUTPUTS = {"rating_probs": len(RATINGS), "eyes_closed": 2, "embedding": EMBEDDING}  # name: width, in Score's order
_NEXT = "use one that python -m export onnx wrote"
# How far the score of one face may lie apart when it is scored alone and in a batch, points: fp16 sums in other orders.
_STEADY = 0.02  # set by hand


class _NotActiveError(Exception):
    """The session opened, but runs on something else."""


class Scorer(Closing):
    """A scorer model that is loaded, checked and warm. Use it from one thread at a time.

    provider: what really runs it, one of "tensorrt", "cuda", "coreml", "directml" and "cpu"; it changes to "cpu" when
    the other fails on the way.  fallback: what should have run instead, and failure why it does not; None when all is
    well.  path: the file.  metadata: the file's own, read-only.
    """

    provider: str
    fallback: str | None = None
    failure: str | None = None
    path: Path
    metadata: Mapping[str, str]

    def __init__(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> None:
        """Load model, or the one in the package that suits the provider.

        provider: one that is named must be had or fails; "auto" takes the first that works, the CPU last.
        busy: the processor has other work all the time, so that what counts is little time of it, not a quick answer.
        Raises ModelError if the file is missing, damaged or not schema 1, or if the provider does not work here,
        ValueError if there is no such provider.
        """
        if provider not in {"auto", *providers.PROVIDERS}:
            raise ValueError(f"provider must be auto, {', '.join(providers.PROVIDERS)}, not {provider!r}")
        self._model, self._busy = model, busy
        self._runner: Runner | None = None
        *others, last = providers.candidates(provider, model)
        for name in others:
            try:
                self._start(name)
            except Exception as error:  # noqa: BLE001  a GPU that does not work here may raise anything
                self._note(name, error)
            else:
                return
        if last == "cpu":
            self._start_cpu()
        else:
            self._start_named(last)

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        """Score crops as one batch, in their order; () for ().

        When a GPU fails, the CPU scores the whole batch again and all that follow. Raises ModelError if it cannot.
        """
        if self._runner is None:
            raise ValueError("this scorer is closed")
        if not crops:
            return ()
        batch = np.stack([crop.image for crop in crops])
        if self.provider == "cpu":
            return _scores(self._runner, batch)
        try:
            return _scores(self._runner, batch)
        except Exception as error:  # noqa: BLE001  a driver that is reset or full may raise anything
            self._note(self.provider, error)
            self._runner = None  # frees the GPU first
            self._start_cpu()
            return self.score(crops)

    def close(self) -> None:
        """Free the model; the scorer is not to be used after that. May be called again."""
        self._runner = None

    def _note(self, name: str, error: Exception) -> None:
        if self.fallback is None:
            self.fallback = name
            self.failure = providers.why_not(name) if isinstance(error, _NotActiveError) else _brief(error)

    def _start_cpu(self) -> None:
        try:
            self._start("cpu")
        except ModelError:
            raise
        except ValueError as error:  # from Score: these are no probabilities
            raise ModelError(f"{self.path} gives no usable scores ({error}): {_NEXT}") from error
        except Exception as error:  # ONNX Runtime's errors share no base class
            raise ModelError(f"{self.path} is no ONNX model, or a damaged one ({_brief(error)}): {_NEXT}") from error

    def _start_named(self, name: str) -> None:
        try:
            self._start(name)
        except Exception as error:
            self._start_cpu()  # raises what is wrong with the file, if it is the file
            self.close()
            cause = "" if isinstance(error, _NotActiveError) else f"{_brief(error)}; "
            raise ModelError(f"{cause}{providers.why_not(name)}") from error

    def _start(self, name: str) -> None:
        """Load, check and warm the model on name. Raises ModelError if the file is not schema 1, else anything."""
        self.path = model_files.scorer_model(self._model, providers.PROVIDERS[name].precision)
        data = _read(self.path)
        try:
            self._open(data, name, graph=name == "cuda")
        except (_NotActiveError, ModelError):
            raise
        except Exception:
            if name != "cuda":
                raise
            self._open(data, name, graph=False)  # CUDA records no graph that leaves a node to the CPU, as int8's does

    def _open(self, data: bytes, name: str, *, graph: bool) -> None:
        if not providers.in_build(name):
            raise _NotActiveError  # to ask for it would only be warned about
        session = providers.open_session(data, name, graph=graph, busy=self._busy)
        if providers.active(session) != name:
            raise _NotActiveError
        self.metadata = MappingProxyType(dict(session.get_modelmeta().custom_metadata_map))
        _require_schema(session, self.metadata, self.path)
        runner: Runner = (Bound if providers.PROVIDERS[name].bound else Direct)(session, _OUTPUTS)
        _warm_up(runner)
        self.provider, self._runner = name, runner


def _scores(runner: Runner, batch: UInt8Array) -> tuple[Score, ...]:
    return tuple(Score(*rows) for rows in zip(*runner.run(batch), strict=True))


def _warm_up(runner: Runner) -> None:
    """Spare the first real frame the delay, and prove that a face gets one score, alone or as the last of any batch."""
    sizes = providers.BATCHES if isinstance(runner, Bound) else providers.BATCHES[:2]
    batch = np.zeros((sizes[-1], CROP_SIZE, CROP_SIZE, 3), np.uint8)
    batch[-1] = 128
    values = [_scores(runner, batch[-size:])[-1].value for size in sizes]
    if np.ptp(values) > _STEADY:
        raise RuntimeError(f"one face gets scores from {min(values):.2f} to {max(values):.2f} by the size of its batch")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()  # bytes, not the path: the model must be one self-contained file
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions") from error


def _require_schema(session: InferenceSession, metadata: Mapping[str, str], path: Path) -> None:
    schema = metadata.get("livecam_schema")
    if schema not in {None, SCHEMA}:
        raise ModelError(f"{path} has schema {schema}, this livecam runs schema {SCHEMA}: {_NEXT}")
    inputs, outputs = session.get_inputs(), {node.name: node for node in session.get_outputs()}
    wanted = f"{INPUT} tensor(uint8) [N, {CROP_SIZE}, {CROP_SIZE}, 3]"
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


def _described(node: NodeArg) -> str:
    """Write a node as its name, type and shape, with N for whatever is dynamic."""
    shape = ", ".join(str(size) if isinstance(size, int) else "N" for size in node.shape)
    return f"{node.name} {node.type} [{shape}]"


def _brief(error: Exception) -> str:
    """Return ONNX Runtime's message without its prefix and source paths, on one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rsplit(" : ", 1)[-1][:120].rstrip(".")
