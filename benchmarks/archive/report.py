"""Writes what was measured as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.archive.memory import TENTHS, growths
from benchmarks.common.markdown import markdown_table

_HEAD = """# Scoring an archive

`python -m benchmarks archive --photos {photos} --parts {parts} --part-photos {part_photos}`: photos of 640 x 480
pixels, made of the demo clip. {photos:,} in one long run of `livecam archive`, and {parts} turns of {part_photos:,}, in
which `livecam best`'s scan and `livecam archive` go through the same photos one after the other. Ray's start and the
loading of models are not in these figures: the clock runs from when the first photos have come to when the last has.

{machine}
"""


def markdown(found: dict[str, Any]) -> str:
    """Return the report."""
    text = _HEAD.format(**found | {"machine": _machine(found["machine"])})
    text += "\n".join(["", *_speed(found), "", *_memory(found), "", *_cost(found), ""])
    if "nodes" in found:
        text += "\n".join(["", *_nodes(found), ""])
    return text


def _machine(values: dict[str, str]) -> str:
    packages = ", ".join(f"{name} {values[name]}" for name in ("ray", "pyarrow", "onnxruntime-gpu") if name in values)
    return (
        f"{values['cpu']} ({values['flags']}), {values['cores']} cores, {values['memory']}, load of the minute before"
        f" {values['load']}; {packages}."
    )


def _speed(found: dict[str, Any]) -> list[str]:
    best, archive = ([turn["per_s"] for turn in found[name]] for name in ("best", "archive"))
    ratios = [a / b for a, b in zip(archive, best, strict=True)]
    turns = zip(best, archive, ratios, strict=True)
    rows = [(str(part), f"{b:.1f}", f"{a:.1f}", f"{ratio:.2f}") for part, (b, a, ratio) in enumerate(turns, 1)]
    spread = f"{statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})"
    rows.append(("median", f"{statistics.median(best):.1f}", f"{statistics.median(archive):.1f}", spread))
    heads = ("turn", "best's scan, photos/s", "archive, photos/s", "archive over scan")
    return ["## Speed", "", markdown_table(heads, rows)]


def _memory(found: dict[str, Any]) -> list[str]:
    long = found["long"]
    rows = [
        (one.name, *("–" if peak is None else f"{peak:.0f}" for peak in one.peaks_mb), f"{one.shared_mb:.0f}",
         one.says())
        for one in growths(long["samples"], int(long["photos"]))
    ]  # fmt: skip
    return [
        "## Memory over a long run",
        "",
        f"{long['photos']:,} photos, {long['per_s']:.1f} a second. Of each process what it holds for itself alone (MB,",
        "the most in each tenth of the run), the most that it shared with others (files, Ray's store), and how its own",
        "memory grew with 1,000 photos after the first fifth, or the first 2,000, with the standard error of that.",
        "",
        markdown_table(("process", *range(1, TENTHS + 1), "shared", "MB for 1,000 photos"), rows),
        "",
        f"`livecam best`'s scan of {found['part_photos']:,} photos held {_most(found['best'])} MB at most.",
    ]


def _most(turns: Sequence[dict[str, Any]]) -> str:
    sums = [
        sum(process["own_mb"] + process["shared_mb"] for process in sample["processes"])
        for turn in turns
        for sample in turn["samples"]
    ]
    return f"{max(sums):.0f}" if sums else "?"


def _cost(found: dict[str, Any]) -> list[str]:
    archive = [found["long"], *found["archive"]]
    photos = sum(turn["scored"] for turn in archive)
    faces = sum(turn["faces"] for turn in archive)
    cpu_s = statistics.median(turn["cpu_s_a_photo"] for turn in found["archive"])
    scan_s = statistics.median(turn["cpu_s_a_photo"] for turn in found["best"])
    parquet = sum(turn["parquet_bytes"] for turn in archive)
    read = found["photo_bytes"] / found["photos"]
    kept = parquet / photos
    start_s = statistics.median(_start_s(turn) for turn in archive)
    of_cpu = f"{cpu_s * 1000:.1f} ms a photo; best's scan {scan_s * 1000:.1f} ms"
    of_parquet = f"{kept / 1e3:.2f} kB a photo with {faces / photos:.2f} faces"
    return [
        "## What a million such photos cost",
        "",
        f"- processor time: {cpu_s * 1e6 / 3600:,.0f} h ({of_cpu})",
        f"- read: {read * 1e6 / 1e9:,.0f} GB ({read / 1e3:,.0f} kB a photo)",
        f"- Parquet: {kept * 1e6 / 1e9:,.1f} GB ({of_parquet})",
        "",
        f"Ray's start, and models: {start_s:.0f} s of each run.",
    ]


def _start_s(turn: dict[str, float]) -> float:
    return turn["whole_s"] - turn["measured"] / turn["per_s"]


def _nodes(found: dict[str, Any]) -> list[str]:
    one, two = found["nodes"]
    speeds = f"one {one['per_s']:.1f} photos/s, two {two['per_s']:.1f}, {two['per_s'] / one['per_s']:.2f} times as many"
    kinds = [kind for kind in ("worker", "driver", "raylet", "gcs", "agents", "rest") if kind in one["cpu_s"]]
    rows = [
        (name, *(f"{1000 * turn['cpu_s'].get(kind, 0.0) / turn['measured']:.1f}" for kind in kinds),
         f"{1000 / turn['per_s']:.1f}")
        for name, turn in (("one", one), ("two", two))
    ]  # fmt: skip
    cores = found["machine"]["cores"]
    return [
        "## Two nodes",
        "",
        f"Ray nodes that are held to one core each, on this machine with {cores} cores, which they share with the",
        f"driver and Ray's head: {speeds} ({one['measured']:.0f} and {two['measured']:.0f} photos).",
        "",
        "Milliseconds of the processor for a photo, by process, and of the clock:",
        "",
        markdown_table(("nodes", *kinds, "clock"), rows),
    ]
