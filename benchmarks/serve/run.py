"""What the browser costs the camera, and how old what it shows is.

Whatever is measured runs in a Python of its own, in turns, in an order that moves on each round. The viewers run on the
same machine, so their own work is taken from the camera, too: they do as little as can be. The first viewer of a live
clip decodes each picture, as a browser does, and reads the frame's number in it: from when livecam got that frame to
then is what is called glass to glass here. Camera and screen add their own.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer
from rich.console import Console, RenderableType
from rich.table import Table

from benchmarks.common.machine import machine
from benchmarks.common.markdown import markdown_table
from benchmarks.common.progress import Steps, steps
from benchmarks.common.results_folder import require_results_folder, write_results
from benchmarks.common.rounds import Call, run_rounds
from benchmarks.latency.clips import FACE_FIRST, FACE_FRAMES, scale
from benchmarks.serve.numbered import number_clip
from livecam import model_files

VIEWERS = (0, 1, 4)
# What was asked for: glass to glass at the 95th percentile, and by how much the analysis may be slower, percent.
MOST_GLASS_MS, MOST_SLOWER = 150.0, {1: 5.0, 4: 10.0}
_Paces = Literal["fast", "realtime"]


@dataclass(frozen=True, slots=True)
class Case:
    """So many viewers at this pace: medians over the rounds, but for glass_ms, which are of all.

    slower: percent by which fewer frames are analysed than without a viewer, median of the rounds' own; lowest and
    highest of them.
    """

    pace: _Paces
    viewers: int
    fps: float
    slower: float
    slower_range: tuple[float, float]
    cores: float
    dropped: float
    age_p95_ms: float
    viewer_fps: float
    viewer_kb: float
    glass_p50_ms: float | None
    glass_p95_ms: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """machine: it ran on.  cases: what was measured."""

    machine: dict[str, str]
    provider: str
    rounds: int
    cases: list[Case]


def measure(provider: str, rounds: int, frames: int, viewers: tuple[int, ...], progress: Steps) -> Result:
    """Measure each number of viewers at each pace. frames: at pace fast."""
    cases: list[Case] = []
    ran_on = ""
    with tempfile.TemporaryDirectory() as folder:
        face = scale(
            model_files.demo_clip(), Path(folder) / "face.mp4", height=720, first=FACE_FIRST, frames=FACE_FRAMES
        )
        clip = number_clip(face, Path(folder) / "numbered.mp4", times=2)
        progress.begin(2 * rounds * len(viewers))
        paces: tuple[_Paces, ...] = ("fast", "realtime")
        for pace in paces:
            calls = {
                f"{pace}, {count} viewers": Call(
                    "benchmarks.serve.loop:run",
                    {"clip": str(clip), "pace": pace, "provider": provider, "viewers": count,
                     "frames": frames if pace == "fast" else None,
                     "decode": pace == "realtime"},
                )
                for count in viewers
            }  # fmt: skip
            answers = list(run_rounds(calls, rounds, progress, required=calls).answers.values())
            ran_on = answers[0][0]["provider"]
            cases += [_case(pace, count, own, answers[0]) for count, own in zip(viewers, answers, strict=True)]
    return Result(machine(), ran_on, rounds, cases)


def _case(pace: _Paces, viewers: int, own: list[dict[str, Any]], alone: list[dict[str, Any]]) -> Case:
    def median(name: str) -> float:
        return float(statistics.median(one[name] for one in own))

    slower = [100 * (1 - mine["fps"] / other["fps"]) for mine, other in zip(own, alone, strict=True)]
    ages = [age for one in own for age in one["glass_ms"]]
    rates, sizes = ([value for one in own for value in one[name]] for name in ("viewer_fps", "viewer_kb"))
    return Case(
        pace,
        viewers,
        fps=median("fps"),
        slower=statistics.median(slower),
        slower_range=(min(slower), max(slower)),
        cores=median("cores"),
        dropped=median("dropped"),
        age_p95_ms=statistics.median(one["age_ms"]["p95"] for one in own),
        viewer_fps=statistics.median(rates) if rates else 0.0,
        viewer_kb=statistics.median(sizes) if sizes else 0.0,
        glass_p50_ms=float(np.percentile(ages, 50)) if ages else None,
        glass_p95_ms=float(np.percentile(ages, 95)) if ages else None,
    )


def table(result: Result) -> Table:
    """Return what was measured, for the terminal."""
    about = result.machine
    title = f"{about['cpu']}, {about['cores']} cores, load {about['load']}; scorer on {result.provider}; 720p"
    shown = Table(
        "pace", "viewers", "frames/s", "slower %", "of rounds", "cores", "dropped", "age p95 ms", "viewer frames/s",
        "kB", "glass p50 ms", "p95 ms", title=title,
    )  # fmt: skip
    for case in result.cases:
        low, high = case.slower_range
        glass = (f"{age:.0f}" if age is not None else "" for age in (case.glass_p50_ms, case.glass_p95_ms))
        shown.add_row(
            case.pace, str(case.viewers), f"{case.fps:.1f}", f"{case.slower:.1f}", f"{low:.1f} to {high:.1f}",
            f"{case.cores:.2f}", f"{case.dropped:.0f}", f"{case.age_p95_ms:.1f}", f"{case.viewer_fps:.1f}",
            f"{case.viewer_kb:.0f}", *glass,
        )  # fmt: skip
    return shown


def report(result: Result) -> str:
    """Return the same as Markdown, with what was asked for beside it."""
    about = result.machine
    where = (
        f"{about['cpu']} ({about['flags']}), {about['cores']} cores, load {about['load']}; scorer on {result.provider}"
    )
    how = f"720p, a face in every frame; median of {result.rounds} rounds. The viewers run on the same machine."
    heads = ("pace", "viewers", "frames/s", "slower", "range", "cores", "dropped", "age p95", "viewer frames/s", "kB",
             "glass to glass p50", "p95")  # fmt: skip
    rows = []
    for case in result.cases:
        low, high = case.slower_range
        glass = (f"{age:.0f} ms" if age is not None else "" for age in (case.glass_p50_ms, case.glass_p95_ms))
        rows.append((
            case.pace, case.viewers, f"{case.fps:.1f}", f"{case.slower:.1f} %", f"{low:.1f} to {high:.1f}",
            f"{case.cores:.2f}", f"{case.dropped:.0f}", f"{case.age_p95_ms:.1f} ms", f"{case.viewer_fps:.1f}",
            f"{case.viewer_kb:.0f}", *glass,
        ))  # fmt: skip
    title = "# In the browser: what it costs, and how old it is"
    ran = f"{where}; {how} `python -m benchmarks serve`"
    return "\n".join([title, "", ran, "", markdown_table(heads, rows), "", *_verdicts(result), ""])


def _verdicts(result: Result) -> list[str]:
    said = []
    for case in result.cases:
        if case.glass_p95_ms is not None:
            held = "held" if case.glass_p95_ms <= MOST_GLASS_MS else "missed"
            said.append(
                f"- Glass to glass, p95, {case.viewers} viewer(s): {case.glass_p95_ms:.0f} ms; asked for: at most "
                f"{MOST_GLASS_MS:.0f} ms: {held}."
            )
        most = MOST_SLOWER.get(case.viewers)
        if most is not None:
            held = "held" if case.slower <= most else "missed"
            said.append(
                f"- Analysis slower, {case.viewers} viewer(s), pace {case.pace}: {case.slower:.1f} %; asked for: at "
                f"most {most:.0f} %: {held}."
            )
    return said


def main(
    provider: Annotated[
        Literal["auto", "tensorrt", "cuda", "coreml", "directml", "cpu"], typer.Option(help="What the scorer runs on.")
    ] = "auto",
    rounds: Annotated[int, typer.Option(min=1, help="How often each case is measured.")] = 5,
    frames: Annotated[int, typer.Option(min=30, help="Frames of a case at pace fast.")] = 600,
    review: Annotated[
        int | None, typer.Option(min=1, metavar="PHOTOS", help="Measure the review of so many photos instead.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for serve.json and serve.md, or serve-review.*.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure what 0, 1 and 4 viewers cost, and how old the picture is that they see; about ten minutes."""
    people = Console(stderr=True)
    if out is not None:
        require_results_folder(out)
    with steps(people) as progress:
        if review is not None:
            from benchmarks.serve.review import measure_review, review_report  # noqa: PLC0415  loads the server

            reviewed = measure_review(review, progress)
            line, name, words = json.dumps(asdict(reviewed)), "serve-review", review_report(reviewed)
            shown: RenderableType = words
        else:
            result = measure(provider, rounds, frames, VIEWERS, progress)
            line, name, words = json.dumps(asdict(result)), "serve", report(result)
            shown = table(result)
    if out is not None:
        write_results(out, {f"{name}.json": line + "\n", f"{name}.md": words})
    if as_json:
        sys.stdout.write(line + "\n")
    people.print(shown, markup=False)
