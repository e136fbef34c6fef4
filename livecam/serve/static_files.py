"""The files of the page, by the names that they are asked for: nothing else can be asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}


def asset(name: str) -> bytes:
    """Return a file of the folder ``assets/serve``."""
    return resources.files("livecam").joinpath("assets", "serve", name).read_bytes()


def static_routes(files: Mapping[str, str]) -> list[Route]:
    """Return a route for each path, to the file that is named."""
    return [_route(path, name) for path, name in files.items()]


def _route(path: str, name: str) -> Route:
    body, kind = asset(name), _TYPES[name[name.rindex(".") :]]
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    async def send(request: Request) -> Response:
        headers = {"etag": tag, "cache-control": "no-cache"}  # asked for each time, sent once
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=kind, headers=headers)

    return Route(path, send)
