"""Finds the face of a rated photo, and what is known of it, or says why the photo cannot serve."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import io
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
from PIL import Image

from livecam import native_logs
from livecam.errors import SourceError
from livecam.faces.crop import crop_face
from livecam.faces.finder import FaceFinder
from livecam.photos.read import read as read_photo
from livecam.types import Face, FloatArray, Frame, UInt8Array
from model.data.near_duplicates import Fingerprint, fingerprint
from model.data.ratings import RatedPhoto

_MAX_FACES = 10  # set by hand
# Pixels: a longer picture is searched at half its size or less, three times as fast. Set by hand.
_SEARCH_SIZE = 1280
_NONE = np.zeros(0, np.float32)
_EXIF_IFD, _TAKEN = 0x8769, 0x9003  # Exif.Photo.DateTimeOriginal


class Several(StrEnum):
    """Which face counts where a photo has several."""

    LEAVE_OUT = "leave-out"
    LARGEST = "largest"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A photo that cannot serve, with the reason in a word or two and what was found."""

    photo: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RatedFace:
    """A rated face.

    png: the crop's file.  digest: its SHA-256.  points: (478, 2), crop pixels.  blendshapes: (52,).
    pose: (3,), degrees.  face_px: height in the photo.  photo_print, crop_print: see model/data/near_duplicates.py.
    taken: when, by the camera's own clock.
    """

    rated: RatedPhoto
    png: bytes
    digest: str
    points: FloatArray
    blendshapes: FloatArray
    pose: FloatArray
    face_px: float
    photo_print: Fingerprint
    crop_print: Fingerprint
    taken: datetime.datetime | None

    def once_written(self) -> RatedFace:
        """Return it with an empty png, points, blendshapes and pose, for when these are on the disk."""
        return replace(self, png=b"", points=_NONE, blendshapes=_NONE, pose=_NONE)


def find_faces(
    photos: Sequence[RatedPhoto], several: Several, smallest: int, *, hushed: bool = False
) -> list[RatedFace | LeftOut]:
    """Find the face of each photo. hushed: in a process of its own, whose native logs nobody wants."""
    if hushed:
        native_logs.hush()
        cv2.setNumThreads(1)  # there is a process for each core already
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process ends the others
    with FaceFinder(faces=_MAX_FACES, stills=True) as finder:
        return [_find_face(rated, finder, several, smallest) for rated in photos]


def _find_face(rated: RatedPhoto, finder: FaceFinder, several: Several, smallest: int) -> RatedFace | LeftOut:
    try:
        image = read_photo(rated.path).image
    except SourceError as error:
        return LeftOut(rated.photo, "unreadable", str(error))
    step = max(max(image.shape[:2]) // _SEARCH_SIZE, 1)
    reduced = image if step == 1 else _reduce(image, step)
    faces = [_enlarge(face, step) for face in finder.find(Frame(reduced, 0.0, 0, 0.0, rated.path))]
    if not faces:
        return LeftOut(rated.photo, "no face")
    height, width = image.shape[:2]
    face = _choose(faces, rated.face, several, width, height)
    if face is None and rated.face:
        return LeftOut(rated.photo, "no such face", f"face {rated.face} of {len(faces)}")
    if face is None:
        return LeftOut(rated.photo, "several faces", f"{len(faces)}: choose with --several or a column face")
    face_px = face.box[3] - face.box[1]
    if face_px < smallest:
        return LeftOut(rated.photo, "too small", f"{face_px:.0f} px high; --smallest is {smallest}")
    crop = crop_face(image, face)
    _, packed = cv2.imencode(".png", crop.image[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    png = packed.tobytes()
    return RatedFace(
        rated=rated,
        png=png,
        digest=hashlib.sha256(png).hexdigest(),
        points=face.landmarks[:, :2] @ crop.matrix[:, :2].T + crop.matrix[:, 2],
        blendshapes=face.blendshapes,
        pose=np.array(face.pose, np.float32),
        face_px=face_px,
        photo_print=fingerprint(reduced),
        crop_print=fingerprint(crop.image),
        taken=_taken(rated),
    )


def _reduce(image: UInt8Array, step: int) -> UInt8Array:
    height, width = image.shape[0] // step, image.shape[1] // step
    whole = image[: height * step, : width * step]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _enlarge(face: Face, step: int) -> Face:
    """Return a face of a picture that was reduced by step in the whole one's pixels."""
    if step == 1:
        return face
    landmarks = face.landmarks * step
    landmarks[:, :2] += (step - 1) / 2  # a reduced pixel's middle lies between those of the whole
    return Face(landmarks, face.blendshapes, face.transform)


def _choose(faces: Sequence[Face], number: int, several: Several, width: int, height: int) -> Face | None:
    if number:
        from_left = sorted(faces, key=lambda face: face.box[0] + face.box[2])
        return from_left[number - 1] if number <= len(faces) else None
    if len(faces) == 1 or several is Several.LARGEST:
        return faces[0]
    if several is Several.CENTRAL:
        return min(
            faces, key=lambda face: float(np.hypot(*(face.landmarks[:, :2].mean(axis=0) - (width / 2, height / 2))))
        )
    return None


def _taken(rated: RatedPhoto) -> datetime.datetime | None:
    """Read when the photo was taken; None where it does not say, or says nonsense."""
    with contextlib.suppress(OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        with Image.open(io.BytesIO(rated.path.read_bytes())) as picture:
            text = str(picture.getexif().get_ifd(_EXIF_IFD).get(_TAKEN, ""))
        return datetime.datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=datetime.UTC)
    return None
