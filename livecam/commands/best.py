"""``livecam best``: the best frame of each burst and clip."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from livecam import command_options

if TYPE_CHECKING:
    from livecam.best.apply import ApplyOutputs, RejectRule
    from livecam.best.find_best import Wanted, Watcher
    from livecam.best.outputs import Outputs
    from livecam.best.watch import Watching
    from livecam.serve.live_server import ServeOptions
    from livecam.storage.transfer import Action

# What --apply takes besides.
_OF_APPLY = frozenset(("apply", "paths", "out", "copy_to", "link_to", "move_to", "xmp", "rejects", "keep_label"))


class Xmp(StrEnum):
    """Where ratings and labels go: a file beside the photo, or into the JPEG itself."""

    SIDECAR = "sidecar"
    EMBED = "embed"


class Rejects(StrEnum):
    """What becomes of photos that lost by closed eyes or blur, and of those that a person rejected: -1, or nothing."""

    MARK = "mark"
    LEAVE = "leave"


class Eyes(StrEnum):
    """What closed eyes count for, see ``livecam.scoring.eye_policy.EyePolicy``."""

    OPEN = "open"
    LAUGHS = "laughs"
    ANY = "any"


class Series(StrEnum):
    """What becomes of brackets, panoramas, focus stacks and time lapses."""

    KEEP = "keep"
    PICK = "pick"


def best(  # noqa: PLR0913, PLR0917  a command has the options that it has
    context: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH…", help="Photos, clips, folders, or patterns in quotes.")
    ] = None,
    from_archive: Annotated[
        Path | None,
        typer.Option(
            metavar="ARCHIVE", help="Look at nothing: take what livecam archive has found, of all or of PATH…"
        ),
    ] = None,
    watch: command_options.Watch = None,
    poll: command_options.Poll = False,
    ingest: command_options.Ingest = None,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Go into the folders of folders.")] = False,
    gap: Annotated[float, typer.Option(min=0, help="The longest pause within a burst, seconds.")] = 2.0,
    top: Annotated[int, typer.Option(min=1, help="How many to keep of each burst or clip.")] = 1,
    series: Annotated[
        Series, typer.Option(help="Keep brackets, panoramas, focus stacks, time lapses whole, or pick.")
    ] = Series.KEEP,
    eyes: Annotated[
        Eyes,
        typer.Option(
            help="open: closed eyes lose. laughs: not those of a broad laugh. any: they count for nothing, the rest of"
            " the face decides (asleep, a kiss, a prayer)."
        ),
    ] = Eyes.OPEN,
    faces: Annotated[int, typer.Option(min=1, help="The most faces to look for in a picture.")] = 10,
    out: Annotated[Path | None, typer.Option(help="Write the best frames of clips into this folder.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Write a contact sheet of each burst into this folder.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write one page for the browser, to look and choose.")] = None,
    apply: Annotated[
        Path | None,
        typer.Option(
            metavar="CHOICES", help="Do what was chosen on a page, by the file that it saves; or by a list of paths."
        ),
    ] = None,
    copy_to: Annotated[Path | None, typer.Option(help="Copy the keepers into this folder.")] = None,
    link_to: Annotated[Path | None, typer.Option(help="Link the keepers into this folder.")] = None,
    move_to: Annotated[Path | None, typer.Option(help="Move the keepers into this folder.")] = None,
    undo: Annotated[Path | None, typer.Option(help="Take back a copy, link or move: its journal or folder.")] = None,
    xmp: Annotated[Xmp | None, typer.Option(help="Write stars, and a label for keepers, where there are none.")] = None,
    rejects: Annotated[
        Rejects | None,
        typer.Option(
            help="With --xmp: mark what lost by closed eyes or blur as rejected (-1). With --apply, what you rejected"
            " gets -1 unless it has stars; mark: it all, leave: none."
        ),
    ] = None,
    keep_label: Annotated[str, typer.Option(metavar="NAME", help="With --xmp: the label of keepers.")] = "Green",
    model: command_options.Model = None,
    taste: command_options.Taste = None,
    serve: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:PORT]",
            help="Look and choose in the browser, from any screen; without an address at 127.0.0.1:8765, for this"
            " computer alone. What --copy-to, --link-to, --move-to, --out and --xmp name is done when you apply there.",
        ),
    ] = None,
    pin: Annotated[
        str | None, typer.Option(help="The PIN for --serve; else one is made up where others can come.")
    ] = None,
    tls: command_options.Tls = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each group on stdout.")] = False,
) -> None:
    """Find the best frame of each burst and clip, and say why the others lost.

    Photos are grouped by the time they were taken, by what they look like, and by the names that cameras give bursts.
    What was taken to be merged, a bracket, panorama, focus stack or time lapse, is kept whole.

    With --apply nothing is looked at again: what you chose on a --page, and saved there, is done, by copy, link, move
    and --xmp. Marks that stand in the files are never lowered. Without these it is only said what would be done.

    With --serve you choose in the browser while livecam looks; each choice is kept at once, and is there again the
    next time. Ctrl-C ends it.

    Nothing is changed or written unless an option says so. What cannot be read is named and passed over; the exit
    code is 1 then.

    With --watch it stays and follows a folder; with --ingest it begins with a card. See docs/watch.md.

    A PATH that is an archive (see livecam archive) is taken as --from-archive: its photos are not looked at again.
    """
    from livecam.best.earlier_transfers import has_ended_a_move, take_back  # noqa: PLC0415

    notes = Console(stderr=True, soft_wrap=True)
    keepers = _destination(copy_to, link_to, move_to)
    if undo is not None:
        if paths or keepers or apply is not None or serve is not None:
            raise typer.BadParameter("--undo stands alone", param_hint="--undo")
        raise typer.Exit(0 if take_back(undo, notes) else 1)
    if xmp is None and (rejects is not None or keep_label != "Green"):
        raise typer.BadParameter("it goes with --xmp sidecar or --xmp embed", param_hint="--rejects, --keep-label")
    if serve is None and (pin is not None or tls is not None):
        raise typer.BadParameter("they go with --serve", param_hint="--pin, --tls")
    if apply is not None:
        from livecam.best.apply import ApplyOutputs, ChoiceMarkSettings  # noqa: PLC0415

        _refuse_others(context)
        chosen = ChoiceMarkSettings(xmp is Xmp.EMBED, _rule(rejects), keep_label) if xmp is not None else None
        raise typer.Exit(_apply(apply, paths or [], ApplyOutputs(keepers, out, chosen), notes))
    _refuse_beside_watch(context, paths or [])
    paths, keepers, of_card = _begin(watch, ingest, paths, keepers, notes)
    from_archive, paths = _archive_in(from_archive, paths or [])
    if not paths and from_archive is None:
        raise typer.BadParameter("name photos, clips or folders", param_hint="PATH")
    if serve is None and keepers is not None and has_ended_a_move(keepers[0], notes):
        return

    from livecam.best.find_best import Wanted  # noqa: PLC0415  heavy: OpenCV, ONNX Runtime
    from livecam.best.marking import MarkingSettings  # noqa: PLC0415
    from livecam.best.outputs import Outputs  # noqa: PLC0415
    from livecam.scoring.eye_policy import EyePolicy  # noqa: PLC0415

    marks = MarkingSettings(xmp is Xmp.EMBED, rejects is Rejects.MARK, keep_label) if xmp is not None else None
    outputs = Outputs(frames=out, sheets=sheet, page=page, marks=marks, keepers=keepers)
    wanted = Wanted(
        recursive=recursive or ingest is not None,
        gap_s=gap,
        top=top,
        keep_series=series is Series.KEEP,
        eyes=EyePolicy(eyes),
        faces=faces,
        model=model,
        as_json=as_json,
        taste=taste,
    )
    if watch is not None:
        from livecam.best.watch import Watching  # noqa: PLC0415

        _watch(Watching(watch, outputs, poll=poll), wanted, (serve, pin, tls), notes)
    elif serve is not None:
        from livecam.best.apply import ApplyOutputs, ChoiceMarkSettings  # noqa: PLC0415
        from livecam.serve.live_server import ServeOptions  # noqa: PLC0415

        chosen = ChoiceMarkSettings(xmp is Xmp.EMBED, _rule(rejects), keep_label) if xmp is not None else None
        later = ApplyOutputs(keepers, out, chosen)
        options = ServeOptions(serve, pin, tls=tls)
        _serve(from_archive, paths, wanted, Outputs(sheets=sheet, page=page), later, options, notes)
    else:
        raise typer.Exit(int(_find(from_archive, paths, wanted, outputs, notes) or of_card))


def _archive_in(archive: Path | None, paths: list[str]) -> tuple[Path | None, list[str]]:
    """The archive to take results from, if any, and the paths that are left: a lone path may be the archive itself."""
    if (
        archive is None
        and len(paths) == 1
        and Path(paths[0], "archive.json").is_file()
        and Path(paths[0], "shards").is_dir()
    ):
        return Path(paths[0]), []
    return archive, paths


def _find(
    archive: Path | None,
    paths: Sequence[str],
    wanted: Wanted,
    outputs: Outputs,
    notes: Console,
    watcher: Watcher | None = None,
) -> bool:
    """Look through paths, or take what an archive holds of them; return whether anything failed."""
    if archive is None:
        from livecam.best.find_best import find_best  # noqa: PLC0415

        return find_best(paths, wanted, outputs, notes, watcher)
    from livecam.archive.extra import require_extra  # noqa: PLC0415

    require_extra("pyarrow")
    from livecam.archive.to_best import best_of_archive  # noqa: PLC0415

    return best_of_archive(archive, paths, wanted, outputs, notes, watcher)


def _serve(
    archive: Path | None,
    paths: Sequence[str],
    wanted: Wanted,
    outputs: Outputs,
    later: ApplyOutputs,
    options: ServeOptions,
    notes: Console,
) -> None:
    """Look through paths, show it in the browser, and stay there until the program is ended."""
    from livecam.serve.review_server import ReviewServer  # noqa: PLC0415

    of = paths if archive is None else [str(archive), *paths]
    with ReviewServer(options, of, later, top=wanted.top, model=wanted.model) as server:
        for line in server.words(qr=notes.is_terminal):
            notes.print(line, markup=False)
        failed = _find(archive, paths, wanted, outputs, notes, server)
        if not server.review.groups:  # nothing to choose from, as where a path is mistyped
            raise typer.Exit(1 if failed else 0)
        notes.print("look and choose in the browser; Ctrl-C ends this, what you chose stays")
        try:
            server.wait()
        except KeyboardInterrupt:  # how a review ends; what could not be read still counts
            if failed:
                raise typer.Exit(1) from None
            raise


def _refuse_beside_watch(context: typer.Context, paths: Sequence[str]) -> None:
    """Refuse what does not go with --watch, --ingest and --poll."""
    given = {
        name
        for name in context.params
        if (source := context.get_parameter_source(name)) is not None and source.name == "COMMANDLINE"
    }
    if "poll" in given and "watch" not in given:
        raise typer.BadParameter("it goes with --watch", param_hint="--poll")
    if "ingest" in given and "copy_to" not in given:
        raise typer.BadParameter("name the folder to copy to: --copy-to", param_hint="--ingest")
    for mode, others in (
        ("watch", ("ingest", "from_archive", "out", "sheet", "copy_to", "link_to", "move_to")),
        ("ingest", ("from_archive", "serve")),
    ):
        if mode in given and paths:
            raise typer.BadParameter(
                f"it names the folder itself, and no PATH goes with it: {paths[0]}", param_hint=f"--{mode}"
            )
        for other in given.intersection(others) if mode in given else ():
            raise typer.BadParameter(f"it does not go with --{mode}", param_hint=f"--{other.replace('_', '-')}")


def _begin(
    watch: Path | None,
    card: Path | None,
    paths: list[str] | None,
    keepers: tuple[Path, Action] | None,
    notes: Console,
) -> tuple[list[str] | None, tuple[Path, Action] | None, bool]:
    """Copy a card, if there is one; return which paths to look at, where keepers go, and whether copying failed."""
    if card is not None and keepers is not None:
        from livecam.best.ingest_report import ingest_and_tell  # noqa: PLC0415

        return [str(keepers[0])], None, ingest_and_tell(card, keepers[0], notes)
    return ([str(watch)] if watch is not None else paths), keepers, False


def _watch(
    watching: Watching,
    wanted: Wanted,
    served: tuple[str | None, str | None, tuple[Path, Path] | None],
    notes: Console,
) -> None:
    """Follow a folder until the program is ended, in the browser too if that is asked for."""
    from livecam.best.watch import watch  # noqa: PLC0415

    address, pin, tls = served
    if address is None:
        watch(watching, wanted, notes)
        return
    from livecam.best.apply import ApplyOutputs  # noqa: PLC0415
    from livecam.serve.live_server import ServeOptions  # noqa: PLC0415
    from livecam.serve.review_server import ReviewServer  # noqa: PLC0415

    later = ApplyOutputs(None, None, None)
    of = [str(watching.folder)]
    with ReviewServer(ServeOptions(address, pin, tls=tls), of, later, top=wanted.top, model=wanted.model) as server:
        for line in server.words(qr=notes.is_terminal):
            notes.print(line, markup=False)
        try:
            watch(watching, wanted, notes, server)
        finally:
            server.applying.teach()


def _rule(rejects: Rejects | None) -> RejectRule:
    """Which of the photos that a person rejects are marked so."""
    from livecam.best.apply import RejectRule  # noqa: PLC0415

    return {None: RejectRule.WITHOUT_STARS, Rejects.MARK: RejectRule.ALL, Rejects.LEAVE: RejectRule.NONE}[rejects]


def _destination(copy_to: Path | None, link_to: Path | None, move_to: Path | None) -> tuple[Path, Action] | None:
    """Where the keepers go, and how."""
    from livecam.storage.transfer import Action  # noqa: PLC0415

    given = [
        (folder, action)
        for folder, action in ((copy_to, Action.COPY), (link_to, Action.LINK), (move_to, Action.MOVE))
        if folder is not None
    ]
    if len(given) > 1:
        raise typer.BadParameter("only one of --copy-to, --link-to and --move-to", param_hint="--copy-to")
    return given[0] if given else None


def _refuse_others(context: typer.Context) -> None:
    """Refuse options that --apply would not heed."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in _OF_APPLY and source is not None and source.name == "COMMANDLINE":
            option = "--json" if name == "as_json" else f"--{name.replace('_', '-')}"
            raise typer.BadParameter("it does not go with --apply", param_hint=option)


def _apply(choices: Path, folders: Sequence[str], outputs: ApplyOutputs, notes: Console) -> int:
    """Do what was chosen; the exit code."""
    from livecam.best.apply import apply_choices  # noqa: PLC0415
    from livecam.best.apply_lessons import keep_lessons, lessons_in  # noqa: PLC0415
    from livecam.best.report import print_failures  # noqa: PLC0415

    if (other := next((name for name in folders if not Path(name).is_dir()), None)) is not None:
        raise typer.BadParameter(f"with --apply only folders where photos are now, not {other}", param_hint="PATH")
    places = list(map(Path, folders))
    taught = lessons_in(choices, places) if outputs.anything else None
    failures = apply_choices(choices, outputs, notes, places)
    print_failures(failures, notes)
    if taught is not None:
        keep_lessons(taught, notes)
    return 1 if failures else 0
