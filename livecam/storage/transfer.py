"""Copies, links or moves photos into a folder, each with the files that belong to it, so that nothing is ever lost.

All that is to be done is in a journal on the disk before the first file is touched, and each step may be cut off
anywhere and begun again (see ``livecam.storage.transfer_step``). ``finish`` ends what was interrupted, ``undo`` takes
back what a journal says.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livecam.errors import OutputError
from livecam.photos.sidecars import belongings
from livecam.storage.durable import same_bytes, why
from livecam.storage.journal import Action, Journal, Step, interrupted, locked
from livecam.storage.transfer_step import transfer_file

__all__ = ["Action", "Report", "finish", "transfer", "undo"]

_ELSEWHERE = "choose another folder"
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the photos.

    journal: for ``undo``; None if nothing had to be done.  done: (photo, where it is now).  present: photos whose
    bytes were in the folder under their name already.  failed: (file, why, one line).  undone: it was taken back,
    and done says (where it was, where it is again).
    """

    action: Action
    journal: Path | None = None
    done: tuple[tuple[Path, Path], ...] = ()
    present: tuple[Path, ...] = ()
    failed: tuple[tuple[Path, str], ...] = ()
    undone: bool = False


def transfer(
    photos: Sequence[Sequence[Path]], target: Path, action: Action, *, on_photo: Callable[[Path], None] | None = None
) -> Report:
    """Bring photos into the folder target, which is made if need be.

    photos: each a photo and files that go where it goes; XMP sidecars and a live photo's clip go along by themselves.
    A name that is taken gets a number: IMG_1.JPG and its sidecar become IMG_1-2.JPG and IMG_1-2.JPG.xmp. on_photo is
    called as each photo ends. A photo that fails is reported and the rest goes on. Raises OutputError if the folder
    is of no use, holds one of the photos itself, or gets full; then the same call later ends what was begun.
    """
    files = [[_absolute(path) for path in photo] for photo in photos]
    target = _absolute(target)
    for photo, *_ in files:
        if photo.resolve().is_relative_to(target.resolve()):
            raise OutputError(f"{photo} is in {target} itself: {_ELSEWHERE} to {action.value} to")
    with _at_work(f"{action.value} photos to {target}"):
        target.mkdir(parents=True, exist_ok=True)
        with locked(target):
            for journal in interrupted(target):
                _carry_on(journal, None)
            plan = _Plan(target, action, frozenset(path.name.casefold() for path in target.iterdir()))
            for photo, *others in files:
                plan.add(photo, others)
            if not plan.steps:
                return Report(action, present=tuple(plan.present), failed=tuple(plan.failed))
            report = _run(Journal.create(target, action, plan.steps), on_photo)
    return Report(action, report.journal, report.done, tuple(plan.present), (*plan.failed, *report.failed))


def finish(target: Path, *, on_photo: Callable[[Path], None] | None = None) -> Report | None:
    """End what an interrupted transfer or undo left to do in target; None if there is nothing. Raises OutputError.

    To be called before photos are chosen: after an interrupted move, a choice among what is left would be another.
    """
    if not target.is_dir():
        return None
    report = None
    with _at_work(f"carry on in {target}"), locked(target):
        for journal in interrupted(_absolute(target)):
            report = _carry_on(journal, on_photo)
    return report


def undo(journal: Path, *, on_photo: Callable[[Path], None] | None = None) -> Report:
    """Take back what journal says: remove the copies and links, move the photos back where they were.

    What has been changed since stays and is reported, and so does a copy whose original is gone. Raises OutputError.
    """
    with _at_work(f"undo {journal}"), locked(journal.parent):
        record = Journal.read(_absolute(journal))
        if record.undoing and record.closed:
            raise OutputError(f"{journal} has been undone already: there is nothing to do")
        return _undo(record, on_photo)


@contextlib.contextmanager
def _at_work(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot {doing}: {why(error)}") from error


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  Path.absolute keeps "..", and links must stay what they are


@dataclass(slots=True)
class _Plan:
    """What is to be done, made before any of it is.

    there, ours: names in target, casefolded, for on some disks case does not count: those of before, those planned.
    claimed: files that go already.
    """

    target: Path
    action: Action
    there: frozenset[str]
    ours: set[str] = field(default_factory=set)
    claimed: set[Path] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    present: list[Path] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)

    def add(self, photo: Path, others: Sequence[Path]) -> None:
        if photo in self.claimed:
            return
        if not photo.is_file() or (photo.is_symlink() and self.action is Action.MOVE):
            what = "is a symbolic link: copy it instead" if photo.is_file() else "is gone: look where it went"
            self.failed.append((photo, f"cannot {self.action.value} {photo}: it {what}"))
            return
        files = [photo, *others]
        files += [own for file in files for own in belongings(file)]
        files = [file for file in dict.fromkeys(files) if file not in self.claimed]
        self.claimed.update(files)
        count, names = 1, [file.name for file in files]
        while not all(
            free := [name.casefold() not in self.there and name.casefold() not in self.ours for name in names]
        ):
            if not free[0] and self._is_there(photo, names[0]):
                self.present.append(photo)
                break
            count += 1
            names = [_numbered(file.name, photo.stem, count) for file in files]
        wanted = [(file, name) for file, name, is_free in zip(files, names, free, strict=True) if is_free]
        self.steps += [Step(photo, file, name) for file, name in wanted]
        self.ours.update(name.casefold() for name in names)

    def _is_there(self, photo: Path, name: str) -> bool:
        # A second original of the same bytes is a photo of its own, and one that is to move is not there yet.
        here = self.target / name
        return (
            self.action is not Action.MOVE
            and name.casefold() not in self.ours
            and here.is_file()
            and same_bytes(photo, here)
        )


