"""Keeps the pictures: each one a JPEG with its time, score and eye state inside, on the disk whole or not at all."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from PIL import ExifTags, Image

from livecam import __version__
from livecam.errors import OutputError
from livecam.storage.disk_errors import explain
from livecam.storage.durable import require_writable, write_new
from livecam.types import FloatArray, Moment, ScoredFace

QUALITY = 95

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

    peak: the moment it shows.  fired_t_ms: when the shutter decided.  manual: a person pressed the key.
    """

    path: Path
    peak: Moment
    fired_t_ms: float
    manual: bool = False


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

        model_version: kept in each picture beside its score. wall_s, monotonic_s: the clocks, in seconds.
        """
        self.folder = folder
        self._model_version = model_version
        self._wall_s, self._monotonic_s = wall_s, monotonic_s
        try:
            require_writable(folder)
        except OSError as error:
            raise OutputError(explain("save pictures", folder, error)) from error

    def save(self, peak: Moment, *, fired_t_ms: float, manual: bool = False) -> Shot:
        """Write peak's whole frame and return where it is.

        The picture's time is the wall clock's when the source delivered the frame. Raises OutputError, and then
        nothing of the picture is left on the disk.
        """
        age_s = self._monotonic_s() - peak.frame.captured_s
        taken = datetime.fromtimestamp(self._wall_s() - age_s, UTC).astimezone()
        xmp = _xmp(peak, fired_t_ms=fired_t_ms, manual=manual, model_version=self._model_version)
        data = _encode(peak, taken, xmp)
        name = f"livecam_{taken:%Y%m%d-%H%M%S}-{taken.microsecond // 1000:03d}.jpg"
        try:
            # "_" sorts after ".", so the second picture of a millisecond is listed after the first.
            path = write_new(self.folder / name, data, numbering="_{:02d}")
        except OSError as error:
            raise OutputError(explain("save pictures", self.folder, error)) from error
        return Shot(path, peak, fired_t_ms, manual)


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
        _text(description, f"{_XMP}Rating", str(int(peak.worst.score.value + 0.5)))
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
