"""Clips whose frames carry their number as a row of black and white squares, which survives any compression."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from livecam.types import UInt8Array

BITS = 16  # two more say that it is a number
HEIGHT, SQUARE, MARGIN = 720, 24, 8  # pixels
_RATE = 30  # frames a second


def stamp(image: UInt8Array, number: int) -> None:
    """Write number, 0..65535, into the lower left corner of image, uint8 (H, W, 3)."""
    top = image.shape[0] - MARGIN - SQUARE
    for place, bit in enumerate((1, 0, *_bits(number))):
        left = MARGIN + place * SQUARE
        image[top : top + SQUARE, left : left + SQUARE] = 255 * bit


def read_stamp(grey: UInt8Array) -> int | None:
    """Return the number in grey, uint8 (H, W), a picture of HEIGHT pixels that may have been made smaller since."""
    scale = grey.shape[0] / HEIGHT
    row = round((HEIGHT - MARGIN - SQUARE / 2) * scale)
    columns = [round((MARGIN + (place + 0.5) * SQUARE) * scale) for place in range(BITS + 2)]
    reach = max(1, round(SQUARE * scale / 5))
    lit = [float(grey[row - reach : row + reach, x - reach : x + reach].mean()) > 128 for x in columns]
    if lit[:2] != [True, False]:
        return None
    return sum(bit << place for place, bit in enumerate(lit[2:]))


def number_clip(clip: Path, out: Path, *, times: int) -> Path:
    """Write clip to out, times times in a row, each frame with its number from 0; return out."""
    number = 0
    with av.open(str(out), "w") as target:
        stream = target.add_stream("libx264", rate=_RATE, options={"preset": "veryfast", "crf": "18"})
        for _ in range(times):
            with av.open(str(clip)) as source:
                for frame in source.decode(video=0):
                    image = np.ascontiguousarray(frame.to_ndarray(format="rgb24"), np.uint8)
                    stamp(image, number)
                    picture = av.VideoFrame.from_ndarray(image, format="rgb24")
                    if not number:
                        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuv420p"
                    picture.pts, picture.time_base = number, 1 / Fraction(_RATE)
                    target.mux(stream.encode(picture))
                    number += 1
        target.mux(stream.encode())
    return out


def _bits(number: int) -> list[int]:
    return [number >> place & 1 for place in range(BITS)]
