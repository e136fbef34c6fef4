"""``python -m model prepare``: rated photos become a data set of face crops."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from livecam.errors import OutputError, SourceError
from livecam.storage.durable import replacing_folder
from model.data.dataset import COLUMNS, EYES, FEWEST, SCHEMA, Int64Array, crop_version
from model.data.face_of_photo import Found, LeftOut, Several, look_at
from model.data.near_duplicates import ALIKE_BITS, COPY_BITS, are_copies, pairs_within
from model.data.ratings import Rated, read_ratings
from model.data.split import connected

LEFT_OUT_COLUMNS = ("photo", "reason", "detail")
SESSION_GAP_S = 3600.0
_CHUNK = 16  # photos that a process takes at a time


@dataclass(frozen=True, slots=True)
class Prepared:
    """What prepare made of the photos: how many were kept, and what was left out (photo, reason, detail)."""

    out: Path
    kept: int
    left_out: tuple[LeftOut, ...]
    sessions: int
    groups: int


def prepare(
    photos: Path,
    out: Path,
    *,
    several: Several = Several.LEAVE_OUT,
    smallest: int = 48,
    workers: int | None = None,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Prepared:
    """Write the data set of photos (a ratings file or the folder of one) to the folder out.

    several: which face counts where a photo has several and the ratings do not say.  smallest: faces below this
    height, pixels, are left out.  advance: called with the photos done and their total.
    Raises SourceError when the ratings do not serve or fewer than ten photos remain, OutputError when out cannot be
    written or holds something else.
    """
    rated = read_ratings(photos)
    _check_free(out)
    looks = list(_look_at_all(rated, several, smallest, workers or os.cpu_count() or 1, advance))
    found = [look for look in looks if isinstance(look, Found)]
    left_out = [look for look in looks if isinstance(look, LeftOut)]
    kept, groups, repeated = _without_repeats(found)
    left_out += repeated
    if len(kept) < FEWEST:
        raise SourceError(_too_few(len(kept), len(rated), left_out))
    sessions = _sessions(kept)
    try:
        _write(out, photos, kept, groups, sessions, left_out)
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written ({error.strerror}): free some space or choose another --out"
        ) from None
    known = len({session for session in sessions if session})
    return Prepared(out, len(kept), tuple(left_out), known, len(np.unique(groups)))


def _look_at_all(
    rated: Sequence[Rated], several: Several, smallest: int, workers: int, advance: Callable[[int, int], None]
) -> Iterator[Found | LeftOut]:
    """Look at every photo in processes of their own, and yield what they found in the order of rated."""
    chunks = [list(rated[start : start + _CHUNK]) for start in range(0, len(rated), _CHUNK)]
    advance(0, len(rated))
    if workers == 1 or len(chunks) == 1:
        done = 0
        for chunk in chunks:
            yield from look_at(chunk, several, smallest)
            done += len(chunk)
            advance(done, len(rated))
        return
    # spawn: MediaPipe's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(chunks)), mp_context=context) as pool:
        try:
            futures = [pool.submit(look_at, chunk, several, smallest, hushed=True) for chunk in chunks]
            waiting, done = set(futures), 0
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                done += sum(len(future.result()) for future in finished)
                advance(done, len(rated))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for future in futures:
        yield from future.result()


def _without_repeats(found: Sequence[Found]) -> tuple[list[Found], Int64Array, list[LeftOut]]:
    """Drop all but the first of several copies of a face, and number what looks alike, photo or crop."""
    crops = [face.crop_print for face in found]
    first_copy: dict[int, int] = {}
    for i, j in pairs_within(crops, COPY_BITS):
        if i not in first_copy and j not in first_copy and are_copies(crops[i], crops[j]):
            first_copy[j] = i
    dropped = []
    for copy, first in sorted(first_copy.items()):
        face, original = found[copy], found[first].rated
        reason = "duplicate" if face.digest == found[first].digest else "near-duplicate"
        differs = f", which is rated {original.rating}, not {face.rated.rating}"
        detail = f"of {original.photo}{differs if original.rating != face.rated.rating else ''}"
        dropped.append(LeftOut(face.rated.photo, reason, detail))
    kept = [face for place, face in enumerate(found) if place not in first_copy]
    alike: list[list[int]] = [[] for _ in kept]
    photos, crops = [face.photo_print for face in kept], [face.crop_print for face in kept]
    for number, pair in enumerate([*pairs_within(photos, ALIKE_BITS), *pairs_within(crops, ALIKE_BITS)]):
        for place in pair:
            alike[place].append(number)
    return kept, connected(alike), dropped


def _sessions(found: Sequence[Found]) -> list[str]:
    """Name each photo's session: as the ratings say, else by gaps of an hour in the EXIF times, else by its folder."""
    folders = {str(Path(face.rated.photo).parent) for face in found}
    names = [
        face.rated.session or (str(Path(face.rated.photo).parent) if len(folders) > 1 and face.taken is None else "")
        for face in found
    ]
    timed = sorted(
        (face.rated.person, face.taken.timestamp(), place)
        for place, face in enumerate(found)
        if face.taken is not None and not names[place]
    )
    before: tuple[str, float] | None = None
    name = ""
    for person, at, place in timed:
        if before is None or before[0] != person or at - before[1] > SESSION_GAP_S:
            taken = found[place].taken
            assert taken is not None
            name = f"{person} {taken:%Y-%m-%d %H:%M:%S}".strip()
        before = (person, at)
        names[place] = name
    return names


