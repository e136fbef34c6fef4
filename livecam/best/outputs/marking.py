"""Writes stars and labels for what was chosen, only where nobody has set any, and counts what was left as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from livecam.best.outputs.export import to_transfer
from livecam.best.ranking.assessment import has_closed_eye
from livecam.best.ranking.human_choice import is_poor, photo_files, stars_of
from livecam.best.ranking.ranked import Ranked, RankedGroup
from livecam.errors import OutputError
from livecam.photos.folder_names import FolderNames
from livecam.photos.read import JPEG_SUFFIXES
from livecam.photos.sidecars import look_again
from livecam.storage.marks import FoundMarks, Mark, find_marks
from livecam.storage.xmp_marks import write
from livecam.types import Reason

_HIDDEN = frozenset((Reason.EYES_HIDDEN, Reason.MOUTH_HIDDEN))
_PLAIN_FAULTS = frozenset(("eyes closed", "blurred"))  # in the words of livecam.best.ranking.explanation


@dataclass(frozen=True, slots=True)
class MarkingSettings:
    """How it is marked.

    embed: inside the JPEG instead of a sidecar.  reject: -1 for what lost by closed eyes or blur.  keep_label: of the
    keepers, "" for none; Lightroom, digiKam and darktable know "Green" as a colour.
    """

    embed: bool = False
    reject: bool = False
    keep_label: str = "Green"


@dataclass(slots=True)
class MarkingReport:
    """What came of it, in photos. rated: those that got stars, of which rejected got -1.  labelled: that got a label.

    own_stars, own_rejects: those that a person or camera had marked, and stay so; own_in_sidecars, darktables: those of
    own_stars with stars in sidecars only, and with no more than the one star that darktable gives every photo.
    poor: keepers that nobody called good and livecam would give one star: they get neither stars nor a label.
    poor_for_eyes: those of them with closed eyes.  unseen: other photos that livecam would give one star where eyes or
    mouth are hidden, so that the star would be a guess: they get none.
    """

    rated: int = 0
    rejected: int = 0
    labelled: int = 0
    own_stars: int = 0
    own_rejects: int = 0
    own_in_sidecars: int = 0
    darktables: int = 0
    poor: int = 0
    poor_for_eyes: int = 0
    unseen: int = 0
    failures: list[str] = field(default_factory=list)

    def count_own(self, found: FoundMarks) -> None:
        """Count a photo that has a mark."""
        if found.mark.rejected:
            self.own_rejects += 1
        elif found.mark.rating:
            self.own_stars += 1
            starred = [place.path for place in found.places if place.mark.rating]
            self.own_in_sidecars += all(path.suffix.lower() == ".xmp" for path in starred)
            self.darktables += found.is_darktables_star


def mark(groups: Sequence[RankedGroup], top: int, settings: MarkingSettings) -> MarkingReport:
    """Give each photo with a face its score as stars, and the first top of each group a label.

    What is set stays, wherever it stands, see ``find_marks``; a photo that a person rejected is left alone. All picture
    files of a photo are marked: a raw file always by a sidecar. The best of a group may be no better than one star, as
    a lone photo with closed eyes: it is kept, for there is no other, but one star and a keeper's label would contradict
    each other, so a person is to look. A series that is kept whole is labelled all the same.
    """
    report, names = MarkingReport(), FolderNames()
    for group in groups:
        kept = {files[0] for files in to_transfer([group], top)}
        for ranked in group.ranking:
            record = group.records[ranked.index]
            if record.path is not None and record.t_ms is None:
                keeper = record.path in kept
                _mark(record.path, group, ranked, settings, report, names, keeper=keeper)
    return report


def _mark(
    path: Path,
    group: RankedGroup,
    ranked: Ranked,
    settings: MarkingSettings,
    report: MarkingReport,
    names: FolderNames,
    *,
    keeper: bool,
) -> None:
    """Mark one photo, and count it."""
    record = group.records[ranked.index]
    files = photo_files(path, record.companions)
    try:
        found = marks_now(files, names)
    except OutputError as error:
        report.failures.append(str(error))
        return
    report.count_own(found)
    missing = _missing(found, ranked, keeper, settings)
    poor = keeper and _nobody_called_it_good(found, ranked)
    if poor:
        missing = Mark(label=missing.label if group.kept_whole else None)
        if not found.mark.rating or found.is_darktables_star:
            report.poor += 1
            report.poor_for_eyes += any(has_closed_eye(face, group.eyes) for face in record.faces)
    elif missing.rating == 1 and any(not _HIDDEN.isdisjoint(face.reasons) for face in record.faces):
        missing = replace(missing, rating=None)
        report.unseen += 1
    # What an earlier run had not come to yet when it was killed is written now; a file is written whole or not at all.
    ended = len(files) > 1 and found.is_livecams and not poor
    written: list[Mark] = []
    for file in files:
        embed = settings.embed and goes_inside(file, path)
        try:
            of_file = (
                _with_livecams(find_marks((file,), names).mark, missing, found.mark, settings) if ended else missing
            )
            if of_file == Mark():
                continue
            carried = carried_into(file, found) if embed else found.mark
            own = of_file.rating is not None or found.is_livecams
            write(file, of_file, embed=embed, carried=carried, by_livecam=own, names=names)
        except OutputError as error:
            report.failures.append(str(error))
        else:
            written.append(of_file)
    report.rated += any(one.rating is not None for one in written)
    report.rejected += any(one.rejected for one in written)
    report.labelled += any(one.label is not None for one in written)


def marks_now(files: Sequence[Path], names: FolderNames) -> FoundMarks:
    """Return what files say, also in sidecars that came since their folder was listed in names. Raises OutputError."""
    for file in files:
        look_again(file, names)
    return find_marks(files, names)


def goes_inside(file: Path, photo: Path) -> bool:
    """Whether a mark that is to be embedded goes into file, one of photo's.

    A photo that is no JPEG is refused where it is written, for that was asked for; the raw file beside a JPEG was not.
    """
    return file == photo or file.suffix.lower() in JPEG_SUFFIXES


def carried_into(file: Path, found: FoundMarks) -> Mark:
    """Return what the first XMP inside file repeats: its own stars, as EXIF may have them, before a sidecar's."""
    own = next((place.mark.rating for place in found.places if place.path == file), None)
    return replace(found.mark, rating=own) if own else found.mark


