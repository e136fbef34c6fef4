"""The remote of a run, for programs and for the page: ``assets/serve/openapi.json`` describes it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livecam.serve import live_orders
from livecam.serve.access import Access, Role
from livecam.serve.gate import refusal
from livecam.serve.limits import RateLimit, ServerLimits
from livecam.serve.live_remote import BusyError, LiveRemote, Order, RefusedOrderError
from livecam.serve.live_shots import ServedShot
from livecam.serve.requests import (
    Endpoint,
    RefusedRequestError,
    address_of,
    answer,
    jpeg,
    object_of,
    role_of,
    routes_for_host,
    switch_in,
)
from livecam.serve.session_routes import REFUSALS, pin_words, session_routes
from livecam.serve.static_files import static_routes
from livecam.serve.stream_routes import stream_routes

FILES = {
    "/": "live.html",
    "/live.css": "live.css",
    "/live.js": "live.js",
    "/overlay.js": "overlay.js",
    "/stream.js": "stream.js",
    "/shots.js": "shots.js",
    "/icon.svg": "icon.svg",
    "/api/openapi.json": "openapi.json",
}


@dataclass(frozen=True, slots=True, eq=False)
class LiveSite:
    """What the routes work with. qr: the address as a QR code, SVG.  secure: the address begins with https."""

    remote: LiveRemote
    access: Access
    limits: ServerLimits
    url: str
    qr: bytes
    guests_shoot: bool = False
    secure: bool = False


def live_app(site: LiveSite) -> Starlette:
    """Return the application."""
    return Starlette(
        routes=[
            *static_routes(FILES),
            *_Routes(site).all(),
            *session_routes(site.access, site.limits, secure=site.secure),
            *stream_routes(site.remote, site.limits),
        ],
        exception_handlers={**REFUSALS, RefusedOrderError: _refused_order, BusyError: _busy},
    )


class _Routes:
    def __init__(self, site: LiveSite) -> None:
        self._site, self._remote = site, site.remote
        self._actions = RateLimit(20, 8)
        self._guest_presses = RateLimit(2, 0.5)

    def all(self) -> list[Route]:
        host = routes_for_host([
            ("/api/auto", "POST", self.auto),
            ("/api/pause", "POST", self.pause),
            ("/api/threshold", "POST", self.threshold),
            ("/api/shots/{name}/rating", "POST", self.rate),
            ("/api/shots/{name}", "DELETE", self.delete),
            ("/api/undo", "POST", self.undo),
        ])  # fmt: skip
        everybody: list[tuple[str, str, Endpoint]] = [
            ("/api/me", "GET", self.me),
            ("/api/state", "GET", self.state),
            ("/api/shutter", "POST", self.shutter),
            ("/api/shots", "GET", self.shots),
            ("/shots/{name}", "GET", self.picture),
            ("/shots/{name}/thumbnail", "GET", self.thumbnail),
            ("/qr.svg", "GET", self.qr),
        ]
        return host + [Route(path, end, methods=[method]) for path, method, end in everybody]

    async def me(self, request: Request) -> Response:
        host = role_of(request) is Role.HOST
        return answer({
            "role": role_of(request).value,
            "may_shoot": host or self._site.guests_shoot,
            **pin_words(self._site.access.pin),
            "url": self._site.url,
        })  # fmt: skip

    async def state(self, _: Request) -> Response:
        return answer(self._remote.state())

    async def shutter(self, request: Request) -> Response:
        if role_of(request) is not Role.HOST:
            if not self._site.guests_shoot:
                return refusal(HTTPStatus.FORBIDDEN, "guests may not press the shutter here")
            if not self._guest_presses.take(address_of(request)):
                return refusal(HTTPStatus.TOO_MANY_REQUESTS, "a little slower, please", retry_s=2)
        sent = await object_of(request, self._site.limits)
        wanted = sent.get("mode", request.query_params.get("mode", "best"))
        mode = next((mode for mode in live_orders.MODES if mode == wanted), None)
        if mode is None:
            raise RefusedRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, f"mode must be {', '.join(live_orders.MODES)}")
        return await self._do(request, live_orders.press(self._remote, mode), HTTPStatus.ACCEPTED)

    async def auto(self, request: Request) -> Response:
        on = switch_in(await object_of(request, self._site.limits))
        return await self._do(request, live_orders.set_auto(self._remote, on))

    async def pause(self, request: Request) -> Response:
        on = switch_in(await object_of(request, self._site.limits))
        return await self._do(request, live_orders.set_paused(self._remote, on))

    async def threshold(self, request: Request) -> Response:
        shift = (await object_of(request, self._site.limits)).get("shift")
        # Compared, not converted: JSON's whole numbers may be larger than any float.
        if isinstance(shift, bool) or not isinstance(shift, int | float) or not abs(shift) <= sys.float_info.max:
            raise RefusedRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "shift must be a number of points, 0 for none")
        return await self._do(request, live_orders.set_threshold(self._remote, float(shift)))

    async def shots(self, _: Request) -> Response:
        shots = self._remote.shots
        return answer({"shots": [shot.as_json() for shot in shots.listed()], "deleted": shots.deleted})

    async def rate(self, request: Request) -> Response:
        shot = self._shot(request)
        rating = (await object_of(request, self._site.limits)).get("rating")
        if isinstance(rating, bool) or not isinstance(rating, int) or not 1 <= rating <= 5:
            raise RefusedRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "rating must be a whole number, 1 to 5")
        return await self._do(request, live_orders.rate(self._remote, shot, rating), HTTPStatus.ACCEPTED)

    async def delete(self, request: Request) -> Response:
        order = live_orders.delete(self._remote, self._shot(request))
        return await self._do(request, order, HTTPStatus.ACCEPTED)

    async def undo(self, request: Request) -> Response:
        return await self._do(request, live_orders.undo(self._remote), HTTPStatus.ACCEPTED)

    async def picture(self, request: Request) -> Response:
        shot = self._shot(request)
        return await _in_thread(lambda: self._remote.shots.read(shot))

    async def thumbnail(self, request: Request) -> Response:
        return _jpeg(self._shot(request).thumbnail or None)

    async def qr(self, _: Request) -> Response:
        return Response(self._site.qr, media_type="image/svg+xml")

    def _shot(self, request: Request) -> ServedShot:
        shot = self._remote.shots.find(request.path_params["name"])
        if shot is None or (shot.deleted and role_of(request) is not Role.HOST):
            raise RefusedRequestError(HTTPStatus.NOT_FOUND, "there is no such picture in this run")
        return shot

    async def _do(self, request: Request, order: Order, status: HTTPStatus = HTTPStatus.OK) -> Response:
        if not self._actions.take(address_of(request)):
            return refusal(HTTPStatus.TOO_MANY_REQUESTS, "too much at once: wait a moment", retry_s=1)
        return answer(await self._remote.order(order), status)


async def _in_thread(read: Callable[[], bytes | None]) -> Response:
    from starlette.concurrency import run_in_threadpool  # noqa: PLC0415  a disk may be slow

    return _jpeg(await run_in_threadpool(read))


def _jpeg(data: bytes | None) -> Response:
    if data is None:
        return refusal(HTTPStatus.NOT_FOUND, "there is no such picture any more")
    return jpeg(data)


async def _refused_order(_: Request, error: Exception) -> Response:
    return refusal(HTTPStatus.CONFLICT, str(error))


async def _busy(_: Request, __: Exception) -> Response:
    return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the camera is busy or has ended", retry_s=1)
