"""What a training comes to, on the tiny backbone: the loop, when it stops, and what it refuses."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from livecam.errors import ModelError, SourceError
from model.checkpoint import RatedNetwork, load_network
from model.data.dataset import Dataset, Target, load_dataset
from model.data.split import Split, folds
from model.evaluation.evaluate import evaluate
from model.features import landmark_features
from model.heads import HeadName
from model.training import crops
from model.training.fit_head import fit_head
from model.training.learners import FineTunedLearner
from model.training.photos import choose_photos
from model.training.setup import HeadInputs, make_learner
from model.training.train import Result, train
from model.training.variation import DRAWS, Variation, vary
from tests.model.factories import mixed_ratings, rows, write_dataset
from tests.model.training.runs import QUICK, assert_same, weights_of


def test_training_learns_what_there_is_to_learn(dataset: Dataset, tmp_path: Path) -> None:
    result = train(dataset, tmp_path / "run", replace(QUICK, epochs=40))

    assert result.best.validation_accuracy > 0.8
    assert result.best.validation_loss == min(epoch.validation_loss for epoch in result.history)
    with (tmp_path / "run" / "history.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(result.history)
    assert float(lines[2]["lr"]) == pytest.approx(QUICK.head_lr * QUICK.decay**2)


@pytest.mark.parametrize("fine_tune", [False, True])
@pytest.mark.slow
def test_the_same_training_twice_gives_the_same_weights(dataset: Dataset, tmp_path: Path, fine_tune: bool) -> None:
    settings = replace(QUICK, fine_tune=fine_tune, epochs=3)
    train(dataset, tmp_path / "one", settings)
    train(dataset, tmp_path / "two", settings)
    train(dataset, tmp_path / "other", replace(settings, seed=1))

    assert_same(tmp_path / "one", tmp_path / "two")
    name = "head.inner.linear.weight"
    assert not torch.equal(weights_of(tmp_path / "one")[name], weights_of(tmp_path / "other")[name])


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.slow
def test_crops_that_do_not_fit_in_memory_are_read_and_teach_the_same(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, masked: bool
) -> None:
    settings = replace(QUICK, fine_tune=True, masked=masked, epochs=2)
    train(dataset, tmp_path / "held", settings)
    monkeypatch.setattr(crops, "HELD_BYTES", 0)
    assert isinstance(crops.crops_of(dataset, torch.device("cpu"), masked=masked), crops.ReadCrops)
    train(dataset, tmp_path / "read", settings)

    assert_same(tmp_path / "held", tmp_path / "read")


def test_a_share_of_a_batch_may_be_no_photo(dataset: Dataset) -> None:
    none = torch.zeros((0, *dataset.crops([0]).shape[1:]), dtype=torch.uint8)
    assert vary(none, torch.zeros((0, DRAWS)), Variation()).shape == none.shape


def test_crops_are_varied_as_finely_where_the_backbone_computes_in_bf16(dataset: Dataset) -> None:
    pixels, draws = torch.from_numpy(dataset.crops([0, 1])), torch.full((2, DRAWS), 0.7)
    fine = vary(pixels, draws, Variation())
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(vary(pixels, draws, Variation()), fine, rtol=0, atol=0)


def test_a_data_set_that_may_only_be_read_teaches_the_same(dataset: Dataset, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(dataset.folder, data, ignore=shutil.ignore_patterns("cache"))
    (data / "cache").write_text("in the way, for root may write anywhere")
    settings = replace(QUICK, epochs=2)
    train(load_dataset(data), tmp_path / "read", settings)
    train(dataset, tmp_path / "kept", settings)
    assert_same(tmp_path / "read", tmp_path / "kept")


def test_it_stops_when_the_validation_loss_no_longer_falls(dataset: Dataset, tmp_path: Path) -> None:
    result = train(dataset, tmp_path / "run", replace(QUICK, lr=2.0, epochs=200, patience=3))

    assert len(result.history) == result.best_epoch + 3 < 200
    head = load_network(result.checkpoint)[0].head.inner
    best = load_file(tmp_path / "run" / "state.safetensors")["best/head.inner.linear.weight"]
    torch.testing.assert_close(head.state_dict()["linear.weight"], best, rtol=0, atol=0)


@pytest.mark.slow
def test_photos_held_out_have_no_part_in_a_training_that_can_spare_others(tmp_path: Path) -> None:
    dataset = load_dataset(write_dataset(tmp_path / "data", mixed_ratings(160)))
    split = folds(dataset, Target.RATING)[0]
    other = dataset.ratings.copy()
    other[split.validation] = 6 - other[split.validation]
    settings = replace(QUICK, lr=2.0, patience=2)

    result = train(dataset, tmp_path / "one", settings, split=split)
    train(dataset.rated(other), tmp_path / "two", settings, split=split)

    assert result.best_epoch < len(result.history)
    assert_same(tmp_path / "one", tmp_path / "two")
    assert load_network(result.checkpoint)[1].untouched


def test_a_small_set_says_that_its_test_photos_decided_when_to_stop(dataset: Dataset, trained: Result) -> None:
    assert not load_network(trained.checkpoint)[1].untouched
    assert "decided when to stop" in evaluate(dataset, [trained.checkpoint]).which_photos


def test_a_loss_that_is_no_number_stops_in_one_line_and_keeps_the_best(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no number any more in epoch 1: use a lower --lr than 1e\+38"):
        train(dataset, tmp_path / "at_once", replace(QUICK, lr=1e38))
    assert not (tmp_path / "at_once" / "model.safetensors").exists()


def test_a_later_divergence_keeps_the_best_network(dataset: Dataset, tmp_path: Path) -> None:
    explosive = replace(QUICK, weight_decay=300.0)  # each step overshoots zero by more than the one before
    good = train(dataset, tmp_path / "good", replace(explosive, epochs=1))

    with pytest.raises(ModelError, match=r"epoch [3-9]: use a lower --lr.*best network so far, of epoch 1") as caught:
        train(dataset, tmp_path / "bad", explosive)

    assert "\n" not in str(caught.value)
    assert good.best_epoch == 1
    assert_same(tmp_path / "good", tmp_path / "bad")


@pytest.mark.slow
def test_fine_tuning_leaves_what_the_eye_head_says(dataset: Dataset, tmp_path: Path) -> None:
    blendshapes = dataset.blendshapes.copy()
    blendshapes[:, 9:11] = dataset.ratings[:, None] / 5  # eyes that can be told from the picture, as real ones can
    dataset = replace(dataset, blendshapes=blendshapes)
    before = train(dataset, tmp_path / "before", replace(QUICK, epochs=1))
    settings = replace(QUICK, backbone=str(before.checkpoint), fine_tune=True, epochs=10, backbone_lr=0.01)
    held = train(dataset, tmp_path / "held", settings)
    loose = train(dataset, tmp_path / "loose", replace(settings, eyes_weight=0.0))

    crops = torch.from_numpy(dataset.crops(range(40)))
    with torch.no_grad():
        first, kept, lost = (load_network(run.checkpoint)[0](crops) for run in (before, held, loose))
    drift = (kept[1] - first[1]).abs().mean()
    assert (kept[2] - first[2]).abs().mean() > 0.003  # the backbone did move
    assert drift < 0.75 * (lost[1] - first[1]).abs().mean()


def test_batch_statistics_stay_as_they_are_unless_the_backbone_has_none_yet(dataset: Dataset) -> None:
    inputs, photos = HeadInputs(torch.zeros(2, len(dataset), 512), None), choose_photos(dataset, QUICK)
    for backbone, stay in (("face", True), ("random", False)):
        settings = replace(QUICK, backbone=backbone, fine_tune=True)
        network = RatedNetwork(QUICK.head, Target.RATING)
        learner = make_learner(network, dataset, inputs, photos, settings, torch.device("cpu")).train()
        assert network.head.training
        assert network.backbone.training is not stay
        assert not learner.eval().training


def test_in_a_mirrored_face_the_left_eye_to_keep_is_the_right_one(dataset: Dataset) -> None:
    network = RatedNetwork(HeadName.CROSS_ENTROPY, Target.RATING)
    with torch.no_grad():
        network.eyes.weight.zero_()
        network.eyes.bias.copy_(torch.tensor([3.0, -3.0]))  # whatever it sees: the left eye is closed
    left = torch.tensor([[1.0, 0.0]]).repeat(len(dataset), 1)
    read, classes = crops.ReadCrops(dataset, torch.device("cpu"), masked=False), torch.zeros(len(dataset)).long()
    learner = FineTunedLearner(
        network, read, None, left, classes, eyes_weight=1.0, variation=Variation(), fixed_norms=True
    )
    as_it_is, mirrored = torch.full((2, 1, DRAWS), 0.5)
    mirrored[0, 0] = 0.4
    with torch.no_grad():
        losses = [float(learner(torch.tensor([0]), draws)[0]) for draws in (as_it_is, mirrored)]
    assert losses[1] - losses[0] == pytest.approx(3, abs=1e-4)


@pytest.mark.slow
def test_landmarks_help_where_the_picture_says_nothing(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "data", [3] * 40)
    dataset = load_dataset(folder)
    ratings = np.random.default_rng(0).permutation(mixed_ratings(40))
    blendshapes = dataset.blendshapes * 0.2
    blendshapes[:, 30:] += 0.15 * ratings[:, None]
    dataset = replace(dataset.rated(ratings), blendshapes=blendshapes)

    without = train(dataset, tmp_path / "without", replace(QUICK, epochs=60))
    with_them = train(dataset, tmp_path / "with", replace(QUICK, epochs=60, landmarks=True))

    assert with_them.best.validation_loss < without.best.validation_loss - 0.1


def test_a_mirrored_face_has_left_and_right_blendshapes_swapped(dataset: Dataset) -> None:
    straight, mirrored = landmark_features(dataset)

    assert torch.equal(straight[:, 9], mirrored[:, 10])  # eyeBlinkLeft, eyeBlinkRight
    assert torch.equal(straight[:, 25], mirrored[:, 25])  # jawOpen
    assert torch.equal(straight[:, [52, 54]], -mirrored[:, [52, 54]])  # yaw, roll
    assert torch.equal(straight[:, 53], mirrored[:, 53])  # pitch


@pytest.mark.slow
def test_class_weights_find_the_rare_class(dataset: Dataset) -> None:
    torch.manual_seed(0)
    classes = np.array([0] * 90 + [1] * 10)
    features = torch.randn(1, 100, 4).repeat(2, 1, 1)
    features[:, 90:, 0] += 1.5
    split = Split(np.arange(0, 100, 1), np.arange(1, 100, 2))
    settings = replace(QUICK, target=Target.EYES, epochs=30)

    plain, weighted = (
        fit_head(features, classes, split, replace(settings, class_weights=on)).predict(features[0])
        for on in (False, True)
    )

    assert weighted[90:].sum() > plain[90:].sum()


def test_too_little_to_learn_or_test_is_said(dataset: Dataset, tmp_path: Path) -> None:
    ones = np.flatnonzero(dataset.ratings == 1)
    with pytest.raises(SourceError, match="only rating 1 to learn from"):
        train(dataset, tmp_path / "run", QUICK, split=Split(ones, rows(1, 2)))
    with pytest.raises(SourceError, match="no photo to test on"):
        train(dataset, tmp_path / "run", QUICK, split=Split(rows(0, 1, 2), rows()))


def test_no_network_for_imagenet_is_said(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise OSError("<urlopen error [Errno -3] Temporary failure in name resolution>")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", offline)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)

    with pytest.raises(ModelError, match=r"ImageNet's weights could not be downloaded.*or use --backbone face"):
        train(dataset, tmp_path / "run", replace(QUICK, backbone="imagenet"))
