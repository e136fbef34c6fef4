"""Which photo a live photo's clip belongs to: by the identifier that Apple writes into both, else by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from livecam.photos.capture_header import PhotoHeader, clip_header
from livecam.photos.capture_names import folded, live_stems, root_of
from livecam.photos.folder_names import FolderNames
from livecam.photos.live_clips import LIVE_CLIP_SUFFIXES, LIVE_PHOTO_SUFFIXES, is_live_clip


class LivePairs:
    """Finds the photo of each clip; no photo has two."""

    def __init__(
        self, photos: Collection[Path], stands_for: Mapping[Path, Path], header: Callable[[Path], PhotoHeader]
    ) -> None:
        """photos: that may have a clip.  stands_for: which file stands for a photo's exposure.  header: of a photo."""
        self._stands_for, self._header = stands_for, header
        self._has_clip: set[Path] = set()
        self._by_name: dict[tuple[Path, str], list[Path]] = {}
        self._below: dict[tuple[Path, str], list[Path]] = {}  # in folders in the folder
        self._in_folder: dict[Path, list[Path]] = {}
        self._by_id: dict[Path, dict[str, Path]] = {}
        for photo in photos:
            if photo in stands_for and photo.suffix.lower() in LIVE_PHOTO_SUFFIXES:
                self._in_folder.setdefault(photo.parent, []).append(photo)
                for stem in {folded(photo.stem), folded(root_of(photo.stem))}:
                    self._by_name.setdefault((photo.parent, stem), []).append(photo)
                    self._below.setdefault((photo.parent.parent, stem), []).append(photo)

    def photos_of(self, clips: Sequence[Path]) -> Mapping[Path, Path]:
        """Return, by clip, the photo that stands for the live photo whose clip it is, of those that have one.

        What is named as its photo and lies beside it comes first, whatever the order of clips: another may be a copy.
        """
        found: dict[Path, Path] = {}
        for find in (self._of_name, self._of_id, self._near):
            for clip in clips:
                if clip in found or clip.suffix.lower() not in LIVE_CLIP_SUFFIXES:
                    continue
                if (first := find(clip)) is not None:
                    found[clip] = first
                    self._has_clip.add(first)
        return found

    def _of_name(self, clip: Path) -> Path | None:
        for stem in live_stems(clip):
            for photo in self._by_name.get((clip.parent, stem), ()):
                first = self._stands_for[photo]
                if first not in self._has_clip and is_live_clip(clip, photo, header=self._header(photo)):
                    return first
        return None

    def _near(self, clip: Path) -> Path | None:
        """Of programs that sort photos and clips into folders beside each other: by name, if the time fits for sure."""
        for stem in live_stems(clip):
            here, above = (clip.parent, stem), (clip.parent.parent, stem)
            # In the folder above, in those beside, and in those below.
            for photo in (*self._by_name.get(above, ()), *self._below.get(above, ()), *self._below.get(here, ())):
                first = self._stands_for[photo]
                if first not in self._has_clip and is_live_clip(clip, photo, header=self._header(photo), surely=True):
                    return first
        return None

    def _of_id(self, clip: Path) -> Path | None:
        """By the identifier alone: programs that load from a cloud give the two names that have little in common."""
        content_id = clip_header(clip).content_id
        if not content_id:
            return None
        if clip.parent not in self._by_id:
            inside = reversed(self._in_folder.get(clip.parent, ()))  # of copies the first
            self._by_id[clip.parent] = {self._header(photo).content_id: photo for photo in inside}
        photo = self._by_id[clip.parent].get(content_id)
        first = None if photo is None else self._stands_for[photo]
        return None if first in self._has_clip else first


def clips_by_id(folder: Path, names: FolderNames) -> Mapping[str, Path]:
    """Return the clips in folder that bear an identifier and are no photo's by name; of copies the first by name."""
    photos: dict[str, list[Path]] = {}
    for photo in map(folder.joinpath, names.files(folder)):
        if photo.suffix.lower() in LIVE_PHOTO_SUFFIXES:
            for stem in {folded(photo.stem), folded(root_of(photo.stem))}:
                photos.setdefault(stem, []).append(photo)
    found: dict[str, Path] = {}
    for clip in map(folder.joinpath, sorted(names.files(folder))):
        if clip.suffix.lower() in LIVE_CLIP_SUFFIXES and (content_id := clip_header(clip).content_id):
            named = (photo for stem in live_stems(clip) for photo in photos.get(stem, ()))
            if not any(is_live_clip(clip, photo) for photo in named):
                found.setdefault(content_id, clip)
    return found
