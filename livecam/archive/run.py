"""Scores sources into an archive: lists, leaves out what is known, has the rest done, and writes what comes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from livecam.archive.folder import writing
from livecam.archive.known import Known, State
from livecam.archive.listing import list_photos
from livecam.archive.manifest import Manifest
from livecam.archive.moves import Moves
from livecam.archive.plan import Engine, Found, Plan, parted, plan_size
from livecam.archive.rows import row_of
from livecam.archive.schema import SCHEMA
from livecam.archive.settings import ArchiveSettings
from livecam.archive.shards import ShardWriter
from livecam.errors import ArchiveError
from livecam.photos.discover import printable

__all__ = ["Tally", "Task", "Watch", "score_archive"]

# A worker that dies before anything came is itself at fault, not so many photos.
_FEW = 8


class Watch(Protocol):
    """Is told how far it is."""

    def total(self, photos: int) -> None:
        """So many photos were found so far, those that are known included."""

    def done(self, photos: int) -> None:
        """Of so many something is known by now."""


@dataclass(slots=True)
class Tally:
    """What a run did.

    found: photos in the sources.  known: of them in the archive already.  moved: of them in it under another path, or
    of another time.  scored: rows written.  failed: of them those that could not be read.  faces: in them.  unread:
    photos without a row; failures and notes: lines for people.
    """

    found: int = 0
    known: int = 0
    moved: int = 0
    scored: int = 0
    failed: int = 0
    faces: int = 0
    shards: int = 0
    bytes: int = 0
    unread: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Task:
    """What is scored, and where to. names: see ``listing.list_photos``.  retry: see ``Known``."""

    names: Sequence[str]
    out: Path
    manifest: Manifest
    retry: bool = False


def score_archive(
    task: Task, start: Callable[[], Engine], watch: Watch, settings: ArchiveSettings, tally: Tally
) -> None:
    """Do task. Whatever ends it, what was scored until then is in the archive, and the next run goes on from there.

    start: begins the engine, with the first photo that is to be scored.  tally: gets what was done, in any case.
    Raises ArchiveError.
    """
    with writing(task.out, task.manifest) as archive:
        writer = ShardWriter(archive, settings)
        moves = Moves(archive, writer)
        known = Known(archive, retry=task.retry)
        engine: Engine | None = None
        try:
            for portion in _rounds(task, known, tally, watch, settings):
                writer.take_out(portion.changed)
                moves.begin(portion.unsure)
                engine = engine or start()
                _Round(engine, writer, moves, watch, settings, tally).score(portion.photos)
                known.settle()
            writer.flush()
        except BaseException:  # Ctrl-C too: what is scored is kept
            for keep in (moves.settle, writer.flush):  # the one, though the other cannot
                with suppress(ArchiveError):  # the one that is raised says more
                    keep()
            raise
        finally:
            tally.scored, tally.failed, tally.faces = writer.written, writer.failed, writer.faces
            tally.shards, tally.bytes, tally.moved = writer.shards, writer.bytes, moves.taken
            if engine is not None:
                engine.close()
    if not tally.found:
        raise ArchiveError("; ".join(tally.failures[:1]) or "there are no photos in what was named: name other sources")


@dataclass(slots=True)
class _Portion:
    """Photos of a round. Paths of those that have a row: changed, which is of another photo; unsure, which may be."""

    photos: list[Found] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)


def _rounds(task: Task, known: Known, tally: Tally, watch: Watch, settings: ArchiveSettings) -> Iterator[_Portion]:
    """Yield photos to be scored, so many at a time."""
    portion = _Portion()
    for listing in list_photos(task.names, outside=[task.out], part_files=settings.part_files):
        tally.failures += listing.failures
        tally.notes += listing.notes
        for found in listing.photos:
            tally.found += 1
            state = known.state(found.listed)
            if state is State.SAME:
                tally.known += 1
                continue
            known.begin(found.listed)
            alike = known.alike(found.listed)
            portion.photos.append(replace(found, alike=alike))
            if state is State.OTHER:
                (portion.unsure if alike else portion.changed).add(found.listed.path)
            if len(portion.photos) >= settings.round_photos:
                watch.total(tally.found)
                yield portion
                portion = _Portion()
        watch.total(tally.found)
    if portion.photos:
        yield portion


class _Round:
    """Has some photos done, until there is a row for each, or it is known why not."""

    def __init__(
        self,
        engine: Engine,
        writer: ShardWriter,
        moves: Moves,
        watch: Watch,
        settings: ArchiveSettings,
        tally: Tally,
    ) -> None:
        self._engine, self._writer, self._moves, self._watch = engine, writer, moves, watch
        self._settings, self._tally = settings, tally

    def score(self, photos: Sequence[Found]) -> None:
        """Do photos. Raises ArchiveError."""
        size = plan_size(len(photos), self._engine.workers, self._settings.plan_photos)
        came = 0
        for attempt in range(self._settings.tries):
            missing = self._done(list(parted(photos, size)))
            missing += [replace(photo, alike=b"") for photo in self._moves.settle()]
            came += len(photos) - len(missing)
            if not missing:
                return
            if came == 0 and attempt > 0 and len(missing) > _FEW:
                raise ArchiveError("workers end before they have scored anything: add --verbose, or try livecam doctor")
            photos, size = missing, 1
        rows = [row_of(photo.listed, None, error=_fatal(photo)) for photo in photos]
        self._moves.add(pa.Table.from_pylist(rows, SCHEMA))
        self._moves.settle()
        self._report()

    def _done(self, plans: list[Plan]) -> list[Found]:
        """Do plans, and return the photos of those of which nothing came."""
        waiting = {plan.number: plan for plan in plans}
        outcomes = self._engine.run(plans)
        try:
            for outcome in outcomes:
                plan = waiting.pop(outcome.number, None)
                if plan is None:  # done twice: a worker that was taken to be lost
                    continue
                self._moves.add(outcome.rows)
                self._moves.see(plan.photos, outcome.same)
                self._tally.unread += len(outcome.unread)
                self._tally.failures += outcome.unread
                if outcome.failure is not None:
                    self._writer.flush()
                    raise ArchiveError(outcome.failure)
                self._report()
        finally:
            if isinstance(outcomes, Generator):  # now: a Ray that is ended in the midst of work may take us with it
                outcomes.close()
        return [photo for plan in waiting.values() for photo in plan.photos]

    def _report(self) -> None:
        self._watch.done(self._tally.known + self._moves.taken + self._writer.taken + self._tally.unread)


def _fatal(photo: Found) -> str:
    return (
        f"{printable(photo.listed.path)} ends, or hangs up, the program that reads it: open it elsewhere and save it as"
        " JPEG"
    )
