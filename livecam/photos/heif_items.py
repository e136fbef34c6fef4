"""Whether libheif's binding may be given a HEIC: it does not survive a damaged file whose items are named in no text.

pi-heif 1.4 (and pillow-heif 1.8) makes Python texts of each item's type, four letters, and content type, which ISO
14496-12 (8.11.6) says is UTF-8, and goes on with nothing where they are not: the process dies of it (found by
``python -m tools.fuzz image``).
"""

from __future__ import annotations

from livecam.photos.boxes import boxes_in
from livecam.photos.tiff_tags import ReadAt, reader_of_bytes

_LONGEST = 1 << 16  # bytes of an item's entry; set by hand


def items_are_text(data: bytes) -> bool:
    """Whether what each item of a HEIC is called, and is, is text."""
    read = reader_of_bytes(data)
    tables = (
        (start, stop)
        for meta, first, last in boxes_in(read, 0, len(data))
        if meta == b"meta"
        for kind, start, stop in boxes_in(read, first + 4, last)
        if kind == b"iinf"
    )
    return all(_is_text(entry) for start, stop in tables for entry in _entries(read, start, stop))


def _entries(read: ReadAt, start: int, stop: int) -> list[bytes]:
    head = 6 if read(start, 1) == b"\0" else 8
    return [
        read(at, min(end - at, _LONGEST)) for kind, at, end in boxes_in(read, start + head, stop) if kind == b"infe"
    ]


def _is_text(entry: bytes) -> bool:
    """entry: version and flags, number, protection, and then texts, from version 2 on the type's four letters first."""
    version = entry[0] if entry else 0
    texts = entry[8 if version < 3 else 10 :]
    try:
        texts.decode()
    except UnicodeDecodeError:
        return False
    return True
