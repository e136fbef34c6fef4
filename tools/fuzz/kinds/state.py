"""What livecam keeps for its next run: caches, journals, what was said before."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path
from unittest import mock

from livecam import model_files
from livecam.best.choices.choice import Flag
from livecam.best.ingest.card import ingest
from livecam.best.ingest.journal import NAME
from livecam.best.outputs.marking import MarkingSettings
from livecam.best.outputs.report import as_json
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.ranking.selection import choose
from livecam.best.records.scan_result import ScanResult
from livecam.best.review.journal import ReviewJournal, Word
from livecam.best.review.state import Review
from livecam.best.review.transfers import ReviewTransfers, in_words
from livecam.best.scan.cache import Cache
from livecam.best.scan.result_cache import ScanCache
from livecam.best.watch.marks import is_to_mark
from livecam.best.watch.news import tell_news, unsaid
from livecam.best.watch.settle import stamp_of
from livecam.best.watch.state import Marked, WatchState, load_state
from livecam.photos.discover import Item
from tests.best.records.factories import NOON, make_face_record, make_record
from tools.fuzz.fence import fenced
from tools.fuzz.kinds.lists import journal_seeds
from tools.fuzz.reader import Reader, written

_CONTENT = b"a photo" * 200


@cache
def _groups(folder: Path) -> tuple[RankedGroup, ...]:
    """A burst of two photos and a lone one, which are there."""
    results = []
    for i, seconds in enumerate((0.0, 0.3, 600.0)):
        path = written(folder / f"{'abc'[i]}.jpg", bytes([i]))
        record = make_record(
            make_face_record(score=3.0 + i / 2), path=str(path), captured=NOON + timedelta(seconds=seconds)
        )
        results.append(ScanResult(Item(path), (record,)))
    return tuple(choose(results))


def _cache_seeds(folder: Path) -> list[bytes]:
    """The database of ``livecam best``, and a value in it."""
    photo, place = written(folder / "photo.jpg", _CONTENT), folder / "seed"
    os.utime(photo, (0, 0))
    with Cache(place) as kept:
        kept.put(photo, photo.stat(), b"c" * 32, b"v" * 16, "{}")
    (database,) = place.glob("*.sqlite")
    values = [ScanResult(Item(photo), (record,)).to_json() for group in _groups(folder) for record in group.records]
    return [database.read_bytes(), *(value.encode() for value in values)]


class _Remembers:
    """Stands where a scan has its cache."""

    def __init__(self, text: str) -> None:
        self._text = text

    def content(self, path: Path) -> bytes | None:
        """It knows every file."""
        del path
        return b"c"

    def get(self, content: bytes, version: bytes) -> str | None:
        """It remembers one text."""
        del content, version
        return self._text

    def put(self, path: Path, status: os.stat_result, content: bytes, version: bytes, value: str) -> None:
        """It learns nothing."""


def _cache(data: bytes, folder: Path) -> None:
    photo, place = written(folder / "photo.jpg", _CONTENT), folder / "cache"
    os.utime(photo, (0, 0))
    if data.startswith(b"{"):
        kept = ScanCache(_Remembers(data.decode("utf-8", "replace")), lambda: photo, b"depends")
        result = kept.recall(Item(photo))
        if result is not None:
            for group in choose([result]):
                json.dumps(as_json(group))
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    (seed,) = (folder / "seed").glob("*.sqlite")
    written(place / seed.name, data)
    with Cache(place) as kept_in:
        kept_in.content(photo)
        kept_in.get(b"c" * 32, b"v" * 16)
        kept_in.put(photo, photo.stat(), b"c" * 32, b"w" * 16, "{}")


def _watched_seeds(folder: Path) -> list[bytes]:
    """What ``best --watch`` keeps."""
    names = [str(record.path) for group in _groups(folder) for record in group.records]
    state = WatchState(
        dict.fromkeys(names, names[0]), {names[0]: list(stamp_of(Path(names[0]).stat())), names[1]: [1, 2, 3]},
        {names[0]: Marked("True 3", {f"{names[0]}.xmp": "ab"}), "/gone.jpg": Marked("")}, ["a" * 64],
        {"photos": ["a.jpg cannot be read"]}, [f"{names[1]}.xmp"],
    )  # fmt: skip
    with mock.patch.object(model_files, "cache_dir", return_value=folder):
        state.save(folder)
        WatchState().save(folder / "other")
    return [path.read_bytes() for path in (folder / "watch").glob("*.json")]


def _watched(data: bytes, folder: Path) -> None:
    groups = _groups(folder)
    files = {path: stamp_of(path.stat()) for group in groups for record in group.records if (path := record.path)}
    with mock.patch.object(model_files, "cache_dir", return_value=folder):
        WatchState().save(folder)
        for path in (folder / "watch").glob("*.json"):
            path.write_bytes(data)
        state = load_state(folder)
        is_to_mark(state, groups, 1, MarkingSettings())
        tell_news(state, groups, files, files)
        unsaid(state, groups)
        for lines in state.failures.values():
            assert not lines or "\n".join(lines)
        state.save(folder)
        assert load_state(folder) == state, "what was kept is not known again"


def _ingest_seeds(folder: Path) -> list[bytes]:
    """The journal of ``best --copy-from``."""
    del folder
    sha = hashlib.sha256(_CONTENT).hexdigest()
    lines = [{"name": name, "sha256": sha, "source": "DCIM/a.jpg"} for name in ("b/a.jpg", "a-2.jpg", "/etc/x", "..")]
    return ["".join(json.dumps(line) + "\n" for line in some).encode() for some in (lines[:1], lines[:2], lines)]


def _ingested(data: bytes, folder: Path) -> None:
    card, copies = folder / "card", folder / "copies"
    shutil.rmtree(copies, ignore_errors=True)
    card.mkdir(exist_ok=True)
    copies.mkdir()
    written(card / "a.jpg", _CONTENT)
    written(copies / NAME, data)
    with fenced(folder), mock.patch.object(model_files, "cache_dir", return_value=folder):
        for _ in range(2):
            ingest(card, copies)
    assert (copies / "a.jpg").read_bytes() == _CONTENT, "the photo was not copied"


def _review_seeds(folder: Path) -> list[bytes]:
    """What is chosen in the browser."""
    path = folder / "seed.review.jsonl"
    path.unlink(missing_ok=True)
    with closing(ReviewJournal(path)) as journal:
        journal.say("one", Word(Flag.KEEP, 4))
        journal.say("two", Word(Flag.REJECT, forgiven=True))
        journal.undo()
    whole = path.read_bytes()
    return [whole, whole[:-9], whole.replace(b'"keep"', b"null")]


def _reviewed(data: bytes, folder: Path) -> None:
    path = written(folder / "review.jsonl", data)
    with closing(ReviewJournal(path)) as journal:
        review = Review(journal)
        review.show(_groups(folder), 1, 3, 3, done=True)
        json.dumps(review.all_said())
        review.choices()
        review.for_lessons()
        review.undo()
        journal.say("new", Word(Flag.KEEP, 5))
    with closing(ReviewJournal(path)) as journal:
        assert journal.word("new") == Word(Flag.KEEP, 5), "what was said is lost"


def _transfer_seeds(folder: Path) -> list[bytes]:
    """The list of journals of one review."""
    path = written(folder / "livecam-copy-20260101-100000.jsonl", journal_seeds(folder)[0])
    return [json.dumps([str(path), "/gone/x.jsonl"]).encode(), json.dumps([str(path)]).encode(), b"[]"]


def _transferred(data: bytes, folder: Path) -> None:
    transfers = ReviewTransfers(written(folder / "x.transfers.json", data))
    if (last := transfers.last) is not None:
        in_words(last)
    with transfers.made_in(folder / "keepers"):
        pass


READERS: Mapping[str, Reader] = {
    "cache": Reader(_cache_seeds, _cache),
    "watched": Reader(_watched_seeds, _watched),
    "ingested": Reader(_ingest_seeds, _ingested),
    "reviewed": Reader(_review_seeds, _reviewed),
    "transferred": Reader(_transfer_seeds, _transferred),
}
