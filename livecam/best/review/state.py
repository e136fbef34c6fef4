"""A shoot while a person looks through it: the groups as far as they are known, and what is said of each photo.

Any thread may ask and say. Whoever shows it knows photos by names that say nothing of where they lie.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livecam import __version__
from livecam.best.choices.choice import FORMAT, Flag
from livecam.best.lessons.said import Key, Said, key_of
from livecam.best.outputs.page_data import photo_entries, shown, time_of
from livecam.best.people.same_people import match_people
from livecam.best.ranking.assessment import has_closed_eye
from livecam.best.ranking.human_choice import is_poor
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.records.frame import FrameRecord
from livecam.best.review.journal import ReviewJournal, Word
from livecam.types import Reason

# A best one that leads by less, in points of the 1..5 scale, is one to look at. Set by hand.
_CLEAR_LEAD = 0.15
_HELD_BACK = ("key", "path", "text", "file", "number")  # of an entry: what a browser need not know


@dataclass(frozen=True, slots=True)
class Change:
    """name: of the photo.  word: what is said of it now.  number: of the change; each is one more than the last."""

    name: str
    word: Word
    number: int
    undone: bool = False


@dataclass(frozen=True, slots=True)
class _Photo:
    record: FrameRecord
    entry: Mapping[str, Any]


class Review:
    """All of it. version: of the groups, rises.  done: everything was looked at.  groups: the newest."""

    def __init__(self, journal: ReviewJournal) -> None:
        """Nothing is known yet."""
        self.version, self.done, self.groups = 0, False, tuple[RankedGroup, ...]()
        self._journal = journal
        self._lock = threading.RLock()
        self._photos: dict[str, _Photo] = {}
        self._changes = 0
        self._content = self._encoded([], 0, 0)

    @property
    def content(self) -> bytes:
        """Groups and photos for the browser: JSON, gzip."""
        return self._content

    def show(self, groups: Sequence[RankedGroup], top: int, looked: int, total: int, *, done: bool) -> None:
        """Have these groups from now on. top: how many of each begin as keepers.  looked, total: photos and clips."""
        photos: dict[str, _Photo] = {}
        listed: list[dict[str, Any]] = []
        for group, entries in zip(groups, photo_entries(groups, top, from_disk=done), strict=True):
            people, doubtful = match_people(group.records), _is_doubtful(group)
            mine: list[dict[str, Any]] = []
            for entry, ranked in zip(entries, group.ranking, strict=True):
                record, name = group.records[ranked.index], name_of(str(entry["key"]))
                photos[name] = _Photo(record, entry)
                told = {key: value for key, value in entry.items() if key not in _HELD_BACK}
                told |= {"id": name, "faces": _faces(record, people[ranked.index], group)}
                told |= {"soft": any(Reason.BLURRED in face.reasons for face in people[ranked.index].values())}
                told |= {"doubtful": bool(doubtful and entry["flag"] == "keep"), "size": [record.width, record.height]}
                mine.append(told)
            listed.append({
                "name": shown(group.name),
                "time": time_of(group),
                "kind": group.kind.value,
                "people": max((person for faces in people for person in faces), default=-1) + 1,
                "photos": mine,
            })  # fmt: skip
        with self._lock:
            self.groups, self._photos, self.done = tuple(groups), photos, done
            self.version += 1
            self._content = self._encoded(listed, looked, total)

    def find(self, name: str) -> FrameRecord | None:
        """Return the photo of that name."""
        photo = self._photos.get(name)
        return photo.record if photo is not None else None

    def frames_of(self, clip: Path | None) -> list[FrameRecord]:
        """Return the frames of a clip."""
        records = (photo.record for photo in list(self._photos.values()))
        return [record for record in records if record.path == clip and record.t_ms is not None]

    def say(self, name: str, changed: Mapping[str, Any]) -> Change:
        """Say something of a photo. changed: what of a ``Word`` is another now. Raises KeyError and OutputError."""
        with self._lock:
            key = str(self._photos[name].entry["key"])
            word = replace(self._journal.word(key), **changed)
            if word != self._journal.word(key):
                self._journal.say(key, word)
                self._changes += 1
            return Change(name, word, self._changes)

    def undo(self) -> Change | None:
        """Take the last word back; None if there is none. Raises OutputError."""
        with self._lock:
            key = self._journal.undo()
            if key is None:
                return None
            self._changes += 1
            return Change(name_of(key), self._journal.word(key), self._changes, undone=True)

    def all_said(self) -> dict[str, Any]:
        """Return every word, by the photo's name, and the number of the last change."""
        with self._lock:
            words = {name_of(key): word.as_json() for key, word in self._journal.said.items()}
            return {"number": self._changes, "said": words, "undoable": bool(self._journal.undoable)}

    def choices(self) -> str:
        """Return all choices as ``best --apply`` takes them; complete once everything was looked at."""
        with self._lock:
            photos = [(photo.entry, self._journal.word(str(photo.entry["key"]))) for photo in self._photos.values()]
        pages = hashlib.sha256(json.dumps([entry["key"] for entry, _ in photos]).encode()).hexdigest()[:16]
        head = json.dumps({"livecam_choices": FORMAT, "generator": f"livecam {__version__}", "page": pages})
        lines = ",\n".join(json.dumps(_choice(entry, word)) for entry, word in photos)
        return f'{head[:-1]}, "photos": [\n{lines}\n]}}\n'

    def for_lessons(self) -> dict[Key, Said]:
        """Return what is said of each photo of the groups, as lessons are made from it."""
        with self._lock:
            return {
                key_of(photo.record.path, photo.record.t_ms): _said(photo.entry, self._journal.word(photo.entry["key"]))
                for photo in self._photos.values()
                if photo.record.path is not None
            }

    def ever_said(self) -> set[Key]:
        """Return of which photos of the groups anything was ever said, if it was undone since, too."""
        with self._lock:
            return {
                key_of(photo.record.path, photo.record.t_ms)
                for photo in self._photos.values()
                if photo.record.path is not None and photo.entry["key"] in self._journal.ever_said
            }

    def _encoded(self, groups: Sequence[Mapping[str, Any]], looked: int, total: int) -> bytes:
        whole = {"version": self.version, "done": self.done, "looked": looked, "total": total, "groups": groups}
        return gzip.compress(json.dumps(whole, separators=(",", ":")).encode(), 4)


