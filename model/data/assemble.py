"""Makes a data set of rated faces: without copies, grouped, and put in its place as a whole.

Each crop is written when its photo has been looked at, so that memory holds one of them, whatever their number. What is
written has a temporary name beside the data set's until nothing is missing, ``dataset.json`` last.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livecam.errors import OutputError, SourceError
from livecam.photos.discover import printable
from livecam.storage.durable import replacing_folder
from model.data.dataset import EMBEDDINGS_FILE, MIN_PHOTOS
from model.data.face_of_photo import LeftOut, RatedFace
from model.data.grouping import drop_copies, look_alikes, name_sessions
from model.data.tables import row_of, write_tables
from model.data.written_faces import WrittenFaces, crop_name

# What a data set holds: the folder of one is replaced with all that is in it. "cache": features, see model.features.
_OWN = {"dataset.json", "faces.csv", "left_out.csv", "landmarks.npz", EMBEDDINGS_FILE, "crops", "cache"}
_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what file managers leave in every folder


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of the photos: how many were kept, and what was left out (photo, reason, detail)."""

    out: Path
    kept: int
    left_out: tuple[LeftOut, ...]
    sessions: int
    groups: int


def require_free(out: Path) -> None:
    """Raise OutputError unless a data set may be written to the folder out: it is new, empty, or holds one alone."""
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file: choose another --out")
    names = {path.name for path in out.iterdir()} - _SYSTEMS if out.is_dir() else set[str]()
    if names and not _is_data_set(out / "dataset.json"):
        raise OutputError(f"{out} holds something else: choose an empty folder for --out")
    if others := sorted(names - _OWN):
        other = printable(others[0])
        raise OutputError(
            f"{out} holds {other} beside a data set, which would be lost: move it, or choose another --out"
        )


def _is_data_set(about: Path) -> bool:
    """Whether a dataset.json, which others write too, is of ours, of whatever version."""
    try:
        return {"schema", "source"} <= set(json.loads(about.read_text("utf-8")))
    except (OSError, ValueError, RecursionError, TypeError):
        return False


def assemble(looked_at: Iterable[RatedFace | LeftOut], source: Path, out: Path) -> Prepared:
    """Write the data set of the photos that were looked at to the folder out.

    looked_at: taken one by one, each face written before the next is asked for.  source: where the ratings are from.
    A data set that out holds is replaced as a whole. Raises SourceError when fewer than ten photos remain, OutputError
    when out cannot be written.
    """
    faces: list[RatedFace] = []
    left_out: list[LeftOut] = []
    with contextlib.ExitStack() as stack:
        with _writing(out):
            folder = stack.enter_context(new_data_set(out))
            written = stack.enter_context(WrittenFaces(folder))
        for one in looked_at:
            if isinstance(one, LeftOut):
                left_out.append(one)
                continue
            with _writing(out):
                written.add(one)
            faces.append(one.once_written())
        count = len(faces) + len(left_out)
        places, copies = drop_copies(faces)
        kept = [faces[place] for place in places]
        left_out += copies
        if len(kept) < MIN_PHOTOS:
            raise SourceError(too_few(len(kept), count, left_out))
        groups, sessions = look_alikes(kept), name_sessions(kept)
        with _writing(out):
            written.finish(places)
            rows = [
                row_of(crop_name(number), face.rated, session, int(group), face.face_px, face.digest)
                for number, (face, group, session) in enumerate(zip(kept, groups, sessions, strict=True))
            ]
            write_tables(folder, rows, left_out, source, {})
            stack.close()  # puts the folder in its place
    known = len({session for session in sessions if session})
    return Prepared(out, len(kept), tuple(left_out), known, len(np.unique(groups)))


@contextlib.contextmanager
def new_data_set(out: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which takes out's place at the end. Raises OSError.

    Where that fails, no folder above out stays that was not there before.
    """
    made = [folder for folder in out.resolve().parents if not folder.exists()]
    try:
        with replacing_folder(out) as folder:
            yield folder
    except BaseException:
        with contextlib.suppress(OSError):  # one that somebody else has written to meanwhile stays
            for folder in made:
                folder.rmdir()
        raise


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Say in one line, as an OutputError, that out cannot be written."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{out} cannot be written ({error.strerror or error}): free some space or choose another --out"
        ) from None


def too_few(kept: int, rated: int, left_out: Sequence[LeftOut]) -> str:
    """Return a line on why too few photos are left to train on."""
    reasons = Counter(item.reason for item in left_out).most_common()
    found = f" ({', '.join(f'{count} {reason}' for reason, count in reasons)})" if reasons else ""
    worst = next((item for item in left_out if item.reason == reasons[0][0]), None)
    example = f", for example {worst.photo}{f', {worst.detail}' if worst.detail else ''}" if worst else ""
    few = f"only {kept} of {rated} photos could be used{found}{example}"
    return f"{few}: training needs {MIN_PHOTOS}; nothing was written; rate more photos"
