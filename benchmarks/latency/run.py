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
from benchmarks.common.progress import Steps, steps
from benchmarks.common.results_folder import require_results_folder, write_results
from benchmarks.common.rounds import Call, run_rounds
from benchmarks.latency.clips import FACE_FIRST, FACE_FRAMES, play_again, scale
from benchmarks.latency.loop import WARM_UP
from benchmarks.latency.operations import multiplications
from benchmarks.latency.results import Loop, Result, StartUp, Timing, timings
from benchmarks.latency.scorer import untrained
from livecam import model_files

_DEMO_S = 28.5
# A loop over a clip: how the clip is made, and how the loop is run.
_Clip = tuple[Callable[[], Path], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. rounds and calls are the scorer's; frames are a loop's, on clips of these heights."""

    rounds: int = 4
    calls: int = 15
    frames: int = 240
    heights: tuple[int, ...] = (480, 720, 1080, 2160)
    starts: int = 3
    minutes: float = 0.0


def measure(model: Path | None, provider: str, plan: Plan, progress: Steps) -> Result:
    """Measure all that plan asks for. Raises LivecamError if a part is missing."""
    ways = _ways(model, provider)
    progress.begin(plan.rounds * len(ways) + plan.starts + len(plan.heights) + 3 + (plan.minutes > 0))
    arguments = {"model": str(model) if model else None, "provider": provider}
    with tempfile.TemporaryDirectory() as folder:
        start_up = _start_up(arguments, plan, progress)
        made = untrained(Path(folder), {"fp32", *(file for file, _ in ways.values() if file == "fp16")})
        scorer = _scorers(ways, made, plan, progress)
        counted = multiplications(model, made["fp32"])
        loops, ran_on = _loops(arguments, Path(folder), plan, progress)
    with progress.step("each step alone"):
        costs = run_isolated("benchmarks.latency.steps:run", arguments | {"frames": plan.frames})
    return Result(machine(), ran_on, start_up, scorer, loops, costs, counted)


def _ways(model: Path | None, provider: str) -> dict[str, tuple[str | None, str]]:
    """Return the ways to run the scorer by name: its file ("fp32": to be made; None: eager), and the provider."""
    shipped = str(model_files.scorer_model(model))
    ways: dict[str, tuple[str | None, str]] = {
        "PyTorch eager": (None, provider),
        "ONNX Runtime fp32": ("fp32", provider),
    }
    if provider not in {"auto", "cpu"}:
        ways["ONNX Runtime fp16"] = ("fp16", provider)
    return ways | {"livecam": (shipped, provider if provider == "auto" else "cpu")}


def _scorers(
    ways: dict[str, tuple[str | None, str]], made: dict[str | None, Path], plan: Plan, progress: Steps
) -> list[Timing]:
    calls = {}
    for name, (file, provider) in ways.items():
        model = str(made[file]) if file in made else file
        arguments = {"model": model, "provider": provider, "calls": plan.calls}
        calls[f"scorer, {name}"] = Call("benchmarks.latency.scorer:run", arguments)
    measured = run_rounds(calls, plan.rounds, progress, required=calls)
    return timings({name: measured.answers[f"scorer, {name}"] for name in ways})


def _start_up(arguments: dict[str, str | None], plan: Plan, progress: Steps) -> StartUp:
    helps, starts = [], []
    for _ in range(plan.starts):
        with progress.step("start-up"):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-m", "livecam", "--help"], stdout=subprocess.DEVNULL, check=True)
            helps.append(time.perf_counter() - started)
            call = arguments | {"clip": "demo", "pace": "fast", "frames": 1}
            starts.append(run_isolated("benchmarks.latency.loop:run", call)["start_up_s"])
    medians = {name: statistics.median(one[name] for one in starts) for name in starts[0]}
    return StartUp(statistics.median(helps), **medians)


def _loops(arguments: dict[str, str | None], folder: Path, plan: Plan, progress: Steps) -> tuple[list[Loop], str]:
    """Return the loops over all clips, and what ran the scorer in them."""
    loops, ran_on = [], ""
    for name, (make, how) in _clips(folder, plan).items():
        with progress.step(f"loop, {name}"):
            answer = run_isolated("benchmarks.latency.loop:run", arguments | how | {"clip": str(make())})
        ran_on = answer["provider"]
        loops.append(Loop.of(name, answer))
    return loops, ran_on


def _clips(folder: Path, plan: Plan) -> dict[str, _Clip]:
    """Return each loop's clip by name. At pace fast there is a face in every frame."""
    demo = model_files.demo_clip()
    frames = min(plan.frames, FACE_FRAMES - WARM_UP)
    clips: dict[str, _Clip] = {}
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


def main(
    provider: Annotated[
        Literal["auto", "tensorrt", "cuda", "coreml", "directml", "cpu"], typer.Option(help="What the scorer runs on.")
    ] = "auto",
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped one otherwise.")] = None,
    minutes: Annotated[
        float, typer.Option(min=0, help="Run the loop for this long too, to see whether its memory grows.")
    ] = 0.0,
    out: Annotated[Path | None, typer.Option(help="Folder for latency.json and the chart latency.png.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure the scorer, the steps and the whole loop on the demo clip; about four minutes on an idle machine."""
    from benchmarks.latency.report import chart, tables  # noqa: PLC0415  matplotlib

    people = Console(stderr=True)
    if out is not None:
        require_results_folder(out)
    with steps(people) as progress:
        result = measure(model, provider, Plan(minutes=minutes), progress)
    line = json.dumps(asdict(result))
    if out is not None:
        write_results(out, {"latency.json": line + "\n"})
        chart(result, out / "latency.png")
    if as_json:
        sys.stdout.write(line + "\n")
    people.print(*tables(result))
