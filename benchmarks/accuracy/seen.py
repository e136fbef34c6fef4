"""What people saw in the faces of the second batch: ``more/eyes.csv`` of the research data, and what it leaves open.

Of most of its children and HELEN faces nobody wrote anything of the eyes: they count as open. Those that a scorer or
MediaPipe called closed were looked at (``labels/second_batch_eyes.csv``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from benchmarks.accuracy.data import Faces
from benchmarks.common.statistics import Bools, Ints, Words
from benchmarks.labelled.labels import LABELS
from model.shipped.items import CLIP_SOURCES
from model.shipped.tables import read_table

_HINT = "name the folder of the research data with --research"
_EYES = ("file", "subject", "frame_from", "frame_to", "what", "left_eye", "right_eye", "smile", "note")
_AGE, _WORDS = re.compile(r"age (\d+)"), re.compile(r"repo: smile (\d) mouth_open (\d)")
_SET_SAYS = {("1", "1"): "laugh", ("1", "0"): "smile", ("0", "0"): "calm"}  # of "0", "1" a third is wrong
_SEEN = {"open-mouth laugh": "laugh", "broad": "smile", "slight": "", "scream": "scream", "none": "calm"}
_OPEN_MOUTH = re.compile(r"mouth|tongue|teeth|grimace|shout|lollipop|yawn|cry|surprise|anger|disgust")
_LOW = re.compile(r"looking down|lids? (?:down|low)")
_GLASSES = re.compile(r"(?<!sun)glasses")


@dataclass(frozen=True, slots=True, eq=False)
class SeenFaces:
    """N faces of the second batch that are counted. left, right are the subject's.

    state: (N, 2), open, half, closed or unsure.  mouth: (N,), calm, smile, laugh, scream, open (open, a tongue, bared
    teeth or a grimace, without a smile) or "", slight or not known.
    low, glasses: (N,), whether a note speaks of lowered lids, and of glasses.
    age: (N,), years as the children's set has them, -1 without.
    """

    faces: Faces
    state: Words
    mouth: Words
    low: Bools
    glasses: Bools
    age: Ints

    def __len__(self) -> int:
        return len(self.faces)

    def take(self, chosen: Bools) -> Self:
        """Return the chosen of these."""
        faces, state, mouth = self.faces.take(chosen), self.state[chosen], self.mouth[chosen]
        return type(self)(faces, state, mouth, self.low[chosen], self.glasses[chosen], self.age[chosen])

    def both(self, *states: str) -> Bools:
        """Which have each eye in one of these states, (N,)."""
        return np.asarray(np.isin(self.state, states).all(axis=1), np.bool_)

    @property
    def winking(self) -> Bools:
        """Which have one eye closed and the other open, (N,)."""
        return np.asarray((self.state == "closed").any(axis=1) & (self.state == "open").any(axis=1), np.bool_)

    def source(self, *names: str) -> Bools:
        """Which are of these sources, (N,)."""
        return np.array([row["source"] in names for row in self.faces.rows()], bool)


def look(faces: Faces, research: Path, labels: Path = LABELS) -> SeenFaces:
    """Return what is known of faces, all of the second batch; frames of clips that nobody labelled are left out.

    Raises SourceError where a table is not whole.
    """
    tables = _Tables.read(research / "more", labels)
    kept, found = [], []
    for at, row in enumerate(faces.rows()):
        seen = tables.frame(row) if row["source"] in CLIP_SOURCES else tables.picture(row)
        if seen is not None:
            kept.append(at)
            found.append((seen, tables.there.get(_path(row), "")))

    def noted(word: re.Pattern[str]) -> Bools:
        return np.array([word.search(seen.get("note", "")) is not None for seen, _ in found], bool)

    return SeenFaces(
        faces.take(np.array(kept, np.int64)),
        np.array([_states(seen) for seen, _ in found], np.str_).reshape(-1, 2),
        np.array([_mouth(seen, there) for seen, there in found], np.str_),
        noted(_LOW),
        noted(_GLASSES),
        np.array([_age(there) for _, there in found], np.int64),
    )


def _path(row: dict[str, str]) -> str:
    return f"{row['source']}/{row['file']}"


@dataclass(frozen=True, slots=True)
class _Tables:
    """Rows of tables. pictures, later: by file and subject, see ``more/eyes.csv`` and ``second_batch_eyes.csv``.

    ranges: of clips, by file.  there: what the source says of each file.
    """

    pictures: dict[tuple[str, str], dict[str, str]]
    later: dict[tuple[str, str], dict[str, str]]
    ranges: dict[str, list[dict[str, str]]]
    there: dict[str, str]

    @classmethod
    def read(cls, folder: Path, labels: Path) -> Self:
        pictures: dict[tuple[str, str], dict[str, str]] = {}
        ranges: dict[str, list[dict[str, str]]] = {}
        for row in read_table(folder / "eyes.csv", _EYES, _HINT):
            if row["frame_from"]:
                ranges.setdefault(row["file"], []).append(row)
            else:
                pictures[row["file"], row["subject"]] = row
        later = read_table(labels / "second_batch_eyes.csv", ("file", "subject", "left", "right", "what"), _HINT)
        files = read_table(folder / "files.csv", ("file", "labels_there"), _HINT)
        return cls(
            pictures,
            {(row["file"], row["subject"]): row for row in later},
            ranges,
            {row["file"]: row["labels_there"] for row in files},
        )

    def frame(self, row: dict[str, str]) -> dict[str, str] | None:
        """What was seen in a frame of a clip; None where nobody labelled its eyes."""
        frame = int(row["frame"])
        for seen in self.ranges.get(_path(row), ()):
            if seen["left_eye"] and int(seen["frame_from"]) <= frame <= int(seen["frame_to"]):
                return seen
        return None

    def picture(self, row: dict[str, str]) -> dict[str, str]:
        key = _path(row), (row["person"].split() or ["-"])[-1]
        seen, looked = self.pictures.get(key, {}), self.later.get(key)
        if looked is None:
            return seen
        eyes = {"left_eye": looked["left"], "right_eye": looked["right"]}
        return seen | eyes | {"note": f"{seen.get('note', '')} {looked['what']}"}


def _age(there: str) -> int:
    found = _AGE.match(there)
    return int(found[1]) if found else -1


def _states(seen: dict[str, str]) -> tuple[str, str]:
    """Open unless something else was seen."""
    return seen.get("left_eye") or "open", seen.get("right_eye") or "open"


def _mouth(seen: dict[str, str], there: str) -> str:
    if seen.get("smile"):
        told = f"{seen.get('note', '')} {seen.get('what', '')}"
        mouth = _SEEN.get(seen["smile"], "")
        return "open" if mouth == "calm" and _OPEN_MOUTH.search(told) else mouth
    word = _WORDS.search(there)
    return _SET_SAYS.get((word[1], word[2]), "") if word else ""
