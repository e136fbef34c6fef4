"""Where benchmarks write what they have measured."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the train extra")

from benchmarks.common.results_folder import require_results_folder, write_results
from livecam.errors import OutputError
from tests.benchmarks.runs import benchmark


def test_each_file_is_written_whole_into_a_folder_that_is_made(tmp_path: Path) -> None:
    write_results(tmp_path / "new" / "out", {"a.json": "{}\n", "b.png": b"png"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "new" / "out").iterdir()} == {
        "a.json": b"{}\n",
        "b.png": b"png",
    }


def test_a_folder_that_cannot_be_is_one_line_with_the_option_that_named_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="choose another folder with --out"):
        require_results_folder(tmp_path / "file")
    with pytest.raises(OutputError, match="choose another folder with --out"):
        write_results(tmp_path / "file" / "below", {"a": ""})


@pytest.mark.parametrize(
    ("name", "arguments", "work"),
    [
        ("accuracy", ("DATA",), "measure"),
        ("archive", (), "measure"),
        ("archive_plan", (), "measure"),
        ("best", (), "measure"),
        ("latency", (), "measure"),
        ("loader", (), "measure"),
        ("paper", (), "measure_all"),
        ("serve", (), "measure"),
        ("shutter", (), "measure"),
        ("soak", (), "run_isolated"),
        ("taste", (), "read_raters"),
    ],
)
def test_nothing_is_measured_for_a_folder_that_cannot_be_written(
    name: str, arguments: tuple[str, ...], work: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was measured in vain")

    monkeypatch.setattr(importlib.import_module(f"benchmarks.{name}.run"), work, never)
    (tmp_path / "file").touch()
    answer = benchmark(name, *arguments, "--out", tmp_path / "file")
    assert answer.code == 1, answer.err
    assert "cannot be written" in answer.err.splitlines()[-1]


@pytest.mark.parametrize("content", [None, "[]", "no json", '{"costs": {}}'])
def test_what_is_no_earlier_result_is_one_line(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "costs.json").write_text(content, "utf-8")
    answer = benchmark("archive_plan", "--measured", tmp_path / "costs.json")
    assert (answer.code, answer.err.strip().count("\n")) == (1, 0)
    assert "name the archive-plan.json of an earlier run" in answer.err
