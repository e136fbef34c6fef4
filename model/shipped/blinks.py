"""Tells closed from open eyes in a clip by their course, where one frame alone cannot: a blink has two ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class BlinkSettings:
    """What a blink is, and what is rest, in the teacher's closedness, 0..1, and in seconds. All was set by hand.

    window: on either side of a frame, which its median is taken over.  rise: above the median, from where on lids move.
    longest: of a blink.  top: its height; height: the same above the median; near_top: share of that from where on an
    eye is closed.  margin: around moving lids, where nothing is called open.  still: distance from the median of an
    eye at rest; rest: the highest median; apart: the most that the eyes differ.
    """

    window: float = 1.0
    rise: float = 0.12
    longest: float = 0.6
    top: float = 0.5
    height: float = 0.25
    near_top: float = 0.75
    margin: float = 0.2
    still: float = 0.08
    rest: float = 0.5
    apart: float = 0.15


SHIPPED = BlinkSettings()


def eyes_in_time(blinks: NDArray[np.float64], fps: float) -> list[str]:
    """Label each frame of a clip: "1" closed, "0" open, "" where neither is clear.

    blinks: the teacher's closedness of both eyes in each frame, (T, 2), NaN without a face.  A short rise of both
    well above the second around it that falls again is a blink, and its top is closed; what lies as the second around
    it does, away from any blink and alike in both eyes, is open, however narrow.
    """
    labels = [""] * len(blinks)
    if len(blinks) < 3 or np.isnan(blinks).all():
        return labels
    blink, apart = blinks.min(axis=1), np.abs(blinks[:, 0] - blinks[:, 1])
    around, brief = round(SHIPPED.window * fps), max(round(SHIPPED.margin * fps), 1)
    rest = np.array([_median(blink[max(i - around, 0) : i + around + 1]) for i in range(len(blink))])
    risen = np.nan_to_num(blink - rest) > SHIPPED.rise
    edges = np.flatnonzero(np.diff(np.concatenate(([0], risen.astype(int), [0]))))
    for start, end in edges.reshape(-1, 2):
        top = blink[start:end].max()
        whole = start > 0 and end < len(blink) and not np.isnan(blink[[start - 1, end]]).any()
        short = end - start <= SHIPPED.longest * fps
        if whole and short and top >= SHIPPED.top and top - rest[start] >= SHIPPED.height:
            for i in range(start, end):
                if blink[i] >= rest[i] + SHIPPED.near_top * (top - rest[i]):
                    labels[i] = "1"
    moving = np.convolve(risen, np.ones(2 * brief + 1))[brief : brief + len(blink)] > 0
    at_rest = (np.abs(blink - rest) < SHIPPED.still) & (rest < SHIPPED.rest) & (apart < SHIPPED.apart)
    for still in np.flatnonzero(~moving & at_rest):
        labels[still] = "0"
    return labels


def _median(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")
