"""What cameras say in their maker notes: whether they took a bracket, stars, and which clip belongs to a live photo.

Tags as ExifTool documents them (https://exiftool.org/TagNames/, Canon FileInfo BracketMode, Nikon 0x0089, Sony 0xB049,
0x202F and 0x2002, FujiFilm 0x1100, 0x1105 and 0x1431, Olympus CameraSettings 0x0600, Panasonic 0x002A, Apple
0x0011). Only what has a fixed place is read; whatever else the bytes may be, the answer is that nothing is known. A
bracket also has to look like one, see ``best.series``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_Order = Literal["little", "big"]
_APPLE, _APPLE_DIRECTORY = b"Apple iOS\0", 14
_FUJI = b"FUJIFILM"
_SONYS = 0xB0  # the first byte of the tags that Sony alone has
_SHIFTED, _SHIFTED_SHOTS = 0x202F, frozenset((4, 16))
_MOST_STARS = 5
_MAX_TAGS = 512  # of one directory; set by hand against damaged notes
_BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 13: 4}
_ORDERS: dict[bytes, _Order] = {b"II": "little", b"MM": "big", b"<": "little", b">": "big"}


@dataclass(frozen=True, slots=True)
class Drive:
    """What the camera did by itself. bracketed: other exposures of one view.

    focus_bracketed: other distances, or the same with the sensor shifted: what is to be stacked.
    """

    bracketed: bool = False
    focus_bracketed: bool = False


@dataclass(frozen=True, slots=True)
class _Directory:
    """A directory of tags in data. at: its offset.  base: what is to be added to the offsets of long values."""

    data: bytes
    at: int
    order: _Order
    base: int = 0

    def number(self, data: bytes) -> int:
        """The unsigned number that these bytes are."""
        return int.from_bytes(data, self.order)

    def entries(self) -> dict[int, tuple[int, bytes]]:
        """The size in bytes of each tag's value, and the four bytes that hold the value or its offset."""
        count = self.number(self.data[self.at : self.at + 2])
        if not 0 < count <= _MAX_TAGS or self.at + 2 + 12 * count > len(self.data):
            return {}
        found: dict[int, tuple[int, bytes]] = {}
        for start in range(self.at + 2, self.at + 2 + 12 * count, 12):
            entry = self.data[start : start + 12]
            size = _BYTES_OF_TYPE.get(self.number(entry[2:4]), 0) * self.number(entry[4:8])
            found.setdefault(self.number(entry[:2]), (size, entry[8:]))
        return found

    def shorts(self, tag: int, count: int) -> tuple[int, ...]:
        """The first numbers of 16 bits that tag holds; fewer, or none, where they are not there."""
        size, field = self.entries().get(tag, (0, b""))
        if size > len(field):
            start = self.number(field) + self.base
            field = self.data[start : start + size] if 0 <= start <= len(self.data) - size else b""
        value = field[: min(size, 2 * count)]
        return tuple(self.number(value[i : i + 2]) for i in range(0, len(value) - 1, 2))

    def below(self, tag: int) -> _Directory:
        """The directory whose offset tag holds."""
        _, field = self.entries().get(tag, (0, b""))
        return _Directory(self.data, self.number(field) + self.base if field else len(self.data), self.order, self.base)


def drive_of(note: bytes, order: str) -> Drive:
    """Return what a maker note says. order: "<" or ">", of the EXIF block that it is in. Never fails."""
    outer = _ORDERS.get(order.encode(), "little")
    other: _Order = "big" if outer == "little" else "little"
    if note.startswith(b"Nikon\0") and note[10:12] in _ORDERS:
        order_within = _ORDERS[note[10:12]]
        at = 10 + int.from_bytes(note[14:18], order_within)
        modes = _Directory(note, at, order_within, 10).shorts(0x0089, 1)
        return Drive(
            bracketed=any(mode & 0x150 == 0x10 for mode in modes)
        )  # bit 4; with 6 it is white balance, with 8 D-Lighting
    if note.startswith(_FUJI):
        shots = _fuji(note).shorts(0x1105, 1)
        return Drive(bracketed=_fuji(note).shorts(0x1100, 1) == (1,), focus_bracketed=any(n > 1 for n in shots))
    if note.startswith((b"OLYMPUS\0", b"OM SYSTEM\0")):
        return _olympus(note)
    if note.startswith(b"Panasonic\0\0\0"):
        mode = _Directory(note, 12, outer).shorts(0x002A, 1) or _Directory(note, 12, other).shorts(0x002A, 1)
        return Drive(bracketed=mode == (2,), focus_bracketed=mode == (3,))
    at = _sony_at(note)
    # Programs that write a photo anew may turn the order of the block and leave that of the note.
    return _plain(note, at, outer) or _plain(note, at, other) or Drive()


