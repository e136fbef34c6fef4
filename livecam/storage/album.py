"""Keeps the pictures: each one a JPEG with its time, score and eye state inside, on the disk whole or not at all."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
from PIL import ExifTags, Image

from livecam import __version__
from livecam.errors import OutputError
from livecam.storage.disk_errors import explain
from livecam.storage.durable import require_writable, write_new
from livecam.storage.leftovers import picture_name, recover, temporary_name
from livecam.types import FloatArray, Moment, ScoredFace, UInt8Array

QUALITY = 95
SMALL_SIDE = 480  # pixels on the longer side of what is shown of a picture on the screen

# A webcam's own stream has halved the colour once; halving it again is what makes lips and lashes look smeared.
_SUBSAMPLING_444 = 0

_X = "{adobe:ns:meta/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_LIVECAM = "{urn:livecam:xmp:1#}"

for _prefix, _tag in (("x", _X), ("rdf", _RDF), ("xmp", _XMP), ("livecam", _LIVECAM)):
    ET.register_namespace(_prefix, _tag.strip("{}"))


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture on the disk.

    peak: the moment it shows, of an album's with its frame made small.  fired_t_ms: when the shutter decided.
    manual: a person pressed the key.
    """

    path: Path
    peak: Moment
    fired_t_ms: float
    manual: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Developed:
    """A picture that only has to be written.

    name: of its file, if that is free.  data: the whole JPEG.  peak: the moment it shows, its frame made small, for
    the screen: many may wait for a disk.  fired_t_ms, manual: see Shot.
    """

    name: str
    data: bytes
    peak: Moment
    fired_t_ms: float
    manual: bool = False

    @property
    def nbytes(self) -> int:
        """Memory that it takes, bytes."""
        return len(self.data) + self.peak.frame.image.nbytes


class Album:
    """A folder of pictures. Several albums, of several processes, may share one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        model_version: str | None = None,
        wall_s: Callable[[], float] = time.time,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make folder and prove that a file can be written there. Raises OutputError if not.

        leftovers: what was done about the picture of a run that was killed.
        model_version: kept in each picture beside its score. wall_s, monotonic_s: the clocks, in seconds.
        """
        self.folder = folder
        self._model_version = model_version
        self._wall_s, self._monotonic_s = wall_s, monotonic_s
        try:
            require_writable(folder)
            self.leftovers = recover(folder)
            self._disk = folder.stat().st_dev
        except OSError as error:
            raise OutputError(explain("save pictures", folder, error)) from error

    def save(self, peak: Moment, *, fired_t_ms: float, manual: bool = False) -> Shot:
        """Write peak's whole frame and return where it is: ``develop``, then ``write``. Raises OutputError."""
        return self.write(self.develop(peak, fired_t_ms=fired_t_ms, manual=manual))

    def develop(self, peak: Moment, *, fired_t_ms: float, manual: bool = False) -> Developed:
        """Make a file of peak's whole frame, in memory.

        The picture's time is the wall clock's when the source delivered the frame.
        """
        age_s = self._monotonic_s() - peak.frame.captured_s
        taken = datetime.fromtimestamp(self._wall_s() - age_s, UTC).astimezone()
        xmp = _xmp(peak, fired_t_ms=fired_t_ms, manual=manual, model_version=self._model_version)
        data = _encode(peak, taken, xmp)
        name = picture_name(f"{taken:%Y:%m:%d %H:%M:%S}", f"{taken.microsecond // 1000:03d}")
        small = replace(peak, frame=replace(peak.frame, image=shrunk(peak.frame.image)))
        return Developed(name, data, small, fired_t_ms, manual)

    def write(self, picture: Developed) -> Shot:
        """Write it and return where it is. Raises OutputError, and then nothing of it is left on the disk.

        A folder that was deleted is made again, but only on the disk that it was on: not where a stick was plugged in.
        """
        try:
            try:
                path = self._write(picture)
            except FileNotFoundError:
                if not self._is_on_same_disk():
                    raise
                self.folder.mkdir(parents=True, exist_ok=True)
                path = self._write(picture)
        except OSError as error:
            raise OutputError(explain("save pictures", self.folder, error)) from error
        return Shot(path, picture.peak, picture.fired_t_ms, picture.manual)

    def free_bytes(self) -> int | None:
        """How much more the disk takes, bytes; None if that is not known."""
        try:
            return shutil.disk_usage(self.folder).free
        except OSError:
            return None

    def _write(self, picture: Developed) -> Path:
        # "_" sorts after ".", so the second picture of a millisecond is listed after the first.
        temporary = self.folder / temporary_name()
        return write_new(self.folder / picture.name, picture.data, numbering="_{:02d}", temporary=temporary)

    def _is_on_same_disk(self) -> bool:
        there = next(path for path in self.folder.absolute().parents if path.exists())
        return there.stat().st_dev == self._disk


