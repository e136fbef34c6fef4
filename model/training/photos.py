"""Which photos a training learns from, which decide when it stops, and which it is tested on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livecam.errors import SourceError
from model.data.dataset import Dataset, Int64Array, classes_of
from model.data.split import Split, folds, for_stopping, units_of
from model.training.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class TrainingPhotos:
    """The part that each photo of a data set has in a training.

    classes: int64 (N,), of all photos; -1 unknown.  split: the photos that may be learned from, and those held out.
    stopping: of split, what is learned from and what decides when to stop: a part of the training photos where they are
    enough, else those held out.  by_settings: split follows from the settings.
    """

    classes: Int64Array
    split: Split
    stopping: Split
    by_settings: bool

    @property
    def untouched(self) -> bool:
        """Whether the photos held out have no part in the training at all."""
        return self.stopping is not self.split


def choose_photos(dataset: Dataset, settings: Settings, split: Split | None = None) -> TrainingPhotos:
    """Split the photos as settings describe, or as given.

    Raises SourceError unless there are two classes to learn and something to test them on.
    """
    given, classes = split, dataset.classes(settings.target)
    split = (
        given
        or folds(dataset, settings.target, count=settings.folds, seed=settings.seed, by=settings.by)[settings.fold]
    )
    _require_classes(dataset, classes, split, settings)
    units = units_of(dataset, split.train, settings.by, settings.folds)
    inner = for_stopping(classes, split, settings.seed, units)
    return TrainingPhotos(classes, split, inner or split, by_settings=given is None)


def _require_classes(dataset: Dataset, classes: Int64Array, split: Split, settings: Settings) -> None:
    present = np.unique(classes[split.train])
    if len(present) < 2:
        only = f"{settings.target.value} {classes_of(settings.target)[present[0]]}" if len(present) else "nothing"
        raise SourceError(f"{dataset.folder} leaves only {only} to learn from: label other photos too")
    if not len(split.validation):
        raise SourceError(f"{dataset.folder} leaves no photo to test on: rate more photos")
