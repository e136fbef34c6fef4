"""All four programs end alike; what else ``livecam`` does at its end is in test_cli."""

from __future__ import annotations

import errno
import itertools
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from benchmarks import __main__ as benchmarks
from export import __main__ as export
from livecam import cli, exit_codes
from livecam.errors import SourceError
from model import __main__ as model

# Program: what runs it, the words that call a command, and the module and function behind that.
PROGRAMS: dict[str, tuple[exit_codes.Run, list[str], str, str]] = {
    "livecam": (cli.run, ["doctor"], "livecam.commands.doctor", "doctor"),
    "model": (model.run, ["fool"], "model.evaluation.explain", "fool_command"),
    "export": (export.run, ["parity", "a", "b"], "export.onnx", "compare_files"),
    "benchmarks": (benchmarks.run, ["latency"], "benchmarks.latency.run", "main"),
}
each_program = pytest.mark.parametrize("name", PROGRAMS)


def run(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException | None, *, verbose: bool = False) -> int:
    """Run a command of a program that raises error."""
    program, words, module_name, function = PROGRAMS[name]

    def command() -> None:
        if error is not None:
            raise error

    def compare(*_: object) -> None:
        command()

    module = ModuleType(module_name)
    setattr(module, function, compare if name == "export" else command)
    monkeypatch.setitem(sys.modules, module_name, module)
    return program(words, verbose=verbose)


@each_program
def test_an_expected_failure_is_one_line_and_1(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, name, SourceError("no camera 7:\nlook at livecam doctor")) == exit_codes.FAILED == 1
    assert capsys.readouterr() == ("", f"{name}: no camera 7: look at livecam doctor\n")


@each_program
def test_a_bug_is_one_line_and_3_and_shown_when_asked(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, name, ZeroDivisionError("by zero")) == exit_codes.BUG == 3
    line = f"{name}: this is a bug: ZeroDivisionError: by zero (add --verbose to see where)\n"
    assert capsys.readouterr() == ("", line)
    assert run(monkeypatch, name, ZeroDivisionError("by zero"), verbose=True) == exit_codes.BUG
    assert "in command" in capsys.readouterr().err


@each_program
def test_a_file_that_the_system_refuses_by_its_name_is_no_bug(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = OSError(errno.ENAMETOOLONG, "File name too long", "a" * 5000)
    assert run(monkeypatch, name, error) == exit_codes.FAILED
    said = capsys.readouterr().err
    assert said.startswith(f"{name}: aaa")
    assert said.endswith("aaa: file name too long: check the path, and its permissions\n")
    assert len(said) < 300
    assert run(monkeypatch, name, OSError(errno.EIO, "Input/output error")) == exit_codes.BUG, "of what, nobody knows"


@each_program
def test_ctrl_c_is_130(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, name, KeyboardInterrupt()) == exit_codes.INTERRUPTED == 130
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == (name == "model")  # says that a training goes on


@each_program
def test_an_unknown_option_is_2(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    program: Callable[..., int] = PROGRAMS[name][0]
    assert program(["--loud"]) == exit_codes.USAGE == 2
    assert "--loud" in capsys.readouterr().err


def test_of_several_processes_that_train_one_speaks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RANK", "1")
    assert run(monkeypatch, "model", SourceError("no photos")) == exit_codes.FAILED
    assert capsys.readouterr() == ("", "")


@each_program
def test_no_password_of_an_address_is_said(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "rtsp://u:p@hunter2@cam/live?pwd=hunter2"
    for verbose, error in itertools.product((False, True), (SourceError(f"{address} is off"), ValueError(address))):
        run(monkeypatch, name, error, verbose=verbose)
        said = capsys.readouterr().err
        assert "hunter2" not in said
        assert "rtsp://cam/live" in said


@pytest.mark.parametrize("words", [["{}"], ["run", "{}"], ["run", "--size", "{}"], ["run", "--sorce={}"]])
def test_no_password_of_an_address_is_in_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    address = "rtsp://u:p@hunter2@cam/live?pwd=hunter2"
    assert cli.run([word.format(address) for word in words]) == exit_codes.USAGE
    assert "hunter2" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("export", ["{}"]),
        ("export", ["--sorce={}"]),
        ("export", ["onnx", "--sorce={}"]),
        ("export", ["onnx", "a", "{}"]),
        ("model", ["{}"]),
        ("model", ["--sorce={}"]),
        ("benchmarks", ["latency", "{}"]),
        ("benchmarks", ["{}"]),
    ],
)
def test_no_password_of_an_address_is_in_a_usage_error_of_the_other_programs(
    name: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    address = "rtsp://u:p@hunter2@cam/live?pwd=hunter2"
    assert PROGRAMS[name][0]([word.format(address) for word in words]) == exit_codes.USAGE
    assert "hunter2" not in capsys.readouterr().err
