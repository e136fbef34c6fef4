"""Runs a program's command line, and makes an exit code and one line of what happened.

0 done, 1 an expected failure (one line on stderr), 2 usage, 3 a bug, 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP. A closed pipe
(``livecam … | head``) ends in a silent 1, as Python's own tools do. For ``livecam``, ``python -m model``,
``python -m export`` and ``python -m benchmarks``. Imports nothing heavy.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn, Protocol

import typer
from typer.core import TyperCommand, TyperGroup

from livecam import help_text, last_will, native_logs
from livecam.addresses import without_passwords
from livecam.errors import LivecamError
from livecam.stop_signals import broken_off

DONE, FAILED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130
_LONGEST_NAME = 160  # of a file, letters that are said; set by hand


# How pydantic speaks, which typer passes on, and what is said instead.
_UNSAID = (
    ("Value error, ", ""),
    ("Input should be", "it must be"),
    (", unable to parse string as an integer", ""),
    (", unable to parse string as a number", ""),
)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Say usage errors in plain words and without passwords: they quote what was typed, an address, say."""
    try:
        yield
    except Exception as error:
        message = getattr(error, "message", None)  # of a usage error
        if isinstance(message, str):
            for said, plain in _UNSAID:
                message = message.replace(said, plain)
            error.message = without_passwords(message)  # type: ignore[attr-defined]
        raise


class Commands(TyperGroup):
    """Commands whose usage errors quote no password."""

    def format_help(self, ctx: typer.Context, formatter: object) -> None:  # type: ignore[override]
        """Write the help."""
        help_text.lay_out(self, ctx)
        super().format_help(ctx, formatter)  # type: ignore[arg-type]

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # click's type
        """Take options that come before a command."""
        with _plain_errors():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Find the command and run it."""
        with _plain_errors():
            return super().invoke(ctx)


class Command(TyperCommand):
    """A command whose usage errors quote no password, and whose help fills its lines."""

    def format_help(self, ctx: typer.Context, formatter: object) -> None:  # type: ignore[override]
        """Write the help."""
        help_text.lay_out(self, ctx)
        super().format_help(ctx, formatter)  # type: ignore[arg-type]

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Take options and arguments."""
        with _plain_errors():
            return super().parse_args(ctx, args)


class Run(Protocol):
    """Runs one command line."""

    def __call__(self, arguments: Sequence[str], *, verbose: bool = False) -> int:
        """Return the exit code. verbose: show tracebacks."""
        ...


def start(run: Run) -> NoReturn:
    """Run ``sys.argv`` and exit. What native libraries log is shown only with ``--verbose``."""
    native_logs.hold_streams()
    arguments = sys.argv[1:]
    # A failed command says "add --verbose", so it is taken from anywhere, before anything heavy is imported.
    verbose = "--verbose" in arguments
    if verbose:
        native_logs.speak()
    else:
        native_logs.hush()
    last_will.allow()
    code = run([a for a in arguments if a != "--verbose"], verbose=verbose)
    if last_will.is_made() or any(thread.daemon for thread in threading.enumerate()):
        # One that hangs in a driver or a stream would come back while Python ends, which aborts the process.
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def code_of(act: Callable[[], object], program: str | None, *, verbose: bool = False) -> int:
    """Do act, most often a typer app, and return the exit code; what failed is printed as by ``say``.

    verbose: show tracebacks, too.
    """
    try:
        code = _done(act)
        sys.stdout.flush()
    except LivecamError as error:
        if verbose:
            _print_traceback()
        say(str(error), program)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return FAILED
    except Exception as error:  # noqa: BLE001  the one place where a bug becomes a line instead of a traceback
        if (line := _of_a_file(error)) is not None:
            if verbose:
                _print_traceback()
            say(line, program)
            return FAILED
        if (asked := broken_off()) is not None:
            return asked
        if verbose:
            _print_traceback()
        hint = "please report it with the traceback above" if verbose else "add --verbose to see where"
        say(f"this is a bug: {type(error).__name__}: {error} ({hint})", program)
        return BUG
    return code


def app(
    summaries: Mapping[str, str],
    load: Callable[[str], Callable[..., None]],
    options: Callable[..., None],
    arguments: Sequence[str],
) -> typer.Typer:
    """Return an app with all commands for the help, of which only the one in arguments is imported.

    summaries: what each command does.  load: imports one.  options: what comes before a command, flags only.
    """
    chosen = next((a for a in arguments if not a.startswith("-")), None)
    made = typer.Typer(cls=Commands, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    made.callback()(options)
    for name, summary in summaries.items():
        made.command(name, cls=Command, short_help=summary)(load(name) if name == chosen else _not_chosen)
    return made


def say(message: str, program: str | None) -> None:
    """Say message on stderr, in one line that begins with program; None keeps silent."""
    if program is not None:
        print(f"{program}:", " ".join(without_passwords(message).splitlines()), file=sys.stderr)


def _of_a_file(error: Exception) -> str | None:
    """What to say where the system has refused a file by its name: too long, within a folder that may not be entered.

    None of anything else.
    """
    if not isinstance(error, OSError) or error.filename is None or error.strerror is None:
        return None
    name = os.fsdecode(error.filename) if isinstance(error.filename, bytes | str | os.PathLike) else error.filename
    cause = error.strerror[:1].lower() + error.strerror[1:]
    return f"{_shortened(str(name))}: {cause}: check the path, and its permissions"


def _shortened(name: str) -> str:
    """A name of thousands of letters, with its middle left out."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME // 2]}…{name[-_LONGEST_NAME // 2 :]}"


def _print_traceback() -> None:
    sys.stderr.write(without_passwords(traceback.format_exc()))


def _done(act: Callable[[], object]) -> int:
    try:
        act()
    except SystemExit as stop:  # typer ends this way after usage errors, --help and every command
        if stop.code == INTERRUPTED:  # watchfiles makes a Ctrl-C of every signal
            return broken_off() or INTERRUPTED
        return stop.code if isinstance(stop.code, int) else DONE
    return DONE


def _not_chosen() -> None:
    raise AssertionError("a command that was not chosen cannot run")


def _drop_stdout() -> None:
    # Python flushes stdout once more as it ends, and would complain about the closed pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
