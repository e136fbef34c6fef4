from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livecam.errors import SourceError
from model.data.dataset import Target, leaves_folder, load_dataset
from tests.model.factories import mixed_ratings, write_dataset

Damage = Callable[[Path], object]


def replace_in(name: str, old: str, new: str) -> Damage:
    def damage(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")

    return damage


def test_a_data_set_comes_back_as_it_was_written(tmp_path: Path) -> None:
    eyes = [0, 1, -1] * 5
    folder = write_dataset(tmp_path / "d", [*mixed_ratings(14), 0], eyes=eyes, persons=["ann"] * 15)

    dataset = load_dataset(folder)

    assert dataset.ratings.tolist() == [*mixed_ratings(14), 0]
    assert dataset.classes(Target.RATING)[-2:].tolist() == [3, -1]
    assert dataset.classes(Target.EYES).tolist() == eyes
    assert dataset.crops([3, 1]).shape == (2, 224, 224, 3)
    assert dataset.crops([3]).mean() > dataset.crops([0]).mean()
    assert dataset.persons[0] == "ann"


def test_the_fingerprint_follows_the_labels_and_the_crops_fingerprint_does_not(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(20)))
    other = dataset.rated(np.roll(dataset.ratings, 1))
    fewer = dataset.take(range(15))

    assert other.fingerprint != dataset.fingerprint
    assert other.crops_fingerprint == dataset.crops_fingerprint
    assert fewer.crops_fingerprint != dataset.crops_fingerprint
    assert fewer.names == dataset.names[:15]


def test_ratings_of_another_length_or_range_are_refused(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(20)))

    for wrong in (np.ones(3, np.int64), np.full(20, 6)):
        with pytest.raises(ValueError, match="20 whole numbers"):
            dataset.rated(wrong)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda d: (d / "dataset.json").unlink(), "is no prepared data set: make one with"),
        (lambda d: (d / "dataset.json").write_text('{"schema": "0"}'), "another version: prepare the photos again"),
        (lambda d: (d / "dataset.json").write_text("[]"), "another version"),
        (
            lambda d: (d / "dataset.json").write_text(json.dumps({"schema": "1", "crop_version": "old"})),
            "crops as another version made them",
        ),
        (replace_in("faces.csv", "rating,eyes", "stars,eyes"), "lacks the column rating"),
        (replace_in("faces.csv", "1.jpg,2,", "1.jpg,9,"), "line 3: rating 9 is not a whole number from 1 to 5"),
        (replace_in("faces.csv", "1.jpg,2,,", "1.jpg,2,shut,"), "line 3: eyes 'shut' is neither open nor closed"),
        (replace_in("faces.csv", "crops/00002.png", "../00002.png"), "line 4: ../00002.png leads out of the folder"),
        (lambda d: (d / "faces.csv").write_bytes(b"\xff\xfe\x00"), "cannot be read"),
        (lambda d: (d / "landmarks.npz").write_bytes(b"no zip"), "landmarks.npz cannot be read"),
        (lambda d: np.savez(d / "landmarks.npz", points=np.zeros(3)), "npz cannot be read"),
    ],
)
def test_a_damaged_data_set_is_refused_in_one_line(tmp_path: Path, damage: Damage, says: str) -> None:
    folder = write_dataset(tmp_path / "d", mixed_ratings(12))
    damage(folder)

    with pytest.raises(SourceError, match=says) as caught:
        load_dataset(folder)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda d: (d / "crops/00003.png").unlink(), "00003.png cannot be read"),
        (lambda d: (d / "crops/00003.png").write_bytes(b"\x89PNG cut"), "is not the crop that prepare wrote"),
    ],
)
def test_a_missing_or_altered_crop_is_noticed_when_it_is_read(tmp_path: Path, damage: Damage, says: str) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "d", mixed_ratings(12)))
    damage(dataset.folder)

    dataset.crops([2])
    with pytest.raises(SourceError, match=says):
        dataset.crops([2, 3])


def test_fewer_than_ten_photos_are_too_few(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "d", mixed_ratings(9))

    with pytest.raises(SourceError, match="holds 9 photos, and training needs at least 10: rate more"):
        load_dataset(folder)


def test_a_pickle_in_the_landmarks_is_not_run(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "d", mixed_ratings(12))
    np.savez(folder / "landmarks.npz", points=np.array([{"a": 1}], object), blendshapes=np.zeros(1), pose=np.zeros(1))

    with pytest.raises(SourceError, match=r"landmarks.npz cannot be read"):
        load_dataset(folder)


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.jpg", "a/../../b.jpg", "C:\\a.jpg", "..\\a.jpg", ""])
def test_paths_that_leave_the_folder_are_known(name: str) -> None:
    assert leaves_folder(name)


@pytest.mark.parametrize("name", ["a.jpg", "sub/a.jpg", "a..b.jpg", "sub\\a.jpg"])
def test_paths_that_stay_are_fine(name: str) -> None:
    assert not leaves_folder(name)
