"""The scorer and the face finders of a scan, each loaded when it is first needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from livecam import model_files
from livecam.closing import Closing
from livecam.model_factory import FinderLike, ModelFactory, ScorerLike
from livecam.scoring import providers


class ScanModels(Closing):
    """Lends the models that a scan needs, and frees them."""

    def __init__(
        self, factory: ModelFactory, *, faces: int, min_size_ratio: float, model: Path | None, provider: str
    ) -> None:
        """See ``PhotoScanner``. min_size_ratio: of the largest face; smaller ones need not be found in a still.

        Raises ModelError if there is no such model.
        """
        model_files.scorer_model(model)
        self._factory = factory
        self._faces, self._min_size_ratio = faces, min_size_ratio
        self._model, self._provider = model, provider
        self._scorer: ScorerLike | None = None
        self._idle: deque[FinderLike] = deque()  # each is used by one thread at a time

    def scorer(self) -> ScorerLike:
        """Return the scorer. To be called first before threads that use the models are begun. Raises ModelError."""
        if self._scorer is None:
            self._scorer = self._factory.scorer(self._model, provider=self._provider, busy=True)
        return self._scorer

    def scorer_file(self) -> Path:
        """Return the file that scores. Where that depends on whether a GPU works, it is loaded to see."""
        if self._scorer is not None:
            return self._scorer.path
        names = providers.candidates(self._provider, self._model)
        precisions = {providers.PROVIDERS[name].precision for name in names}
        if self._model is None and len(precisions) > 1:
            return self.scorer().path
        return model_files.scorer_model(self._model, precisions.pop())

    @contextmanager
    def still_finder(self) -> Iterator[FinderLike]:
        """Lend a finder for photos that no other thread uses; a new one if there is none. Raises ModelError."""
        try:
            finder = self._idle.pop()
        except IndexError:
            finder = self._factory.finder(faces=self._faces, stills=True, min_size_ratio=self._min_size_ratio)
        try:
            yield finder
        finally:
            self._idle.append(finder)

    @contextmanager
    def clip_finder(self) -> Iterator[FinderLike]:
        """Lend a new finder that follows the faces of one clip. Raises ModelError."""
        with closing(self._factory.finder(faces=self._faces)) as finder:
            yield finder

    def close(self) -> None:
        """Free the models; to be called before the interpreter ends."""
        while self._idle:
            self._idle.pop().close()
        if self._scorer is not None:
            self._scorer.close()
            self._scorer = None
