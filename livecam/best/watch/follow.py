"""``livecam best --watch``: follows a folder, and says, shows and marks what is new as its photos become whole."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from livecam import model_files
from livecam.best.find_best import Wanted, Watcher, grouped
from livecam.best.grouping.versions import merge_versions
from livecam.best.outputs.report import print_failures
from livecam.best.outputs.write import Outputs, write_outputs
from livecam.best.ranking.human_choice import prefer_marked, read_marks
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.ranking.tasted import by_taste
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner
from livecam.best.watch.folder import files_in, is_there, looks, tells_nothing
from livecam.best.watch.marks import is_to_mark, mark_again, take_back_begun
from livecam.best.watch.news import tell_news, unsaid
from livecam.best.watch.settle import Settler, SettleSettings, Stamp
from livecam.best.watch.state import load_state
from livecam.errors import LivecamError, SourceError
from livecam.photos.discover import collect, printable
from livecam.storage.disk_errors import why
from livecam.storage.folder_lock import alone_at
from livecam.taste.choosing import choose_taste_for
from livecam.wording import counted

_AGAIN_S = 1.0  # between two looks for a folder that is gone
# How long photos that were looked at and are written to, or get a sidecar, are waited for. Set by hand.
_HELD_S = 30.0


@dataclass(frozen=True, slots=True)
class Watching:
    """What is followed. outputs: a page and marks, nothing else.  poll: look for changes instead of being told.

    until: ends it when it is set.
    """

    folder: Path
    outputs: Outputs
    poll: bool = False
    settle: SettleSettings | None = None
    until: threading.Event | None = None


def watch(watching: Watching, wanted: Wanted, notes: Console, watcher: Watcher | None = None) -> None:
    """Follow a folder until Ctrl-C, which raises KeyboardInterrupt. Raises SourceError, OutputError or ModelError."""
    folder = watching.folder
    if folder.exists() and not folder.is_dir():
        raise SourceError(f"{printable(folder)} is a file: name the folder that it lies in")
    if not is_there(folder):
        state = "may not be read: check its permissions" if folder.exists() else "is not there: make it, or plug it in"
        raise SourceError(f"{printable(folder)} {state}, and run it again")
    with alone_at(folder, "watches"):
        rounds = _Rounds(watching, wanted, notes, watcher)
        try:
            _follow(watching, rounds, wanted, notes)
        finally:
            notes.print(Text(rounds.summary()))


def _follow(watching: Watching, rounds: _Rounds, wanted: Wanted, notes: Console) -> None:
    folder, until = watching.folder, watching.until or threading.Event()
    settler = Settler(watching.settle)
    poll, disk = watching.poll or tells_nothing(folder), folder.stat().st_dev
    notes.print(Text(f"watching {printable(folder)}{', by looking' if poll else ''}; Ctrl-C ends this"))
    while not until.is_set():
        for surely in looks(folder, disk, recursive=wanted.recursive, poll=poll):
            if surely or settler.moving or rounds.waits:
                files = files_in(folder, rounds.outside, recursive=wanted.recursive)
                if not is_there(folder, disk):  # went while it was looked through: nothing was deleted
                    break
                settler.see(files, time.monotonic())
                rounds.look(settler.whole, files, moving=settler.moving)
            if until.is_set():
                return
        notes.print(Text(f"{printable(folder)} is gone: waiting for it; what was found stays"))
        while not is_there(folder, disk):
            if until.wait(_AGAIN_S):
                return
        disk = folder.stat().st_dev
        notes.print(Text(f"{printable(folder)} is back"))


class _Rounds:
    """Looks again whenever other files are whole. waits: something is to be done once nothing moves."""

    def __init__(self, watching: Watching, wanted: Wanted, notes: Console, watcher: Watcher | None) -> None:
        self._folder, self._outputs, self._wanted = watching.folder, watching.outputs, wanted
        self._notes, self._watcher = notes, watcher
        self._state = load_state(watching.folder)
        self._taste = choose_taste_for(wanted.taste, model_files.scorer_model(wanted.model))
        self._done: dict[Path, Stamp] | None = None
        self._groups: Sequence[RankedGroup] = ()
        # What is there at the beginning counts as moving until it has stood still: it would seem gone, then new.
        self._next_s = time.monotonic() + (watching.settle or SettleSettings()).still_s
        self._held_s: float | None = None  # since when what was looked at is not whole
        self._photos = 0
        self.waits = False
        try:
            take_back_begun(self._state)
        except OSError as error:
            self._fail("begun", [f"cannot take marks back in {printable(self._folder)}: {why(error)}"])
        page = [self._outputs.page] if self._outputs.page is not None else []
        self.outside = [*self._outputs.folders, *page, *(watcher.folders if watcher is not None else ())]

    def look(self, whole: Mapping[Path, Stamp], there: Mapping[Path, Stamp], *, moving: bool) -> None:
        """These files of all are whole: look, if they are others than before, but not all the time."""
        if whole != self._done:
            if moving and (time.monotonic() < self._next_s or self._holds(whole, there)):
                return  # what moves is looked at again soon
            began_s = time.monotonic()
            self._look(dict(whole), there)
            self._held_s = None if not moving else self._held_s
            self._next_s = time.monotonic() + 2 * (time.monotonic() - began_s)
        if not moving and self.waits and is_there(self._folder):
            self._write()
            self.waits = False

    def _holds(self, whole: Mapping[Path, Stamp], there: Mapping[Path, Stamp]) -> bool:
        """Whether to wait for what was looked at: without it, groups would get another best for a moment.

        The watcher's own sidecars make photos move too.
        """
        if all(path in whole or path not in there for path in self._done or ()):
            self._held_s = None
            return False
        if self._held_s is None:
            self._held_s = time.monotonic()
        return time.monotonic() - self._held_s < _HELD_S

    def summary(self) -> str:
        """What there was at the end."""
        return f"{counted(self._photos, 'photo or clip', 'photos and clips')} in {counted(len(self._groups), 'group')}"

    def _look(self, whole: dict[Path, Stamp], there: Mapping[Path, Stamp]) -> None:
        try:
            disk = self._folder.stat().st_dev
        except OSError:
            return
        items, skipped = collect([str(self._folder)], recursive=self._wanted.recursive, outside=self.outside)
        items = [item for item in items if item.path in whole and all(path in whole for path in item.companions)]
        wanted, head = self._wanted, self._taste.head
        with (
            Cache(model_files.cache_dir(), say=lambda line: self._notes.print(Text(f"livecam: {line}"))) as cache,
            PhotoScanner(cache, faces=wanted.faces, model=wanted.model, eyes=wanted.eyes, taste=head) as scanner,
        ):
            photos = merge_versions(by_taste(list(scanner.scan(items)), head))
        marks = read_marks(photos)
        if not is_there(self._folder, disk):  # went meanwhile: what could not be read says nothing
            return
        self._groups = prefer_marked(grouped(photos, wanted), marks)
        self._photos = len(photos)
        failures = [one.why for one in skipped if one.failed and one.path in whole]
        self._fail("photos", failures + [one.error for one in photos if one.error is not None] + list(marks.failures))
        if self._watcher is not None:
            self._watcher.see_all(self._groups, len(items))
        if words := tell_news(self._state, self._groups, whole, there):
            self._notes.print(Text(words))
        if lines := unsaid(self._state, self._groups):
            self.waits = True
        if wanted.as_json and lines:
            sys.stdout.write("".join(line + "\n" for line in lines))
            sys.stdout.flush()
        to_mark = self._outputs.marks and is_to_mark(self._state, self._groups, wanted.top, self._outputs.marks)
        self.waits = self.waits or bool(words) or self._done is None or bool(to_mark)
        self._done = whole
        self._save()

    def _write(self) -> None:
        """Write the page and marks. A disk that fails is said, and tried again the next time."""
        marks = self._outputs.marks
        try:
            if marks is not None:
                report = mark_again(self._state, self._groups, self._wanted.top, marks, self._folder)
                if report.rated or report.labelled:
                    self._notes.print(f"{counted(report.rated, 'rating')}, {counted(report.labelled, 'label')} written")
                self._fail("marks", report.failures)
            if self._outputs.page is not None:
                page = Outputs(page=self._outputs.page, by_taste=" ".join(self._taste.notes))
                self._fail("page", write_outputs(self._groups, self._wanted.top, page, self._notes))
        except LivecamError as error:
            self._fail("disk", [str(error)])
        except OSError as error:
            self._fail("disk", [f"cannot write in {printable(self._folder)}: {why(error)}"])
        else:
            self._fail("disk", [])

    def _save(self) -> None:
        try:
            self._state.save(self._folder)
        except OSError as error:
            self._fail("cache", [f"cannot keep what was said in {model_files.cache_dir()}: {why(error)}"])

    def _fail(self, at: str, lines: Sequence[str]) -> None:
        """Say what was not said yet; forget what no longer fails there, to say it if it comes back."""
        now = list(dict.fromkeys(lines))
        before = self._state.failures.get(at, [])
        self._state.failures[at] = now
        print_failures([line for line in now if line not in before], self._notes)
