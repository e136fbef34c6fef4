"""The moments that a person marked in clips by eye (``labels/events.csv``), and those that the demo was made with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.labelled.labels import FOLDERS, Batch, Part, Spot, bursts, eyes, label_rows
from livecam import model_files

DEMO = "demo"
What = Literal["smile", "faint", "quiet", "never"]
_WHATS: dict[str, What] = {"smile": "smile", "faint": "faint", "quiet": "quiet", "never": "never"}


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch of a clip, ms. best_ms: of one of the best frames; None if there is nothing to take.

    shut: the eyes are closed all through it.
    """

    start_ms: float
    end_ms: float
    what: What
    best_ms: float | None = None
    shut: bool = False

    def holds(self, t_ms: float, slack_ms: float = 0.0) -> bool:
        """Whether t_ms lies in it, or no more than slack_ms beside it."""
        return self.start_ms - slack_ms <= t_ms <= self.end_ms + slack_ms


def labelled_clips(data: Path, part: Part = "test", batch: Batch = "first") -> dict[str, tuple[Path, list[Event]]]:
    """Return the path and the events of each labelled clip of a batch of the research data.

    The demo is among the first batch's to test on.
    """
    clips = {DEMO: (model_files.demo_clip(), list(demo_events()))} if (part, batch) == ("test", "first") else {}
    for row in label_rows("events.csv"):
        if row["set"] == part and (row["source"] == "clips") == (batch == "second"):
            folder = data / FOLDERS.get(row["source"], row["source"])
            clips.setdefault(row["clip"], (folder / row["clip"], []))[1].append(_event(row))
    return clips


def second_reader() -> dict[str, list[Event]]:
    """Return the smiles that a second reader marked in the first batch's test clips; of a clip without one, none."""
    clips: dict[str, list[Event]] = {}
    for row in label_rows("events_second_reader.csv"):
        own = clips.setdefault(row["clip"], [])
        if row["what"]:
            own.append(_event(row))
    return clips


def _event(row: dict[str, str]) -> Event:
    best = float(row["best_ms"]) if row.get("best_ms") else None
    what = _WHATS[row["what"]]
    return Event(float(row["start_ms"]), float(row["end_ms"]), what, best, shut="lids" in row["note"])


def demo_events() -> Iterator[Event]:
    """Yield the smiles of demo.json, and what it says must never be taken."""
    plan = json.loads(model_files.demo_clip().with_suffix(".json").read_text("utf-8"))
    for event in plan["events"]:
        if event["kind"] == "smile":
            yield Event(event["start_ms"], event["end_ms"], "smile", event["peak_ms"])
    for event in plan["never"]:
        yield Event(event["start_ms"], event["end_ms"], "never", shut=event["why"] == "closed")


def refused_frames(part: Part = "test") -> set[Spot]:
    """Return the frames of which a person says that an eye is not open, or that they must never be chosen."""
    shut = {one.spot for one in eyes(part) if (one.left, one.right) != ("open", "open")}
    return shut | {burst.spots[i] for burst in bursts(part) for i in burst.never}
