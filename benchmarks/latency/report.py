"""What ``python -m benchmarks latency`` shows: tables for the terminal and a chart."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table

from benchmarks.latency.loop import STAGES
from benchmarks.latency.operations import BASELINE_SCORER, SCORER, a_frame
from benchmarks.latency.results import Loop, Result
from livecam.errors import OutputError

_INK, _ACCENT, _SOFT = "#1f2933", "#0b7285", "#99d5de"
_STYLES = ("#adb5bd", "#748ffc", "#f08c00", _ACCENT)
_LOOP_COLUMNS = (
    "whole loop", "frames/s", "cores", "CPU ms", "read", "analysed", "dropped", "p50", "p95", "p99 ms", "freeze ms",
)  # fmt: skip


def tables(result: Result) -> tuple[Table, ...]:
    """Return the tables: the machine and the scorer, loops, their stages, costs, operations, memory, start-up."""
    return (
        _scorer_table(result),
        _loop_table(result),
        _stage_table(result),
        _cost_table(result),
        _operations_table(result),
        _needs_table(result),
    )


def _scorer_table(result: Result) -> Table:
    machine = result.machine
    title = f"{machine['cpu']}, {machine['cores']} cores, GPU {machine['gpu']}"
    operations = result.multiplications[BASELINE_SCORER] / result.multiplications[SCORER]
    caption = (
        f"flags {machine['flags']}; load {machine['load']}; faster: times as fast as PyTorch eager. Those beside "
        f"livecam are ResNet-18 at 224 pixels, as torchvision has it: {operations:.1f} times as many multiplications"
    )
    table = Table("scorer alone", "on", "faces", "p50 ms", "p95 ms", "p99 ms", "faster", title=title, caption=caption)
    for one in result.scorer:
        times = (f"{value:.2f}" for value in (one.p50, one.p95, one.p99))
        table.add_row(one.name, one.provider, str(one.batch), *times, f"{one.ratio:.2f} x")
    return table


def _loop_table(result: Result) -> Table:
    caption = (
        f"scorer on {result.provider}. p50 to p99: age of a frame at its decision; in fast, the time spent on it. "
        "CPU: processor time a frame. freeze: the longest time between two pictures on the screen"
    )
    table = Table(*_LOOP_COLUMNS, caption=caption)
    for one in result.loops:
        counts = (str(one.frames[name]) for name in ("read", "analysed"))
        live = not one.name.endswith("fast")  # cut off, so what was on its way counts as dropped
        ages = (f"{one.latency[name]:.1f}" for name in ("p50", "p95", "p99"))
        ends = (str(one.frames["dropped"]), *ages, f"{one.freeze:.0f}") if live else ("", *ages, "")
        spent = (f"{one.fps:.1f}", f"{one.cores:.2f}", f"{one.processor_ms:.1f}")
        table.add_row(one.name, *spent, *counts, *ends)
    return table


def _stage_table(result: Result) -> Table:
    table = Table("p50/p95/p99 ms", *(one.name for one in result.loops))
    for stage in STAGES:
        spreads = (one.stages[stage] for one in result.loops)
        cells = (f"{spread.p50:.1f}/{spread.p95:.1f}/{spread.p99:.1f}" if spread else "-" for spread in spreads)
        table.add_row(stage, *cells)
    return table


def _cost_table(result: Result) -> Table:
    costs = result.step_costs
    caption = (
        "processor time, the libraries' threads included; each step alone, on the demo clip with a face in each frame"
    )
    table = Table("CPU ms a frame, 720p", *costs, "together", caption=caption)
    table.add_row("", *(f"{ms:.1f}" for ms in costs.values()), f"{sum(costs.values()):.1f}")
    return table


def _operations_table(result: Result) -> Table:
    counted = result.multiplications
    caption = (
        "with one face; the same on every processor. together: landmarks, blendshapes and the scorer; "
        "the detector runs only where a face was lost"
    )
    table = Table("multiplications a frame, millions", *counted, "together", "with PyTorch", caption=caption)
    together = a_frame(counted), a_frame(counted, BASELINE_SCORER)
    table.add_row("", *(f"{count / 1e6:,.0f}" for count in (*counted.values(), *together)))
    return table


def _needs_table(result: Result) -> Table:
    start = result.start_up
    caption = (
        f"start-up: --help {start.help:.2f} s; imported after {start.imports:.2f} s, models loaded after "
        f"{start.models:.2f} s, first decision after {start.first_decision:.2f} s"
    )
    table = Table("memory", "start MB", "end MB", "most MB", "growth MB/min", caption=caption)
    for one in result.loops:
        cells = (one.memory[name] for name in ("start", "end", "most"))
        growth = one.memory["growth_per_minute"]
        # The seconds of a short run are too few.
        grown = f"{growth:.2f}" if growth is not None and "min" in one.name else "-"
        table.add_row(one.name, *(f"{mb:.0f}" if mb is not None else "?" for mb in cells), grown)
    return table


def chart(result: Result, path: Path) -> None:
    """Draw the scorer, the stages, the loop by size of the picture and the frames' age. Raises OutputError."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(12, 8.5), layout="constrained")
        ((scorer, stages), (sizes, ages)) = figure.subplots(2, 2)
        _draw_scorer(scorer, result)
        fast = [one for one in result.loops if one.name.endswith("fast")]
        live = [one for one in result.loops if not one.name.endswith("fast")]
        _draw_stages(stages, (live or fast)[0])
        _draw_sizes(sizes, fast)
        _draw_ages(ages, live)
        machine = result.machine
        gpu = "" if machine["gpu"] == "none" else f", {machine['gpu']}"
        cpu = f"{machine['cpu']} ({machine['flags']}), {machine['cores']} cores{gpu}"
        figure.suptitle(f"{cpu}; scorer on {result.provider}", color=_INK)
        try:
            figure.savefig(path, dpi=110)
        except OSError as error:
            raise OutputError(f"{path} cannot be written ({error.strerror}): choose another --out") from error


