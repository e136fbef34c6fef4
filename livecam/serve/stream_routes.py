"""What comes by itself: pictures and states by WebSocket, pictures as MJPEG, events as server-sent events.

WebSocket ``/live``: text is JSON, ``{"state": …}`` or ``{"event": …}``; a binary message is a picture, its number (four
bytes, big-endian) and a JPEG. The viewer answers each picture that it has shown with ``{"shown": number}``; only then
comes another, so that nothing old is ever on its way.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from livecam.serve.access import Role
from livecam.serve.gate import refusal
from livecam.serve.limits import RateLimit, ServerLimits
from livecam.serve.live_remote import LiveRemote
from livecam.serve.requests import Endpoint, role_of
from livecam.serve.viewers import Viewer, Viewers

_FULL = "too many watch already: try again later"
_TRY_AGAIN_LATER = 1013  # WebSocket's code
_BREATH_S = 1.0  # how often who waits looks whether they should still; set by hand
_COMMENT_S = 15.0  # a line of nothing, so that what lies between does not close the connection; set by hand


def stream_routes(remote: LiveRemote, limits: ServerLimits) -> list[BaseRoute]:
    """Return the routes of the streams."""
    streams = _Streams(remote.viewers, limits)
    return [
        WebSocketRoute("/live", streams.live),
        Route("/live.mjpeg", streams.mjpeg),
        Route("/api/events", streams.events),
    ]


def events_route(viewers: Viewers, limits: ServerLimits, guard: Callable[[Endpoint], Endpoint]) -> Route:
    """Return the route of the events alone. guard: lets in whom it may concern."""
    return Route("/api/events", guard(_Streams(viewers, limits).events))


class _Streams:
    def __init__(self, viewers: Viewers, limits: ServerLimits) -> None:
        self._viewers, self._limits = viewers, limits

    async def live(self, socket: WebSocket) -> None:
        with self._viewers.watching(role_of(socket)) as viewer:
            await socket.accept()
            if viewer is None:
                await socket.close(_TRY_AGAIN_LATER, _FULL)
                return
            hearing = asyncio.ensure_future(_hear(socket, viewer))
            sending = asyncio.ensure_future(_send(socket, viewer, self._viewers, self._limits))
            try:
                await asyncio.wait((hearing, sending), return_when=asyncio.FIRST_COMPLETED)
            finally:
                hearing.cancel()
                sending.cancel()
                await asyncio.gather(hearing, sending, return_exceptions=True)
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(_TRY_AGAIN_LATER)

    async def mjpeg(self, request: Request) -> Response:
        role = role_of(request)
        if self._viewers.is_full(role):
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, _FULL, retry_s=10)
        return StreamingResponse(self._parts(role), media_type="multipart/x-mixed-replace; boundary=picture")

    async def events(self, _: Request) -> Response:
        if self._viewers.is_full():
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, _FULL, retry_s=10)
        return StreamingResponse(self._lines(), media_type="text/event-stream")

    async def _parts(self, role: Role) -> AsyncIterator[bytes]:
        with self._viewers.watching(role) as viewer:
            while viewer is not None and not self._viewers.over:
                await viewer.wake.wait()
                viewer.wake.clear()
                if (picture := viewer.next_picture(self._viewers.picture)) is not None:
                    size = len(picture.jpeg)
                    head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {size}\r\n\r\n"
                    yield head.encode() + picture.jpeg + b"\r\n"
                    viewer.note_shown(picture.number)  # it was taken: more is not known of a plain image

    async def _lines(self) -> AsyncIterator[bytes]:
        with self._viewers.listening() as listener:
            yield b": welcome\n\n"
            while listener is not None and not self._viewers.over:
                with suppress(TimeoutError):
                    await asyncio.wait_for(listener.wake.wait(), _COMMENT_S)
                if not listener.notes:
                    yield b":\n\n"
                listener.wake.clear()
                while listener.notes:
                    note = listener.notes.popleft()
                    yield f"event: {json.loads(note)['event']}\ndata: {note}\n\n".encode()


async def _hear(socket: WebSocket, viewer: Viewer) -> None:
    """Take in which pictures were shown, until the viewer goes or says what makes no sense."""
    often = RateLimit(120, 90)
    while True:
        try:
            said = json.loads(await socket.receive_text())
            number = said["shown"]
        except (WebSocketDisconnect, RuntimeError, ValueError, KeyError, TypeError, RecursionError):
            return
        if not isinstance(number, int) or not often.take(""):
            return
        viewer.note_shown(number)


async def _send(socket: WebSocket, viewer: Viewer, viewers: Viewers, limits: ServerLimits) -> None:
    """Send what is new, until the viewer goes or shows nothing any more."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while viewer.silent_s() < limits.silent_s and not viewers.over:
            with suppress(TimeoutError):
                await asyncio.wait_for(viewer.wake.wait(), _BREATH_S)
            viewer.wake.clear()
            while viewer.notes:
                await socket.send_text(viewer.notes.popleft())
            if (state := viewer.next_state(viewers.state)) is not None:
                await socket.send_text(state)
            if (picture := viewer.next_picture(viewers.picture)) is not None:
                await socket.send_bytes(struct.pack(">I", picture.number) + picture.jpeg)
