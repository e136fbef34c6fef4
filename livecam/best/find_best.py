"""What ``livecam best`` does with photos and clips: look, group, rank, say, and write what it is asked for."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.text import Text

from livecam import model_files
from livecam.best.grouping.groups import GroupingSettings
from livecam.best.grouping.versions import merge_versions
from livecam.best.outputs.report import as_json, print_failures, progress, summary, table
from livecam.best.outputs.write import Outputs, write_outputs
from livecam.best.ranking.human_choice import prefer_marked, read_marks
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.ranking.selection import choose, clips_without_peaks
from livecam.best.ranking.tasted import by_taste
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner
from livecam.photos.discover import Item, Skipped, collect
from livecam.scoring.eye_policy import EyePolicy
from livecam.taste.choosing import choose_taste_for
from livecam.taste.head import TasteHead
from livecam.wording import counted


@dataclass(frozen=True, slots=True)
class Wanted:
    """How it is looked and chosen; see the options of the command.

    keep_series: brackets, panoramas, focus stacks and time lapses stay whole.  as_json: a line for each group on
    stdout, in place of a table.  taste: see ``taste.choosing.choose_taste``.
    """

    recursive: bool
    gap_s: float
    top: int
    keep_series: bool
    eyes: EyePolicy
    faces: int
    model: Path | None
    as_json: bool
    taste: str | None = None


class Watcher(Protocol):
    """Who is shown what was found, while it is being found."""

    @property
    def folders(self) -> Sequence[Path]:
        """Folders that are written to later, and not looked at."""

    def see(self, looked: int, total: int, group: Callable[[], Sequence[RankedGroup]]) -> None:
        """So many photos and clips of all were looked at; group groups and ranks them as if there were no more."""

    def see_all(self, groups: Sequence[RankedGroup], total: int) -> None:
        """These are all."""


@dataclass(frozen=True, slots=True)
class Results:
    """What was found. photos: what came of each, versions as one.  groups: of them.  skipped: what was not looked at.

    looked_at: how many photos and clips, versions counted.  of_taste: lines on the taste that they were ranked by.
    absent: photos that are not there now, whose marks nobody can read.
    """

    photos: Sequence[ScanResult]
    groups: Sequence[RankedGroup]
    skipped: Sequence[Skipped]
    looked_at: int
    of_taste: Sequence[str] = ()
    absent: frozenset[Path] = frozenset()


def find_best(
    paths: Sequence[str], wanted: Wanted, outputs: Outputs, notes: Console, watcher: Watcher | None = None
) -> bool:
    """Do it all, and say on notes what was done; return whether anything failed. Raises ModelError or OutputError."""
    started_s = time.monotonic()
    with notes.status("finding photos and clips"):  # of thousands, or on a slow disk, that takes seconds
        items, skipped = collect(paths, recursive=wanted.recursive, outside=[*outputs.folders, *_folders(watcher)])
    taste = choose_taste_for(wanted.taste, model_files.scorer_model(wanted.model))
    photos = merge_versions(by_taste(_scan(items, wanted, taste.head, notes, watcher), taste.head))
    results = Results(photos, grouped(photos, wanted), skipped, len(items), taste.notes)
    return tell_and_write(results, wanted, outputs, notes, started_s, watcher)


def tell_and_write(
    results: Results,
    wanted: Wanted,
    outputs: Outputs,
    notes: Console,
    started_s: float,
    watcher: Watcher | None = None,
) -> bool:
    """Heed a person's marks, print the groups, write outputs, and say what was done; return whether anything failed.

    started_s: when it began, by ``time.monotonic``. Raises OutputError.
    """
    if (versions := results.looked_at - len(results.photos)) > 0:
        merged = counted(versions, "edit or copy", "edits and copies")
        notes.print(f"{merged} taken as one with what they were made from")
    by_people = read_marks([result for result in results.photos if result.item.path not in results.absent])
    groups = prefer_marked(results.groups, by_people)
    if watcher is not None:
        watcher.see_all(groups, results.looked_at)
    _print(groups, wanted)
    passed_over = [item.why for item in results.skipped if not item.failed]
    print_failures(passed_over + clips_without_peaks(results.photos), notes)
    failures = [item.why for item in results.skipped if item.failed]
    failures += [result.error for result in results.photos if result.error is not None]
    failures += by_people.failures
    if (line := by_people.disagreements()) is not None:
        notes.print(Text(line))
    failures += write_outputs(groups, wanted.top, replace(outputs, by_taste=" ".join(results.of_taste)), notes)
    failures = list(dict.fromkeys(failures))  # a file that hinders twice
    print_failures(failures, notes)
    for line in results.of_taste:
        notes.print(Text(line))
    notes.print(summary(groups, results.photos, len(failures), time.monotonic() - started_s))
    return bool(failures)


def _folders(watcher: Watcher | None) -> Sequence[Path]:
    return watcher.folders if watcher is not None else ()


def grouped(results: Sequence[ScanResult], wanted: Wanted) -> list[RankedGroup]:
    """Group and rank what was found, versions as one."""
    grouping = GroupingSettings(gap_s=wanted.gap_s)
    return choose(results, grouping, keep_series=wanted.keep_series, eyes=wanted.eyes)


def _scan(
    items: Sequence[Item], wanted: Wanted, taste: TasteHead | None, notes: Console, watcher: Watcher | None
) -> list[ScanResult]:
    results: list[ScanResult] = []

    def group() -> list[RankedGroup]:
        return grouped(merge_versions(by_taste(results, taste)), wanted)

    with (
        Cache(model_files.cache_dir(), say=lambda line: notes.print(Text(f"livecam: {line}"))) as cache,
        PhotoScanner(cache, faces=wanted.faces, model=wanted.model, eyes=wanted.eyes, taste=taste) as scanner,
        progress(notes) as bar,
    ):
        task = bar.add_task("looking", total=len(items))
        # A clip counts as one, and fills its part of the bar as it plays.
        for result in scanner.scan(items, on_clip=lambda done: bar.update(task, completed=len(results) + done)):
            results.append(result)
            bar.update(task, completed=len(results))
            if watcher is not None:
                watcher.see(len(results), len(items), group)
    return results


def _print(groups: Sequence[RankedGroup], wanted: Wanted) -> None:
    if wanted.as_json:
        for group in groups:
            sys.stdout.write(json.dumps(as_json(group)) + "\n")
        sys.stdout.flush()
    elif groups:
        Console().print(table(groups, wanted.top))
