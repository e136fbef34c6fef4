"""``livecam best --serve``: a shoot in the browser, while livecam looks through it and after."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from livecam.best.apply import ApplyOutputs
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.review.apply import ReviewApply
from livecam.best.review.journal import ReviewJournal, journal_of
from livecam.best.review.state import Review
from livecam.closing import Closing
from livecam.errors import ServeError
from livecam.serve.address import Address
from livecam.serve.limits import ServerLimits
from livecam.serve.live_server import ServeOptions
from livecam.serve.picture_thread import as_json
from livecam.serve.review_pictures import ReviewPictures
from livecam.serve.viewers import Viewers
from livecam.serve.web_server import WebServer
from livecam.storage.folder_lock import alone_at

# Groups are made anew while the scan goes on: not more often, and never for more than this share of the time. By hand.
_SOONEST_S, _SHARE = 1.0, 0.05
# Whoever scrolls asks for hundreds of small pictures; set by hand.
_LIMITS = ServerLimits(requests_at_once=600, requests_a_second=300)


class ReviewServer(Closing):
    """Listens from the beginning, and shows what is found as it is found: a ``find_best.Watcher``.

    url: what to type into a browser.  review: what is shown, and said of it.
    """

    def __init__(
        self,
        options: ServeOptions,
        names: Sequence[str],
        outputs: ApplyOutputs,
        *,
        top: int = 1,
        model: Path | None = None,
    ) -> None:
        """names: photos, clips and folders, as a person named them.  outputs: what is to be done on "apply".

        top: how many of each group begin as keepers.  model: the scorer's. Raises ServeError and OutputError.
        """
        address = Address.parse(options.address)
        self._pin, self._top = options.pin_at(address), top
        first, *others = _roots(names)
        with ExitStack() as parts:
            for root in others:
                parts.enter_context(alone_at(root, "serves", ServeError))
            web = WebServer(address, first, pin=self._pin, tls=options.tls, limits=_LIMITS)
            self._web = parts.enter_context(web)
            from livecam.serve.review_routes import ReviewSite, review_app  # noqa: PLC0415  loads Starlette

            journal = ReviewJournal(journal_of(names))
            parts.callback(journal.close)
            self.review = Review(journal)
            self.applying = ReviewApply(
                self.review, outputs, journal.path.with_suffix(".choices.json"), [first, *others], model
            )
            self._viewers = Viewers(_LIMITS)
            site = ReviewSite(
                self.review,
                ReviewPictures(self.review.frames_of),
                self.applying,
                self._viewers,
                web.access,
                _LIMITS,
                secure=web.scheme == "https",
            )
            web.start(review_app(site))
            self._parts = parts.pop_all()
        keepers = outputs.keepers[0] if outputs.keepers is not None else None
        self.folders = [folder for folder in (keepers, outputs.frames) if folder is not None]
        self.url = self._web.url
        self._next_s = 0.0

    @property
    def reachable(self) -> bool:
        """Whether other devices can come."""
        return not self._web.address.loopback

    def words(self, *, qr: bool = False) -> list[str]:
        """Return what to tell the person who has started it, a line each.

        qr: with the address as a QR code, where other devices can come.
        """
        lines = [f"in the browser: {self.url}"]
        if self._pin is not None:
            lines.append(f"the PIN: {self._pin}")
        if self.reachable and self._web.scheme == "http":
            lines.append("what is sent can be read in this network: --tls CERT KEY encrypts it")
        if qr and self.reachable:
            from livecam.serve.qr import for_terminal  # noqa: PLC0415  loads segno

            if (code := for_terminal(self.url)) is not None:
                lines.append(code)
        return lines

    def see(self, looked: int, total: int, group: Callable[[], Sequence[RankedGroup]]) -> None:
        """Show what is known by now, if it is time for it."""
        began_s = time.monotonic()
        if began_s < self._next_s:
            return
        self._show(group(), looked, total, done=False)
        took_s = time.monotonic() - began_s
        self._next_s = time.monotonic() + max(_SOONEST_S, took_s / _SHARE)

    def see_all(self, groups: Sequence[RankedGroup], total: int) -> None:
        """Show all that there is."""
        self._show(groups, total, total, done=True)

    def wait(self) -> None:
        """Go on until somebody ends the program; what they chose is kept as lessons of their taste then."""
        ended = threading.Event()
        try:
            while not ended.wait(0.5):  # on Windows Ctrl-C is only heard between two waits
                pass
        finally:
            self.applying.teach()

    def close(self) -> None:
        """End. May be called again."""
        self._web.call(self._viewers.close)
        self._parts.close()

    def _show(self, groups: Sequence[RankedGroup], looked: int, total: int, *, done: bool) -> None:
        self.review.show(groups, self._top, looked, total, done=done)
        note = as_json({"event": "groups", "version": self.review.version})
        self._web.call(lambda: self._viewers.tell(note))


def _roots(names: Sequence[str]) -> list[Path]:
    """The folders that are named, and those of the photos and patterns that are."""
    roots = [path if path.is_dir() else path.parent for path in map(Path, names)]
    return list(dict.fromkeys(root.resolve() for root in roots))
