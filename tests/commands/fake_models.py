"""Models for the tests of commands: a finder that sees one face, and a scorer whose face smiles once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType

from livecam.model_factory import FinderLike, ScorerLike
from livecam.types import Face, FaceCrop, Frame, Score
from tests.factories import make_face, make_score

SMILE = (20, 30)  # the first and the last frame of it


class OneFace:
    """Finds a face in the middle of every frame. on_find: called with each."""

    def __init__(self, on_find: Callable[[Frame], None] = lambda _: None) -> None:
        self._on_find = on_find

    def find(self, frame: Frame) -> tuple[Face, ...]:
        self._on_find(frame)
        return (make_face(centre=(frame.width / 2, frame.height / 2), size=frame.height / 2),)

    def close(self) -> None: ...


class OneSmile:
    """Sees a neutral face that smiles once, best in the middle of the smile."""

    provider = "fake"
    fallback: str | None = None
    metadata = MappingProxyType({"model_version": "0"})
    path = Path("fake.onnx")

    def __init__(self, smile: tuple[int, int]) -> None:
        self._first, self._last = smile
        self._count = 0

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        best = (self._first + self._last) / 2
        value = 4.9 - 0.05 * abs(self._count - best) if self._first <= self._count <= self._last else 2.8
        self._count += 1
        return (make_score(value, eyes=(0.01, 0.02)),)

    def close(self) -> None: ...


class SmilingModels:
    """A factory of the two above. on_load: called before the scorer is there; on_find: with each frame searched."""

    def __init__(
        self,
        smile: tuple[int, int] = SMILE,
        *,
        on_load: Callable[[], None] = lambda: None,
        on_find: Callable[[Frame], None] = lambda _: None,
    ) -> None:
        self._smile = smile
        self._on_load = on_load
        self._on_find = on_find

    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> FinderLike:
        return OneFace(self._on_find)

    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> ScorerLike:
        self._on_load()
        return OneSmile(self._smile)
