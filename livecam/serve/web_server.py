"""The life of a server: it listens, runs in a thread of its own, and ends when it is left."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from livecam.closing import Closing
from livecam.errors import ServeError
from livecam.serve.access import Access
from livecam.serve.address import Address, Scheme
from livecam.serve.limits import ServerLimits
from livecam.storage.folder_lock import alone_at

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_ENDS_S = 5.0  # for which the thread may take to end; set by hand


class WebServer(Closing):
    """Serves one folder's application at one address.

    address: with the port that it really has.  access: who may do what.  scheme: "https" with TLS.
    """

    def __init__(
        self,
        address: Address,
        folder: Path | None,
        *,
        pin: str | None,
        tls: tuple[Path, Path] | None = None,
        limits: ServerLimits | None = None,
    ) -> None:
        """Listen, but answer nobody before ``start``. Raises ServeError.

        folder: served by no other livecam meanwhile; None: it serves none.  pin: the host's; without one only this
        computer may be let in.  tls: files with a certificate and its key.
        """
        if pin is None and not address.loopback:
            raise ServeError(f"{address.host} can be reached from elsewhere, and that needs a PIN: add --pin")
        try:
            from livecam.serve.gate import Gate  # noqa: PLC0415  these load Starlette and uvicorn
            from livecam.serve.guarded_server import GuardedServer  # noqa: PLC0415
        except ImportError as error:
            raise ServeError("a page in the browser needs Starlette and uvicorn: install livecam again") from error
        self._gate, self._server = Gate, GuardedServer
        self.limits = limits or ServerLimits()
        self._tls = _tls_context(*tls) if tls is not None else None
        self.scheme: Scheme = "https" if tls is not None else "http"
        self.access = Access(pin)
        self._undo = ExitStack()
        with ExitStack() as undo:
            if folder is not None:
                undo.enter_context(alone_at(folder, "serves", ServeError))
            self._listening = undo.enter_context(address.listen())
            self._undo = undo.pop_all()
        self.address = address.at(self._listening)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._stop: Callable[[], None] = lambda: None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        """What to type into a browser."""
        return self.address.url(self.scheme)

    def start(self, app: ASGIApp) -> None:
        """Answer from now on, with app, behind the gate."""
        self._thread = threading.Thread(target=self._run, args=(app,), name="livecam serve", daemon=True)
        self._thread.start()
        self._ready.wait()

    def call(self, act: Callable[[], None]) -> None:
        """Have act done in the server's thread soon; nothing once it is closed."""
        if self.loop is not None:
            try:
                self.loop.call_soon_threadsafe(act)
            except RuntimeError:  # it has just ended
                self.loop = None

    def close(self) -> None:
        """Say good-bye to everybody and end. May be called again."""
        self._stop()
        if self._thread is not None:
            self._thread.join(_ENDS_S)
        self._undo.close()

    def _run(self, app: ASGIApp) -> None:
        async def serve() -> None:
            gate = self._gate(app, self.access, self.address.names(), self.address.port, self.limits)
            server = self._server(gate, self._listening, self.limits, self._tls)

            def stop() -> None:
                server.should_exit = True

            self.loop, self._stop = asyncio.get_running_loop(), stop
            self._ready.set()
            await server.serve()
            self.loop = None

        try:
            # On Windows the usual loop has no readers, which the door needs.
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(serve())
        finally:
            self._ready.set()


def _tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    for path in (certificate, key):
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise ServeError(f"--tls: {path} is not a file: give a certificate and its key, as PEM files")
        try:
            path.read_bytes()
        except OSError as error:
            raise ServeError(f"--tls: {path} cannot be read ({(error.strerror or str(error)).lower()})") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2

    def ask() -> str:
        raise ServeError(f"--tls: {key} is locked with a password: give a key without one")

    try:
        context.load_cert_chain(certificate, key, password=ask)
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        hint = "the key is not the certificate's" if "MISMATCH" in str(reason) else "these are no PEM files"
        raise ServeError(f"--tls: {certificate} and {key} do not work: {hint} ({reason})") from error
    return context
