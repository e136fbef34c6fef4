"""Pictures out of clips and image files. BGR becomes RGB here, and nowhere else."""

from __future__ import annotations

import math
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from livecam.errors import SourceError
from livecam.photos.discover import collect
from livecam.photos.moving import MOVING_SUFFIXES
from livecam.photos.read import read as read_photo
from livecam.sources.pixel_shape import pixel_ratio, with_square_pixels
from livecam.types import UInt8Array

STILL_SPACING_MS = 200.0  # 5 pictures a second, a usual burst: wider than the trigger's smoothing of 100 ms
SHORTFALL = 0.1  # a clip that lacks more than this share, in frames and in time, ended early; set by hand
_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
GREY, BGRA = 2, 4  # dimensions of a grey picture; channels of one with transparency
_KEPT = 10  # pictures whose memory is used again: as many as a run looks at or chooses among at once; set by hand
_BEGINS_ANEW_MS = 500.0  # a time that goes back by more is that of another recording, joined to the first; set by hand
_ROWS = 64  # of a picture whose colours are put in order at once; set by hand
_held = [np.empty(0)]
_ALONE = sys.getrefcount(_held[0])  # of what only a list refers to; not the same in all versions of Python


class Device(Protocol):
    """The part of ``cv2.VideoCapture`` that livecam uses.

    Of a live device two equal pictures in a row count as one that was repeated.
    """

    def grab(self) -> bool:
        """Wait for the next picture and take it, undecoded; False if none came."""

    def retrieve(self, image: npt.NDArray[Any] | None = None, /) -> tuple[bool, npt.NDArray[Any]]:
        """Decode it: (ok, BGR), into image if that fits."""

    def get(self, propId: int, /) -> float:  # noqa: N803  cv2's own name
        """Read a property, 0 if it is not known.

        A live device that names its ``cv2.CAP_PROP_FPS`` is taken to have a buffer, whose old pictures are passed over.
        """

    def release(self) -> None:
        """Give the device back."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture. image: uint8 (H, W, 3), RGB.  t_ms: media time.  path: of a still."""

    image: UInt8Array
    t_ms: float
    path: Path | None = None


class Decoder:
    """Decodes what a device has grabbed, into memory that nobody looks at any more.

    Pictures of 25 MB (4K) that were allocated one by one would leave gaps of that size in the heap, 120 MB in all.
    """

    def __init__(self) -> None:
        self._shape: tuple[int, ...] | None = None  # of the pictures, once it is known
        self._pictures: list[UInt8Array] = []
        self._device: Device | None = None  # the last one, and how wide its pixels are
        self._ratio = 1.0

    def decode(self, device: Device) -> UInt8Array | None:
        """Return the picture, uint8 (H, W, 3) RGB; None if there is none. It stays as it is while anybody has it."""
        image = self._decode(device)
        if image is not None and device is not self._device:
            self._device, self._ratio = device, pixel_ratio(device)
        return image if image is None else with_square_pixels(image, self._ratio)

    def _decode(self, device: Device) -> UInt8Array | None:
        room = self._free(self._shape) if self._shape is not None else None
        ok, image = device.retrieve(room)
        if not ok or image.size == 0:
            return None
        if image is room:
            for top in range(0, len(room), _ROWS):  # in place, by parts that stay in the processor's cache
                rows = room[top : top + _ROWS]
                rows[:] = cv2.cvtColor(rows, cv2.COLOR_BGR2RGB)
            return room
        if image.ndim == GREY:
            code = cv2.COLOR_GRAY2RGB
        else:
            code = cv2.COLOR_BGRA2RGB if image.shape[2] == BGRA else cv2.COLOR_BGR2RGB
        self._shape = image.shape if code == cv2.COLOR_BGR2RGB else None
        return np.asarray(cv2.cvtColor(image, code), np.uint8)

    def _free(self, shape: tuple[int, ...]) -> UInt8Array:
        """A picture to be written over. A view of one refers to it, too, so that it is not free."""
        if self._pictures and self._pictures[0].shape != shape:
            self._pictures.clear()  # whoever has one of the old size keeps it
        for place in range(len(self._pictures)):
            if sys.getrefcount(self._pictures[place]) == _ALONE:
                return self._pictures[place]
        picture = np.empty(shape, np.uint8)
        if len(self._pictures) < _KEPT:
            self._pictures.append(picture)
        return picture


@dataclass(frozen=True, slots=True)
class Orientation:
    """How pictures are turned before anything looks at them.

    rotate: degrees clockwise, 0, 90, 180 or 270.  mirror: left and right change places, after the rotation.
    """

    rotate: int = 0
    mirror: bool = False

    def __post_init__(self) -> None:
        if self.rotate not in (0, *_ROTATIONS):
            raise ValueError(f"rotate must be 0, 90, 180 or 270, not {self.rotate}")

    def apply(self, image: UInt8Array) -> UInt8Array:
        """Return image, uint8 (H, W, 3), turned; the same array where nothing is to be done."""
        if self.rotate:
            image = np.asarray(cv2.rotate(image, _ROTATIONS[self.rotate]), np.uint8)
        return np.asarray(cv2.flip(image, 1), np.uint8) if self.mirror else image


