"""``livecam best`` over what an archive holds: its groups and picks, and no photo is looked at a second time.

Rows stay packed in Arrow's memory; a shoot at a time becomes records, is grouped and ranked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from livecam.archive.folder import Archive, open_archive, read_shard
from livecam.archive.network import taste_for
from livecam.archive.rows import Row, captured_of, place_of, record_of_row, text_of
from livecam.archive.schema import SCHEMA
from livecam.archive.trusted import not_as_scored, trusted
from livecam.best.find_best import Results, Wanted, Watcher, grouped, tell_and_write
from livecam.best.grouping.shoots import Taken, part_into_shoots
from livecam.best.grouping.versions import merge_versions
from livecam.best.outputs.write import Outputs
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.ranking.selection import joined
from livecam.best.ranking.tasted import by_taste
from livecam.best.records.scan_result import ScanResult
from livecam.errors import ArchiveError
from livecam.photos.discover import Item, Skipped, natural_key, printable
from livecam.storage.transfer import Action
from livecam.taste.head import TasteHead
from livecam.wording import counted

_KEYS = (
    "path",
    "path_bytes",
    "companions",
    "judged_path",
    "captured",
    "captured_offset_min",
    "camera",
    "size",
    "mtime_ns",
)

PATH = ("path", "path_bytes")

# What earlier versions did not measure of a face.
_MEASURED_LATER = {"eye_detail": "how sharp the eyes are", "mouth_cover": "whether something is before the mouth"}


@dataclass(frozen=True, slots=True)
class Kept:
    """What an archive holds of the photos that are wanted. rows: as in ``SCHEMA``.  missing: named, but not in it."""

    rows: pa.Table
    missing: tuple[str, ...] = ()


def best_of_archive(
    folder: Path,
    places: Sequence[str],
    wanted: Wanted,
    outputs: Outputs,
    notes: Console,
    watcher: Watcher | None = None,
) -> bool:
    """Do what ``find_best`` does with what the archive in folder holds; return whether anything failed.

    places: files and folders, with all that is in them; none: all photos. Raises ArchiveError, ModelError or
    OutputError.
    """
    started_s = time.monotonic()
    with notes.status("reading the archive"):
        archive = open_archive(folder)
        taste = taste_for(archive, wanted.taste, wanted.model)
        kept = read_rows(archive, places)
        rows, strange = trusted(kept.rows)
    photos: list[ScanResult] = []
    groups: list[RankedGroup] = []
    with notes.status("grouping and ranking"):
        for shoot in shoots_of(rows, taste.head):
            photos += shoot
            groups += grouped(shoot, wanted)
    absent, skipped = changed_since(rows)
    skipped += not_measured(folder, rows)
    if outputs.keepers is not None and outputs.keepers[1] is Action.MOVE:
        left, said = not_as_scored(rows, archive.manifest.min_side_px)
        outputs = replace(outputs, left=left)
        strange += said
    skipped += [Skipped(folder, line) for line in strange]
    skipped += [Skipped(Path(place), f"{printable(place)} is not in the archive: check it") for place in kept.missing]
    photos.sort(key=lambda result: natural_key(result.item.path))
    results = Results(photos, joined(groups), skipped, rows.num_rows, taste.notes, absent)
    return tell_and_write(results, wanted, outputs, notes, started_s, watcher)


def read_rows(archive: Archive, places: Sequence[str] = ()) -> Kept:
    """Return the rows of an archive, or of what lies in places (files, folders, addresses). Raises ArchiveError."""
    archived = {place: _as_archived(place) for place in places}
    met: set[str] = set()

    def inside(paths: pa.Table) -> pa.ChunkedArray:
        either = pc.equal(paths["path"], "")
        for place, name in archived.items():
            here = _lies_in(paths["path"], name)
            if pc.any(here).as_py():
                met.add(place)
            either = pc.or_(either, here)
        return either

    rows = rows_where(archive, inside if places else None)
    return Kept(rows, tuple(place for place in places if place not in met))


def rows_where(archive: Archive, wanted: Callable[[pa.Table], pa.ChunkedArray] | None) -> pa.Table:
    """Return the rows for which wanted, given path and path_bytes of a shard, has True; all if it is None.

    No more than these, and a shard, is in memory. Raises ArchiveError.
    """
    parts = [SCHEMA.empty_table()]
    for shard in archive.shards:
        if wanted is None:
            parts.append(read_shard(shard).cast(SCHEMA))
        elif pc.any(mask := wanted(read_shard(shard, PATH))).as_py():
            parts.append(read_shard(shard).filter(mask).cast(SCHEMA))
    return pa.concat_tables(parts)


def shoots_of(rows: pa.Table, taste: TasteHead | None = None) -> Iterator[list[ScanResult]]:
    """Yield what the rows say of the photos of each shoot, versions as one, as a scan would. Raises ArchiveError."""
    keys = rows.select(_KEYS).to_pylist()
    order = sorted(range(len(keys)), key=lambda i: natural_key(place_of(keys[i])))
    photos = [_taken(keys[i]) for i in order]
    for shoot in part_into_shoots(photos):
        of_shoot = rows.take([order[place] for place in shoot]).to_pylist()
        yield merge_versions(by_taste([_result_of(row) for row in of_shoot], taste))


def changed_since(rows: pa.Table) -> tuple[frozenset[Path], list[Skipped]]:
    """Return the photos that are not on this computer now, and a line each if some are gone, or were changed.

    What was fetched from a store or a ZIP file when it was scored is among the first, and neither of the others.
    """
    away: list[Path] = []
    gone: list[Path] = []
    changed: list[Path] = []
    for row in rows.select(("path", "path_bytes", "size", "mtime_ns")).to_pylist():
        path = place_of(row)
        if not path.is_absolute():
            away.append(path)  # an address, which nobody can look up here
            continue
        try:
            status = path.stat()
        except OSError:
            gone.append(path)
            continue
        if (status.st_size, status.st_mtime_ns) != (row["size"], row["mtime_ns"]):
            changed.append(path)
    lines = []
    if gone:
        said = f"{_counted(gone, 'is', 'are')} not there now: ranked as they were, without the marks in the files"
        lines.append(Skipped(gone[0], said, failed=False))
    if changed:
        said = f"{_counted(changed, 'was', 'were')} changed since: run livecam archive again to score them anew"
        lines.append(Skipped(changed[0], said, failed=False))
    return frozenset((*away, *gone)), lines


def not_measured(folder: Path, rows: pa.Table) -> list[Skipped]:
    """Return a line if an earlier livecam, which did not measure all that counts, has scored some of the photos."""
    photo_of_face = pc.list_parent_indices(rows["faces"]).combine_chunks()
    faces = pc.list_flatten(rows["faces"])
    photos: set[int] = set()
    lacking = []
    for name, words in _MEASURED_LATER.items():
        unknown = photo_of_face.filter(pc.is_null(pc.struct_field(faces, name)).combine_chunks())
        photos.update(pc.unique(unknown).to_pylist())
        lacking += [words] if len(unknown) else []
    if not photos:
        return []
    said = (
        f"{printable(folder)}: an earlier livecam has scored {counted(len(photos), 'photo')} of it and did not measure"
        f" {' and '.join(lacking)}, which does not count there: score anew into another --out to have it count"
    )
    return [Skipped(folder, said, failed=False)]


def _counted(paths: Sequence[Path], one: str, several: str) -> str:
    first = printable(paths[0])
    return f"{first} {one}" if len(paths) == 1 else f"{counted(len(paths), 'photo')} ({first} …) {several}"


def _taken(row: Row) -> Taken:
    path = place_of(row)
    files = dict.fromkeys((Path(row["judged_path"] or path), path, *map(Path, row["companions"])))
    return Taken(tuple(files), captured_of(row["captured"], row["captured_offset_min"]), row["camera"] or "")


def _result_of(row: Row) -> ScanResult:
    """What a scan of the photo gave."""
    try:
        record = record_of_row(row)
    except (KeyError, TypeError, ValueError) as damage:
        what = f"the archive's row of {printable(row['path'])} is damaged ({printable(str(damage))})"
        raise ArchiveError(f"{what}: delete its shard and run livecam archive again") from None
    error = None if row["error"] is None else printable(row["error"])
    if record is None or record.path is None:
        return ScanResult(Item(place_of(row), companions=tuple(map(Path, row["companions"]))), (), error)
    return ScanResult(Item(record.path, companions=record.companions), (record,), error)


def _as_archived(place: str) -> str:
    """A place as paths are in an archive: absolute, but for addresses."""
    return place if "://" in place else text_of(Path(os.path.abspath(place)))[0]  # noqa: PTH100  links stay


def _lies_in(paths: pa.ChunkedArray, place: str) -> pa.ChunkedArray:
    inside = place if place.endswith(("/", os.sep)) else place + ("/" if "://" in place else os.sep)
    return pc.or_(pc.equal(paths, place), pc.starts_with(paths, inside))
