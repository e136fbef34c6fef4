"""How long a stream may be silent before it counts as gone: longer where that has turned out to be its way."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from livecam.sources.decoding import Device


@dataclass(frozen=True, slots=True)
class PatienceSettings:
    """All set by hand.

    first_s: for which a picture is waited for, also while a stream is opened.  longest_s: at the most, where those do
    not come so soon; it doubles.
    quick_s, quick: after so many pictures in a row that came so soon, a stream that is silent is gone after first_s.
    ran_out: of the time that was waited, if nothing came.
    """

    first_s: float = 5.0
    longest_s: float = 80.0
    quick_s: float = 1.0
    quick: int = 10
    ran_out: float = 0.9


_SETTINGS = PatienceSettings()


class Patience:
    """Of one stream, however often it is opened.

    seconds: for which its next opening waits for each picture.  opening_s: and for the first, as long as it connects.
    """

    def __init__(self) -> None:
        self.seconds = self.opening_s = _SETTINGS.first_s
        self._quick = 0  # pictures in a row

    def note_opening(self, took_s: float, *, began: bool) -> None:
        """Take in that it began after took_s, or did not in opening_s: who begins slowly does so each time."""
        longer_s = 2 * (took_s if began else self.opening_s)
        self.opening_s = min(max(_SETTINGS.first_s, longer_s), _SETTINGS.longest_s)

    def note(self, waited_s: float, patience_s: float, *, came: bool) -> None:
        """Take in that a picture came, or nothing did, after waited_s of patience_s."""
        settings = _SETTINGS
        if came:
            self._quick = self._quick + 1 if waited_s < settings.quick_s else 0
            if self._quick >= settings.quick:
                self.seconds = settings.first_s
        elif waited_s > settings.ran_out * patience_s:
            self._quick, self.seconds = 0, min(2 * patience_s, settings.longest_s)


class TimedStream:
    """A stream as a device that tells its Patience how long each picture was waited for."""

    def __init__(self, device: Device, patience: Patience) -> None:
        """Take over device, which was opened to wait for patience.seconds."""
        self._device, self._patience, self._patience_s = device, patience, patience.seconds

    def grab(self) -> bool:
        """Wait for the next picture and take it."""
        asked_s = time.monotonic()
        came = self._device.grab()
        self._patience.note(time.monotonic() - asked_s, self._patience_s, came=came)
        return came

    def retrieve(self, image: npt.NDArray[Any] | None = None, /) -> tuple[bool, npt.NDArray[Any]]:
        """Decode it: (ok, BGR), into image if that fits."""
        return self._device.retrieve(image)

    def get(self, propId: int, /) -> float:  # noqa: N803  cv2's own name
        """Read a property."""
        return self._device.get(propId)

    def release(self) -> None:
        """Close the stream."""
        self._device.release()
