"""``livecam run``: watches a camera or a clip and takes the picture when it is at its best."""

from __future__ import annotations

import math
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

if TYPE_CHECKING:
    from livecam.live.loading import Loading, Preview
    from livecam.live.recent_shots import RecentShots
    from livecam.live.run import LiveRun
    from livecam.pipeline import Analyser
    from livecam.shutter.shutter_control import ShutterControl
    from livecam.sources.source import Source
    from livecam.ui.live_view import View
    from livecam.ui.terminal import Reporter, StatusLine

# How long the screen waits for a frame before it looks again, seconds: twice as often as a camera's 30 a second.
_TICK_S = 1 / 60
_COUNTDOWN_S = 3.0


def run(  # noqa: PLR0913, PLR0917  a command has the options that it has
    source: Annotated[
        str | None,
        typer.Option(
            help='Camera (number, name or identity), clip, folder, URL or "demo". Default: the camera, else the demo.'
        ),
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No window.")] = False,
    pace: Annotated[
        Literal["realtime", "fast"],
        typer.Option(help="realtime: a clip plays like a camera. fast: every frame of it, as fast as it goes."),
    ] = "realtime",
    size: Annotated[
        str | None,
        typer.Option(metavar="WxH", help="Picture size to ask of the camera, such as 1920x1080."),
    ] = None,
    fps: Annotated[float | None, typer.Option(min=1, max=1000, help="Frames a second to ask of the camera.")] = None,
    exposure: Annotated[str | None, typer.Option(metavar="auto|MS", help="Exposure time in milliseconds.")] = None,
    focus: Annotated[
        str | None,
        typer.Option(metavar="auto|N", help="Focus in the camera's own unit; 0 is far."),
    ] = None,
    rotate: Annotated[
        Literal["0", "90", "180", "270"], typer.Option(help="Turn what the camera or file gives clockwise, degrees.")
    ] = "0",
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Mirror the pictures, saved ones too; key M mirrors the window only.")
    ] = False,
    faces: Annotated[int, typer.Option(min=1, help="The most faces to watch; the worst one decides.")] = 1,
    countdown: Annotated[
        float | None,
        typer.Option(
            min=0.5,
            max=60,
            help="Seconds that key C counts down, 3 if not given; then the best frame of the second after is taken. "
            "With --headless: count once, take that picture and end.",
        ),
    ] = None,
    no_sound: Annotated[bool, typer.Option("--no-sound", help="No shutter click, no ticks of the countdown.")] = False,
    provider: Annotated[
        Literal["auto", "tensorrt", "cuda", "coreml", "directml", "cpu"], typer.Option(help="What the scorer runs on.")
    ] = "auto",
    model: Annotated[Path | None, typer.Option(help="A scorer (ONNX, schema 1) instead of the one that ships.")] = None,
    out: Annotated[Path, typer.Option(help="Where the pictures go, and ratings.csv.")] = Path("pictures"),
    as_json: Annotated[bool, typer.Option("--json", help="Print events as JSON, one a line, on stdout.")] = False,
) -> None:
    """Watch a camera or a clip and take the picture when it is at its best.

    Keys in the window: space takes a picture now, c counts down, a switches
    auto-capture off and on, up and down (or + and -) move the threshold,
    p pauses, 1 to 5 rate the last picture (in ratings.csv beside it), x moves
    it to the folder deleted, u brings it back, m mirrors, g shows a grid,
    f fills the screen, h helps, q or Esc quits.

    At pace realtime the summary's latency is the age of a frame when it was
    decided on; at pace fast it is the time spent on a frame.
    """
    from livecam.live.loading import Loading, Preview  # noqa: PLC0415
    from livecam.live.recent_shots import RecentShots  # noqa: PLC0415
    from livecam.live.run import LiveRun  # noqa: PLC0415
    from livecam.shutter.shutter_control import ShutterControl  # noqa: PLC0415
    from livecam.shutter.trigger import Trigger, TriggerSettings  # noqa: PLC0415
    from livecam.sources.source import CameraSettings, Orientation, Pace, is_still, open_source  # noqa: PLC0415
    from livecam.storage.album import Album  # noqa: PLC0415  these load OpenCV
    from livecam.ui.terminal import Reporter, StatusLine  # noqa: PLC0415

    asked = CameraSettings(_size(size), fps, _setting("--exposure", exposure), _setting("--focus", focus))
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    spec, note, headless = _choose(source, console, headless=headless)

    def load() -> Analyser:
        from livecam.pipeline import Analyser  # noqa: PLC0415  loads MediaPipe and ONNX Runtime
        from livecam.scoring.providers import slow_start  # noqa: PLC0415

        if (wait := slow_start(provider, model)) is not None:
            console.print(wait)
        fast = Pace(pace) is Pace.FAST
        return Analyser.load(model=model, provider=provider, faces=faces, stills=is_still(spec), fast=fast)

    with ExitStack() as parts:
        # Beside it the camera is opened, which may take a second, and then shown.
        loading = parts.enter_context(Loading(load))
        opened = parts.enter_context(
            open_source(spec, Pace(pace), settings=asked, orientation=Orientation(int(rotate), mirror=mirror))
        )
        # Nobody looks at the runners-up here, and a frame of 4K is 25 MB.
        control = ShutterControl(Trigger(TriggerSettings(runners_up=0)), countdown_s=countdown or _COUNTDOWN_S)
        recent_shots = parts.enter_context(RecentShots(out))
        view, preview = None, Preview(opened)
        if not headless:
            view = _open_view(parts, opened, control, recent_shots, note, sound=not no_sound)
        elif countdown is not None:
            control.toggle_countdown()
        begun = _await(loading, preview, view)
        analyser = loading.analyser()
        album = Album(out, model_version=analyser.model_version)
        watched = LiveRun(opened, analyser, control, album)
        reporter = Reporter(console, as_json=as_json, live=opened.live)
        line = StatusLine(console, shown=console.is_terminal and not as_json)
        interrupted = False
        try:
            if begun:
                preview.hand_over(parts.enter_context(watched))
                once = headless and countdown is not None
                interrupted = _watch(watched, opened, view, recent_shots, reporter, line, once=once)
            watched.finish()
        finally:
            for shot in watched.new_shots():
                reporter.shot(shot)
            recent_shots.close()
            for news in recent_shots.results():
                reporter.wish(news)
            reporter.summary(watched.summary())
    if interrupted:
        raise typer.Exit(130)


