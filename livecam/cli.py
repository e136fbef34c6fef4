"""The ``livecam`` program: which commands there are, and what comes before them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from livecam import __version__, exit_codes
from livecam.stop_signals import StopSignals

COMMANDS = {
    "run": "Watch a camera or a clip and take the picture when it is at its best.",
    "score": "Score the faces in photos.",
    "best": "Find the best frame of each burst and clip.",
    "archive": "Score an archive of photos into Parquet, on one machine or several.",
    "archive query": "Ask what an archive of scored photos holds, in words or in SQL.",
    "rate": "Teach livecam your taste: which of two faces is better?",
    "learn": "Learn your taste from what you have chosen.",
    "taste": "Show what livecam has learned of your taste, take it along, or forget it.",
    "explain": "Tell from a log of run why no picture was taken.",
    "cameras": "List the cameras and what they can do.",
    "doctor": "Check that everything livecam needs is there and works.",
}

_ADDRESS = "127.0.0.1:8765"


def main() -> None:
    """The ``livecam`` program: runs ``sys.argv`` and exits."""
    with StopSignals():
        exit_codes.start(run)


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run one command line and return its exit code; native log output is the caller's business."""

    def dispatch() -> None:
        words = _with_addresses(_named(arguments)) or ["--help"]
        exit_codes.app(COMMANDS, _load, _options, words)(words, prog_name="livecam")

    return exit_codes.code_of(dispatch, "livecam", verbose=verbose)


def _named(arguments: Sequence[str]) -> list[str]:
    """Put the two words of a command that has two into one, which is its name."""
    words = list(arguments)
    at = next((place for place, word in enumerate(words) if not word.startswith("-")), len(words))
    name = " ".join(words[at : at + 2])
    return [*words[:at], name, *words[at + 2 :]] if name in COMMANDS and " " in name else words


def _with_addresses(arguments: Sequence[str]) -> list[str]:
    """Give --serve its address where there is none: typer knows no option whose value may be left out."""
    words: list[str] = []
    for word, following in zip(arguments, (*arguments[1:], "--"), strict=False):
        words.append(word)
        if word == "--serve" and following.startswith("-"):
            words.append(_ADDRESS)
    return words


def _load(name: str) -> Callable[..., None]:
    word = name.replace(" ", "_")
    command: Callable[..., None] = getattr(importlib.import_module(f"livecam.commands.{word}"), word)
    return command


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
