"""What a person does with the pictures of a run, as lessons: rated, thrown out, brought back, taken by hand.

What is learned from is the frame as it was scored; of the picture's file nothing but its name is kept. Which of two
pictures was liked better is said at the end of the run, when it is known what was kept.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from PIL import Image, UnidentifiedImageError

from livecam.faces.mesh import box_middle
from livecam.live.recent_shots import RecentShots
from livecam.pipeline import Analyser
from livecam.storage.album import Shot
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.taste.lessons import LessonStore
from livecam.taste.observed import lesson_face, light_of
from livecam.taste.pictures import picture_of
from livecam.taste.places import DEFAULT_NAME, require_name
from livecam.types import Moment, ScoredFace

SOURCE = "window"
# Two pictures of one person within so many milliseconds are of one moment: somebody chooses between them. Set by hand.
_MOMENT_MS = 10_000.0
_MOST_MOVED = 1.5  # face sizes that somebody moves in that time, as ``best.people.same_people`` has it
_MOST_PAIRS = 3  # of one picture, those nearest in time; set by hand


def learn_from(recent_shots: RecentShots, analyser: Analyser, spec: str) -> None:
    """Let what is done with the pictures of a run be lessons, of the person by whose taste it goes.

    spec: what is watched; whoever tries the keys on the demo clip teaches nothing. Raises OutputError for a taste
    whose name could be no file's.
    """
    network, head = analyser.network, analyser.taste.head
    if network is not None and spec != "demo":
        taste = DEFAULT_NAME if head is None else require_name(head.name)
        recent_shots.teach(RunLessons(LessonStore(), network, taste))


class Store(Protocol):
    """Keeps lessons; ``livecam.taste.lessons.LessonStore`` is the real one."""

    def add(self, lessons: Sequence[Lesson]) -> None:
        """Write lessons down, all or none. Raises OutputError."""
        ...


@dataclass(slots=True, eq=False)
class _Seen:
    """A picture of this run.

    face: as it was scored.  person: whose it is, None where a frame was scored by itself, because it was taken by hand.
    box: of the face, pixels.  rating: 1..5, None before it is rated.
    """

    face: LessonFace
    person: int | None
    box: tuple[float, float, float, float]
    t_ms: float
    manual: bool
    rating: int | None = None
    deleted: bool = False


class RunLessons:
    """Makes lessons of one run. Use it from one thread, that which touches the files."""

    def __init__(
        self, store: Store, network: str, taste: str = DEFAULT_NAME, *, now_s: Callable[[], float] = time.time
    ) -> None:
        """Borrow store. network, taste: see ``Lesson``.  now_s: the clock, seconds since 1970, UTC."""
        self._store, self._network, self._taste, self._now_s = store, network, taste, now_s
        begun = datetime.fromtimestamp(now_s()).astimezone()
        self._session = f"run {begun:%Y-%m-%d %H:%M:%S}"
        self._seen: dict[str, _Seen] = {}

    def taken(self, shot: Shot) -> None:
        """Take note of a picture; one without a face, or that cannot be read again, teaches nothing."""
        try:
            data = shot.path.read_bytes()
            face = _face_of(shot, data)
        except (OSError, UnidentifiedImageError):
            return
        largest = _largest(shot.peak)
        if face is not None and largest is not None:
            box = largest.face.box
            self._seen[shot.path.name] = _Seen(face, largest.person, box, shot.peak.t_ms, shot.manual)

    def rated(self, path: Path, rating: int) -> None:
        """A person has rated a picture, 1..5. path: where it is now. Raises OutputError."""
        if (seen := self._seen.get(path.name)) is not None:
            seen.rating = rating
            self._store.add([self._lesson(seen, path)])

    def moved(self, path: Path, *, deleted: bool) -> None:
        """A person has thrown a picture out, or brought it back. path: where it is now. Raises OutputError."""
        if (seen := self._seen.get(path.name)) is not None:
            seen.deleted = deleted
            self._store.add([self._lesson(seen, path)])

    def end(self) -> None:
        """Say which pictures were liked better than which. Raises OutputError."""
        pairs = dict.fromkeys(pair for seen in self._seen.values() for pair in self._pairs(seen))
        self._seen, said = {}, [self._pair(better, worse) for better, worse in pairs]
        self._store.add(said)

    def _lesson(self, seen: _Seen, path: Path) -> Lesson:
        """What is to be known of a picture by itself: the reject goes before the stars."""
        kind = Kind.REJECT if seen.deleted else Kind.WITHDRAWN if seen.rating is None else Kind.STARS
        stars = seen.rating if kind is Kind.STARS and seen.rating is not None else 0
        face = replace(seen.face, path=str(path.absolute()))
        return Lesson(kind, face, self._session, self._now_s(), self._network, None, stars, self._taste, SOURCE)

    def _pair(self, better: _Seen, worse: _Seen) -> Lesson:
        now_s = self._now_s()
        return Lesson(Kind.PAIR, better.face, self._session, now_s, self._network, worse.face, 0, self._taste, SOURCE)

    def _pairs(self, seen: _Seen) -> Iterator[tuple[_Seen, _Seen]]:
        """Yield the pairs of seen and the pictures of the same person near in time: the better one, the worse one."""
        if seen.face.people != 1:
            return
        near = [
            other
            for other in self._seen.values()
            if other is not seen
            and _same_person(other, seen)
            and other.face.people == 1
            and abs(other.t_ms - seen.t_ms) <= _MOMENT_MS
            and other.face.picture != seen.face.picture
        ]
        near.sort(key=lambda other: abs(other.t_ms - seen.t_ms))
        worse = [other for other in near if _better(seen, other)]
        yield from ((seen, other) for other in worse[:_MOST_PAIRS])


def _same_person(one: _Seen, other: _Seen) -> bool:
    """Whether two pictures near in time show one person: by their number, or where one has none, by the place."""
    if one.person is not None and other.person is not None:
        return one.person == other.person
    if one.person is None and other.person is None:
        return False  # pictures of a folder, of whomever
    (x, y), (u, v) = box_middle(one.box), box_middle(other.box)
    side = max(one.box[2] - one.box[0], other.box[2] - other.box[0])
    return math.hypot(x - u, y - v) <= _MOST_MOVED * side


def _better(one: _Seen, other: _Seen) -> bool:
    """Whether a person liked one better: kept, not thrown out; more stars; or taken by hand beside one that was not."""
    if one.deleted or other.deleted:
        return other.deleted and not one.deleted
    if one.rating is not None and other.rating is not None:
        return one.rating > other.rating
    return one.manual and not other.manual and one.rating is None and other.rating is None


def _largest(moment: Moment) -> ScoredFace | None:
    """The face that a lesson keeps."""
    return max(moment.counted or moment.faces, key=lambda scored: scored.face.size, default=None)


def _face_of(shot: Shot, data: bytes) -> LessonFace | None:
    """What is kept of a picture's face. data: its file. Raises UnidentifiedImageError if that is no picture."""
    face = lesson_face(shot.peak, picture_of(data), str(shot.path.absolute()))
    largest = _largest(shot.peak)
    if face is None or largest is None:
        return None
    with Image.open(io.BytesIO(data)) as picture:
        scale = shot.peak.frame.width / picture.width  # the frame was made small for the screen, the face was not
    x0, y0, x1, y1 = (edge * scale for edge in largest.face.box)
    return replace(face, light=light_of(shot.peak.frame.image, (x0, y0, x1, y1)))
