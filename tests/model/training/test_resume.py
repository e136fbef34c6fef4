"""Trainings that are stopped, killed, shared or left without room on the disk come to the same weights."""

from __future__ import annotations

import errno
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from livecam.errors import ModelError, OutputError
from model.data.dataset import Dataset
from model.heads import HeadName
from model.training.run_folder import make_out
from model.training.settings import OptimiserName
from model.training.train import Result, train
from tests.model.training.runs import QUICK, assert_same, interrupt, stop_after

ROOT = Path(__file__).parents[3]


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
from tests.model.training.runs import QUICK, stop_after
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

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, dataset.folder, tmp_path / "cut"],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    train(dataset, tmp_path / "cut", QUICK, resume=True)

    assert killed.returncode == -signal.SIGKILL
    assert_same(tmp_path / "whole", tmp_path / "cut")


SHARED = """
import sys
from pathlib import Path
from tests.model.training.runs import QUICK
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
    # Of 32 photos: the last batch has none for the second process.
    train(dataset, out / "odd", replace(QUICK, fine_tune=True, batch=31, epochs=1), workers=workers)
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


@pytest.mark.slow
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
    dataset: Dataset, trained: Result, tmp_path: Path
) -> None:
    out = trained.checkpoint.parent

    with pytest.raises(OutputError, match="already holds a training: add --resume"):
        train(dataset, out, QUICK)
    with pytest.raises(ModelError, match="was trained with head cross_entropy, not l2"):
        train(dataset, out, replace(QUICK, epochs=1, head=HeadName.L2), resume=True)
    with pytest.raises(ModelError, match="was trained with data_hash"):
        train(dataset.rated(dataset.ratings[::-1].copy()), out, replace(QUICK, epochs=1), resume=True)
    with pytest.raises(ModelError, match="no training to resume"):
        train(dataset, tmp_path / "new", QUICK, resume=True)


def test_a_training_whose_state_was_deleted_is_written_over(trained: Result, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(trained.checkpoint.parent, out)
    (out / "state.safetensors").unlink()

    make_out(out, resume=False)

    assert {path.name for path in out.iterdir()} == {"model.safetensors", "history.csv", "train.json"}


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
