"""livecam beside the loops that one would write instead, in the same run and on the same clip.

Each loop runs in a Python of its own (see ``benchmarks.common.isolated``), in turns, in an order that moves on each
round. The ratio is taken within each round; the interval is the lowest and the highest of six, which holds the true
median with 97 % confidence (order statistics: it misses if all six fall on one side, 2 · 0.5⁶).
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.common.machine import machine
from benchmarks.common.progress import Steps, steps
from benchmarks.common.rounds import Call, run_rounds
from benchmarks.latency.clips import FACE_FIRST, size
from livecam import model_files

ROUNDS = 6
FRAMES = 200
BASELINE = "baseline: PyTorch eager"
OURS = "livecam"
_LOOPS = {
    BASELINE: "benchmarks.peers.loops:torch_eager",
    "baseline: PyTorch eager, torchvision": "benchmarks.peers.loops:torch_transforms",
    "baseline: ONNX Runtime fp32": "benchmarks.peers.loops:onnx_runtime",
    "baseline: OpenCV DNN fp32": "benchmarks.peers.loops:opencv_dnn",
    "Haar smile shutter": "benchmarks.peers.loops:haar_smile",
    OURS: "benchmarks.latency.loop:run",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """One loop. fps: frames a second, the median of rounds.  ratio: livecam's speed over this one's, the median of the
    rounds', with the lowest and the highest.  cores: processor time over time.  processor_ms: processor time a frame.
    with_face: share of the frames.
    """

    name: str
    rounds: list[float]
    fps: float
    ratio: float
    lowest: float
    highest: float
    cores: float
    processor_ms: float
    with_face: float


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured, and on what. left_out: what could not run here, and why."""

    machine: dict[str, str]
    clip: str
    size: tuple[int, int]
    frames: int
    provider: str
    peers: list[Peer]
    left_out: dict[str, str]


def measure(
    clip: Path, first: int, provider: str, progress: Steps, *, rounds: int = ROUNDS, frames: int = FRAMES
) -> Result:
    """Measure all loops on frames of clip from first on. Raises LivecamError if clip or a part is missing."""
    pixels = size(clip)
    progress.begin(rounds * len(_LOOPS))
    with tempfile.TemporaryDirectory() as folder:
        common = {"clip": str(clip), "first": first, "frames": frames}
        theirs = common | {"network": str(_network(Path(folder)))}
        ours = common | {"pace": "fast", "model": None, "provider": provider}
        calls = {name: Call(function, ours if name == OURS else theirs) for name, function in _LOOPS.items()}
        measured = run_rounds(calls, rounds, progress, required={BASELINE, OURS})
    ran_on = measured.answers[OURS][0]["provider"]
    peers = compare(measured.answers)
    return Result(machine(), clip.name, pixels, frames, ran_on, peers, measured.left_out)


def compare(answers: dict[str, list[dict[str, Any]]]) -> list[Peer]:
    """Put the rounds together: the same number of each loop, livecam's among them."""
    ours = [one["fps"] for one in answers[OURS]]
    return [_peer(name, ours, rounds) for name, rounds in answers.items()]


def _peer(name: str, ours: list[float], rounds: list[dict[str, Any]]) -> Peer:
    theirs = [one["fps"] for one in rounds]
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return Peer(
        name,
        theirs,
        statistics.median(theirs),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        statistics.median(one["cores"] for one in rounds),
        statistics.median(1000 * one["cores"] / one["fps"] for one in rounds),
        statistics.median(_with_face(one) for one in rounds),
    )


def _with_face(answer: dict[str, Any]) -> float:
    if "frames" in answer:  # of livecam's own loop
        return float(answer["frames"]["with_face"] / answer["frames"]["analysed"])
    return float(answer["with_face"])


def _network(folder: Path) -> Path:
    """Write the ResNet-18 of the other loops for those that read ONNX: input "pixels", float32 (1, 3, 224, 224)."""
    import onnx  # noqa: PLC0415  these load PyTorch
    import torch  # noqa: PLC0415
    import torchvision  # noqa: PLC0415

    resnet = torch.nn.Sequential(torchvision.models.resnet18(weights=None, num_classes=5), torch.nn.Softmax(1)).eval()
    example = (torch.zeros(1, 3, 224, 224),)
    program = torch.onnx.export(
        resnet,
        example,
        dynamo=True,
        input_names=["pixels"],
        output_names=["rating_probs"],
        opset_version=20,
        verbose=False,
    )
    assert program is not None
    path = folder / "resnet18.onnx"
    onnx.save(program.model_proto, path)
    return path


def main(
    clip: Annotated[
        Path | None, typer.Option(help="Clip to run on, from its start; the demo's stretch with a face otherwise.")
    ] = None,
    provider: Annotated[
        Literal["auto", "tensorrt", "cuda", "coreml", "directml", "cpu"],
        typer.Option(help="What livecam's scorer uses."),
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Compare livecam's speed with that of the loops one would write instead; about six minutes when nothing else runs.

    Six rounds of 200 frames each, after 30 to warm up. livecam does all that it does in `livecam run --pace fast` with
    a window: it checks, decides, saves pictures and draws its screen 60 times a second, on a screen that shows nothing.
    """
    people = Console(stderr=True)
    with steps(people) as progress:
        chosen = (model_files.demo_clip(), FACE_FIRST) if clip is None else (clip, 0)
        result = measure(*chosen, provider, progress)
    if as_json:
        sys.stdout.write(json.dumps(asdict(result)) + "\n")
    people.print(table(result))
    for name, why in result.left_out.items():
        people.print(f"left out: {name}: {why}", markup=False, highlight=False, soft_wrap=True)


def table(result: Result) -> Table:
    """Return what was measured as a table, the slowest first."""
    machine_, (width, height) = result.machine, result.size
    title = (
        f"{machine_['cpu']}, {machine_['cores']} cores; {result.clip}, {width}x{height}, scorer on {result.provider}"
    )
    rounds = f"{len(result.peers[0].rounds)} rounds of {result.frames} frames"
    caption = f"flags {machine_['flags']}; load {machine_['load']}; {rounds}"
    shown = Table(
        "loop", "frames/s", "cores", "CPU ms a frame", "with a face", "livecam is faster", title=title, caption=caption
    )
    for peer in sorted(result.peers, key=lambda peer: peer.fps):
        ratio = "" if peer.name == OURS else f"{peer.ratio:.2f} x ({peer.lowest:.2f} to {peer.highest:.2f})"
        spent = (f"{peer.fps:.1f}", f"{peer.cores:.2f}", f"{peer.processor_ms:.1f}")
        shown.add_row(peer.name, *spent, f"{peer.with_face:.0%}", ratio)
    return shown
