"""Takes the command line apart, runs one sub-command, and turns what happened into an exit code.

0 done, 1 an expected failure (one line on stderr), 2 usage, 3 a bug, 130 Ctrl-C. A closed pipe
(``livecam … | head``) ends in a silent 1, as Python's own tools do.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from livecam import __version__, quiet
from livecam.errors import LivecamError

DONE, FAILED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130

COMMANDS = {
    "run": "Watch a camera or a clip and take the picture when it is at its best.",
    "score": "Score the faces in photos.",
    "best": "Find the best frame of each burst and clip.",
    "cameras": "List the cameras and what they can do.",
    "doctor": "Check that everything livecam needs is there and works.",
}


def main() -> None:
    """The ``livecam`` program: runs ``sys.argv`` and exits."""
    arguments = sys.argv[1:]
    # A failed command says "add --verbose", so it is taken from anywhere, before anything heavy is imported.
    verbose = "--verbose" in arguments
    if verbose:
        quiet.speak()
    else:
        quiet.hush()
    sys.exit(run([a for a in arguments if a != "--verbose"], verbose=verbose))


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code; native log output is the caller's business."""
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except LivecamError as error:
        if verbose:
            traceback.print_exc()
        _say(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return FAILED
    except Exception as error:  # noqa: BLE001  the one place where a bug becomes a line instead of a traceback
        if verbose:
            traceback.print_exc()
        hint = "please report it with the traceback above" if verbose else "add --verbose to see where"
        _say(f"this is a bug: {type(error).__name__}: {error} ({hint})")
        return BUG
    return code


def _dispatch(arguments: Sequence[str]) -> int:
    # The options before a command are all flags, so the first other word is its name.
    name = next((a for a in arguments if not a.startswith("-")), None)
    try:
        _app(name)(list(arguments) or ["--help"], prog_name="livecam")
    except SystemExit as stop:  # typer ends this way after usage errors, --help and every command
        return stop.code if isinstance(stop.code, int) else DONE
    return DONE


def _app(chosen: str | None) -> typer.Typer:
    """All commands for the help, but only the chosen one imported: the others cost nothing."""
    app = typer.Typer(name="livecam", add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback()(_options)
    for name, summary in COMMANDS.items():
        app.command(name, short_help=summary)(_load(name) if name == chosen else _not_chosen)
    return app


def _load(name: str) -> Callable[..., None]:
    command: Callable[..., None] = getattr(importlib.import_module(f"livecam.commands.{name}"), name)
    return command


def _not_chosen() -> None:
    raise AssertionError("a command that was not chosen cannot run")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"livecam {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show tracebacks and what the native libraries log.")
    ] = False,
) -> None:
    """A camera that takes the picture by itself, when it is at its best."""
    # Both are dealt with by now: --version by its callback, --verbose before anything was imported.


def _say(message: str) -> None:
    print("livecam:", " ".join(message.splitlines()), file=sys.stderr)


def _drop_stdout() -> None:
    # Python flushes stdout once more as it ends, and would complain about the closed pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
