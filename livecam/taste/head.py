"""What was learned: a head on the scorer's embedding, the named signals and the scorer's own score.

It gives a face with open eyes its ratings; whether the eyes are open is judged beside it and gates what it says, as it
gates the scorer's own. A head is numbers alone, in a file of NumPy arrays without pickled objects.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple, dataclass, field, replace

import numpy as np

from livecam.faces.mesh import Blendshapes
from livecam.scoring.eye_policy import gated, gated_again, with_open_eyes
from livecam.taste.lesson import LessonFace
from livecam.taste.resting import MOST_UP, Resting, less_resting_smile, own_eyes
from livecam.taste.signals import SIGNALS, named_signals, signals_of, standardised
from livecam.types import EMBEDDING, RATINGS, FloatArray, Reason, Score

THRESHOLDS = len(RATINGS) - 1
_LARGEST = 1e12  # of any number: what is larger nobody learned, and sums of it may be no numbers. Set by hand


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a head agrees with choices that it was not learned from.

    choices: that it was learned from.  pairs: of pictures, of which the person liked one better.  agrees, generic: in
    how many of them the head and the scorer as it ships say the same, 0..1.  better: whether that is surely more.
    more: about how many choices it lacks for that; None where it is better, or nothing can be said.
    """

    choices: int = 0
    pairs: int = 0
    agrees: float = 0.0
    generic: float = 0.0
    better: bool = False
    more: int | None = None

    def __str__(self) -> str:
        """One line for a person."""
        return f"what was learned {self.of_it}"

    @property
    def of_it(self) -> str:
        """The same line after its subject, to go on from "your taste, which"."""
        of = f"{self.choices:,} choice{'s' if self.choices != 1 else ''}"
        if not self.pairs:
            return f"is not better yet: {of} leave nothing to compare, so keep some pictures and reject others"
        agrees = f"agrees with you in {self.agrees:.0%} of pairs ({self.generic:.0%} without it)"
        if self.better:
            return f"{agrees}, from {of}"
        return f"is not better yet, about {self.more or 40} more choices are needed: from {of} it {agrees}"


@dataclass(frozen=True, slots=True)
class Story:
    """What the page of ``livecam taste`` tells beside the weights. curve: choices and agreement with held-out pairs.

    calibration: of held-out photos with stars, in steps: what was expected, what they got, how many.
    """

    verdict: Verdict = field(default_factory=Verdict)
    curve: tuple[tuple[int, float], ...] = ()
    calibration: tuple[tuple[float, float, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TasteHead:
    """A learned taste. Utilities are logits.

    name: whose.  network: whose embeddings it knows, see ``network.network_of``.  embedding: (512,), weights.
    signals: (S,), weights in the order of ``SIGNALS``.  score: weight of a point of the scorer.  offset: added.
    thresholds: (4,), rising, between the five ratings.  alone, alone_offset: in place of embedding, signals and offset
    where there is no word of the landmarks, as in one ONNX file: the embedding stands in for what the signals say.
    level: logits that bring the middle of the lessons' faces to where the scorer has it, see ``levelled``.
    """

    name: str
    network: str
    embedding: FloatArray
    signals: FloatArray
    score: float
    offset: float
    thresholds: FloatArray
    resting: Resting = field(default_factory=Resting)
    story: Story = field(default_factory=Story)
    alone: FloatArray = field(default_factory=lambda: np.zeros(EMBEDDING, np.float32))
    alone_offset: float = 0.0
    level: float = 0.0

    def __post_init__(self) -> None:
        shapes = {
            "embedding": (EMBEDDING,),
            "alone": (EMBEDDING,),
            "signals": (len(SIGNALS),),
            "thresholds": (THRESHOLDS,),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or not _usable(array):
                raise ValueError(f"{name} must be {shape[0]} finite numbers")
        if not _usable([self.score, self.offset, self.alone_offset, self.level, *astuple(self.resting)]):
            raise ValueError("all numbers must be finite")
        if (np.diff(self.thresholds) < 0).any():
            raise ValueError("thresholds must rise")
        if not 0 <= self.resting.smile < 1:
            raise ValueError("a resting smile lies in 0..1")
        if not 0 <= self.resting.eyes <= MOST_UP:
            raise ValueError(f"the limit of closed eyes may rise by 0..{MOST_UP:g}")

    def levelled(self) -> TasteHead:
        """Return a head of the same order, as generous as the scorer: who gives few stars wants pictures, too."""
        return replace(self, offset=self.offset + self.level)

    def utility(self, embedding: FloatArray, signals: FloatArray, score: float, smile: float) -> float:
        """Return what a face with open eyes is worth, logits.

        embedding: (512,).  signals: as ``standardised`` gives them.  score: of the scorer, as if the eyes were open.
        """
        own = less_resting_smile(score, smile, self.resting)
        return float(self.embedding @ embedding + self.signals @ signals + self.score * own + self.offset)

    def probs(self, utility: float) -> FloatArray:
        """Return how probable each rating is, float32 (5,)."""
        above = 0.5 * (1 + np.tanh(0.5 * (utility - self.thresholds)))
        edges = np.concatenate(([1.0], above, [0.0]))
        return np.asarray(edges[:-1] - edges[1:], np.float32)

    def of_face(self, face: LessonFace) -> float:
        """Return the utility of a face that a lesson keeps."""
        signals = signals_of(face)
        return self.utility(face.vector, standardised(signals), face.score, signals["smile"])

    def judge_eyes(self, score: Score, shapes: Blendshapes) -> Score:
        """Return a score with its eyes as they are judged of this person, and its ratings gated by that.

        score: as ``scoring.eyes`` judged it.  shapes: the 52 blendshapes.
        """
        if self.resting.eyes == 0 and self.resting.lids >= 1:
            return score
        left, right = score.eyes_closed.tolist()
        return gated_again(score, np.asarray(own_eyes((left, right), shapes, self.resting), np.float32), shapes)

    def rate(
        self,
        score: Score,
        shapes: Blendshapes,
        pose: tuple[float, float, float],
        reasons: Collection[Reason] = (),
        *,
        light: float | None = None,
    ) -> Score:
        """Return a score with this person's ratings, gated by its eyes as they are.

        pose: yaw, pitch, roll, degrees.  light: of ``observed.light_of``, where it is known.
        """
        generic = with_open_eyes(score, shapes, reasons)
        signals = named_signals(shapes, pose, reasons, light=light)
        value = self.utility(score.embedding, standardised(signals), generic.value, signals["smile"])
        return gated(score, self.probs(value), score.eyes_closed)


def _usable(numbers: FloatArray | list[float]) -> bool:
    return bool((np.abs(numbers) <= _LARGEST).all())  # of NaN it is False
