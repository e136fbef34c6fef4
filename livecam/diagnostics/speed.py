"""How fast livecam is on this computer, in words: what ``livecam doctor --speed`` says."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from livecam.diagnostics.finding import Finding

SECONDS, MOST_FRAMES = 4.0, 90  # of the run in real time, and of the one as fast as may be; set by hand
_FEW_DROPPED = 0.03  # share of frames that may be lost by chance without a word; set by hand
_BUSY_SHARE = 0.5  # of the processors that other programs may use without a word; set by hand
_WORDS = {"read": "read", "find": "find the face", "score": "score", "decide": "checks and decision", "draw": "draw"}
_ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}


def speed() -> Iterator[Finding]:
    """Measure a run in real time, one as fast as may be, and each step alone; about 10 s."""
    from livecam.diagnostics.live_speed import CAMERA_FPS, live_speed  # noqa: PLC0415  loads all models
    from livecam.diagnostics.step_costs import step_costs  # noqa: PLC0415
    from livecam.pipeline import Analyser  # noqa: PLC0415
    from livecam.sources.source import Pace  # noqa: PLC0415

    busy = _others_busy()
    with Analyser.load() as analyser:
        live = live_speed(analyser, Pace.REALTIME, seconds=SECONDS)
        fast = live_speed(analyser, Pace.FAST, seconds=2 * SECONDS, most_frames=MOST_FRAMES)
        provider = analyser.provider
    costs = step_costs()
    if busy is not None:
        yield busy
    yield Finding("scorer", "ok", f"runs on {provider}")
    yield from described(
        {
            "camera_fps": CAMERA_FPS,
            "fps": live.fps,
            "fps_possible": fast.fps,
            "age_p50_ms": live.age.p50,
            "age_p95_ms": live.age.p95,
            "every": live.every,
            "dropped_share": live.dropped_share,
            "processor_ms": live.processor_ms,
        },
        costs,
    )


def described(figures: Mapping[str, float], costs: Mapping[str, float]) -> Iterator[Finding]:
    """Say what was measured. figures: as ``speed`` puts them together.  costs: ms of processor time by step."""
    fps, possible = figures["fps"], figures["fps_possible"]
    found = f"{fps:.0f} of {figures['camera_fps']:.0f} frames a second of 720p; up to {possible:.0f} are possible"
    yield Finding("speed", "ok", found, figures=dict(figures))
    age = f"a frame is {figures['age_p50_ms']:.0f} ms old when it is decided on, at most {figures['age_p95_ms']:.0f} ms"
    yield Finding("age", "ok", f"{age} in 95 %")
    parts = ", ".join(f"{_WORDS[step]} {ms:.1f}" for step, ms in costs.items())
    spent = f"{figures['processor_ms']:.0f} ms of the processor for each frame; alone: {parts}"
    yield Finding("processor time", "ok", spent, figures=dict(costs))
    yield _plan(int(figures["every"]), figures["dropped_share"])


def _others_busy() -> Finding | None:
    """What else the processors do would be measured along."""
    cores = os.cpu_count() or 1
    if not hasattr(os, "getloadavg") or (load := os.getloadavg()[0]) < _BUSY_SHARE * cores:
        return None
    busy = min(load, cores)  # more may wait for a processor than there are
    found = f"other programs keep {busy:.1f} of {cores} processors busy: livecam is faster than what follows"
    return Finding("load", "note", found, "measure again when they have ended")


def _plan(every: int, dropped_share: float) -> Finding:
    slower = "close what else is running, or take fewer pictures a second (livecam run --fps 15)"
    if every > 1:
        words = f"livecam run looks at every {_ORDINALS.get(every, f'{every}th')} frame here, in even steps"
        return Finding("run", "note", words, slower)
    if dropped_share > _FEW_DROPPED:
        return Finding("run", "note", f"livecam run loses {dropped_share:.0%} of the frames here", slower)
    return Finding("run", "ok", "livecam run looks at every frame")