def _size(text: str | None) -> tuple[int, int] | None:
    match = re.fullmatch(r"(\d{2,5})[x×](\d{2,5})", text.lower()) if text is not None else None
    if text is not None and match is None:
        raise typer.BadParameter(f"{text!r} is not a size: write it as 1280x720", param_hint="--size")
    return (int(match[1]), int(match[2])) if match else None


def _setting(option: str, text: str | None) -> float | str | None:
    if text is None or text == "auto":
        return text
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf and not (value == 0 and option == "--focus"):
        raise typer.BadParameter(f"{text!r} is neither auto nor a number above 0", param_hint=option)
    return value


def _choose(source: str | None, console: Console, *, headless: bool) -> tuple[str, str | None, bool]:
    """Say what is watched, what the person should know of that choice, and whether there is no window."""
    from livecam.sources.source import default_source  # noqa: PLC0415
    from livecam.ui.window import check_display, has_display  # noqa: PLC0415

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
    return spec, note, headless


def _open_view(
    parts: ExitStack,
    source: Source,
    control: ShutterControl,
    recent_shots: RecentShots,
    note: str | None,
    *,
    sound: bool,
) -> View:
    from livecam.ui.live_view import View  # noqa: PLC0415
    from livecam.ui.sound import Speaker, system_player  # noqa: PLC0415
    from livecam.ui.window import Window  # noqa: PLC0415

    speaker = parts.enter_context(Speaker(system_player() if sound else None))
    window = parts.enter_context(Window())
    return View(window, source, control, recent_shots, speaker, message=note)


def _await(loading: Loading, preview: Preview, view: View | None) -> bool:
    """Show the camera until the models are there; False if the person has left by then."""
    while view is not None and not loading.wait(_TICK_S):
        if not view.refresh(preview):
            return False
    return True


def _watch(
    run: LiveRun,
    source: Source,
    view: View | None,
    recent_shots: RecentShots,
    reporter: Reporter,
    line: StatusLine,
    *,
    once: bool,
) -> bool:
    """Show and tell what happens until the source ends or the person does; True if that was by Ctrl-C.

    once: it ends with the first picture.
    """
    try:
        with line:
            while not run.wait(_TICK_S) and not (once and run.saved):
                line.update(run, source.health)
                reporter.camera(source)
                _tell_news(run, view, recent_shots, reporter)
                if view is not None and not view.refresh(run):
                    break
    except KeyboardInterrupt:
        return True
    else:
        return False
    finally:
        run.stop()


def _tell_news(run: LiveRun, view: View | None, recent_shots: RecentShots, reporter: Reporter) -> None:
    """Of its own, so that no shot, and with it a frame, is held until the next one."""
    for shot in run.new_shots():
        reporter.shot(shot)
        if view is not None:
            view.shot_taken(shot)
    for news in recent_shots.results():
        reporter.wish(news)
        if view is not None:
            view.told(news)