def stars_of_note(note: bytes) -> int | None:
    """Return the stars, 1..5, of Fujifilm's cameras and of Sony's programs, which note them here; else None.

    Never fails.
    """
    if note.startswith(_FUJI):
        _, value = _fuji(note).entries().get(0x1431, (0, b""))
    else:
        entries = _Directory(note, _sony_at(note), "little").entries()
        is_sonys = any(tag >> 8 == _SONYS for tag in entries)
        _, value = entries.get(0x2002, (0, b"")) if is_sonys else (0, b"")
    stars = int.from_bytes(value, "little")
    return stars if 1 <= stars <= _MOST_STARS else None


def content_id_of_note(note: bytes) -> str:
    """Return what Apple writes into a live photo and its clip, a UUID; "" where there is none. Never fails."""
    if not note.startswith(_APPLE):
        return ""
    directory = _Directory(note, _APPLE_DIRECTORY, _ORDERS.get(note[12:14], "big"))
    size, field = directory.entries().get(0x0011, (0, b""))
    start = directory.number(field)
    value = note[start : start + size] if size > len(field) else b""
    return value.split(b"\0")[0].decode("latin-1").strip()


def _sony_at(note: bytes) -> int:
    """Where the directory of a note by Sony begins, and of one by any maker that writes no name before it."""
    return 12 if note.startswith((b"SONY DSC ", b"SONY CAM ", b"SONY MOBILE")) else 0


def _fuji(note: bytes) -> _Directory:
    return _Directory(note, int.from_bytes(note[8:12], "little"), "little")


def _olympus(note: bytes) -> Drive:
    marker = 8 if note.startswith(b"OLYMPUS\0") else 12
    order = _ORDERS.get(note[marker : marker + 2])
    if order is None:
        return Drive()
    settings = _Directory(note, marker + 4, order).below(0x2020)
    drive = settings.shorts(0x0600, 3)  # what it does, the number of the shot, and what is bracketed, by bits
    if len(drive) < 2:
        return Drive()
    bits = drive[2] if len(drive) > 2 and drive[0] == 5 else 0
    return Drive(bracketed=drive[0] in {2, 4} or bool(bits & 0x21), focus_bracketed=bool(bits & 0x40))


def _plain(note: bytes, at: int, order: _Order) -> Drive | None:
    """Of Sony and Canon, whose notes, but for a name before it, begin with the directory; None if there is none."""
    directory = _Directory(note, at, order)
    entries = directory.entries()
    # Offsets count from the beginning of the EXIF block, which is not here; the first long value follows the directory.
    offsets = [directory.number(field) for size, field in entries.values() if size > len(field)]
    base = at + 2 + 12 * len(entries) + 4 - min(offsets, default=0)
    directory = _Directory(note, at, order, base)
    if 0xB049 in entries or _SHIFTED in entries:
        # Four bytes for the set, then which of how many shots: 0 of 4 is what they were merged to.
        shift = directory.shorts(_SHIFTED, 3)
        shot = shift[2].to_bytes(2, order) if len(shift) == 3 else b"\0\0"
        shifted = shot[1] in _SHIFTED_SHOTS and 0 < shot[0] <= shot[1]
        return Drive(bracketed=directory.shorts(0xB049, 1) == (5,), focus_bracketed=shifted)
    if 0x0093 not in entries:
        return None
    info = directory.shorts(0x0093, 4)
    length, mode = (info[0], info[3]) if len(info) == 4 else (0, 0)
    return Drive(bracketed=mode == 1 and length == entries[0x0093][0])
