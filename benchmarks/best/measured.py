"""The photos of one kind of file, written, and measured by both loops in turn."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.best.encoded import EncodedPictures, SkippedError
from benchmarks.best.kinds import FileKind, write_photos
from benchmarks.best.loops import Record, alone, baseline_seconds, livecam_seconds
from benchmarks.best.photos import by_faces
from benchmarks.best.results import BASELINE, OURS, Kind, Shown, compare
from benchmarks.common.order import rotated
from benchmarks.common.progress import Steps

_WARM_UP = 2  # photos that are not measured


class MeasuredKind:
    """Photos of one kind. written: all, the last of which only warm up; none before they are measured."""

    def __init__(
        self, name: str, kind: FileKind, folder: Path, photos: int, record: Record, model: Path | None
    ) -> None:
        """photos: to be measured.  record: of the baseline loop.  model: livecam's scorer, None: the shipped one."""
        self._name, self._kind, self._folder, self._count = name, kind, folder, photos
        self._record, self._model = record, model
        self._faces: list[int] = []
        self.written: list[Path] = []

    def measure(self, rounds: int, encoded: EncodedPictures, progress: Steps) -> Kind:
        """Write the photos, measure both loops in turn, and each photo by itself."""
        try:
            with progress.step(f"writing {self._name}"):
                self.written = write_photos(self._kind, self._folder, self._count + _WARM_UP, encoded)
            figures: dict[str, list[float]] = {BASELINE: [], OURS: []}
            for number in range(rounds):
                with progress.step(f"{self._name}, round {number + 1}"):
                    for loop in rotated([BASELINE, OURS], number):
                        figures[loop].append(self._count / self._seconds(loop, self._photos))
            with progress.step(f"{self._name}, one by one"):
                by_itself = tuple(alone(self._photos, self._record, self.written[-1], self._model))
        except (SkippedError, ImportError) as error:
            return Kind(self._name, self._kind.decoded, skipped=str(error))
        file_mb = statistics.fmean(path.stat().st_size for path in self._photos) / 1e6
        loops = tuple(compare(figures))
        return Kind(self._name, self._kind.decoded, self._count, sum(self._faces), file_mb, loops, by_itself)

    def by_faces(self) -> list[Shown]:
        """Measure the photos once more, by the faces that were found in them.

        Those of a kind are gone through again and again, or two threads with three photos would wait for each other.
        """
        shown = []
        for name, photos in by_faces(self._photos, list(self._faces)).items():
            repeated = list(islice(cycle(photos), self._count))
            baseline_s, livecam_s = self._seconds(BASELINE, repeated), self._seconds(OURS, repeated)
            rates = len(repeated) / baseline_s, len(repeated) / livecam_s
            shown.append(Shown(name, len(photos), *rates, baseline_s / livecam_s))
        return shown

    @property
    def _photos(self) -> Sequence[Path]:
        return self.written[: self._count]

    def _seconds(self, loop: str, photos: Sequence[Path]) -> float:
        if loop == BASELINE:
            return baseline_seconds(photos, self._record, self.written[-1])
        seconds, faces = livecam_seconds(photos, self.written[-_WARM_UP:], self._model)
        self._faces = self._faces or faces
        return seconds
