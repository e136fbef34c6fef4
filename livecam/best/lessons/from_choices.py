"""Lessons from what a person chose among pictures that livecam has looked at: on the page, in lists, by stars.

What tells most is a choice within one burst or clip, where all else is the same: a frame that was kept for one that
livecam would have kept, or that was rejected. These become pairs. Stars, keeps and rejects are lessons of their own,
too. What livecam chose and nobody touched teaches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, permutations, product
from pathlib import Path

from livecam.best.choices.choice import Flag
from livecam.best.lessons.said import Key, Said, key_of
from livecam.best.ranking.lesson_faces import lesson_face_of
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.records.frame import FrameRecord
from livecam.errors import SourceError
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.taste.pictures import frame_name, picture_of_file
from livecam.taste.places import DEFAULT_NAME

# Of one burst, so that a long one does not outweigh all others: set by hand.
_MOST_PAIRS = 8
# Frames that nobody mentioned and that livecam ranks highest: one that a person kept beats them, and one with so many
# stars or more, for many people give stars to what they keep and nothing to the rest. Set by hand.
_MOST_PASSED_OVER, _GOOD_STARS = 2, 3


@dataclass(frozen=True, slots=True)
class Whose:
    """What all lessons of one time have in common, see ``Lesson``. time_s: where nobody knows when it was said."""

    network: str
    time_s: float
    taste: str = DEFAULT_NAME


@dataclass(slots=True)
class Taught:
    """What came of it. lessons: in the order of groups.  failures: a line each, for photos that teach nothing."""

    lessons: list[Lesson] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def lessons_of(groups: Sequence[RankedGroup], said: Mapping[Key, Said], whose: Whose, source: str) -> Taught:
    """Return what is said of groups as lessons.

    groups: as ``livecam best`` makes them, of all that there was to choose from.  said: where nothing is said it may
    lack a picture.  source: see ``Lesson``. Photos without a face, and those that cannot be read any more, are told
    in a line.
    """
    taught = Taught()
    faces = _Faces()
    for group in groups:
        words = [_word_on(record, said) for record in group.records]
        if not any(word.anything for word in words):
            continue
        session = session_of(group.records)
        for record, word in zip(group.records, words, strict=True):
            kind = _kind(word)
            if kind is not None and (face := faces.of(record)) is not None:
                stars = word.stars if kind is Kind.STARS else 0
                taught.lessons.append(_lesson(kind, face, None, session, _at(whose, word), source, stars=stars))
        if not group.kind.is_series:
            for better, worse in islice(dict.fromkeys(_preferences(group, words)), _MOST_PAIRS):
                one, other = faces.of(group.records[better]), faces.of(group.records[worse])
                # Of several people nobody knows whose face it was.
                if one and other and one.people == other.people == 1 and one.picture != other.picture:
                    when = _at(whose, words[better], words[worse])
                    taught.lessons.append(_lesson(Kind.PAIR, one, other, session, when, source))
    taught.failures = faces.failures()
    return taught


def claims(groups: Sequence[RankedGroup], said: Mapping[Key, Said]) -> set[tuple[Key, ...]]:
    """Return of which pictures something is said that a lesson could be made from: one, or two, the better first."""
    found: set[tuple[Key, ...]] = set()
    for group in groups:
        words = [_word_on(record, said) for record in group.records]
        keys = [None if record.path is None else key_of(record.path, record.t_ms) for record in group.records]
        found |= {(key,) for key, word in zip(keys, words, strict=True) if key is not None and _kind(word) is not None}
        if not group.kind.is_series:
            pairs = ((keys[better], keys[worse]) for better, worse in _preferences(group, words))
            found |= {(better, worse) for better, worse in pairs if better is not None and worse is not None}
    return found


def _at(whose: Whose, *words: Said) -> Whose:
    """Whose, at the time of the last of words."""
    times = [word.time_s for word in words if word.time_s is not None]
    return replace(whose, time_s=max(times)) if times else whose


def session_of(records: Sequence[FrameRecord]) -> str:
    """Return the shoot that a group of records belongs to: the day it was taken, else the folder; a clip is its own."""
    first = records[0]
    folder = "" if first.path is None else first.path.absolute().parent.name
    if first.t_ms is not None and first.path is not None:
        return f"{folder}/{first.path.name}"
    day = next((f"{record.captured:%Y-%m-%d}" for record in records if record.captured is not None), None)
    return day or folder


def _word_on(record: FrameRecord, said: Mapping[Key, Said]) -> Said:
    """What is said of a record: under the name of any of its files, the strongest word."""
    if record.path is None:
        return Said()
    files = (record.path,) if record.t_ms is not None else (record.path, *record.companions)
    words = [said[key] for file in files if (key := key_of(file, record.t_ms)) in said]
    return max(words, key=lambda word: (word.anything, word.flag is Flag.REJECT, word.stars), default=Said())


def _kind(word: Said) -> Kind | None:
    """What is said of a picture alone; the reject goes before stars, stars before a mere keep."""
    if word.by_person and word.flag is Flag.REJECT:
        return Kind.REJECT
    if word.stars:
        return Kind.STARS
    return Kind.KEEP if word.by_person and word.flag is Flag.KEEP else None


def _preferences(group: RankedGroup, words: Sequence[Said]) -> Iterator[tuple[int, int]]:
    """Yield which record was liked better than which, by their indices; first what livecam would have had otherwise."""
    order = [ranked.index for ranked in group.ranking]
    kept = [i for i in order if words[i].flag is Flag.KEEP]
    by_person = [i for i in kept if words[i].by_person]
    dropped = [i for i in order if words[i].by_person and words[i].flag is not Flag.KEEP]
    passed_over = [i for i in order if words[i] == Said()][:_MOST_PASSED_OVER]
    rated = [i for i in order if words[i].stars and i not in dropped]
    good = [i for i in rated if words[i].stars >= _GOOD_STARS]
    yield from product(by_person, dropped)
    for i, j in permutations(rated, 2):
        if words[i].stars > words[j].stars:
            yield i, j
    # What livecam chose and the person left counts against what they threw out, and for nothing else.
    yield from product(good if by_person else [*good, *kept], dropped)
    yield from product(dict.fromkeys([*by_person, *good]), passed_over)


class _Faces:
    """What lessons keep of records' faces; each file is read once, to know the picture again."""

    def __init__(self) -> None:
        self._known: dict[Key, LessonFace | None] = {}
        self._files: dict[Path, str] = {}
        self._faceless: list[str] = []
        self._gone: list[str] = []

    def of(self, record: FrameRecord) -> LessonFace | None:
        if record.path is None:
            return None
        key = key_of(record.path, record.t_ms)
        if key not in self._known:
            self._known[key] = self._read(record, record.path)
        return self._known[key]

    def failures(self) -> list[str]:
        if not self._faceless:
            return self._gone
        count, first = len(self._faceless), self._faceless[0]
        what = f"{first} shows" if count == 1 else f"{count:,} photos ({first} …) show"
        return [*self._gone, f"{what} no face that was found, and teach{'es' if count == 1 else ''} nothing"]

    def _read(self, record: FrameRecord, path: Path) -> LessonFace | None:
        face = lesson_face_of(record, "unknown")
        if face is None:
            self._faceless.append(path.name)
            return None
        try:
            if path not in self._files:
                self._files[path] = picture_of_file(path)
        except SourceError as error:
            self._gone.append(str(error))
            return None
        return replace(face, picture=frame_name(self._files[path], record.t_ms))


def _lesson(
    kind: Kind,
    face: LessonFace,
    other: LessonFace | None,
    session: str,
    whose: Whose,
    source: str,
    *,
    stars: int = 0,
) -> Lesson:
    return Lesson(kind, face, session, whose.time_s, whose.network, other, stars, whose.taste, source)
