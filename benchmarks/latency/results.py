"""What ``python -m benchmarks latency`` measures, put together from the answers of the single runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from benchmarks.latency.loop import STAGES
from benchmarks.latency.scorer import BATCHES
from livecam.live.summary import Percentiles


@dataclass(frozen=True, slots=True)
class Timing:
    """The scorer alone: milliseconds a call for a batch. ratio: eager's median over this one's; above 1 is faster."""

    name: str
    provider: str
    batch: int
    calls: int
    p50: float
    p95: float
    p99: float
    ratio: float


def timings(rounds_by_name: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Timing]:
    """Put the rounds of ``benchmarks.latency.scorer:run`` together; all are compared with the first name."""
    found, base = [], dict.fromkeys(BATCHES, math.nan)
    for name, rounds in rounds_by_name.items():
        precision, provider = rounds[0]["precision"], rounds[0]["provider"]
        title = name if precision in name else f"{name} {precision}"
        for batch in BATCHES:
            times = [value for one in rounds for value in one["times_ms"][str(batch)]]
            spread = Percentiles.of(times)
            base[batch] = spread.p50 if math.isnan(base[batch]) else base[batch]
            ratio = base[batch] / spread.p50
            found.append(Timing(title, provider, batch, len(times), spread.p50, spread.p95, spread.p99, ratio))
    return found


@dataclass(frozen=True, slots=True)
class Loop:
    """The whole loop over one clip.

    latency: age of a frame at its decision at pace realtime, else the time spent on a frame, ms.  stages: ms a call,
    None for what did not happen.  cores: processor time over time.  processor_ms: processor time for a frame that was
    decided on, everything included.  freeze: the longest time between two new pictures
    on the screen, ms.  memory: MB, see ``benchmarks.common.stopwatch.Memory``.
    """

    name: str
    fps: float
    cores: float
    processor_ms: float
    frames: dict[str, int]
    latency: dict[str, float]
    stages: dict[str, Percentiles | None]
    freeze: float
    memory: dict[str, float | None]

    @classmethod
    def of(cls, name: str, run: Mapping[str, Any]) -> Self:
        """Take what ``benchmarks.latency.loop:run`` returned, with percentiles in the place of single times."""
        times = run["stages_ms"]
        stages = {stage: Percentiles.of(times[stage]) if times[stage] else None for stage in STAGES}
        return cls(
            name=name,
            fps=run["fps"],
            cores=run["cores"],
            processor_ms=1000 * run["cores"] / run["fps"] if run["fps"] else 0.0,
            frames=run["frames"],
            latency=run["latency_ms"],
            stages=stages,
            freeze=run["longest_freeze_ms"],
            memory=run["memory_mb"],
        )


@dataclass(frozen=True, slots=True)
class StartUp:
    """Medians, seconds since the command was given. first_decision: on a clip that is there at once."""

    help: float
    imports: float
    models: float
    first_decision: float


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured, and on what.

    provider: what ran the scorer in the loops.  step_costs: ms of processor time for a frame of 720p by step, each step
    alone (``livecam.diagnostics.step_costs``).  multiplications: of each model, with one face
    (``benchmarks.latency.operations``).
    """

    machine: dict[str, str]
    provider: str
    start_up: StartUp
    scorer: list[Timing]
    loops: list[Loop]
    step_costs: dict[str, float]
    multiplications: dict[str, int]
