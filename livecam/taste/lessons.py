"""The one file of all lessons: appended to, never changed, a lesson a line (JSON).

A lesson is on the disk or was never begun: writers take turns by a lock, and what a full disk has cut off is taken back
at once. A line that a power cut has torn is passed over and said, and the next lesson begins on a line of its own.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam.errors import OutputError
from livecam.photos.on_disk import is_file
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file, require_file_or_nothing
from livecam.taste.export_file import write_lessons, write_ratings
from livecam.taste.lesson import Kind, Lesson, LessonFace, half_bytes
from livecam.taste.own_files import LESSON_KEY
from livecam.taste.pictures import parts_of
from livecam.taste.places import DEFAULT_NAME, lessons_file

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["Kind", "Lesson", "LessonFace", "LessonStore", "Lessons", "half_bytes"]

_FORMAT = 1
_MOST_BYTES = 1 << 30  # half a million lessons; more is no file of ours. Set by hand


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a file of lessons says. all: in the order in which they were made.  skipped: lines that are no lessons."""

    all: tuple[Lesson, ...] = ()
    skipped: int = 0

    def of(self, taste: str) -> tuple[Lesson, ...]:
        """The choices of one taste that count: of those on the same pictures the last, less what was withdrawn."""
        last: dict[tuple[str, ...], Lesson] = {}
        for lesson in self.all:
            if lesson.taste == taste:
                last.pop(lesson.subject, None)  # so that the order is that of the last words
                last[lesson.subject] = lesson
        return tuple(lesson for lesson in last.values() if lesson.kind is not Kind.WITHDRAWN)

    @property
    def tastes(self) -> tuple[str, ...]:
        """The names that there are lessons of."""
        return tuple(dict.fromkeys(lesson.taste for lesson in self.all))


class LessonStore:
    """The lessons of this machine's user. Any number of processes and threads may add to it."""

    def __init__(self, path: Path | None = None) -> None:
        """path: of the file; None: the user's own. It is made with the first lesson."""
        self.path = path or lessons_file()

    def add(self, lessons: Sequence[Lesson]) -> None:
        """Write lessons down, all or none. Raises OutputError, one line, and then nothing was changed."""
        if not lessons:
            return
        data = b"".join(_line(lesson) for lesson in lessons)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.path) as descriptor:
                _append(descriptor, data)
        except OSError as error:
            raise OutputError(f"cannot keep what you chose in {self.path}: {why(error)}") from error

    def read(self) -> Lessons:
        """Return all lessons; none where there is no file yet. Raises OutputError."""
        return read_lessons(self.path)

    def add_new(self, lessons: Sequence[Lesson]) -> int:
        """Write down those of lessons that change what is known, all or none; return how many. Raises OutputError.

        What is read from marks again and again (XMP stars, a ratings file) is so kept once, and what was said before
        the last word that is known changes nothing.
        """
        known = {(lesson.subject): lesson for lesson in self.read().all}
        new = [lesson for lesson in lessons if _is_new(known.get(lesson.subject), lesson)]
        self.add(new)
        return len(new)

    def forget(self, taste: str | None = None) -> int:
        """Delete the lessons of one taste, or all with the file; return how many they were. Raises OutputError.

        Those of others stay as they are written, also where a later livecam has written what this one cannot read.
        """
        place = self.path.resolve()  # the file itself where a link leads to it: it is what holds them
        try:
            if not place.exists():
                return 0
            with _locked(place):  # what another process adds meanwhile would be lost
                lines = _lines_in(place)
                kept = [line for line in lines if taste is not None and _whose(line) not in {None, taste}]
                if kept:
                    replace_file(place, b"\n".join((*kept, b"")))
                else:
                    place.unlink()
        except OSError as error:
            raise OutputError(f"cannot forget {self.path}: {why(error)}") from error
        forgotten = [lesson for line in lines if (lesson := _lesson(line)) and taste in {None, lesson.taste}]
        return len(forgotten)

    def export(self, to: Path, taste: str | None = None) -> int:
        """Write the lessons, of one taste or all, to a file, in place of older ones; return how many.

        Raises OutputError, also if another's file is there.
        """
        lessons = [lesson for lesson in self.read().all if taste in {None, lesson.taste}]
        write_lessons(to, b"".join(map(_line, lessons)), self.path)
        return len(lessons)

    def export_ratings(self, to: Path, taste: str | None = None) -> int:
        """Write the stars of one taste, else of the user's own, as a ratings file; return how many. Raises OutputError.

        Of photos that are still where they were: from it the PyTorch path learns (``python -m model prepare``).
        """
        rated = [
            (lesson.face.path, lesson.stars)
            for lesson in self.read().of(taste or DEFAULT_NAME)
            if lesson.kind is Kind.STARS and parts_of(lesson.face.picture)[1] is None and is_file(lesson.face.path)
        ]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([("path", "rating"), *rated])
        write_ratings(to, text.getvalue().encode("utf-8", "surrogateescape"), self.path)
        return len(rated)

    def bring_in(self, source: Path) -> tuple[int, int]:
        """Add what another file of lessons says; return how many were new, and how many lines were passed over.

        Raises OutputError if it is none.
        """
        if not source.is_file():
            raise OutputError(f"no file of lessons at {source}: name what livecam taste --export wrote")
        found = read_lessons(source)
        if not found.all:
            raise OutputError(f"{source} holds no lessons: name what livecam taste --export wrote")
        return self.add_new(found.all), found.skipped


