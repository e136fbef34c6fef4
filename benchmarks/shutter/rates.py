"""What a slow camera, or a slow computer, would take of the same clips: only so many of their frames a second.

Nothing is analysed anew: of each clip's moments those are left out that somebody so slow would not have seen. Which
ones are left depends on when the first is seen, and a smile more or less is then chance, so that every rate is tried
from several starts and the figures are sums over all of them. What is left out still says what went on around a
picture: whether the lids or the jaw moved, which no slow camera sees.

This is kinder than the truth in one thing: a face is followed from every frame of the clip.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.labelled.labels import Spot
from benchmarks.shutter.judge import TRIGGERS, Capture, Clips, Result, judge
from livecam.faces import mesh
from livecam.shutter.settings import TriggerSettings
from livecam.types import EYE_REASONS, Moment

STARTS = 4  # set by hand: 15 of 30 frames a second have no more than two that differ
_SETTINGS = TriggerSettings()
_NEAR_MS, _JAW_MOVES = _SETTINGS.neighbourhood_ms, _SETTINGS.smile_check.jaw_moves
_ROUNDING_MS = 1e-3  # times of frames are rounded


@dataclass(frozen=True, slots=True)
class RateResult:
    """What one trigger took at a frame rate, summed over all starts.

    fps: frames a second, None: all that the clip has.  smiles, caught, talkers, bothered, captures, refused, blinks,
    false_fires: as in Result.  beside_a_blink: captures with a frame within 100 ms in the whole clip whose eyes are
    shut.  in_mid_word: those around which, within 100 ms in the whole clip, the jaw moves as in a word.
    """

    trigger: str
    fps: float | None
    starts: int
    smiles: int
    caught: int
    talkers: int
    bothered: int
    captures: int
    refused: int
    blinks: int
    beside_a_blink: int
    in_mid_word: int
    false_fires: int


def thinned(moments: Sequence[Moment], fps: float, start: float = 0.0) -> list[Moment]:
    """Return what is left of a clip's moments at fps frames a second: the first of each interval, if there is one.

    start: of an interval, 0..1, that goes by before the first. Where the clip has fewer frames, they are all left.
    """
    if not moments:
        return []
    interval_ms = 1000 / fps
    begin_ms = moments[0].t_ms + start * interval_ms - _ROUNDING_MS
    left: list[Moment] = []
    last = -1  # the interval of the moment kept last
    for moment in moments:
        interval = math.floor((moment.t_ms - begin_ms) / interval_ms)
        if interval > last:
            left.append(moment)
            last = interval
    return left


def at_rates(clips: Clips, rates: Sequence[float], refused: set[Spot]) -> Iterator[RateResult]:
    """Yield what each of TRIGGERS takes of the clips, first of all their frames, then at each of the rates."""
    for trigger in TRIGGERS:
        yield _summed(None, [judge(trigger, clips, refused)], clips)
    for fps in rates:
        starts = [
            {name: (thinned(moments, fps, i / STARTS), events) for name, (moments, events) in clips.items()}
            for i in range(STARTS)
        ]
        for trigger in TRIGGERS:
            yield _summed(fps, [judge(trigger, seen, refused) for seen in starts], clips)


def _summed(fps: float | None, results: Sequence[Result], clips: Clips) -> RateResult:
    captures = [capture for result in results for capture in result.captures]
    return RateResult(
        trigger=results[0].trigger,
        fps=fps,
        starts=len(results),
        smiles=sum(r.smiles for r in results),
        caught=sum(r.caught for r in results),
        talkers=sum(r.talkers for r in results),
        bothered=sum(r.bothered for r in results),
        captures=len(captures),
        refused=sum(r.refused for r in results),
        blinks=sum(r.blinks for r in results),
        beside_a_blink=sum(_beside_a_blink(c, clips) for c in captures),
        in_mid_word=sum(_in_mid_word(c, clips) for c in captures),
        false_fires=sum(r.false_fires for r in results),
    )


def _around(capture: Capture, clips: Clips) -> Iterator[Moment]:
    moments, _ = clips[capture.clip]
    return (m for m in moments if abs(m.t_ms - capture.t_ms) <= _NEAR_MS + _ROUNDING_MS)


def _beside_a_blink(capture: Capture, clips: Clips) -> bool:
    return any(not EYE_REASONS.isdisjoint(moment.reasons) for moment in _around(capture, clips))


def _in_mid_word(capture: Capture, clips: Clips) -> bool:
    faces = (moment.faces[0].face for moment in _around(capture, clips) if moment.faces)
    jaws = [mesh.blendshape(face.blendshapes, "jawOpen") for face in faces]
    return max(jaws, default=0.0) - min(jaws, default=0.0) > _JAW_MOVES


COLUMNS = ("frames a second", "", "smiles caught", "clips without one: something was taken", "captures", "false fires",
           "eyes not open", "lids down", "beside a blink", "in mid-word")  # fmt: skip


def row(result: RateResult) -> tuple[str, ...]:
    """Return the cells of COLUMNS."""
    return (
        "as they are" if result.fps is None else f"{result.fps:g}, {result.starts} starts",
        result.trigger,
        f"{result.caught} of {result.smiles}",
        f"{result.bothered} of {result.talkers}",
        str(result.captures),
        str(result.false_fires),
        str(result.refused),
        str(result.blinks),
        str(result.beside_a_blink),
        str(result.in_mid_word),
    )


def parse_rates(text: str) -> tuple[float, ...]:
    """Return the frame rates that a person wrote, as in 7,10,15. Raises ValueError."""
    rates = tuple(float(part) for part in text.split(","))
    if not all(0.1 <= rate <= 1000 for rate in rates):  # false for NaN, too
        raise ValueError("frame rates lie in 0.1..1000 frames a second")
    return rates
