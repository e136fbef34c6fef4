"""The end of a server: whatever is connected then is closed, and nothing is left for the garbage collector to find."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from livecam.serve.address import Address
from livecam.serve.guarded_server import _Door
from livecam.serve.limits import ServerLimits
from livecam.serve.web_server import WebServer
from tests.serve.live_sites import PATIENCE_S, eventually, is_closed

GET = "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}\r\n"
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@contextmanager
def nothing_left_open() -> Iterator[None]:
    """What is meant: no socket, transport or task that somebody forgot."""
    gc.collect()  # what others left is not meant
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(warning.message) for warning in said] == []


class Site:
    """An application with all that a connection may wait for. asked: how many requests have come so far."""

    def __init__(self) -> None:
        self.asked = 0
        self.app = Starlette(
            routes=[
                Route("/", self.short),
                Route("/endless", self.endless),
                Route("/late", self.late),
                WebSocketRoute("/socket", self.socket),
            ]
        )

    async def short(self, _: Request) -> Response:
        self.asked += 1
        return Response("here")

    async def endless(self, _: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            self.asked += 1
            while True:
                yield bytes(65_536)

        return StreamingResponse(parts())

    async def late(self, _: Request) -> Response:
        self.asked += 1
        await asyncio.sleep(PATIENCE_S)
        return Response("never")

    async def socket(self, socket: WebSocket) -> None:
        await socket.accept()
        self.asked += 1
        await socket.receive_text()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/", "", id="kept alive"),
        pytest.param("/endless", "", id="a reader of nothing"),
        pytest.param("/late", "", id="a request that is being answered"),
        pytest.param("/socket", UPGRADE, id="a WebSocket that never says good-bye"),
    ],
)
def test_whoever_is_connected_at_the_end_is_let_go(path: str, headers: str, tmp_path: Path) -> None:
    site = Site()
    with nothing_left_open(), ExitStack() as clients:
        with WebServer(Address("127.0.0.1", 0), tmp_path, pin=None) as web:
            web.start(site.app)
            client = clients.enter_context(socket.create_connection(("127.0.0.1", web.address.port)))
            client.sendall(GET.format(path, web.address.port, headers).encode())
            eventually(lambda: site.asked == 1)
        assert is_closed(client)
        del web


def at_a_door(act: Callable[[_Door, socket.socket], None]) -> None:
    """Have a client come to a door, and act within the turn of the loop in which it is there to be let in."""
    trouble: list[str] = []

    async def come() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: trouble.append(str(context)))
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            door = _Door(listening, ServerLimits(), None, lambda _: asyncio.Protocol())
            with socket.create_connection(listening.getsockname()):
                loop.call_soon(act, door, listening)
                for _ in range(5):
                    await asyncio.sleep(0)
                await door.wait_closed()

    with nothing_left_open(), asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(come())
    assert trouble == []


def test_who_comes_just_while_the_door_is_closed_is_not_forgotten() -> None:
    at_a_door(lambda door, _: door.close())


def test_who_was_let_in_just_before_the_door_closed_is_let_go() -> None:
    def act(door: _Door, _: socket.socket) -> None:
        door._accept()
        door.close()

    at_a_door(act)


def test_the_door_opens_again_once_the_system_has_sockets() -> None:
    class Short(socket.socket):
        """No more sockets at first."""

        failures = 2

        def accept(self) -> tuple[socket.socket, tuple[str, int]]:
            if self.failures:
                self.failures -= 1
                raise OSError(24, "Too many open files")
            return super().accept()

    came: list[str] = []

    async def come() -> None:
        with Short() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            listening.setblocking(False)
            gone = asyncio.Event()

            class Guest(asyncio.Protocol):
                def connection_lost(self, exc: Exception | None) -> None:
                    gone.set()

            def make(host: str) -> asyncio.Protocol:
                came.append(host)
                return Guest()

            door = _Door(listening, ServerLimits(), None, make)
            with socket.create_connection(listening.getsockname()):
                pass
            await asyncio.wait_for(gone.wait(), PATIENCE_S)
            door.close()
            await door.wait_closed()

    with nothing_left_open(), asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(come())
    assert came == ["127.0.0.1"]
