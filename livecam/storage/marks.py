"""What a person or a camera has marked a photo with, read from every place where that can stand.

Places are all sidecars of the photo, the settings that raw developers keep beside it, and the photo itself: XMP inside
it, the stars of its EXIF, and those that a desktop keeps with the file. Which program looks where: docs/marks.md. Where
they disagree, the stronger human word is taken: rejected before stars, for what was thrown out must not come back; more
stars before fewer, for programs give one by default; stars before none and nothing. Of labels it is the first that is
not empty, the sidecars' before the photo's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from livecam.addresses import address_of, is_address
from livecam.errors import OutputError
from livecam.photos.embedded import DamagedError, embedded
from livecam.photos.folder_names import FolderNames
from livecam.photos.sidecars import sidecars
from livecam.storage.desktop_stars import desktop_stars
from livecam.storage.folder_marks import folder_marks
from livecam.storage.settings_values import settings_files, settings_values
from livecam.storage.xmp_packet import NotXmpError
from livecam.storage.xmp_values import xmp_values


@dataclass(frozen=True, slots=True)
class Mark:
    """What a photo is marked with. rating: 1..5, 0 none, -1 rejected.  label: "Red" or another.  None: nothing said."""

    rating: int | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if self.rating is not None and not -1 <= self.rating <= 5:
            raise ValueError(f"rating must be -1, 0 or 1..5, not {self.rating}")

    @property
    def rejected(self) -> bool:
        """Whether the photo is one that its owner does not want."""
        return self.rating == -1


@dataclass(frozen=True, slots=True)
class MarkedPlace:
    """What one file says. path: the sidecar, or the photo itself.  darktable: darktable wrote it.

    picked: a person has flagged the photo as a pick, which is neither stars nor a label.  livecams: its stars are those
    that an earlier run of livecam wrote.  livecams_label: so is its label.
    """

    path: Path
    mark: Mark
    darktable: bool = False
    picked: bool = False
    livecams: bool = False
    livecams_label: bool = False


@dataclass(frozen=True, slots=True)
class FoundMarks:
    """What all files of a photo say. mark: what is taken, see the module.  places: those that say something."""

    mark: Mark = Mark()
    places: tuple[MarkedPlace, ...] = ()

    @property
    def disagree(self) -> bool:
        """Whether people give it different stars in two places; none and nothing are no stars."""
        return len({place.mark.rating for place in self.places if place.mark.rating and not place.livecams}) > 1

    @property
    def picked(self) -> bool:
        """Whether somebody has flagged it as a pick anywhere, and nobody has rejected it."""
        return self.persons_rating >= 0 and any(place.picked for place in self.places)

    @property
    def is_livecams(self) -> bool:
        """Whether its stars, or that it is rejected, are what an earlier run of livecam wrote."""
        rated = [place for place in self.places if place.mark.rating]
        return bool(rated) and all(place.livecams for place in rated)

    @property
    def is_livecams_label(self) -> bool:
        """Whether its label is what an earlier run of livecam wrote, and no place has another."""
        labelled = [place for place in self.places if place.mark.label]
        return bool(labelled) and all(place.livecams_label for place in labelled)

    @property
    def persons_rating(self) -> int:
        """The stars or the reject that count before what livecam thinks, 0 if none: not its own, nor darktable's."""
        return 0 if self.is_livecams or self.is_darktables_star else self.mark.rating or 0

    @property
    def is_darktables_star(self) -> bool:
        """Whether all that is said is one star, by darktable, which gives it to every photo."""
        stars = [place for place in self.places if place.mark.rating]
        return self.mark.rating == 1 and all(place.darktable for place in stars)


