"""Makes the demo clip that livecam plays where there is no camera: ``python -m tools.make_demo``.

Writes livecam/assets/demo.mp4 (H.264, 720p) and beside it demo.json, which says what happens when:

    fps, frames, width, height   numbers of the clip; frame i is at i * 1000 / fps milliseconds
    source                       where the picture is from, and its terms
    events                       [{"kind", "start_ms", "end_ms", "peak_ms"}], in order of their start; kind is absent,
                                 neutral, blink, half_blink, smile, turn, blur or dark; peak_ms is where it is most so
    best                         [[start_ms, end_ms]]: a person would want the shot from here (both ends included)
    never                        [{"why", "start_ms", "end_ms"}]: no shot may be from here; why is absent,
                                 cut_off, closed, turned, blurred or dark

The same source gives the same frames each time. Needs scikit-image, scipy and av beside the package.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import av
import cv2
import numpy as np
from rich.progress import track

from livecam import model_files
from livecam.storage.durable import replace_file, replacing
from livecam.types import UInt8Array
from tools.animate import HEIGHT, WIDTH, Portrait, Pose
from tools.close_mouth import smoothstep

FPS = 30
SECONDS = 28.5
SEED = 7
SOURCE = (
    "Animated by tools/make_demo.py from NASA's portrait of astronaut Eileen Collins (NASA Great Images, "
    "https://flic.kr/p/r9qvLn, as skimage.data.astronaut()). Public domain: NASA material is not protected by "
    "copyright in the United States. The movements are invented; neither she nor NASA endorses livecam."
)

# Seconds. A smile grows, is whole (and at its highest in between), fades, and is gone.
_SMILES = [(6.0, 7.1, 8.5, 9.4), (16.0, 16.8, 18.3, 19.1), (25.2, 26.2, 27.2, 28.1)]
# Start in seconds, length in milliseconds, how far the lids go.
_BLINKS = [
    (3.2, 230, 1.0), (4.2, 200, 0.5), (5.2, 170, 1.0), (9.9, 270, 1.0), (15.3, 230, 0.5), (17.3, 300, 1.0),
    (21.5, 200, 1.0), (24.9, 170, 1.0),
]  # fmt: skip
_TURNS = [(10.8, 11.3, 11.8, 12.2, 1), (12.1, 12.6, 13.1, 13.5, -1)]
_YAW = 29.0
_STIR = (13.9, 15.0)  # she cannot keep still: two rounds, blurred
_DARK = (19.4, 21.0)
_AWAY = [(-1.0, 0.0, 1.0, 2.0), (22.2, 23.1, 24.0, 24.8)]  # goes, is gone, comes back, is back
_OUT = -1000.0  # pixels: to the left of the frame, all of her


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens, in seconds."""

    kind: str
    start: float
    end: float
    peak: float

    def record(self) -> dict[str, object]:
        """Return it as demo.json has it."""
        times = {"start_ms": self.start, "end_ms": self.end, "peak_ms": self.peak}
        return {"kind": self.kind, **{name: round(1000 * t) for name, t in times.items()}}


def _between(t: float, span: tuple[float, float, float, float]) -> float:
    """0 outside, 1 between the two middle times, smooth on the way."""
    return float(smoothstep(t, span[0], span[1]) * (1 - smoothstep(t, span[2], span[3])))


def _smile(t: float) -> float:
    """A whole smile still grows a little towards its middle."""
    total = 0.0
    for start, full, fading, end in _SMILES:
        middle = math.exp(-(((t - (full + fading) / 2) / 0.6) ** 2))
        total += _between(t, (start, full, fading, end)) * (0.92 + 0.08 * middle)
    return total


def _closed(t: float) -> float:
    """Lids fall faster than they rise, and rest in between."""
    lids = 0.0
    for start, length_ms, depth in _BLINKS:
        phase = (t - start) / (length_ms / 1000)
        lids = max(lids, depth * _between(phase, (0.0, 0.35, 0.6, 1.0)))
    return lids


def _place(t: float) -> tuple[float, float]:
    """Where she is, x and y in pixels: breathing, stepping out and in, stirring."""
    gone = max(_between(t, span) for span in _AWAY)
    x = _OUT * gone
    y = 1.5 * math.sin(2 * math.pi * t / 4.1) + 7 * math.sin(math.pi * gone) * math.sin(2 * math.pi * 1.8 * t)
    round_share = (t - _STIR[0]) / (_STIR[1] - _STIR[0])
    if 0 < round_share < 1:
        angle = 2 * 2 * math.pi * float(smoothstep(round_share, -0.1, 1.1) - smoothstep(0.0, -0.1, 1.1))
        angle /= float(smoothstep(1.0, -0.1, 1.1) - smoothstep(0.0, -0.1, 1.1))
        x += 75 * (1 - math.cos(angle))
        y += 45 * math.sin(angle)
    return x, y


def _sway(t: float, size: float, *periods: float) -> float:
    return size * sum(math.sin(2 * math.pi * t / period + period) for period in periods) / len(periods)


