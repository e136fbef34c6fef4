"""The scorer alone: crops in, scores out. Called in a Python of its own for each way of running it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from livecam.types import CROP_SIZE, FaceCrop, Score

BATCHES = (1, 2, 4, 8)
_WARM_UPS = 5  # calls before the measured ones; set by hand


def run(
    *, model: str | None, provider: str, calls: int, spawned_s: float, batches: Sequence[int] = BATCHES
) -> dict[str, Any]:
    """Time a scorer file, or PyTorch's eager mode if there is none, on the CPU or, by provider, on the GPU.

    Returns provider (what ran it), precision, and times_ms: for each batch (as a string) the milliseconds of each call.
    Raises ModelError.
    """
    del spawned_s
    if model is None:
        device, score = _eager(provider)
        return {"provider": device, "precision": "fp32", "times_ms": times_ms(score, calls, batches=batches)}
    from livecam.scoring.scorer import Scorer  # noqa: PLC0415  the eager one has nothing of ONNX Runtime in its process

    with Scorer(Path(model), provider=provider) as scorer:
        times = times_ms(scorer.score, calls, batches=batches)
        return {"provider": scorer.provider, "precision": scorer.metadata.get("precision", "?"), "times_ms": times}


def times_ms(
    score: Callable[[Sequence[FaceCrop]], object],
    calls: int,
    *,
    batches: Sequence[int] = BATCHES,
    warm_ups: int = _WARM_UPS,
) -> dict[str, list[float]]:
    """Return the milliseconds of each call of score, by the number of faces as a string, after warm_ups calls."""
    times: dict[str, list[float]] = {}
    for batch in batches:
        crops = _crops(batch)
        for _ in range(warm_ups):
            score(crops)
        times[str(batch)] = [_ms(score, crops) for _ in range(calls)]
    return times


def _crops(count: int) -> list[FaceCrop]:
    # What the pixels show makes no difference to the time; that they are not all alike might.
    pixels = np.random.default_rng(0).integers(0, 256, (count, CROP_SIZE, CROP_SIZE, 3), np.uint8)
    return [FaceCrop(image, np.zeros((2, 3), np.float32)) for image in pixels]


def _ms(score: Callable[[Sequence[FaceCrop]], object], crops: Sequence[FaceCrop]) -> float:
    started = time.perf_counter()
    score(crops)
    return 1000 * (time.perf_counter() - started)


def _eager(provider: str) -> tuple[str, Callable[[Sequence[FaceCrop]], tuple[Score, ...]]]:
    """The scorer as it would be with PyTorch in its place: from crops to Scores."""
    import torch  # noqa: PLC0415  heavy, and not wanted in the other processes

    from benchmarks.common.torch_scorer import eager_scorer  # noqa: PLC0415

    on_gpu = provider in {"auto", "cuda", "tensorrt"} and torch.cuda.is_available()
    device = "cuda" if on_gpu else "cpu"
    network = eager_scorer(device)

    def score(crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        outputs = network(np.stack([crop.image for crop in crops]))
        return tuple(Score(*rows) for rows in zip(*outputs, strict=True))

    return device, score


def untrained(folder: Path, precisions: set[str | None]) -> dict[str | None, Path]:
    """Write an untrained scorer to folder in each precision, "fp32" or "fp16"; return where they are."""
    import onnx  # noqa: PLC0415  these load PyTorch

    from export import quantize  # noqa: PLC0415
    from export.onnx import Precision, describe, to_onnx  # noqa: PLC0415
    from model.network import ScorerNetwork  # noqa: PLC0415

    made: dict[str | None, Path] = {}
    whole = to_onnx(ScorerNetwork().eval())
    for precision in filter(None, precisions):
        model = quantize.to_fp16(whole) if precision == "fp16" else whole
        describe(model, {}, Precision(precision))
        made[precision] = folder / f"{precision}.onnx"
        onnx.save(model, made[precision])
    return made
