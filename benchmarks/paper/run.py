"""Repeats every table and figure of the paper that livecam starts from, on public data.

Nine raters' taste in strangers' portraits stands in for the author's taste in photos of herself. The first run
prepares the photos and computes their features (minutes); both are kept, and after that the rest is what takes time.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from benchmarks.common.raters import Rater, read_raters
from benchmarks.common.results_folder import require_results_folder, write_results
from benchmarks.paper import data as paper_data
from benchmarks.paper import eyes as paper_eyes
from benchmarks.paper import pictures as paper_pictures
from benchmarks.paper import trials as paper_trials
from benchmarks.paper.findings import Findings
from benchmarks.paper.protocol import Drawn, draw
from benchmarks.paper.report import markdown
from benchmarks.paper.results import as_dict
from benchmarks.paper.trials import PortraitFeatures
from model.backbones import Start, load_start
from model.data.dataset import Dataset
from model.heads import HeadName
from model.shipped.items import split_of

RATERS, SEEDS = 9, 5
Advance = Callable[[str, int, int], None]


def main(
    data: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    out: Annotated[Path, typer.Option(help="The folder for paper.md, paper.json and the pictures.")] = Path(
        "benchmarks/results"
    ),
    work: Annotated[Path, typer.Option(help="The folder that keeps prepared photos and features.")] = Path(
        "build/paper"
    ),
    backbone: Annotated[
        str, typer.Option(metavar="face|imagenet|random|PATH", help="Where features come from.")
    ] = "face",
    seeds: Annotated[int, typer.Option(min=1, help="Draws for each rater.")] = SEEDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON on stdout too.")] = False,
) -> None:
    """Repeat the paper's protocol and write the report."""
    notes = Console(stderr=True, soft_wrap=True)
    require_results_folder(out)
    with _bars(notes) as advance:
        findings, pictures = measure_all(data, work, backbone, seeds, advance)
    results = as_dict(findings)
    write_results(
        out,
        {
            "paper.md": markdown(findings).encode(),
            "paper.json": f"{json.dumps(results, indent=1)}\n".encode(),
            **pictures,
        },
    )
    if as_json:
        typer.echo(json.dumps(results))
    notes.print(f"report: {out / 'paper.md'}")


def measure_all(
    data: Path, work: Path, backbone: str, seeds: int, advance: Advance
) -> tuple[Findings, dict[str, bytes]]:
    """Do everything and return the findings, and the pictures by their file names. Raises LivecamError."""
    start = load_start(backbone, seed=0)
    raters = read_raters(data)
    clock = _Clock()
    portraits = paper_data.portraits(data, work, advance)
    eyes = paper_data.eyes(data, work, advance)
    clock.lap("preparing")
    features = paper_trials.portrait_features(portraits, start.backbone, advance)
    eye_features = paper_eyes.features_of(eyes, start.backbone, advance)
    clock.lap("features")
    sessions = {name: eyes.sessions.count(name) for name in sorted(set(eyes.sessions))}
    findings = Findings(start.name, len(portraits), sessions)
    _try_heads(findings, features, raters, seeds, advance)
    clock.lap("all heads on all raters")
    _measure_eyes(findings, start, eyes, eye_features, features, seeds)
    clock.lap("eyes")
    pictures = _picture(findings, start, eyes, features, raters)
    clock.lap("pictures")
    findings.seconds = clock.laps
    return findings, pictures


def _try_heads(
    findings: Findings, features: PortraitFeatures, raters: list[Rater], seeds: int, advance: Advance
) -> None:
    trials = paper_trials.trials(features, raters)
    done, total = 0, RATERS * seeds
    for rater in raters[:RATERS]:
        values = paper_trials.ratings_of(rater, features.files)
        findings.ratings[rater.name] = int(np.isfinite(values).sum())
        for seed in range(seeds):
            drawn = draw(values, seed)
            findings.by_chance[rater.name] = drawn.by_chance
            for name, trial in trials.items():
                found = findings.trials.setdefault(name, defaultdict(list))
                found[rater.name].append(trial(rater, drawn, seed))
            done += 1
            advance("heads", done, total)


def _measure_eyes(
    findings: Findings, start: Start, eyes: Dataset, eye_features: torch.Tensor, features: PortraitFeatures, seeds: int
) -> None:
    # Of the portraits too, only those that the backbone did not see in training.
    unseen = [at for at, file in enumerate(features.files) if split_of(file) == "test"]
    portraits = features.embedding[0, unseen]
    for seed in range(seeds):
        settings = replace(paper_trials.PAPER, seed=seed)
        findings.eyes.append(paper_eyes.run(eye_features, eyes, portraits, settings))
        findings.eyes_whole.append(paper_eyes.whole(eye_features, eyes, settings))
    if start.eyes is not None:
        findings.eyes_shipped = paper_eyes.shipped(start.eyes, eye_features, eyes, portraits)


def best_learned(findings: Findings) -> str:
    """Return the rater whose photos the paper's first model puts best into order, over all draws."""
    tried = findings.trials[paper_trials.CROSS_ENTROPY]
    return max(tried, key=lambda name: fmean(one.spearman or 0.0 for one in tried[name]))


def _picture(
    findings: Findings, start: Start, eyes: Dataset, features: PortraitFeatures, raters: list[Rater]
) -> dict[str, bytes]:
    """Draw figures 2, 3 and 6 with the heads of the rater whose taste was learned best: others' know only the mean."""
    findings.pictured = best_learned(findings)
    (rater,) = (one for one in raters if one.name == findings.pictured)
    drawn: Drawn = draw(paper_trials.ratings_of(rater, features.files), 0)
    rows = paper_pictures.london(eyes)[: paper_pictures.MEASURED]
    pictures = {}
    for name, settings, file in (
        ("cross-entropy", paper_trials.PAPER, "figure-2-saliency-cross-entropy.png"),
        ("L2", paper_trials.PAPER_L2, "figure-3-saliency-l2.png"),
    ):
        head = paper_trials.paper_head(features, drawn, settings, 0)
        network = paper_pictures.network_of(head, HeadName(settings.head), start.backbone)
        pictures[file], findings.where[name] = paper_pictures.saliency(network, eyes, rows)
        if name == "cross-entropy":
            picture, findings.adversarial = paper_pictures.fooling(network, eyes, rows[: paper_pictures.FOOLED])
            pictures["figure-6-fooling.png"] = picture
    return pictures


class _Clock:
    """Seconds between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round(now - self._last, 1)
        self._last = now


@contextmanager
def _bars(notes: Console) -> Iterator[Advance]:
    tasks: dict[str, TaskID] = {}
    with Progress(console=notes, transient=True) as progress:

        def advance(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what)
            progress.update(tasks[what], completed=done, total=total)

        yield advance