def name_of(key: str) -> str:
    """Return what a browser knows a picture by: the same after a new start, and no path."""
    return hashlib.blake2s(key.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def _faces(record: FrameRecord, people: Mapping[int, Any], group: RankedGroup) -> list[dict[str, Any]]:
    """What is shown of each face that counts: where it is, as shares of the picture; of whom; if its eyes are shut."""
    faces = []
    for person, face in people.items():
        x0, y0, x1, y1 = face.box
        box = (x0 / record.width, y0 / record.height, x1 / record.width, y1 / record.height)
        closed = has_closed_eye(face, group.eyes)
        faces.append({
            "number": record.faces.index(face), "person": person, "box": [round(side, 4) for side in box],
            "closed": closed, "score": round(face.open_eyes_score if closed else face.score, 2),
        })  # fmt: skip
    return faces


def _is_doubtful(group: RankedGroup) -> bool:
    """Whether a person should look at what livecam chose: faulty though the best there is, or hardly better."""
    first, *others = group.ranking
    best = group.records[first.index]
    closed = [sum(has_closed_eye(face, group.eyes) for face in group.records[one.index].faces) for one in group.ranking]
    close = bool(others) and closed[1] == closed[0] and first.value - others[0].value < _CLEAR_LEAD
    return not group.kept_whole and (bool(closed[0]) or (bool(best.faces) and is_poor(first.score)) or close)


def _choice(entry: Mapping[str, Any], word: Word) -> dict[str, Any]:
    """One photo of a file of choices."""
    said = _said(entry, word)
    eyes = ("forgiven" if word.forgiven else "closed") if entry["eyes"] else ""
    by = "person" if said.by_person else "livecam"
    return {**entry["file"], "flag": said.flag.value, "flag_by": by, "stars": said.stars, "eyes": eyes}


def _said(entry: Mapping[str, Any], word: Word) -> Said:
    flag = Flag(entry["flag"]) if word.flag is None else word.flag
    return Said(flag, word.flag is not None, word.stars)
