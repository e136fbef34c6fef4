"""What a training leaves: it says what it is, becomes a scorer or the next start, and is never a pickle."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from livecam.errors import ModelError, SourceError
from model.checkpoint import RatedNetwork, load_network, load_scorer
from model.data.dataset import Dataset, Target
from model.data.split import folds
from model.heads import HeadName
from model.training.run_folder import split_of
from model.training.settings import Settings
from model.training.train import Result, train
from tests.model.training.runs import QUICK, weights_of


@pytest.mark.slow
@pytest.mark.parametrize("head", list(HeadName))
def test_every_head_comes_back_from_its_checkpoint_as_a_scorer(
    dataset: Dataset, tmp_path: Path, head: HeadName
) -> None:
    result = train(dataset, tmp_path / "run", replace(QUICK, head=head, epochs=2))

    network, origin = load_scorer(result.checkpoint)
    with torch.no_grad():
        probs, eyes, embedding = network(torch.from_numpy(dataset.crops(range(3))))

    assert origin["head"] == head
    assert (probs.shape, eyes.shape, embedding.shape) == ((3, 5), (3, 2), (3, 512))
    torch.testing.assert_close(probs.sum(dim=1), torch.ones(3))
    assert ((eyes >= 0) & (eyes <= 1)).all()


def test_a_checkpoint_says_what_it_is_and_which_split_it_was_trained_with(dataset: Dataset, tmp_path: Path) -> None:
    result = train(dataset, tmp_path / "run", replace(QUICK, fold=2, seed=5))

    _, metadata = load_network(result.checkpoint)

    assert metadata.labels == ("1", "2", "3", "4", "5")
    assert metadata.data_hash == dataset.fingerprint
    assert metadata.epoch == result.best_epoch
    assert metadata.settings["lr"] == QUICK.lr
    expected = folds(dataset, Target.RATING, seed=5)[2]
    assert split_of(dataset, metadata).validation.tolist() == expected.validation.tolist()
    with pytest.raises(SourceError, match="not the data set that the checkpoint was trained on"):
        split_of(dataset.take(range(30)), metadata)


def test_a_frozen_start_keeps_backbone_and_eyes_to_the_bit(dataset: Dataset, trained: Result, tmp_path: Path) -> None:
    after = train(dataset, tmp_path / "after", replace(QUICK, backbone=str(trained.checkpoint)))

    one, two = weights_of(trained.checkpoint.parent), weights_of(after.checkpoint.parent)
    for name in one:
        if name.startswith(("backbone.", "eyes")):
            assert torch.equal(one[name], two[name])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (replace(QUICK, landmarks=True), "sees landmark features"),
        (replace(QUICK, masked=True), "sees masked faces"),
        (replace(QUICK, target=Target.EYES), "predicts eyes and no rating"),
    ],
)
@pytest.mark.slow
def test_what_the_camera_cannot_run_is_not_exported(
    dataset: Dataset, tmp_path: Path, change: Settings, says: str
) -> None:
    result = train(dataset, tmp_path / "run", replace(change, epochs=2))

    load_network(result.checkpoint)
    with pytest.raises(ModelError, match=says):
        load_scorer(result.checkpoint)


@pytest.mark.slow
def test_a_pickle_bomb_is_not_run(dataset: Dataset, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path(tmp_path / "gone").touch, ()

    for name, contents in (("a.pt", pickle.dumps(Bomb())), ("b.safetensors", pickle.dumps(Bomb()))):
        (tmp_path / name).write_bytes(contents)
        with pytest.raises(ModelError, match="not a safetensors checkpoint"):
            load_network(tmp_path / name)
        with pytest.raises(ModelError, match="not a safetensors checkpoint"):
            train(dataset, tmp_path / "run", replace(QUICK, backbone=str(tmp_path / name)))
    assert not (tmp_path / "gone").exists()


def test_a_checkpoint_of_another_version_is_refused(tmp_path: Path) -> None:
    for about in ({"schema": "0", "kind": "rated"}, {"schema": "1", "kind": "rated", "head": "magic"}):
        save_file(RatedNetwork(HeadName.L2, Target.RATING).state_dict(), tmp_path / "x", {"livecam": json.dumps(about)})
        with pytest.raises(ModelError, match=r"another version|schema"):
            load_network(tmp_path / "x")
