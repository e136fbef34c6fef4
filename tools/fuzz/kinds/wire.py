"""Lets a server's application answer requests as they come over the wire, without a wire."""

from __future__ import annotations

import asyncio
import atexit
import itertools
import re
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import unquote

import h11

from livecam import model_files
from livecam.serve.access import Access
from livecam.serve.gate import Gate
from livecam.serve.limits import ServerLimits
from tools.fuzz.fence import fenced
from tools.fuzz.reader import Read, written

App = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Any]

PORT = 8765
SECRET = b"canary-5f1d"  # no answer may hold it
LIMITS = ServerLimits(requests_at_once=1e6, requests_a_second=1e6)
_HANGS_S = 30.0
_BETWEEN = re.compile(rb"\r?\n-{3,}\r?\n")
_MOST_REQUESTS = 8
_clients = itertools.count()


class _WrongAnswerError(AssertionError):
    """An answer that must never be given."""


async def answer_all(app: App, access: Access, requests: list[bytes]) -> None:
    """Let app, behind its gate, answer requests. Raises what it raises, and AssertionError for a wrong answer."""
    gate: Any = Gate(app, access, frozenset(("127.0.0.1", "localhost")), PORT, LIMITS)
    for request in requests:
        if (asked := _scope_of(request)) is not None:
            await asyncio.wait_for(_answer(gate, *asked), _HANGS_S)


async def _answer(app: App, scope: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    """Let app answer. Raises what it raises, and _WrongAnswerError for an answer that must not be."""
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        gone = "http.disconnect" if scope["type"] == "http" else "websocket.disconnect"
        return next(coming, {"type": gone, "code": 1001})

    async def send(message: dict[str, Any]) -> None:
        if message.get("status", 0) >= 500 and message["status"] not in {503, 507}:  # too many, and a full disk
            raise _WrongAnswerError(f"status {message['status']}")
        if SECRET in message.get("body", b"") or SECRET in str(message).encode():
            raise _WrongAnswerError("a file that is none of its business was sent")

    await app(scope, receive, send)


def _scope_of(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """What a request means, as uvicorn tells an application; None where uvicorn refuses it itself."""
    head, _, body = data.partition(b"\r\n\r\n")
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LIMITS.head_bytes)
    try:
        connection.receive_data(head[: LIMITS.head_bytes] + b"\r\n\r\n")
        event = connection.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(event, h11.Request):
        return None
    path, _, query = event.target.partition(b"?")
    headers = [(name.lower(), value) for name, value in event.headers]
    socket = any(name == b"upgrade" and value.lower() == b"websocket" for name, value in headers)
    scope = {
        "type": "websocket" if socket else "http", "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": event.http_version.decode(), "scheme": "ws" if socket else "http", "root_path": "",
        "server": ("127.0.0.1", PORT), "client": (f"10.0.0.{next(_clients) % 250}", 5), "raw_path": path,
        "path": unquote(path.decode("ascii")), "query_string": query, "headers": headers, "state": {},
    }  # fmt: skip
    if not socket:
        scope["method"] = event.method.decode("ascii")
        half = len(body) // 2
        parts = [{"type": "http.request", "body": body[:half], "more_body": True}]
        return scope, [*parts, {"type": "http.request", "body": body[half:], "more_body": False}]
    scope["subprotocols"] = []
    said = [{"type": "websocket.receive", **_as_message(line)} for line in body.split(b"\n")]
    return scope, [{"type": "websocket.connect"}, *said]


def _as_message(line: bytes) -> dict[str, Any]:
    try:
        return {"text": line.decode()}
    except UnicodeDecodeError:
        return {"bytes": line}


@cache
def _runner() -> asyncio.Runner:
    """One for the whole hunt, with its threads."""
    runner = asyncio.Runner()
    atexit.register(runner.close)
    return runner


def reading(serve: Callable[[list[bytes], Path], Coroutine[Any, Any, None]]) -> Read:
    """Return the reader that serves an input's requests, fenced into its folder, beside a secret."""

    def read(data: bytes, folder: Path) -> None:
        secret = folder / "secret"
        secret.mkdir(exist_ok=True)
        for name in ("s.jpg", "a.jpg"):
            written(secret / name, b"\xff\xd8" + SECRET)
        environment = {"LIVECAM_TASTE": str(folder / "taste"), "LIVECAM_REVIEWS": str(folder / "reviews")}
        with ExitStack() as parts:
            parts.enter_context(mock.patch.dict("os.environ", environment))
            parts.enter_context(mock.patch.object(model_files, "cache_dir", return_value=folder / "cache"))
            requests = _BETWEEN.split(data)[:_MOST_REQUESTS]
            parts.enter_context(fenced(folder))
            _runner().run(serve(requests, folder))

    return read
