"""The ways in which ``livecam best`` goes about it, once its options are read: look, serve, follow, apply."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from livecam.photos.on_disk import is_file, is_folder

if TYPE_CHECKING:
    from livecam.best.apply import ApplyOutputs
    from livecam.best.find_best import Wanted, Watcher
    from livecam.best.outputs.choice_marks import RejectRule
    from livecam.best.outputs.write import Outputs
    from livecam.best.watch.follow import Watching
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


def archive_in(archive: Path | None, paths: list[str]) -> tuple[Path | None, list[str]]:
    """The archive to take results from, if any, and the paths that are left: a lone path may be the archive itself."""
    if (
        archive is None
        and len(paths) == 1
        and is_file(Path(paths[0], "archive.json"))
        and is_folder(Path(paths[0], "shards"))
    ):
        return Path(paths[0]), []
    return archive, paths


def find(
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


def serve(
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
        failed = find(archive, paths, wanted, outputs, notes, server)
        if not server.review.groups:  # nothing to choose from, as where a path is mistyped
            raise typer.Exit(1 if failed else 0)
        notes.print("look and choose in the browser; Ctrl-C ends this, what you chose stays")
        try:
            server.wait()
        except KeyboardInterrupt:  # how a review ends; what could not be read still counts
            if failed:
                raise typer.Exit(1) from None
            raise


def refuse_beside_watch(context: typer.Context, paths: Sequence[str]) -> None:
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


def copy_card(
    watch: Path | None,
    card: Path | None,
    paths: list[str] | None,
    keepers: tuple[Path, Action] | None,
    notes: Console,
) -> tuple[list[str] | None, tuple[Path, Action] | None, bool]:
    """Copy a card, if there is one; return which paths to look at, where keepers go, and whether copying failed."""
    if card is not None and keepers is not None:
        from livecam.best.ingest.report import ingest_and_tell  # noqa: PLC0415

        return [str(keepers[0])], None, ingest_and_tell(card, keepers[0], notes)
    return ([str(watch)] if watch is not None else paths), keepers, False


def follow(
    watching: Watching,
    wanted: Wanted,
    served: tuple[str | None, str | None, tuple[Path, Path] | None],
    notes: Console,
) -> None:
    """Follow a folder until the program is ended, in the browser too if that is asked for."""
    from livecam.best.watch.follow import watch  # noqa: PLC0415

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


def require_places(page: Path | None, keepers: tuple[Path, Action] | None, paths: Sequence[str]) -> None:
    """Raise OutputError where a page, or keepers, cannot go where they are to go, as far as that is known before."""
    from livecam.storage.own_files import require_folder_place, require_page_place  # noqa: PLC0415

    require_page_place(page)
    if keepers is not None:
        require_folder_place(keepers[0], f"--{keepers[1].value}-to", list(map(Path, paths)))


def reject_rule(rejects: Rejects | None) -> RejectRule:
    """Which of the photos that a person rejects are marked so."""
    from livecam.best.outputs.choice_marks import RejectRule  # noqa: PLC0415

    return {None: RejectRule.WITHOUT_STARS, Rejects.MARK: RejectRule.ALL, Rejects.LEAVE: RejectRule.NONE}[rejects]


def destination(copy_to: Path | None, link_to: Path | None, move_to: Path | None) -> tuple[Path, Action] | None:
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


def refuse_others(context: typer.Context) -> None:
    """Refuse options that --apply would not heed."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in _OF_APPLY and source is not None and source.name == "COMMANDLINE":
            option = "--json" if name == "as_json" else f"--{name.replace('_', '-')}"
            raise typer.BadParameter("it does not go with --apply", param_hint=option)


def apply(choices: Path, folders: Sequence[str], outputs: ApplyOutputs, notes: Console) -> int:
    """Do what was chosen; the exit code."""
    from livecam.best.apply import apply_choices  # noqa: PLC0415
    from livecam.best.lessons.keep import keep_lessons, lessons_in  # noqa: PLC0415
    from livecam.best.outputs.report import print_failures  # noqa: PLC0415

    if (other := next((name for name in folders if not is_folder(name)), None)) is not None:
        raise typer.BadParameter(f"with --apply only folders where photos are now, not {other}", param_hint="PATH")
    places = list(map(Path, folders))
    taught = lessons_in(choices, places) if outputs.anything else None
    failures = apply_choices(choices, outputs, notes, places)
    print_failures(failures, notes)
    if taught is not None:
        keep_lessons(taught, notes)
    return 1 if failures else 0
