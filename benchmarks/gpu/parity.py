"""Whether the GPU computes what the CPU does: the outputs for real faces, compared.

The references are the same fp16 file on the CPU, and its weights computed in fp32 there. On x86 the two agree to the
last digit: ONNX Runtime has no fp16 kernels for that CPU and computes an fp16 file in fp32.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from benchmarks.gpu.results import Difference
from export.faces import fixed_set
from export.parity import kept_order
from livecam.errors import ModelError
from livecam.scoring.scorer import Scorer
from livecam.types import FaceCrop, Score, UInt8Array

_BATCH = 8


def run(*, model: str, crops: str | None, spawned_s: float) -> dict[str, Any]:
    """Compare model on CUDA with the CPU, on crops, see ``export.faces.fixed_set``. Called in a Python of its own.

    Returns crops, their number, and differences, the fields of a ``Difference`` by reference. Raises ModelError if the
    GPU does not score all of them.
    """
    del spawned_s
    chosen = fixed_set(Path(crops) if crops is not None else None)
    on_gpu = score_all(Path(model), "cuda", chosen.crops)
    with tempfile.TemporaryDirectory() as folder:
        widened = Path(folder) / "fp32.onnx"
        onnx.save(in_fp32(onnx.load(model)), widened)
        references = {"fp16 on the CPU": Path(model), "fp32 on the CPU": widened}
        differences = {
            name: asdict(difference(on_gpu, score_all(file, "cpu", chosen.crops), chosen.bursts))
            for name, file in references.items()
        }
    return {"crops": len(chosen.crops), "differences": differences}


def score_all(model: Path, provider: str, crops: UInt8Array) -> list[Score]:
    """Return the scores of crops, (N, 224, 224, 3). Raises ModelError if provider did not compute all of them."""
    place = np.eye(2, 3, dtype=np.float32)
    scores: list[Score] = []
    with Scorer(model, provider=provider) as scorer:
        for start in range(0, len(crops), _BATCH):
            scores += scorer.score([FaceCrop(crop, place) for crop in crops[start : start + _BATCH]])
        if scorer.provider != provider:  # a scorer whose GPU fails goes on with the CPU
            raise ModelError(f"{provider} failed on the way ({scorer.failure}): update the driver")
    return scores


def difference(found: Sequence[Score], reference: Sequence[Score], bursts: NDArray[np.int64]) -> Difference:
    """Return how far found is from reference. bursts: (N,), the same number for the crops of one burst."""
    values, wanted = (np.array([one.value for one in scores], np.float32) for scores in (found, reference))
    eyes, wanted_eyes = (np.stack([one.eyes_closed for one in scores]) for scores in (found, reference))
    score_gaps, eye_gaps = np.abs(values - wanted), np.abs(eyes - wanted_eyes).max(axis=1)
    kept = kept_order(values, wanted, bursts)
    return Difference(
        score_p99=float(np.percentile(score_gaps, 99)),
        score_max=float(score_gaps.max()),
        eyes_p99=float(np.percentile(eye_gaps, 99)),
        eyes_max=float(eye_gaps.max()),
        pairs=len(kept),
        order=float(kept.mean()) if len(kept) else 1.0,
    )


def in_fp32(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a scorer with the same weights, all computed in fp32."""
    widened: onnx.ModelProto = onnx.ModelProto.FromString(model.SerializeToString())
    graph = widened.graph
    for tensor in graph.initializer:
        _widen(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.FLOAT
            elif attribute.HasField("t"):
                _widen(attribute.t)
    del graph.value_info[:]
    for note in widened.metadata_props:
        if note.key == "precision":
            note.value = "fp32"
    onnx.checker.check_model(widened, full_check=True)
    return widened


def _widen(tensor: TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT16:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
