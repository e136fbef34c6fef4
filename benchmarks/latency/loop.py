"""The whole of ``livecam run`` over a clip, with a stopwatch at each step. Called in a Python of its own."""

from __future__ import annotations

import operator
import tempfile
import time
from array import array
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from benchmarks.common.machine import resident_mb
from benchmarks.common.stopwatch import Memory, Stopwatch

if TYPE_CHECKING:
    from livecam.live.recent_shots import RecentShots
    from livecam.live.run import LiveRun
    from livecam.pipeline import Analyser
    from livecam.sources.source import Source
    from livecam.ui.live_view import LiveView

STAGES = ("read", "find", "crop", "score", "check", "decide", "draw", "write")
WARM_UP = 30  # frames before the speed is measured
_TICK_S = 1 / 60  # as in livecam.ui.main_loop


@dataclass(slots=True)
class _RunTimes:
    """What the thread of the screen measured.

    first_s: ``time.time()`` of the first decision.  frames, elapsed_s, processor_s: since the warm-up.
    shown_s: ``time.perf_counter()`` of each new picture on the screen.
    """

    first_s: float = 0.0
    elapsed_s: float = 0.0
    processor_s: float = 0.0
    frames: int = 0
    shown_s: array[float] = field(default_factory=lambda: array("d"))


def run(
    *,
    clip: str,
    pace: str,
    model: str | None,
    provider: str,
    spawned_s: float,
    first: int = 0,
    frames: int | None = None,
) -> dict[str, Any]:
    """Run over clip and return what was measured.

    The run begins at frame first. Its speed is measured after WARM_UP frames, over the next so many or to the clip's
    end; the stages' times, milliseconds, over all of them. The stage read is decoding and colours, score is the batch
    of all faces, write is a picture's JPEG and EXIF until it is safe on the disk. Raises LivecamError.
    """
    started_mb = resident_mb()
    import livecam.commands.run  # noqa: PLC0415  how long these take is measured
    import livecam.live.run  # noqa: PLC0415
    import livecam.ui.live_view  # noqa: PLC0415, F401
    from livecam.live.loading import Loading  # noqa: PLC0415
    from livecam.pipeline import Analyser  # noqa: PLC0415
    from livecam.sources.source import Pace, open_source  # noqa: PLC0415

    imports_s = time.time() - spawned_s
    watch = Stopwatch()
    with ExitStack() as parts:
        _attach(watch, parts)
        file, fast = Path(model) if model else None, Pace(pace) is Pace.FAST
        load = partial(Analyser.load, model=file, provider=provider, fast=fast)
        loading = parts.enter_context(Loading(load))
        source = parts.enter_context(open_source(clip, Pace(pace)))
        analyser = loading.analyser()
        models_s = time.time() - spawned_s
        for _ in range(first):
            source.read()
        memory = parts.enter_context(Memory())
        live, view, recent_shots = _start(parts, source, analyser)
        times = _watch(live, view, recent_shots, frames)
        live.stop()
        live.finish()
        summary = live.summary()
    return {
        "provider": summary.provider,
        "fps": times.frames / times.elapsed_s if times.elapsed_s else 0.0,
        "cores": times.processor_s / times.elapsed_s if times.elapsed_s else 0.0,
        "frames": {
            "read": summary.frames_read - first,
            "analysed": summary.frames_analysed,
            "dropped": summary.frames_dropped,  # those cut off at the end, too, unless it was the clip's
            "with_face": len(watch.times_ms["score"]),
        },
        "shots": len(summary.shots),
        "latency_ms": {"p50": summary.latency.p50, "p95": summary.latency.p95, "p99": summary.latency.p99},
        "stages_ms": {stage: watch.times_ms[stage].tolist() for stage in STAGES},
        "start_up_s": {"imports": imports_s, "models": models_s, "first_decision": times.first_s - spawned_s},
        "memory_mb": memory.summary(started_mb),
        "longest_freeze_ms": 1000 * max(map(operator.sub, times.shown_s[1:], times.shown_s), default=0.0),
    }


def _attach(watch: Stopwatch, parts: ExitStack) -> None:
    from livecam import pipeline  # noqa: PLC0415  heavy
    from livecam.faces.finder import FaceFinder  # noqa: PLC0415
    from livecam.scoring.scorer import Scorer  # noqa: PLC0415
    from livecam.shutter.trigger import Trigger  # noqa: PLC0415
    from livecam.sources import decoding  # noqa: PLC0415  heavy
    from livecam.storage.album import Album  # noqa: PLC0415
    from livecam.ui.overlay import Overlay  # noqa: PLC0415

    steps: tuple[tuple[str, Any, str], ...] = (
        ("find", FaceFinder, "find"),
        ("crop", pipeline, "crop_face"),
        ("score", Scorer, "score"),
        ("check", pipeline, "find_reasons"),
        ("decide", Trigger, "update"),
        ("draw", Overlay, "draw"),
        ("write", Album, "save"),
    )
    for stage, owner, name in steps:
        parts.enter_context(patch.object(owner, name, watch.timed(stage, getattr(owner, name))))
    reading = watch.timed_items("read", decoding.clip_pictures)
    parts.enter_context(patch("livecam.sources.source.clip_pictures", reading))


def _start(parts: ExitStack, source: Source, analyser: Analyser) -> tuple[LiveRun, LiveView, RecentShots]:
    """Put the rest of ``livecam run`` together, around a screen that shows nothing."""
    from livecam.diagnostics.live_speed import NoScreen  # noqa: PLC0415
    from livecam.live.recent_shots import RecentShots  # noqa: PLC0415
    from livecam.live.run import LiveRun  # noqa: PLC0415
    from livecam.pipeline import StreamSteps  # noqa: PLC0415
    from livecam.shutter.shutter_control import ShutterControl  # noqa: PLC0415
    from livecam.shutter.trigger import Trigger, TriggerSettings  # noqa: PLC0415
    from livecam.storage.album import Album  # noqa: PLC0415  heavy
    from livecam.ui.live_view import LiveView  # noqa: PLC0415
    from livecam.ui.sound import Speaker  # noqa: PLC0415

    out = Path(parts.enter_context(tempfile.TemporaryDirectory()))
    control = ShutterControl(Trigger(TriggerSettings(runners_up=0)))
    recent_shots = parts.enter_context(RecentShots(out))
    speaker = parts.enter_context(Speaker(None))
    view = LiveView(NoScreen(), source, control, recent_shots, speaker)
    live = parts.enter_context(LiveRun(source, StreamSteps(analyser, control), Album(out)))
    return live, view, recent_shots


def _watch(live: LiveRun, view: LiveView, recent_shots: RecentShots, frames: int | None) -> _RunTimes:
    """Show the run on the screen until it is over or was measured for long enough."""
    times, shown = _RunTimes(), None
    begun_s: float | None = None
    base, processor_s = 0, 0.0
    over = False
    while not over:
        over = live.wait(_TICK_S)
        now_s, analysed = time.perf_counter(), live.analysed
        if not times.first_s and analysed:
            times.first_s = time.time()
        if begun_s is None and analysed >= WARM_UP:
            begun_s, base, processor_s = now_s, analysed, time.process_time()
        for shot in live.new_shots():
            recent_shots.add(shot)
            view.show_shot(shot)
        view.refresh(live)
        if live.newest is not shown:
            shown = live.newest
            times.shown_s.append(time.perf_counter())
        if begun_s is not None:
            times.frames, times.elapsed_s = analysed - base, now_s - begun_s
            times.processor_s = time.process_time() - processor_s
            over = over or (frames is not None and times.frames >= frames)
    return times
