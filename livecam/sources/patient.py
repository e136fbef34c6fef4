"""Calls into a camera's driver, which may never come back.

Each device gets a thread of its own, so that a call that hangs holds up neither the reading nor the end of the program.
A thread that hangs cannot be ended: it is left behind, and gives its device back should the call ever return.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy.typing as npt

from livecam.daemon_worker import DaemonWorker, in_daemon_thread
from livecam.errors import SourceError
from livecam.sources.decoding import Device

# Longer than V4L2 itself waits for a picture (10 s), and than the slowest cameras take to be opened. Set by hand.
HANG_S = 15.0
POLL_S = 0.1  # how soon Ctrl-C is seen while a stream is opened, on Windows; set by hand
MOST_HANGING = 4  # calls that may hang at a time; a driver in which so many do is not asked again; set by hand

_hanging: set[int] = set()  # devices whose threads were left behind
_lock = threading.Lock()


def in_a_thread(open_device: Callable[[], Device]) -> Device:
    """Return what open_device gives, or raise what it raises; Ctrl-C need not wait for it."""
    done = in_daemon_thread(open_device, "livecam opening")
    try:
        while True:
            with suppress(TimeoutError):
                return done.result(POLL_S)
            if done.done():  # it was its own
                return done.result()
    finally:
        del done  # an error refers to this call, which must not refer to it: what it holds open would stay open


class DriverHangsError(SourceError):
    """A call has not come back in time."""


class PatientDevice:
    """A device that is opened, read and released in a thread that is waited for only so long."""

    def __init__(self, open_device: Callable[[], Device], name: str, hang_s: float = HANG_S) -> None:
        """Open it. Raises what open_device raises, and SourceError if it does not come back. name: for people."""
        with _lock:
            if len(_hanging) >= MOST_HANGING:
                raise DriverHangsError(f"{name} does not answer: unplug it, or start the computer again")
        self._name, self._hang_s = name, hang_s
        self._left = False
        self._device: Device | None = None
        self._thread = DaemonWorker(f"livecam {name}", self._give_back)
        try:
            self._call(lambda: self._open(open_device))
        except BaseException:
            self._thread.end()  # nobody will release what was not opened
            raise

    def grab(self) -> bool:
        """Wait for the next picture and take it; False if none came, or the driver hangs."""
        try:
            return bool(self._call(self._opened.grab))
        except DriverHangsError:
            return False

    def retrieve(self, image: npt.NDArray[Any] | None = None, /) -> tuple[bool, npt.NDArray[Any]]:
        """Decode it: (ok, BGR), into image if that fits; in the caller's thread, for the driver has no part in it."""
        return self._opened.retrieve(image)

    def get(self, propId: int, /) -> float:  # noqa: N803  cv2's own name
        """Read a property, 0 if the driver hangs."""
        try:
            return float(self._call(lambda: self._opened.get(propId)))
        except DriverHangsError:
            return 0.0

    def release(self) -> None:
        """Give the device back, now or when the call that hangs returns."""
        self._thread.end()
        if not self._left and not self._thread.ends_within(self._hang_s):  # it may be opened again only then
            self._leave()

    @property
    def _opened(self) -> Device:
        assert self._device is not None  # noqa: S101  there would be no self
        return self._device

    def _open(self, open_device: Callable[[], Device]) -> None:
        self._device = open_device()

    def _call(self, act: Callable[[], Any]) -> Any:  # noqa: ANN401  what act returns
        if self._left:
            raise DriverHangsError(f"{self._name} does not answer")
        done = self._thread.submit(act)
        try:
            return done.result(self._hang_s)
        except TimeoutError:
            if done.done():  # it was the driver's own
                raise
            self._leave()
            raise DriverHangsError(f"{self._name} does not answer: unplug it and plug it in again") from None
        finally:
            del done  # as in ``in_a_thread``

    def _leave(self) -> None:
        self._left = True
        with _lock:
            _hanging.add(id(self))
        self._thread.end()
        if self._thread.ends_within(0):  # just now: nothing hangs
            with _lock:
                _hanging.discard(id(self))

    def _give_back(self) -> None:
        if self._device is not None:
            self._device.release()
        with _lock:
            _hanging.discard(id(self))
