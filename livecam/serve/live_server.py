"""``livecam run --serve``: one run in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livecam.closing import Closing
from livecam.live.recent_shots import RecentShots
from livecam.serve.access import checked_pin, new_pin
from livecam.serve.address import Address
from livecam.serve.limits import ServerLimits
from livecam.serve.live_remote import LiveRemote
from livecam.serve.web_server import WebServer
from livecam.shutter.shutter_control import ShutterControl
from livecam.sources.source import Source

if TYPE_CHECKING:
    from livecam.serve.live_routes import LiveSite


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What a person has asked for.

    address: HOST:PORT.  pin: the host's; None: a new one, where others than this computer can reach the address.
    guests_shoot: guests may press the shutter.  tls: files with a certificate and its key.
    """

    address: str
    pin: str | None = None
    guests_shoot: bool = False
    tls: tuple[Path, Path] | None = None

    def __post_init__(self) -> None:
        if self.pin is not None:
            checked_pin(self.pin)

    def pin_at(self, address: Address) -> str | None:
        """Return the PIN of a server at address; None where only this computer can reach it, and none was chosen."""
        if self.pin is not None:
            return self.pin.strip()
        return None if address.loopback else new_pin()


class LiveServer(Closing):
    """Listens from the beginning, and shows a run once there is one.

    url: what to type into a browser.  site: what its routes work with, once there is a run.
    """

    def __init__(self, options: ServeOptions, folder: Path, limits: ServerLimits | None = None) -> None:
        """folder: where the pictures go. Raises ServeError."""
        self._options = options
        address = Address.parse(options.address)
        self._pin = options.pin_at(address)
        self._web = WebServer(address, folder, pin=self._pin, tls=options.tls, limits=limits)
        self.url = self._web.url
        self._remote: LiveRemote | None = None
        self.site: LiveSite | None = None

    @property
    def reachable(self) -> bool:
        """Whether other devices can come."""
        return not self._web.address.loopback

    def words(self) -> list[str]:
        """Return what to tell the person who has started it, a line each."""
        lines = [f"in the browser: {self.url}"]
        if self.reachable:
            shoot = " and press the shutter" if self._options.guests_shoot else ""
            lines.append(f"everybody in this network can watch there{shoot}; the host's PIN: {self._pin}")
            if self._web.scheme == "http":
                lines.append("what is sent can be read in this network: --tls CERT KEY encrypts it")
        return lines

    def start(
        self,
        source: Source,
        control: ShutterControl,
        recent_shots: RecentShots,
        folders: tuple[Path, ...],
        message: str | None,
    ) -> LiveRemote:
        """Show a run from now on; the answer watches it. See ``LiveRemote`` for the parts."""
        from livecam.serve.live_routes import LiveSite, live_app  # noqa: PLC0415  these load Starlette
        from livecam.serve.qr import as_svg  # noqa: PLC0415

        web, options = self._web, self._options
        self._remote = LiveRemote(source, control, recent_shots, folders, web.call, web.limits, message=message)
        self.site = LiveSite(
            self._remote,
            web.access,
            web.limits,
            self.url,
            as_svg(self.url),
            options.guests_shoot,
            web.scheme == "https",
        )
        web.start(live_app(self.site))
        return self._remote

    def close(self) -> None:
        """End. May be called again."""
        if self._remote is not None:
            self._remote.close()
        self._web.close()
