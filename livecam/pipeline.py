"""The parts that livecam is put together from, and the order of the steps within a frame: find, crop, score, check.

``livecam.live.run`` runs them over a stream. Importing this loads no model library: a factory does, when it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from livecam.closing import Closing
from livecam.faces.crop import crop_face
from livecam.scoring.checks import find_reasons
from livecam.shutter.decision import Decision
from livecam.storage.album import Shot
from livecam.types import Face, FaceCrop, Frame, Moment, Score, ScoredFace


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


def default_models() -> ModelFactory:
    """Return the factory that every command uses; the tests of commands replace this function."""
    return InstalledModels()


class Shutter(Protocol):
    """Decides when a picture is taken; ``livecam.shutter.trigger.Trigger`` is the real one."""

    def update(self, moment: Moment) -> Decision:
        """Take the next moment into account."""
        ...

    def flush(self) -> Decision | None:
        """Decide at the end of the stream."""
        ...


class Saver(Protocol):
    """Writes pictures; ``livecam.storage.album.Album`` is the real one."""

    def save(self, peak: Moment, *, fired_t_ms: float, manual: bool = False) -> Shot:
        """Write the frame of peak. Raises OutputError."""
        ...


class Analyser(Closing):
    """From a frame to all that is known about it. Owns the finder and the scorer and closes them."""

    def __init__(self, finder: FinderLike, scorer: ScorerLike) -> None:
        """Take over finder and scorer."""
        self._finder = finder
        self._scorer = scorer

    @classmethod
    def load(
        cls,
        models: ModelFactory | None = None,
        *,
        model: Path | None = None,
        provider: str = "auto",
        faces: int = 1,
        stills: bool = False,
        fast: bool = False,
    ) -> Analyser:
        """Load the models. Raises ModelError.

        models: makes the finder and the scorer; None: ``default_models``.  model, provider: of the scorer.
        stills: for pictures that do not follow on each other.  fast: for frames that wait, of which as many as can be
        are to be done in a second; else each is to be done soon.
        """
        made_by = models or default_models()
        with ExitStack() as undo:
            scorer = made_by.scorer(model, provider=provider, busy=fast)
            undo.callback(scorer.close)
            finder = made_by.finder(faces=faces, stills=stills)
            undo.pop_all()
        return cls(finder, scorer)

    @property
    def provider(self) -> str:
        """What the scorer runs on, e.g. "cpu"."""
        return self._scorer.provider

    @property
    def fallback(self) -> str | None:
        """What should have run instead, e.g. "cuda"; None when all is well."""
        return self._scorer.fallback

    @property
    def model_version(self) -> str | None:
        """The scorer's version, if it says so."""
        return self._scorer.metadata.get("model_version")

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """First half of analyse: where the faces are."""
        return self._finder.find(frame)

    def score_faces(self, frame: Frame, faces: tuple[Face, ...]) -> Moment:
        """Second half of analyse: crop the faces, score them as one batch and check each."""
        return score_faces(self._scorer, [(frame, faces)])[0]

    def analyse(self, frame: Frame) -> Moment:
        """Find, crop, score and check the faces of one frame."""
        return self.score_faces(frame, self.find(frame))

    def close(self) -> None:
        """Free the models; to be called before the interpreter ends."""
        self._finder.close()
        self._scorer.close()


def score_faces(scorer: ScorerLike, found: Sequence[tuple[Frame, tuple[Face, ...]]]) -> list[Moment]:
    """Crop the faces of several frames, score them all as one batch and check each; a moment for each frame."""
    crops = [crop_face(frame.image, face) for frame, faces in found for face in faces]
    scored = iter(list(zip(crops, scorer.score(crops) if crops else (), strict=True)))
    return [Moment(frame, tuple(_checked(frame, face, *next(scored)) for face in faces)) for frame, faces in found]


def _checked(frame: Frame, face: Face, crop: FaceCrop, score: Score) -> ScoredFace:
    return ScoredFace(face, score, find_reasons(face, crop, score, frame))
