"""From what a person names to lessons: choices of a page, lists and ratings, and the stars that stand in photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from livecam.best.choices.file import read_choices
from livecam.best.grouping.versions import merge_versions
from livecam.best.lessons.from_choices import Taught, Whose, lessons_of
from livecam.best.lessons.said import Key, Said, key_of, said_by, said_in, source_of
from livecam.best.ranking.human_choice import read_marks
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.ranking.selection import choose
from livecam.best.records.scan_result import ScanResult
from livecam.errors import OutputError
from livecam.photos.discover import CLIP_SUFFIXES, Item, collect
from livecam.photos.read import PHOTO_SUFFIXES
from livecam.storage.ratings import FILE
from livecam.wording import counted

Look = Callable[[Sequence[Item]], Sequence[ScanResult]]  # such as ``livecam best`` looks through photos and clips


def lessons_from(
    names: Sequence[str],
    look: Look,
    whose: Whose,
    *,
    recursive: bool = False,
) -> Taught:
    """Return what a person has chosen in everything that is named, as lessons, in the order of names.

    names: what the page of ``livecam best`` saves (choices, keepers, ratings), any table of ratings, and photos, clips
    and folders: of these the stars and rejects count that somebody has set, and the ``ratings.csv`` beside them.
    What cannot be read is a line among the failures. Raises OutputError if that is all that is named.
    """
    taught = Taught()
    lists = [name for name in names if _is_list(Path(name))]
    photos = [name for name in names if name not in lists]
    beside = [str(table) for name in photos if (table := Path(name) / FILE).is_file()]
    failed: list[OutputError] = []
    if photos:
        _add(taught, of_marks(photos, look, whose, recursive=recursive))
    folders = [Path(name) for name in photos if Path(name).is_dir()]
    for name in [*beside, *lists]:
        try:
            where = [*folders, Path(name).parent] if folders else []
            _add(taught, of_choices(Path(name), look, whose, where))
        except OutputError as error:
            failed.append(error)
    if failed and len(failed) == len(names):
        raise failed[0]
    taught.failures += map(str, failed)
    taught.failures = list(dict.fromkeys(taught.failures))
    return taught


def of_choices(file: Path, look: Look, whose: Whose, folders: Sequence[Path] = ()) -> Taught:
    """Return what one file of choices, a list or a table of ratings says. Raises OutputError if it is none.

    folders: where to look for photos that are no longer where they were.
    """
    choices = read_choices(file)
    said, failures = said_in(choices, folders)
    items, skipped = collect([path for path, _ in dict.fromkeys((path, None) for path, _ in said)])
    groups, failed = _groups(look(items))
    taught = lessons_of(groups, said, whose, source_of(choices))
    skips = [one.why for one in skipped if one.failed]
    taught.failures = [*failures, *skips, *failed, *taught.failures, *_frames_lost(groups, said)]
    return taught


def of_marks(names: Sequence[str], look: Look, whose: Whose, *, recursive: bool) -> Taught:
    """Return what people have marked in photos and their sidecars; livecam's own stars are nobody's word."""
    items, skipped = collect(names, recursive=recursive)
    results = merge_versions(look(items))
    marks = read_marks(results)
    groups, failed = _groups(results)
    taught = lessons_of(groups, said_by(marks), whose, "xmp")
    lines = [*(one.why for one in skipped if one.failed), *failed, *marks.failures]
    taught.failures = [*lines, *taught.failures]
    return taught


def _groups(results: Sequence[ScanResult]) -> tuple[list[RankedGroup], list[str]]:
    merged = merge_versions(results)
    return choose(merged), [result.error for result in merged if result.error is not None]


def _frames_lost(groups: Sequence[RankedGroup], said: Mapping[Key, Said]) -> list[str]:
    """A line if frames of clips were chosen that are none of its peaks any more: by another taste, other ones are."""
    found = {
        key_of(record.path, record.t_ms) for group in groups for record in group.records if record.path is not None
    }
    lost = sum(word.anything and key[1] is not None and key not in found for key, word in said.items())
    is_ = "is" if lost == 1 else "are"
    return [f"{counted(lost, 'frame')} of clips {is_} no longer a peak, and {is_} not learned from"] if lost else []


def _is_list(path: Path) -> bool:
    """Whether a name is not one of a photo, clip, folder or pattern."""
    known = path.suffix.lower() in PHOTO_SUFFIXES | CLIP_SUFFIXES
    return not known and path.exists() and not path.is_dir()


def _add(taught: Taught, more: Taught) -> None:
    taught.lessons += more.lessons
    taught.failures += more.failures
