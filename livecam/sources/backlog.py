"""Which pictures of a camera or stream are old when they come, because they have waited in a buffer."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass

import cv2

from livecam.sources.decoding import Device


@dataclass(frozen=True, slots=True)
class BacklogSettings:
    """When what comes is taken for old. All set by hand; ``tests/sources/test_streams.py`` proves them on real streams.

    After a silence of gap_s seconds and gap_intervals usual intervals, what comes has piled up here or at the sender,
    who may need settle_s seconds to get rid of it. Then a picture is fresh again once it had to be waited for,
    fresh_share of the usual interval; after longest_s seconds whatever comes is taken. A picture that comes after a
    silence again, with none between, is no backlog: the source has become slow, and its new interval is learned. A
    silence after pictures of which all were passed over is that of a source that gives them in bursts, as weak Wi-Fi
    does: until there was none for bursts_s seconds, nothing that ends one is passed over.
    """

    gap_s: float = 0.4
    gap_intervals: float = 4.0
    settle_s: float = 0.2
    fresh_share: float = 1 / 3
    longest_s: float = 2.0
    bursts_s: float = 10.0


_SETTINGS = BacklogSettings()


class Backlog:
    """Tells pictures that waited in a buffer from those that were waited for. One for each opening of a device."""

    def __init__(self, device: Device, now_s: float) -> None:
        fps = device.get(cv2.CAP_PROP_FPS)
        self._claimed_s = 1 / fps if 1 <= fps <= 240 else 0.0  # until the real interval is measured
        self._intervals_s: deque[float] = deque(maxlen=15)
        self._last_s = now_s
        self._settled_s = now_s
        self._after_silence = False  # whether the last picture ended one
        self._passed = True  # whether any picture since the last silence was no old one
        self._bursts_until_s = now_s
        self._fresh_s = _SETTINGS.fresh_share * self._claimed_s  # a picture that was waited for so long is fresh
        # Opening a stream reads ahead to see what it is.
        self._until_s = now_s + _SETTINGS.longest_s if self._claimed_s else now_s

    def holds(self, asked_s: float, came_s: float) -> bool:
        """Tell whether the picture that was asked for and came at these times is an old one."""
        old = self._is_old(asked_s, came_s)
        self._passed = self._passed or not old
        return old

    def _is_old(self, asked_s: float, came_s: float) -> bool:
        settings = _SETTINGS
        usual_s = statistics.median(self._intervals_s) if self._intervals_s else self._claimed_s
        interval_s, self._last_s = came_s - self._last_s, came_s
        silent = bool(self._intervals_s) and interval_s > max(settings.gap_s, settings.gap_intervals * usual_s)
        twice, self._after_silence = silent and self._after_silence, silent
        waited = silent and came_s - asked_s > settings.gap_s  # it was not this program that stood still
        in_vain, self._passed = not self._passed, self._passed and not silent
        if waited and (came_s < self._bursts_until_s or (in_vain and not twice)):
            self._bursts_until_s = came_s + settings.bursts_s
            self._until_s = came_s
            return False
        if twice and waited:
            self._intervals_s.clear()  # of another rate
            self._intervals_s.append(interval_s)
            # What comes at once now has piled up behind this one: two silences in a row look like a slow source, too.
            self._settled_s, self._until_s = came_s, came_s + settings.longest_s
            return False
        if silent:
            self._fresh_s = settings.fresh_share * usual_s
            self._settled_s, self._until_s = came_s + settings.settle_s, came_s + settings.longest_s
            return True  # the one that ends the silence may be the oldest of all
        if came_s < self._until_s:
            if came_s < self._settled_s or came_s - asked_s < self._fresh_s:
                return True
            self._until_s = came_s
        self._intervals_s.append(interval_s)
        return False
