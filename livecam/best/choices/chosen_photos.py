"""Finds on the disk what was chosen: where each photo is now, whether it is still the same, and all its files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from livecam.best.choices.choice import Choice, Choices, Flag, Source
from livecam.best.choices.photo_files import whole_photos
from livecam.best.choices.photo_identity import Sameness
from livecam.errors import OutputError
from livecam.photos.discover import printable
from livecam.photos.on_disk import is_file
from livecam.storage.named_photos import NamedPhotos


@dataclass(frozen=True, slots=True)
class ChosenPhoto:
    """A photo that something is said of.

    files: all that belong to it and are there, the one that stands for it first; sidecars follow by their names.
    by_person: the flag is a person's.  stars: by a person, 0 none.
    """

    files: tuple[Path, ...]
    flag: Flag
    by_person: bool
    stars: int

    @property
    def path(self) -> Path:
        """The file that stands for the photo."""
        return self.files[0]


@dataclass(slots=True)
class Chosen:
    """What was found. photos: those that something is said of.  frames_ms: kept frames of clips, by clip.

    changed: photos that show something else than they did on the page.  failures: a line for each that is gone.
    """

    photos: list[ChosenPhoto] = field(default_factory=list)
    frames_ms: dict[Path, list[float]] = field(default_factory=dict)
    changed: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def keepers(self) -> list[ChosenPhoto]:
        """The photos that are wanted."""
        return [photo for photo in self.photos if photo.flag is Flag.KEEP]


def find_chosen(choices: Choices, folders: Sequence[Path], moved: Mapping[Path, Path]) -> Chosen:
    """Find what choices name.

    folders: where to look for photos that are no longer where they were; if none, beside the page's choices.
    moved: where files are that an earlier run has moved. Raises OutputError for a list of nothing that is there.
    """
    said = [choice for choice in _of_photos(choices.photos) if _says_something(choice)]
    if not folders and choices.source is Source.PAGE:  # a list knows no photo again
        folders = [choices.file.parent]
    finder = _Finder([NamedPhotos(folder) for folder in folders], moved)
    located = [(choice, finder.find(choice)) for choice in said]
    chosen = finder.chosen
    _require_any(choices, (path for _, path in located))
    found = {choice.path: path for choice, path in located if path is not None}
    whole = whole_photos(found.values()) if choices.source is not Source.PAGE else {}
    photos: dict[Path, ChosenPhoto] = {}
    for choice, path in located:
        if path is None:
            continue
        files = whole.get(path) or (path, *finder.companions(choice, path))
        if choice.t_ms is None or path in whole:
            photo = ChosenPhoto(files, choice.flag, choice.by_person, choice.stars)
            photos[photo.path] = _both(photos[photo.path], photo) if photo.path in photos else photo
        elif choice.flag is Flag.KEEP:
            chosen.frames_ms.setdefault(path, []).append(choice.t_ms)
    chosen.photos = list(photos.values())
    return chosen


def locate(choices: Choices, folders: Sequence[Path] = ()) -> tuple[list[tuple[Choice, Path]], list[str]]:
    """Return where each photo and clip of choices is, whatever is said of it; and a line for each that is gone.

    Of what nothing is said, nobody misses it. folders: see ``find_chosen``, which raises OutputError alike.
    """
    if not folders and choices.source is Source.PAGE:
        folders = [choices.file.parent]
    finder, lines = _Finder([NamedPhotos(folder) for folder in folders], {}), list[str]()
    located: list[tuple[Choice, Path]] = []
    for choice in choices.photos:
        path = finder.find(choice)
        if path is not None:
            located.append((choice, path))
        elif choice.by_person or choice.stars:
            lines.append(finder.chosen.failures[-1])
    _require_any(choices, (path for _, path in located))
    return located, list(dict.fromkeys(lines))


def _require_any(choices: Choices, found: Iterable[Path | None]) -> None:
    """Tell a list of photos from any other text. Raises OutputError."""
    if choices.source is Source.KEEPERS and not any(found):
        what = "none of its lines names a photo that is there"
        raise OutputError(f"{printable(choices.file)} is no list of choices, or all is gone ({what}): check the paths")


def _says_something(choice: Choice) -> bool:
    """Whether there may be something to do; a reject of livecam's is one that the file itself says."""
    return choice.flag is Flag.KEEP or (choice.flag is Flag.REJECT and choice.by_person) or choice.stars > 0


