"""What ``python -m benchmarks best`` shows."""

from __future__ import annotations

from rich.table import Table

from benchmarks.best.results import BASELINE, OURS, Command, Decoder, Kind, Result, Shown
from benchmarks.common.markdown import markdown_table


def tables(result: Result) -> list[Table]:
    """Return the kinds of files, the kinds of pictures, the decoders and the real command, as tables."""
    shown = [_kind_table(result.kinds), _alone_table(result.kinds), _shown_table(result.shown)]
    shown += [_decoder_table(result.decoders), _command_table(result.commands)]
    about = ", ".join(f"{name} {value}" for name, value in result.machine.items())
    shown[0].caption = about
    return [one for one in shown if one.row_count]


def markdown(result: Result) -> str:
    """Return the same as text for ``benchmarks/results``."""
    parts = [
        "# `livecam best`: how fast",
        _ABOUT,
        ", ".join(f"{name}: {value}" for name, value in result.machine.items()),
    ]
    if result.missing:
        parts += ["", f"Not measured: {'; '.join(result.missing)}."]
    for table in tables(result):
        headings = [str(column.header) for column in table.columns]
        rows = zip(*(list(column.cells) for column in table.columns), strict=True)
        parts += ["", f"## {table.title}", "", markdown_table(headings, rows)]
    return "\n".join(parts) + "\n"


_ABOUT = """
`python -m benchmarks best`. The loop beside it reads each photo whole (OpenCV; of a raw file the preview that rawpy
gives; pi-heif), finds up to ten faces with MediaPipe's FaceLandmarker in the whole picture, and scores each with
PyTorch. It finds no small faces. Files lie in the page cache for both; what is loaded once is not counted.
"""


def _kind_table(kinds: tuple[Kind, ...]) -> Table:
    table = _table(
        "photos a second", "files", "photos", "MB each", "faces", *(BASELINE, OURS), "times", "rounds", "decoded"
    )
    for kind in kinds:
        if kind.skipped:
            table.add_row(kind.name, "–", "–", "–", "–", "–", "–", "–", kind.skipped)
            continue
        theirs, ours = kind.loops
        rounds = " ".join(f"{figure:.1f}" for figure in ours.rounds)
        figures = f"{theirs.photos_per_s:.1f}", f"{ours.photos_per_s:.1f}", f"{ours.ratio:.1f}", rounds
        table.add_row(kind.name, str(kind.photos), f"{kind.file_mb:.1f}", str(kind.faces), *figures, kind.decoded)
    return table


def _alone_table(kinds: tuple[Kind, ...]) -> Table:
    table = _table("one photo by itself, ms", "files", "loop", "median", "95 %", "99 %", "processor")
    for kind in kinds:
        for one in kind.alone:
            times = (f"{ms:.0f}" for ms in (one.p50_ms, one.p95_ms, one.p99_ms, one.cpu_ms))
            table.add_row(kind.name, one.name, *times)
    return table


def _shown_table(shown: tuple[Shown, ...]) -> Table:
    title = "JPEGs of 12 MP by the faces that livecam finds, photos a second"
    table = _table(title, "picture", "photos", BASELINE, OURS, "times")
    for kind in shown:
        figures = f"{kind.baseline_per_s:.1f}", f"{kind.photos_per_s:.1f}", f"{kind.ratio:.1f}"
        table.add_row(kind.name, str(kind.photos), *figures)
    return table


def _decoder_table(decoders: tuple[Decoder, ...]) -> Table:
    table = _table("decoders, one thread", "photo", "by", "pixels", "ms of the processor")
    for one in decoders:
        if one.cpu_ms is None:
            table.add_row(one.source, one.name, "–", "not installed")
        else:
            table.add_row(one.source, one.name, f"{one.width} x {one.height}", f"{one.cpu_ms:.1f}")
    return table


def _command_table(commands: tuple[Command, ...]) -> Table:
    headings = "first line, s", "all, s", "files a second", "second run, s", "MB after a tenth", "at the end", "at most"
    table = _table("the real command", "files", "count", *headings)
    for one in commands:
        times = f"{one.first_line_s:.1f}", f"{one.seconds:.1f}", f"{one.photos_per_s:.1f}", f"{one.second_s:.1f}"
        memory = (f"{mb:.0f}" for mb in (one.early_mb, one.end_mb, one.most_mb))
        table.add_row(one.name, str(one.files), *times, *memory)
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table
