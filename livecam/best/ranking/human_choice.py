"""What a person has marked goes before what livecam thinks: rejects are never kept, more stars come first.

A person's stars are told from those that an earlier run of livecam wrote by its note beside them, see
``livecam.storage.xmp_values``. Programs that write XMP anew drop that note: where every photo of a group with a face
has just the stars that livecam would give, with any ``--eyes``, they are taken for its own too, and its ranking holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.ranking.settings import RankingSettings
from livecam.best.records.scan_result import ScanResult
from livecam.errors import OutputError
from livecam.photos.discover import printable
from livecam.photos.folder_names import FolderNames
from livecam.photos.read import PHOTO_SUFFIXES
from livecam.scoring.eye_policy import EyePolicy
from livecam.storage.marks import FoundMarks, find_marks

_NOTHING = FoundMarks()


@dataclass(frozen=True, slots=True)
class HumanMarks:
    """What was found. of: by photo or clip, only where something is said.  failures: a line for each unreadable one."""

    of: Mapping[Path, FoundMarks]
    failures: tuple[str, ...] = ()

    def rating_of(self, path: Path | None) -> int:
        """-1 rejected, 0 none, 1..5; see ``FoundMarks.persons_rating``."""
        return (self.of.get(path, _NOTHING) if path else _NOTHING).persons_rating

    def disagreements(self) -> str | None:
        """Say how many have different stars in two places, and of one of them which; None if none has."""
        several = [(photo, found) for photo, found in self.of.items() if found.disagree]
        if not several:
            return None
        photo, found = several[0]
        told = [f"{place.mark.rating} in {place.path.name}" for place in found.places if place.mark.rating]
        count = "1 photo has" if len(several) == 1 else f"{len(several):,} photos have"
        taken = f"{printable(photo.name)} has {printable(', '.join(told))}: {found.mark.rating} is taken"
        return f"{count} different stars in two places, the stronger counts: {taken}"


def stars_of(score: float | None) -> int:
    """Return the stars that livecam gives for a score, 1..5; 0 without a face."""
    return 0 if score is None else int(score + 0.5)


def is_poor(score: float | None) -> bool:
    """Whether a photo is no better than one star: even where it is the best there is, nobody called it good."""
    return stars_of(score) == 1


def photo_files(path: Path, companions: Sequence[Path]) -> tuple[Path, ...]:
    """Return the pictures among a photo's files, which are marked as one; the clip of a live photo is none."""
    return (path, *(file for file in companions if file.suffix.lower() in PHOTO_SUFFIXES))


def read_marks(results: Sequence[ScanResult]) -> HumanMarks:
    """Read what a person has marked, once for each photo and clip that could be read."""
    found: dict[Path, FoundMarks] = {}
    failures: list[str] = []
    names = FolderNames()
    for item in (result.item for result in results if result.records):
        try:
            marks = find_marks(photo_files(item.path, item.companions), names)
        except OutputError as error:
            failures.append(str(error))
            continue
        if marks.places:
            found[item.path] = marks
    return HumanMarks(found, tuple(failures))


def prefer_marked(groups: Sequence[RankedGroup], marks: HumanMarks) -> list[RankedGroup]:
    """Return the groups, ranked anew where a person has marked something in them."""
    still_of = {
        clip: record.path
        for group in groups
        for record in group.records
        for clip in record.companions
        if record.t_ms is None
    }
    changed: list[RankedGroup] = []
    for group in groups:
        paths = [record.path for record in group.records]
        ratings = [marks.rating_of(still_of.get(path, path) if path else None) for path in paths]
        if _stars_are_livecams(group, ratings):
            ratings = [min(rating, 0) for rating in ratings]
        if any(ratings):
            settings = RankingSettings(eyes=group.eyes)
            changed.append(replace(group, ranking=rank(group.records, settings=settings, ratings=ratings)))
        else:
            changed.append(group)
    return changed


def _stars_are_livecams(group: RankedGroup, ratings: Sequence[int]) -> bool:
    """Whether all stars of the photos that are not rejected are those that livecam gives them, whatever eyes count for.

    Where it would give a single star it may have given none, see ``is_poor``.
    """
    for eyes in EyePolicy:
        ranking = group.ranking if eyes is group.eyes else rank(group.records, settings=RankingSettings(eyes=eyes))
        if all(
            ratings[ranked.index] in {-1, stars_of(ranked.score), 0 if is_poor(ranked.score) else -1}
            for ranked in ranking
            if group.records[ranked.index].t_ms is None
        ):
            return True
    return False
