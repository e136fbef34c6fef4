"""Reads what ``livecam run --log`` has written: see ``livecam.live.event_log``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livecam.errors import SourceError
from livecam.live.event_log import FORMAT, KEY, files_of, is_log
from livecam.photos.discover import printable

_FIRST_LINE = 1 << 16  # bytes that are looked at to tell a log
_LONGEST_MS = 1e11  # three years; a time beyond is damage


@dataclass(frozen=True, slots=True)
class Second:
    """A second of a run: see ``livecam.live.held_back.SecondState``. score: None without a face."""

    t_ms: float
    frames: int
    faces: int
    score: float | None
    threshold: float
    held: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Missed:
    """A peak of which no picture was taken: see ``livecam.live.held_back.MissedPeak``."""

    t_ms: float
    score: float
    threshold: float
    why: tuple[str, ...]
    who: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture. t_ms: of its peak.  score: None where nobody was there."""

    t_ms: float
    score: float | None
    path: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """The camera or the disk has changed its state. t_ms: of the last second before, about.  what: in words."""

    t_ms: float
    what: str


@dataclass(slots=True)
class RunLog:
    """One run. about: what its first line says.  summary: of the run; None where it did not come to its end.

    passed_over: lines that say nothing that is understood.
    """

    about: Mapping[str, Any]
    seconds: list[Second] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    summary: Mapping[str, Any] | None = None
    passed_over: int = 0

    @property
    def length_ms(self) -> float:
        """How long it went on, by the frames' own time."""
        return max((second.t_ms + 1000 for second in self.seconds), default=0.0)


def read_runs(path: Path) -> list[RunLog]:
    """Return the runs in a log and in the older files beside it, the oldest first; never empty.

    Raises SourceError, one line, if it is none: missing, empty, another program's, or of a newer livecam.
    """
    _require_log(path)
    runs: list[RunLog] = []
    for file in files_of(path):
        try:
            with file.open("rb") as lines:
                for line in lines:
                    _take(line, runs, file)
        except OSError as error:
            raise SourceError(f"{file} cannot be read ({error.strerror}): check its permissions") from error
    if not runs:
        raise SourceError(f"{path} does not say what began: name a file that livecam run --log has written")
    return runs


def _require_log(path: Path) -> None:
    try:
        if path.is_dir():
            raise SourceError(f"{path} is a folder: name the file that livecam run --log has written")
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise SourceError(f"{path} is not a file: name one that livecam run --log has written")
        with path.open("rb") as file:
            first = file.readline(_FIRST_LINE)
    except FileNotFoundError:
        raise SourceError(f"no such file: {path}: check the path, or make one with livecam run --log {path}") from None
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else error
        raise SourceError(f"{path} cannot be read ({cause}): check its permissions") from error
    if not first.strip():
        raise SourceError(f"{path} is empty: name a file that livecam run --log has written")
    if not is_log(first):
        raise SourceError(f"{path} is no log of livecam: name a file that livecam run --log has written")


def _take(line: bytes, runs: list[RunLog], file: Path) -> None:
    try:
        event = json.loads(line)
        if KEY in event:
            if event[KEY] != FORMAT:
                raise SourceError(f"{file} was written by another livecam (log format {event[KEY]!r}): use that one")
            if not runs or event.get("at") != runs[-1].about.get("at"):  # else the same run, in a new file
                runs.append(RunLog(event))
        elif runs:
            _note(runs[-1], event)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        if runs and line.strip() and line.endswith(b"\n"):  # a last line may have been torn by the end of the power
            runs[-1].passed_over += 1


def _note(run: RunLog, event: Mapping[str, Any]) -> None:
    """Add what event says. Raises ValueError, TypeError, KeyError or AttributeError on what cannot be."""
    match event["event"]:
        case "second":
            held = {printable(reason): int(count) for reason, count in event["held"].items()}
            score, counts = _score(event["score"]), (int(event["frames"]), int(event["faces"]))
            run.seconds.append(Second(_time(event["t_ms"]), *counts, score, _points(event["threshold"]), held))
        case "missed":
            why, concerned = tuple(map(printable, event["why"])), printable(event.get("who", ""))
            points = _points(event["score"]), _points(event["threshold"])
            run.missed.append(Missed(_time(event["t_ms"]), *points, why, concerned))
        case "shot":
            run.taken.append(Taken(_time(event["peak_t_ms"]), _score(event["score"]), printable(event["path"])))
        case "camera" if "state" in event:
            _add(run, f"camera: {event['state']}")
        case "disk":
            message = event.get("message")
            _add(run, f"disk: {event['state']}{f' ({message})' if message else ''}")
        case "log":
            _add(run, f"log: {int(event['lost'])} lines could not be written")
        case "summary":
            run.summary = event


def _add(run: RunLog, what: str) -> None:
    run.troubles.append(Trouble(run.seconds[-1].t_ms + 1000 if run.seconds else 0.0, printable(what)))


def _score(value: object) -> float | None:
    return None if value is None else _points(value)


def _points(value: object) -> float:
    return min(max(_number(value), 1.0), 5.0)


def _time(value: object) -> float:
    t_ms = _number(value)
    if not 0 <= t_ms <= _LONGEST_MS:
        raise ValueError(t_ms)
    return t_ms


def _number(value: object) -> float:
    number = float(value) if isinstance(value, int | float) else math.nan
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def rows_of(run: RunLog, width: int) -> Iterator[tuple[float, dict[int, Second]]]:
    """Yield rows of width seconds that hold any: when each begins, milliseconds, and its seconds by their column."""
    rows: dict[int, dict[int, Second]] = {}
    for second in run.seconds:
        place = int(second.t_ms // 1000)
        rows.setdefault(place // width, {})[place % width] = second
    for row in sorted(rows):
        yield row * width * 1000.0, rows[row]
