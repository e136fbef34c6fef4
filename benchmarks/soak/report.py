"""What ``python -m benchmarks soak`` says, in Markdown and in a few lines."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.common.markdown import markdown_table
from benchmarks.soak.samples import Sample, slope_an_hour

GROWTH, MOST = "memory grows, MB an hour", "most memory, MB"
_PART = 5  # the first and the last fifth of a run are compared
_SLOPE_FROM = 5  # a slope is said of so many samples at least


def halves(samples: Sequence[Sample]) -> dict[str, Any]:
    """Return what was held and how old frames were in the first and in the last part of a run, medians."""
    warm = list(samples[len(samples) // 20 :])  # the first twentieth: models warm up
    size = max(len(warm) // _PART, 1)
    parts = {"at the beginning": warm[:size], "at the end": warm[-size:]}
    values: dict[str, Callable[[Sample], float | None]] = {
        "memory, MB": lambda s: s.rss_mb,
        "threads": lambda s: s.threads,
        "handles": lambda s: s.handles,
        "age of a frame when decided, p50 ms": lambda s: s.p50_ms,
        "the same, p95 ms": lambda s: s.p95_ms,
    }
    found: dict[str, Any] = {
        name: {part: _median(map(value, some)) for part, some in parts.items()} for name, value in values.items()
    }
    found[GROWTH] = round(slope_an_hour(warm), 2) if len(warm) >= _SLOPE_FROM else None
    found[MOST] = max((s.rss_mb for s in samples), default=None)
    return found


def markdown(result: Mapping[str, Any]) -> str:
    """Return the report as a page."""
    held, frames, pictures, disk = result["held"], result["frames"], result["pictures"], result["pictures"]["disk"]
    about = result["machine"]
    options = f"--minutes {result['minutes']:g} --fps {result['fps']:g} --seed {result['seed']}"
    how = (
        f"`python -m benchmarks soak {options}`: the demo clip in a loop through a virtual camera, with faults by a "
        "plan, and a disk that is full at times (an `fsync` that finds no space). All else is as in "
        "`livecam run --headless --json`."
    )
    where = (
        f"{about['cpu']} ({about['flags']}), {about['cores']} cores, load {about['load']} when it began, "
        f"{about['system']}, Python {about['python']}. {result['note']}"
    )
    memory = f"Memory grows by {held[GROWTH]} MB an hour (Theil–Sen), {held[MOST]} MB at most."
    counts = (
        f"Frames: the camera gave {frames['given']} (one more or less waits at the start and at the end), "
        f"{frames['read']} read = {frames['analysed']} analysed + {frames['dropped']} dropped."
    )
    saved = (
        f"Pictures: {pictures['announced']} announced, {pictures['whole']} of them whole on the disk, "
        f"{pictures['not announced']} more, {len(pictures['other files'])} other files left. A full disk was told "
        f"{disk.get('failing', 0)} times, and {disk.get('back', 0)} times that it is back."
    )
    parts = [
        (name, *(_or_dash(value) if value is None else f"{value:g}" for value in part.values()))
        for name, part in held.items()
        if isinstance(part, dict)
    ]
    faults = [
        (name, fault["times"], _or_dash(fault["told"]), _s(fault["told_after_s"]), _s(fault["back_after_s"]))
        for name, fault in result["faults"].items()
    ]
    compared = markdown_table(("", "at the beginning", "at the end"), parts)
    told = markdown_table(("fault", "times", "told", "after, at most", "back after, at most"), faults)
    return "\n\n".join(["# Soak", how, where.strip(), compared, memory, counts, saved, told]) + "\n"


def _or_dash(value: object) -> str:
    return "–" if value is None else str(value)


def _s(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 1) if known else None