def find_marks(files: Sequence[Path], names: FolderNames | None = None) -> FoundMarks:
    """Return what files, which are one photo, and their sidecars say. Raises OutputError where one cannot be read.

    names: of many photos, so that each folder is listed once; it must be told what is written meanwhile.
    """
    names = names or FolderNames()
    places: list[MarkedPlace] = []
    for path in dict.fromkeys(sidecar for file in files for sidecar in sidecars(file, names)):
        places += _place(path, [_read(path)], ())
    for path in [path for file in files for path in settings_files(file, names)]:
        said = settings_values(path, _read(path))
        place = MarkedPlace(path, Mark(said.stars, said.label), picked=said.picked)
        if (place.mark != Mark() or said.picked) and place not in places:  # a raw file and its JPEG may share one
            places.append(place)
    places += _of_folder(files, names)
    for file in files:
        try:
            inside = embedded(file)
        except FileNotFoundError as error:
            if not places:
                raise _absent(file) from error
            continue
        except OSError as error:
            raise _unreadable(file, error.strerror) from error
        except DamagedError as error:
            raise OutputError(f"cannot read the marks of {file} ({error}): check it elsewhere") from error
        # A camera may leave room for XMP that nobody has filled yet.
        packets = [packet for packet in inside.packets if packet.strip(b"\0 \r\n\t")]
        places += _place(file, packets, inside.stars)
        if (stars := desktop_stars(file)) is not None:
            places.append(MarkedPlace(file, Mark(stars)))
    label = _strongest(place.mark for place in places).label
    return FoundMarks(Mark(_strongest(place.mark for place in _by_people(places)).rating, label), tuple(places))


def _by_people(places: Sequence[MarkedPlace]) -> Sequence[MarkedPlace]:
    """The places whose stars or reject are not livecam's own; all, where there is no other."""
    return [place for place in places if place.mark.rating and not place.livecams] or places


def _of_folder(files: Sequence[Path], names: FolderNames) -> Iterator[MarkedPlace]:
    """Yield what programs say in one file of all photos in a folder, which is read once."""
    for file in files:
        try:
            found = names.once(file.parent, folder_marks).get(file.name)
        except OSError as error:
            raise _unreadable(Path(error.filename or file.parent), error.strerror) from error
        if found is not None:
            path, said = found
            yield MarkedPlace(path, Mark(said.stars), picked=said.picked)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error.strerror) from error


def _absent(file: Path) -> OutputError:
    if is_address(file):  # what an archive has seen
        return OutputError(f"{address_of(file)} is no file on this computer: copy it here first")
    return OutputError(f"{file} is gone: look where it went")


def _unreadable(path: Path, why: str | None) -> OutputError:
    return OutputError(f"cannot read {path} ({why}): check its permissions")


def _place(path: Path, packets: Iterable[bytes], stars: Iterable[int]) -> Iterator[MarkedPlace]:
    """Yield what one file says, if anything."""
    try:
        found = [xmp_values(packet) for packet in packets]
    except NotXmpError as error:
        raise OutputError(f"cannot read the marks of {path} ({error}): check it elsewhere") from error
    marks = [Mark(rating) for values in found for rating in values.stars]
    marks += [Mark(label=label) for values in found for label in values.labels]
    mark = _strongest([*marks, *map(Mark, stars)])
    picked = any(values.picked for values in found)
    if mark != Mark() or picked:
        darktable = any(values.darktable for values in found)
        starred = [values for values in found if values.stars]  # none where the camera's EXIF alone has stars
        livecams = all(values.livecams for values in starred) and all(own == mark.rating for own in stars)
        labelled = [values for values in found if values.labels]
        own_label = bool(labelled) and all(values.livecams_label for values in labelled)
        yield MarkedPlace(path, mark, darktable, picked, bool(starred) and livecams, own_label)


def _strongest(marks: Iterable[Mark]) -> Mark:
    found = list(marks)
    ratings = [mark.rating for mark in found if mark.rating is not None]
    label = next((mark.label for mark in found if mark.label), None)
    return Mark(-1 if -1 in ratings else max(ratings, default=None), label)