def _nobody_called_it_good(found: FoundMarks, ranked: Ranked) -> bool:
    """Whether the stars that somebody gave, else what livecam would, are one; darktable's one star is nobody's."""
    own = 0 if found.is_darktables_star else found.mark.rating or 0
    return not found.picked and not found.mark.rejected and is_poor(own or ranked.score)


def _missing(found: FoundMarks, ranked: Ranked, keeper: bool, settings: MarkingSettings) -> Mark:
    """What nobody has set and livecam would; what somebody has flagged as a pick is not rejected."""
    present = found.mark
    if present.rejected:
        return Mark()
    rating = stars_of(ranked.score) or None
    if settings.reject and not keeper and not found.picked and _lost_plainly(ranked):
        rating = -1
    label = settings.keep_label if keeper else ""
    return Mark(None if present.rating else rating, None if present.label else label or None)


def _with_livecams(own: Mark, missing: Mark, livecams: Mark, settings: MarkingSettings) -> Mark:
    """What is missing in one file of a photo, with what livecam has written into another and not into this one."""
    label = livecams.label if livecams.label == settings.keep_label and not own.label else None
    return Mark(missing.rating if own.rating else livecams.rating, missing.label or label)


def _lost_plainly(ranked: Ranked) -> bool:
    """Whether closed eyes or blur, of one of several people too, is among what it lost by."""
    return any(words.rsplit(": ", 1)[-1] in _PLAIN_FAULTS for words in ranked.why)
