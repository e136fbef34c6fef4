"""What ``livecam best`` tells: a table in groups for people, a JSON object for each group for programs.

While it works, people see a progress bar; then in a line what came of it, and before that what went wrong.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from livecam.addresses import address_of, is_address
from livecam.best.outputs.said_once import said_once
from livecam.best.ranking.assessment import counting_reasons
from livecam.best.ranking.ranked import Ranked, RankedGroup
from livecam.best.records.frame import FrameRecord
from livecam.best.records.photo_kinds import kinds_of
from livecam.best.records.scan_result import ScanResult
from livecam.best.series.settings import Kind
from livecam.photos.discover import printable
from livecam.storage.transfer import OnFile
from livecam.types import ONLY_SAID
from livecam.wording import counted

_MAX_FRAMES = 5  # shown of a group; the rest is a line
_MAX_FAILURES = 20

_SERIES = {
    Kind.BRACKET: "bracket",
    Kind.PANORAMA: "panorama",
    Kind.FOCUS: "focus stack",
    Kind.TIMELAPSE: "time lapse",
}


def as_json(group: RankedGroup) -> dict[str, object]:
    """Return a group's name, what it is, its best, and all its frames, the best first.

    A photo is told by its path, a clip's frame by its time.
    """
    ranking = [_entry(group, ranked) for ranked in group.ranking]
    best = ranking[0]
    return {
        "group": group.name,
        "kind": group.kind.value,
        "best": None if group.ranking[0].rejected else best.get("path", best.get("t_ms")),
        "ranking": ranking,
    }


def table(groups: Sequence[RankedGroup], top: int) -> Table:
    """Return all groups, one under the other; the first top of each, or all, are marked as keepers."""
    result = Table(box=None, header_style="bold", pad_edge=False)
    result.add_column("")
    result.add_column("frame", justify="right")
    result.add_column("photo, or time in the clip", overflow="fold")
    result.add_column("score (1 to 5)", justify="right")
    result.add_column("why not the best")
    root = _root(groups)
    for group in groups:
        several = len(group.records) > 1
        if several:
            title = Text(f"{printable(group.name)}, {_contents(group)}", style="bold")
            result.add_row("", "", title, "", Text(_left_out(group), style="dim"))
        shown = group.ranking[: max(_MAX_FRAMES, top)]
        for place, ranked in enumerate(shown):
            keeper = (place < top or group.kept_whole) and not ranked.rejected
            record = group.records[ranked.index]
            result.add_row(
                Text("★", style="green") if keeper else "",
                str(ranked.index + 1) if several else "",
                _name_and_files(record, root, "green" if keeper else ""),
                "–" if ranked.score is None else f"{ranked.score:.2f}",
                Text(_remark(group, ranked), style="" if keeper else "dim"),
            )
        if len(group.ranking) > len(shown):
            result.add_row("", "", Text(f"and {len(group.ranking) - len(shown)} more", style="dim"), "", "")
    return result


def _left_out(group: RankedGroup) -> str:
    """What is said once of a group in which some faces are none of people."""
    if not group.still_faces:
        return ""
    if group.still_faces == 1:
        return "1 face that never changes (a poster?) is left out"
    return f"{group.still_faces} faces that never change (posters?) are left out"


def _contents(group: RankedGroup) -> str:
    """How many pictures of which kind, and whether none is left out."""
    count = len(group.records)
    if _is_clip(group):
        return f"{count} peaks"
    if group.kind not in _SERIES:
        return f"{count} photos"
    return f"{_SERIES[group.kind]} of {count} photos" + (", all kept" if group.kept_whole else "")


def summary(groups: Sequence[RankedGroup], results: Sequence[ScanResult], failures: int, seconds: float) -> Text:
    """Return a line on how much was looked through. failures: of files, which were said before."""
    read = sum(bool(result.records or result.no_peak) for result in results)
    text = f"{counted(read, 'photo or clip', 'photos and clips')} in {counted(len(groups), 'group')}, {seconds:.1f} s"
    return Text(text + (f", {failures} skipped or failed, see above" if failures else ""))


def print_failures(failures: Sequence[str], console: Console) -> None:
    """Print what could not be read or written, each in a line, the first twenty; what is alike is said once."""
    lines = said_once(failures)
    for line in lines[:_MAX_FAILURES]:
        console.print(Text(f"livecam: {line}"))
    if len(lines) > _MAX_FAILURES:
        console.print(Text(f"livecam: and {len(lines) - _MAX_FAILURES} more"))


def progress(console: Console) -> Progress:
    """Return a progress bar that disappears at its end; it draws nothing if console is no terminal."""
    return Progress(
        *Progress.get_default_columns()[:-1],
        TextColumn("{task.completed:.0f} of {task.total:.0f}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


@contextmanager
def transfer_progress(what: str, console: Console) -> Iterator[OnFile]:
    """Show how far a transfer, or an undo of one, has come, as it tells what this yields."""
    with progress(console) as bar:
        task = bar.add_task(what, total=0)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _entry(group: RankedGroup, ranked: Ranked) -> dict[str, object]:
    record = group.records[ranked.index]
    entry: dict[str, object] = {}
    if not _is_clip(group):
        entry["path"] = None if record.path is None else address_of(record.path)
    if record.t_ms is not None:
        entry["t_ms"] = round(record.t_ms, 3)
    entry["score"] = None if ranked.score is None else round(ranked.score, 3)
    entry["reasons"] = [*ranked.why, *_hidden(record)]
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


def _name(record: FrameRecord, root: Path) -> str:
    """The path below root, and of a clip's frame its time."""
    given = record.path or Path()
    path = given.absolute()
    name = printable(path.relative_to(root) if path.is_relative_to(root) else path)
    if is_address(given):
        name = printable(address_of(given))
    if record.t_ms is None:
        return name
    minutes, seconds = divmod(record.t_ms / 1000, 60)
    return f"{name} at {int(minutes)}:{seconds:06.3f}"


def _name_and_files(record: FrameRecord, root: Path, style: str) -> Text:
    """The name, and of a photo of several files which they are."""
    kinds = kinds_of(record)
    return Text.assemble((_name(record, root), style), (f" ({kinds})" if kinds else "", "dim"))


def _remark(group: RankedGroup, ranked: Ranked) -> str:
    """Why it is not the best, and what is hidden; of the best what would make it better all the same."""
    record = group.records[ranked.index]
    if ranked.why:
        return ", ".join((*ranked.why, *_hidden(record)))
    if not record.faces:
        return "no face found"
    reasons = (reason for face in record.faces for reason in counting_reasons(face, group.eyes))
    return ", ".join(dict.fromkeys(reason.value for reason in reasons))


def _hidden(record: FrameRecord) -> list[str]:
    """What nobody can see of the faces, in words: no fault, but then the score says little."""
    return list(dict.fromkeys(reason.value for face in record.faces for reason in face.reasons if reason in ONLY_SAID))