def _of_photos(choices: Sequence[Choice]) -> Iterator[Choice]:
    """Yield the choices, those of a live photo's frames as the photo's own: its clip is no photo."""
    photos = {choice.path for choice in choices if choice.t_ms is None}
    frames: dict[Path, list[Choice]] = {}
    for choice in choices:
        if choice.live_photo in photos and choice.live_photo is not None:
            frames.setdefault(choice.live_photo, []).append(choice)
        elif choice.t_ms is not None:
            yield choice
    for choice in choices:
        if choice.t_ms is None:
            yield _with_frames(choice, frames.get(choice.path, ()))


def _with_frames(choice: Choice, frames: Sequence[Choice]) -> Choice:
    """What is said of a live photo: whoever keeps a frame of its clip keeps the photo."""
    kept = [frame for frame in frames if frame.flag is Flag.KEEP]
    if choice.flag is Flag.REJECT and choice.by_person:
        kept = [frame for frame in kept if frame.by_person]  # livecam brings back nothing that a person threw out
    if not kept:
        return choice
    by_person = choice.by_person if choice.flag is Flag.KEEP else any(frame.by_person for frame in kept)
    stars = choice.stars or max(frame.stars for frame in kept)
    return replace(choice, flag=Flag.KEEP, by_person=by_person, stars=stars)


def _both(one: ChosenPhoto, other: ChosenPhoto) -> ChosenPhoto:
    """What two lines of a list say of one photo, of its raw file and its JPEG maybe."""
    flags = [photo.flag for photo in (one, other)]
    flag = next((flag for flag in (Flag.REJECT, Flag.KEEP) if flag in flags), Flag.NEITHER)
    return replace(one, flag=flag, by_person=one.by_person or other.by_person, stars=max(one.stars, other.stars))


class _Finder:
    """Finds one photo after the other, and notes in chosen what is wrong."""

    def __init__(self, places: Sequence[NamedPhotos], moved: Mapping[Path, Path]) -> None:
        self.chosen = Chosen()
        self._places = places
        self._moved = moved

    def find(self, choice: Choice) -> Path | None:
        """Where the photo is, absolute; None, and a line, if it is gone or another."""
        path = choice.path
        for place in self._candidates(path):
            try:
                sameness = Sameness.SAME if choice.identity is None else choice.identity.compare(place)
            except OSError as error:
                self.chosen.failures.append(f"{printable(place)} cannot be read ({error.strerror}): check it")
                return None
            if sameness is not Sameness.OTHER:
                self.chosen.changed += sameness is Sameness.CHANGED
                return place
            if place == path:
                self.chosen.failures.append(
                    f"{printable(path)} is not the photo any more that the page showed: make the page again"
                )
                return None
        self.chosen.failures.append(f"{printable(path)} is gone: look where it went, and name that folder too")
        return None

    def companions(self, choice: Choice, path: Path) -> Iterator[Path]:
        """Yield the other files of a photo that is at path now; those that are gone get a line."""
        for file in choice.files:
            places = [file, self._moved.get(file, file), *_as_near(file, choice.path, path)]
            place = next((place for place in places if is_file(place)), None)
            if place is None:
                self.chosen.failures.append(f"{printable(file)} is gone, which belongs to {printable(path)}")
            else:
                yield place

    def _candidates(self, path: Path) -> Iterator[Path]:
        """Where it may be, the likeliest first."""
        if is_file(path):
            yield path
            return
        if path in self._moved:
            yield self._moved[path]
        for place in self._places:
            found = Path(os.path.abspath(place.find(str(path))))  # noqa: PTH100  links must stay what they are
            if found != path and is_file(found):
                yield found


def _as_near(file: Path, old: Path, new: Path) -> Iterator[Path]:
    """Where file would be if it had gone with the photo that was at old and is at new."""
    with contextlib.suppress(ValueError):  # on two of Windows' drives
        yield Path(os.path.normpath(new.parent / os.path.relpath(file, old.parent)))
