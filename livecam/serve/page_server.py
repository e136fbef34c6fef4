"""A page of its own that asks one person things: on this computer alone, and for whoever knows its address alone.

It listens on the loopback address, at a port that nobody chose, behind the gate that all pages are behind, and answers
only under a path that cannot be guessed: other users of this computer can reach the port.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from livecam.closing import Closing
from livecam.serve.address import Address
from livecam.serve.web_server import WebServer

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

# What the page asks for, by name and what it sends (None: it reads): the kind of content and the content.
# Raises NoSuchThingError, or ValueError for what makes no sense.
Answering = Callable[[str, Mapping[str, Any] | None], tuple[str, bytes]]


class NoSuchThingError(LookupError):
    """Nothing of that name is there."""


class PageServer(Closing):
    """Serves until it is closed, in threads of its own; answering is called by one at a time."""

    def __init__(self, answering: Answering, policy: str) -> None:
        """policy: Content-Security-Policy of the page. Raises ServeError where no port can be had."""
        self._answering, self._policy = answering, policy
        self._token, self._turn = secrets.token_urlsafe(24), threading.Lock()
        self._server = WebServer(Address("127.0.0.1", 0), None, pin=None)
        self._server.start(self._application())

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self._server.address.port}/{self._token}/"

    def close(self) -> None:
        """Answer no more."""
        self._server.close()

    def _application(self) -> Starlette:
        from starlette.applications import Starlette  # noqa: PLC0415  it takes a tenth of a second
        from starlette.routing import Route  # noqa: PLC0415

        return Starlette(routes=[Route("/{path:path}", self._respond, methods=["GET", "POST"])])

    async def _respond(self, request: Request) -> Response:
        from starlette.responses import Response  # noqa: PLC0415

        from livecam.serve.gate import refusal  # noqa: PLC0415
        from livecam.serve.requests import RefusedRequestError, object_of  # noqa: PLC0415

        token, _, name = request.path_params["path"].partition("/")
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return refusal(HTTPStatus.NOT_FOUND, "nothing is there")
        sent: dict[str, Any] | None = None
        try:
            if request.method == "POST":
                # Another site's form can send no JSON unasked.
                if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                    return refusal(HTTPStatus.BAD_REQUEST, "this is no JSON object")
                sent = await object_of(request, self._server.limits)
            kind, content = await asyncio.to_thread(self._ask, name, sent)
        except RefusedRequestError as error:
            return refusal(error.status, str(error))
        except NoSuchThingError:
            return refusal(HTTPStatus.NOT_FOUND, "nothing is there")
        except ValueError:
            return refusal(HTTPStatus.BAD_REQUEST, "this makes no sense")
        return Response(content, headers={"content-type": kind, "content-security-policy": self._policy})

    def _ask(self, name: str, sent: Mapping[str, Any] | None) -> tuple[str, bytes]:
        with self._turn:
            return self._answering(name, sent)
