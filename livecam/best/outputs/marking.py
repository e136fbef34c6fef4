"""Writes stars and labels for what was chosen, only where nobody has set any, and counts what was left as it is.

Stars and rejects that an earlier run of livecam wrote are nobody's, as long as nobody has changed them: where livecam
says otherwise now, and they stand where this run writes, they are replaced; so is the label that it gave.
"""

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
from livecam.photos.sidecars import look_again, sidecars
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

    renewed: those that had other stars, or another reject, by an earlier run of livecam.  earlier: those that keep what
    an earlier run wrote, of which stale would get others now, had they stood where this run writes.  unlabelled: those
    that had livecam's label as keepers, and are none any more.  old_labels: those
    that livecam has rated and are no keepers, with the label that keepers get.
    own_stars, own_rejects: those that a person or camera had marked, and stay so; darktables: those of
    own_stars with no more than the one star that darktable gives every photo.  in_sidecars: those of own_stars and
    earlier with stars in sidecars only.
    poor: keepers that nobody called good and livecam would give one star: they get neither stars nor a label.
    poor_for_eyes: those of them with closed eyes.  unseen: other photos that livecam would give one star where eyes or
    mouth are hidden, so that the star would be a guess: they get none.
    """

    rated: int = 0
    rejected: int = 0
    labelled: int = 0
    renewed: int = 0
    earlier: int = 0
    stale: int = 0
    unlabelled: int = 0
    old_labels: int = 0
    own_stars: int = 0
    own_rejects: int = 0
    in_sidecars: int = 0
    darktables: int = 0
    poor: int = 0
    poor_for_eyes: int = 0
    unseen: int = 0
    failures: list[str] = field(default_factory=list)

    def count_standing(self, found: FoundMarks) -> None:
        """Count a photo by the stars or the reject that it keeps, if it has any."""
        if found.is_livecams:
            self.earlier += 1
        elif found.mark.rejected:
            self.own_rejects += 1
        elif found.mark.rating:
            self.own_stars += 1
            self.darktables += found.is_darktables_star
        if (found.mark.rating or 0) > 0:
            self.in_sidecars += all(path.suffix.lower() == ".xmp" for path in _rated(found))


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
    wanted = _in_doubt_none(group, ranked, found, _wanted(found, ranked, keeper, settings), report, keeper=keeper)
    if found.is_livecams:
        report.old_labels += not keeper and found.mark.label == settings.keep_label and not found.is_livecams_label
        stale = (wanted.rating or 0) != found.mark.rating
        if stale and _writes_there(found, files, settings, names):
            wanted = replace(wanted, rating=wanted.rating or 0)
            report.renewed += 1
        else:
            wanted = replace(wanted, rating=found.mark.rating)
            report.stale += stale
            report.count_standing(found)
    else:
        report.count_standing(found)
    written: list[Mark] = []
    for file in files:
        embed = settings.embed and goes_inside(file, path)
        try:
            missing = _missing(file, files, wanted, found, settings, names)
            if found.is_livecams_label and not keeper and _has_label(file, names, embed=embed):
                missing = replace(missing, label="")
            if missing == Mark():
                continue
            carried = carried_into(file, found) if embed else found.mark
            own = missing.rating is not None or found.is_livecams
            write(file, missing, embed=embed, carried=carried, by_livecam=own, label_by_livecam=True, names=names)
        except OutputError as error:
            report.failures.append(str(error))
        else:
            written.append(missing)
    report.rated += any(one.rating for one in written)
    report.rejected += any(one.rejected for one in written)
    report.labelled += any(one.label for one in written)
    report.unlabelled += any(one.label == "" for one in written)


def _in_doubt_none(
    group: RankedGroup, ranked: Ranked, found: FoundMarks, wanted: Mark, report: MarkingReport, *, keeper: bool
) -> Mark:
    """What is wanted without what would be a contradiction, or a guess; that is counted."""
    record = group.records[ranked.index]
    if keeper and _nobody_called_it_good(found, ranked):
        if not found.persons_rating:
            report.poor += 1
            report.poor_for_eyes += any(has_closed_eye(face, group.eyes) for face in record.faces)
        return Mark(label=wanted.label if group.kept_whole else None)
    if wanted.rating == 1 and any(not _HIDDEN.isdisjoint(face.reasons) for face in record.faces):
        report.unseen += 1
        return replace(wanted, rating=None)
    return wanted


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
    return not found.picked and found.persons_rating >= 0 and is_poor(found.persons_rating or ranked.score)


def _wanted(found: FoundMarks, ranked: Ranked, keeper: bool, settings: MarkingSettings) -> Mark:
    """What livecam would set, where nobody has; what somebody has flagged as a pick is not rejected."""
    present = found.mark
    if found.persons_rating < 0:
        return Mark()
    rating = stars_of(ranked.score) or None
    if not keeper and not found.picked and (_lost_plainly(ranked) if settings.reject else present.rejected):
        rating = -1  # what an earlier run has rejected stays so, unless this one is to say it anew
    label = settings.keep_label if keeper else ""
    return Mark(rating if found.is_livecams or not present.rating else None, None if present.label else label or None)


def _missing(
    file: Path,
    files: Sequence[Path],
    wanted: Mark,
    found: FoundMarks,
    settings: MarkingSettings,
    names: FolderNames,
) -> Mark:
    """What one file of a photo is still to say. found: of the whole photo.

    What an earlier run has written into another file, and had not come to here when it was killed, is written now; a
    file is written whole or not at all.
    """
    if not found.is_livecams:
        return wanted
    own = find_marks((file,), names).mark if len(files) > 1 else found.mark
    label = found.mark.label if found.mark.label == settings.keep_label and not own.label else None
    return Mark(wanted.rating if wanted.rating != (own.rating or 0) else None, wanted.label or label)


def _has_label(file: Path, names: FolderNames, *, embed: bool) -> bool:
    """Whether a label stands where file is marked now. Raises OutputError."""
    here = {file} if embed else set(sidecars(file, names))
    return any(place.mark.label and place.path in here for place in find_marks((file,), names).places)


def _rated(found: FoundMarks) -> set[Path]:
    """The files that give stars, or reject."""
    return {place.path for place in found.places if place.mark.rating}


def _writes_there(found: FoundMarks, files: Sequence[Path], settings: MarkingSettings, names: FolderNames) -> bool:
    """Whether all stars of a photo stand where it is marked now; those inside stay where sidecars are written."""
    inside = {file for file in files if settings.embed and goes_inside(file, files[0])}
    beside = {sidecar for file in files if file not in inside for sidecar in sidecars(file, names)}
    return _rated(found) <= inside | beside


def _lost_plainly(ranked: Ranked) -> bool:
    """Whether closed eyes or blur, of one of several people too, is among what it lost by."""
    return any(words.rsplit(": ", 1)[-1] in _PLAIN_FAULTS for words in ranked.why)
