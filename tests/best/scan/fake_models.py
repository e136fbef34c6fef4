"""Stand in for the models in the tests of ``livecam best``: faces and scores follow from how light a picture is."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from livecam import model_files
from livecam.types import Face, FaceCrop, Frame, Score
from tests.factories import make_face, make_score


class FakeFinder:
    """Sees a face in the middle of each picture, none in a dark one."""

    def __init__(self, models: FakeModels) -> None:
        self._models = models
        self.closed = False

    def find(self, frame: Frame) -> tuple[Face, ...]:
        self._models.note_search(frame)
        if frame.image.mean() < 10:
            return ()
        return (make_face(centre=(frame.width / 2, frame.height / 2), size=frame.height / 2),)

    def close(self) -> None:
        self.closed = True


class FakeScorer:
    """The lighter the picture, the better, from 1 to 5; blue pictures have closed eyes."""

    provider = "fake"
    fallback = None
    metadata = MappingProxyType({"model_version": "0"})

    def __init__(self, path: Path) -> None:
        self.path = path
        self.closed = False

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        middles = [crop.image[100:124, 100:124].mean(axis=(0, 1)) for crop in crops]
        return tuple(
            make_score(1 + 4 * float(m.mean()) / 256, eyes=(0.98,) * 2 if m[2] > m[0] + 50 else (0, 0)) for m in middles
        )

    def close(self) -> None:
        self.closed = True


class FakeModels:
    """Makes finders and scorers, and counts what they are given.

    finders, scorers: those that were made.  searched: how many pictures were looked at.  most_in_memory: how many of
    them there were at once.
    """

    def __init__(self, scorer_file: Path | None = None) -> None:
        self.finders: list[FakeFinder] = []
        self.scorers: list[FakeScorer] = []
        self.searched = 0
        self.most_in_memory = 0
        self._scorer_file = scorer_file
        self._in_memory = 0
        self._lock = threading.RLock()  # a picture may be let go of while this thread holds it

    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> FakeFinder:
        self.finders.append(FakeFinder(self))
        return self.finders[-1]

    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> FakeScorer:
        self.scorers.append(FakeScorer(self._scorer_file or model_files.scorer_model(model)))
        return self.scorers[-1]

    def note_search(self, frame: Frame) -> None:
        weakref.finalize(frame.image, self._let_go)
        with self._lock:
            self.searched += 1
            self._in_memory += 1
            self.most_in_memory = max(self.most_in_memory, self._in_memory)

    def _let_go(self) -> None:
        with self._lock:
            self._in_memory -= 1
