"""Marks that follow a folder: what a watcher itself wrote is taken back where it no longer holds.

Only sidecars that the watcher has made, and that nobody has touched since, are taken back, or go where their photo
goes; all else stays where it is, as ``livecam.best.outputs.marking`` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from livecam.best.outputs.export import to_transfer
from livecam.best.outputs.marking import MarkingReport, MarkingSettings, mark
from livecam.best.ranking.human_choice import photo_files, stars_of
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.records.frame import FrameRecord
from livecam.best.watch.settle import stamp_of
from livecam.best.watch.state import Marked, WatchState
from livecam.storage.xmp_marks import is_untouched


def mark_again(
    state: WatchState, groups: Sequence[RankedGroup], top: int, settings: MarkingSettings, folder: Path
) -> MarkingReport:
    """Mark the groups in which anything is another than it was marked, or failed. Raises OSError.

    Of the report only rated, labelled and failures are counted.
    """
    take_back_begun(state)
    of_groups = [_keys(group, top, settings) for group in groups]
    keys = {path: key for one in of_groups for path, key in one.items()}
    _forget_gone(state, groups, keys)
    changed = [
        group
        for group, own in zip(groups, of_groups, strict=True)
        if any(_was(state, path) != key for path, key in own.items())
    ]
    records = [record for group in changed for record in group.records if str(record.path) in keys]
    for record in records:
        marked = state.marked.get(str(record.path))
        if marked is not None and marked.key != keys[str(record.path)]:
            for name, sha256 in marked.files.items():
                if _hash(Path(name)) == sha256:
                    Path(name).unlink()
    absent = {record.path: [p for p in _sidecars(record) if not p.exists()] for record in records}
    state.begun = [str(path) for paths in absent.values() for path in paths]
    state.save(folder)
    as_seen = [record.path for record in records if _stamp(record.path) == state.stamps.get(str(record.path))]
    report, failed = MarkingReport(), set[str]()
    for group in changed:
        one = mark([group], top, settings)
        report.rated += one.rated
        report.labelled += one.labelled
        report.failures += one.failures
        if one.failures:
            failed |= {str(record.path) for record in group.records}
    for path in as_seen:  # marked inside, which is no other photo
        if (stamp := _stamp(path)) is not None:
            state.stamps[str(path)] = stamp
    for record in records:
        name = str(record.path)
        before = state.marked.get(name, Marked("")).files
        kept = {file: sha for file, sha in before.items() if _hash(Path(file)) == sha}
        made = {str(path): sha for path in absent[record.path] if (sha := _hash(path)) is not None}
        state.marked[name] = Marked("" if name in failed else keys[name], kept | made)
    state.begun = []
    state.save(folder)
    return report


def _forget_gone(state: WatchState, groups: Sequence[RankedGroup], keys: Mapping[str, str]) -> None:
    """Take back the sidecars of photos that are gone, and know those again that came along with a renamed photo.

    What is gone has no marks: it may come back without them. A renamed photo is marked anew at its new name.
    """
    gone = {name for name in state.marked if name not in keys and not Path(name).exists()}
    lost = [state.marked.pop(name) for name in gone]
    shared = {file for marked in state.marked.values() for file in marked.files}  # as of a raw file's other versions
    came_along: set[str] = set()
    for name, sha256 in (file for marked in lost for file in marked.files.items() if file[0] not in shared):
        if (found := _hash(Path(name))) == sha256:
            Path(name).unlink()
        elif found is None:
            came_along.add(sha256)
    for record in (record for group in groups for record in group.records) if came_along else ():
        name = str(record.path)
        if name in keys and name not in state.marked:
            files = {str(path): sha for path in _sidecars(record) if (sha := _hash(path)) in came_along and sha}
            state.marked |= {name: Marked("", files)} if files else {}


def is_to_mark(state: WatchState, groups: Sequence[RankedGroup], top: int, settings: MarkingSettings) -> bool:
    """Whether anything is another than it was marked; what failed is not tried again for that alone."""
    keys = {path: key for group in groups for path, key in _keys(group, top, settings).items()}
    return any(_was(state, path) not in {key, ""} for path, key in keys.items())


def take_back_begun(state: WatchState) -> None:
    """Undo what a killed run was at: its sidecars were not there before, and nobody has written to them since."""
    for path in map(Path, state.begun):
        if is_untouched(path):
            path.unlink()
    state.marked = {
        name: marked for name, marked in state.marked.items() if not any(file in state.begun for file in marked.files)
    }


def _keys(group: RankedGroup, top: int, settings: MarkingSettings) -> dict[str, str]:
    kept = {files[0] for files in to_transfer([group], top)}
    keys: dict[str, str] = {}
    for ranked in group.ranking:
        record = group.records[ranked.index]
        if record.path is not None and record.t_ms is None:
            lost = settings.reject and ",".join(ranked.why)
            files = ",".join(file.name for file in photo_files(record.path, record.companions))  # a raw may come later
            said = f"{record.path in kept} {stars_of(ranked.score)} {ranked.rejected} {lost} {files}"
            keys[str(record.path)] = said
    return keys


def _was(state: WatchState, path: str) -> str | None:
    return state.marked[path].key if path in state.marked else None


def _sidecars(record: FrameRecord) -> Iterator[Path]:
    for file in photo_files(record.path or Path(), record.companions):
        yield from dict.fromkeys((file.with_suffix(".xmp"), file.with_name(file.name + ".xmp")))


def _stamp(path: Path | None) -> list[int] | None:
    return None if path is None or not path.exists() else list(stamp_of(path.stat()))


def _hash(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
