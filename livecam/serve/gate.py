"""What every request passes before it comes to a page: is it meant for us, from our own page, small, and not too often.

- The name that a browser calls us by must be ours: else a page elsewhere could let its own name point to this computer
  and read all (DNS rebinding).
- A page of somebody else may neither send nor open anything here (Origin, Sec-Fetch-Site). Programs send no Origin.
- Nothing that is answered may be put into another page, run another script or load anything from elsewhere.
"""

from __future__ import annotations

import base64
import ipaddress
import json
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from livecam.serve.access import Access, Role, WrongPinError
from livecam.serve.limits import RateLimit, ServerLimits

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # not "no-referrer": with it some browsers call our own page's Origin null
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_SAFE = frozenset(("GET", "HEAD"))
_OURS = frozenset(("same-origin", "none"))


class Gate:
    """An application before the application.

    It puts who comes into the scope: ``livecam.role``, ``livecam.address`` and ``livecam.cookie``, its name.
    """

    def __init__(self, app: ASGIApp, access: Access, names: frozenset[str], port: int, limits: ServerLimits) -> None:
        """names: what this computer may be called, in lower case; the address of a connection is allowed besides."""
        self._app, self._access, self._names, self._limits = app, access, names, limits
        self._cookie = f"livecam_{port}"  # browsers do not tell ports apart
        self._requests = RateLimit(limits.requests_at_once, limits.requests_a_second)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it pass."""
        headers = Headers(scope=scope)
        address = scope["client"][0] if scope.get("client") else ""
        refused = self._refuse(scope, headers, address)
        if refused is None:
            refused = self._enter(scope, headers, address)
        if refused is not None:
            await _answer(refused, scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    added.setdefault(name, value)
                added.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_guarded)

    def _refuse(self, scope: Scope, headers: Headers, address: str) -> Response | None:
        if not self._requests.take(address):
            return refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many requests: wait a moment", retry_s=1)
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or not self._is_ours(host, scope):
            return refusal(HTTPStatus.MISDIRECTED_REQUEST, "this server has another name: use the address it printed")
        writes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        origin = headers.get("origin")
        foreign = origin is not None and _host_of(origin) != host.lower()
        site = headers.get("sec-fetch-site")
        navigation = headers.get("sec-fetch-mode") == "navigate" and not writes
        if foreign or (site is not None and site not in _OURS and not navigation):
            return refusal(HTTPStatus.FORBIDDEN, "another page may not use this server")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 9 or int(length) > self._limits.body_bytes:
            return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {self._limits.body_bytes} bytes are taken")
        return None

    def _enter(self, scope: Scope, headers: Headers, address: str) -> Response | None:
        """Find out who comes: by their cookie, or a PIN that a program sends along."""
        # Python's own SimpleCookie stops at what another program of this computer may have set, such as JSON.
        role = self._access.role(cookie_parser(headers.get("cookie", "")).get(self._cookie))
        pin = _sent_pin(headers.get("authorization", ""))
        if pin is not None and role is not Role.HOST:
            try:
                self._access.check(pin, address)
            except WrongPinError as error:
                return wrong_pin(error)
            role = Role.HOST
        scope["livecam.role"], scope["livecam.address"], scope["livecam.cookie"] = role, address, self._cookie
        return None

    def _is_ours(self, host: str, scope: Scope) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            _ = urlsplit(f"//{host}").port
        except ValueError:
            return False
        if not name or "@" in host or "/" in host:
            return False
        if name.rstrip(".") in self._names:
            return True
        try:
            number = ipaddress.ip_address(name)
            own = ipaddress.ip_address(scope["server"][0])
        except (ValueError, TypeError, KeyError):
            return False
        # Whoever listens at [::] is told an IPv4 address as ::ffff:192.0.2.1.
        return number in {own, getattr(own, "ipv4_mapped", None)}


def refusal(status: HTTPStatus, message: str, *, retry_s: float = 0.0) -> Response:
    """Return an answer that says why not."""
    headers = {"retry-after": str(int(retry_s) + 1)} if retry_s else {}
    return JSONResponse({"error": message}, status, headers=headers)


def wrong_pin(error: WrongPinError) -> Response:
    """Return the answer to a wrong PIN."""
    if error.wait_s > 0:
        again = f"too many wrong PINs: wait {int(error.wait_s) + 1} s"
        return refusal(HTTPStatus.TOO_MANY_REQUESTS, again, retry_s=error.wait_s)
    return refusal(HTTPStatus.UNAUTHORIZED, "the PIN is wrong")


async def _answer(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["cache-control"] = "no-store"
    if scope["type"] == "websocket":
        if "websocket.http.response" in scope.get("extensions", {}):
            await receive()
            start = {"status": response.status_code, "headers": response.raw_headers}
            await send({"type": "websocket.http.response.start", **start})
            await send({"type": "websocket.http.response.body", "body": response.body})
        else:
            await WebSocketClose(1008)(scope, receive, send)
        return
    response.headers["connection"] = "close"  # its body was not read
    await response(scope, receive, send)


def _host_of(origin: str) -> str | None:
    """Return the host and port that an Origin names, in lower case; None where it is no address at all."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _sent_pin(header: str) -> str | None:
    """Return the PIN of ``curl -u host:PIN`` or of ``Authorization: Bearer PIN``; None if there is none."""
    kind, _, rest = header.partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except ValueError:  # no base64, or no text in it
        return ""


def parse_object(body: bytes) -> dict[str, object]:
    """Return the JSON object in body, an empty one if there is none. Raises ValueError."""
    if not body.strip():
        return {}
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("a JSON object is expected")  # noqa: TRY004  of the text, not of the program
    return found
