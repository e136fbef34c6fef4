"""Training on the tiny backbone: what is tested is the loop, its files and its failures."""

from __future__ import annotations

import csv
import errno
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from livecam.errors import ModelError, OutputError, SourceError
from model import __main__ as program
from model.checkpoint import RatedNetwork, load_network, load_scorer
from model.data.dataset import Dataset, Target, load_dataset
from model.data.split import Split, folds
from model.evaluation.evaluate import evaluate
from model.features import landmark_features
from model.heads import HeadName
from model.training.fit_head import fit_head
from model.training.run_folder import split_of
from model.training.settings import OptimiserName, Settings
from model.training.state import TrainingState
from model.training.train import train
from tests.model.factories import mixed_ratings, rows, use_tiny_backbone, write_dataset

QUICK = Settings(head=HeadName.CROSS_ENTROPY, backbone="random", epochs=8, lr=0.5, batch=8)
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_backbone(monkeypatch.setattr)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    eyes = [int(i % 4 == 0) for i in range(40)]
    return load_dataset(write_dataset(tmp_path / "data", mixed_ratings(40), eyes=eyes))


def weights_of(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "model.safetensors")


def assert_same(one: Path, other: Path) -> None:
    weights = weights_of(one)
    assert weights.keys() == weights_of(other).keys()
    for name, value in weights_of(other).items():
        assert torch.equal(value, weights[name]), name


def stop_after(epoch: int, how: Callable[[], object]) -> Callable[[str, int, int, TrainingState | None], None]:
    def watch(what: str, done: int, total: int, state: TrainingState | None) -> None:
        if what == "training" and done == epoch:
            how()

    return watch


def interrupt() -> None:
    raise KeyboardInterrupt


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


@pytest.mark.parametrize("optimiser", list(OptimiserName))
@pytest.mark.parametrize("fine_tune", [False, True])
@pytest.mark.slow
def test_a_stopped_training_goes_on_to_the_same_weights(
    dataset: Dataset, tmp_path: Path, optimiser: OptimiserName, fine_tune: bool
) -> None:
    settings = replace(QUICK, optimiser=optimiser, fine_tune=fine_tune)
    whole = train(dataset, tmp_path / "whole", settings)

    with pytest.raises(KeyboardInterrupt):
        train(dataset, tmp_path / "cut", settings, watch=stop_after(3, interrupt))
    resumed = train(dataset, tmp_path / "cut", settings, resume=True)

    assert_same(tmp_path / "whole", tmp_path / "cut")
    assert [e.train_loss for e in resumed.history] == [e.train_loss for e in whole.history]


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.model.training.test_train import QUICK, stop_after
from tests.model.factories import patch_for_good, use_tiny_backbone
use_tiny_backbone(patch_for_good)
from model.data.dataset import load_dataset
from model.training.train import train
kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
train(load_dataset(Path(sys.argv[1])), Path(sys.argv[2]), QUICK, watch=stop_after(4, kill))
"""


@pytest.mark.timeout(400)
@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_weights(dataset: Dataset, tmp_path: Path) -> None:
    train(dataset, tmp_path / "whole", QUICK)

    killed = subprocess.run([sys.executable, "-c", KILLED, dataset.folder, tmp_path / "cut"], cwd=ROOT, check=False)
    train(dataset, tmp_path / "cut", QUICK, resume=True)

    assert killed.returncode == -signal.SIGKILL
    assert_same(tmp_path / "whole", tmp_path / "cut")


SHARED = """
import sys
from pathlib import Path
from tests.model.training.test_train import QUICK
from tests.model.factories import patch_for_good, use_tiny_backbone
use_tiny_backbone(patch_for_good)
from dataclasses import replace
from model.data.dataset import load_dataset
from model.training.train import train
from model.training.distributed import joined_workers
dataset, out = load_dataset(Path(sys.argv[1])), Path(sys.argv[2])
with joined_workers() as workers:
    assert workers.count == 2
    train(dataset, out / "frozen", replace(QUICK, class_weights=True, batch=7), workers=workers)
    train(dataset, out / "tuned", replace(QUICK, fine_tune=True, batch=7, epochs=3), workers=workers)
