from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livecam.errors import SourceError
from model.data.dataset import Target, load_dataset
from model.data.split import By, Split, connected_components, folds, for_stopping, resolve_by
from tests.model.factories import mixed_ratings, rows, write_dataset


def test_five_folds_cover_all_photos_once_and_fold_nought_is_80_20(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(50)))

    parts = folds(dataset, Target.RATING)

    assert sorted(np.concatenate([part.validation for part in parts])) == list(range(50))
    assert [len(part.train) for part in parts] == [40] * 5
    for part in parts:
        assert not set(part.train) & set(part.validation)
        assert np.bincount(dataset.ratings[part.validation], minlength=6)[1:].tolist() == [2] * 5


def test_the_same_seed_splits_the_same_and_another_does_not(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(50)))

    first, again, other = (folds(dataset, Target.RATING, seed=seed)[0].validation for seed in (3, 3, 4))

    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("by", [By.AUTO, By.PERSON, By.SESSION, By.GROUP])
def test_look_alikes_are_never_on_both_sides(tmp_path: Path, by: By) -> None:
    groups = [i // 3 for i in range(60)]
    labels = [f"p{i // 4}" for i in range(60)]
    folder = write_dataset(tmp_path / "d", mixed_ratings(60), groups=groups, persons=labels, sessions=labels)
    dataset = load_dataset(folder)

    for part in folds(dataset, Target.RATING, by=by):
        train, held = ({groups[i] for i in side} for side in (part.train, part.validation))
        assert not train & held
        if by is not By.GROUP:
            train_people, held_people = ({labels[i] for i in side} for side in (part.train, part.validation))
            assert not train_people & held_people


@pytest.mark.slow
def test_auto_takes_people_then_sessions_then_look_alikes(tmp_path: Path) -> None:
    many, one = [f"x{i % 12}" for i in range(40)], ["x"] * 40
    people = load_dataset(write_dataset(tmp_path / "a", mixed_ratings(40), persons=many, sessions=many))
    sessions = load_dataset(write_dataset(tmp_path / "b", mixed_ratings(40), persons=one, sessions=many))
    neither = load_dataset(write_dataset(tmp_path / "c", mixed_ratings(40), persons=one, sessions=one))

    assert [resolve_by(d, By.AUTO, 5) for d in (people, sessions, neither)] == [By.PERSON, By.SESSION, By.GROUP]


def test_photos_without_the_label_are_in_no_part(tmp_path: Path) -> None:
    eyes = [(-1, 0, 1)[i % 3] for i in range(60)]
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(60), eyes=eyes))

    for part in folds(dataset, Target.EYES):
        assert all(eyes[i] >= 0 for i in (*part.train, *part.validation))


def test_one_class_only_cannot_be_split(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", [3] * 20))

    with pytest.raises(SourceError, match=r"only rating 3.*label other photos"):
        folds(dataset, Target.RATING)


def test_a_class_too_rare_for_every_fold_is_no_failure(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", [1, 5] + [3, 4] * 15))

    assert len(folds(dataset, Target.RATING)) == 5


def test_few_photos_of_every_rating_are_split_all_the_same(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(20)))  # four of each, for five folds

    parts = folds(dataset, Target.RATING)

    assert sorted(np.concatenate([part.validation for part in parts])) == list(range(20))
    assert all(len(part.train) == 16 for part in parts)


def test_too_few_sessions_say_so(tmp_path: Path) -> None:
    sessions = ["morning", "evening"] * 10
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(20), sessions=sessions))

    with pytest.raises(SourceError, match="5 folds need 5 sessions without look-alikes, and there are 2: rate"):
        folds(dataset, Target.RATING, by=By.SESSION)


def test_photos_of_one_burst_cannot_be_split_and_say_so(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(20), groups=[0] * 20))

    with pytest.raises(SourceError, match="5 groups of photos that do not look alike, and there are 1"):
        folds(dataset, Target.RATING)


def test_when_to_stop_is_told_by_a_sixth_of_the_training_photos() -> None:
    classes = np.arange(200) % 5
    split = Split(np.arange(20, 200), np.arange(20))
    units = np.repeat(np.arange(60), 3)

    inner = for_stopping(classes, split, seed=0, units=units)

    assert inner is not None
    assert sorted([*inner.train, *inner.validation]) == list(range(20, 200))
    assert len(inner.validation) == 30
    assert not set(units[inner.train - 20]) & set(units[inner.validation - 20])
    assert len(np.unique(classes[inner.validation])) == 5


def test_no_photo_is_spared_where_there_are_few_photos_or_few_occasions() -> None:
    classes = np.arange(200) % 5
    assert for_stopping(classes, Split(np.arange(119), rows(150)), seed=0) is None
    assert for_stopping(classes, Split(np.arange(120), rows(150)), seed=0) is not None
    few_units = np.arange(120) % 5
    assert for_stopping(classes, Split(np.arange(120), rows(150)), seed=0, units=few_units) is None


def test_a_column_that_nobody_filled_in_says_so(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(20)))

    with pytest.raises(SourceError, match="no photo has a person"):
        folds(dataset, Target.RATING, by=By.PERSON)


def test_what_shares_a_key_is_connected_through_others() -> None:
    assert connected_components([["a"], ["b"], ["a", "c"], ["c", "d"], ["d"], []]).tolist() == [0, 1, 0, 0, 0, 2]
