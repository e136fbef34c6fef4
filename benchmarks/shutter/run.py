"""What the camera takes by itself on clips in which a person marked the moments worth a picture.

Each clip is analysed once, every frame, as ``livecam run --pace fast`` does it; then our trigger and two simple ones
get the same moments (see ``benchmarks.shutter.judge``), and, with ``--fps``, only some of them, as a slow camera would
(see ``benchmarks.shutter.rates``).
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.common.markdown import markdown_table
from benchmarks.common.results_folder import require_results_folder, write_results
from benchmarks.labelled.events import Event, labelled_clips, refused_frames, second_reader
from benchmarks.labelled.labels import BATCHES, Batch, Part
from benchmarks.labelled.pictures import work_folder
from benchmarks.shutter.clips import analysed_moments
from benchmarks.shutter.judge import TRIGGERS, Capture, Clips, Result, SecondWord, judge
from benchmarks.shutter.rates import COLUMNS, RateResult, at_rates, parse_rates, row
from livecam import model_files
from livecam.errors import SourceError
from livecam.types import Moment

_NOTE = (
    "Events were marked by eye before any model had scored the clips (`benchmarks/labels/README.md`). *Caught*: a "
    "picture was taken in the smile, or within 150 ms of it. *Eyes not open*: a person says so of that very frame, or "
    "that it must not be chosen, or the demo's plan does; that can be counted in labelled frames only, so look at the "
    "lists below. *Lids down*: MediaPipe's eyeBlink above 0.5. *Regret*: points of our own scorer by which the best "
    "frame that no check holds back, within 1.5 s, beats the picture; going by the score is an advantage there. "
    "*False fires*: in no smile, bright or faint. The second reader marked the smiles of the first batch's clips, "
    "without sight of the first one's marks or of any model's word; he runs together what the first one parts."
)


def measure(
    data: Path, model: Path | None, only: Sequence[str], work: Path | None, part: Part
) -> dict[Batch, list[Result]]:
    """Run every trigger on the labelled clips of each batch (those named in only, if any).

    A batch of which no clip is named is left out. Raises SourceError or ModelError.
    """
    clips, refused, second = load_clips(data, model, only, work, part), refused_frames(part), second_reader()
    results: dict[Batch, list[Result]] = {}
    for batch in BATCHES:
        own = {name: clips[name] for name in labelled_clips(data, part, batch) if name in clips}
        if own:
            results[batch] = [judge(trigger, own, refused, second) for trigger in TRIGGERS]
    return results


def measure_rates(
    data: Path, model: Path | None, only: Sequence[str], work: Path | None, part: Part, rates: Sequence[float]
) -> dict[Batch, list[RateResult]]:
    """Run every trigger on the clips of each batch as measure does, and on what is left of them at each of rates."""
    clips, refused = load_clips(data, model, only, work, part), refused_frames(part)
    results: dict[Batch, list[RateResult]] = {}
    for batch in BATCHES:
        own = {name: clips[name] for name in labelled_clips(data, part, batch) if name in clips}
        if own:
            results[batch] = list(at_rates(own, rates, refused))
    return results


def load_clips(data: Path, model: Path | None, only: Sequence[str], work: Path | None, part: Part) -> Clips:
    """Return what model sees in the labelled clips of both batches (those named in only, if any), and their events.

    work: the folder that keeps it, a temporary one if None. Raises SourceError or ModelError.
    """
    both = {name: clip for batch in BATCHES for name, clip in labelled_clips(data, part, batch).items()}
    clips = {name: clip for name, clip in both.items() if not only or name in only}
    if not clips:
        raise SourceError(
            f"no {part} clip is called {', '.join(only)}: see benchmarks/labels/events.csv, or say demo, which is test"
        )
    missing = min((str(path) for path, _ in clips.values() if not path.is_file()), default=None)
    if missing:
        raise SourceError(f"{missing} is not there: say with --data where the research data are, or name demo alone")
    folder = work_folder(work, model, analysed_moments.__module__)
    analysed: dict[str, tuple[list[Moment], list[Event]]] = {}
    for name, (path, events) in track(clips.items(), "analysing clips", console=Console(stderr=True), transient=True):
        analysed[name] = analysed_moments(path, model, folder / f"{name}.npz"), events
    return analysed


def _or_dash(value: float | None, form: str, unit: str) -> str:
    return "–" if value is None else f"{value:{form}} {unit}"


def _second(cell: Callable[[SecondWord], str]) -> Callable[[Result], str]:
    return lambda result: "–" if result.second is None else cell(result.second)


_ROWS: tuple[tuple[str, Callable[[Result], str]], ...] = (
    ("smiles caught", lambda r: f"{r.caught} of {r.smiles}"),
    ("clips with a smile: one of it was taken", lambda r: f"{r.pictured} of {r.smilers}"),
    ("clips without one: something was taken", lambda r: f"{r.bothered} of {r.talkers}"),
    ("captures in a smile", lambda r: f"{r.per_event:.2f}"),
    ("captures", lambda r: str(len(r.captures))),
    ("eyes not open", lambda r: str(r.refused)),
    ("lids down", lambda r: str(r.blinks)),
    ("without a face", lambda r: str(r.no_face)),
    ("in a stretch marked never", lambda r: str(r.in_never)),
    ("false fires", lambda r: str(r.false_fires)),
    ("false fires a minute", lambda r: f"{r.false_a_minute:.2f}"),
    ("smiles caught, by a second reader", _second(lambda word: f"{word.caught} of {word.smiles}")),
    ("false fires, by him / by both", _second(lambda word: f"{word.false_fires} / {word.by_neither}")),
    ("regret, median", lambda r: _or_dash(r.regret, ".3f", "points")),
    ("regret, 95 %", lambda r: _or_dash(r.regret_p95, ".3f", "points")),
    ("best moment to nearest capture, median", lambda r: _or_dash(r.from_best_ms, ".0f", "ms")),
    ("capture to decision, median", lambda r: _or_dash(r.delay_ms, ".0f", "ms")),
)


def _grid(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    return ((name, *(cell(result) for result in results)) for name, cell in _ROWS)


def _line(capture: Capture) -> tuple[str, ...]:
    marks = [word for word, holds in (("NOT OPEN", capture.refused), ("no face", capture.score is None)) if holds]
    score, regret = (math.nan if value is None else value for value in (capture.score, capture.regret))
    labels = ", ".join([capture.event or "–", *marks])
    return (capture.clip, str(capture.frame), f"{capture.t_ms / 1000:.2f} s", f"{score:.2f}", f"{regret:.3f}",
            f"{capture.eye_blink:.2f}", labels)  # fmt: skip


_COLUMNS = ("clip", "frame", "at", "score", "regret", "eyeBlink", "the person says")


Results = Mapping[Batch, Sequence[Result]]  # of every trigger
Rates = Mapping[Batch, Sequence[RateResult]]
_TITLES: Mapping[Batch, str] = {"first": "The first batch of clips", "second": "The second batch of clips"}


_RATES_NOTE = (
    "Only so many frames a second of the same clips, as a slow camera or a slow computer sees them, from several "
    "starts; figures are sums over the starts. *Beside a blink*: within 100 ms of it the whole clip has a frame with "
    "shut eyes. *In mid-word*: within 100 ms the jaw moves in the whole clip as it does in a word."
)


def markdown(results: Results, about: dict[str, str], slow: Rates | None = None) -> str:
    """Return the results as a page, with every capture so that somebody can look at it. slow: at lower frame rates."""
    lines = ["# What the camera takes by itself", "", _NOTE, "", *(f"- {key}: {value}" for key, value in about.items())]
    for batch, of_batch in results.items():
        names = [result.trigger for result in of_batch]
        lines += ["", f"## {_TITLES[batch]}", "", markdown_table(["", *names], _grid(of_batch))]
    for batch, at_rate in (slow or {}).items():
        lines += ["", f"## {_TITLES[batch]}: at lower frame rates", "", _RATES_NOTE, ""]
        lines.append(markdown_table(COLUMNS, map(row, at_rate)))
    for batch, of_batch in results.items():
        for result in of_batch:
            missed = "; ".join(result.missed) or "none"
            lines += ["", f"## {_TITLES[batch]}: {result.trigger}", "", f"Missed: {missed}.", ""]
            lines.append(markdown_table(_COLUMNS, map(_line, result.captures)))
    return "\n".join(lines) + "\n"


def main(
    clips: Annotated[
        list[str] | None, typer.Argument(help="Labelled clips by name, or demo; all of the set otherwise.")
    ] = None,
    data: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    model: Annotated[Path | None, typer.Option(help="Scorer to use; the shipped one otherwise.")] = None,
    part: Annotated[Part, typer.Option("--set", help="test, or dev to tune on.")] = "test",
    work: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps the analysed clips for the next run; a temporary one otherwise."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for shutter.md and shutter.json.")] = None,
    fps: Annotated[
        str | None, typer.Option(help="Also at these frame rates, as 15,10,7: a slow camera. Nothing is analysed anew.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, a batch and trigger each.")] = False,
) -> None:
    """Compare what three triggers take on labelled clips."""
    rates = _rates(fps)
    if out is not None:
        require_results_folder(out)
    results = measure(data, model, clips or [], work, part)
    for batch, of_batch in results.items():
        Console(stderr=True).print(_table(_TITLES[batch], of_batch))
        if as_json:
            sys.stdout.writelines(json.dumps({"batch": batch, **asdict(result)}) + "\n" for result in of_batch)
    slow = measure_rates(data, model, clips or [], work, part, rates) if rates else {}
    for batch, at_rate in slow.items():
        Console(stderr=True).print(_rates_table(f"{_TITLES[batch]}: at lower frame rates", at_rate))
        if as_json:
            sys.stdout.writelines(json.dumps({"batch": batch, **asdict(result)}) + "\n" for result in at_rate)
    if out:
        scorer = model_files.scorer_model(model)
        about = {"set": part, "scorer": scorer.name, "sha256": hashlib.sha256(scorer.read_bytes()).hexdigest()}
        _save(out, results, about, slow)


def _rates(text: str | None) -> tuple[float, ...]:
    try:
        return parse_rates(text) if text else ()
    except ValueError as error:
        raise typer.BadParameter(f"say frame rates as in 15,10,7, not {text}", param_hint="--fps") from error


def _rates_table(title: str, results: Sequence[RateResult]) -> Table:
    table = Table(*COLUMNS, title=title)
    for result in results:
        table.add_row(*row(result))
    return table


def _table(title: str, results: Sequence[Result]) -> Table:
    table = Table("", *(result.trigger for result in results), title=title)
    for cells in _grid(results):
        table.add_row(*cells)
    return table


def _save(folder: Path, results: Results, about: dict[str, str], slow: Rates) -> None:
    batches = {batch: [asdict(result) for result in of_batch] for batch, of_batch in results.items()}
    content: dict[str, object] = {"schema": "2", **about, "batches": batches}
    if slow:
        content["rates"] = {batch: [asdict(result) for result in at_rate] for batch, at_rate in slow.items()}
    files = {"shutter.md": markdown(results, about, slow), "shutter.json": json.dumps(content, indent=1) + "\n"}
    write_results(folder, files)
