"""uvicorn's server behind a door of our own, which bounds who may come in: uvicorn accepts everybody."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, cast

import uvicorn
from starlette.types import ASGIApp

from livecam.serve.guarded_protocols import GuardedConfig, GuardedHttp, GuardedWebSocket
from livecam.serve.limits import ServerLimits

_PAUSE_S = 0.2  # before the next attempt to accept; set by hand
_TURNS = 10  # of the loop, for a connection that was put out to be gone: one, and with TLS two


class _Connected(Protocol):
    transport: asyncio.Transport


class _Door:
    """Accepts connections, as many as are allowed; the rest are closed at once.

    make: a protocol for a connection from a host.  ``leave`` is to be called when one that came in is gone.

    The socket is watched by a reader: ``loop.sock_accept`` drops a connection that comes while it is cancelled, and
    browsers come again in just that moment.
    """

    def __init__(
        self,
        listening: socket.socket,
        limits: ServerLimits,
        tls: ssl.SSLContext | None,
        make: Callable[[str], asyncio.Protocol],
    ) -> None:
        self._listening, self._limits, self._tls, self._make = listening, limits, tls, make
        self._inside: Counter[str] = Counter()
        self._opening: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._open()

    def leave(self, host: str) -> None:
        self._inside[host] -= 1
        if self._inside[host] <= 0:
            del self._inside[host]

    def close(self) -> None:
        """Let nobody in any more."""
        self._loop.remove_reader(self._listening)
        if self._pause is not None:
            self._pause.cancel()
        for task in self._opening:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until that is so."""
        await asyncio.gather(*self._opening, return_exceptions=True)

    def _open(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        try:
            connection, place = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):  # the peer has gone again
            return
        except OSError:  # the system has no more sockets
            self._loop.remove_reader(self._listening)
            self._pause = self._loop.call_later(_PAUSE_S, self._open)
            return
        host = str(place[0])
        if self._inside.total() >= self._limits.connections or self._inside[host] >= self._limits.of_one:
            connection.close()
            return
        self._inside[host] += 1
        task = self._loop.create_task(self._let_in(connection, host))
        self._opening.add(task)
        task.add_done_callback(partial(self._note_opened, connection, host))

    async def _let_in(self, connection: socket.socket, host: str) -> None:
        timeout_s = self._limits.handshake_s if self._tls is not None else None
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await self._loop.connect_accepted_socket(
            partial(self._make, host), connection, ssl=self._tls, ssl_handshake_timeout=timeout_s
        )

    def _note_opened(self, connection: socket.socket, host: str, task: asyncio.Task[None]) -> None:
        """Close what nobody took over: TLS failed, the peer has gone, or the end came before the task began."""
        self._opening.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            connection.close()
            self.leave(host)
        if error is not None and not isinstance(error, OSError):
            raise error


class GuardedServer(uvicorn.Server):
    """Serves an application at a socket that listens, until ``should_exit`` is set."""

    def __init__(
        self, app: ASGIApp, listening: socket.socket, limits: ServerLimits, tls: ssl.SSLContext | None = None
    ) -> None:
        """Take over listening."""
        self._listening, self._limits, self._tls = listening, limits, tls
        self._door: _Door | None = None
        config = GuardedConfig(
            cast("Any", app),  # Starlette's type of an application and uvicorn's are written differently
            http=GuardedHttp,
            ws=GuardedWebSocket,
            lifespan="off",
            log_config=None,
            log_level=logging.CRITICAL,
            access_log=False,
            proxy_headers=False,  # anybody could say that they come from elsewhere
            server_header=False,
            h11_max_incomplete_event_size=limits.head_bytes,
            ws_max_size=limits.message_bytes,
            ws_per_message_deflate=False,  # JPEG is compressed already
            ws_ping_interval=limits.stuck_s,
            ws_ping_timeout=limits.stuck_s,
            timeout_keep_alive=int(limits.request_s),
            timeout_graceful_shutdown=1,
        )
        config.limits, config.leave = limits, self._leave
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002  as uvicorn calls it
        """Open the door."""
        self._door = _Door(self._listening, self._limits, self._tls, self._make_protocol)
        self.servers = [cast("Any", self._door)]  # all that is asked of one is close and wait_closed
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let everybody go; whoever does not even take the rest of what was sent is put out."""
        await super().shutdown(sockets)
        for connection in self.server_state.connections:
            cast("_Connected", connection).transport.abort()
        if self._door is not None:
            await self._door.wait_closed()
        for _ in range(_TURNS):
            if not self.server_state.connections:
                break
            await asyncio.sleep(0)

    def _make_protocol(self, host: str) -> asyncio.Protocol:
        made = GuardedHttp(cast("GuardedConfig", self.config), self.server_state, {})
        made.host = host
        return made

    def _leave(self, host: str) -> None:
        if self._door is not None:
            self._door.leave(host)
