"""What ``python -m benchmarks gpu`` measures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.latency.results import Timing


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the outputs on the GPU are from a reference on the CPU, over all crops.

    score: points of the 1 to 5 scale; eyes: probability, of either eye; each as the 99th percentile and the largest.
    pairs: of crops in one burst that the reference puts more than 0.1 points apart.  order: the share of them that keep
    their order; 1 without any.
    """

    score_p99: float
    score_max: float
    eyes_p99: float
    eyes_max: float
    pairs: int
    order: float


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured, and on what.

    card: the GPU as its driver names it.  providers: of the session, as ONNX Runtime gives them, in order.
    every_node: whether CUDA could record the model as one graph, which it does only if every node runs on the GPU.
    crops: on how many the outputs were compared.  faces: where they are from.  differences: by the reference.
    left_out: what could not run here, and why.
    """

    card: str
    machine: dict[str, str]
    model: str
    providers: list[str]
    every_node: bool
    crops: int
    faces: str
    differences: dict[str, Difference]
    timings: list[Timing]
    left_out: dict[str, str]


def file_name(card: str) -> str:
    """Return the name of the file for a card's results: "NVIDIA L4" gives "gpu-l4.json"."""
    words = re.findall(r"[a-z0-9]+", card.lower())
    return "-".join(["gpu", *(word for word in words if word != "nvidia")]) + ".json"
