"""All that `python -m benchmarks paper` measures."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.common.machine import machine
from benchmarks.paper.eyes import EyesRun
from benchmarks.paper.pictures import AdversarialResult, Where
from model.evaluation.metrics import Metrics


@dataclass(slots=True)
class Findings:
    """Everything that goes into the report.

    trials: name to rater to the metrics of each seed.  ratings, by_chance: of each rater, their number and the share
    of photos whose class was drawn by lot.  eyes: of each seed.  seconds: by what took them.
    machine: what it ran on.
    """

    backbone: str
    portraits: int
    eyes_photos: dict[str, int]
    trials: dict[str, dict[str, list[Metrics]]] = field(default_factory=dict)
    ratings: dict[str, int] = field(default_factory=dict)
    by_chance: dict[str, float] = field(default_factory=dict)
    eyes: list[EyesRun] = field(default_factory=list)
    eyes_whole: list[Metrics] = field(default_factory=list)
    eyes_shipped: EyesRun | None = None
    where: dict[str, Where] = field(default_factory=dict)
    adversarial: AdversarialResult | None = None
    pictured: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    machine: dict[str, str] = field(default_factory=machine)