def _numbered(name: str, stem: str, count: int) -> str:
    # What begins with the photo's stem keeps doing so, for that is how it is found.
    rest = name[len(stem) :] if name.startswith(stem) else f"_{name}"
    return f"{stem}-{count}{rest}"


def _carry_on(journal: Journal, on_photo: Callable[[Path], None] | None) -> Report:
    return _undo(journal, on_photo) if journal.undoing else _run(journal, on_photo, resumed=True)


def _run(journal: Journal, on_photo: Callable[[Path], None] | None, *, resumed: bool = False) -> Report:
    """Do what is left of journal's steps."""
    failed: list[tuple[Path, str]] = []
    left_behind = {journal.steps[number].photo for number in journal.failed}
    for number, step in enumerate(journal.steps):
        if number not in journal.done | journal.failed and step.photo not in left_behind:
            here = journal.target(step)
            try:
                transfer_file(journal.action, step.source, here, _temporary(here, journal, number), resumed=resumed)
            except OSError as error:
                if error.errno in _FULL:
                    raise _full(journal, error) from error
                left_behind.add(step.photo)
                failed.append((step.source, _why(journal.action.value, step.source, here, error)))
                _note(journal, {"failed": number})
            else:
                _note(journal, {"done": number})
        if on_photo and step.source == step.photo:
            on_photo(step.photo)
    _note(journal, {"end": True})
    done = [
        (s.photo, journal.target(s)) for i, s in enumerate(journal.steps) if i in journal.done and s.source == s.photo
    ]
    return Report(journal.action, journal.path, tuple(done), failed=tuple(failed))


def _undo(journal: Journal, on_photo: Callable[[Path], None] | None) -> Report:
    resumed = journal.undoing
    _note(journal, {"undo": True})
    done, failed = [], []
    for number, step in reversed(list(enumerate(journal.steps))):
        here = journal.target(step)
        try:
            _temporary(here, journal, number).unlink(missing_ok=True)
            if (
                number not in journal.failed
                and _take_back(journal, number, resumed=resumed)
                and step.source == step.photo
            ):
                done.append((here, step.source))
        except OSError as error:
            failed.append((here, _why("take back", here, step.source, error)))
        if on_photo and step.source == step.photo:
            on_photo(step.photo)
    _note(journal, {"undone": True})
    return Report(journal.action, journal.path, tuple(done), failed=tuple(failed), undone=True)


def _take_back(journal: Journal, number: int, *, resumed: bool) -> bool:
    """Undo one step; False if there was nothing to undo. Raises OSError."""
    step = journal.steps[number]
    source, here = step.source, journal.target(step)
    if not os.path.lexists(here):
        if journal.action is Action.MOVE and not source.exists():
            raise FileNotFoundError(errno.ENOENT, "it is gone")
        return False
    if journal.action is Action.MOVE:
        source.parent.mkdir(parents=True, exist_ok=True)
        transfer_file(
            Action.MOVE,
            here,
            source,
            _temporary(source, journal, number),
            resumed=resumed or number not in journal.done,
        )
        return True
    if not source.exists():
        raise OSError(errno.ENOENT, "the original is gone, so this stays")
    if not same_bytes(source, here):
        raise OSError(errno.EBUSY, "it or the original has been changed since, so it stays")
    here.unlink()
    return True


def _temporary(here: Path, journal: Journal, number: int) -> Path:
    return here.with_name(f".{journal.path.stem}-{number}.tmp")


def _note(journal: Journal, line: dict[str, object]) -> None:
    try:
        journal.note(line)
    except OSError as error:
        raise _full(journal, error) from error


def _full(journal: Journal, error: OSError) -> OutputError:
    done = f"{len(journal.done)} of {len(journal.steps)} files are there"
    return OutputError(
        f"cannot {journal.action.value} to {journal.path.parent}, {done}: {why(error)}, then run this again"
    )


def _why(doing: str, source: Path, here: Path, error: OSError) -> str:
    match error:
        case FileExistsError():
            reason = f"there is another file at {here}: rename one of the two"
        case PermissionError() | OSError(errno=errno.EROFS):
            reason = "it or its folder is read-only: change its permissions, or copy instead"
        case FileNotFoundError():
            reason = "it is gone: look where it went"
        case _:
            reason = f"{error.strerror}"
    return f"cannot {doing} {source}: {reason}"
