"""The routes of a review: its page, its pictures, and what is said of them. For the host alone.

A photo is asked for by its name in ``best.review``, which is looked up among those that were found: what a browser
sends is never taken for a path.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livecam.best.choices.choice import Flag
from livecam.best.records.frame import FrameRecord
from livecam.best.review.apply import Applied, ReviewApply
from livecam.best.review.state import Change, Review
from livecam.cores import usable_cores
from livecam.errors import OutputError, SourceError
from livecam.serve.access import Access, Role
from livecam.serve.limits import RateLimit, ServerLimits
from livecam.serve.picture_thread import as_json
from livecam.serve.requests import (
    RefusedRequestError,
    address_of,
    answer,
    for_host,
    jpeg,
    object_of,
    role_of,
    routes_for_host,
)
from livecam.serve.review_pictures import SIZES, ReviewPictures
from livecam.serve.session_routes import REFUSALS, pin_words, session_routes
from livecam.serve.static_files import static_routes
from livecam.serve.stream_routes import events_route
from livecam.serve.viewers import Viewers

FILES = {
    "/": "review.html",
    "/review.css": "review.css",
    "/review.js": "review.js",
    "/review-data.js": "review-data.js",
    "/review-list.js": "review-list.js",
    "/review-view.js": "review-view.js",
    "/icon.svg": "icon.svg",
}
_MAKERS = min(4, usable_cores())  # of pictures at a time
_WAITING = 96  # for a maker; whoever comes then is to ask again. Set by hand
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class ReviewSite:
    """What the routes work with. secure: the address begins with https."""

    review: Review
    pictures: ReviewPictures
    applying: ReviewApply
    viewers: Viewers
    access: Access
    limits: ServerLimits
    secure: bool = False


def review_app(site: ReviewSite) -> Starlette:
    """Return the application."""
    return Starlette(
        routes=[
            *static_routes(FILES),
            *session_routes(site.access, site.limits, secure=site.secure),
            *_Routes(site).all(),
            events_route(site.viewers, site.limits, for_host),
        ],
        exception_handlers={**REFUSALS, OutputError: _no_output},
    )


class _Routes:
    def __init__(self, site: ReviewSite) -> None:
        self._site, self._review = site, site.review
        self._actions = RateLimit(80, 40)
        # Small pictures do not wait for whole ones, nor what is said for either.
        self._small = _Makers(_MAKERS, "small")
        self._large = _Makers(2, "large")
        self._sayer = ThreadPoolExecutor(1, thread_name_prefix="livecam review says")

    def all(self) -> list[Route]:
        host = routes_for_host([
            ("/api/review", "GET", self.content),
            ("/api/said", "GET", self.said),
            ("/api/photos/{name}", "POST", self.say),
            ("/api/undo", "POST", self.undo),
            ("/api/apply", "GET", self.preview),
            ("/api/apply", "POST", self.apply),
            ("/api/apply/undo", "POST", self.undo_apply),
            ("/photos/{name}/{size}", "GET", self.picture),
            ("/photos/{name}/faces/{number}", "GET", self.face),
        ])  # fmt: skip
        return [Route("/api/me", self.me), *host]

    async def me(self, request: Request) -> Response:
        host = role_of(request) is Role.HOST
        return answer({"role": role_of(request).value, "host": host, **pin_words(self._site.access.pin)})

    async def content(self, request: Request) -> Response:
        tag = f'"{self._review.version}"'
        headers = {"etag": tag, "content-encoding": "gzip", "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == tag and self._review.done:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"etag": tag})
        return Response(self._review.content, media_type="application/json", headers=headers)

    async def said(self, _: Request) -> Response:
        return answer(self._review.all_said())

    async def say(self, request: Request) -> Response:
        changed = _word_in(await object_of(request, self._site.limits))
        self._record(request)
        name = request.path_params["name"]
        return self._told(await self._act(request, lambda: self._review.say(name, changed)))

    async def undo(self, request: Request) -> Response:
        change = await self._act(request, self._review.undo)
        if change is None:
            raise RefusedRequestError(HTTPStatus.CONFLICT, "nothing to undo")
        return self._told(change)

    async def preview(self, _: Request) -> Response:
        self._require_done()
        applied = await _in_thread(self._site.applying.preview)
        return answer({**self._told_of(applied), "offers": self._site.applying.offers})

    async def apply(self, request: Request) -> Response:
        self._require_done()
        names = (await object_of(request, self._site.limits)).get("what")
        offered = {offer["name"] for offer in self._site.applying.offers}
        if not isinstance(names, list) or not all(isinstance(name, str) and name in offered for name in names):
            raise RefusedRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, f"what must be some of {sorted(offered)}")
        return await self._have_applied(functools.partial(self._site.applying.apply, names))

    async def undo_apply(self, _: Request) -> Response:
        self._require_done()
        return await self._have_applied(self._site.applying.undo)

    async def _have_applied(self, act: Callable[[], Applied]) -> Response:
        told = self._told_of(await _in_thread(act))
        self._site.viewers.tell(as_json({"event": "applied", **told}))
        return answer(told)

    def _told_of(self, applied: Applied) -> dict[str, Any]:
        return {"lines": applied.lines, "failures": applied.failures, "last": self._site.applying.last}

    async def picture(self, request: Request) -> Response:
        record, size = self._record(request), request.path_params["size"]
        if size not in SIZES:
            raise RefusedRequestError(HTTPStatus.NOT_FOUND, "there is no such size")
        makers = self._small if size == "small" else self._large
        return await makers.jpeg(lambda: self._site.pictures.picture(record, size))

    async def face(self, request: Request) -> Response:
        record, number = self._record(request), request.path_params["number"]
        if number not in map(str, range(len(record.faces))):  # as text: a number may have thousands of digits
            raise RefusedRequestError(HTTPStatus.NOT_FOUND, "there is no such face")
        return await self._small.jpeg(lambda: self._site.pictures.face(record, int(number)))

    def _record(self, request: Request) -> FrameRecord:
        record = self._review.find(request.path_params["name"])
        if record is None:
            raise RefusedRequestError(HTTPStatus.NOT_FOUND, "there is no such photo")
        return record

    def _require_done(self) -> None:
        if not self._review.done:
            raise RefusedRequestError(HTTPStatus.CONFLICT, "livecam is still looking: apply when it has seen all")

    async def _act(self, request: Request, act: Callable[[], _T]) -> _T:
        if not self._actions.take(address_of(request)):
            raise RefusedRequestError(HTTPStatus.TOO_MANY_REQUESTS, "too much at once: wait a moment")
        return await asyncio.get_running_loop().run_in_executor(self._sayer, act)  # in the order of the changes

    def _told(self, change: Change) -> Response:
        about = {"id": change.name, "word": change.word.as_json(), "number": change.number, "undone": change.undone}
        self._site.viewers.tell(as_json({"event": "said", **about}))
        return answer(about)


class _Makers:
    """Threads that make pictures, with a queue that has an end."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=f"livecam {name}")
        self._waiting = 0

    async def jpeg(self, make: Callable[[], bytes]) -> Response:
        if self._waiting >= _WAITING:
            raise RefusedRequestError(HTTPStatus.SERVICE_UNAVAILABLE, "too many pictures at once: ask again")
        self._waiting += 1
        try:
            data = await asyncio.get_running_loop().run_in_executor(self._pool, make)
        except (SourceError, OSError):
            raise RefusedRequestError(HTTPStatus.NOT_FOUND, "the photo cannot be read any more") from None
        finally:
            self._waiting -= 1
        return jpeg(data)


def _word_in(sent: dict[str, Any]) -> dict[str, Any]:
    """What of a word is another now. Raises RefusedRequestError."""
    changed: dict[str, Any] = {}
    for name, value in sent.items():
        match name, value:
            case "flag", None | "keep" | "reject" | "":
                changed[name] = None if value is None else Flag(value)
            case "stars", int() if not isinstance(value, bool) and 0 <= value <= 5:
                changed[name] = value
            case "forgiven", bool():
                changed[name] = value
            case _:
                how = 'flag ("keep", "reject", "" or null), stars (0 to 5) or forgiven (true or false)'
                raise RefusedRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, f"say {how}")
    if not changed:
        raise RefusedRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "say flag, stars or forgiven")
    return changed


async def _in_thread(act: Callable[[], _T]) -> _T:
    return await asyncio.get_running_loop().run_in_executor(None, act)


async def _no_output(_: Request, error: Exception) -> Response:
    return answer({"error": str(error)}, HTTPStatus.INSUFFICIENT_STORAGE)
