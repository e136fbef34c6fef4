"""What cameras say of brackets in their maker notes, and that nothing else that stands there does harm."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from livecam.photos.exif import exposure_of
from livecam.photos.maker_notes import Drive, drive_of, stars_of_note
from livecam.storage.marks import Mark, find_marks

SHORT, LONG, BYTES, DIRECTORY = 3, 4, 7, 13
BRACKET, FOCUS, NEITHER = Drive(bracketed=True), Drive(focus_bracketed=True), Drive()
MAKER_NOTE = 0x927C


def directory(order: str, at: int, entries: Sequence[tuple[int, int, bytes]]) -> bytes:
    """A directory of tags, and behind it what is longer than four bytes. at: what the offsets count it from."""
    width = {SHORT: 2, LONG: 4, BYTES: 1, DIRECTORY: 4}
    behind = at + 2 + 12 * len(entries) + 4
    head, data = struct.pack(order + "H", len(entries)), b""
    for tag, kind, value in entries:
        field = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", behind + len(data))
        head += struct.pack(order + "HHI", tag, kind, len(value) // width[kind]) + field
        data += value if len(value) > 4 else b""
    return head + bytes(4) + data


def canon(mode: int, order: str = "<", at: int = 0) -> bytes:
    """at: of the note in the EXIF block, from which its offsets count."""
    info = struct.pack(order + "8h", 16, 0, 0, mode, 0, 0, 0, 0)
    return directory(
        order, at, [(0x0006, BYTES, b"some camera\0"), (0x0093, SHORT, info), (0x0095, BYTES, b"a lens\0")]
    )


def nikon(mode: int, order: str = ">") -> bytes:
    within = directory(order, 8, [(0x0001, BYTES, b"0211"), (0x0089, SHORT, struct.pack(order + "H", mode))])
    magic = b"MM\0*" if order == ">" else b"II*\0"
    return b"Nikon\0\x02\x10\0\0" + magic + struct.pack(order + "I", 8) + within


def sony(mode: int, order: str = "<", head: bytes = b"SONY DSC \0\0\0") -> bytes:
    return head + directory(order, len(head), [(0xB049, SHORT, struct.pack(order + "H", mode))])


def sony_shifted(shot: int, of: int, head: bytes = b"SONY DSC \0\0\0", at: int = 0) -> bytes:
    """One of a set that the camera took with the sensor shifted. at: of the note in the EXIF block."""
    info = struct.pack("<IBB", 0x07211808, shot, of)
    entries = [(0x202F, BYTES, info), (0xB049, SHORT, struct.pack("<H", 0))]
    return head + directory("<", at + len(head), entries)


def sony_rated(stars: int, head: bytes) -> bytes:
    entries = [(0x2002, LONG, struct.pack("<I", stars)), (0xB049, SHORT, struct.pack("<H", 0))]
    return head + directory("<", len(head), entries)


def fuji_shifted(shots: int) -> bytes:
    return b"FUJIFILM\x0c\0\0\0" + directory("<", 12, [(0x1105, SHORT, struct.pack("<H", shots))])


def fuji(mode: int, stars: int = 0) -> bytes:
    entries = [(0x1100, SHORT, struct.pack("<H", mode)), (0x1431, LONG, struct.pack("<I", stars))]
    return b"FUJIFILM\x0c\0\0\0" + directory("<", 12, entries)


def panasonic(mode: int, order: str = "<") -> bytes:
    return b"Panasonic\0\0\0" + directory(order, 12, [(0x002A, SHORT, struct.pack(order + "H", mode))])


def olympus(*drive: int, head: bytes = b"OLYMPUS\0II\x03\0") -> bytes:
    at = len(head) + 18
    outer = directory("<", len(head), [(0x2020, DIRECTORY, struct.pack("<I", at))])
    return head + outer + directory("<", at, [(0x0600, SHORT, struct.pack(f"<{len(drive)}H", *drive))])


NOTES = [
    ("Canon", canon(1), "<", BRACKET), ("Canon", canon(1, ">"), ">", BRACKET), ("Canon", canon(4), "<", NEITHER),
    ("Canon", canon(1, at=700), "<", BRACKET), ("Canon", canon(0), "<", NEITHER),
    ("NIKON CORPORATION", nikon(0x11), "<", BRACKET), ("NIKON CORPORATION", nikon(0x11, "<"), ">", BRACKET),
    ("NIKON CORPORATION", nikon(0x51), "<", NEITHER), ("NIKON CORPORATION", nikon(0x110), "<", NEITHER),
    ("NIKON CORPORATION", nikon(1), "<", NEITHER),
    ("SONY", sony(5), "<", BRACKET), ("SONY", sony(2), "<", NEITHER), ("SONY", sony(5), ">", BRACKET),
    ("SONY", sony(5, head=b""), "<", BRACKET),
    ("SONY", sony_shifted(1, 4), "<", FOCUS), ("SONY", sony_shifted(16, 16, b""), "<", FOCUS),
    ("SONY", sony_shifted(0, 4), "<", NEITHER), ("SONY", sony_shifted(0, 0), "<", NEITHER),
    ("SONY", sony_shifted(4, 4, at=700), "<", FOCUS),
    ("FUJIFILM", fuji_shifted(20), "<", FOCUS), ("FUJIFILM", fuji_shifted(0), "<", NEITHER),
    ("FUJIFILM", fuji(1), ">", BRACKET), ("FUJIFILM", fuji(0), "<", NEITHER), ("FUJIFILM", fuji(2), "<", NEITHER),
    ("Panasonic", panasonic(2), "<", BRACKET), ("Panasonic", panasonic(3), "<", FOCUS),
    ("Panasonic", panasonic(1), "<", NEITHER),
    ("OLYMPUS CORPORATION", olympus(5, 1, 0x01, 0, 0), ">", BRACKET),
    ("OM Digital Solutions", olympus(5, 1, 0x40, 0, 0, head=b"OM SYSTEM\0\0\0II\x04\0"), "<", FOCUS),
    ("OLYMPUS CORPORATION", olympus(1, 3, 0, 0, 0), "<", NEITHER),
    ("OLYMPUS CORPORATION", olympus(5, 1, 0x02, 0, 0), "<", NEITHER),
    ("OLYMPUS CORPORATION", olympus(2, 1), "<", BRACKET),
]  # fmt: skip


@pytest.mark.parametrize(("make", "note", "order", "drive"), NOTES)
def test_the_bracket_of_each_make_is_known(make: str, note: bytes, order: str, drive: Drive) -> None:
    assert drive_of(note, order) == drive


def exif(make: str, note: bytes) -> Image.Exif:
    block = Image.Exif()
    block[ExifTags.Base.Make] = make
    block[ExifTags.Base.Model] = f"{make} of the test"
    block.get_ifd(ExifTags.IFD.Exif)[MAKER_NOTE] = note
    return block


def test_a_photos_maker_note_is_read_with_its_exif() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=exif("SONY", sony(5, ">")))
    with Image.open(buffer) as image:
        assert exposure_of(image.getexif()).bracketed

    assert not exposure_of(exif("SONY", sony(2))).bracketed


@pytest.mark.parametrize(("stars", "mark"), [(0, Mark()), (3, Mark(3)), (77, Mark())])
def test_stars_that_were_given_in_a_fujifilm_camera_count(tmp_path: Path, stars: int, mark: Mark) -> None:
    photo = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8)).save(photo, exif=exif("FUJIFILM", fuji(0, stars)))

    assert find_marks([photo]).mark == mark


@pytest.mark.parametrize("head", [b"SONY DSC \0\0\0", b""])
@pytest.mark.parametrize(("stars", "mark"), [(0, Mark()), (4, Mark(4)), (0xFFFF_FFFF, Mark())])
def test_stars_that_were_given_in_sonys_program_count(tmp_path: Path, stars: int, mark: Mark, head: bytes) -> None:
    photo = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8)).save(photo, exif=exif("SONY", sony_rated(stars, head)))

    assert find_marks([photo]).mark == mark


def test_a_tag_of_that_number_in_another_makers_note_is_no_rating() -> None:
    assert stars_of_note(directory("<", 0, [(0x0006, SHORT, b"\1\0"), (0x2002, LONG, struct.pack("<I", 3))])) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "note", "tag", "says"),
    [
        ("NIKON CORPORATION", nikon(0x11), "ShootingMode", "Exposure Bracketing"),
        ("SONY", sony(5, "<"), "ReleaseMode", "Exposure Bracketing"),
        ("FUJIFILM", fuji(1), "AutoBracketing", "On"),
        ("Panasonic", panasonic(3), "BurstMode", "Focus Bracketing"),
        ("OLYMPUS CORPORATION", olympus(5, 1, 0x01, 0, 0), "DriveMode", "AE Bracketing"),
        ("OM Digital Solutions", olympus(5, 1, 0x40, 0, 0, head=b"OM SYSTEM\0\0\0II\x04\0"), "DriveMode", "Focus"),
        ("Canon", None, "BracketMode", "AEB"),
    ],
)
def test_exiftool_reads_the_same_in_these_notes(
    tmp_path: Path, make: str, note: bytes | None, tag: str, says: str
) -> None:
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        pytest.skip("needs exiftool (Debian: apt-get install libimage-exiftool-perl)")
    photo = tmp_path / "a.jpg"
    Image.new("RGB", (8, 8)).save(photo, exif=exif(make, canon(1, at=0) if note is None else note))
    if note is None:  # its offsets count from the EXIF block, so where it stands must be known first
        at = photo.read_bytes().index(canon(1)[:10]) - photo.read_bytes().index(b"Exif\0\0") - 6
        Image.new("RGB", (8, 8)).save(photo, exif=exif(make, canon(1, at=at)))

    told = subprocess.run([exiftool, "-json", f"-{tag}", str(photo)], capture_output=True, text=True, check=True).stdout

    assert says in json.loads(told)[0][tag]
    with Image.open(photo) as image:
        exposure = exposure_of(image.getexif())
    assert exposure.focus_bracketed == ("Focus" in says)
    assert exposure.bracketed != exposure.focus_bracketed


@given(st.binary(max_size=400), st.sampled_from("<>"))
def test_noise_says_nothing_and_harms_nothing(note: bytes, order: str) -> None:
    assert isinstance(drive_of(note, order), Drive)
    assert {stars_of_note(b"FUJIFILM" + note), stars_of_note(note)} <= {None, 1, 2, 3, 4, 5}


@given(st.sampled_from(NOTES), st.data())
def test_a_note_that_is_damaged_anywhere_harms_nothing(
    note: tuple[str, bytes, str, Drive], data: st.DataObject
) -> None:
    _, whole, order, _ = note
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))

    assert isinstance(drive_of(bytes(damaged), order), Drive)
