"""Where the server listens: what a person wrote, the socket for it, and what a browser may call it."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
import sys
from dataclasses import dataclass
from typing import Literal

from livecam.errors import ServeError

DEFAULT = "127.0.0.1:8765"
PORT = 8765
_HERE = f"write --serve {DEFAULT}, or 0.0.0.0:{PORT} for your network"
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.%\w]+)\]|(?P<host>[^\s:\[\]/@]+))?(?::(?P<port>[0-9]{1,9}))?")
_PORT_ALONE = re.compile(r"[0-9]{1,9}")  # else "8766" would be the computer 0.0.34.62
Scheme = Literal["http", "https"]


@dataclass(frozen=True, slots=True)
class Address:
    """A name or number of this computer, and a port; 0: any that is free."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read HOST, HOST:PORT, :PORT, PORT or [IPv6]:PORT. Raises ServeError."""
        text = f":{text.strip()}" if _PORT_ALONE.fullmatch(text.strip()) else text
        match = _ADDRESS.fullmatch(text.strip())
        if match is None or not text.strip():
            raise ServeError(f"{text!r} is no address: write it as 127.0.0.1:8765 or 0.0.0.0:8765")
        port = int(match["port"]) if match["port"] else PORT
        if port > 65_535:
            raise ServeError(f"there is no port {port}: choose one from 1024 to 65535")
        return cls(match["six"] or match["host"] or "127.0.0.1", port)

    @property
    def loopback(self) -> bool:
        """Whether only this computer can reach it."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def everywhere(self) -> bool:
        """Whether it stands for all addresses that the computer has."""
        return self.host in {"0.0.0.0", "::"}  # noqa: S104  recognised, not chosen

    def listen(self) -> socket.socket:
        """Return a socket that listens here; whoever asks closes it. Raises ServeError."""
        try:
            found = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
            )
        except (OSError, UnicodeError) as error:
            raise ServeError(f"{self.host} is no address of this computer ({_words(error)}): {_HERE}") from error
        family, kind, protocol, _, place = found[0]
        made = socket.socket(family, kind, protocol)
        try:
            # On Windows that option would let two programs listen at one port.
            if sys.platform != "win32":
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(place)
            made.listen(128)
            made.setblocking(False)
        except OSError as error:
            made.close()
            raise ServeError(self._why(error)) from error
        return made

    def at(self, listening: socket.socket) -> Address:
        """Return this address with the port that listening has."""
        return Address(self.host, int(listening.getsockname()[1]))

    def names(self) -> frozenset[str]:
        """Return what a browser may call this host, in lower case: a name that is not here may be an attacker's.

        The address that a connection came to is allowed besides, by whoever knows the connection.
        """
        own = socket.gethostname().lower()
        names = {self.host.lower(), "localhost", "127.0.0.1", "::1"}
        return frozenset(names if self.loopback else names | {own, f"{own.split('.')[0]}.local"})

    def url(self, scheme: Scheme = "http") -> str:
        """Return what to type into a browser, one of another device if this address can be reached from there."""
        host = (_lan_address(self.host) or socket.gethostname()) if self.everywhere else self.host
        host = f"[{host}]" if ":" in host else host
        default = {"http": 80, "https": 443}[scheme]
        return f"{scheme}://{host}/" if self.port == default else f"{scheme}://{host}:{self.port}/"

    def _why(self, error: OSError) -> str:
        where = f"{self.host}:{self.port}"
        if error.errno == errno.EADDRINUSE:
            another = f"{self.host}:{self.port + 1}"
            return f"{where} is in use: end what runs there, or choose another port, such as {another}"
        if error.errno == errno.EADDRNOTAVAIL:
            return f"{self.host} is no address of this computer: {_HERE}"
        if error.errno == errno.EACCES:
            return f"port {self.port} is not allowed: choose one above 1023"
        return f"nothing can listen at {where} ({_words(error)}): choose another address"


def _words(error: OSError | UnicodeError) -> str:
    number = error.errno if isinstance(error, OSError) and not isinstance(error, socket.gaierror) else None
    return os.strerror(number) if number else str(error.args[-1] if error.args else error).lower()


def _lan_address(host: str) -> str | None:
    """Return the computer's address in its network; nothing is sent to find it."""
    family, far = (socket.AF_INET6, "2001:db8::1") if ":" in host else (socket.AF_INET, "192.0.2.1")
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((far, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])
