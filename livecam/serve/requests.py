"""What the routes share: who asks, what they sent, and how they are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from livecam.serve.access import Role
from livecam.serve.gate import parse_object, refusal
from livecam.serve.limits import ServerLimits

Endpoint = Callable[[Request], Awaitable[Response]]


class RefusedRequestError(Exception):
    """Not like that. status: of the answer.  The message is for who asked."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def role_of(connection: HTTPConnection) -> Role:
    """Return who asks, as the gate has found out."""
    found = connection.scope["livecam.role"]
    assert isinstance(found, Role)  # noqa: S101  the gate's own
    return found


def address_of(connection: HTTPConnection) -> str:
    """Return the address from which they ask."""
    return str(connection.scope["livecam.address"])


def for_host(endpoint: Endpoint) -> Endpoint:
    """Refuse everybody but the host."""

    async def guarded(request: Request) -> Response:
        if role_of(request) is not Role.HOST:
            return refusal(HTTPStatus.FORBIDDEN, "this is for the host: give the PIN first")
        return await endpoint(request)

    return guarded


def routes_for_host(table: Sequence[tuple[str, str, Endpoint]]) -> list[Route]:
    """Return routes that nobody but the host may use. table: path, method and endpoint of each."""
    return [Route(path, for_host(endpoint), methods=[method]) for path, method, endpoint in table]


async def object_of(request: Request, limits: ServerLimits) -> dict[str, Any]:
    """Return the JSON object that was sent, an empty one if nothing was. Raises RefusedRequestError."""
    body = bytearray()
    try:
        async with asyncio.timeout(limits.request_s):
            async for part in request.stream():
                body += part
                if len(body) > limits.body_bytes:
                    too_much = f"at most {limits.body_bytes} bytes are taken"
                    raise RefusedRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_much)
        return parse_object(bytes(body))
    except TimeoutError:
        raise RefusedRequestError(HTTPStatus.REQUEST_TIMEOUT, "it took too long") from None
    except (ValueError, RecursionError):
        raise RefusedRequestError(HTTPStatus.BAD_REQUEST, "this is no JSON object") from None


def switch_in(sent: dict[str, Any]) -> bool | None:
    """Return what a switch is set to; None if it is left out: the other way than now. Raises RefusedRequestError."""
    value = sent.get("on")
    if value is not None and not isinstance(value, bool):
        raise RefusedRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "on must be true or false")
    return value


def answer(about: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:  # noqa: ANN401  whatever JSON can say
    """Return about as JSON."""
    return JSONResponse(about, status)


def jpeg(data: bytes) -> Response:
    """Return a picture, which the browser that asked may keep for an hour."""
    return Response(data, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})
