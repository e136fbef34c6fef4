"""A progress bar for benchmarks that run one thing after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Steps:
    """Tells which of how many steps is being done."""

    def __init__(self, progress: Progress) -> None:
        """Borrow progress, which is shown by its owner."""
        self._progress = progress
        self._task = progress.add_task("starting", total=None)

    def begin(self, total: int) -> None:
        """Say how many steps there will be."""
        self._progress.update(self._task, total=total)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show name while its step is done, and count it."""
        self._progress.update(self._task, description=name)
        yield
        self._progress.advance(self._task)


@contextmanager
def steps(console: Console) -> Iterator[Steps]:
    """Show a bar on console while it is entered."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        yield Steps(progress)
