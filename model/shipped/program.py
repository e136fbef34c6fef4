"""What commands share that are modules of their own, as ``python -m model.shipped.NAME`` is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import typer

from livecam import exit_codes


def run_command(command: Callable[..., None], module: str, arguments: Sequence[str], *, verbose: bool) -> int:
    """Run one command line of the command that module holds, and return its exit code: ``livecam.exit_codes``."""

    def act() -> None:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
        app.command(cls=exit_codes.Command)(command)
        app(list(arguments), prog_name=f"python -m {module}")

    return exit_codes.code_of(act, module, verbose=verbose)
