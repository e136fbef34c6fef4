"""How long the scorer, each step and the whole loop take, how old a frame is when it is decided on, and what it needs.

Whatever is measured runs in a Python of its own (see ``benchmarks.common.isolated``), and what is compared runs in
turns, in an order that moves on each round, so that whatever else the machine does falls on all alike. Trust the
ratios; the milliseconds are this machine's, now.
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from benchmarks.common.isolated import run_isolated
from benchmarks.common.machine import machine
from benchmarks.common.order import turned
from benchmarks.common.progress import Steps, steps
from benchmarks.latency.clips import FACE_FIRST, FACE_FRAMES, play_again, scale
from benchmarks.latency.loop import STAGES, WARM_UP
from benchmarks.latency.scorer import BATCHES, untrained
from livecam import model_files
from livecam.errors import OutputError
from livecam.live.summary import Percentiles

_DEMO_S = 28.5


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. rounds and calls are the scorer's; frames are a loop's, on clips of these heights."""

    rounds: int = 4
    calls: int = 15
    frames: int = 240
    heights: tuple[int, ...] = (480, 720, 1080, 2160)
    starts: int = 3
    minutes: float = 0.0


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


@dataclass(frozen=True, slots=True)
class Loop:
    """The whole loop over one clip.

    latency: age of a frame at its decision at pace realtime, else the time spent on a frame, ms.  stages: ms a call,
    None for what did not happen.  cores: processor time over time.  freeze: the longest time between two new pictures
    on the screen, ms.  memory: MB, see ``benchmarks.common.stopwatch.Memory``.
    """

    name: str
    fps: float
    cores: float
    frames: dict[str, int]
    latency: dict[str, float]
    stages: dict[str, Percentiles | None]
    freeze: float
    memory: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class StartUp:
    """Medians, seconds since the command was given. first_decision: on a clip that is there at once."""

    help: float
    imports: float
    models: float
    first_decision: float


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured, and on what. provider: what ran the scorer in the loops."""

    machine: dict[str, str]
    provider: str
    start_up: StartUp
    scorer: list[Timing]
    loops: list[Loop]


def measure(model: Path | None, provider: str, plan: Plan, told: Steps) -> Result:
    """Measure all that plan asks for. Raises LivecamError if a part is missing."""
    ways = _ways(model, provider)
    told.begin(plan.rounds * len(ways) + plan.starts + len(plan.heights) + 2 + (plan.minutes > 0))
    asked = {"model": str(model) if model else None, "provider": provider}
    with tempfile.TemporaryDirectory() as folder:
        start_up = _start_up(asked, plan, told)
        scorer = _scorers(ways, Path(folder), plan, told)
        clips = _clips(Path(folder), plan)
        loops, ran = [], provider
        for name, (make, arguments) in clips.items():
            with told.step(f"loop, {name}"):
                said = run_isolated("benchmarks.latency.loop:run", asked | arguments | {"clip": str(make())})
            ran = said["provider"]
            loops.append(loop(name, said))
    return Result(machine(), ran, start_up, scorer, loops)


def _ways(model: Path | None, provider: str) -> dict[str, tuple[str | None, str]]:
    """Return the ways to run the scorer: what is said of each, its file ("fp32": to be made; None: eager), on what."""
    shipped = str(model_files.scorer_model(model))
    ways: dict[str, tuple[str | None, str]] = {
        "PyTorch eager": (None, provider),
        "ONNX Runtime fp32": ("fp32", provider),
    }
    if provider not in {"auto", "cpu"}:
        ways["ONNX Runtime fp16"] = ("fp16", provider)
    return ways | {"livecam": (shipped, provider if provider == "auto" else "cpu")}


def _scorers(ways: dict[str, tuple[str | None, str]], folder: Path, plan: Plan, told: Steps) -> list[Timing]:
    made = untrained(folder, {file for file, _ in ways.values() if file in {"fp32", "fp16"}})
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    for turn in range(plan.rounds):
        for name in turned(list(ways), turn):
            file, provider = ways[name]
            model = str(made[file]) if file in made else file
            with told.step(f"scorer, {name}"):
                asked = {"model": model, "provider": provider, "calls": plan.calls}
                answers[name].append(run_isolated("benchmarks.latency.scorer:run", asked))
    return timings(answers)


def timings(answers: dict[str, list[dict[str, Any]]]) -> list[Timing]:
    """Put the rounds' answers together; the first of them is what the others are compared with."""
    found, base = [], dict.fromkeys(BATCHES, math.nan)
    for name, rounds in answers.items():
        said = name if rounds[0]["precision"] in name else f"{name} {rounds[0]['precision']}"
        for batch in BATCHES:
            times = [value for one in rounds for value in one["times_ms"][str(batch)]]
            spread = Percentiles.of(times)
            base[batch] = spread.p50 if math.isnan(base[batch]) else base[batch]
            ratio = base[batch] / spread.p50
            found.append(Timing(said, rounds[0]["provider"], batch, len(times), *_three(spread), ratio))
    return found


