"""How long each step and the whole loop take, beside the loop that one would write in an evening.

What is compared is measured in turns, in an order that moves on each round, so that whatever else the machine
does falls on all alike. Trust the ratios; the milliseconds are this machine's, now.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import cv2
import mediapipe as mp
import numpy as np
import onnx
import onnxruntime as ort
import torch
import typer
from rich.console import Console
from rich.table import Table

from export.onnx import Precision, describe, to_onnx
from livecam import assets
from livecam.album import Album
from livecam.crop import crop_face
from livecam.errors import LivecamError, ModelError
from livecam.faces import FaceFinder
from livecam.live import LiveRun
from livecam.overlay import Overlay, Status
from livecam.pipeline import Analyser
from livecam.scorer import Scorer
from livecam.source import Pace, open_source
from livecam.trigger import Trigger
from livecam.types import CROP_SIZE, Face, FaceCrop, FloatArray, Frame, Percentiles, Score, UInt8Array
from model.network import ScorerNetwork

_ROUNDS = 6
_CALLS = {1: 12, 4: 5, 8: 3}  # timed calls a round, by batch
_WARM_UPS = 2  # untimed calls whenever another one's turn comes: caches and thread pools are cold
_LOOP_ROUNDS = 3
_LOOP_FRAMES = 150
_STAGE_FRAMES = 60

Step = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of one step: milliseconds a call. ratio: of the median to the one that it is compared with."""

    name: str
    batch: int
    calls: int
    p50: float
    p95: float
    p99: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Loop:
    """Frames a second of a whole loop: one figure a round, and their median as a multiple of the evening loop's."""

    name: str
    rounds: list[float]
    fps: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured, and on what. Provider: what ran the scorer in fact."""

    machine: dict[str, str]
    provider: str
    steps: list[Timing]
    loops: list[Loop]


def measure(model: Path, provider: str) -> Result:
    """Measure for about a minute. Raises ModelError or SourceError if a part is missing."""
    frames = _demo_frames()
    faces = _faces(frames)
    crops = [crop_face(frame.image, face) for frame, face in faces]
    # Untrained weights take as long as trained ones, and the repository holds none in fp32.
    network = ScorerNetwork().eval()
    with tempfile.TemporaryDirectory() as folder, Scorer(model, provider=provider) as shipped:
        fp32_file = Path(folder) / "fp32.onnx"
        fp32_model = to_onnx(network)
        describe(fp32_model, {}, Precision.FP32)
        onnx.save(fp32_model, fp32_file)
        with Scorer(fp32_file, provider=provider) as fp32, FaceFinder() as finder:
            steps = _scorers(network, fp32, shipped, crops)
            steps += _stages(finder, frames, faces)
        loops = _loops(network, model, provider, Path(folder))
        return Result(_machine(), shipped.provider, steps, loops)


def _scorers(network: ScorerNetwork, fp32: Scorer, shipped: Scorer, crops: list[FaceCrop]) -> list[Timing]:
    timings = []
    for batch, calls in _CALLS.items():
        some = [crops[i % len(crops)] for i in range(batch)]
        steps: dict[str, Step] = {
            "scorer, PyTorch eager fp32": partial(_eager_scores, network, some),
            "scorer, ONNX Runtime fp32": partial(fp32.score, some),
            f"scorer, ONNX Runtime {shipped.metadata.get('precision', '?')}": partial(shipped.score, some),
        }
        times = _alternate(steps, calls)
        base = statistics.median(next(iter(times.values())))
        timings += [_timing(name, batch, values, base) for name, values in times.items()]
    return timings


def _stages(finder: FaceFinder, frames: list[Frame], faces: list[tuple[Frame, Face]]) -> list[Timing]:
    finding = [_ms(partial(finder.find, frame)) for frame in frames][_WARM_UPS:]
    cropping = [_ms(partial(crop_face, frame.image, face)) for frame, face in faces][_WARM_UPS:]
    base = statistics.median(finding)
    return [_timing("FaceLandmarker, following", 1, finding, base), _timing("crop", 1, cropping, base)]


def _loops(network: ScorerNetwork, model: Path, provider: str, folder: Path) -> list[Loop]:
    runs = {"evening loop": partial(_evening_fps, network), "livecam": partial(_livecam_fps, model, provider, folder)}
    rounds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(_LOOP_ROUNDS):
        for name in _turned(list(runs), turn):
            rounds[name].append(runs[name]())
    base = statistics.median(rounds["evening loop"])
    return [
        Loop(name, values, statistics.median(values), statistics.median(values) / base)
        for name, values in rounds.items()
    ]


def _evening_fps(network: ScorerNetwork) -> float:
    """Read, find (each frame as a still), score with PyTorch, draw: one after the other, in one thread."""
    vision = mp.tasks.vision
    options = vision.FaceLandmarkerOptions(
        base_options=mp.tasks.BaseOptions(model_asset_path=str(assets.face_landmarker())),
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    clip = cv2.VideoCapture(str(assets.demo_clip()))
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        started = time.perf_counter()
        for index in range(_LOOP_FRAMES):
            ok, picture = clip.read()
            if not ok:
                raise ModelError(f"{assets.demo_clip()} ends after {index} frames: install livecam again")
            rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            result = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb))
            height, width = rgb.shape[:2]
            for points in result.face_landmarks:
                mesh = np.array([(point.x * width, point.y * height) for point in points])
                (x0, y0), (x1, y1) = np.clip([mesh.min(axis=0), mesh.max(axis=0)], 0, (width, height)).astype(int)
                if x1 > x0 and y1 > y0:
                    crop = np.asarray(cv2.resize(rgb[y0:y1, x0:x1], (CROP_SIZE, CROP_SIZE)), np.uint8)
                    value = float(_eager(network, crop[None])[0][0] @ np.arange(1, 6, dtype=np.float32))
                    cv2.rectangle(picture, (x0, y0), (x1, y1), (0, 255, 0), 2)
                    cv2.putText(picture, f"{value:.1f}", (x0, y0), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 255, 0))
        elapsed = time.perf_counter() - started
    clip.release()
    return _LOOP_FRAMES / elapsed


def _livecam_fps(model: Path, provider: str, folder: Path) -> float:
    """The same frames through all of livecam: checks, trigger and drawing too, pictures are saved."""
    overlay = Overlay()
    with (
        open_source("demo", Pace.FAST) as source,
        Analyser.load(model=model, provider=provider) as analyser,
        LiveRun(source, analyser, Trigger(), Album(folder)) as run,
    ):
        drawn, started = None, time.perf_counter()
        while run.analysed < _LOOP_FRAMES and not run.wait(0.002):
            known = run.known
            if known is not None and known is not drawn:
                overlay.draw(known.moment, known.decision, Status(source.health, analyser.provider, run.fps, run.saved))
                drawn = known
        elapsed = time.perf_counter() - started
        analysed = run.analysed
        run.stop()
        run.finish()
    return analysed / elapsed


def _eager(network: ScorerNetwork, crops: UInt8Array) -> list[FloatArray]:
    with torch.inference_mode():
        return [output.numpy() for output in network(torch.from_numpy(crops))]


def _eager_scores(network: ScorerNetwork, crops: list[FaceCrop]) -> tuple[Score, ...]:
    """The scorer as it would be with PyTorch in its place."""
    outputs = _eager(network, np.stack([crop.image for crop in crops]))
    return tuple(Score(*rows) for rows in zip(*outputs, strict=True))


def _demo_frames() -> list[Frame]:
    frames: list[Frame] = []
    with open_source("demo", Pace.FAST) as source:
        while len(frames) < _STAGE_FRAMES and (frame := source.read()) is not None:
            frames.append(frame)
    return frames


def _faces(frames: list[Frame]) -> list[tuple[Frame, Face]]:
    with FaceFinder() as finder:
        found = [(frame, face) for frame in frames for face in finder.find(frame)[:1]]
    if not found:
        raise ModelError("no face was found in the demo clip: run livecam doctor")
    return found


def _alternate(steps: Mapping[str, Step], calls: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(_ROUNDS):
        for name in _turned(list(steps), turn):
            for _ in range(_WARM_UPS):
                steps[name]()
            times[name] += [_ms(steps[name]) for _ in range(calls)]
    return times


def _turned(names: list[str], turn: int) -> list[str]:
    first = turn % len(names)
    return names[first:] + names[:first]


def _ms(step: Step) -> float:
    started = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - started)


def _timing(name: str, batch: int, values: list[float], base: float) -> Timing:
    spread = Percentiles.of(values)
    return Timing(name, batch, len(values), spread.p50, spread.p95, spread.p99, spread.p50 / base)


def _machine() -> dict[str, str]:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    packages = {name: version(name) for name in ("mediapipe", "torch", "opencv-python", "numpy")}
    packages |= {"python": platform.python_version(), "onnxruntime": ort.__version__}
    packages |= {"cpu": cpu, "cores": str(os.cpu_count()), "gpu": gpu, "load": load}
    return packages | {"system": platform.platform()}


def main(
    provider: Annotated[
        Literal["auto", "cuda", "tensorrt", "cpu"], typer.Option(help="What the scorer runs on.")
    ] = "auto",
    model: Annotated[Path | None, typer.Option(help="Scorer to measure; the shipped one otherwise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure the scorer, the stages and the whole loop on the demo clip; about a minute on an idle machine."""
    people = Console(stderr=True)
    try:
        with people.status("measuring"):
            result = measure(assets.scorer_model(model), provider)
    except LivecamError as error:
        people.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    if as_json:
        sys.stdout.write(json.dumps(asdict(result)) + "\n")
    people.print(_table(result), _loop_table(result))


def _table(result: Result) -> Table:
    machine = result.machine
    title = f"{machine['cpu']}, {machine['cores']} cores, GPU {machine['gpu']}; scorer on {result.provider}"
    columns = ("step", "batch", "p50 ms", "p95 ms", "p99 ms", "ratio")
    table = Table(*columns, title=title, caption=f"load {machine['load']}")
    for step in result.steps:
        times = (f"{value:.2f}" for value in (step.p50, step.p95, step.p99))
        table.add_row(step.name, str(step.batch), *times, f"{step.ratio:.2f}")
    return table


def _loop_table(result: Result) -> Table:
    table = Table("whole loop, demo clip", "frames/s", "of the evening loop")
    for loop in result.loops:
        table.add_row(loop.name, f"{loop.fps:.1f}", f"{loop.ratio:.2f} x")
    return table
