"""The rating page's own small server: on this machine alone, and for whoever knows its address alone.

It listens on the loopback address, at a port that nobody chose, and answers only under a path that cannot be guessed
and for its own name: no other program's page can ask it, nor read what it answers (a name of another site that points
here, "DNS rebinding", is refused by the Host that browsers send).
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from livecam.closing import Closing

_MOST_BYTES = 4096  # of what a page sends; set by hand
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# What the page asks for, by name and what it sends (None: it reads): the kind of content and the content.
# Raises NoSuchThingError, or ValueError for what makes no sense.
Answering = Callable[[str, Mapping[str, Any] | None], tuple[str, bytes]]


class NoSuchThingError(LookupError):
    """Nothing of that name is there."""


class PageServer(Closing):
    """Serves until it is closed, in threads of its own; answering is called by one at a time."""

    def __init__(self, answering: Answering, policy: str) -> None:
        """policy: Content-Security-Policy of the page. Raises OSError where no port can be had."""
        self._token = secrets.token_urlsafe(24)
        turn, token = threading.Lock(), self._token

        class Handler(_Handler):
            def respond(self, sent: Mapping[str, Any] | None) -> tuple[str, bytes]:
                before, _, rest = self.path.lstrip("/").partition("/")
                if not secrets.compare_digest(before.encode(), token.encode()):
                    raise NoSuchThingError
                with turn:
                    return answering(rest.partition("?")[0], sent)

        Handler.policy = policy
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.names = frozenset(f"{name}:{self._server.server_port}" for name in ("127.0.0.1", "localhost"))
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.1,), name="livecam page", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self._server.server_port}/{self._token}/"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a browser keeps connections open that nobody uses
    block_on_close = False
    names: frozenset[str] = frozenset()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes a connection in the middle is no failure."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds: a connection without a word
    policy = ""
    server: _Server

    def respond(self, sent: Mapping[str, Any] | None) -> tuple[str, bytes]:
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer what the page reads."""
        self._answer(None)

    def do_POST(self) -> None:
        """Answer what the page does."""
        sent = self._sent()
        if sent is None:
            self.close_connection = True
            self._send(HTTPStatus.BAD_REQUEST, "text/plain", b"")
        else:
            self._answer(sent)

    def _sent(self) -> Mapping[str, Any] | None:
        """The object that was sent; None for anything else. Another site's form can send no JSON unasked."""
        try:
            length = int(self.headers.get("Content-Length", ""))
            if self.headers.get_content_type() != "application/json" or not 0 <= length <= _MOST_BYTES:
                return None
            sent = json.loads(self.rfile.read(length))
        except (ValueError, RecursionError):
            return None
        return sent if isinstance(sent, dict) else None

    def _answer(self, sent: Mapping[str, Any] | None) -> None:
        origin = self.headers.get("Origin")
        own = self.headers.get("Host") in self.server.names
        if not own or (origin is not None and origin.removeprefix("http://") not in self.server.names):
            self._send(HTTPStatus.FORBIDDEN, "text/plain", b"")
            return
        try:
            kind, content = self.respond(sent)
        except NoSuchThingError:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"")
        except ValueError:
            self._send(HTTPStatus.BAD_REQUEST, "text/plain", b"")
        else:
            self._send(HTTPStatus.OK, kind, content)

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", self.policy)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def version_string(self) -> str:
        """What it calls itself."""
        return "livecam"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing: the terminal is for the person."""
