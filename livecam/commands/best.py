"""``livecam best``: the best frame of each burst and clip."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from livecam import command_options
from livecam.commands import _best_ways as ways
from livecam.commands._best_ways import Rejects, Xmp


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
            metavar="ARCHIVE",
            help="Look at no photo: take what livecam archive has found, in all of them or in those that PATH… names.",
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
            metavar="CHOICES",
            help="Do what was chosen on a --page: name the file that the page saved, or a list of paths.",
        ),
    ] = None,
    copy_to: Annotated[Path | None, typer.Option(help="Copy the keepers into this folder.")] = None,
    link_to: Annotated[Path | None, typer.Option(help="Link the keepers into this folder.")] = None,
    move_to: Annotated[Path | None, typer.Option(help="Move the keepers into this folder.")] = None,
    undo: Annotated[
        Path | None, typer.Option(help="Take back a copy, link or move: name its folder, or the journal there.")
    ] = None,
    xmp: Annotated[
        Xmp | None,
        typer.Option(
            help="Write stars, and a label for keepers, where there are none. sidecar: into a file beside the photo."
            " embed: into the JPEG itself."
        ),
    ] = None,
    rejects: Annotated[
        Rejects | None,
        typer.Option(
            help="With --xmp. mark: what lost by closed eyes or blur is marked as rejected (-1). With --apply what you"
            " rejected is, unless it has stars; mark: even then. leave: nothing is."
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
    from livecam.best.outputs.earlier_transfers import has_ended_a_move, take_back  # noqa: PLC0415

    notes = Console(stderr=True, soft_wrap=True)
    keepers = ways.destination(copy_to, link_to, move_to)
    if undo is not None:
        if paths or keepers or apply is not None or serve is not None:
            raise typer.BadParameter("--undo stands alone", param_hint="--undo")
        raise typer.Exit(0 if take_back(undo, notes) else 1)
    if xmp is None and (rejects is not None or keep_label != "Green"):
        raise typer.BadParameter("it goes with --xmp sidecar or --xmp embed", param_hint="--rejects, --keep-label")
    if serve is None and (pin is not None or tls is not None):
        raise typer.BadParameter("they go with --serve", param_hint="--pin, --tls")
    if apply is not None:
        from livecam.best.apply import ApplyOutputs  # noqa: PLC0415
        from livecam.best.outputs.choice_marks import ChoiceMarkSettings  # noqa: PLC0415

        ways.refuse_others(context)
        chosen = (
            ChoiceMarkSettings(xmp is Xmp.EMBED, ways.reject_rule(rejects), keep_label) if xmp is not None else None
        )
        raise typer.Exit(ways.apply(apply, paths or [], ApplyOutputs(keepers, out, chosen), notes))
    ways.refuse_beside_watch(context, paths or [])
    paths, keepers, of_card = ways.copy_card(watch, ingest, paths, keepers, notes)
    from_archive, paths = ways.archive_in(from_archive, paths or [])
    if not paths and from_archive is None:
        place = "" if serve is None else " before --serve: what follows it is taken for its address"
        raise typer.BadParameter(f"name photos, clips or folders{place}", param_hint="PATH")
    ways.require_places(page, keepers, paths)  # now, and not when all was looked at
    if serve is None and keepers is not None and has_ended_a_move(keepers[0], notes):
        return

    from livecam.best.find_best import Wanted  # noqa: PLC0415  heavy: OpenCV, ONNX Runtime
    from livecam.best.outputs.marking import MarkingSettings  # noqa: PLC0415
    from livecam.best.outputs.write import Outputs  # noqa: PLC0415
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
        from livecam.best.watch.follow import Watching  # noqa: PLC0415

        ways.follow(Watching(watch, outputs, poll=poll), wanted, (serve, pin, tls), notes)
    elif serve is not None:
        from livecam.best.apply import ApplyOutputs  # noqa: PLC0415
        from livecam.best.outputs.choice_marks import ChoiceMarkSettings  # noqa: PLC0415
        from livecam.serve.live_server import ServeOptions  # noqa: PLC0415

        chosen = (
            ChoiceMarkSettings(xmp is Xmp.EMBED, ways.reject_rule(rejects), keep_label) if xmp is not None else None
        )
        later = ApplyOutputs(keepers, out, chosen)
        options = ServeOptions(serve, pin, tls=tls)
        ways.serve(from_archive, paths, wanted, Outputs(sheets=sheet, page=page), later, options, notes)
    else:
        raise typer.Exit(int(ways.find(from_archive, paths, wanted, outputs, notes) or of_card))