def read_lessons(path: Path) -> Lessons:
    """Read a file of lessons; what is no lesson is passed over and counted. Raises OutputError."""
    try:
        found = [_lesson(line) for line in _lines_in(path)]
    except OSError as error:
        raise OutputError(f"cannot read your lessons in {path}: {why(error)}") from error
    lessons = tuple(lesson for lesson in found if lesson is not None)
    return Lessons(lessons, len(found) - len(lessons))


def _lines_in(path: Path) -> list[bytes]:
    """Return the lines of a file that are not empty; none where there is no file. Raises OSError or OutputError."""
    try:
        require_file_or_nothing(path)
        if path.stat().st_size > _MOST_BYTES:
            raise OutputError(f"{path} is too large to be a file of lessons: move it away")
        return [line for line in path.read_bytes().split(b"\n") if line.strip()]
    except FileNotFoundError:
        return []


def _line(lesson: Lesson) -> bytes:
    # ASCII throughout: a path that is no text goes through as JSON's escapes.
    values = {LESSON_KEY: _FORMAT} | lesson.as_dict()
    return json.dumps(values, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _lesson(line: bytes) -> Lesson | None:
    try:
        values = json.loads(line)
        return Lesson.from_dict(values) if values[LESSON_KEY] == _FORMAT else None
    except (KeyError, TypeError, ValueError, RecursionError, OverflowError):
        return None


def _whose(line: bytes) -> str | None:
    """Whose taste a line is about, also if it is no lesson to this livecam; None of one that is torn."""
    try:
        whose = json.loads(line)["taste"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return whose if isinstance(whose, str) else None


def _is_new(known: Lesson | None, lesson: Lesson) -> bool:
    """Whether lesson says something else than what is known, and later."""

    def said(one: Lesson) -> tuple[object, ...]:
        return one.kind, one.stars, one.face.picture, one.network

    return known is None or (said(known) != said(lesson) and known.time_s <= lesson.time_s)


def _append(descriptor: int, data: bytes) -> None:
    """Write data at the end, whole or not at all. Raises OSError."""
    before = os.fstat(descriptor).st_size
    if before:
        os.lseek(descriptor, before - 1, os.SEEK_SET)  # to read there; writing goes to the end all the same
        if os.read(descriptor, 1) != b"\n":
            data = b"\n" + data  # the line before was torn
    try:
        written = 0
        while written < len(data):
            written += os.write(descriptor, data[written:])
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, before)
        raise


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open path to append to, made if need be, and keep other writers out of it meanwhile. Raises OSError."""
    while True:
        require_file_or_nothing(path)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            release = _lock(descriptor)
            try:
                # While this one waited, another may have replaced the file or deleted it.
                if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                    yield descriptor
                    return
            finally:
                release()
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> Callable[[], None]:
    if sys.platform == "win32":
        os.lseek(descriptor, _MOST_BYTES, os.SEEK_SET)  # beyond the end, so that nobody is kept from reading
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

        def release() -> None:
            os.lseek(descriptor, _MOST_BYTES, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

        return release
    with contextlib.suppress(OSError):  # some network file systems know no locks
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return lambda: None  # closing releases it
