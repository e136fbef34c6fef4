"""uvicorn's protocols with limits of time: a request must come to its end, and what is sent must be taken.

uvicorn itself lets a connection that never says anything stay for ever, and so one that never reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from livecam.serve.limits import ServerLimits


class GuardedConfig(uvicorn.Config):
    """What the two protocols are given. leave: to be called with the host of a connection that is gone."""

    limits: ServerLimits
    leave: Callable[[str], None]


class _Connection(Protocol):
    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop


class _Stuck:
    """Puts out a peer that takes nothing of what waits for it: closing alone would wait for it for ever."""

    def __init__(self, connection: _Connection, limit_s: float) -> None:
        self._connection, self._limit_s = connection, limit_s
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Something waits to be taken."""
        if self._timer is None:
            waiting = self._connection.transport.get_write_buffer_size()
            self._timer = self._connection.loop.call_later(self._limit_s, self._look, waiting)

    def end(self) -> None:
        """It was taken, or the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, before: int) -> None:
        self._timer = None
        if self._connection.transport.get_write_buffer_size() >= before:
            self._connection.transport.abort()
        else:
            self.begin()


class _Guarded(asyncio.Protocol):
    """What both protocols have beside uvicorn's. host: from which the connection came."""

    host = ""
    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop

    def __init__(
        self,
        config: GuardedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """See uvicorn."""
        super().__init__(config, server_state, app_state, _loop)  # type: ignore[call-arg]  # uvicorn's is the next
        self._limits, self._leave = config.limits, config.leave
        self._stuck = _Stuck(self, config.limits.stuck_s)

    def pause_writing(self) -> None:
        """Too much waits to be taken."""
        super().pause_writing()
        self._stuck.begin()

    def resume_writing(self) -> None:
        """Most of it was taken."""
        super().resume_writing()
        self._stuck.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._stuck.end()
        super().connection_lost(exc)
        self._leave(self.host)


class GuardedHttp(_Guarded, H11Protocol):
    """HTTP/1.1."""

    _deadline: asyncio.TimerHandle | None = None
    _upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def handle_events(self) -> None:
        """Go on with what has come."""
        super().handle_events()
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._stop_watching()
        super().on_response_complete()
        self._watch()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection on."""
        super().handle_websocket_upgrade(event)
        self._upgraded = True
        self._stop_watching()
        cast("GuardedWebSocket", self.transport.get_protocol()).host = self.host

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Let the time run while a request is awaited, or has not come to its end."""
        cycle = self.cycle
        # uvicorn says that these are never None; they are, before the first request.
        answering = bool(cycle) and not cycle.more_body and not cycle.response_complete
        if answering or self._upgraded or self.transport.is_closing():
            self._stop_watching()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self._limits.request_s, self.transport.abort)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class GuardedWebSocket(_Guarded, WebSocketsSansIOProtocol):
    """A WebSocket that reads nothing, and so answers no pings either, while its peer takes nothing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Wait for a goodbye no longer than for anything else."""
        super().connection_made(transport)
        self.close_timeout = min(self.close_timeout, self._limits.stuck_s)

    def pause_writing(self) -> None:
        """Too much waits to be taken."""
        super().pause_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Most of it was taken."""
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def keepalive_timeout(self) -> None:
        """No answer to a ping: gone, or not reading."""
        super().keepalive_timeout()
        self.transport.abort()
