"""What ``livecam learn`` does: gather what a person has chosen, learn from it, and say whether that is better."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from livecam import model_files, pipeline
from livecam.best.lessons.from_choices import Whose
from livecam.best.lessons.learn_from import lessons_from
from livecam.best.lessons.relearn import for_network
from livecam.best.outputs.report import print_failures, progress
from livecam.best.ranking.lesson_faces import worth_of
from livecam.best.records.frame import FrameRecord, record_of
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.cache import Cache
from livecam.best.scan.clips import frames_at
from livecam.best.scan.models import ScanModels
from livecam.best.scan.scanner import PhotoScanner
from livecam.errors import SourceError
from livecam.photos.discover import Item
from livecam.pipeline import score_faces
from livecam.taste.choosing import HOW_OFF, choose_taste_for
from livecam.taste.head import TasteHead
from livecam.taste.head_file import save_head
from livecam.taste.learning import learn
from livecam.taste.lesson import Lesson
from livecam.taste.lessons import LessonStore
from livecam.taste.network import network_of_file
from livecam.taste.places import DEFAULT_NAME, head_file
from livecam.taste.switch import is_off
from livecam.wording import counted


@dataclass(frozen=True, slots=True)
class LearnWanted:
    """See the options of the command. out: None: where livecam finds it by itself."""

    name: str
    out: Path | None = None
    model: Path | None = None
    recursive: bool = False


def learn_taste(paths: Sequence[str], wanted: LearnWanted, notes: Console) -> bool:
    """Do it, and say what came of it; return whether anything could not be read. Raises LivecamError."""
    file = wanted.out or head_file(wanted.name)
    store = LessonStore()
    network = network_of_file(model_files.scorer_model(wanted.model))
    look = _Look(wanted.model, notes)
    failures: list[str] = []
    if paths:
        whose = Whose(network, time.time(), wanted.name)
        taught = lessons_from(paths, look, whose, recursive=wanted.recursive)
        failures = taught.failures
        print_failures(failures, notes)
        if failures and not taught.lessons:
            return True  # that is the problem: what may be kept from before is not what was asked for
        new = store.add_new(taught.lessons)
        if taught.lessons:
            notes.print(Text(f"{counted(len(taught.lessons), 'choice')} found, {new:,} of them new"))
        else:
            notes.print("no stars, rejects or ratings of yours in what was named: learning from what livecam has kept")
    lessons = _usable(store, wanted.name, network, look, notes)
    head = learn(lessons, wanted.name, worth=worth_of)
    save_head(head, file)
    _say(head, file, wanted, notes)
    return bool(failures)


class _Look:
    """Looks through photos and clips, as ``livecam best`` does, with the scorer's own word."""

    def __init__(self, model: Path | None, notes: Console) -> None:
        self._model, self._notes = model, notes

    def __call__(self, items: Sequence[Item]) -> list[ScanResult]:
        results: list[ScanResult] = []
        # Of clips the frames that the page showed are found again by the taste that chose them.
        taste = choose_taste_for(None, model_files.scorer_model(self._model)).head
        with (
            Cache(model_files.cache_dir(), say=lambda line: self._notes.print(Text(f"livecam: {line}"))) as cache,
            PhotoScanner(cache, model=self._model, taste=taste) as scanner,
            progress(self._notes) as bar,
        ):
            task = bar.add_task("looking", total=len(items))
            for result in scanner.scan(items, on_clip=lambda done: bar.update(task, completed=len(results) + done)):
                results.append(result)
                bar.update(task, completed=len(results))
        return results

    def at(self, path: Path, times_ms: Sequence[float]) -> list[FrameRecord]:
        """Look at frames of a clip, those that are still there, with the scorer's own word."""
        found: list[FrameRecord] = []
        factory = pipeline.default_models()
        with ScanModels(factory, faces=_FACES, min_size_ratio=0.0, model=self._model, provider="auto") as models:
            scorer = models.scorer()
            with contextlib.suppress(SourceError), models.still_finder() as finder:  # a clip may end before some
                for frame in frames_at(path, times_ms):
                    (moment,) = score_faces(scorer, [(frame, finder.find(frame))])
                    found.append(record_of(moment, path=path, t_ms=moment.t_ms))
        return found


_FACES = 10  # of one frame, as ``livecam rate`` looks for them


def _usable(store: LessonStore, name: str, network: str, look: _Look, notes: Console) -> list[Lesson]:
    """The lessons of name with embeddings of network; what cannot be used is said."""
    read = store.read()
    if read.skipped:
        notes.print(Text(f"{counted(read.skipped, 'damaged line')} in {store.path} passed over"))
    all_lessons = read.of(name)
    usable = for_network(all_lessons, network, look, look.at)
    if lost := len(all_lessons) - len(usable):
        why = "made with another scorer, of pictures that are no longer there"
        notes.print(Text(f"{counted(lost, 'choice')} left aside: {why}"))
    return usable


def _say(head: TasteHead, file: Path, wanted: LearnWanted, notes: Console) -> None:
    verdict = head.story.verdict
    notes.print(Text(str(verdict)))
    own = wanted.out is None and wanted.name == DEFAULT_NAME
    if own and is_off():
        notes.print("your taste is off: livecam scores by it again after livecam taste --on")
    elif verdict.better and own:
        notes.print(f"livecam scores by your taste from now on: {HOW_OFF}; livecam taste shows it")
    elif verdict.better or not own:
        notes.print(Text(f"to score by it: --taste {file if wanted.out is not None else wanted.name}"))
    else:
        notes.print("until then livecam scores as it comes; livecam rate PHOTOS asks what would tell it most")
