"""What ``livecam archive`` does with what its options say, and what it tells people of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID
from rich.text import Text

from livecam import model_files, pipeline
from livecam.archive.manifest import Manifest, scorer_hash
from livecam.archive.plan import Engine
from livecam.archive.ray_cluster import ClusterRay
from livecam.archive.ray_local import LocalRay
from livecam.archive.run import Tally, Task, score_archive
from livecam.archive.schema import VERSION
from livecam.archive.settings import ArchiveSettings, WorkerSettings
from livecam.best.outputs.report import print_failures, progress
from livecam.best.scan.scanner import ScanSettings
from livecam.wording import counted


@dataclass(frozen=True, slots=True)
class Wanted:
    """See the options of the command."""

    out: Path
    address: str | None = None
    model: Path | None = None
    provider: str = "auto"
    faces: int = 10
    retry: bool = False
    as_json: bool = False


def score(names: Sequence[str], wanted: Wanted, notes: Console, settings: ArchiveSettings | None = None) -> bool:
    """Score what is in names into an archive; return whether anything failed. Raises ArchiveError or ModelError."""
    started_s = time.monotonic()
    settings = settings or ArchiveSettings()
    tally = Tally()
    cluster = ClusterRay(settings, wanted.address) if wanted.address is not None else None
    try:
        worker = _worker_for(wanted, cluster)

        def start() -> Engine:
            if cluster is None:
                return LocalRay(settings, worker)
            cluster.score_with(worker)
            return cluster

        manifest = Manifest(VERSION, worker.scorer, wanted.faces, ScanSettings().min_side_px)
        try:
            with progress(notes) as bar:
                watch = _Bar(bar, bar.add_task("scoring", total=None, visible=False))
                score_archive(Task(names, wanted.out, manifest, wanted.retry), start, watch, settings, tally)
        except KeyboardInterrupt:
            notes.print(f"stopped; {counted(tally.scored, 'photo')} scored: run it again, and it goes on from here")
            raise
    finally:
        if cluster is not None:
            cluster.close()
    _tell(tally, wanted, notes, time.monotonic() - started_s)
    return bool(tally.failures or tally.failed)


def _worker_for(wanted: Wanted, cluster: ClusterRay | None) -> WorkerSettings:
    """With what workers score: found out here, so that all score with the same. Raises ModelError."""
    if cluster is None:
        provider, model = wanted.provider, model_files.scorer_model(wanted.model)
        if provider != "cpu":  # what works here is known once it is loaded
            scorer = pipeline.default_models().scorer(wanted.model, provider=provider, busy=True)
            provider, model = scorer.provider, scorer.path
            scorer.close()
        return WorkerSettings(scorer_hash(model), model.absolute(), "int8", provider, wanted.faces)
    provider = wanted.provider
    if provider == "auto":
        provider = "cuda" if cluster.gpus else "cpu"
    worker = WorkerSettings("", wanted.model, "int8" if provider == "cpu" else "fp16", provider, wanted.faces)
    return replace(worker, scorer=scorer_hash(model_files.scorer_model(worker.model, worker.precision)))


class _Bar:
    """Shows people how far it is."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar, self._task = bar, task

    def total(self, photos: int) -> None:
        self._bar.update(self._task, total=photos, visible=True)

    def done(self, photos: int) -> None:
        self._bar.update(self._task, completed=photos)


def _tell(tally: Tally, wanted: Wanted, notes: Console, seconds: float) -> None:
    print_failures(list(dict.fromkeys(tally.notes)), notes)
    print_failures(list(dict.fromkeys(tally.failures)), notes)
    if wanted.as_json:
        summary = {
            "event": "summary",
            "photos": tally.found,
            "known": tally.known,
            "moved": tally.moved,
            "scored": tally.scored,
            "failed": tally.failed,
            "unread": tally.unread,
            "faces": tally.faces,
            "shards": tally.shards,
            "bytes": tally.bytes,
            "seconds": round(seconds, 1),
            "out": str(wanted.out),
        }
        sys.stdout.write(json.dumps(summary) + "\n")
        sys.stdout.flush()
    line = f"{counted(tally.scored, 'photo')} scored into {wanted.out}"
    if tally.faces:
        line += f", with {counted(tally.faces, 'face')}"
    if tally.known:
        line += f"; {tally.known:,} were known"
    if tally.moved:
        line += f"; {tally.moved:,} were known by their content, and not scored again"
    if tally.failed:
        line += f"; {tally.failed:,} could not be read (their rows say why; --retry tries them again)"
    if tally.unread:
        line += f"; {tally.unread:,} were not to be had (run it again)"
    notes.print(Text(f"{line}; {seconds:.1f} s"))
