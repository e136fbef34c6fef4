"""``python -m model prepare``: rated photos become a data set of face crops."""

from __future__ import annotations

import multiprocessing
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from livecam.cores import usable_cores
from livecam.errors import SourceError
from livecam.photos.discover import printable
from model.data.assemble import Prepared, assemble, require_free
from model.data.face_of_photo import LeftOut, RatedFace, Several, find_faces
from model.data.rated_folder import read_rated
from model.data.ratings import RatedPhoto

CHUNK = 16  # photos that a process takes at a time
# Chunks that may be at work or wait for an earlier one, for each process: no process idles while one chunk takes up to
# so many times as long as others, and memory holds no more crops than these. Set by hand.
AHEAD = 4
SMALLEST = 48  # pixels: a smaller face is left out. Set by hand.


def prepare(
    photos: Path,
    out: Path,
    *,
    several: Several = Several.LEAVE_OUT,
    smallest: int = SMALLEST,
    workers: int | None = None,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Prepared:
    """Write the data set of photos (a ratings file or a folder, see ``read_rated``) to the folder out.

    several: which face counts where a photo has several and the ratings do not say.  smallest: faces below this
    height, pixels, are left out.  workers: processes; None: one for each core that may be used.  advance: called with
    the photos done and their total. Raises SourceError when the ratings do not serve or fewer than ten photos remain,
    OutputError when out cannot be written or holds something else.
    """
    rated = read_rated(photos)
    require_free(out)
    # Closed at once where writing fails: the processes end with it.
    with closing(_find_all(rated.photos, several, smallest, workers or usable_cores(), advance)) as looked_at:
        return assemble(chain(looked_at, rated.left_out), photos, out)


def _find_all(
    rated: Sequence[RatedPhoto], several: Several, smallest: int, workers: int, advance: Callable[[int, int], None]
) -> Generator[RatedFace | LeftOut]:
    """Find the face of every photo, in processes of their own where there are many, in the order of rated."""
    chunks = [list(rated[start : start + CHUNK]) for start in range(0, len(rated), CHUNK)]
    workers = min(workers, len(chunks))
    found = (
        (find_faces(chunk, several, smallest) for chunk in chunks)
        if workers <= 1
        else _in_processes(chunks, several, smallest, workers)
    )
    done = 0
    advance(done, len(rated))
    with closing(found):
        for of_chunk in found:
            done += len(of_chunk)
            advance(done, len(rated))
            yield from of_chunk
            del of_chunk  # before the next is waited for


def _in_processes(
    chunks: Sequence[Sequence[RatedPhoto]], several: Several, smallest: int, workers: int
) -> Generator[list[RatedFace | LeftOut]]:
    """Find the faces of each chunk, in the order of chunks; few of them are ever ahead of what was asked for.

    Raises SourceError where the system has ended a process.
    """
    # spawn: MediaPipe's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        ahead: deque[Future[list[RatedFace | LeftOut]]] = deque()
        try:
            for chunk in chunks:
                if len(ahead) == AHEAD * workers:
                    yield ahead.popleft().result()
                ahead.append(pool.submit(find_faces, chunk, several, smallest, hushed=True))
            while ahead:
                yield ahead.popleft().result()
        except BrokenProcessPool:
            raise SourceError(
                "the system has ended a process that looked for faces, most likely for want of memory; nothing was"
                " written: close other programs and run it again"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def prepare_command(
    photos: Annotated[
        Path, typer.Argument(metavar="PHOTOS", help="A ratings CSV, a folder of rated photos, or an archive.")
    ],
    out: Annotated[Path, typer.Option(help="The folder for the data set.")],
    several: Annotated[
        Several, typer.Option(help="Which face counts where a photo has several and the ratings do not say.")
    ] = Several.LEAVE_OUT,
    smallest: Annotated[int, typer.Option(min=1, help="Leave out faces of less height than this, pixels.")] = SMALLEST,
    ratings: Annotated[
        Path | None, typer.Option(help="For an archive (livecam archive): a CSV with path or content_hash, and rating.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="For an archive: the scorer that made it, where it is none that ships.")
    ] = None,
) -> None:
    """Crop the faces out of rated photos, leave out what cannot serve, and write a data set.

    The ratings are a CSV, or the folder's ratings.csv, with the columns path and rating (1 to 5) or eyes (open,
    closed); it may have person, session and face (1: the leftmost). A folder without it is rated by its sub-folders 1
    to 5, if all photos lie in such, or by the stars that a person has given in any program. Of an archive no photo is
    read: what its scorer said of each face is learned from, by heads alone.
    """
    archived = (photos / "archive.json").is_file()
    if archived != (ratings is not None):
        raise typer.BadParameter(
            "name the CSV of ratings" if archived else "it goes with an archive", param_hint="--ratings"
        )
    notes = Console(stderr=True)
    columns = (TextColumn("looking for faces"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as progress:
        task = progress.add_task("")

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        if ratings is None:
            result = prepare(photos, out, several=several, smallest=smallest, advance=advance)
        else:
            result = _prepare_archive(photos, ratings, model, out, several, smallest, advance)
    if result.left_out:
        notes.print(_left_out_table(result.left_out))
    sessions = f", {result.sessions} sessions" if result.sessions else ""
    notes.print(f"{result.kept} faces in {result.groups} groups of look-alikes{sessions}: {result.out}", markup=False)


def _prepare_archive(
    folder: Path,
    ratings: Path,
    model: Path | None,
    out: Path,
    several: Several,
    smallest: int,
    advance: Callable[[int, int], None],
) -> Prepared:
    from livecam.archive.extra import require_extra  # noqa: PLC0415

    require_extra("pyarrow")
    from livecam.archive.folder import open_archive  # noqa: PLC0415  of an extra
    from livecam.archive.network import network_of_archive  # noqa: PLC0415
    from model.data.archive_ratings import read_archive_ratings  # noqa: PLC0415
    from model.data.assemble_archive import prepare_from_archive  # noqa: PLC0415

    archive = open_archive(folder)
    network, rated = network_of_archive(archive, model), read_archive_ratings(ratings)
    return prepare_from_archive(archive, rated, network, out, several=several, smallest=smallest, advance=advance)


def _left_out_table(left_out: Sequence[LeftOut]) -> Table:
    table = Table(title=f"left out: {len(left_out)} (all of them in left_out.csv)", title_justify="left")
    for heading in ("reason", "photos", "for example"):
        table.add_column(heading)
    for reason, count in Counter(item.reason for item in left_out).most_common():
        example = next(item for item in left_out if item.reason == reason)
        detail = f" ({example.detail})" if example.detail else ""
        table.add_row(reason, str(count), Text(printable(f"{example.photo}{detail}")))
    return table
