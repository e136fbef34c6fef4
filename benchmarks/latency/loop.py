"""The whole of ``livecam run`` over a clip, with a stopwatch at each step. Called in a Python of its own."""

from __future__ import annotations

import operator
import time
from array import array
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from benchmarks.common.machine import resident_mb
from benchmarks.common.stopwatch import Memory, Stopwatch

if TYPE_CHECKING:
    from livecam.live.run import LiveRun
    from livecam.types import Frame

STAGES = ("read", "find", "crop", "score", "check", "decide", "draw", "encode", "write")
WARM_UP = 30  # frames before the speed is measured


class _ScreenTimes:
    """When the thread of the screen saw what.

    first_s: ``time.time()`` of the first decision.  shown_s: ``time.perf_counter()`` of each new picture.
    """

    def __init__(self) -> None:
        self.first_s = 0.0
        self.shown_s = array("d")
        self._shown: Frame | None = None

    def note(self, live: LiveRun) -> None:
        if not self.first_s and live.analysed:
            self.first_s = time.time()
        if live.newest is not self._shown:
            self._shown = live.newest
            self.shown_s.append(time.perf_counter())


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
    of all faces, encode is a picture's JPEG, EXIF and XMP, write until it is safe on the disk. Raises LivecamError.
    """
    started_mb = resident_mb()
    import livecam.commands.run  # noqa: PLC0415, F401  how long these take is measured
    from livecam.diagnostics.run_speed import RunSpeed  # noqa: PLC0415
    from livecam.diagnostics.unseen_run import UnseenRun  # noqa: PLC0415
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
        times, speed = _ScreenTimes(), RunSpeed(source, lambda live: live.analysed >= WARM_UP)

        def goes_on(live: LiveRun) -> bool:
            times.note(live)
            speed.note(live)
            return frames is None or speed.analysed < frames

        summary = UnseenRun(parts, source).follow(analyser, goes_on).summary()
    return {
        "provider": summary.provider,
        "fps": speed.fps,
        "cores": speed.cores,
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
        ("encode", Album, "develop"),
        ("write", Album, "write"),
    )
    for stage, owner, name in steps:
        parts.enter_context(patch.object(owner, name, watch.timed(stage, getattr(owner, name))))
    reading = watch.timed_items("read", decoding.clip_pictures)
    parts.enter_context(patch("livecam.sources.source.clip_pictures", reading))