def _three(spread: Percentiles) -> tuple[float, float, float]:
    return spread.p50, spread.p95, spread.p99


def _start_up(asked: dict[str, str | None], plan: Plan, told: Steps) -> StartUp:
    helps, starts = [], []
    for _ in range(plan.starts):
        with told.step("start-up"):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-m", "livecam", "--help"], stdout=subprocess.DEVNULL, check=True)
            helps.append(time.perf_counter() - started)
            call = asked | {"clip": "demo", "pace": "fast", "frames": 1}
            starts.append(run_isolated("benchmarks.latency.loop:run", call)["start_up_s"])
    medians = {name: statistics.median(one[name] for one in starts) for name in starts[0]}
    return StartUp(statistics.median(helps), **medians)


def _clips(folder: Path, plan: Plan) -> dict[str, tuple[Callable[[], Path], dict[str, Any]]]:
    """Return for each loop how its clip is made, and how it is run. With a face in every frame at pace fast."""
    demo = model_files.demo_clip()
    frames = min(plan.frames, FACE_FRAMES - WARM_UP)
    clips: dict[str, tuple[Callable[[], Path], dict[str, Any]]] = {}
    for height in plan.heights:
        many = frames if height <= 1080 else frames // 3

        def make(height: int = height, many: int = many) -> Path:
            out = folder / f"{height}.mp4"
            return scale(demo, out, height=height, first=FACE_FIRST, frames=WARM_UP + many)

        clips[f"{height}p, fast"] = make, {"pace": "fast", "frames": many}
    clips["720p, 30 frames/s"] = lambda: demo, {"pace": "realtime"}
    clips["720p, 60 frames/s"] = lambda: play_again(demo, folder / "60.mp4", speed=2), {"pace": "realtime"}
    if plan.minutes:
        times = math.ceil(plan.minutes * 60 / _DEMO_S)
        name = f"720p, 30 frames/s for {plan.minutes:g} min"
        clips[name] = lambda: play_again(demo, folder / "long.mp4", times=times), {"pace": "realtime"}
    return clips


def loop(name: str, said: dict[str, Any]) -> Loop:
    """Put what a run of ``benchmarks.latency.loop`` said into fewer words."""
    stages = {stage: Percentiles.of(said["stages_ms"][stage]) if said["stages_ms"][stage] else None for stage in STAGES}
    numbers = said["fps"], said["cores"], said["frames"], said["latency_ms"]
    return Loop(name, *numbers, stages, said["longest_freeze_ms"], said["memory_mb"])


def main(
    provider: Annotated[
        Literal["auto", "tensorrt", "cuda", "coreml", "directml", "cpu"], typer.Option(help="What the scorer runs on.")
    ] = "auto",
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped one otherwise.")] = None,
    minutes: Annotated[
        float, typer.Option(min=0, help="Run the loop for so long on top, to see what it keeps of the memory.")
    ] = 0.0,
    out: Annotated[Path | None, typer.Option(help="Folder for latency.json and the chart latency.png.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure the scorer, the steps and the whole loop on the demo clip; about four minutes on an idle machine."""
    from benchmarks.latency.report import chart, tables  # noqa: PLC0415  matplotlib

    people = Console(stderr=True)
    with steps(people) as told:
        result = measure(model, provider, Plan(minutes=minutes), told)
    line = json.dumps(asdict(result))
    if out is not None:
        _save(out, line)
        chart(result, out / "latency.png")
    if as_json:
        sys.stdout.write(line + "\n")
    people.print(*tables(result))


def _save(folder: Path, line: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "latency.json").write_text(line + "\n")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({error.strerror}): choose another folder with --out") from error
