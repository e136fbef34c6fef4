"""The record of a transfer: what is to be done, written down before any of it is, and what has been done of it.

One JSON object a line. First the action, then every step, all of it on the disk before the journal has its name; then
a line for each step as it ends or is taken back. A journal whose last line is neither "end" nor "undone" was
interrupted. ``"undone": false`` says that something could not be taken back: another undo may do the rest.
"""

from __future__ import annotations

import contextlib
import enum
import json
import os
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.durable import write_new

if sys.platform != "win32":
    import fcntl

_SCHEMA = 1
_NAME = re.compile(r"livecam-(?:copy|link|move)-(\d{8}-\d{6})(?:-(\d+))?\.jsonl")
_TEMPORARY = ".livecam-journal.tmp"
_SHOWN = 5  # of many journals


class Action(enum.Enum):
    """What happens to a photo."""

    COPY = "copy"
    LINK = "link"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Step:
    """One file to bring to the journal's folder. photo: the picture it belongs to, or is.  name: its name there."""

    photo: Path
    source: Path
    name: str


@dataclass(slots=True)
class Journal:
    """A journal on the disk.

    there: names in the folder before that look as if they belonged to what was brought.  length: bytes of
    its whole lines.  done, failed, back: numbers of steps, from 0; back are those taken back.  undoing: an undo was
    begun.  closed: no run of it was interrupted.  undone: all of it was taken back.
    """

    path: Path
    action: Action
    steps: tuple[Step, ...]
    length: int
    there: frozenset[str] = frozenset()
    done: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    back: set[int] = field(default_factory=set)
    undoing: bool = False
    closed: bool = False
    undone: bool = False

    @classmethod
    def create(cls, folder: Path, action: Action, steps: Sequence[Step], there: Collection[str] = ()) -> Journal:
        """Write down what is to be done in folder, which is locked. Raises OSError, and then no journal is there."""
        what: dict[str, object] = {"action": action.value, "steps": len(steps), "there": sorted(there)}
        lines: list[dict[str, object]] = [{"livecam_journal": _SCHEMA, **what}]
        lines += [{"photo": str(s.photo), "from": str(s.source), "to": s.name} for s in steps]
        data = b"".join(map(_line, lines))
        name = f"livecam-{action.value}-{datetime.now().astimezone():%Y%m%d-%H%M%S}.jsonl"
        path = write_new(folder / name, data, temporary=folder / _TEMPORARY)
        return cls(path, action, tuple(steps), len(data), frozenset(there))

    @classmethod
    def read(cls, path: Path) -> Journal:
        """Read a journal, whole or interrupted. Raises OutputError if it is none."""
        try:
            if path.exists() and not path.is_file():  # opening a pipe would wait for ever
                raise OutputError(f"{path} is not a file: choose a livecam-….jsonl file")
            # A line without its end was being written when the power went: what it says has not been relied on.
            data = path.read_bytes()
            length = data.rfind(b"\n") + 1
            lines = [json.loads(line) for line in data[:length].splitlines()]
            head, count = lines[0], lines[0]["steps"]
            if head["livecam_journal"] != _SCHEMA or len(lines) <= count:
                raise OutputError(f"{path} is a journal of another livecam: use the one that wrote it")
            steps = tuple(Step(Path(s["photo"]), Path(s["from"]), s["to"]) for s in lines[1 : count + 1])
            journal = cls(path, Action(head["action"]), steps, length, frozenset(head.get("there", ())))
            for line in lines[count + 1 :]:
                journal._apply(line)
        except FileNotFoundError:
            raise OutputError(f"no such journal: {path}: check the path") from None
        except OSError as error:
            raise OutputError(f"cannot read {path} ({error.strerror}): check its permissions") from error
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            raise OutputError(f"{path} is not a journal of livecam: choose a livecam-….jsonl file") from None
        return journal

    def note(self, line: dict[str, object]) -> None:
        """Add a line and wait until the disk has it. Raises OSError."""
        data = _line(line)
        with self.path.open("rb+") as file:
            file.truncate(self.length)  # takes off a line without its end
            file.seek(self.length)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.length += len(data)
        self._apply(line)

    def target(self, step: Step) -> Path:
        """Where step brings its file; beside the journal, so that the folder may be moved as a whole."""
        return self.path.parent / step.name

    def _apply(self, line: dict[str, object]) -> None:
        match line:
            case {"done": int(number)}:
                self.done.add(number)
            case {"failed": int(number)}:
                self.failed.add(number)
            case {"back": int(number)}:
                self.back.add(number)
            case {"undo": True}:
                self.undoing, self.closed = True, False
            case {"end": True}:
                self.closed = True
            case {"undone": bool(undone)}:
                self.closed, self.undone = True, undone
            case _:
                raise ValueError(line)


def _line(entry: dict[str, object]) -> bytes:
    # Escapes keep names that are no Unicode, and line feeds in them, as they are.
    return json.dumps(entry, ensure_ascii=True).encode() + b"\n"


def interrupted(folder: Path) -> tuple[Journal, ...]:
    """Return the journals in folder, which is locked, that lack their end, the oldest first. Raises OutputError."""
    folder.joinpath(_TEMPORARY).unlink(missing_ok=True)  # of a run that was cut off; the folder is locked by this one
    found = []
    for path in journals_in(folder):
        if not path.stat().st_size:
            path.unlink()  # cut off between taking the name and filling it: nothing had been done
        elif not (journal := Journal.read(path)).closed:
            found.append(journal)
    return tuple(found)


def journals_in(folder: Path) -> list[Path]:
    """Return the files in folder that have a journal's name, the oldest first. Raises OSError."""
    found = [(match, path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    found.sort(key=lambda entry: (entry[0][1], int(entry[0][2] or 1), entry[0][0]))
    return [path for _, path in found]


def journal_to_undo(folder: Path) -> Path:
    """Return the one journal in folder that is not undone. Raises OutputError, which names several."""
    paths = journals_in(folder)
    left = [path for path in reversed(paths) if path.stat().st_size and not Journal.read(path).undone]
    if not paths:
        raise OutputError(f"{folder} holds no journal, livecam-….jsonl: name the folder that photos were brought to")
    if not left:
        raise OutputError(f"what was brought to {folder} has been undone already: there is nothing to do")
    if len(left) > 1:
        names = ", ".join(path.name for path in left[:_SHOWN]) + (" …" if len(left) > _SHOWN else "")
        raise OutputError(f"{folder} holds {len(left)} journals: name one to undo, the newest is first: {names}")
    return left[0]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other livecams out of folder (not on Windows). Raises OutputError if one is at work there."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OutputError(f"another livecam is at work in {folder}: wait until it has ended") from None
    except OSError:
        pass  # some network file systems know no locks
    try:
        yield
    finally:
        os.close(descriptor)
