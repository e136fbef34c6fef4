"""Writes what a person has chosen as stars, rejects and labels, and takes away nothing that stands already.

Where a photo is marked already, the stronger word counts, as everywhere: more stars before fewer, and a reject that
stands stays. A reject on the page goes before stars that stand only where that is asked for.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livecam.best.choices.choice import Flag
from livecam.best.choices.chosen_photos import ChosenPhoto
from livecam.best.outputs.marking import carried_into, goes_inside, marks_now
from livecam.best.ranking.human_choice import photo_files
from livecam.errors import OutputError
from livecam.photos.folder_names import FolderNames
from livecam.storage.marks import FoundMarks, Mark, find_marks
from livecam.storage.xmp_marks import write


class RejectRule(enum.Enum):
    """Which of the photos that a person rejected get -1."""

    NONE = enum.auto()
    WITHOUT_STARS = enum.auto()  # those that have no stars, nor are flagged as a pick
    ALL = enum.auto()


@dataclass(frozen=True, slots=True)
class ChoiceMarkSettings:
    """How it is marked. embed: inside the JPEG instead of a sidecar.  keep_label: of keepers, "" for none."""

    embed: bool = False
    rejects: RejectRule = RejectRule.WITHOUT_STARS
    keep_label: str = "Green"


@dataclass(slots=True)
class ChoiceMarksReport:
    """What came of it, in photos. rated, rejected, labelled: those that got stars, -1, a label.

    raised: of rated, those that had fewer stars.  overruled: of rejected, those that had stars, or a flag as a pick.
    more_stars: those that had more stars already, and keep them.  starred: rejected ones that keep stars or flag
    instead.  own_rejects: those that are not rejected now and stay marked so.  own_labels: keepers that keep another
    label.
    """

    rated: int = 0
    rejected: int = 0
    labelled: int = 0
    raised: int = 0
    overruled: int = 0
    more_stars: int = 0
    starred: int = 0
    own_rejects: int = 0
    own_labels: int = 0
    failures: list[str] = field(default_factory=list)


def mark_chosen(photos: Sequence[ChosenPhoto], settings: ChoiceMarkSettings) -> ChoiceMarksReport:
    """Mark all picture files of photos; those that are marked so already are left alone."""
    report, names = ChoiceMarksReport(), FolderNames()
    for photo in photos:
        files = photo_files(photo.path, photo.files[1:])
        try:
            found = marks_now(files, names)
            wanted = Mark(_rating(photo, found, settings, report), _label(photo, found, settings, report))
        except OutputError as error:
            report.failures.append(str(error))
            continue
        written: list[Mark] = []
        for file in files:
            try:
                written.append(_mark_file(file, files, wanted, found, settings, names))
            except OutputError as error:
                report.failures.append(str(error))
        rated = any(mark.rating is not None for mark in written)
        report.rated += rated and (wanted.rating or 0) > 0
        report.rejected += rated and wanted.rejected
        report.labelled += any(mark.label is not None for mark in written)
    return report


def _rating(
    photo: ChosenPhoto, found: FoundMarks, settings: ChoiceMarkSettings, report: ChoiceMarksReport
) -> int | None:
    """What all files are to say, None: what they do; where that is not what the person said, it is counted."""
    there = found.persons_rating
    if photo.flag is Flag.REJECT:
        if settings.rejects is RejectRule.NONE:
            return None
        if (good := there > 0 or found.picked) and settings.rejects is not RejectRule.ALL:
            report.starred += 1
            return None
        report.overruled += good
        return -1
    if there < 0:
        report.own_rejects += 1
        return None
    if photo.stars < there:
        report.more_stars += photo.stars > 0
        return None
    report.raised += 0 < there < photo.stars
    if photo.flag is Flag.KEEP and not photo.stars and found.mark.rejected:
        return 0  # livecam has rejected it, as nobody else has
    return photo.stars or None


def _label(
    photo: ChosenPhoto, found: FoundMarks, settings: ChoiceMarkSettings, report: ChoiceMarksReport
) -> str | None:
    """The label that all files are to have, None: what they do."""
    if photo.flag is not Flag.KEEP or not settings.keep_label or found.persons_rating < 0:
        return None
    if found.mark.label not in {None, "", settings.keep_label}:
        report.own_labels += 1
        return None
    return settings.keep_label


def _mark_file(
    file: Path,
    files: Sequence[Path],
    wanted: Mark,
    found: FoundMarks,
    settings: ChoiceMarkSettings,
    names: FolderNames,
) -> Mark:
    """Let one of a photo's files say what is wanted; return what it did not say. Raises OutputError.

    found: of the whole photo.
    """
    own = find_marks((file,), names)
    inside = settings.embed and goes_inside(file, files[0])
    marks = [place.mark for place in own.places if place.path == file] if inside else [own.mark]
    present = marks[0] if marks else Mark()
    rating = wanted.rating
    starred = any((place.mark.rating or 0) > 0 and not (place.darktable or place.livecams) for place in own.places)
    if rating == -1 and starred and settings.rejects is not RejectRule.ALL:
        rating = None  # another place rejects the photo already
    # The stars and the label that livecam gave are the person's once they give them too.
    says_so = rating == present.rating and not own.is_livecams
    labelled = present.label and not own.is_livecams_label
    missing = Mark(None if says_so else rating, None if labelled else wanted.label)
    if missing != Mark():
        write(file, missing, embed=inside, carried=carried_into(file, found) if inside else found.mark, names=names)
    beside = [place.mark.rating for place in own.places if place.path.suffix.lower() == ".xmp"]
    if inside and rating is not None and any(stars and stars != rating for stars in beside):
        write(file, Mark(rating), names=names)  # a program that asks the sidecar first would find less there
    return missing
