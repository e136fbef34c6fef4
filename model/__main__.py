"""``python -m model``: takes the command line apart and runs one sub-command.

Exit codes as for ``livecam``: 0 done, 1 an expected failure (one line on stderr), 2 usage, 3 a bug, 130 Ctrl-C.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable

import typer

from livecam import quiet
from livecam.errors import LivecamError

DONE, FAILED, BUG, INTERRUPTED = 0, 1, 3, 130

# Sub-command: its module, which holds NAME_command, and what it does.
COMMANDS = {
    "prepare": ("model.prepare", "Crop the faces out of rated photos and write a data set."),
    "train": ("model.train_command", "Train on a data set and write a checkpoint."),
    "evaluate": ("model.evaluate", "Measure a checkpoint and write a report."),
    "saliency": ("model.explain", "Show which parts of a photo decide."),
    "fool": ("model.explain", "Change a photo as little as makes it a 5."),
}


def main() -> None:
    """Run ``sys.argv`` and exit."""
    arguments = sys.argv[1:]
    verbose = "--verbose" in arguments
    if verbose:
        quiet.speak()
    else:
        quiet.hush()
    sys.exit(run([a for a in arguments if a != "--verbose"], verbose=verbose))


def run(arguments: list[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    name = next((a for a in arguments if not a.startswith("-")), None)
    try:
        _app(name)(arguments or ["--help"], prog_name="python -m model")
    except SystemExit as stop:  # typer ends this way after usage errors, --help and every command
        code = stop.code if isinstance(stop.code, int) else DONE
        if code == INTERRUPTED:  # typer has caught Ctrl-C
            _say("stopped; a training goes on with --resume")
        return code
    except LivecamError as error:
        if verbose:
            traceback.print_exc()
        _say(str(error))
        return FAILED
    except KeyboardInterrupt:
        _say("stopped; a training goes on with --resume")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  the one place where a bug becomes a line instead of a traceback
        if verbose:
            traceback.print_exc()
        hint = "please report it with the traceback above" if verbose else "add --verbose to see where"
        _say(f"this is a bug: {type(error).__name__}: {error} ({hint})")
        return BUG
    return DONE


def _app(chosen: str | None) -> typer.Typer:
    """All commands for the help, but only the chosen one imported."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback()(_options)
    for name, (module, summary) in COMMANDS.items():
        app.command(name, short_help=summary)(_load(module, name) if name == chosen else _not_chosen)
    return app


def _load(module: str, name: str) -> Callable[..., None]:
    command: Callable[..., None] = getattr(importlib.import_module(module), f"{name}_command")
    return command


def _not_chosen() -> None:
    raise AssertionError("a command that was not chosen cannot run")


def _options() -> None:
    """Train the scorer on your own rated photos, measure it and explain it. Add --verbose to see what libraries log."""


def _say(message: str) -> None:
    if os.environ.get("RANK", "0") == "0":  # of torchrun's processes one speaks
        print("model:", " ".join(message.splitlines()), file=sys.stderr)


if __name__ == "__main__":
    main()
