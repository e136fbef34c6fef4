"""Whether two photos are versions of one: what names, times, exposures and the pictures say together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livecam.best.grouping.burst_names import is_named_as_merged
from livecam.best.grouping.known_versions import VersionNames
from livecam.best.grouping.version_names import Version
from livecam.best.records.frame import FrameRecord
from livecam.best.records.scan_result import ScanResult
from livecam.photos.capture_names import folded, root_of
from livecam.photos.captures import CAPTURE_DEFAULTS, distance
from livecam.photos.live_clips import LiveClipSettings
from livecam.photos.read import RAW_SUFFIXES


@dataclass(frozen=True, slots=True)
class VersionSettings:
    """All set by hand."""

    # Bits of 64 in which the hashes of versions without a time may differ.
    max_bits_without_time: int = 12
    # Of a copy that has no time: it shows the same to the pixel, but for its compression. Grey levels, on average.
    max_bits_of_copy: int = 2
    max_difference_of_copy: float = 0.7
    # A longer clip that bears a version's name is not the clip of a live photo, milliseconds. Phones record 3 s.
    max_live_photo_ms: float = LiveClipSettings().max_ms
    # What is called merged, "-HDR", was made of one photo only where no other was taken in so many seconds.
    merged_within_s: float = 10.0


VERSION_DEFAULTS = VersionSettings()


def same_photo(one: ScanResult, other: ScanResult, names: VersionNames) -> bool:
    """Whether two photos of one name may be one: names come again once the counter begins anew."""
    record, again = one.records[0], other.records[0]
    if not _same_camera(record, again):
        return False
    of_both = [names.of(result.item.path) for result in (one, other)]
    if any(name.numbered for name in of_both):
        return _same_instant(record, again) and _alike(record, again)
    if any(name.guessed for name in of_both):
        if any(is_named_as_merged(result.item.path.stem) for result in (one, other)) and names.is_one_of_several(
            record, VERSION_DEFAULTS.merged_within_s
        ):
            return False  # its first photo must stay in its bracket, see ``burst_names.merged_from``
        return _same_shot(record, again) and _alike(record, again)
    if record.captured is not None and again.captured is not None:
        # The number may be the phone's own, for the next photo of one second.
        is_copy = Version.COPY in {name.version for name in of_both}
        return _same_time(record, again) and (not is_copy or _alike(record, again))
    if record.captured is not None or again.captured is not None:
        return False
    if Version.COPY in {name.version for name in of_both}:
        return _same_picture(record, again)  # a browser numbers whatever messengers call "image.jpg"
    return _alike(record, again)


def _same_time(record: FrameRecord, other: FrameRecord) -> bool:
    """Whether two photos say the same time, of which one may leave out fractions of a second."""
    if record.captured is None or other.captured is None:
        return False
    one, again = (captured.replace(tzinfo=None) for captured in (record.captured, other.captured))
    whole = not (one.microsecond and again.microsecond)
    return one == again or (whole and one.replace(microsecond=0) == again.replace(microsecond=0))


def _same_shot(record: FrameRecord, other: FrameRecord) -> bool:
    """Whether two photos were taken at the same time and exposed alike: not two of a bracket, nor of a burst.

    A program may leave out fractions of a second, and how it was exposed.
    """
    if not _same_time(record, other):
        return False
    said = ((record.exposure.time_s, other.exposure.time_s), (record.exposure.bias_ev, other.exposure.bias_ev))
    return all(mine is None or theirs is None or mine == theirs for mine, theirs in said)


def _same_instant(record: FrameRecord, other: FrameRecord) -> bool:
    """Whether two photos were taken at the same fraction of a second, which no two of a burst are."""
    return _same_shot(record, other) and all(one.captured and one.captured.microsecond for one in (record, other))


def same_exposure(one: ScanResult, other: ScanResult) -> bool:
    """Whether two files of one name, or of one and an addition, in folders beside each other, are one photo.

    Of a raw file and a picture of one name a time may be unknown; an export, IMG_1-web, needs more than its name.
    """
    folders = one.item.path.parent, other.item.path.parent
    if distance(*folders) not in {1, 2}:
        return False
    record, again = one.records[0], other.records[0]
    of_one_name = folded(root_of(one.item.path.stem)) == folded(root_of(other.item.path.stem))
    if not of_one_name and not _same_instant(record, again):
        return False
    if is_raw(one) == is_raw(other):
        if record.captured is None or again.captured is None:
            return False
        exact = record.captured.replace(tzinfo=None) == again.captured.replace(tzinfo=None)
        shot = exact and _same_shot(record, again)
        return shot and _same_camera(record, again) and _alike(record, again)
    if record.captured is not None and again.captured is not None:
        apart_s = (record.captured.replace(tzinfo=None) - again.captured.replace(tzinfo=None)).total_seconds()
        if abs(apart_s) > CAPTURE_DEFAULTS.max_apart_s:
            return False
    return _same_camera(record, again) and _alike(record, again)


def same_file(one: ScanResult, other: ScanResult) -> bool:
    """Whether one is a copy of the other to the byte, wherever it lies: so long, and in all that was measured the same.

    Only of what has a time: all that may be one is in one shoot then, see ``shoots``.
    """
    record, again = one.records[0], other.records[0]
    if record.captured is None or record.captured != again.captured or record.sharpness != again.sharpness:
        return False
    try:
        return _same_camera(record, again) and one.item.path.stat().st_size == other.item.path.stat().st_size
    except OSError:  # one is gone, or in a store
        return False


def _same_camera(record: FrameRecord, other: FrameRecord) -> bool:
    """Whether two photos name one camera, of which one may leave out the serial number, or one names none."""
    one, again = sorted((record.camera.casefold(), other.camera.casefold()), key=len)
    return again.startswith(one)


def _same_picture(record: FrameRecord, other: FrameRecord) -> bool:
    if (record.phash ^ other.phash).bit_count() > VERSION_DEFAULTS.max_bits_of_copy:
        return False
    if record.view is None or other.view is None or record.view.grey.shape != other.view.grey.shape:
        return record.view is None and other.view is None
    difference = np.abs(record.view.grey.astype(np.float32) - other.view.grey.astype(np.float32))
    return float(difference.mean()) <= VERSION_DEFAULTS.max_difference_of_copy


def _alike(record: FrameRecord, other: FrameRecord) -> bool:
    return (record.phash ^ other.phash).bit_count() <= VERSION_DEFAULTS.max_bits_without_time


def is_raw(result: ScanResult) -> bool:
    """Whether the file that was judged is a camera's raw file."""
    return result.item.path.suffix.lower() in RAW_SUFFIXES
