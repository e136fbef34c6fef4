"""``livecam run --headless --serve`` over a clip, with so many viewers. Called in a Python of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from livecam.errors import SourceError

if TYPE_CHECKING:
    from livecam.live.run import LiveRun
    from livecam.serve.live_remote import LiveRemote
    from livecam.types import Frame

WARM_UP = 60  # frames before anything is measured: by then the viewers are there


class _Captured:
    """When each frame was captured, by its number."""

    def __init__(self, source: Any) -> None:  # noqa: ANN401  a Source, whose read is replaced
        self.at_s: dict[int, float] = {}
        self._read = source.read
        source.read = self.read

    def read(self, timeout_s: float = 1.0) -> Frame | None:
        frame: Frame | None = self._read(timeout_s)
        if frame is not None:
            self.at_s[frame.index] = frame.captured_s
        return frame


def run(
    *,
    clip: str,
    pace: str,
    provider: str,
    viewers: int,
    frames: int | None = None,
    warm_up: int = WARM_UP,
    decode: bool = False,
    spawned_s: float,
) -> dict[str, Any]:
    """Run over clip and return what was measured after the warm-up, over the next so many frames or to the clip's end.

    decode: let the first viewer decode each picture and read its number.
    fps: frames analysed a second.  cores: processors that this process kept busy.  glass_ms: from a frame's capture to
    when the first viewer had it decoded.  viewer_fps, viewer_kb: pictures a second and their mean size. Raises
    SourceError if the clip was over before the warm-up.
    """
    del spawned_s
    from livecam.diagnostics.run_speed import RunSpeed  # noqa: PLC0415
    from livecam.diagnostics.unseen_run import UnseenRun  # noqa: PLC0415  heavy
    from livecam.pipeline import Analyser  # noqa: PLC0415
    from livecam.serve.live_server import LiveServer, ServeOptions  # noqa: PLC0415
    from livecam.sources.source import Pace, open_source  # noqa: PLC0415

    with ExitStack() as parts:
        analyser = parts.enter_context(Analyser.load(provider=provider, fast=Pace(pace) is Pace.FAST))
        source = parts.enter_context(open_source(clip, Pace(pace)))
        captured = _Captured(source)
        unseen = UnseenRun(parts, source)
        server = parts.enter_context(LiveServer(ServeOptions("127.0.0.1:0"), unseen.out))
        remote = server.start(source, unseen.control, unseen.recent_shots, (unseen.out,), None)
        watching = _start_viewers(server.url, viewers, decode=decode) if viewers else None
        _wait_for_viewers(remote, viewers)
        speed = RunSpeed(source, lambda live: live.analysed >= warm_up)

        def goes_on(live: LiveRun) -> bool:
            speed.note(live)
            return frames is None or speed.analysed < frames

        summary = unseen.follow(analyser, goes_on, remote, window=False).summary()
        if not speed.analysed:
            few = f"only {summary.frames_analysed} frames of the clip were analysed"
            raise SourceError(f"{few}: end what else runs on this computer")
        parts.pop_all().close()  # ends the server, and with it the viewers
    seen: list[dict[str, Any]] = json.loads(watching.communicate()[0]) if watching is not None else []
    return {
        "fps": speed.fps,
        "cores": speed.cores,
        "dropped": summary.frames_dropped,
        "age_ms": {"p50": summary.latency.p50, "p95": summary.latency.p95},
        "provider": summary.provider,
        "glass_ms": _ages(seen, captured.at_s, warm_up),
        "viewer_fps": [_rate(viewer["times"]) for viewer in seen],
        "viewer_kb": [viewer["bytes"] / max(len(viewer["times"]), 1) / 1000 for viewer in seen],
    }


def _start_viewers(url: str, count: int, *, decode: bool) -> subprocess.Popen[str]:
    port = url.rsplit(":", 1)[1].strip("/")
    words = [sys.executable, "-m", "benchmarks.serve.watch", port, str(count), "decode" if decode else "take"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def _wait_for_viewers(remote: LiveRemote, count: int) -> None:
    deadline_s = time.monotonic() + 60
    while remote.viewers.wanted < count and time.monotonic() < deadline_s:
        time.sleep(0.01)


def _ages(viewers: list[dict[str, Any]], captured_s: dict[int, float], warm_up: int) -> list[float]:
    """Of the first viewer's pictures after the warm-up, milliseconds."""
    seen = viewers[0]["seen"] if viewers else []
    return [1000 * (at_s - captured_s[number]) for number, at_s in seen if number >= warm_up and number in captured_s]


def _rate(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
