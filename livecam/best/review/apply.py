"""Does what was chosen in the browser, by the same hands as ``best --apply``, keeps it as lessons, takes it back."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from livecam.best.apply import ApplyOutputs, apply_choices
from livecam.best.lessons.from_choices import Taught
from livecam.best.outputs.choice_marks import ChoiceMarkSettings
from livecam.best.outputs.earlier_transfers import take_back
from livecam.best.outputs.said_once import said_once
from livecam.best.review.lessons import keep, lessons_in_review
from livecam.best.review.state import Review
from livecam.best.review.transfers import ReviewTransfers, in_words
from livecam.errors import LivecamError
from livecam.photos.discover import printable
from livecam.storage.durable import replace_file


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it: lines for a person. failures: a line each."""

    lines: tuple[str, ...]
    failures: tuple[str, ...] = ()


class ReviewApply:
    """Applies the choices of one review, and takes that back, one time after the other.

    outputs: where a person's options send the keepers, and how they mark.
    """

    def __init__(
        self, review: Review, outputs: ApplyOutputs, file: Path, roots: Sequence[Path], model: Path | None
    ) -> None:
        """file: where the choices are kept for ``--apply``.  roots: folders that photos may have moved within."""
        self.outputs = outputs
        self._review, self._file, self._roots, self._model = review, file, tuple(roots), model
        self._transfers = ReviewTransfers(file.with_suffix(".transfers.json"))
        self._turn = threading.Lock()

    @property
    def offers(self) -> list[dict[str, str | bool]]:
        """What can be asked for, by its name, in words, and whether a person has asked for it already.

        Marks can always be had: they need no folder.
        """
        marks, keepers, frames = self.outputs.marks, self.outputs.keepers, self.outputs.frames
        where = "into" if marks is not None and marks.embed else "beside"
        words = f"Write stars, labels and rejects {where} the photos (XMP)"
        offers: list[dict[str, str | bool]] = [{"name": "marks", "words": words, "asked": marks is not None}]
        if keepers is not None:
            folder, action = keepers
            words = f"{action.value.capitalize()} the keepers to {printable(folder)}"
            offers.append({"name": "keepers", "words": words, "asked": True})
        if frames is not None:
            words = f"Save the kept frames of clips in {printable(frames)}"
            offers.append({"name": "frames", "words": words, "asked": True})
        return offers

    @property
    def last(self) -> str | None:
        """What ``undo`` would take back, in words; None where there is nothing."""
        journal = self._transfers.last
        return None if journal is None else in_words(journal)

    def preview(self) -> Applied:
        """Say what would be done."""
        with self._turn:
            return self._apply(ApplyOutputs())

    def apply(self, names: Sequence[str]) -> Applied:
        """Do what is named of what is offered, and keep what was chosen as lessons."""
        outputs = ApplyOutputs(
            keepers=self.outputs.keepers if "keepers" in names else None,
            frames=self.outputs.frames if "frames" in names else None,
            marks=(self.outputs.marks or ChoiceMarkSettings()) if "marks" in names else None,
        )
        with self._turn:
            taught = lessons_in_review(self._review, self._model)
            folder = None if outputs.keepers is None else outputs.keepers[0]
            with nullcontext() if folder is None else self._transfers.made_in(folder):
                done = self._apply(outputs)
            return replace(done, lines=(*done.lines, *self._kept(taught)))

    def undo(self) -> Applied:
        """Take back the last copy, link or move, as ``best --undo`` does; what was marked stays, and what was said."""
        with self._turn:
            journal = self._transfers.last
            if journal is None:
                return Applied((), ("nothing to take back: no photo was copied, linked or moved from here",))
            notes, lines = _notes()
            try:
                whole = take_back(journal.path, notes)
            except (LivecamError, OSError) as error:
                return Applied(lines(), (str(error),))
            return Applied(lines()) if whole else Applied((), lines())

    def teach(self) -> None:
        """Keep what was chosen as lessons, and nothing that was undone; what is known already is not kept again."""
        with self._turn:
            self._kept(lessons_in_review(self._review, self._model))

    def _kept(self, taught: Taught) -> tuple[str, ...]:
        """Keep lessons, and return what is to be said of that."""
        notes, lines = _notes()
        keep(self._review, taught, notes)
        return lines()

    def _apply(self, outputs: ApplyOutputs) -> Applied:
        notes, lines = _notes()
        try:
            replace_file(self._file, self._review.choices().encode())
            failures = apply_choices(self._file, outputs, notes, self._roots)
        except (LivecamError, OSError) as error:
            failures = [str(error)]
        return Applied(lines(), tuple(said_once(failures)))


def _notes() -> tuple[Console, Callable[[], tuple[str, ...]]]:
    """Return a console of no terminal, and what gives the lines that were written on it."""
    written = io.StringIO()

    def lines() -> tuple[str, ...]:
        return tuple(line.strip() for line in written.getvalue().splitlines() if line.strip())

    return Console(file=written, width=10_000, color_system=None), lines
