"""Whether the scorer really runs on an NVIDIA GPU, whether it says there what it says on the CPU, and how fast it is.

Each part runs in a Python of its own (see ``benchmarks.common.isolated``), and the ways that are compared take
turns, in an order that moves on each round.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.common.isolated import run_isolated
from benchmarks.common.machine import gpu_name, machine
from benchmarks.common.progress import Steps, steps
from benchmarks.common.results_folder import write_results
from benchmarks.common.rounds import Call, run_rounds
from benchmarks.gpu.report import tables
from benchmarks.gpu.results import Difference, Result, file_name
from benchmarks.latency.results import timings
from livecam import model_files
from livecam.errors import LivecamError, ModelError
from livecam.scoring import providers

OURS = "livecam"  # must run; the others are left out where they cannot
# Seconds for one way in one round: torch.compile compiles four sizes, TensorRT builds an engine. Set by hand.
LIMIT_S = 300.0


def measure(
    model: Path | None, crops: Path | None, rounds: int, calls: int, progress: Steps, *, limit_s: float = LIMIT_S
) -> Result:
    """Measure all. crops: to compare on, the demo clip's otherwise.  limit_s: what takes longer is left out.

    Raises ModelError if there is no GPU, or CUDA does not run the model on it, or there are no crops.
    """
    card = _require_gpu()
    _require_faces(crops)
    file = model_files.scorer_model(model, providers.PROVIDERS["cuda"].precision)
    ways = _ways(str(file), calls)
    progress.begin(2 + rounds * len(ways))
    with progress.step("is CUDA active?"):
        proof = run_isolated("benchmarks.gpu.sessions:prove", {"model": str(file)})
    with progress.step("faces on the GPU and on the CPU"):
        named = None if crops is None else str(crops)
        parity = run_isolated("benchmarks.gpu.parity:run", {"model": str(file), "crops": named})
    # RuntimeError: it ended without an answer, as a compiler may, or did not end.
    measured = run_rounds(
        ways, rounds, progress, required={OURS}, failures=(LivecamError, RuntimeError), limit_s=limit_s
    )
    return Result(
        card=card,
        machine=machine(),
        model=file.name,
        providers=proof["providers"],
        every_node=proof["every_node"],
        crops=parity["crops"],
        faces=str(crops or "the demo clip"),
        differences={name: Difference(**values) for name, values in parity["differences"].items()},
        timings=timings(measured.answers),
        left_out=measured.left_out,
    )


def _require_gpu() -> str:
    """Return the name of the GPU. Raises ModelError, without any session, if this machine has none that works."""
    lacks = providers.missing("cuda")
    if lacks is not None:
        what, next_step = lacks
        raise ModelError(f"no GPU to measure on ({what}): {next_step}, then run this again")
    return gpu_name() or "unknown GPU"


def _require_faces(crops: Path | None) -> None:
    """Raise ModelError if the faces of the demo clip are wanted where nothing finds them."""
    if crops is None and importlib.util.find_spec("mediapipe") is None:
        how = "python -m benchmarks gpu crops writes them where it is installed"
        raise ModelError(f"no MediaPipe to find the demo clip's faces with: bring their crops with --crops; {how}")


def _ways(model: str, calls: int) -> dict[str, Call]:
    """Return the ways of running the scorer that are compared, by their names.

    The others are compared with the first, or, where it cannot run, with the next that can.
    """

    def torch(precision: str, *, compiled: bool) -> Call:
        return Call(
            "benchmarks.gpu.torch_ways:run",
            {"model": model, "precision": precision, "compiled": compiled, "calls": calls},
        )

    def session(provider: str, *, graph: bool) -> Call:
        arguments = {"model": model, "provider": provider, "graph": graph, "calls": calls}
        return Call("benchmarks.gpu.sessions:run", arguments)

    return {
        "PyTorch eager fp32": torch("fp32", compiled=False),
        "PyTorch eager fp16": torch("fp16", compiled=False),
        "torch.compile fp32": torch("fp32", compiled=True),
        "torch.compile fp16": torch("fp16", compiled=True),
        "CUDA, I/O binding": session("cuda", graph=False),
        "CUDA, I/O binding, graphs": session("cuda", graph=True),
        "TensorRT, I/O binding": session("tensorrt", graph=False),
        OURS: Call("benchmarks.latency.scorer:run", {"model": model, "provider": "cuda", "calls": calls}),
    }


def main(
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped fp16 one otherwise.")] = None,
    crops: Annotated[
        Path | None,
        typer.Option(help="Faces to compare on: what 'gpu crops' wrote, or a clip; the demo clip otherwise."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each way of running the scorer.")] = 2,
    calls: Annotated[int, typer.Option(min=1, help="Measured calls of a round, for each number of faces.")] = 200,
    limit: Annotated[float, typer.Option(min=1, help="Seconds after which a way is left out, a round.")] = LIMIT_S,
    out: Annotated[Path, typer.Option(help="Folder for gpu-<card>.json.")] = Path("benchmarks/results"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Prove that an NVIDIA GPU runs the scorer, compare its scores with the CPU's, and its speed with PyTorch's.

    Times are for 1, 2, 4 and 8 faces. The first run takes minutes, since TensorRT and torch.compile build first.
    """
    people = Console(stderr=True)
    with steps(people) as progress:
        result = measure(model, crops, rounds, calls, progress, limit_s=limit)
    line = json.dumps(asdict(result))
    # Shown first: on a borrowed machine nothing can be measured again because a folder could not be written.
    people.print(*tables(result))
    for name, why in result.left_out.items():
        people.print(f"left out: {name}: {why}", markup=False, highlight=False, soft_wrap=True)
    if as_json:
        sys.stdout.write(line + "\n")
    write_results(out, {file_name(result.card): line + "\n"})
