"""Writes what was measured as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

_HEAD = """# Scoring an archive

`python -m benchmarks archive --photos {photos}`: {photos:,} photos of 640 x 480 pixels, made of the demo clip, in
{parts} turns, in which `livecam best`'s scan and `livecam archive` go through the same photos one after the other.
Ray's start and the loading of models are not in these figures: the clock runs from when the first photos have come to
when the last has.

{machine}
"""


def markdown(found: dict[str, Any]) -> str:
    """Return the report."""
    text = _HEAD.format(photos=found["photos"], parts=found["parts"], machine=_machine(found["machine"]))
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
    rows = [
        f"| {part + 1} | {b:.1f} | {a:.1f} | {a / b:.2f} |"
        for part, (b, a) in enumerate(zip(best, archive, strict=True))
    ]
    median = f"| median | {statistics.median(best):.1f} | {statistics.median(archive):.1f}"
    median += f" | {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f}) |"
    return [
        "## Speed",
        "",
        "| turn | best's scan, photos/s | archive, photos/s | archive over scan |",
        "|---|---|---|---|",
        *rows,
        median,
    ]


def _memory(found: dict[str, Any]) -> list[str]:
    lines = [
        "## Memory",
        "",
        "Held (resident, MB), medians of the second and of the last quarter of a turn's samples; what processes share",
        "is counted for each.",
        "",
        "| turn | driver | workers | Ray's own | best's scan |",
        "|---|---|---|---|---|",
    ]
    for part, (archive, best) in enumerate(zip(found["archive"], found["best"], strict=True)):
        cells = [_quarters(archive["samples"], key) for key in ("driver_mb", "workers_mb", "rest_mb")]
        cells.append(_quarters(best["samples"], "driver_mb"))
        lines.append(f"| {part + 1} | " + " | ".join(cells) + " |")
    return lines


def _quarters(samples: Sequence[dict[str, float]], key: str) -> str:
    values = [sample[key] for sample in samples if sample["workers_mb"] or key != "workers_mb"]
    if len(values) < 8:
        return "too short"
    quarter = len(values) // 4
    second, last = values[quarter : 2 * quarter], values[-quarter:]
    return f"{statistics.median(second):.0f} → {statistics.median(last):.0f}"


def _cost(found: dict[str, Any]) -> list[str]:
    archive = found["archive"]
    photos = sum(turn["scored"] for turn in archive)
    faces = sum(turn["faces"] for turn in archive)
    cpu_s = statistics.median(turn["cpu_s_a_photo"] for turn in archive)
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
    return [
        "## Two nodes",
        "",
        f"Ray nodes of one core each on this machine, whose {found['machine']['cores']} cores they, the driver and Ray",
        f"itself share: {speeds} ({one['photos']:.0f} photos each).",
        "One node's worker has one thread of its own, but the libraries in it may use the core that is idle.",
    ]
