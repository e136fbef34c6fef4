"""Who takes part in a run beside its window: browsers, and what is done with each picture: a command, a clip."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from livecam.closing import Closing
from livecam.live.hook import ShotHook
from livecam.live.recent_shots import RecentShots
from livecam.live.shot_clips import ShotClips
from livecam.shutter.shutter_control import ShutterControl
from livecam.sources.source import Source
from livecam.types import UInt8Array
from livecam.ui.main_loop import Watcher

if TYPE_CHECKING:
    from livecam.serve.live_server import LiveServer, ServeOptions


class RunWatchers(Closing):
    """Opens what is asked for before anything that takes long, so that what cannot work is said at once."""

    def __init__(
        self,
        options: ServeOptions | None,
        hook: str | None,
        out: Path,
        tell: Callable[[str], None],
        *,
        clips: bool = False,
        qr: bool = False,
    ) -> None:
        """options: None for no browser.  hook: a command, None for none.  clips: one beside each picture.

        qr: show the address as a QR code, too.

        out: where the pictures go.  tell: says a line to the person. Raises ServeError and OutputError.
        """
        self._parts = ExitStack()
        with ExitStack() as parts:
            self._clips = parts.enter_context(ShotClips(tell)) if clips else None
            self._hook = parts.enter_context(ShotHook(hook, tell)) if hook is not None else None
            self._server = parts.enter_context(_listen(options, out)) if options is not None else None
            self._parts = parts.pop_all()
        for line in self._server.words() if self._server is not None else ():
            tell(line)
        if qr and self._server is not None and self._server.reachable:
            from livecam.serve.qr import for_terminal  # noqa: PLC0415  loads segno

            if (code := for_terminal(self._server.url)) is not None:
                tell(code)

    @property
    def code(self) -> UInt8Array | None:
        """The address as a QR code, uint8 (N, N); None where no other device can come."""
        if self._server is None or not self._server.reachable:
            return None
        from livecam.serve.qr import as_pixels  # noqa: PLC0415  loads segno

        return as_pixels(self._server.url)

    def watch(
        self,
        source: Source,
        control: ShutterControl,
        recent_shots: RecentShots,
        folders: tuple[Path | None, ...],
        message: str | None,
    ) -> tuple[Watcher, ...]:
        """Begin, and return who is to be told of the run. folders: where pictures go, and may be read from."""
        watchers: list[Watcher] = [watcher for watcher in (self._hook, self._clips) if watcher is not None]
        if self._server is not None:
            kept = tuple(folder for folder in folders if folder is not None)
            watchers.append(self._server.start(source, control, recent_shots, kept, message))
        return tuple(watchers)

    def close(self) -> None:
        """End. May be called again."""
        self._parts.close()


def _listen(options: ServeOptions, out: Path) -> LiveServer:
    from livecam.serve.live_server import LiveServer  # noqa: PLC0415  whoever wants no browser need not load asyncio

    return LiveServer(options, out)
