"""The rating page: a person answers in the browser, one question after the other, by keys or by clicks."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from importlib import resources
from typing import Any

from livecam import __version__
from livecam.best.outputs.page import fill, policy
from livecam.closing import Closing
from livecam.rating.dialogue import Dialogue
from livecam.serve.page_server import NoSuchThingError, PageServer

_KINDS = ("face", "whole")
_SEEN_S = 3.0  # how long it waits for the page to show the end, seconds; set by hand


class RatingPage(Closing):
    """Asks on a page. finished: set when the person is done; what it then waits for is ``say_result``."""

    def __init__(self, dialogue: Dialogue) -> None:
        """Borrow dialogue, and serve the page at once, see ``address``. Raises ServeError."""
        self._dialogue = dialogue
        self._style, self._script = (_asset(name) for name in ("rate.css", "rate.js"))
        self.finished, self._seen = threading.Event(), threading.Event()
        self._result: list[str] | None = None
        self._said = ""
        served = policy(self._style, self._script).replace("img-src", "connect-src 'self'; img-src 'self'")
        self._server = PageServer(self._respond, served)

    @property
    def address(self) -> str:
        """Where it is."""
        return self._server.address

    def say_result(self, lines: list[str]) -> None:
        """Show what came of it, at the end; returns once it is seen, or soon if nobody looks any more."""
        self._result = lines
        self._seen.wait(_SEEN_S)

    def close(self) -> None:
        """Serve no more."""
        self._server.close()

    def _respond(self, name: str, sent: Mapping[str, Any] | None) -> tuple[str, bytes]:
        if sent is None:
            return self._read(name)
        if name != "do":
            raise NoSuchThingError(name)
        self._do(sent)
        return self._state()

    def _read(self, name: str) -> tuple[str, bytes]:
        if not name:
            values = {
                "generator": f"livecam {__version__}",
                "style": self._style,
                "script": self._script,
            }
            return "text/html; charset=utf-8", fill(_asset("rate.html"), values).encode()
        if name == "state":
            return self._state()
        # A picture of the current question: "3-0-face.jpg" is the left face of question 3.
        number, _, rest = name.removesuffix(".jpg").partition("-")
        side, _, kind = rest.partition("-")
        found = self._dialogue.question()
        if kind not in _KINDS or found is None or number != str(self._dialogue.session.number):
            raise NoSuchThingError(name)
        cuts = found[1]
        if side not in map(str, range(len(cuts))):
            raise NoSuchThingError(name)
        cut = cuts[int(side)]
        return "image/jpeg", cut.face if kind == "face" else cut.whole

    def _do(self, sent: Mapping[str, Any]) -> None:
        """Do what a key asked for; what was asked of another question than the current one came too late."""
        match sent:
            case {"act": "finish"}:
                self.finished.set()
                return
            case {"act": "seen"}:
                self._seen.set()
                return
        self._said = ""
        if self.finished.is_set() or sent.get("number") != self._dialogue.session.number:
            return
        match sent:
            case {"act": "give", "answer": int(answer)} if not isinstance(answer, bool):
                if self._dialogue.session.current is not None:
                    self._said = self._dialogue.give(answer) or ""
            case {"act": "skip"}:
                if self._dialogue.session.current is not None:
                    self._said = self._dialogue.skip() or ""
            case {"act": "back"}:
                self._said = self._dialogue.back() or ""
            case {"act": "undo"}:
                self._said = self._dialogue.undo() or ""
            case _:
                raise ValueError(sent)

    def _state(self) -> tuple[str, bytes]:
        """What the page shows, as JSON."""
        session = self._dialogue.session
        found = None if self.finished.is_set() else self._dialogue.question()
        place, total = session.progress
        state = {
            "number": session.number,
            "faces": 0 if found is None else len(found[0].faces),
            "answer": session.answer,
            "place": place,
            "total": total,
            "answered": session.answered,
            "said": self._said,
            "finished": self.finished.is_set(),
            "result": self._result,
        }
        return "application/json", json.dumps(state).encode()


def _asset(name: str) -> str:
    return resources.files("livecam").joinpath("assets", "rate", name).read_text("utf-8")