UPRIGHT = Orientation()


def check_readable(path: Path) -> None:
    """Raise SourceError unless path is a file that can be opened and holds something."""
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise SourceError(f"no such file: {path}: check the path") from None
    except OSError as e:
        raise SourceError(f"{path} cannot be read ({e.strerror}): check its permissions") from None
    if empty:
        raise SourceError(f"{path} is empty (0 bytes): copy it again, or choose another file")


def list_images(folder: Path) -> tuple[Path, ...]:
    """Return the photos in folder (not below it), naturally sorted; of a raw file and its JPEG only the JPEG.

    Raises SourceError when there are none.
    """
    return images_and_others(folder)[0]


def images_and_others(folder: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return the photos in folder as ``list_images`` does, and what else is in it, counted, a line each.

    Raises SourceError when there are no photos.
    """
    try:
        next(folder.iterdir(), None)
    except OSError as e:
        raise SourceError(f"folder {folder} cannot be read ({e.strerror}): check its permissions") from None
    items, skipped = collect([str(folder)])
    # Of a picture that moves the first one is a photo as well.
    found = tuple(item.path for item in items if not item.clip or item.path.suffix.lower() in MOVING_SUFFIXES)
    others = tuple(item.why for item in skipped if not item.failed)
    clips = len(items) - len(found)
    if clips:
        others += (f"passed over: {clips:,} clip{'s' * (clips != 1)}, which livecam best looks through",)
    if not found:
        beside = f" ({'; '.join(others)})" if others else ""
        raise SourceError(f"folder {folder} holds no pictures (JPEG, PNG, HEIC, raw …){beside}: choose another folder")
    return found, others


def still_pictures(paths: Sequence[Path]) -> Generator[Picture]:
    """Yield each picture, STILL_SPACING_MS apart.

    Files that cannot be read are passed over, so that one broken file does not lose the rest; the SourceError that
    names the first of them comes after the last picture.
    """
    broken: list[SourceError] = []
    count = 0
    for path in paths:
        try:
            image = read_photo(path).image
        except SourceError as e:
            broken.append(e)
            continue
        yield Picture(image, count * STILL_SPACING_MS, path)
        count += 1
    if broken:
        many = f"{len(broken)} of {len(paths)} pictures were passed over; the first: " if len(paths) > 1 else ""
        raise SourceError(f"{many}{broken[0]}")


def clip_pictures(device: Device, name: str, length_ms: float | None = None) -> Generator[Picture]:
    """Yield every frame of an opened clip with its media time, and release the device at the end.

    length_ms: how long it is shown, where the container says so; frames that an edit list leaves out are not missed.

    t_ms is the container's presentation time where that increases, else frames at the nominal rate; it always
    increases strictly, and goes on where recordings were joined whose times each begin anew. A clip without a first
    frame, or one that ends early, raises SourceError; the latter after the last frame that could be decoded.
    """
    fps = device.get(cv2.CAP_PROP_FPS)
    period_ms = 1000 / fps if math.isfinite(fps) and fps > 0 else 40.0
    count, t_ms, trusted, shift_ms = 0, 0.0, True, 0.0
    decoder = Decoder()
    try:
        while device.grab() and (image := decoder.decode(device)) is not None:
            position = device.get(cv2.CAP_PROP_POS_MSEC)  # of the frame just read, in OpenCV's FFmpeg backend
            if count == 0:
                t_ms = position if math.isfinite(position) and position > 0 else 0.0
            else:
                trusted = trusted and math.isfinite(position) and (count > 1 or position > t_ms)
                if trusted and position + shift_ms < t_ms - _BEGINS_ANEW_MS:
                    shift_ms = t_ms + period_ms - position
                # A later frame that shares its time with the one before is moved by a hair, not by a frame.
                t_ms = max(position + shift_ms, t_ms + 1.0) if trusted else t_ms + period_ms
            yield Picture(image, t_ms)
            count += 1
        if count == 0:
            raise SourceError(f"{name} holds no frame that can be decoded: play it elsewhere, or choose another clip")
        expected = device.get(cv2.CAP_PROP_FRAME_COUNT)
        if length_ms is not None:
            expected = min(expected, length_ms / period_ms)
        _check_complete(expected, count, period_ms, t_ms, name)
    finally:
        device.release()


def _check_complete(expected: float, count: int, period_ms: float, t_ms: float, name: str) -> None:
    """Compare frames and time with what the container promises; both, for each alone is often off in sound clips."""
    least = 1 - SHORTFALL
    if count < expected * least and t_ms + period_ms < expected * period_ms * least:
        seconds = f"{(t_ms + period_ms) / 1000:.1f} of {expected * period_ms / 1000:.1f} s"
        raise SourceError(
            f"{name} ends early: {count} of {expected:.0f} frames ({seconds}) could be read: copy the file again"
        )
