"""``livecam score``: scores the faces in photos."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

from livecam import command_options
from livecam.addresses import without_password, without_passwords
from livecam.errors import SourceError
from livecam.photos.on_disk import is_file, is_folder

if TYPE_CHECKING:
    from livecam.pipeline import Analyser
    from livecam.types import Moment, ScoredFace


def score(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Photos, or folders of photos.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each photo on stdout.")] = False,
    faces: Annotated[int, typer.Option(min=1, help="The most faces to look for in a photo.")] = 10,
    eyes: Annotated[
        Literal["open", "laughs", "any"],
        typer.Option(
            help="open: closed eyes cost the score. laughs: not those of a broad laugh. any: they count for nothing, "
            "the rest of the face decides (asleep, a kiss, a prayer)."
        ),
    ] = "open",
    model: command_options.Model = None,
    taste: command_options.Taste = None,
) -> None:
    """Score the faces in photos, from 1 to 5, and say what holds each back.

    A photo that cannot be read is reported and the rest goes on; the exit code is 1 then.
    """
    from livecam.pipeline import Analyser  # noqa: PLC0415  heavy: loads MediaPipe and ONNX Runtime
    from livecam.scoring.eye_policy import EyePolicy  # noqa: PLC0415

    notes = Console(stderr=True, soft_wrap=True)
    table = _table()
    failures: list[str] = []
    loaded = Analyser.load(model=model, faces=faces, stills=True, eyes=EyePolicy(eyes), taste=taste)
    for line in loaded.taste.notes:
        notes.print(Text(line))
    try:
        with loaded as analyser, _progress(notes) as progress:
            photos = _expand(paths, notes)
            whole = len({path.parent for path, _ in photos}) > 1  # names alone would not tell them apart
            task = progress.add_task("scoring", total=len(photos))
            for path, outcome in _score_all(photos, analyser):
                if isinstance(outcome, SourceError):
                    failures.append(_told(path, outcome))
                if as_json:
                    typer.echo(json.dumps(_as_json(path, outcome)))
                elif not isinstance(outcome, SourceError):
                    _add_rows(table, path if whole else Path(path.name), outcome)
                progress.advance(task)
    finally:  # also what was found before Ctrl-C
        _say(failures, notes)
    if table.row_count:
        Console().print(table)
    if failures:
        raise typer.Exit(1)


def _say(lines: Sequence[str], notes: Console) -> None:
    from livecam.best.outputs.said_once import said_once  # noqa: PLC0415

    for line in said_once(lines):
        notes.print(Text(f"livecam: {line}"))


def _expand(paths: Sequence[Path], notes: Console) -> list[tuple[Path, SourceError | None]]:
    """Put the photos of each folder in its place, with the error where there are none; what else is there is said."""
    from livecam.photos.discover import CLIP_SUFFIXES, printable  # noqa: PLC0415  loads Pillow
    from livecam.photos.moving import moves  # noqa: PLC0415  loads Pillow
    from livecam.sources.decoding import images_and_others  # noqa: PLC0415  loads OpenCV

    photos: list[tuple[Path, SourceError | None]] = []
    lines: list[str] = []
    for path in paths:
        found: tuple[Path, ...] = (path,)
        try:
            if is_folder(path):
                found, others = images_and_others(path)
                lines += [f"{printable(path)}: {line}" for line in others]
            elif path.suffix.lower() in CLIP_SUFFIXES and is_file(path):
                clip = f"{path} is a clip: livecam best finds its best frames, livecam run --source plays it"
                raise SourceError(clip)  # noqa: TRY301  as what a folder says
        except SourceError as error:
            photos.append((path, error))
            continue
        for photo in found:
            photos.append((photo, None))
            if moves(photo):
                lines.append(f"{printable(photo)} moves: its first picture is scored; livecam best watches all of it")
    _say(lines, notes)
    return photos


def _score_all(
    photos: Sequence[tuple[Path, SourceError | None]], analyser: Analyser
) -> Iterator[tuple[Path, Moment | SourceError]]:
    from livecam.photos.read import read  # noqa: PLC0415  loads Pillow
    from livecam.types import Frame  # noqa: PLC0415  loads numpy

    for index, (path, failed) in enumerate(photos):
        if failed is not None:
            yield path, failed
            continue
        try:
            image = read(path).image
        except SourceError as error:
            yield path, error
        else:
            yield path, analyser.analyse(Frame(image, 0.0, index, time.monotonic(), path))


def _as_json(path: Path, outcome: Moment | SourceError) -> dict[str, object]:
    if isinstance(outcome, SourceError):
        # An address that was given for a file.
        return {"path": without_password(str(path)), "faces": [], "error": _told(path, outcome)}
    return {"path": str(path), "faces": [_face_as_json(face) for face in outcome.faces], "error": None}


def _told(path: Path, error: SourceError) -> str:
    """The error in one line, whatever the file is called."""
    from livecam.photos.discover import printable  # noqa: PLC0415  loads Pillow

    return without_passwords(str(error).replace(str(path), printable(path)))


def _face_as_json(scored: ScoredFace) -> dict[str, object]:
    return {
        "box": [round(edge, 1) for edge in scored.face.box],
        "score": round(scored.score.value, 3),
        "rating_probs": [round(p, 4) for p in scored.score.rating_probs.tolist()],
        "eyes_closed": [round(p, 4) for p in scored.score.eyes_closed.tolist()],
        "reasons": [reason.name.lower() for reason in scored.reasons],
    }


def _table() -> Table:
    table = Table("photo", box=None, header_style="bold", pad_edge=False)
    table.add_column("face", justify="right")
    table.add_column("score (1 to 5)", justify="right")
    table.add_column("eyes closed (left, right)", justify="right")
    table.add_column("what would make it better")
    return table


def _add_rows(table: Table, path: Path, moment: Moment) -> None:
    from livecam.photos.discover import printable  # noqa: PLC0415  loads Pillow

    name = Text(printable(path), overflow="fold")
    if not moment.faces:
        table.add_row(name, "", "", "", Text("no face found", style="yellow"))
    else:
        for number, scored in enumerate(moment.faces, start=1):
            left, right = scored.score.eyes_closed
            table.add_row(
                name if number == 1 else "",
                str(number),
                f"{scored.score.value:.2f}",
                f"{left:.0%}, {right:.0%}",
                ", ".join(reason.value for reason in scored.reasons),
            )


def _progress(console: Console) -> Progress:
    return Progress(
        *Progress.get_default_columns(),
        TextColumn("{task.completed} of {task.total} photos"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