def _draw_scorer(axes: Axes, result: Result) -> None:
    names = list(dict.fromkeys(one.name for one in result.scorer))
    batches = sorted({one.batch for one in result.scorer})
    width = 0.8 / len(names)
    for row, name in enumerate(names):
        mine = {one.batch: one for one in result.scorer if one.name == name}
        at = [place + row * width - 0.4 + width / 2 for place in range(len(batches))]
        colour = _STYLES[row - len(names)]
        bars = axes.bar(at, [mine[batch].p50 for batch in batches], width, color=colour, label=name)
        axes.bar_label(bars, fmt="%.1f", fontsize=8, padding=2)
    axes.set_yscale("log")
    axes.set_xticks(range(len(batches)), [f"{batch}" for batch in batches])
    axes.set_xlabel("faces in a batch")
    axes.set_ylabel("ms (median, logarithmic)")
    axes.set_title("Scorer alone")
    axes.legend(frameon=False, fontsize=9)


def _draw_stages(axes: Axes, one: Loop) -> None:
    spreads = [(stage, spread) for stage in STAGES if (spread := one.stages[stage]) is not None][::-1]
    names, medians = [stage for stage, _ in spreads], [spread.p50 for _, spread in spreads]
    beyond = [spread.p95 - spread.p50 for _, spread in spreads]
    axes.barh(names, medians, color=_ACCENT, label="median")
    axes.barh(names, beyond, left=medians, color=_SOFT, label="to the 95th percentile")
    for place, (_, spread) in enumerate(spreads):
        axes.text(spread.p95, place, f"  {spread.p50:.1f} ({spread.p95:.1f})", va="center", fontsize=9, color=_INK)
    axes.margins(x=0.2)
    axes.set_xlabel("ms a call; stages overlap, each in its own thread")
    axes.set_title(f"Where the time goes ({one.name})")
    axes.legend(frameon=False, fontsize=9, loc="lower right" if names[0] != "write" else "upper right")


def _draw_sizes(axes: Axes, loops: list[Loop]) -> None:
    bars = axes.bar([one.name.split(",")[0] for one in loops], [one.fps for one in loops], 0.6, color=_ACCENT)
    axes.bar_label(bars, fmt="%.0f", padding=2)
    axes.set_ylabel("frames/s, none dropped")
    axes.set_title("Whole loop by height of the picture (pace fast, a face in every frame)")


def _draw_ages(axes: Axes, loops: list[Loop]) -> None:
    shades = {"p50": _ACCENT, "p95": "#3bc9db", "p99": _SOFT}
    for row, (name, colour) in enumerate(shades.items()):
        at = [place + (row - 1) * 0.25 for place in range(len(loops))]
        bars = axes.bar(at, [one.latency[name] for one in loops], 0.25, color=colour, label=name)
        axes.bar_label(bars, fmt="%.0f", fontsize=8, padding=2)
    names = [f"{one.name.partition(', ')[2]}\n{one.frames['dropped']} of {one.frames['read']} dropped" for one in loops]
    axes.set_xticks(range(len(loops)), names)
    axes.set_ylabel("ms")
    axes.set_title("Age of a frame at its decision (720p, pace realtime)")
    axes.legend(frameon=False, fontsize=9)
