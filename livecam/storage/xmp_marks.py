"""Writes star ratings and colour labels as XMP, where Lightroom, darktable and digiKam look for them.

``xmp:Rating`` (1..5, 0 none, -1 rejected) and ``xmp:Label`` go into a sidecar, or on request into a JPEG itself; a
reject is said in the words of Lightroom and digiKam too, which do not read -1, and taken back there with stars; what
livecam has rated by itself is noted as such. Of what is there, these values are changed and every other byte is left as
it is. XMP: ISO 16684-1; in JPEG: Adobe's XMP Specification, part 3.

Lightroom reads sidecars of raw photos only, so for a JPEG to show its stars there they must be inside.
"""

from __future__ import annotations

from pathlib import Path

from livecam.errors import OutputError
from livecam.photos import jpeg_segments
from livecam.photos.folder_names import FolderNames
from livecam.photos.jpeg_segments import APP0, APP1, APP2, EXIF, XMP, DamagedError
from livecam.photos.other_files import library_of
from livecam.photos.sidecars import new_sidecar, sidecars
from livecam.photos.tiff_tags import reader_of_bytes
from livecam.storage import xmp_packet
from livecam.storage.disk_errors import why
from livecam.storage.durable import require_file_or_nothing
from livecam.storage.marks import Mark, find_marks
from livecam.storage.write_through import is_protected, put, seen
from livecam.storage.xmp_values import (
    LABELLED_BY_LIVECAM,
    NOT_REJECTED,
    RATED_BY_LIVECAM,
    REJECTED,
    XMP_NAMESPACE,
    flags,
    texts_of,
)

__all__ = ["Mark", "read", "write"]

_NOTHING = Mark()
_SEGMENT_MOST = 65533  # bytes
_USE_SIDECAR = "take --xmp sidecar"


def write(
    photo: Path,
    mark: Mark,
    *,
    embed: bool = False,
    carried: Mark = _NOTHING,
    by_livecam: bool = False,
    label_by_livecam: bool = False,
    names: FolderNames | None = None,
) -> tuple[Path, ...]:
    """Mark photo and return the files that were written; what mark leaves None stays as it is.

    Every sidecar that photo has is merged into; a new one is NAME.xmp for a raw photo and NAME.EXT.xmp for another.
    carried: what a new sidecar, or the first XMP inside, says besides, for programs that then ask nothing else.  embed:
    into the photo instead, which must be a JPEG; its pixels, mode, time and hard links stay.  by_livecam: nobody else
    has given these stars.  label_by_livecam: nor this label.  names: of many photos, so that each folder is listed
    once. Raises OutputError; what is not XMP, no such JPEG or read-only is found before anything is written, and what
    another program writes meanwhile stays.
    """
    files = (photo.resolve(),) if embed else sidecars(photo, names) or (new_sidecar(photo),)
    texts = _texts(mark)
    with_carried = _texts(carried) | texts
    for rated in (texts, with_carried):
        if by_livecam and "Rating" in rated:
            rated[RATED_BY_LIVECAM] = rated["Rating"]
        if label_by_livecam and "Label" in texts:
            rated[LABELLED_BY_LIVECAM] = rated["Label"]
    if library := next(filter(None, map(library_of, files)), None):
        raise OutputError(f"cannot mark {photo}: {library.name} is its program's own: copy the photo out of it first")
    if protected := next(filter(is_protected, files), None):
        place, or_else = ("inside", f", or {_USE_SIDECAR}") if embed else (f"in {protected}", "")
        raise OutputError(f"cannot mark {photo} {place}: it is read-only: change its permissions{or_else}")
    # What tells whether another program writes to it meanwhile is taken before it is read.
    made = [(path, seen(path), _marked(photo, path, texts, with_carried, embed=embed)) for path in files]
    for path, before, data in made:
        try:
            put(path, data, before, keep_times=embed)
        except OSError as error:
            raise OutputError(f"cannot mark {photo} in {path}: {why(error)}") from error
        if names is not None:
            names.add(path)
    return files


def is_untouched(sidecar: Path) -> bool:
    """Whether a file is to the byte what livecam writes into a new sidecar by itself: no program has added to it."""
    try:
        data = sidecar.read_bytes()
        said = {name: texts[0] for name in ("Rating", "Label") if (texts := texts_of(data, f"{XMP_NAMESPACE} {name}"))}
        noted = {RATED_BY_LIVECAM: said.get("Rating"), LABELLED_BY_LIVECAM: said.get("Label")}
        notes = {name: text for name, text in noted.items() if text is not None}
        return bool(said) and data == _changed(xmp_packet.EMPTY, said | notes)
    except (OSError, xmp_packet.NotXmpError):
        return False


