"""A run of livecam with the virtual camera, as ``livecam run --headless --json`` does it, in this process."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from PIL import Image
from rich.console import Console

from benchmarks.common.sampler import Sampler
from benchmarks.soak.faults import TOLD, Fault, Kind, plan
from benchmarks.soak.samples import Ages, look
from benchmarks.soak.virtual_camera import VirtualCamera, filling, jpegs_of
from livecam.live.recent_shots import RecentShots
from livecam.live.run import LiveRun
from livecam.model_factory import ModelFactory
from livecam.model_files import demo_clip
from livecam.pipeline import Analyser, StreamSteps
from livecam.shutter.decision import Decision
from livecam.shutter.shutter_control import ShutterControl
from livecam.shutter.trigger import Trigger, TriggerSettings
from livecam.sources.camera_reader import CameraReader
from livecam.sources.source import Source
from livecam.sources.threaded import MonotonicClock, ThreadedSource
from livecam.stop_signals import StopSignals
from livecam.storage.album import Album
from livecam.types import Face, Frame, Moment
from livecam.ui.main_loop import MainLoop
from livecam.ui.status_line import StatusLine
from livecam.ui.terminal import Reporter


class _TimedSteps(StreamSteps):
    """Notes how old each frame is when it has been decided on."""

    def __init__(self, analyser: Analyser, control: ShutterControl, ages: Ages) -> None:
        super().__init__(analyser, control)
        self._ages = ages

    def decide(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Moment, Decision]:
        decided = super().decide(frame, faces)
        self._ages.add((time.monotonic() - frame.captured_s) * 1000)
        return decided


class _TimedEvents(io.StringIO):
    """Where events are written, each with the time at which it came."""

    def __init__(self, camera: VirtualCamera) -> None:
        super().__init__()
        self.events: list[tuple[float, dict[str, Any]]] = []
        self._camera = camera

    def write(self, text: str, /) -> int:
        self.events.append((self._camera.now_s, json.loads(text)))
        return len(text)


def run(
    seconds: float, fps: float, seed: int, every_s: float, lasts_s: float, sample_s: float, spawned_s: float = 0.0
) -> dict[str, Any]:
    """Soak for so many seconds with the demo clip and the models that ship; see ``soak``."""
    del spawned_s
    faults = plan(seconds, seed=seed, every_s=every_s, lasts_s=lasts_s)
    camera = VirtualCamera(jpegs_of(demo_clip()), faults, fps=fps)
    with TemporaryDirectory() as folder:
        return soak(camera, faults, seconds, Path(folder), sample_s=sample_s)


def soak(
    camera: VirtualCamera,
    faults: Sequence[Fault],
    seconds: float,
    folder: Path,
    *,
    sample_s: float,
    models: ModelFactory | None = None,
) -> dict[str, Any]:
    """Run for so many seconds and return what was seen, JSON. models: instead of those that ship."""
    ages, stop, events = Ages(), StopSignals(), _TimedEvents(camera)
    with ExitStack() as parts:
        parts.enter_context(redirect_stdout(events))
        analyser = parts.enter_context(Analyser.load(models))
        given_before = camera.given  # it is read, and counted, from when it is opened
        source = parts.enter_context(_open(camera))
        control = ShutterControl(Trigger(TriggerSettings(runners_up=0)))
        recent_shots = parts.enter_context(RecentShots(folder))
        quiet = Console(file=io.StringIO())
        reporter = Reporter(quiet, as_json=True, live=True)
        loop = MainLoop(source, recent_shots, reporter, StatusLine(quiet, shown=False), None, stop)
        live = LiveRun(source, _TimedSteps(analyser, control, ages), Album(folder))
        parts.enter_context(mock.patch.object(os, "fsync", filling(camera.fault, os.fsync)))
        with live, Sampler(sample_s, partial(look, ages, time.monotonic())) as sampler:
            timer = threading.Timer(seconds, lambda: setattr(stop, "code", 0))
            timer.start()
            loop.follow(live)
            timer.cancel()
            live.finish()
            source.close()  # it counts what came until then
            given = camera.given - given_before
            loop.report_end(live)
    return {
        "frames": _frames(events.events[-1][1], given),
        "faults": _told(faults, events.events),
        "pictures": _pictures(events.events, folder),
        "samples": [asdict(sample) for sample in sampler.samples],
    }


def _open(camera: VirtualCamera) -> Source:
    clock = MonotonicClock()
    reader = CameraReader(camera.open(), camera.open, clock)
    # Begun with the first read: what comes before it counts for nobody, and was given all the same.
    return ThreadedSource("virtual camera", reader, live=True, newest_only=True, clock=clock, at_once=False)


def _frames(summary: dict[str, Any], given: int) -> dict[str, int]:
    return {
        "given": given,
        "read": summary["frames_read"],
        "analysed": summary["frames_analysed"],
        "dropped": summary["frames_dropped"],
    }


def _told(faults: Sequence[Fault], events: Sequence[tuple[float, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """How often each kind came, was told while it lasted, after how long, and how long until the camera was back."""
    states = [(t_s, event["state"]) for t_s, event in events if event["event"] == "camera" and "state" in event]
    found: dict[str, dict[str, Any]] = {}
    for kind in Kind:
        own = [fault for fault in faults if fault.kind is kind]
        told = [_first(states, TOLD[kind], fault.start_s, fault.stop_s) for fault in own]
        back = [
            _first(states, ("back",), fault.stop_s, None)
            for fault, when in zip(own, told, strict=True)
            if when is not None
        ]
        found[kind.value] = {
            "times": len(own),
            "told": sum(when is not None for when in told) if TOLD[kind] else None,
            "told_after_s": _worst(told, [fault.start_s for fault in own]),
            "back_after_s": _worst(back, [f.stop_s for f, when in zip(own, told, strict=True) if when is not None]),
        }
    return found


def _first(
    states: Sequence[tuple[float, str]], wanted: Sequence[str], start_s: float, stop_s: float | None
) -> float | None:
    return next((t for t, state in states if state in wanted and t >= start_s and (stop_s is None or t < stop_s)), None)


def _worst(times: Sequence[float | None], since: Sequence[float]) -> float | None:
    return max((round(t - s, 2) for t, s in zip(times, since, strict=True) if t is not None), default=None)


def _pictures(events: Sequence[tuple[float, dict[str, Any]]], folder: Path) -> dict[str, Any]:
    """How many were announced, are there and are whole; what else lies there."""
    announced = [Path(event["path"]) for _, event in events if event["event"] == "shot"]
    there = sorted(folder.iterdir())
    disk = Counter(event["state"] for _, event in events if event["event"] == "disk")
    return {
        "announced": len(announced),
        "whole": sum(_is_whole(path) for path in announced),
        "not announced": len([path for path in there if path.suffix == ".jpg" and path not in announced]),
        "other files": [path.name for path in there if path.suffix != ".jpg"],
        "disk": dict(disk),
    }


def _is_whole(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except OSError:
        return False
    return True
