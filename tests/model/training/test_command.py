"""``python -m model train``."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.progress import Progress, TaskID

from model import __main__ as program
from model.checkpoint import load_network
from model.data.dataset import Dataset
from tests.model.training.runs import assert_same


def command(*words: object) -> int:
    return program.run([str(word) for word in words])


def test_the_command_trains_all_folds_and_says_so(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run [a]"
    quick = ("train", dataset.folder, "--out", out, "--backbone", "random", "--epochs", 2, "--folds", 3)

    assert command(*quick, "--fold", "all") == 0
    assert [load_network(out / f"fold-{i}" / "model.safetensors")[1].split["fold"] for i in range(3)] == [0, 1, 2]
    said = capsys.readouterr().err
    assert said.count("validation loss") == 3
    assert said.count(str(out)) == 4, "brackets are part of a name, and no style"
    assert command(*quick, "--fold", 3) == 2
    assert command(*quick, "--seed", 2**32) == 2  # NumPy takes no larger one


def test_ctrl_c_ends_in_130_and_resumes(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("train", dataset.folder, "--backbone", "random", "--epochs", 5, "--out")
    assert command(*words, tmp_path / "whole") == 0

    def press_ctrl_c(_: Progress, __: TaskID, *, completed: int, **___: object) -> None:
        if completed == 2:  # the second epoch is on the disk, and is about to be shown
            raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(Progress, "update", press_ctrl_c)
        assert command(*words, tmp_path / "cut") == 130
    assert "--resume" in capsys.readouterr().err

    assert command(*words, tmp_path / "cut", "--resume") == 0
    assert_same(tmp_path / "whole", tmp_path / "cut")


def test_an_expected_failure_is_one_line_and_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("train", tmp_path, "--out", tmp_path / "run") == 1
    assert capsys.readouterr().err.count("\n") == 1
