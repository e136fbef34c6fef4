"""How much anybody may ask of the server. All set by hand: nobody measured them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Connections, times and sizes.

    connections: open at a time.  of_one: of those, from one address.  request_s: for a whole request, and how long a
    connection may wait for its next.  stuck_s: for which somebody may take nothing of what is sent to them.
    handshake_s: for that of TLS.  head_bytes, body_bytes: of a request.  message_bytes: of a WebSocket's.
    viewers, guest_viewers: who see the live picture at a time, and how many of them may be guests.
    listeners: of events.  silent_s: for which a viewer may show no picture that they were sent.
    requests_at_once, requests_a_second: from one address, see ``RateLimit``.
    """

    connections: int = 192
    of_one: int = 64
    request_s: float = 10.0
    stuck_s: float = 10.0
    handshake_s: float = 5.0
    head_bytes: int = 16_384
    body_bytes: int = 4_096
    message_bytes: int = 1_024
    viewers: int = 16
    guest_viewers: int = 12
    listeners: int = 24
    silent_s: float = 15.0
    requests_at_once: float = 200
    requests_a_second: float = 50


class RateLimit:
    """A bucket for each name, such as an address: so many at once, and so many a second in the long run."""

    def __init__(
        self, at_once: float, a_second: float, *, names: int = 4096, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """names: the most that are remembered; the one not seen for longest is forgotten."""
        self._at_once, self._a_second, self._names = at_once, a_second, names
        self._clock_s = clock_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> bool:
        """Take one from the bucket of name; False when it is empty."""
        now_s = self._clock_s()
        left, since_s = self._left.pop(name, (self._at_once, now_s))
        left = min(self._at_once, left + (now_s - since_s) * self._a_second)
        enough = left >= 1
        self._left[name] = left - enough, now_s
        if len(self._left) > self._names:
            self._left.popitem(last=False)
        return enough
