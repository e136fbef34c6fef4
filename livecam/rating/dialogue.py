"""What a rating session says and hears, whatever shows it: the next question that can be shown, what keys ask for."""

from __future__ import annotations

from collections.abc import Callable

from livecam.errors import OutputError, SourceError
from livecam.rating.cuts import Cut, Cuts
from livecam.rating.questions import Question
from livecam.rating.session import RatingSession


class Dialogue:
    """A session with its pictures. Use it from one thread at a time."""

    def __init__(self, session: RatingSession, cuts: Cuts) -> None:
        """Borrow both."""
        self.session = session
        self.failures: list[str] = []
        self._cuts = cuts

    def question(self) -> tuple[Question, tuple[Cut, ...]] | None:
        """Return the current question with its pictures; None when all are asked.

        What cannot be shown any more is left out, and a line about it is among ``failures``.
        """
        while (question := self.session.current) is not None:
            self._cuts.prefetch((question, *self.session.coming))
            try:
                return question, tuple(self._cuts.of(shown) for shown in question.faces)
            except SourceError as error:
                self._drop(error)
        return None

    def give(self, answer: int) -> str | None:
        """Answer the question; return what went wrong, one line. Raises ValueError for no such answer."""
        return self._try(lambda: self.session.give(answer))

    def skip(self) -> str | None:
        """Leave the question without an answer; return what went wrong."""
        return self._try(self.session.skip)

    def back(self) -> str | None:
        """Ask the question before again."""
        self.session.back()
        return None

    def undo(self) -> str | None:
        """Take back what was done last; return what went wrong."""
        said: list[str] = []

        def undo() -> None:
            if not self.session.undo():
                said.append("nothing to undo")

        return self._try(undo) or next(iter(said), None)

    def _try(self, act: Callable[[], None]) -> str | None:
        try:
            act()
        except SourceError as error:  # the picture was taken away while it was looked at
            self._drop(error)
            return str(error)
        except OutputError as error:  # a full disk: the question stays, and can be answered again
            return str(error)
        return None

    def _drop(self, error: SourceError) -> None:
        self.failures.append(str(error))
        self.session.drop()
