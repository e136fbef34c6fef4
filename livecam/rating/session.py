"""The state of a rating session: which question is asked, what was answered, and how to go back. Pure but for save.

Each answer is saved before the next question is asked, so whoever stops at any moment has lost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livecam.rating.questions import Question

# Of a pair 0 (the left one is better) or 1; of one face its rating, 1..5; None: no answer, or none any more.
Answer = int | None
Save = Callable[[Question, Answer], None]


@dataclass(frozen=True, slots=True)
class _Step:
    """What was done last. index: of the question.  before: what its answer was.  saved: whether the answer changed."""

    index: int
    before: Answer
    saved: bool


class RatingSession:
    """Asks questions one after the other. Use it from one thread at a time."""

    def __init__(self, questions: Sequence[Question], save: Save, *, before: int = 0) -> None:
        """save: writes an answer down, None that there is none; where it raises OutputError, nothing changes.

        before: how many were answered in earlier sessions, for the count that is shown.
        """
        self._questions = list(questions)
        self._save = save
        self._before = before
        self._answers: dict[int, Answer] = {}  # None: skipped
        self._steps: list[_Step] = []
        self._lost: set[int] = set()
        self._at = 0

    @property
    def current(self) -> Question | None:
        """The question that is asked; None after the last."""
        return self._questions[self._at] if self._at < len(self._questions) else None

    @property
    def number(self) -> int:
        """Which question it is, by its place, from 0."""
        return self._at

    @property
    def answer(self) -> Answer:
        """What the current question was answered with when it was asked before; None if it was not."""
        return self._answers.get(self._at)

    @property
    def coming(self) -> tuple[Question, ...]:
        """The questions after the current one."""
        return tuple(q for i, q in enumerate(self._questions) if i > self._at and i not in self._lost)

    @property
    def answered(self) -> int:
        """How many have an answer from this session."""
        return sum(answer is not None for answer in self._answers.values())

    @property
    def progress(self) -> tuple[int, int]:
        """The place of the current question and how many there are, with those of earlier sessions; from 1."""
        total = len(self._questions) - len(self._lost)
        place = sum(i not in self._lost for i in range(self._at))
        return self._before + min(place + 1, total), self._before + total

    def give(self, answer: int) -> None:
        """Answer the current question. Raises ValueError for no such answer, OutputError."""
        question = self._require()
        if answer not in (range(2) if question.is_pair else range(1, 6)):
            raise ValueError(f"no such answer: {answer}")
        self._change(question, answer)

    def skip(self) -> None:
        """Leave the current question without an answer; one that it had is taken back. Raises OutputError."""
        self._change(self._require(), None)

    def back(self) -> None:
        """Ask the question before again; its answer stays unless another is given."""
        earlier = [i for i in range(self._at) if i not in self._lost]
        self._at = earlier[-1] if earlier else self._at

    def undo(self) -> bool:
        """Take back what was done last and ask that again; False if there is nothing. Raises OutputError."""
        if not self._steps:
            return False
        step = self._steps[-1]
        if step.saved:
            self._save(self._questions[step.index], step.before)
        self._steps.pop()
        if step.before is None:
            self._answers.pop(step.index, None)
        else:
            self._answers[step.index] = step.before
        self._at = step.index
        return True

    def drop(self) -> None:
        """Leave the current question out for good: its picture cannot be shown."""
        self._lost.add(self._at)
        self._go_on()

    def _require(self) -> Question:
        if self.current is None:
            raise ValueError("no question is left")
        return self.current

    def _change(self, question: Question, answer: Answer) -> None:
        before = self._answers.get(self._at)
        # That nobody can tell two apart is worth keeping: they are not asked about again in the next session. A rating
        # that was never given must not be taken back, for there may be one from elsewhere.
        if answer != before or question.is_pair:
            self._save(question, answer)
        self._answers[self._at] = answer
        self._steps.append(_Step(self._at, before, answer != before))
        self._go_on()

    def _go_on(self) -> None:
        self._at += 1
        while self._at in self._lost:
            self._at += 1