"""


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_two_processes_come_to_the_result_of_one(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text(SHARED, "utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, tmp_path / "shared.py", dataset.folder, tmp_path / "two"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    train(dataset, tmp_path / "one" / "frozen", replace(QUICK, class_weights=True, batch=7))
    train(dataset, tmp_path / "one" / "tuned", replace(QUICK, fine_tune=True, batch=7, epochs=3))

    for kind, limit in (("frozen", 1e-5), ("tuned", 1e-3)):
        one, two = (json.loads((tmp_path / n / kind / "train.json").read_text())["best"] for n in ("one", "two"))
        assert two["validation_loss"] == pytest.approx(one["validation_loss"], rel=limit)
        assert two["validation_accuracy"] == one["validation_accuracy"]


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


def test_a_small_set_says_that_its_test_photos_decided_when_to_stop(dataset: Dataset, tmp_path: Path) -> None:
    result = train(dataset, tmp_path / "run", replace(QUICK, epochs=1))

    assert not load_network(result.checkpoint)[1].untouched
    assert "decided when to stop" in evaluate(dataset, [result.checkpoint]).which_photos


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


def test_a_full_disk_leaves_the_checkpoint_before_whole(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(dataset, tmp_path / "whole", QUICK)
    synced = []

    def fsync(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 3:  # file and folder of the first epoch, file of the second
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fsync)
        with pytest.raises(OutputError, match=r"No space left on device.*the one before is whole: free some space"):
            train(dataset, tmp_path / "cut", QUICK)

    assert [path.name for path in (tmp_path / "cut").iterdir()] == ["state.safetensors"]
    train(dataset, tmp_path / "cut", QUICK, resume=True)
    assert_same(tmp_path / "whole", tmp_path / "cut")


def test_a_folder_with_a_training_is_not_overwritten_and_another_is_not_resumed(
    dataset: Dataset, tmp_path: Path
) -> None:
    train(dataset, tmp_path / "run", replace(QUICK, epochs=1))

    with pytest.raises(OutputError, match="already holds a training: add --resume"):
        train(dataset, tmp_path / "run", QUICK)
    with pytest.raises(ModelError, match="was trained with head cross_entropy, not l2"):
        train(dataset, tmp_path / "run", replace(QUICK, epochs=1, head=HeadName.L2), resume=True)
    with pytest.raises(ModelError, match="was trained with data_hash"):
        train(dataset.rated(dataset.ratings[::-1].copy()), tmp_path / "run", replace(QUICK, epochs=1), resume=True)
    with pytest.raises(ModelError, match="no training to resume"):
        train(dataset, tmp_path / "new", QUICK, resume=True)


def test_a_state_that_is_no_state_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    state = tmp_path / "run" / "state.safetensors"
    for contents in (b"", b"cut short", pickle.dumps({"a": 1})):
        state.write_bytes(contents)
        with pytest.raises(ModelError, match="cannot be read"):
            train(dataset, tmp_path / "run", QUICK, resume=True)
    save_file({"a": torch.zeros(1)}, state)
    with pytest.raises(ModelError, match="from another version"):
        train(dataset, tmp_path / "run", QUICK, resume=True)


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


def test_a_checkpoint_tells_its_story_and_its_split(dataset: Dataset, tmp_path: Path) -> None:
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


def test_a_frozen_start_keeps_backbone_and_eyes_to_the_bit(dataset: Dataset, tmp_path: Path) -> None:
    before = train(dataset, tmp_path / "before", replace(QUICK, epochs=1))
    after = train(dataset, tmp_path / "after", replace(QUICK, backbone=str(before.checkpoint)))

    one, two = weights_of(before.checkpoint.parent), weights_of(after.checkpoint.parent)
    for name in one:
        if name.startswith(("backbone.", "eyes")):
            assert torch.equal(one[name], two[name])


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


def command(*words: object) -> int:
    return program.run([str(word) for word in words])


def test_the_command_trains_all_folds_and_says_so(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    quick = ("train", dataset.folder, "--out", out, "--backbone", "random", "--epochs", 2, "--folds", 3)

    assert command(*quick, "--fold", "all") == 0
    assert [load_network(out / f"fold-{i}" / "model.safetensors")[1].split["fold"] for i in range(3)] == [0, 1, 2]
    assert capsys.readouterr().err.count("validation loss") == 3
    assert command(*quick, "--fold", 3) == 2


def test_ctrl_c_ends_in_130_and_resumes(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("train", dataset.folder, "--backbone", "random", "--epochs", 5, "--out")
    assert command(*words, tmp_path / "whole") == 0
    with monkeypatch.context() as stopped:
        stopped.setattr("model.training.command._Bars.show", lambda self, *what: stop_after(2, interrupt)(*what))
        assert command(*words, tmp_path / "cut") == 130
    assert "--resume" in capsys.readouterr().err

    assert command(*words, tmp_path / "cut", "--resume") == 0
    assert_same(tmp_path / "whole", tmp_path / "cut")


def test_an_expected_failure_is_one_line_and_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("train", tmp_path, "--out", tmp_path / "run") == 1
    assert capsys.readouterr().err.count("\n") == 1
