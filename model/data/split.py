"""Splits in which nothing that belongs together falls on both sides."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from livecam.errors import SourceError
from model.data.dataset import Dataset, Int64Array, Target, classes_of

# Of the training photos one in so many decides when to stop; of fewer photos none can be spared. Both set by hand.
_STOPPING_PARTS = 6
_MIN_TO_SPARE = 120


class By(StrEnum):
    """What is kept together, beside near-duplicates, which always are. AUTO: the widest of them that is known."""

    AUTO = "auto"
    PERSON = "person"
    SESSION = "session"
    GROUP = "group"


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Row indices of a data set, int64, rising. Rows without a label are in neither."""

    train: Int64Array
    validation: Int64Array


def folds(dataset: Dataset, target: Target, *, count: int = 5, seed: int = 0, by: By = By.AUTO) -> tuple[Split, ...]:
    """Return count splits with about the same mix of classes; the validation parts share no row.

    Raises SourceError when there is one class only, or too little to split.
    """
    classes = dataset.classes(target)
    rows = np.flatnonzero(classes >= 0)
    present = np.unique(classes[rows])
    if len(present) < 2:
        names = [classes_of(target)[c] for c in present]
        found = f"only {target.value} {names[0]}" if names else f"no {target.value}"
        raise SourceError(f"{dataset.folder} has {found}: there is nothing to tell apart; label other photos too")
    units = units_of(dataset, rows, by, count)
    pieces = len(np.unique(units))
    if pieces < count:
        wide = resolve_by(dataset, by, count)
        together = (
            "groups of photos that do not look alike" if wide is By.GROUP else f"{wide.value}s without look-alikes"
        )
        fix = "rate photos of other occasions, or use fewer --folds"
        raise SourceError(f"{count} folds need {count} {together}, and there are {pieces}: {fix}")
    return _stratified(rows, classes[rows], units, count, seed)


def for_stopping(classes: Int64Array, split: Split, seed: int, units: Int64Array | None = None) -> Split | None:
    """Split the training photos again: those to learn from, and a sixth that decides when to stop.

    Then the photos held out have no part in the training. classes: (N,).  units: for each training photo, what stays
    on one side.  Returns None where none of the photos can be spared: fewer than 120, or a class too rare.
    """
    rows = split.train
    if len(rows) < _MIN_TO_SPARE:
        return None
    units = np.arange(len(rows)) if units is None else units
    if len(np.unique(units)) < _STOPPING_PARTS:
        return None
    inner = _stratified(rows, classes[rows], units, _STOPPING_PARTS, seed)[0]
    whole = np.array_equal(np.unique(classes[inner.train]), np.unique(classes[rows]))
    return inner if whole and len(inner.validation) else None


def _stratified(rows: Int64Array, classes: Int64Array, units: Int64Array, count: int, seed: int) -> tuple[Split, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer photos than folds: it is in some of them
        # Where every class has fewer photos than there are folds, none can be spread over them evenly.
        kind = StratifiedGroupKFold if np.unique(classes, return_counts=True)[1].max() >= count else GroupKFold
        parts = list(kind(count, shuffle=True, random_state=seed).split(rows, classes, units))
    return tuple(Split(np.sort(rows[train]), np.sort(rows[held])) for train, held in parts)


def resolve_by(dataset: Dataset, by: By, count: int) -> By:
    """Return what AUTO means here: person or session if there are at least two for each fold, else group."""
    if by is not By.AUTO:
        return by
    for wide, labels in ((By.PERSON, dataset.persons), (By.SESSION, dataset.sessions)):
        if len({label for label in labels if label}) >= 2 * count:
            return wide
    return By.GROUP


def units_of(dataset: Dataset, rows: Int64Array, by: By, count: int) -> Int64Array:
    """Number what stays together when rows are split in count parts, int64 (n,). Raises SourceError."""
    labels: Sequence[str] = {By.PERSON: dataset.persons, By.SESSION: dataset.sessions}.get(
        resolve_by(dataset, by, count), ()
    )
    if not labels:
        return connected_components([[("group", dataset.groups[row])] for row in rows])
    if by is not By.AUTO and not any(labels[row] for row in rows):
        raise SourceError(f"no photo has a {by.value}: add that column to the ratings and prepare again, or use --by")
    return connected_components(
        [[("group", dataset.groups[row]), *([("label", labels[row])] if labels[row] else [])] for row in rows]
    )


def connected_components(keys: Sequence[Sequence[Hashable]]) -> Int64Array:
    """Number the parts that items fall into when those that share a key belong together, int64 (N,), from 0."""
    parent = list(range(len(keys)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    first: dict[Hashable, int] = {}
    for item, own in enumerate(keys):
        for key in own:
            parent[root(item)] = root(first.setdefault(key, item))
    roots = [root(item) for item in range(len(keys))]
    numbers = {value: place for place, value in enumerate(dict.fromkeys(roots))}
    return np.array([numbers[value] for value in roots], np.int64)
