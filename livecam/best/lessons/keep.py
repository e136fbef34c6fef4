"""What is applied is learned from: ``livecam best --apply`` keeps a person's choices as lessons.

Nothing is looked at again for that: it takes what the run that made the page has found, which the cache knows.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from livecam import model_files
from livecam.best.lessons.from_choices import Taught, Whose
from livecam.best.lessons.learn_from import of_choices
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner
from livecam.errors import LivecamError
from livecam.photos.discover import Item
from livecam.taste.choosing import choose_taste_for
from livecam.taste.lessons import LessonStore
from livecam.taste.network import network_of_file
from livecam.wording import counted


def lessons_in(choices: Path, folders: Sequence[Path]) -> Taught:
    """Return what is chosen in a file as lessons; of what cannot be learned from, nothing is said here.

    To be called before the choices are applied: files are then where they were. folders: where they may be else.
    """
    try:
        scorer = model_files.scorer_model()
        taste = choose_taste_for(None, scorer).head
        with Cache(model_files.cache_dir()) as cache, PhotoScanner(cache, taste=taste) as scanner:

            def look(items: Sequence[Item]) -> list[ScanResult]:
                return [found for item in items if (found := scanner.recall(item)) is not None]

            return of_choices(choices, look, Whose(network_of_file(scorer), time.time()), folders)
    except LivecamError:  # whatever it is, applying the choices says it
        return Taught()


def keep_lessons(taught: Taught, notes: Console) -> None:
    """Write lessons down once the choices were applied, and say so if there is anything new."""
    try:
        new = LessonStore().add_new(taught.lessons)
    except LivecamError as error:
        notes.print(Text(f"livecam: not learned from: {error}"))
        return
    if new:
        notes.print(Text(f"{counted(new, 'choice')} kept for your taste: livecam learn learns from them"))
