"""A progress bar for benchmarks that run one thing after the other; where there is no terminal, a line for each."""

from __future__ import annotations

import time
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
        self._total = 0

    def begin(self, total: int) -> None:
        """Say how many steps there will be."""
        self._total = total
        self._progress.update(self._task, total=total)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show name while its step is done, and count it."""
        self._progress.update(self._task, description=name)
        started = time.perf_counter()
        yield
        self._progress.advance(self._task)
        if not self._progress.console.is_terminal:
            done = int(self._progress.tasks[self._task].completed)
            self._progress.console.print(f"{done}/{self._total} {name}: {time.perf_counter() - started:.1f} s")


@contextmanager
def steps(console: Console) -> Iterator[Steps]:
    """Show a bar on console while it is entered."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        yield Steps(progress)