def read(photo: Path) -> Mark:
    """Return what photo is marked with, in any place, see ``find_marks``; ``Mark()`` if nowhere. OutputError."""
    return find_marks((photo,)).mark


def _texts(mark: Mark) -> dict[str, str]:
    """What is said, by the names of XMP's properties."""
    values = {"Rating": mark.rating, "Label": mark.label}
    return {name: str(value) for name, value in values.items() if value is not None}


def _changed(packet: bytes, texts: dict[str, str]) -> bytes:
    """The packet with these values, and with the flags that a reject or stars mean. Raises NotXmpError."""
    rating, there = texts.get("Rating"), flags(packet)
    new: dict[str, str] = {}
    if rating == "-1":  # a flag that somebody has set, as picked, stays
        new = {name: text for name, text in REJECTED.items() if there.get(name, NOT_REJECTED) in {"", NOT_REJECTED}}
    elif rating is not None:
        new = {name: NOT_REJECTED for name, text in there.items() if text == REJECTED.get(name)}
    if rating is not None and RATED_BY_LIVECAM in there:
        new[RATED_BY_LIVECAM] = texts.get(RATED_BY_LIVECAM, "0")  # a person says so now
    if "Label" in texts and LABELLED_BY_LIVECAM in there:
        new[LABELLED_BY_LIVECAM] = texts.get(LABELLED_BY_LIVECAM, "")
    return xmp_packet.changed(packet, texts | new)


def _marked(photo: Path, path: Path, texts: dict[str, str], if_new: dict[str, str], *, embed: bool) -> bytes:
    """What path is to hold; if_new: instead of texts where it holds no XMP yet. Raises OutputError."""
    try:
        if embed:
            return _with_packet(path, path.read_bytes(), texts, if_new)
        require_file_or_nothing(path)
        there = path.exists()
        if path.is_symlink() and not there:  # what it leads to may hold a person's marks
            raise OutputError(f"cannot mark {photo}: {path} is a link that leads nowhere: mend or remove the link")
        return _changed(path.read_bytes() if there else xmp_packet.EMPTY, texts if there else if_new)
    except OSError as error:
        raise OutputError(f"cannot mark {photo} in {path}: {why(error)}") from error
    except xmp_packet.NotXmpError as error:
        raise OutputError(f"cannot mark {photo}: {path} is not XMP ({error}): move it away") from error


def _with_packet(path: Path, data: bytes, texts: dict[str, str], if_new: dict[str, str]) -> bytes:
    """The JPEG with these values in its XMP; extended XMP, which is in segments of its own, stays as it is."""
    try:
        segments = jpeg_segments.segments(reader_of_bytes(data), len(data))
    except DamagedError as error:
        raise OutputError(f"cannot mark {path} inside ({error}): {_USE_SIDECAR}") from error
    old = next((s for s in segments if s.marker == APP1 and s.body.startswith(XMP)), None)
    # The parts of a multi-picture file are found by their distance from its MPF segment: that must not change.
    pictures = next((s.start for s in segments if s.marker == APP2 and s.body.startswith(b"MPF\0")), len(data))
    if old is None:
        content = _changed(xmp_packet.EMPTY, if_new)
        leading = [s.stop for s in segments if s.marker == APP0 or (s.marker == APP1 and s.body.startswith(EXIF))]
        start = stop = max((end for end in leading if end <= pictures), default=2)
    else:
        content = xmp_packet.fitted(_changed(old.body[len(XMP) :], texts), len(old.body) - len(XMP))
        start, stop = old.start, old.stop
        if start > pictures and len(content) != len(old.body) - len(XMP):
            raise OutputError(f"cannot mark {path} inside: its other pictures would be lost: {_USE_SIDECAR}")
    if len(XMP) + len(content) > _SEGMENT_MOST:
        raise OutputError(f"cannot mark {path} inside: its XMP is full (64 KB): {_USE_SIDECAR}")
    body = XMP + content
    return data[:start] + bytes((0xFF, APP1)) + (len(body) + 2).to_bytes(2, "big") + body + data[stop:]