def shrunk(image: UInt8Array) -> UInt8Array:
    """Return image, uint8 (H, W, 3), with SMALL_SIDE pixels on its longer side, or as it is if it has no more."""
    scale = SMALL_SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _encode(peak: Moment, taken: datetime, xmp: bytes) -> bytes:
    """JPEG of the frame; EXIF 2.32 with the time to the millisecond."""
    exif = Image.Exif()
    local, tag = f"{taken:%Y:%m:%d %H:%M:%S}", ExifTags.Base
    exif.update(
        {
            tag.Orientation: 1,
            tag.Software: f"livecam {__version__}",
            tag.DateTime: local,
            tag.XResolution: 72,
            tag.YResolution: 72,
            tag.ResolutionUnit: 2,  # inch; EXIF wants one, though a frame has none
            tag.YCbCrPositioning: 1,
        }
    )
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            tag.ExifVersion: b"0232",
            tag.FlashPixVersion: b"0100",
            tag.ColorSpace: 1,  # sRGB
            tag.ExifImageWidth: peak.frame.width,
            tag.ExifImageHeight: peak.frame.height,
            tag.DateTimeOriginal: local,
            tag.SubsecTimeOriginal: f"{taken.microsecond // 1000:03d}",
            tag.OffsetTimeOriginal: taken.isoformat()[-6:],
        }
    )
    buffer = io.BytesIO()
    image = Image.fromarray(peak.frame.image)
    image.save(buffer, "JPEG", quality=QUALITY, subsampling=_SUBSAMPLING_444, exif=exif, xmp=xmp)
    return buffer.getvalue()


def _xmp(peak: Moment, *, fired_t_ms: float, manual: bool, model_version: str | None) -> bytes:
    """Adobe XMP packet: xmp:Rating, which photo programs show as stars, and all that livecam knows of the picture."""
    root = ET.Element(f"{_X}xmpmeta")
    description = ET.SubElement(ET.SubElement(root, f"{_RDF}RDF"), f"{_RDF}Description")
    description.set(f"{_RDF}about", "")
    if peak.worst is not None:
        stars = str(int(peak.worst.score.value + 0.5))
        _text(description, f"{_XMP}Rating", stars)
        _text(description, f"{_LIVECAM}rated", stars)  # nobody's word: see ``xmp_values.RATED_BY_LIVECAM``
        _face_fields(description, peak.worst)
    _text(description, f"{_LIVECAM}TimeMs", f"{peak.t_ms:.3f}")
    _text(description, f"{_LIVECAM}FiredMs", f"{fired_t_ms:.3f}")
    _text(description, f"{_LIVECAM}Manual", str(manual))
    if model_version is not None:
        _text(description, f"{_LIVECAM}ModelVersion", model_version)
    if peak.faces:  # XMP has no empty lists
        faces = ET.SubElement(ET.SubElement(description, f"{_LIVECAM}Faces"), f"{_RDF}Seq")
        for face in peak.faces:
            item = ET.SubElement(faces, f"{_RDF}li")
            item.set(f"{_RDF}parseType", "Resource")
            _sequence(item, f"{_LIVECAM}Box", [f"{side:.1f}" for side in face.face.box])
            _face_fields(item, face)
            if face.reasons:
                _sequence(item, f"{_LIVECAM}Reasons", [reason.name.lower() for reason in face.reasons])
    body = ET.tostring(root, encoding="unicode")
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{body}<?xpacket end="r"?>'.encode()


def _face_fields(parent: ET.Element, face: ScoredFace) -> None:
    left, right = face.score.eyes_closed
    _text(parent, f"{_LIVECAM}Score", f"{face.score.value:.4f}")
    _sequence(parent, f"{_LIVECAM}RatingProbs", _decimals(face.score.rating_probs))
    _text(parent, f"{_LIVECAM}EyesClosedLeft", f"{left:.4f}")
    _text(parent, f"{_LIVECAM}EyesClosedRight", f"{right:.4f}")


def _decimals(values: FloatArray) -> list[str]:
    return [f"{value:.4f}" for value in values]


def _text(parent: ET.Element, tag: str, value: str) -> None:
    ET.SubElement(parent, tag).text = value


def _sequence(parent: ET.Element, tag: str, values: list[str]) -> None:
    items = ET.SubElement(ET.SubElement(parent, tag), f"{_RDF}Seq")
    for value in values:
        ET.SubElement(items, f"{_RDF}li").text = value
