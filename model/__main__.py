"""``python -m model``: which sub-commands there are. How it ends, and with which exit code: ``livecam.exit_codes``."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence

from livecam import exit_codes

# Sub-command: its module, which holds NAME_command, and what it does.
COMMANDS = {
    "prepare": ("model.data.prepare", "Crop the faces out of rated photos and write a data set."),
    "train": ("model.training.command", "Train on a data set and write a checkpoint."),
    "evaluate": ("model.evaluation.evaluate", "Measure a checkpoint and write a report."),
    "saliency": ("model.evaluation.explain", "Show which parts of a photo decide."),
    "fool": ("model.evaluation.explain", "Change a photo as little as makes it a 5."),
}


def main() -> None:
    """Run ``sys.argv`` and exit."""
    exit_codes.start(run)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code."""
    program = "model" if os.environ.get("RANK", "0") == "0" else None  # of torchrun's processes one writes messages
    summaries = {name: summary for name, (_, summary) in COMMANDS.items()}

    def dispatch() -> None:
        exit_codes.app(summaries, _load, _options, arguments)(
            list(arguments) or ["--help"], prog_name="python -m model"
        )

    code = exit_codes.code_of(dispatch, program, verbose=verbose)
    if code == exit_codes.INTERRUPTED:
        training = next((word for word in arguments if word in COMMANDS), "") == "train"
        exit_codes.say("stopped; it goes on with --resume, if an epoch was done" if training else "stopped", program)
    return code


def _load(name: str) -> Callable[..., None]:
    command: Callable[..., None] = getattr(importlib.import_module(COMMANDS[name][0]), f"{name}_command")
    return command


def _options() -> None:
    """Train the scorer on your own rated photos, measure it and explain it. Add --verbose to see what libraries log."""


if __name__ == "__main__":
    main()
