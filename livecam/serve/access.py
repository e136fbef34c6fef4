"""Who may do what: the host has given the PIN, everybody else is a guest."""

from __future__ import annotations

import enum
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from livecam.errors import ServeError

SHORTEST_PIN, LONGEST_PIN = 4, 64
_DIGITS = 6
_SESSION_S = 12 * 3600.0
_SESSIONS = 64


class Role(enum.Enum):
    """HOST may do all, GUEST may look, and press the shutter where the host allows it."""

    HOST = "host"
    GUEST = "guest"


class WrongPinError(Exception):
    """wait_s: after how many seconds the next attempt is heard; 0 if at once."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class Attempts:
    """Slows down who guesses a PIN. All set by hand.

    An address has five attempts, then waits twice as long after each, from 10 seconds to 15 minutes. All addresses
    together have a hundred wrong ones an hour: of six digits that is one chance in ten thousand.
    """

    FREE, FIRST_S, LONGEST_S = 5, 10.0, 900.0
    OF_ALL, WITHIN_S = 100, 3600.0
    _ADDRESSES = 4096

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and until when nothing is heard
        self._all_wrong_s: list[float] = []

    def wait_s(self, address: str) -> float:
        """Return for how long address is not heard, seconds."""
        now_s = self._clock_s()
        self._all_wrong_s = [t for t in self._all_wrong_s if t > now_s - self.WITHIN_S]
        _, until_s = self._wrong.get(address, (0, 0.0))
        if len(self._all_wrong_s) >= self.OF_ALL:
            until_s = max(until_s, self._all_wrong_s[0] + self.WITHIN_S)
        return max(until_s - now_s, 0.0)

    def note_wrong(self, address: str) -> None:
        """Count a wrong PIN."""
        now_s = self._clock_s()
        count = self._wrong.pop(address, (0, 0.0))[0] + 1
        over = count - self.FREE
        pause_s = min(self.FIRST_S * 2 ** min(over, 20), self.LONGEST_S) if over >= 0 else 0.0
        self._wrong[address] = count, now_s + pause_s
        self._all_wrong_s.append(now_s)
        if len(self._wrong) > self._ADDRESSES:
            self._wrong.popitem(last=False)

    def note_right(self, address: str) -> None:
        """Forget the wrong ones of address."""
        self._wrong.pop(address, None)


class Access:
    """Knows the PIN and the sessions that were opened with it. Used from the server's thread alone.

    pin: None where everybody is the host, because only this computer can reach the server.
    """

    def __init__(self, pin: str | None, clock_s: Callable[[], float] = time.monotonic) -> None:
        """No session is open yet."""
        self.pin = pin
        self.attempts = Attempts(clock_s)
        self._clock_s = clock_s
        self._sessions: OrderedDict[str, float] = OrderedDict()  # SHA-256 of the cookie, and until when it is good

    def log_in(self, pin: str, address: str) -> str:
        """Return the cookie of a new session. Raises WrongPinError."""
        self.check(pin, address)
        token = secrets.token_urlsafe(32)
        self._sessions[_hash(token)] = self._clock_s() + _SESSION_S
        if len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)
        return token

    def check(self, pin: str, address: str) -> None:
        """Raises WrongPinError if pin is not the one, or if address may not try now."""
        if (wait_s := self.attempts.wait_s(address)) > 0:
            raise WrongPinError(wait_s)
        # JSON can name halves of characters, which are none in UTF-8.
        sent = pin.encode("utf-8", "surrogatepass")
        if self.pin is None or not hmac.compare_digest(sent, self.pin.encode("utf-8", "surrogatepass")):
            self.attempts.note_wrong(address)
            raise WrongPinError(self.attempts.wait_s(address))
        self.attempts.note_right(address)

    def log_out(self, token: str) -> None:
        """Close a session, if there is one."""
        self._sessions.pop(_hash(token), None)

    def role(self, token: str | None) -> Role:
        """Return who comes with this cookie."""
        if self.pin is None:
            return Role.HOST
        until_s = self._sessions.get(_hash(token)) if token else None
        return Role.HOST if until_s is not None and self._clock_s() < until_s else Role.GUEST


def new_pin() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"


def is_digits(pin: str | None) -> bool:
    """Tell whether a PIN can be typed on the keypad that phones show for numbers."""
    return pin is not None and pin.isascii() and pin.isdigit()


def checked_pin(pin: str) -> str:
    """Return a PIN that a person chose. Raises ServeError if it is too short, too long or cannot be typed."""
    pin = pin.strip()
    if not SHORTEST_PIN <= len(pin) <= LONGEST_PIN or not pin.isprintable():
        raise ServeError(f"--pin needs {SHORTEST_PIN} to {LONGEST_PIN} characters, six or more are better")
    return pin


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
