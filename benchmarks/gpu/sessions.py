"""Sessions of ONNX Runtime on the GPU: whether they are what they should be, and their times.

Each function that takes ``spawned_s`` is called in a Python of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from benchmarks.latency.scorer import times_ms
from livecam.errors import ModelError
from livecam.scoring import providers
from livecam.scoring.sessions import Bound

WARM_UPS = 20  # calls before the measured ones: a GPU needs more than a CPU until its clock is up; set by hand


def prove(*, model: str, spawned_s: float) -> dict[str, Any]:
    """Open model on CUDA and return what really runs it.

    Returns providers, as the session gives them, and every_node, see ``benchmarks.gpu.results.Result``.
    Raises ModelError if CUDA is not active.
    """
    del spawned_s
    session = open_on(Path(model), "cuda", graph=False)
    try:
        _bound(open_on(Path(model), "cuda", graph=True))
    except ModelError:
        every_node = False
    else:
        every_node = True
    return {"providers": list(session.get_providers()), "every_node": every_node}


def run(*, model: str, provider: str, graph: bool, calls: int, spawned_s: float) -> dict[str, Any]:
    """Time model on provider, "cuda" or "tensorrt", with I/O binding; graph: with CUDA graphs.

    Returns what ``benchmarks.latency.scorer:run`` does. Raises ModelError if provider does not run it.
    """
    del spawned_s
    session = open_on(Path(model), provider, graph=graph)
    runner = _bound(session)
    times = times_ms(lambda crops: runner.run(np.stack([crop.image for crop in crops])), calls, warm_ups=WARM_UPS)
    precision = session.get_modelmeta().custom_metadata_map.get("precision", "?")
    return {"provider": providers.active(session), "precision": precision, "times_ms": times}


def open_on(model: Path, provider: str, *, graph: bool) -> ort.InferenceSession:
    """Open model on provider and nothing else. Raises ModelError if it does not start there."""
    try:
        session = providers.open_session(model.read_bytes(), provider, graph=graph)
    except Exception as error:  # ONNX Runtime's errors share no base class
        raise ModelError(f"{provider} does not start ({_first_line(error)}): {providers.why_not(provider)}") from error
    if providers.active(session) != provider:
        running = ", ".join(session.get_providers())
        raise ModelError(f"{provider} is not active, the session runs on {running}: {providers.why_not(provider)}")
    return session


def _bound(session: ort.InferenceSession) -> Bound:
    """Return session with buffers on the GPU, warm. Raises ModelError if the GPU does not compute or record a graph."""
    widths = {output.name: int(output.shape[-1]) for output in session.get_outputs()}
    try:
        return Bound(session, widths)
    except Exception as error:  # a driver may raise anything
        raise ModelError(f"the session opens on the GPU and does not run there: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
