"""Whether the scorer really runs on an NVIDIA GPU, whether it says there what it says on the CPU, and how fast it is.

Each part runs in a Python of its own (see ``benchmarks.common.isolated``), and the ways that are compared take
turns, in an order that moves on each round.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.common.isolated import run_isolated
from benchmarks.common.machine import gpu_name, machine
from benchmarks.common.order import rotated
from benchmarks.common.progress import Steps, steps
from benchmarks.gpu.report import tables
from benchmarks.gpu.results import Difference, Result, file_name
from benchmarks.latency.results import timings
from livecam import model_files
from livecam.errors import LivecamError, ModelError, OutputError
from livecam.scoring import providers

_TORCH, _SESSION = "benchmarks.gpu.torch_ways:run", "benchmarks.gpu.sessions:run"
OURS = "livecam"  # must run; the others are left out where they cannot


def measure(model: Path | None, rounds: int, calls: int, progress: Steps) -> Result:
    """Measure all. Raises ModelError if there is no GPU, or CUDA does not run the model on it."""
    card = _require_gpu()
    file = model_files.scorer_model(model, providers.PROVIDERS["cuda"].precision)
    ways = _ways(str(file), calls)
    progress.begin(2 + rounds * len(ways))
    with progress.step("is CUDA active?"):
        proof = run_isolated("benchmarks.gpu.sessions:prove", {"model": str(file)})
    with progress.step("the demo clip's crops on the GPU and on the CPU"):
        parity = run_isolated("benchmarks.gpu.parity:run", {"model": str(file)})
    answers, left_out = _measure_ways(ways, rounds, progress)
    return Result(
        card=card,
        machine=machine(),
        model=file.name,
        providers=proof["providers"],
        every_node=proof["every_node"],
        crops=parity["crops"],
        differences={name: Difference(**values) for name, values in parity["differences"].items()},
        timings=timings(answers),
        left_out=left_out,
    )


def _require_gpu() -> str:
    """Return the name of the GPU. Raises ModelError, without any session, if this machine has none that works."""
    lacks = providers.missing("cuda")
    if lacks is not None:
        what, next_step = lacks
        raise ModelError(f"no GPU to measure on ({what}): {next_step}, then run this again")
    return gpu_name() or "unknown GPU"


def _ways(model: str, calls: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the function that measures each way of running the scorer, and its arguments, by the way's name.

    The first is what the others are compared with, or, where it cannot run, the next that can.
    """
    ways: dict[str, tuple[str, dict[str, Any]]] = {
        "PyTorch eager fp32": (_TORCH, {"precision": "fp32", "compiled": False}),
        "PyTorch eager fp16": (_TORCH, {"precision": "fp16", "compiled": False}),
        "torch.compile fp32": (_TORCH, {"precision": "fp32", "compiled": True}),
        "torch.compile fp16": (_TORCH, {"precision": "fp16", "compiled": True}),
        "CUDA, I/O binding": (_SESSION, {"model": model, "provider": "cuda", "graph": False}),
        "CUDA, I/O binding, graphs": (_SESSION, {"model": model, "provider": "cuda", "graph": True}),
        "TensorRT, I/O binding": (_SESSION, {"model": model, "provider": "tensorrt", "graph": False}),
        OURS: ("benchmarks.latency.scorer:run", {"model": model, "provider": "cuda"}),
    }
    return {name: (function, arguments | {"calls": calls}) for name, (function, arguments) in ways.items()}


def _measure_ways(
    ways: dict[str, tuple[str, dict[str, Any]]], rounds: int, progress: Steps
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """Return the answers of each way that runs, in the order of ways, and why the others do not."""
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    left_out: dict[str, str] = {}
    for number in range(rounds):
        for name in rotated(list(ways), number):
            with progress.step(name):
                if name in left_out:
                    continue
                try:
                    answers[name].append(run_isolated(*ways[name]))
                except (LivecamError, RuntimeError) as error:  # RuntimeError: it ended without an answer
                    if name == OURS:
                        raise
                    left_out[name] = str(error).strip().splitlines()[-1]
    return {name: rounds_ for name, rounds_ in answers.items() if name not in left_out}, left_out


def main(
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped fp16 one otherwise.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each way of running the scorer.")] = 2,
    calls: Annotated[int, typer.Option(min=1, help="Measured calls of a round, for each number of faces.")] = 200,
    out: Annotated[Path, typer.Option(help="Folder for gpu-<card>.json.")] = Path("benchmarks/results"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Prove that an NVIDIA GPU runs the scorer, compare its scores with the CPU's, and its speed with PyTorch's.

    Times are for 1, 2, 4 and 8 faces. The first run takes minutes, since TensorRT and torch.compile build first.
    """
    people = Console(stderr=True)
    with steps(people) as progress:
        result = measure(model, rounds, calls, progress)
    line = json.dumps(asdict(result))
    _save(out / file_name(result.card), line)
    if as_json:
        sys.stdout.write(line + "\n")
    people.print(*tables(result))
    for name, why in result.left_out.items():
        people.print(f"left out: {name}: {why}", markup=False, highlight=False, soft_wrap=True)


def _save(file: Path, line: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(line + "\n")
    except OSError as error:
        raise OutputError(f"{file} cannot be written ({error.strerror}): choose another folder with --out") from error
