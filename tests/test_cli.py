"""The command line: its exit codes, its one line when something fails, and what it loads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from livecam import __version__, cli, exit_codes, native_logs
from livecam.errors import SourceError

ROOT = Path(__file__).parents[1]
LIVECAM = [sys.executable, "-m", "livecam"]


def livecam(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LIVECAM, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def install(monkeypatch: pytest.MonkeyPatch, command: Callable[..., None]) -> None:
    """Make command what ``livecam doctor`` runs."""
    module = ModuleType("livecam.commands.doctor")
    module.doctor = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_help_names_each_command() -> None:
    done = livecam("--help")

    assert done.returncode == exit_codes.DONE
    assert {"run", "score", "doctor", "--verbose"} <= set(done.stdout.split())


@pytest.mark.slow
def test_help_imports_nothing_heavy() -> None:
    code = "import sys, livecam.cli; livecam.cli.run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not {"numpy", "cv2", "mediapipe", "onnxruntime", "pooch"} & set(done.stderr.split())


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_listed_command_exists_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"]) == exit_codes.DONE
    assert f"livecam {name}" in capsys.readouterr().out


def test_every_command_module_is_listed() -> None:
    modules = {path.stem for path in (ROOT / "livecam/commands").glob("[!_]*.py")}

    assert modules == {name.replace(" ", "_") for name in cli.COMMANDS}


def test_no_words_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == exit_codes.DONE
    assert "Usage: livecam" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == exit_codes.DONE
    assert capsys.readouterr().out == f"livecam {__version__}\n"


@pytest.mark.parametrize("words", [["smile"], ["--loud"], ["doctor", "--loud"]])
def test_usage_errors_exit_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(words) == exit_codes.USAGE
    assert words[-1] in capsys.readouterr().err


def test_an_expected_failure_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise SourceError("no camera 7:\nlook at livecam doctor")

    install(monkeypatch, fail)

    assert cli.run(["doctor"]) == exit_codes.FAILED
    assert capsys.readouterr() == ("", "livecam: no camera 7: look at livecam doctor\n")


def test_a_bug_is_one_line_that_says_how_to_see_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash() -> None:
        raise ZeroDivisionError("by zero")

    install(monkeypatch, crash)

    assert cli.run(["doctor"]) == exit_codes.BUG
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "bug" in said
    assert "--verbose" in said
    assert cli.run(["doctor"], verbose=True) == exit_codes.BUG
    assert "in crash" in capsys.readouterr().err, "the traceback"


def test_ctrl_c_exits_with_130_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    install(monkeypatch, interrupted)

    assert cli.run(["doctor"]) == exit_codes.INTERRUPTED
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("words", "called"),
    [(["--verbose", "doctor"], "speak"), (["doctor", "--verbose"], "speak"), (["doctor"], "hush")],
    ids=["before", "after", "without"],
)
def test_verbose_is_taken_before_and_after_the_command(
    words: list[str], called: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    install(monkeypatch, lambda: calls.append("command"))
    monkeypatch.setattr(native_logs, "speak", lambda: calls.append("speak"))
    monkeypatch.setattr(native_logs, "hush", lambda: calls.append("hush"))
    monkeypatch.setattr(sys, "argv", ["livecam", *words])
    # A worker of the tests has daemon threads of its own, by which it would be left for good.
    monkeypatch.setattr(threading, "enumerate", lambda: [threading.current_thread()])

    with pytest.raises(SystemExit) as stopped:
        cli.main()

    assert stopped.value.code == exit_codes.DONE
    assert calls == [called, "command"]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="pipes break differently here")
@pytest.mark.parametrize("lines", [1, 100_000], ids=["left in the buffer", "while it writes"])
def test_a_closed_pipe_ends_in_silence(lines: int) -> None:
    code = f"""
import sys, types, livecam.cli
module = types.ModuleType("livecam.commands.doctor")
module.doctor = lambda: [print("a line") for _ in range({lines})] and None
sys.modules[module.__name__] = module
input()  # until the reader is gone
sys.exit(livecam.cli.run(["doctor"]))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, said = process.communicate("go\n")

    assert (process.returncode, said) == (exit_codes.FAILED, "")
