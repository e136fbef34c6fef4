"""``livecam run``: watches a camera or a clip and takes the picture when it is at its best."""

from __future__ import annotations

import math
import re
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Literal, cast

import typer
from rich.console import Console

from livecam.exit_codes import INTERRUPTED

if TYPE_CHECKING:
    from livecam.live.recent_shots import RecentShots
    from livecam.pipeline import Analyser
    from livecam.shutter.lookback import LookBack
    from livecam.shutter.shutter_control import ShutterControl
    from livecam.sources.source import Pace, Source
    from livecam.ui.live_view import LiveView

_COUNTDOWN_S = 3.0


def run(  # noqa: PLR0913, PLR0917  a command has the options that it has
    source: Annotated[
        str | None,
        typer.Option(
            help='Camera (number, name or identity), clip, folder, URL, FIFO, "-" (standard input) or "demo". '
            "Default: the camera, else the demo."
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for a source that is not there yet; Ctrl-C ends it.")
    ] = False,
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
    eyes: Annotated[
        Literal["open", "laughs", "any"],
        typer.Option(
            help="open: closed eyes hold a picture back. laughs: not those of a broad laugh. any: they count for "
            "nothing, the rest of the face decides (asleep, a kiss, a prayer)."
        ),
    ] = "open",
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
    lookback: Annotated[
        float,
        typer.Option(
            min=0,
            max=5,
            help="Seconds before a press by hand from which the best frame is taken; 0: the frame itself.",
        ),
    ] = 1.5,
    out: Annotated[Path, typer.Option(help="Where the pictures go, and ratings.csv.")] = Path("pictures"),
    spare: Annotated[
        Path | None, typer.Option(help="Where pictures go that cannot be written to --out: a disk full, unplugged.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print events as JSON, one a line, on stdout.")] = False,
) -> None:
    """Watch a camera or a clip and take the picture when it is at its best.

    Keys in the window: space takes the best of the last moments
    (--lookback), c counts down, a switches auto-capture off and on, up and
    down (or + and -) move the threshold, p pauses, 1 to 5 rate the last
    picture (in ratings.csv beside it), x moves it to the folder deleted,
    u brings it back, m mirrors, g shows a grid, f fills the screen, h helps,
    q or Esc quits.

    At pace realtime the summary's latency is the age of a frame when it was
    decided on; at pace fast it is the time spent on a frame.
    """
    from livecam.live.loading import Loading, Preview  # noqa: PLC0415
    from livecam.live.recent_shots import RecentShots  # noqa: PLC0415
    from livecam.live.run import LiveRun  # noqa: PLC0415
    from livecam.pipeline import StreamSteps  # noqa: PLC0415
    from livecam.sources.source import CameraSettings, Orientation, Pace, open_source  # noqa: PLC0415
    from livecam.sources.waiting import open_when_there  # noqa: PLC0415
    from livecam.stop_signals import StopSignals  # noqa: PLC0415
    from livecam.storage.album import Album  # noqa: PLC0415  these load OpenCV
    from livecam.ui.lasting_output import lasting_stderr  # noqa: PLC0415
    from livecam.ui.main_loop import MainLoop  # noqa: PLC0415
    from livecam.ui.status_line import StatusLine  # noqa: PLC0415
    from livecam.ui.terminal import Reporter  # noqa: PLC0415

    camera = CameraSettings(_size(size), fps, _setting("--exposure", exposure), _setting("--focus", focus))
    console = Console(file=cast("IO[str]", lasting_stderr()), soft_wrap=True, highlight=False)
    spec, message, headless = _choose(source, console, headless=headless, wait=wait)
    load = partial(_load, console, spec, Pace(pace), provider=provider, model=model, faces=faces, eyes=eyes)
    only_countdown = headless and countdown is not None

    with ExitStack() as parts:
        stop = parts.enter_context(StopSignals())
        loading = parts.enter_context(Loading(load))  # opening a camera takes a second, too: both at once
        orientation = Orientation(int(rotate), mirror=mirror)
        open_it = partial(open_source, spec, Pace(pace), settings=camera, orientation=orientation)
        tell = partial(console.print, markup=False)
        opened = parts.enter_context(open_when_there(open_it, tell) if wait else open_it())
        control = _shutter(countdown or _COUNTDOWN_S, begin=only_countdown)
        recent_shots = parts.enter_context(RecentShots(out))
        view = None if headless else _open_view(parts, opened, control, recent_shots, message, sound=not no_sound)
        reporter = Reporter(console, as_json=as_json, live=opened.live)
        line = StatusLine(console, shown=console.is_terminal and not as_json)
        loop, preview = MainLoop(opened, recent_shots, reporter, line, view, stop), Preview(opened)

        stop.note_only()  # from here on there may be something to save
        wanted = loop.show_until_loaded(loading, preview)
        analyser = loading.analyser()
        keep = partial(Album, model_version=analyser.model_version)
        album, other = keep(out), keep(spare) if spare is not None else None
        reporter.report_leftovers(album)
        reporter.report_space(album)
        live = LiveRun(opened, StreamSteps(analyser, control), album, other, _look_back(lookback))
        interrupted = False
        try:
            if wanted:
                preview.continue_in(parts.enter_context(live))
                interrupted = loop.follow(live, until_first_shot=only_countdown)
            live.finish()
        finally:
            loop.report_end(live)
    if interrupted or stop.code is not None:
        raise typer.Exit(stop.code or INTERRUPTED)


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


def _choose(source: str | None, console: Console, *, headless: bool, wait: bool) -> tuple[str, str | None, bool]:
    """Return what is watched, what the window shows of that choice, and whether there is no window."""
    from livecam.sources.source import default_source  # noqa: PLC0415
    from livecam.ui.window import check_display, has_display  # noqa: PLC0415

    spec = default_source() if source is None else source
    message = None
    if source is None and spec == "demo" and wait:
        spec = "0"  # the first camera that is plugged in
    elif source is None and spec == "demo":
        message = "no camera found: playing the demo clip"
        console.print(message)
    if source is None and not headless and not has_display():
        console.print("no display: running without a window")
        headless = True
    elif not headless:
        check_display()
    return spec, message, headless


def _load(
    console: Console, spec: str, pace: Pace, *, provider: str, model: Path | None, faces: int, eyes: str
) -> Analyser:
    """Load what looks at the frames of spec. Runs in a thread of its own."""
    from livecam.pipeline import Analyser  # noqa: PLC0415
    from livecam.scoring.eye_policy import EyePolicy  # noqa: PLC0415
    from livecam.scoring.providers import slow_start  # noqa: PLC0415  loads ONNX Runtime
    from livecam.sources.source import Pace, is_still  # noqa: PLC0415

    if (wait := slow_start(provider, model)) is not None:
        console.print(wait)
    fast = pace is Pace.FAST
    stills, policy = is_still(spec), EyePolicy(eyes)
    return Analyser.load(model=model, provider=provider, faces=faces, stills=stills, fast=fast, eyes=policy)


def _shutter(countdown_s: float, *, begin: bool) -> ShutterControl:
    """Make the shutter. begin: let a countdown run from the start."""
    from livecam.shutter.shutter_control import ShutterControl  # noqa: PLC0415
    from livecam.shutter.trigger import Trigger, TriggerSettings  # noqa: PLC0415

    # Nobody looks at the runners-up here, and a frame of 4K is 25 MB.
    control = ShutterControl(Trigger(TriggerSettings(runners_up=0)), countdown_s=countdown_s)
    if begin:
        control.toggle_countdown()
    return control


def _look_back(seconds: float) -> LookBack | None:
    from livecam.shutter.lookback import LookBack, LookBackSettings  # noqa: PLC0415

    return LookBack(LookBackSettings(back_ms=seconds * 1000)) if seconds else None


def _open_view(
    parts: ExitStack,
    source: Source,
    control: ShutterControl,
    recent_shots: RecentShots,
    message: str | None,
    *,
    sound: bool,
) -> LiveView:
    from livecam.ui.live_view import LiveView  # noqa: PLC0415
    from livecam.ui.sound import Speaker, system_player  # noqa: PLC0415
    from livecam.ui.window import Window  # noqa: PLC0415

    speaker = parts.enter_context(Speaker(system_player() if sound else None))
    window = parts.enter_context(Window())
    return LiveView(window, source, control, recent_shots, speaker, message=message)