def pose_at(t: float) -> Pose:
    """Return what the clip shows t seconds after its start."""
    x, y = _place(t)
    half = 0.5 / FPS  # the shutter is open for the whole frame
    (x0, y0), (x1, y1) = _place(t - half), _place(t + half)
    turn = sum(sign * _between(t, (a, b, c, d)) for a, b, c, d, sign in _TURNS)
    dark = _between(t, (_DARK[0], _DARK[0] + 0.2, _DARK[1] - 0.25, _DARK[1]))
    smile = _smile(t)
    return Pose(
        smile=smile,
        closed=_closed(t),
        yaw=_YAW * turn + _sway(t, 3.5, 5.3, 8.9),
        pitch=_sway(t, 2.0, 4.3, 6.7) - 2.0 * smile,
        roll=_sway(t, 1.8, 6.1, 9.7) + 1.2 * smile,
        head_x=_sway(t, 6.0, 7.3, 11.0),
        head_y=_sway(t, 2.5, 3.7, 5.9),
        x=x,
        y=y,
        light=1 - 0.93 * dark,
        blur_x=x1 - x0,
        blur_y=y1 - y0,
    )


def _why_never(pose: Pose) -> str | None:
    """Why no shot may show pose, if so."""
    reasons = {
        "absent": pose.x < -960,
        "cut_off": pose.x < -430,
        "dark": pose.light < 0.35,
        "blurred": math.hypot(pose.blur_x, pose.blur_y) > 6,
        "turned": abs(pose.yaw) > 20,
        "closed": pose.closed > 0.6,
    }
    return next((why for why, holds in reasons.items() if holds), None)


def _windows(label: Callable[[Pose], str | None]) -> Iterator[tuple[str, int, int]]:
    """Label, first and last millisecond of each run of frames with the same label."""
    frames = [(label(pose_at(i / FPS)), i) for i in range(round(SECONDS * FPS))]
    for why, run in itertools.groupby(frames, key=lambda frame: frame[0]):
        indices = [i for _, i in run]
        if why is not None:
            yield why, round(1000 * indices[0] / FPS), round(1000 * indices[-1] / FPS)


def describe() -> dict[str, object]:
    """Return demo.json."""
    events = [Event("smile", a, d, (b + c) / 2) for a, b, c, d in _SMILES]
    for start, length_ms, depth in _BLINKS:
        length = length_ms / 1000
        events.append(Event("blink" if depth == 1 else "half_blink", start, start + length, start + 0.475 * length))
    events += [Event("turn", a, d, (b + c) / 2) for a, b, c, d, _ in _TURNS]
    events += [Event("blur", *_STIR, sum(_STIR) / 2), Event("dark", *_DARK, sum(_DARK) / 2)]
    # Absent is when all of her is out of the frame, not while she goes or comes.
    events += [Event("absent", max(b, 0.0), c, (max(b, 0.0) + c) / 2) for _, b, c, _ in _AWAY]
    events += [Event("neutral", a, b, (a + b) / 2) for a, b in ((2.2, 3.1), (15.6, 16.0))]

    def best(pose: Pose) -> str | None:
        return "best" if pose.smile > 0.9 and pose.closed < 0.05 and _why_never(pose) is None else None

    return {
        "fps": FPS,
        "frames": round(SECONDS * FPS),
        "width": WIDTH,
        "height": HEIGHT,
        "source": SOURCE,
        "events": [event.record() for event in sorted(events, key=lambda event: event.start)],
        "best": [[start, end] for _, start, end in _windows(best)],
        "never": [{"why": why, "start_ms": start, "end_ms": end} for why, start, end in _windows(_why_never)],
    }


def frames() -> Iterator[UInt8Array]:
    """Yield the clip's pictures, uint8 (720, 1280, 3), RGB, with a sensor's noise."""
    portrait = Portrait()
    for i in range(round(SECONDS * FPS)):
        pose = pose_at(i / FPS)
        rng = np.random.default_rng((SEED, i))
        sigma = 1.4 + 1.6 * (1 - pose.light)
        noise = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH), np.float32), (0, 0), 0.7) * sigma
        yield np.clip(portrait.render(pose) + noise[..., None] + 0.5, 0, 255).astype(np.uint8)


def main() -> None:
    """Write the clip and its description into the package."""
    cv2.setNumThreads(1)
    clip = model_files.demo_clip()
    clip.parent.mkdir(exist_ok=True)
    description = describe()
    # One thread and bit-exact flags: the same bytes on every run of the same encoder.
    options = {"crf": "22", "preset": "slow", "threads": "1", "g": "60", "flags": "+bitexact"}
    form = {"movflags": "+faststart", "fflags": "+bitexact"}
    with replacing(clip) as beside, av.open(str(beside), "w", format="mp4", options=form) as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for picture in track(frames(), "demo clip", total=round(SECONDS * FPS)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    text = json.dumps(description, indent=1, ensure_ascii=False)
    replace_file(clip.with_suffix(".json"), f"{text}\n".encode())


if __name__ == "__main__":
    main()
