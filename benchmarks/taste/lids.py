"""Eyes by a person's own lids: half-blinks that are found, and narrow eyes of others that are taken for one.

What rests is learned from the chosen frames of every other burst of one person, and tried on their other bursts and
labelled frames. Then the lids of each of them are tried on pictures of strangers, for a taste sees everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.labelled.labels import LABELS, Part, Spot, eyes
from benchmarks.labelled.pictures import analyse
from benchmarks.taste.bursts import SeenBurst
from livecam.best.ranking.lesson_faces import lesson_face_of
from livecam.faces.mesh import larger_side
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.taste.resting import Resting, own_eyes, resting_of
from livecam.types import EYE_CLOSED
from model.shipped.tables import read_table

NARROW = 0.25  # eyeBlink of an open eye: one in twenty of the labelled open ones of the clips has as much
_HINT = "name the folder of the research data with --data"


@dataclass(frozen=True, slots=True)
class CalledClosed:
    """Faces of one kind, and of how many an eye is called closed by the scorer and by own lids. of: of those tried."""

    what: str
    of: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class LidsResult:
    """halves: of people's bursts from which lids were learned.  own: of the same people.  others: of strangers, who
    are tried with the lowest limit that was learned.
    """

    halves: int
    own: tuple[CalledClosed, ...]
    others: tuple[CalledClosed, ...]


@dataclass(frozen=True, slots=True)
class LabelledFace:
    """left, right: open, half, closed or unsure, of the subject's eyes."""

    left: str
    right: str
    face: LessonFace


def labelled_faces(data: Path, work: Path) -> tuple[dict[str, list[LabelledFace]], list[LabelledFace]]:
    """Return labelled frames by their clip, and labelled pictures of strangers. Raises SourceError or ModelError."""
    parts: tuple[Part, ...] = ("dev", "test")
    frames = [(one.spot, one.left, one.right) for part in parts for one in eyes(part) if one.spot.frame >= 0]
    pictures = list(_pictures(data))
    seen = analyse({spot for spot, _, _ in (*frames, *pictures)}, data, None, work)

    def look(spot: Spot, left: str, right: str) -> LabelledFace | None:
        face = lesson_face_of(seen[spot].record, f"{spot.file}@{spot.frame}")
        return None if face is None else LabelledFace(left, right, face)

    clips: dict[str, list[LabelledFace]] = {}
    for one in frames:
        if (found := look(*one)) is not None:
            clips.setdefault(Path(one[0].file).name, []).append(found)
    return clips, [found for one in pictures if (found := look(*one)) is not None]


def _pictures(data: Path) -> Iterator[tuple[Spot, str, str]]:
    """Return pictures of one subject in the second batch, with the states of both eyes.

    What was labelled there, and what was looked at here, which counts before that.
    """
    tables = (
        (data / "more" / "eyes.csv", "left_eye", "right_eye"),
        (LABELS / "second_batch_eyes.csv", "left", "right"),
    )
    found: dict[str, tuple[Spot, str, str]] = {}
    for path, left, right in tables:
        for row in read_table(path, ("file", "subject", left, right), _HINT):
            if row["subject"] == "-" and not row.get("frame_from") and row[left]:
                found[row["file"]] = Spot(f"more/{row['file']}"), row[left], row[right]
    yield from found.values()


def lids_result(
    seen: Sequence[SeenBurst], clips: Mapping[str, Sequence[LabelledFace]], strangers: Sequence[LabelledFace]
) -> LidsResult:
    """Learn from each half of each person's bursts, and count the rest."""
    own, learned = _Count(), list[Resting]()
    by_person: dict[str, list[SeenBurst]] = {}
    for burst in seen:
        if burst.burst.spots[0].frame >= 0:
            by_person.setdefault(burst.burst.where, []).append(burst)
    for person, bursts in by_person.items():
        for half in (0, 1):
            liked = {face.picture: face for one in bursts[half::2] for face in _at(one, one.burst.choose)}
            resting = resting_of([Lesson(Kind.KEEP, face, person, 0.0, "any") for face in liked.values()])
            if resting.lids >= 1:
                continue
            learned.append(resting)
            for one in bursts[1 - half :: 2]:
                own.add("frames that readers choose", _at(one, one.burst.choose), resting, without=liked)
                own.add("frames that readers refuse", _at(one, one.burst.never), resting, without=liked)
            for state in ("open", "half", "closed"):
                faces = [one.face for one in clips.get(person, ()) if one.left == one.right == state]
                own.add(f"labelled frames with both eyes {state}", faces, resting, without=liked)
    others = _Count()
    if learned:
        strict = min(learned, key=lambda one: one.lids)
        opened = [one.face for one in strangers if one.left == one.right == "open"]
        others.add("open eyes", [face for face in opened if _blink(face) <= NARROW], strict)
        others.add("narrow open eyes", [face for face in opened if _blink(face) > NARROW], strict)
        others.add("half-closed eyes", [one.face for one in strangers if one.left == one.right == "half"], strict)
    return LidsResult(len(learned), own.all, others.all)


class _Count:
    """Counts faces by what they are, in the order in which they come."""

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}

    def add(
        self, what: str, faces: Sequence[LessonFace], resting: Resting, without: Mapping[str, LessonFace] | None = None
    ) -> None:
        """Count faces, less those that were learned from."""
        counts = self._counts.setdefault(what, [0, 0, 0])
        for face in faces:
            if face.picture not in (without or {}):
                counts[0] += 1
                counts[1] += _closed(face, Resting())
                counts[2] += _closed(face, resting)

    @property
    def all(self) -> tuple[CalledClosed, ...]:
        return tuple(CalledClosed(what, *counts) for what, counts in self._counts.items())


def _at(one: SeenBurst, places: frozenset[int]) -> list[LessonFace]:
    return [face for place in sorted(places) if (face := one.faces[place]) is not None]


def _blink(face: LessonFace) -> float:
    return larger_side(face.shapes, "eyeBlink")


def _closed(face: LessonFace, resting: Resting) -> bool:
    return max(own_eyes(face.eyes_closed, face.shapes.tolist(), resting)) > EYE_CLOSED
