"""``livecam run``: watches a camera or a clip and takes the picture when it is at its best."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, Annotated, Literal, cast

import typer
from rich.console import Console

from livecam import command_options
from livecam.commands._run_options import check_followed, parsed, serve_options
from livecam.exit_codes import INTERRUPTED

_COUNTDOWN_S = 3.0


def run(  # noqa: PLR0913, PLR0915, PLR0917  a command has the options that it has
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
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with the pictures that come into a folder; Ctrl-C ends it.")
    ] = False,
    give_up: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=1,
            help="End, and fail, when a camera or stream has given no new picture for so long. Default: try for ever.",
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
        bool,
        typer.Option(
            "--mirror", help="Mirror the pictures, saved ones too, of a camera that mirrors; M mirrors the window only."
        ),
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
    model: command_options.Model = None,
    taste: command_options.Taste = None,
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
        Path | None,
        typer.Option(help="Where pictures go while --out cannot be written: its disk is full, or unplugged."),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write down what happens, and why no picture is taken: livecam explain FILE tells it."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print events as JSON, one a line, on stdout.")] = False,
    serve: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:PORT]",
            help="See and steer it in a browser; without an address at 127.0.0.1:8765, for this computer alone. "
            "0.0.0.0:8765 lets everybody in your network watch.",
        ),
    ] = None,
    pin: Annotated[
        str | None, typer.Option(help="The host's PIN for --serve; else one is made up where others can come.")
    ] = None,
    guests_shoot: Annotated[
        bool, typer.Option("--guests-shoot", help="Let who has no PIN press the shutter, too.")
    ] = False,
    tls: command_options.Tls = None,
    clip: Annotated[bool, typer.Option("--clip", help="Keep three seconds of film beside each picture, too.")] = False,
    hook: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Run this after each picture, without a shell; {path} and {score} are replaced.",
        ),
    ] = None,
) -> None:
    """Watch a camera or a clip and take the picture when it is at its best.

    Keys in the window: space takes the best of the last moments
    (--lookback), c counts down, a switches auto-capture off and on, up and
    down (or + and -) move the threshold, p pauses, 1 to 5 rate the last
    picture (in ratings.csv beside it), x moves it to the folder deleted,
    u brings it back, m mirrors, g shows a grid, f fills the screen, h helps,
    i hides and shows the address of --serve as a QR code, q or Esc quits.

    At pace realtime the summary's latency is the age of a frame when it was
    decided on; at pace fast it is the time spent on a frame.
    """
    from livecam.last_will import last_will  # noqa: PLC0415
    from livecam.live.event_log import require_log_place  # noqa: PLC0415
    from livecam.live.lessons import learn_from  # noqa: PLC0415
    from livecam.live.loading import Loading, Preview  # noqa: PLC0415
    from livecam.live.recent_shots import RecentShots  # noqa: PLC0415
    from livecam.live.run import LiveRun  # noqa: PLC0415
    from livecam.live.turned_camera import TurnedCamera  # noqa: PLC0415
    from livecam.live.watched_steps import Findings, WatchedSteps  # noqa: PLC0415
    from livecam.serve.run_watchers import RunWatchers  # noqa: PLC0415
    from livecam.sources.camera_options import parse_exposure, parse_focus, parse_size  # noqa: PLC0415
    from livecam.sources.patience import Patience  # noqa: PLC0415
    from livecam.sources.source import CameraSettings, Orientation, Pace, open_source  # noqa: PLC0415
    from livecam.sources.waiting import open_when_ready, open_when_there  # noqa: PLC0415
    from livecam.stop_signals import StopSignals  # noqa: PLC0415
    from livecam.storage.album import Album  # noqa: PLC0415  these load OpenCV
    from livecam.ui.lasting_output import lasting_stderr  # noqa: PLC0415
    from livecam.ui.main_loop import MainLoop  # noqa: PLC0415
    from livecam.ui.run_log import open_log  # noqa: PLC0415
    from livecam.ui.run_parts import (  # noqa: PLC0415
        NewPictures,
        choose_source,
        load_analyser,
        make_look_back,
        make_shutter,
        open_view,
        taste_in_words,
    )
    from livecam.ui.status_line import StatusLine  # noqa: PLC0415
    from livecam.ui.terminal import Reporter  # noqa: PLC0415
    from livecam.ui.why_watcher import WhyWatcher  # noqa: PLC0415

    light = parsed("--exposure", parse_exposure, exposure), parsed("--focus", parse_focus, focus)
    camera = CameraSettings(parsed("--size", parse_size, size), fps, *light)
    check_followed(source, out, spare, follow=follow)
    if log is not None:
        require_log_place(log)
    options = serve_options(serve, pin, tls, guests_shoot=guests_shoot)
    console = Console(file=cast("IO[str]", lasting_stderr()), soft_wrap=True, highlight=False)
    spec, message, headless = choose_source(source, console, headless=headless, wait=wait)
    message = " · ".join(filter(None, (message, taste_in_words(taste, model)))) or None
    looks_at = partial(load_analyser, console, spec, Pace(pace), provider=provider, model=model)
    load = partial(looks_at, faces=faces, eyes=eyes, taste=taste)
    only_countdown = headless and countdown is not None

    with ExitStack() as parts:
        stop = parts.enter_context(StopSignals())
        tell = partial(console.print, markup=False)
        watchers = parts.enter_context(RunWatchers(options, hook, out, tell, clips=clip, qr=console.is_terminal))
        loading = parts.enter_context(Loading(load))  # opening a camera takes a second, too: both at once
        orientation = Orientation(int(rotate), mirror=mirror)
        new_pictures = NewPictures(spec, follow=follow)
        open_it = partial(
            open_source, spec, Pace(pace), settings=camera, orientation=orientation, follow=follow, patience=Patience()
        )
        opened = parts.enter_context(
            open_when_there(open_it, tell, give_up_s=give_up) if wait else open_when_ready(open_it, tell)
        )
        control = make_shutter(countdown or _COUNTDOWN_S, begin=only_countdown)
        recent_shots = parts.enter_context(RecentShots(out))
        shown = partial(open_view, parts, opened, control, recent_shots, message)
        view = None if headless else shown(sound=not no_sound, code=watchers.code)
        asked: dict[str, object] = {
            "pace": pace,
            "faces": faces,
            "eyes": eyes,
            "size": size,
            "fps": fps,
            "rotate": rotate,
        }
        asked |= {"mirror": mirror, "countdown": countdown, "provider": provider, "model": model, "out": out}
        logs = parts.enter_context(ExitStack())
        note = open_log(logs, log, opened, asked, console)
        reporter = Reporter(console, as_json=as_json, live=opened.live, log=note)
        findings = Findings(TurnedCamera(opened.name, orientation))
        why = WhyWatcher(findings, reporter)
        line = StatusLine(console, shown=console.is_terminal and not as_json)
        beside = watchers.watch(opened, control, recent_shots, (out, spare), message)
        loop = MainLoop(opened, recent_shots, reporter, line, view, stop, (*beside, why))
        preview = Preview(opened)

        stop.note_only()  # from here on there may be something to save
        wanted = loop.show_until_loaded(loading, preview)
        analyser = loading.analyser()
        keep = partial(Album, model_version=analyser.model_version)
        album, other = keep(out), keep(spare) if spare is not None else None
        reporter.report_leftovers(album)
        reporter.report_space(album)
        learn_from(recent_shots, analyser, spec)
        steps = WatchedSteps(analyser, control, findings)
        live = LiveRun(opened, steps, album, other, make_look_back(lookback), give_up)
        interrupted = False
        if view is not None:  # the last of these is done first
            for act in (logs.close, watchers.close, partial(loop.save_without_screen, live, why.finish)):
                parts.enter_context(last_will(act))
        try:
            if wanted:
                preview.continue_in(parts.enter_context(live))
                interrupted = loop.follow(live, until_first_shot=only_countdown)
            loop.finish(live)
        finally:
            why.finish()
            loop.report_end(live)
            for told in filter(None, (*analyser.taste.notes, new_pictures.words(live.summary().shots))):
                tell(told)
    if interrupted or stop.code is not None:
        raise typer.Exit(stop.code or INTERRUPTED)
