"""The parts of the pipeline that load a model, as it sees them, and who makes them: tests make others.

Nothing here loads a model library before a ``ModelFactory`` is asked for a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from livecam.types import Face, FaceCrop, Frame, Score


class FinderLike(Protocol):
    """Finds faces; ``livecam.faces.finder.FaceFinder`` is the real one."""

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in frame, the largest first."""
        ...

    def close(self) -> None:
        """Free the detector."""
        ...


class ScorerLike(Protocol):
    """Scores crops; ``livecam.scoring.scorer.Scorer`` is the real one."""

    @property
    def provider(self) -> str:
        """What it runs on, e.g. "cpu"."""
        ...

    @property
    def fallback(self) -> str | None:
        """What should have run instead; None when all is well."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the model file says of itself."""
        ...

    @property
    def path(self) -> Path:
        """The model file."""
        ...

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        """Score crops as one batch."""
        ...

    def close(self) -> None:
        """Free the session."""
        ...


class ModelFactory(Protocol):
    """Makes the parts that load a model; ``InstalledModels`` is the real one. Whoever asks for one closes it."""

    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> FinderLike:
        """Load a face finder; see ``livecam.faces.finder.FaceFinder``. Raises ModelError."""
        ...

    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> ScorerLike:
        """Load a scorer; see ``livecam.scoring.scorer.Scorer``. Raises ModelError."""
        ...


class InstalledModels:
    """The models that are installed with livecam, and a scorer that a person names instead."""

    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> FinderLike:
        """See ModelFactory."""
        from livecam.faces.finder import FaceFinder  # noqa: PLC0415  loads MediaPipe

        return FaceFinder(faces=faces, stills=stills, min_size_ratio=min_size_ratio)

    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> ScorerLike:
        """See ModelFactory."""
        from livecam.scoring.scorer import Scorer  # noqa: PLC0415  loads ONNX Runtime

        return Scorer(model, provider=provider, busy=busy)