def _too_few(kept: int, rated: int, left_out: Sequence[LeftOut]) -> str:
    reasons = Counter(item.reason for item in left_out).most_common()
    found = f" ({', '.join(f'{count} {reason}' for reason, count in reasons)})" if reasons else ""
    worst = next((item for item in left_out if item.reason == reasons[0][0]), None)
    example = f", for example {worst.photo}{f', {worst.detail}' if worst.detail else ''}" if worst else ""
    few = f"only {kept} of {rated} photos could be used{found}{example}"
    return f"{few}: training needs {FEWEST}; nothing was written; rate more photos"


def _check_free(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file: choose another --out")
    if out.is_dir() and any(out.iterdir()) and not (out / "dataset.json").is_file():
        raise OutputError(f"{out} holds something else: choose an empty folder for --out")


def _write(
    out: Path,
    source: Path,
    kept: Sequence[Found],
    groups: Int64Array,
    sessions: Sequence[str],
    left_out: Sequence[LeftOut],
) -> None:
    """Write the data set beside out and put it in its place when it is whole."""
    with replacing_folder(out) as beside:
        (beside / "crops").mkdir()
        with (beside / "faces.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for number, (face, group, session) in enumerate(zip(kept, groups, sessions, strict=True)):
                name = f"crops/{number:05d}.png"
                (beside / name).write_bytes(face.png)
                rated = face.rated
                rating, eyes = rated.rating or "", EYES[rated.eyes] if rated.eyes >= 0 else ""
                labels = (rating, eyes, rated.person, session, int(group))
                table.writerow((name, rated.photo, *labels, round(face.face_px), face.digest))
        np.savez(
            beside / "landmarks.npz",
            points=np.array([face.points for face in kept], np.float32).reshape(len(kept), -1, 2),
            blendshapes=np.array([face.blendshapes for face in kept], np.float32),
            pose=np.array([face.pose for face in kept], np.float32),
        )
        with (beside / "left_out.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(LEFT_OUT_COLUMNS)
            table.writerows((item.photo, item.reason, item.detail) for item in left_out)
        about = {
            "schema": SCHEMA,
            "crop_version": crop_version(),
            "source": str(source),
            "kept": len(kept),
            "left_out": len(left_out),
        }
        (beside / "dataset.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def prepare_command(
    photos: Annotated[Path, typer.Argument(metavar="PHOTOS", help="A ratings CSV, or a folder with ratings.csv.")],
    out: Annotated[Path, typer.Option(help="The folder for the data set.")],
    several: Annotated[
        Several, typer.Option(help="Which face counts where a photo has several and the ratings do not say.")
    ] = Several.LEAVE_OUT,
    smallest: Annotated[int, typer.Option(min=1, help="Leave out faces lower than this, in pixels.")] = 48,
) -> None:
    """Crop the faces out of rated photos, leave out what cannot serve, and write a data set.

    The ratings have the columns path and rating (1 to 5) or eyes (open, closed), and may have person, session and
    face (1: the leftmost).
    """
    notes = Console(stderr=True)
    columns = (TextColumn("looking for faces"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes, transient=True) as progress:
        task = progress.add_task("")
        result = prepare(
            photos,
            out,
            several=several,
            smallest=smallest,
            advance=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if result.left_out:
        notes.print(_left_out_table(result.left_out))
    sessions = f", {result.sessions} sessions" if result.sessions else ""
    notes.print(f"{result.kept} faces in {result.groups} groups of look-alikes{sessions}: {result.out}")


def _left_out_table(left_out: Sequence[LeftOut]) -> Table:
    table = Table(title=f"left out: {len(left_out)} (all of them in left_out.csv)", title_justify="left")
    for heading in ("reason", "photos", "for example"):
        table.add_column(heading)
    for reason, count in Counter(item.reason for item in left_out).most_common():
        example = next(item for item in left_out if item.reason == reason)
        detail = f" ({example.detail})" if example.detail else ""
        table.add_row(reason, str(count), f"{example.photo}{detail}")
    return table
