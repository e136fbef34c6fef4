"""What is new since the last words on a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from livecam.best.outputs.report import as_json
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.watch.settle import Stamp
from livecam.best.watch.state import WatchState
from livecam.photos.discover import printable
from livecam.wording import counted

_MAX_BESTS = 5  # are named; the rest are counted


def tell_news(
    state: WatchState, groups: Sequence[RankedGroup], whole: Mapping[Path, Stamp], there: Collection[Path]
) -> str:
    """Return in words what is new, "" for nothing, and note in state that it was said.

    whole: the files that were looked at.  there: all, with those that are being written: they are not gone.
    """
    stamps = {str(p): list(whole[p]) for p in _photos(groups) if p in whole}
    new = [path for path in stamps if path not in state.stamps]
    missing = [path for path in state.stamps if path not in stamps]
    written = {path: state.stamps[path] for path in missing if Path(path) in there}
    gone = [path for path in missing if path not in written]
    was = {tuple(state.stamps[path]): path for path in gone}
    renamed = {was[tuple(stamps[path])]: path for path in new if tuple(stamps[path]) in was}
    replaced = [p for p, stamp in stamps.items() if p in state.stamps and state.stamps[p] != stamp]
    counts = (
        (len(new) - len(renamed), "new photo", "new photos"),
        (len(renamed), "renamed", "renamed"),
        (len(replaced), "replaced", "replaced"),
        (len(gone) - len(renamed), "gone", "gone"),
    )
    words = [counted(count, one, several) for count, one, several in counts if count > 0]
    before = {renamed.get(path, path): renamed.get(best, best) for path, best in state.best_of.items()}
    state.best_of = {path: before[path] for path in written if path in before}
    bests: list[str] = []
    fresh = 0
    for group in groups:
        best = _best(group)
        members = [str(path) for path in dict.fromkeys(_photos([group]))]
        earlier = {before[path] for path in members if path in before}
        fresh += not earlier
        if earlier and best and best not in earlier:
            bests.append(f"{printable(group.name)} has a new best: {printable(Path(best).name)}")
        state.best_of |= dict.fromkeys(members, best)
    if fresh:
        words.append(counted(fresh, "new group"))
    state.stamps = stamps | written
    words += bests[:_MAX_BESTS]
    if len(bests) > _MAX_BESTS:
        words.append(f"{counted(len(bests) - _MAX_BESTS, 'more group has', 'more groups have')} a new best")
    return ", ".join(words)


def unsaid(state: WatchState, groups: Sequence[RankedGroup]) -> list[str]:
    """Return a line of JSON for each group that is another than it was, and note that they were said."""
    said, now, lines = set(state.said), list[str](), list[str]()
    for group in groups:
        values = as_json(group)
        named = hashlib.sha256(json.dumps({**values, "group": ""}).encode()).hexdigest()[:20]
        now.append(named)
        if named not in said:
            lines.append(json.dumps(values))
    state.said = now
    return lines


def _best(group: RankedGroup) -> str:
    first = group.ranking[0]
    return "" if first.rejected else str(group.records[first.index].path)


def _photos(groups: Sequence[RankedGroup]) -> list[Path]:
    return [record.path for group in groups for record in group.records if record.path is not None]
