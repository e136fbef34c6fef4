"""What the page of ``livecam best`` knows of each photo: what it shows, and what it hands back with the choices."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from livecam import __version__
from livecam.best.choices.choice import FORMAT
from livecam.best.choices.photo_identity import PhotoIdentity
from livecam.best.ranking.assessment import has_closed_eye
from livecam.best.ranking.human_choice import photo_files
from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.ranking.settings import RankingSettings
from livecam.best.records.frame import FrameRecord
from livecam.best.records.photo_kinds import kinds_of
from livecam.errors import OutputError
from livecam.photos.folder_names import FolderNames
from livecam.scoring.eye_policy import EyePolicy
from livecam.storage.marks import find_marks
from livecam.types import EYE_CLOSED

_CLOSED = {(True, True): "eyes closed", (True, False): "left eye closed", (False, True): "right eye closed"}


def shown(text: str) -> str:
    """Return a name as it can be shown: on one line, without what would turn or hide the text around it."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    match unicodedata.category(character):
        case "Cs":
            return "\N{REPLACEMENT CHARACTER}"  # a byte that is no text
        case "Cc" if ord(character) < 32:
            return chr(0x2400 + ord(character))  # such as the picture of a line feed
        case "Cc" | "Cf" | "Zl" | "Zp" if character not in "\u200c\u200d":
            return f"\N{MATHEMATICAL LEFT ANGLE BRACKET}U+{ord(character):04X}\N{MATHEMATICAL RIGHT ANGLE BRACKET}"
        case _:
            return character


def page_data(groups: Sequence[RankedGroup], top: int) -> str:
    """Return the page's data, JSON that may stand in a script element. top: how many of each group begin as keepers."""
    content = []
    keys = hashlib.sha256()
    for group, photos in zip(groups, photo_entries(groups, top), strict=True):
        keys.update(json.dumps([photo["key"] for photo in photos]).encode())
        content.append({"name": shown(group.name), "time": time_of(group), "photos": photos})
    # "<" would let a file name end the script element that holds it.
    head = {"id": keys.hexdigest()[:16], "format": FORMAT, "generator": f"livecam {__version__}"}
    return json.dumps({**head, "groups": content}).replace("<", "\\u003c")


def photo_entries(
    groups: Sequence[RankedGroup], top: int, *, from_disk: bool = True
) -> Iterator[list[dict[str, object]]]:
    """Yield what is known of each group's photos, the best first.

    from_disk: with the stars that stand in the files, and what each is known again by; else no file is touched.
    """
    live_photos = {
        clip: record.path
        for group in groups
        for record in group.records
        for clip in record.companions
        if record.t_ms is None and record.path is not None
    }
    numbers = iter(range(sum(len(group.records) for group in groups)))
    names = FolderNames() if from_disk else None
    for group in groups:
        yield list(_photos(group, numbers, top, live_photos, names))


def _photos(
    group: RankedGroup, numbers: Iterator[int], top: int, live_photos: Mapping[Path, Path], names: FolderNames | None
) -> Iterator[dict[str, object]]:
    """names: None where no file is to be touched."""
    opened = _scores_with_open_eyes(group)
    for place, ranked in enumerate(group.ranking, start=1):
        record = group.records[ranked.index]
        path, at = os.path.abspath(record.path or group.name), ""  # noqa: PTH100  not to follow links
        if record.t_ms is not None:
            at = f"#t={record.t_ms / 1000:.3f}"  # as in W3C's Media Fragments
        yield {
            "number": next(numbers),
            "key": path + at,
            "path": path + at,
            "text": path.isprintable() or not any(unicodedata.category(c) == "Cs" for c in path),
            "clip": record.t_ms is not None,
            "name": shown(Path(path).name) + (f"  {_clock(record.t_ms)}" if record.t_ms is not None else ""),
            "kinds": kinds_of(record),
            "rank": place,
            "flag": "reject" if ranked.rejected else "keep" if place <= top or group.kept_whole else "",
            "score": ranked.score,
            "why": list(ranked.why),
            "frame": ranked.index + 1,
            "eyes": _closed_eyes(record, group.eyes),
            "open": opened.get(ranked.index),
            "given": 0 if names is None else _stars_that_stand(record, names),
            "file": {} if names is None else _file(record, path, live_photos),
            "shape": round(min(max(record.width / max(record.height, 1), 0.3), 4), 3),
        }


def _closed_eyes(record: FrameRecord, eyes: EyePolicy) -> str:
    """Whose closed eyes were held against a photo, in words; "" if nobody's. eyes: what they count for."""
    held = [face.eyes_closed for face in record.faces if has_closed_eye(face, eyes)]
    if len(record.faces) > 1 and held:
        return f"eyes closed: {len(held)} of {len(record.faces)} people"
    return next((_CLOSED[left > EYE_CLOSED, right > EYE_CLOSED] for left, right in held), "")


def _scores_with_open_eyes(group: RankedGroup) -> dict[int, float]:
    """What a photo with closed eyes would score if they counted for nothing, by its index."""
    closed = {i for i, record in enumerate(group.records) if _closed_eyes(record, group.eyes)}
    if not closed:
        return {}
    ranking = rank(group.records, settings=RankingSettings(eyes=EyePolicy.ANY))
    return {ranked.index: ranked.score for ranked in ranking if ranked.index in closed and ranked.score is not None}


def _stars_that_stand(record: FrameRecord, names: FolderNames) -> int:
    """The stars that a photo's files have, 0 none: whoever gives others on the page is to see them."""
    if record.path is None or record.t_ms is not None:
        return 0
    try:
        return max(find_marks(photo_files(record.path, record.companions), names).persons_rating, 0)
    except OutputError:
        return 0  # said where the marks are read for the ranking


def _file(record: FrameRecord, path: str, live_photos: Mapping[Path, Path]) -> dict[str, object]:
    """What the page hands back as it is: which file this is, and what belongs to it."""
    file: dict[str, object] = {"path": path}
    if record.t_ms is not None:
        file["t_ms"] = record.t_ms
        if record.path is not None and record.path in live_photos:
            file["live_photo"] = os.path.abspath(live_photos[record.path])  # noqa: PTH100  not to follow links
    elif record.companions:
        file["files"] = [os.path.abspath(companion) for companion in record.companions]  # noqa: PTH100
    with contextlib.suppress(OSError):  # gone since: said where the choices are applied
        known = PhotoIdentity.of(record, Path(path))
        # A time in nanoseconds and a hash have more digits than JavaScript's numbers.
        file |= {"bytes": known.size, "modified_ns": str(known.modified_ns)}
        if known.phash is not None:
            file |= {"captured": known.captured, "phash": f"{known.phash:016x}"}
    return file


def time_of(group: RankedGroup) -> str:
    """Return when a group was taken, in words; "" if that is unknown."""
    times = [record.captured for record in group.records if record.captured is not None]
    return f"{times[0].day} {times[0]:%B %Y, %H:%M:%S}" if times else ""


def _clock(t_ms: float) -> str:
    minutes, seconds = divmod(t_ms / 1000, 60)
    return f"{int(minutes)}:{seconds:04.1f}"
