"""``livecam run``: watches a camera or a clip and takes the picture when it is at its best."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

if TYPE_CHECKING:
    from livecam.live import LiveRun
    from livecam.source import Source
    from livecam.terminal import Reporter, StatusLine
    from livecam.view import View

# How long the screen waits for a frame before it looks again, seconds: twice as often as a camera's 30 a second.
_TICK_S = 1 / 60


def run(
    source: Annotated[
        str | None,
        typer.Option(help='Camera number or name, clip, folder, URL or "demo". Default: the camera, else the demo.'),
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No window.")] = False,
    pace: Annotated[
        Literal["realtime", "fast"],
        typer.Option(help="realtime: a clip plays like a camera. fast: every frame of it, as fast as it goes."),
    ] = "realtime",
    faces: Annotated[int, typer.Option(min=1, help="The most faces to watch; the worst one decides.")] = 1,
    provider: Annotated[
        Literal["auto", "cuda", "tensorrt", "cpu"], typer.Option(help="What the scorer runs on.")
    ] = "auto",
    model: Annotated[Path | None, typer.Option(help="A scorer (ONNX, schema 1) instead of the one that ships.")] = None,
    out: Annotated[Path, typer.Option(help="Where the pictures go.")] = Path("pictures"),
    as_json: Annotated[bool, typer.Option("--json", help="Print events as JSON, one a line, on stdout.")] = False,
) -> None:
    """Watch a camera or a clip and take the picture when it is at its best.

    Keys in the window: space takes a picture now, m mirrors, h helps, q or Esc quits. At pace realtime the summary's
    latency is the age of a frame when it was decided on; at pace fast it is the time spent on a frame.
    """
    from livecam.album import Album  # noqa: PLC0415  these load OpenCV, MediaPipe and ONNX Runtime
    from livecam.live import LiveRun  # noqa: PLC0415
    from livecam.media import IMAGE_SUFFIXES  # noqa: PLC0415
    from livecam.pipeline import Analyser  # noqa: PLC0415
    from livecam.source import Pace, default_source, open_source  # noqa: PLC0415
    from livecam.terminal import Reporter, StatusLine  # noqa: PLC0415
    from livecam.trigger import Trigger  # noqa: PLC0415
    from livecam.view import View  # noqa: PLC0415
    from livecam.window import Window, check_display, has_display  # noqa: PLC0415

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    spec = default_source() if source is None else source
    note = None
    if source is None and spec == "demo":
        note = "no camera found: playing the demo clip"
        console.print(note)
    if source is None and not headless and not has_display():
        console.print("no display: running without a window")
        headless = True
    elif not headless:
        check_display()
    stills = Path(spec).is_dir() or Path(spec).suffix.lower() in IMAGE_SUFFIXES
    with ExitStack() as parts:
        opened = parts.enter_context(open_source(spec, Pace(pace)))
        analyser = parts.enter_context(Analyser.load(model=model, provider=provider, faces=faces, stills=stills))
        album = Album(out, model_version=analyser.model_version)
        view = None
        if not headless:
            window = parts.enter_context(Window())
            view = View(window, opened, provider=analyser.provider, message=note)
        watched = parts.enter_context(LiveRun(opened, analyser, Trigger(), album))
        reporter = Reporter(console, as_json=as_json, live=opened.live)
        line = StatusLine(console, shown=console.is_terminal and not as_json)
        try:
            interrupted = _watch(watched, opened, view, reporter, line)
            watched.finish()
        finally:
            for shot in watched.new_shots():
                reporter.shot(shot)
            reporter.summary(watched.summary())
    if interrupted:
        raise typer.Exit(130)


def _watch(run: LiveRun, source: Source, view: View | None, reporter: Reporter, line: StatusLine) -> bool:
    """Show and tell what happens until the source ends or the person does; True if that was by Ctrl-C."""
    try:
        with line:
            while not run.wait(_TICK_S):
                line.update(run, source.health)
                for shot in run.new_shots():
                    reporter.shot(shot)
                    if view is not None:
                        view.shot_taken(shot)
                if view is not None and not view.refresh(run):
                    break
    except KeyboardInterrupt:
        return True
    else:
        return False
    finally:
        run.stop()
