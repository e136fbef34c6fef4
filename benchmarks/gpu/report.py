"""What ``python -m benchmarks gpu`` shows."""

from __future__ import annotations

from rich.table import Table

from benchmarks.gpu.results import Result


def tables(result: Result) -> tuple[Table, Table]:
    """Return the differences from the CPU, and the times, as tables for a terminal."""
    return _difference_table(result), _time_table(result)


def _difference_table(result: Result) -> Table:
    nodes = "every node" if result.every_node else "not every node, the rest on the CPU"
    title = f"{result.card}: {result.model} on {' > '.join(result.providers)}, {nodes}"
    columns = ("beside", "score p99, points", "largest", "eyes p99", "largest", "pairs in order")
    table = Table(*columns, title=title, title_justify="left", caption=f"{result.crops} crops of {result.faces}")
    for name, one in result.differences.items():
        score = f"{one.score_p99:.4f}", f"{one.score_max:.4f}"
        eyes = f"{one.eyes_p99:.4f}", f"{one.eyes_max:.4f}"
        table.add_row(name, *score, *eyes, f"{one.order:.2%} of {one.pairs}")
    return table


def _time_table(result: Result) -> Table:
    caption = (
        f"from crops in the computer's memory to outputs there. faster: times as fast as {result.timings[0].name}; "
        f"PyTorch's fp32 has convolutions in TF32, as is its default; load {result.machine['load']}"
    )
    table = Table("scorer on the GPU", "on", "faces", "p50 ms", "p95 ms", "p99 ms", "faster", caption=caption)
    for one in result.timings:
        times = (f"{value:.3f}" for value in (one.p50, one.p95, one.p99))
        table.add_row(one.name, one.provider, str(one.batch), *times, f"{one.ratio:.2f} x")
    return table
