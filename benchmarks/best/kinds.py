"""The kinds of files that are measured, each written from the same pictures.

A real shoot has thousands of different pictures; here a few dozen are encoded, each once, and every file gets a time of
its own, so that no two have the same bytes. What is measured without a cache is measured on the same files again and
again.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.best.encoded import TIME_TO_BE_SET, EncodedPictures, camera_exif
from benchmarks.best.photos import settle
from benchmarks.best.raws import write_raw

_NOON = datetime(2026, 5, 1, 12)  # noqa: DTZ001  as cameras write it
_BURST = 5  # photos, a fifth of a second apart; the next ten seconds later

Write = Callable[[Path, int, EncodedPictures], Path]  # the file of a number, of its picture, into a folder


@dataclass(frozen=True, slots=True)
class FileKind:
    """decoded: by what livecam decodes it.  write: raises SkippedError if that is not possible here.

    share: of the photos that are measured of the others; one of HEIC takes as long as five JPEGs.
    """

    decoded: str
    write: Write
    share: float = 1.0


def write_photos(kind: FileKind, folder: Path, count: int, encoded: EncodedPictures) -> list[Path]:
    """Write count photos of one kind. Raises SkippedError if that is not possible here."""
    folder.mkdir(parents=True, exist_ok=True)
    return [kind.write(folder, number, encoded) for number in range(count)]


def write_raws(folder: Path, count: int, encoded: EncodedPictures) -> None:
    """Write count raw files with the previews that are looked at, and a hole for what is not."""
    folder.mkdir(parents=True, exist_ok=True)
    write = _raw_with(slice(2))
    for number in range(count):
        write(folder, number, encoded)


def write_shoot(folder: Path, count: int, encoded: EncodedPictures) -> None:
    """Write a mixed shoot of about count files.

    Of each ten pictures four are raw + JPEG, two raw alone, two JPEG alone, one HEIC with a live clip (JPEG where no
    HEIC can be written), and one a bracket of three JPEGs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, kinds in enumerate(_shoot_kinds(count)):
        for write in kinds:
            write(folder, number, encoded)


def _taken(number: int) -> datetime:
    burst, within = divmod(number, _BURST)
    return _NOON + timedelta(seconds=10 * burst + within / 5)


def _exif_time(number: int) -> tuple[str, int]:
    taken = _taken(number)
    return f"{taken:%Y:%m:%d %H:%M:%S}", taken.microsecond // 1000


def _jpeg_12(folder: Path, number: int, encoded: EncodedPictures) -> Path:
    return _jpeg(folder / f"IMG_{number:05d}.jpg", number, encoded.jpeg(number))


def _jpeg(path: Path, number: int, data: bytes, bias_ev: float | None = None) -> Path:
    block = camera_exif(*_exif_time(number), bias_ev)
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:])
    return settle(path)


def _raw_with(keep: slice) -> Write:
    def write(folder: Path, number: int, encoded: EncodedPictures) -> Path:
        path = folder / f"IMG_{number:05d}.dng"
        write_raw(path, encoded.previews(number)[keep], *_exif_time(number))
        return settle(path)

    return write


def _heic_12(folder: Path, number: int, encoded: EncodedPictures) -> Path:
    path = folder / f"IMG_{number:05d}.heic"
    data = encoded.heic(number).replace(TIME_TO_BE_SET.encode(), _exif_time(number)[0].encode())
    path.write_bytes(data + _box_of_nothing(number))
    return settle(path)


def _live_clip(folder: Path, number: int, encoded: EncodedPictures) -> Path:
    path = folder / f"IMG_{number:05d}.mov"
    path.write_bytes(encoded.clip(number) + _box_of_nothing(number))
    return settle(path)


def _box_of_nothing(number: int) -> bytes:
    """What readers pass over at the end of a HEIC or MOV, and no two files have in common."""
    return (12).to_bytes(4, "big") + b"free" + number.to_bytes(4, "big")


def _bracket(folder: Path, number: int, encoded: EncodedPictures) -> Path:
    paths = [
        _jpeg(folder / f"IMG_{number:05d}_{step}.jpg", number, data, bias_ev)
        for step, (bias_ev, data) in enumerate(encoded.bracket(number))
    ]
    return paths[0]


def _shoot_kinds(count: int) -> Iterator[list[Write]]:
    """Yield the files of each picture until there are about count."""
    raw = _raw_with(slice(None))
    first: Write = _heic_12 if importlib.util.find_spec("pillow_heif") else _jpeg_12
    ten: list[list[Write]] = [[raw, _jpeg_12]] * 4 + [[raw]] * 2 + [[_jpeg_12]] * 2 + [[first, _live_clip], [_bracket]]
    written = number = 0
    while written < count:
        kinds = ten[number * 3 % 10]
        yield kinds
        written += 3 if kinds == [_bracket] else len(kinds)
        number += 1


KINDS: Mapping[str, FileKind] = {
    "JPEG, 12 MP": FileKind("OpenCV (libjpeg-turbo), at the half or quarter that is enough", _jpeg_12),
    "raw, 24 MP, with a small preview": FileKind("its preview of 1.7 MP, by OpenCV", _raw_with(slice(None))),
    "raw, 24 MP, one preview of all": FileKind(
        "its preview of 24 MP, by OpenCV, at half its size", _raw_with(slice(0, None, 2))
    ),
    "HEIC, 12 MP": FileKind("pi-heif (libheif, libde265), all of it", _heic_12, share=0.5),
}
