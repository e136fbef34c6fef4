"""Lists, journals and logs: ratings, choices, lessons, what was moved, what a run has noted."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from livecam.best.choices.file import read_choices
from livecam.best.lessons.from_choices import Whose
from livecam.best.lessons.learn_from import lessons_from
from livecam.best.records.scan_result import ScanResult
from livecam.best.review.lessons import taken_back
from livecam.errors import LivecamError
from livecam.explain.chart import render as chart
from livecam.explain.page import render as page
from livecam.explain.run_log import read_runs
from livecam.photos.discover import Item
from livecam.rating.answers import answered_before
from livecam.storage.journal import Journal, interrupted, journal_to_undo
from livecam.storage.ratings import Ratings
from livecam.taste.learning import LearningSettings, learn
from livecam.taste.lesson import Kind, half_bytes
from livecam.taste.lessons import LessonStore
from livecam.types import EMBEDDING
from model.data.ratings import read_ratings
from tests.best.photo_factories import make_photo
from tests.best.records.factories import make_face_record, make_record
from tests.taste.lesson_factories import make_lesson, make_lesson_face
from tools.fuzz.reader import Reader, written

_LEARNS_OF = 4  # inputs: to learn takes most of the time. Set by hand
_QUICK = LearningSettings(folds=2, curve=(), most_lessons=20)


def _table_seeds(folder: Path) -> list[bytes]:
    """Ratings as people and programs keep them."""
    del folder
    rows = "path,rating,eyes,person\na.jpg,5,open,anna\nsub/b c.jpg,1,closed,\n"
    texts = (
        rows, rows.replace(",", ";"), rows.replace(",", "\t"), "\ufeff" + rows.replace("\n", "\r\n"),
        'path,rating\n"a, b.jpg","3"\n"C:\\Photos\\x.jpg",4\n', "path,rating\nfile:///tmp/a.jpg,2\n~/b.jpg,-1\n",
        "Filename;Bewertung\nä.jpg;5\n", "/no/a.jpg\n/no/b.mp4#t=1.500\n",
    )  # fmt: skip
    return [text.encode() for text in texts] + [rows.encode("utf-16"), texts[6].encode("cp1252")]


def _choices_seeds(folder: Path) -> list[bytes]:
    """What the page of ``best`` saves."""
    photo = {
        "path": str(folder / "a.jpg"), "flag": "keep", "flag_by": "person", "stars": 4, "eyes": "forgiven", "bytes": 5,
        "modified_ns": "1700000000000000000", "captured": "2026-01-01T10:00:00", "phash": "00ff00ff00ff00ff",
        "files": [str(folder / "a.dng")],
    }  # fmt: skip
    frame = {"path": str(folder / "b.mp4"), "flag": "", "flag_by": "livecam", "stars": 0, "eyes": "", "t_ms": 1500.0}
    head = {"livecam_choices": 1, "generator": "livecam 0", "page": "0123", "photos": [photo, frame]}
    return [json.dumps(head).encode(), json.dumps(head, indent=1).encode(), b"/no/a.jpg\n/no/b.mp4#t=1.5\n"]


def journal_seeds(folder: Path) -> list[bytes]:
    """What ``best --move-to`` writes down."""
    steps = [{"photo": "a.jpg", "from": str(folder / name), "to": name} for name in ("a.jpg", "a.dng")]
    head = {"livecam_journal": 1, "action": "move", "steps": 2, "there": ["c.jpg"]}
    done = [{"done": 0}, {"done": 1}, {"end": True}, {"undo": True}, {"back": 1}]
    return [_lines([head, *steps, *done[:count]]) for count in (0, 2, 3, 5)]


def _log_seeds(folder: Path) -> list[bytes]:
    """What ``run --log`` writes."""
    del folder
    start = {"livecam_log": 1, "event": "start", "at": "2026-11-28T15:50:00+00:00", "version": "0", "source": "demo"}
    second = {"event": "second", "t_ms": 0.0, "frames": 30, "faces": 1, "score": 3.5, "threshold": 4.5}
    events = [
        second | {"held": {"blurred": 20, "cooldown": 3}},
        second | {"t_ms": 61_000.0, "score": None, "held": {}},
        {
            "event": "missed",
            "t_ms": 500.0,
            "score": 4.6,
            "threshold": 4.5,
            "why": ["eyes_closed"],
            "who": "left person",
        },
        {"event": "shot", "t_ms": 61_300.0, "path": "a.jpg", "score": 4.8, "peak_t_ms": 61_000.0},
        {"event": "camera", "name": "cam", "state": "lost"},
        {"event": "disk", "state": "failing", "message": "the disk is full"},
        {"event": "log", "lost": 3},
        {"event": "summary", "shots": 1},
    ]
    return [_lines([start, *events]), _lines([start, second, start | {"at": "x"}, *events[:3]])]


def _lines(entries: Iterable[object]) -> bytes:
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()


def _table(data: bytes, folder: Path) -> None:
    path = written(folder / "ratings.csv", data)
    for reading in (read_choices, read_ratings, lambda _: Ratings(folder).rate(folder / "new.jpg", 3)):
        with suppress(LivecamError):
            reading(path)


def _choices(data: bytes, folder: Path) -> None:
    read_choices(written(folder / "choices.json", data))


def _journal(data: bytes, folder: Path) -> None:
    path = written(folder / "livecam-move-20260101-100000.jsonl", data)
    for read in (Journal.read, lambda _: interrupted(folder), lambda _: journal_to_undo(folder)):
        with suppress(LivecamError):
            read(path)


def _log(data: bytes, folder: Path) -> None:
    for run in read_runs(written(folder / "run.log", data)):
        page(run)
        Console(file=io.StringIO(), width=80).print(chart(run, 80))


def _learn_seeds(folder: Path) -> list[bytes]:
    """Ratings and lists as other programs write them, of photos that are there."""
    shoot = folder / "shoot"
    for i, name in enumerate(("a.jpg", "b c.jpg", "ä.jpg")):
        make_photo(shoot / name, 100 + 40 * i, i / 4)
    rows = "path,rating\na.jpg,5\nb c.jpg,1\nä.jpg,3\n"
    texts = (
        rows, "sep=;\r\n" + rows.replace(",", ";"), rows.replace("path", "Path").replace(",", "\t"),
        f'"path","rating"\n"{shoot}/a.jpg","5"\n"{shoot / "b c.jpg"}","0"\n',
        "path,rating,eyes,x\nA.JPG,4,closed,1\n./b c.jpg,2,,\n,,,\n", f"file://{shoot}/b%20c.jpg\na.jpg\n",
        "path,rating\nC:\\shoot\\a.jpg,5\nb c.jpg#t=1.5,4\n",
    )  # fmt: skip
    return [text.encode() for text in texts] + [rows.encode("utf-16"), rows.encode("cp1252"), rows.encode("mac_roman")]


def _look(items: Sequence[Item]) -> list[ScanResult]:
    """Look at photos, and find a face in each."""
    face = replace(
        make_face_record(), embedding=half_bytes((0.0,) * EMBEDDING), open_eyes_probs=(0.0, 0.0, 1.0, 0.0, 0.0)
    )
    return [ScanResult(item, (make_record(face, path=str(item.path)),)) for item in items]


def _learn(data: bytes, folder: Path) -> None:
    shoot = folder / "shoot"
    taught = lessons_from([str(written(shoot / "x.csv", data))], _look, Whose("default-5", 0.0))
    for lesson in taught.lessons:
        json.dumps(lesson.as_dict(), allow_nan=False)


def _lesson_seeds(folder: Path) -> list[bytes]:
    """What ``livecam taste --export`` writes."""
    a, b, frame = (make_lesson_face(name, path=str(folder / "a.jpg")) for name in ("a", "b", "c@1500#1"))
    lessons = [
        make_lesson(), make_lesson(Kind.PAIR, a, b), make_lesson(Kind.REJECT, b), make_lesson(Kind.KEEP, frame),
        make_lesson(Kind.WITHDRAWN, a, b, taste="anna"),
    ]  # fmt: skip
    store = LessonStore(folder / "seed.jsonl")
    store.add(lessons)
    whole = store.path.read_bytes()
    store.forget()
    lines = whole.splitlines(keepends=True)
    return [whole, lines[0], lines[1] + lines[2], lines[3] + b'{"livecam_lesson": 1, "ki']


def _lessons(data: bytes, folder: Path) -> None:
    own = LessonStore(folder / "own.jsonl")
    own.add([make_lesson()])
    try:
        own.bring_in(written(folder / "in.jsonl", data))
        read = own.read()
        answered_before(read.all)
        list(taken_back(read.all, (), {}, set(), 0.0))
        for taste in read.tastes:
            lessons = read.of(taste)
            own.export_ratings(folder / "out.csv", taste)
            networks = dict.fromkeys(lesson.network for lesson in lessons)
            for network in networks if zlib.crc32(data) % _LEARNS_OF == 0 else ():
                with suppress(LivecamError):
                    learn([lesson for lesson in lessons if lesson.network == network], settings=_QUICK)
        own.export(folder / "out.jsonl")
        assert LessonStore(folder / "out.jsonl").read().all == read.all, "what was written is not read"
    finally:
        own.forget()


READERS: Mapping[str, Reader] = {
    "csv": Reader(_table_seeds, _table),
    "choices": Reader(_choices_seeds, _choices),
    "journal": Reader(journal_seeds, _journal),
    "log": Reader(_log_seeds, _log),
    "lessons": Reader(_lesson_seeds, _lessons),
    "learn": Reader(_learn_seeds, _learn),
}
