"""Exports what was chosen: the frames of clips as pictures, and which files are to be transferred."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from PIL import ExifTags, Image

from livecam import __version__
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.ranking.selection import keepers
from livecam.best.records.frame import FrameRecord
from livecam.best.scan.clips import frames_at
from livecam.errors import OutputError, SourceError
from livecam.storage.disk_errors import explain
from livecam.storage.durable import find_written, write_new
from livecam.types import Frame

_QUALITY = 95


def export_frames(groups: Sequence[RankedGroup], top: int, folder: Path) -> Iterator[Path | SourceError]:
    """Write the first top frames of each clip into folder as JPEGs of full resolution; yield each one's path.

    None is written over; a frame that is there already is not written again. Yields the SourceError of a clip that
    cannot be read any more. Raises OutputError.
    """
    times_ms: dict[Path, list[float]] = {}
    for record in (record for group in groups for record in keepers(group, top)):
        if record.path is not None and record.t_ms is not None:
            times_ms.setdefault(record.path, []).append(record.t_ms)
    yield from export_frames_at(times_ms, folder)


def export_frames_at(times_ms: Mapping[Path, Sequence[float]], folder: Path) -> Iterator[Path | SourceError]:
    """Write the frames of clips at these media times, as ``export_frames`` does. Raises OutputError."""
    if not times_ms:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for clip, wanted in times_ms.items():
            try:
                for frame in frames_at(clip, wanted):
                    data, path = _jpeg(frame), folder / f"{clip.stem}_{frame.t_ms / 1000:08.3f}s.jpg"
                    yield find_written(path, data) or write_new(path, data)
            except SourceError as error:
                yield error
    except OSError as error:
        raise OutputError(explain("save pictures", folder, error)) from error


def to_transfer(groups: Sequence[RankedGroup], top: int) -> list[list[Path]]:
    """Return the photos to keep, each with the files that go where it goes.

    Of a live photo, whose clip has the best frame, it is the photo; the frames of other clips are not files.
    """
    by_clip = {
        clip: record for group in groups for record in group.records for clip in record.companions if record.path
    }
    wanted: dict[Path, FrameRecord] = {}
    for group in groups:
        for record in keepers(group, top):
            still = by_clip.get(record.path) if record.path and record.t_ms is not None else record
            if still is not None and still.path is not None:
                wanted[still.path] = still
    return [[path, *still.companions] for path, still in wanted.items()]


def _jpeg(frame: Frame) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = f"livecam {__version__}"
    exif[ExifTags.Base.Orientation] = 1
    buffer = io.BytesIO()
    Image.fromarray(frame.image).save(buffer, "JPEG", quality=_QUALITY, subsampling=0, exif=exif)
    return buffer.getvalue()
