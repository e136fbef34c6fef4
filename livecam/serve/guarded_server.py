"""uvicorn's server behind a door of our own, which bounds who may come in: uvicorn accepts everybody."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from livecam.serve.guarded_protocols import GuardedConfig, GuardedHttp, GuardedWebSocket
from livecam.serve.limits import ServerLimits

_PAUSE_S = 0.2  # before the next attempt to accept; set by hand


class _Door:
    """Accepts connections, as many as are allowed; the rest are closed at once.

    make: a protocol for a connection from a host.  ``leave`` is to be called when one that came in is gone.
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
        self._task = asyncio.get_running_loop().create_task(self._accept())

    def leave(self, host: str) -> None:
        self._inside[host] -= 1
        if self._inside[host] <= 0:
            del self._inside[host]

    def close(self) -> None:
        """Let nobody in any more."""
        self._task.cancel()
        for task in self._opening:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until that is so."""
        await asyncio.gather(self._task, *self._opening, return_exceptions=True)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, place = await loop.sock_accept(self._listening)
            except OSError:  # the system has no more sockets, or the peer has gone again
                await asyncio.sleep(_PAUSE_S)
                continue
            host = str(place[0])
            if self._inside.total() >= self._limits.connections or self._inside[host] >= self._limits.of_one:
                connection.close()
                continue
            self._inside[host] += 1
            task = loop.create_task(self._open(connection, host))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, connection: socket.socket, host: str) -> None:
        timeout_s = self._limits.handshake_s if self._tls is not None else None
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().connect_accepted_socket(
                partial(self._make, host), connection, ssl=self._tls, ssl_handshake_timeout=timeout_s
            )
        except OSError:  # TLS that fails is one, too
            connection.close()
            self.leave(host)


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

    def _make_protocol(self, host: str) -> asyncio.Protocol:
        made = GuardedHttp(cast("GuardedConfig", self.config), self.server_state, {})
        made.host = host
        return made

    def _leave(self, host: str) -> None:
        if self._door is not None:
            self._door.leave(host)
