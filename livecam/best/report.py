"""What ``livecam best`` tells: a table in groups for people, a JSON object for each group for programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from livecam.best.ranking import Ranked, RankedGroup
from livecam.best.records import FrameRecord
from livecam.photos.discover import printable

_SHOWN = 5  # frames of a group; the rest is a line


def as_json(group: RankedGroup) -> dict[str, object]:
    """One group: its name, the best, and all its frames, the best first; each a path, or for a clip the time in it."""
    ranking = [_entry(group, ranked) for ranked in group.ranking]
    best = ranking[0]
    return {"group": group.name, "best": best.get("path", best.get("t_ms")), "ranking": ranking}


def table(groups: Sequence[RankedGroup], top: int) -> Table:
    """All groups under each other; the first top of each are marked as keepers."""
    result = Table(box=None, header_style="bold", pad_edge=False)
    result.add_column("")
    result.add_column("frame", justify="right")
    result.add_column("photo, or time in the clip", overflow="fold")
    result.add_column("score (1 to 5)", justify="right")
    result.add_column("why not the best")
    root = _root(groups)
    for group in groups:
        many = len(group.records) > 1
        if many:
            kind = "peaks" if _is_clip(group) else "photos"
            result.add_row("", "", Text(f"{printable(group.name)}, {len(group.records)} {kind}", style="bold"), "", "")
        shown = group.ranking[: max(_SHOWN, top)]
        for place, ranked in enumerate(shown):
            keeper = place < top
            record = group.records[ranked.index]
            result.add_row(
                Text("★", style="green") if keeper else "",
                str(ranked.index + 1) if many else "",
                Text(_shown(record, root), style="green" if keeper else ""),
                "–" if ranked.score is None else f"{ranked.score:.2f}",
                Text(_said(record, ranked), style="" if keeper else "dim"),
            )
        if len(group.ranking) > len(shown):
            result.add_row("", "", Text(f"and {len(group.ranking) - len(shown)} more", style="dim"), "", "")
    return result


def _entry(group: RankedGroup, ranked: Ranked) -> dict[str, object]:
    record = group.records[ranked.index]
    entry: dict[str, object] = {}
    if not _is_clip(group):
        entry["path"] = str(record.path)
    if record.t_ms is not None:
        entry["t_ms"] = round(record.t_ms, 3)
    entry["score"] = None if ranked.score is None else round(ranked.score, 3)
    entry["reasons"] = list(ranked.why)
    return entry


def _is_clip(group: RankedGroup) -> bool:
    return all(record.t_ms is not None for record in group.records)


def _root(groups: Sequence[RankedGroup]) -> Path:
    """The folder that all photos and clips lie in."""
    folders = {record.path.absolute().parent for group in groups for record in group.records if record.path is not None}
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:  # on several of Windows' drives
        return Path()


def _shown(record: FrameRecord, root: Path) -> str:
    path = (record.path or Path()).absolute()
    name = printable(path.relative_to(root) if path.is_relative_to(root) else path)
    if record.t_ms is None:
        return name
    minutes, seconds = divmod(record.t_ms / 1000, 60)
    return f"{name} at {int(minutes)}:{seconds:06.3f}"


def _said(record: FrameRecord, ranked: Ranked) -> str:
    """Why it lost; of a keeper what would make it better all the same."""
    if ranked.why:
        return ", ".join(ranked.why)
    if not record.faces:
        return "no face found"
    return ", ".join(dict.fromkeys(reason.value for face in record.faces for reason in face.reasons))
