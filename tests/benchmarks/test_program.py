from __future__ import annotations

import importlib

import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from benchmarks import __main__ as benchmarks_main  # noqa: E402


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--help"], 0), (["speed"], 2)])
def test_a_name_that_is_no_benchmark_gets_the_list(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmarks_main.run(arguments) == code
    answer = capsys.readouterr()
    assert "latency" in answer.out + answer.err


@pytest.mark.parametrize("name", list(benchmarks_main.BENCHMARKS))
def test_what_is_listed_exists(name: str) -> None:
    assert callable(importlib.import_module(benchmarks_main.BENCHMARKS[name][0]).main)


def test_help_names_the_command_as_one_types_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks_main.run(["bursts", "--help"]) == 0
    assert "Usage: python -m benchmarks bursts [OPTIONS]" in capsys.readouterr().out
