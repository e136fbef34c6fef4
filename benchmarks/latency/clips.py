"""Clips to measure on, made from one that shows a person: played faster or over and over, or at another size."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from livecam.errors import SourceError

# The demo clip's stretch in which every frame shows a face: from the neutral face at 2 s to the dark at 19.4 s.
FACE_FIRST, FACE_FRAMES = 60, 510
_DROPS_NOTHING = {"preset": "veryfast", "crf": "18"}


def play_again(clip: Path, out: Path, *, speed: int = 1, times: int = 1) -> Path:
    """Write clip to out as it is encoded, speed times as fast and that often in a row; return out.

    Raises SourceError if it holds no video.
    """
    with av.open(str(out), "w") as target:
        stream, start = None, 0
        for _ in range(times):
            with av.open(str(clip)) as source:
                old = _video(source.streams.video, clip)
                stream = stream or target.add_stream_from_template(old)
                end = 0
                for packet in source.demux(old):
                    if packet.dts is None or packet.pts is None:  # the end
                        continue
                    packet.dts, packet.pts = start + packet.dts // speed, start + packet.pts // speed
                    packet.duration = (packet.duration or 0) // speed
                    end = max(end, packet.pts + packet.duration)
                    packet.stream = stream
                    target.mux(packet)
                start = end
    return out


def scale(clip: Path, out: Path, *, height: int, first: int = 0, frames: int | None = None) -> Path:
    """Write frames of clip from the first on to out, height pixels high; return out. SourceError: see play_again."""
    with av.open(str(clip)) as source, av.open(str(out), "w") as target:
        old = _video(source.streams.video, clip)
        rate = old.average_rate or Fraction(30)
        new = target.add_stream("libx264", rate=rate, options=_DROPS_NOTHING)
        width = round(old.width * height / old.height / 2) * 2
        new.width, new.height, new.pix_fmt = width, height, "yuv420p"
        last = None if frames is None else first + frames
        for index, frame in enumerate(source.decode(old)):
            if last is not None and index >= last:
                break
            if index >= first:
                picture = frame.reformat(width=width, height=height, format="yuv420p")
                picture.pts, picture.time_base = index - first, 1 / Fraction(rate)
                target.mux(new.encode(picture))
        target.mux(new.encode())
    return out


def size(clip: Path) -> tuple[int, int]:
    """Return width and height of clip's frames, pixels. Raises SourceError if it is no clip."""
    try:
        with av.open(str(clip)) as source:
            video = _video(source.streams.video, clip)
            return video.width, video.height
    except (OSError, ValueError) as error:  # PyAV's errors are both of these, or of one
        raise SourceError(f"{clip} is no clip that can be read: choose another one") from error


def _video(streams: tuple[VideoStream, ...], clip: Path) -> VideoStream:
    if not streams:
        raise SourceError(f"{clip} holds no video: choose another clip")
    return streams[0]
