"""A run as a chart for the terminal: a column a second, how good it was, and what held the shot back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from livecam.explain.run_log import RunLog, Second, rows_of
from livecam.explain.story import clock, headline, letter, main_reason, result, sentence, totals
from livecam.live.held_back import label

_BLOCKS = "▁▂▃▄▅▆▇█"
_MARGIN = 10  # columns beside the chart
_SECONDS_A_ROW = (60, 30, 20, 10)
_MOST_ROWS = 40  # of an hour and more only what happened is shown; set by hand
_FREE, _HELD, _TAKEN, _MISSED = "green", "yellow", "bold green", "bold red"


def render(run: RunLog, width: int) -> RenderableType:
    """Return all that is known of a run, for a terminal of so many columns."""
    seconds = next((n for n in _SECONDS_A_ROW if n + _MARGIN <= width), _SECONDS_A_ROW[-1])
    parts: list[RenderableType] = [Text(headline(run), style="bold"), Text(result(run)), Text()]
    parts += _chart(run, seconds)
    parts += _legend(run)
    if run.missed:
        parts += [Text("Missed", style="bold"), *(Text(f"  {sentence(missed)}") for missed in run.missed), Text()]
    if found := totals(run):
        table = Table(box=None, show_header=False, pad_edge=False)
        for reason, count in found:
            table.add_row(f"  {label(reason)}", Text(f"{count} s", justify="right"))
        parts += [Text("What held it back", style="bold"), table, Text()]
    if run.troubles:
        told = (Text(f"  {clock(trouble.t_ms)}  {trouble.what}") for trouble in run.troubles)
        parts += [Text("Camera and disk", style="bold"), *told, Text()]
    if run.passed_over:
        parts.append(Text(f"{run.passed_over} lines of the log could not be read", style="yellow"))
    return Group(*parts)


def _chart(run: RunLog, width: int) -> Iterator[Text]:
    rows = list(rows_of(run, width))
    happened = [row for row in rows if _marks(run, row[0], width) or len(rows) <= _MOST_ROWS]
    for start_ms, seconds in happened:
        yield _bars(start_ms, seconds, width)
        yield _letters(run, start_ms, seconds, width)
    if left_out := len(rows) - len(happened):
        yield Text(
            f"{left_out} more rows of {width} s without a picture or a missed peak: --page shows all", style="dim"
        )
    yield Text()


def _bars(start_ms: float, seconds: dict[int, Second], width: int) -> Text:
    line = Text(f"{clock(start_ms):>8}  ", style="dim")
    for column in range(width):
        second = seconds.get(column)
        if second is None or second.score is None:
            line.append(" ")
            continue
        height = round((second.score - 1) / 4 * (len(_BLOCKS) - 1))
        line.append(_BLOCKS[height], style=_FREE if main_reason(second) is None else _HELD)
    return line


def _letters(run: RunLog, start_ms: float, seconds: dict[int, Second], width: int) -> Text:
    marks = _marks(run, start_ms, width)
    line = Text(" " * _MARGIN)
    for column in range(width):
        second = seconds.get(column)
        if column in marks:
            line.append(marks[column], style=_TAKEN if marks[column] == "●" else _MISSED)
        elif second is not None and (reason := main_reason(second)) is not None:
            line.append(letter(reason), style="dim")
        else:
            line.append(" ")
    return line


def _marks(run: RunLog, start_ms: float, width: int) -> dict[int, str]:
    """What a row shows in which column: pictures, and missed peaks over them."""
    found = dict.fromkeys(_columns([taken.t_ms for taken in run.taken], start_ms, width), "●")
    return found | dict.fromkeys(_columns([missed.t_ms for missed in run.missed], start_ms, width), "✕")


def _columns(times_ms: Sequence[float], start_ms: float, width: int) -> Iterator[int]:
    return (int((t - start_ms) // 1000) for t in times_ms if start_ms <= t < start_ms + width * 1000)


def _legend(run: RunLog) -> Iterator[Text]:
    marks = [("● picture taken", _TAKEN)] if run.taken else []
    marks += [("✕ peak missed", _MISSED)] if run.missed else []
    line = Text(" " * _MARGIN)
    for words, style in marks:
        line.append(f"{words}   ", style=style)
    reasons = "   ".join(f"{letter(reason)} {label(reason)}" for reason, _ in totals(run))
    line.append(reasons, style="dim")
    if line.plain.strip():
        yield line
        yield Text()
