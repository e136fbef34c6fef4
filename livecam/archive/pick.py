"""What becomes of an answer's photos: stars, copies, links, or the review page, by the code of ``livecam best``.

A photo is all its files there too, and a person's own marks go before: what they rejected is not picked.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.text import Text

from livecam.archive.folder import Archive, read_shard
from livecam.archive.rows import place_of
from livecam.archive.to_best import PATH, rows_where, shoots_of
from livecam.archive.trusted import not_as_scored, trusted
from livecam.best.outputs.report import print_failures
from livecam.best.outputs.write import Outputs, write_outputs
from livecam.best.ranking.human_choice import prefer_marked, read_marks
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.ranking.selection import choose, joined
from livecam.best.records.scan_result import ScanResult
from livecam.errors import ArchiveError
from livecam.photos.discover import printable
from livecam.storage.transfer import Action
from livecam.wording import counted


@dataclass(frozen=True, slots=True)
class Picked:
    """The photos of an answer, each once with all its files, and a line for each that cannot be picked.

    changed: those whose file is another one now than was scored, with a line on them, if that was asked.
    """

    photos: tuple[ScanResult, ...]
    failures: tuple[str, ...]
    changed: tuple[frozenset[Path], tuple[str, ...]] = (frozenset(), ())


def pick(archive: Archive, paths: Sequence[str], *, to_move: bool = False) -> Picked:
    """Return the photos at paths, as an archive writes them. Raises ArchiveError if one of these is not in it.

    to_move: look whether each is still the file that was scored.
    """
    wanted = dict.fromkeys(paths)
    failures = [
        f"{printable(path)} is no file on this computer: copy it here first" for path in wanted if _is_away(path)
    ]
    files = _files(archive, wanted)
    if (unknown := next((path for path in wanted if path not in files and not _is_away(path)), None)) is not None:
        raise ArchiveError(
            f"{printable(unknown)} is not a photo of the archive: let the answer have the column path of photos"
        )
    picked = set(files.values())
    rows, strange = trusted(_beside(archive, picked))
    photos = [
        result
        for shoot in shoots_of(rows)
        for result in shoot
        if not picked.isdisjoint((result.item.path, *result.item.companions))
    ]
    failures += [*strange, *(result.error for result in photos if result.error is not None)]
    if not to_move:
        return Picked(tuple(photos), tuple(failures))
    moved = {file for result in photos for file in (result.item.path, *result.item.companions)}
    rows = rows.filter(pa.array([place_of(row) in moved for row in rows.select(PATH).to_pylist()], pa.bool_()))
    return Picked(tuple(photos), tuple(failures), not_as_scored(rows, archive.manifest.min_side_px))


def export(archive: Archive, paths: Sequence[str], outputs: Outputs, notes: Console) -> bool:
    """Write outputs of the photos at paths, and say what was written; return whether anything failed.

    Raises ArchiveError, or OutputError where nothing more can be written.
    """
    moves = outputs.keepers is not None and outputs.keepers[1] is Action.MOVE
    picked = pick(archive, paths, to_move=moves)
    changed, said = picked.changed
    by_people = read_marks(picked.photos)
    groups: Sequence[RankedGroup] = prefer_marked(joined(choose(picked.photos)), by_people)
    rejected = sum(ranked.rejected for group in groups for ranked in group.ranking)
    notes.print(f"{counted(len(picked.photos), 'photo')} picked" + _but(rejected))
    failures = [*picked.failures, *said, *by_people.failures]
    if (line := by_people.disagreements()) is not None:
        notes.print(Text(line))
    failures += write_outputs(groups, max(len(picked.photos), 1), replace(outputs, left=changed), notes)
    failures = list(dict.fromkeys(failures))
    print_failures(failures, notes)
    return bool(failures)


def _but(rejected: int) -> str:
    return f"; {counted(rejected, 'of them is', 'of them are')} rejected by you, and not kept" if rejected else ""


def _is_away(path: str) -> bool:
    return not Path(path).is_absolute()


def _files(archive: Archive, wanted: Container[str]) -> dict[str, Path]:
    """The files of the paths that are wanted, as an archive writes them, as far as it holds them."""
    rows = (row for shard in archive.shards for row in read_shard(shard, PATH).to_pylist())
    return {row["path"]: place_of(row) for row in rows if row["path"] in wanted and not _is_away(row["path"])}


def _beside(archive: Archive, picked: set[Path]) -> pa.Table:
    """The rows of what lies in the folders of the photos picked: other versions of these may be among them."""
    folders = {path.parent for path in picked}

    def beside(paths: pa.Table) -> pa.ChunkedArray:
        return pa.chunked_array([[place_of(row).parent in folders for row in paths.to_pylist()]], pa.bool_())

    return rows_where(archive, beside)
