"""What ``python -m benchmarks best`` shows."""

from __future__ import annotations

from rich.table import Table

from benchmarks.best.results import BASELINE, OURS, Kind, Loop, Memory, Result


def tables(result: Result) -> list[Table]:
    """Return the loops, and the kinds of photos, as tables for a terminal; below them the memory."""
    title = f"{result.photos} photos of 12 megapixels, {result.photo_mb:.1f} MB each, {result.cores} cores"
    shown = [_loop_table(result.loops, title), _kind_table(result.kinds)]
    if result.memory is not None:
        shown[-1].caption = _memory_line(result.memory)
    return shown


def _loop_table(loops: list[Loop], title: str) -> Table:
    table = _table(title, "", "photos a second", f"times the {BASELINE}", "rounds")
    for loop in loops:
        rounds = " ".join(f"{figure:.1f}" for figure in loop.rounds)
        table.add_row(loop.name, f"{loop.photos_per_s:.1f}", f"{loop.ratio:.1f}", rounds)
    return table


def _kind_table(kinds: list[Kind]) -> Table:
    title = "by the faces that livecam finds"
    table = _table(title, "", "photos", f"{BASELINE}, photos a second", OURS, "times")
    for kind in kinds:
        figures = f"{kind.baseline_per_s:.1f}", f"{kind.photos_per_s:.1f}", f"{kind.ratio:.1f}"
        table.add_row(kind.name, str(kind.photos), *figures)
    return table


def _table(title: str, first: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column(first)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _memory_line(memory: Memory) -> str:
    return (
        f"memory over {memory.photos} photos: {memory.early_mb:.0f} MB after a tenth, {memory.end_mb:.0f} MB at the"
        f" end, {memory.most_mb:.0f} MB at most"
    )
