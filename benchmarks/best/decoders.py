"""How long the libraries take that can decode a photo, into as few pixels as are enough and into all."""

from __future__ import annotations

import importlib
import io
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFile

from benchmarks.best.results import Decoder
from livecam.photos.raw_previews import previews_of

_ENOUGH_PX = 1500  # of the shorter side, as ``livecam best`` asks for
_TIMES = 7

Decode = Callable[[bytes], tuple[int, int]]  # of a file, to width and height of what came of it


def measure_decoders(jpeg: Path, raw: Path, heic: Path | None) -> list[Decoder]:
    """Measure all decoders that are installed, in one thread, on one photo of each kind."""
    preview, small = _previews(raw.read_bytes())
    files: dict[str, tuple[bytes, Mapping[str, Decode]]] = {
        "JPEG, 12 MP": (jpeg.read_bytes(), _JPEG),
        "a raw file's preview of 24 MP": (preview, _JPEG),
        "a raw file's preview of 1.7 MP": (small, {"Pillow, all": _JPEG["Pillow, all"]}),
        "a raw file, by LibRaw": (raw.read_bytes(), {"rawpy, which preview there is": _by_rawpy}),
    }
    if heic is not None:
        files["HEIC, 12 MP"] = heic.read_bytes(), _HEIC
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return [
            _measured(name, source, data, decode)
            for source, (data, decoders) in files.items()
            for name, decode in decoders.items()
        ]
    finally:
        cv2.setNumThreads(threads)


def _measured(name: str, source: str, data: bytes, decode: Decode) -> Decoder:
    try:
        width, height = decode(data)
    except ImportError:
        return Decoder(name, source)
    times_ms = []
    for _ in range(_TIMES):
        started = time.process_time()
        decode(data)
        times_ms.append(1000 * (time.process_time() - started))
    return Decoder(name, source, width, height, statistics.median(times_ms))


def _previews(data: bytes) -> tuple[bytes, bytes]:
    """The largest and the smaller preview of a raw file."""
    found = previews_of(lambda start, count: data[start : start + count], len(data))
    if found is None:
        raise ValueError("no previews")
    small, large = found.all[-2:]
    return data[large.start : large.start + large.length], data[small.start : small.start + small.length]


def _size(image: object) -> tuple[int, int]:
    height, width = np.asarray(image, np.uint8).shape[:2]
    return width, height


def _by_pillow(*, enough: bool) -> Decode:
    def decode(data: bytes) -> tuple[int, int]:
        with Image.open(io.BytesIO(data)) as image:
            if isinstance(image, ImageFile.ImageFile):
                image.decodermaxblock = len(data)  # as livecam has it
            if enough:
                scale = _ENOUGH_PX / min(image.size)
                image.draft(None, (int(image.width * scale), int(image.height * scale)))
            return _size(image)

    return decode


def _by_opencv(*, enough: bool) -> Decode:
    def decode(data: bytes) -> tuple[int, int]:
        # The second kind leaves out the orientation, which livecam brings to its own.
        how = cv2.IMREAD_REDUCED_COLOR_2 if enough else cv2.IMREAD_COLOR
        return _size(cv2.imdecode(np.frombuffer(data, np.uint8), how | cv2.IMREAD_IGNORE_ORIENTATION))

    return decode


def _by_turbojpeg(data: bytes) -> tuple[int, int]:
    turbojpeg = importlib.import_module("turbojpeg")  # no dependency
    return _size(turbojpeg.TurboJPEG().decode(data, scaling_factor=(1, 2)))


def _by_pyvips(data: bytes) -> tuple[int, int]:
    pyvips = importlib.import_module("pyvips")  # no dependency
    return _size(pyvips.Image.new_from_buffer(data, "", shrink=2).numpy())


def _by_rawpy(data: bytes) -> tuple[int, int]:
    import rawpy  # noqa: PLC0415  in an extra

    with rawpy.imread(io.BytesIO(data)) as raw, Image.open(io.BytesIO(bytes(raw.extract_thumb().data))) as image:
        return image.size


def _by_pi_heif(data: bytes) -> tuple[int, int]:
    import pi_heif  # noqa: PLC0415  in an extra

    return _size(pi_heif.open_heif(data))


_JPEG: Mapping[str, Decode] = {
    "Pillow, what is enough": _by_pillow(enough=True),
    "Pillow, all": _by_pillow(enough=False),
    "OpenCV, half": _by_opencv(enough=True),
    "OpenCV, all": _by_opencv(enough=False),
    "PyTurboJPEG, half": _by_turbojpeg,
    "pyvips, half": _by_pyvips,
}
_HEIC: Mapping[str, Decode] = {"pi-heif, all": _by_pi_heif}
