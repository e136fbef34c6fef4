"""What a trigger took, compared with the moments that a person marked.

Three triggers get the same analysed frames: ours, one that fires as soon as the score passes a threshold, and one
that does so with the blendshape rule (``benchmarks.common.blendshape_rule``). The two simple ones have a cool-down as
long as ours and no memory.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.common import blendshape_rule
from benchmarks.labelled.events import Event
from benchmarks.labelled.labels import CLIP_FOLDERS, Spot
from benchmarks.shutter.clips import eye_blink, rule_value
from livecam.shutter.trigger import Trigger, TriggerSettings
from livecam.types import Moment

_SCORE, _RULE = 4.0, 0.4  # where the two simple triggers fire; set by hand
OURS, THRESHOLD, RULE = "livecam", f"score ≥ {_SCORE:g}", f"{blendshape_rule.NAME} ≥ {_RULE:g}"
_DEFAULTS = TriggerSettings()
_COOL_DOWN_MS = _DEFAULTS.cooldown_ms
_NEAR_MS = 1500.0  # a capture is compared with the best frame this near; set by hand
_SLACK_MS = 150.0  # by which the labelled ends of a smile may be off; set by hand
_WANTED = ("smile", "faint")
_BLINK = 0.5  # of eyeBlink: a lid more than half down


@dataclass(frozen=True, slots=True)
class Capture:
    """A picture that a trigger took, and all that it is judged by.

    frame: counted from 0, for whoever wants to look at it.  fired_ms: when it was decided.  score: None without a
    face.  regret: points by which the best qualifying frame within 1.5 s scores higher, 0 if none does.  event: the
    person's label of this moment, "" without one.  refused: the person labelled this very frame with an eye that is not
    open, or as one that must not be chosen.  eye_blink: MediaPipe's, of the lower lid.
    """

    clip: str
    frame: int
    t_ms: float
    fired_ms: float
    score: float | None
    regret: float | None
    event: str
    refused: bool
    eye_blink: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecondWord:
    """What the clips that a second reader read make of the same captures.

    caught: of the smiles that he marked.  false_fires: captures that he sees in no smile, bright or faint.  by_neither:
    those of them of which the first reader says so too.
    """

    smiles: int
    caught: int
    false_fires: int
    by_neither: int


@dataclass(frozen=True, slots=True)
class Result:
    """What one trigger did on all clips.

    caught: of the smiles.  smilers: clips in which somebody smiles; pictured: those of them with a picture of a smile,
    bright or faint.  talkers: clips without a smile, not even a faint one; bothered: those with a picture all the same.
    per_event: captures in smiles for each smile.  refused, no_face, in_never: captures.
    blinks: captures in which MediaPipe sees a lid more than half down.  false_a_minute: captures in no smile, bright
    or faint, for each minute outside them.  regret: points, median and 95 %.  from_best_ms: median distance of a caught
    smile's best moment from the nearest capture.  delay_ms: median time from the picture to the decision.  None where
    nothing was taken.  second: what a second reader says, where one has read.
    """

    trigger: str
    smiles: int
    caught: int
    missed: tuple[str, ...]
    smilers: int
    pictured: int
    talkers: int
    bothered: int
    per_event: float
    captures: tuple[Capture, ...]
    refused: int
    blinks: int
    no_face: int
    in_never: int
    false_fires: int
    false_a_minute: float
    regret: float | None
    regret_p95: float | None
    from_best_ms: float | None
    delay_ms: float | None
    second: SecondWord | None = None


NOBODY_ELSE: Mapping[str, Sequence[Event]] = {}
Shots = list[tuple[Moment, float]]  # what was taken, and when that was decided
Clips = Mapping[str, tuple[Sequence[Moment], list[Event]]]  # the moments and the events of each clip, by its name


def livecam_shots(moments: Sequence[Moment], settings: TriggerSettings = _DEFAULTS) -> Shots:
    """Return what livecam's trigger takes of a clip's moments."""
    trigger = Trigger(settings)
    decisions = [(trigger.update(moment), moment.t_ms) for moment in moments]
    last = trigger.flush()
    if last is not None:
        decisions.append((last, moments[-1].t_ms))
    return [(decision.peak, t_ms) for decision, t_ms in decisions if decision.peak is not None]


def _simple(value: Callable[[Moment], float], least: float) -> Callable[[Sequence[Moment]], Shots]:
    def fire(moments: Sequence[Moment]) -> Shots:
        shots: Shots = []
        for moment in moments:
            rested = not shots or moment.t_ms - shots[-1][1] >= _COOL_DOWN_MS
            if rested and value(moment) >= least:
                shots.append((moment, moment.t_ms))
        return shots

    return fire


TRIGGERS: dict[str, Callable[[Sequence[Moment]], Shots]] = {
    OURS: livecam_shots,
    THRESHOLD: _simple(lambda moment: moment.score or 0.0, _SCORE),
    RULE: _simple(rule_value, _RULE),
}


def judge(
    trigger: str, clips: Clips, refused: set[Spot], second: Mapping[str, Sequence[Event]] = NOBODY_ELSE
) -> Result:
    """Let one of TRIGGERS work on every clip's moments, and compare what it took with the events.

    second: the smiles that a second reader marked in the clips that he read.
    """
    result = compare(trigger, TRIGGERS[trigger], clips, refused)
    read = {clip: second[clip] for clip in clips if clip in second}
    return replace(result, second=_second_word(result.captures, read)) if read else result


def _second_word(captures: Sequence[Capture], read: Mapping[str, Sequence[Event]]) -> SecondWord:
    def taken(clip: str, event: Event) -> bool:
        return any(c.clip == clip and event.holds(c.t_ms, _SLACK_MS) for c in captures)

    smiles = [(clip, event) for clip, events in read.items() for event in events if event.what == "smile"]
    false = [c for c in captures if c.clip in read and not any(e.holds(c.t_ms, _SLACK_MS) for e in read[c.clip])]
    return SecondWord(
        smiles=len(smiles),
        caught=sum(taken(*smile) for smile in smiles),
        false_fires=len(false),
        by_neither=sum(c.event not in _WANTED for c in false),
    )


def compare(trigger: str, fire: Callable[[Sequence[Moment]], Shots], clips: Clips, refused: set[Spot]) -> Result:
    """Compare what fire takes of every clip's moments with the events. trigger: the name of the result."""
    captures: list[Capture] = []
    missed: list[str] = []
    distances: list[float] = []
    in_smiles, outside_ms = 0, 0.0
    pictured: list[bool] = []
    bothered: list[bool] = []
    for clip, (moments, events) in clips.items():
        if not moments:
            continue
        taken = [_capture(clip, shot, moments, events, refused) for shot in fire(moments)]
        captures += taken
        whats = {event.what for event in events}
        if "smile" in whats:
            pictured.append(any(c.event in _WANTED for c in taken))
        elif "faint" not in whats:
            bothered.append(bool(taken))
        for event in (event for event in events if event.what == "smile"):
            inside = [c for c in taken if event.holds(c.t_ms, _SLACK_MS)]
            in_smiles += len(inside)
            if not inside:
                missed.append(f"{clip} {event.start_ms / 1000:.1f} to {event.end_ms / 1000:.1f} s")
            elif event.best_ms is not None:
                distances.append(min(abs(c.t_ms - event.best_ms) for c in inside))
        wanted = sum(e.end_ms - e.start_ms for e in events if e.what in _WANTED)
        outside_ms += moments[-1].t_ms - moments[0].t_ms - wanted
    smiles = sum(event.what == "smile" for _, events in clips.values() for event in events)
    regrets = [c.regret for c in captures if c.regret is not None]
    false = sum(c.event not in _WANTED for c in captures)
    return Result(
        trigger=trigger,
        smiles=smiles,
        caught=smiles - len(missed),
        missed=tuple(missed),
        smilers=len(pictured),
        pictured=sum(pictured),
        talkers=len(bothered),
        bothered=sum(bothered),
        per_event=in_smiles / smiles if smiles else 0.0,
        captures=tuple(captures),
        refused=sum(c.refused for c in captures),
        blinks=sum(c.eye_blink > _BLINK for c in captures),
        no_face=sum(c.score is None for c in captures),
        in_never=sum(c.event == "never" for c in captures),
        false_fires=false,
        false_a_minute=false / (outside_ms / 60_000) if outside_ms > 0 else 0.0,
        regret=_median(regrets),
        regret_p95=_quantile(regrets, 0.95),
        from_best_ms=_median(distances),
        delay_ms=_median([c.fired_ms - c.t_ms for c in captures]),
    )


def _capture(
    clip: str, shot: tuple[Moment, float], moments: Sequence[Moment], events: list[Event], refused: set[Spot]
) -> Capture:
    moment, fired_ms = shot
    near = [m.score for m in moments if abs(m.t_ms - moment.t_ms) <= _NEAR_MS and m.score is not None and not m.reasons]
    score, regret = moment.score, None
    if score is not None and near:
        regret = max(max(near) - score, 0.0)
    # The strictest label counts, and only smiles, whose ends nobody can tell to the frame, have slack.
    exactly = {event.what for event in events if event.holds(moment.t_ms)}
    nearly = {event.what for event in events if event.holds(moment.t_ms, _SLACK_MS)}
    label = "never" if "never" in exactly else next((w for w in ("smile", "faint") if w in nearly), "")
    shut = any(event.shut and event.holds(moment.t_ms) for event in events)
    return Capture(
        clip=clip,
        frame=moment.frame.index,
        t_ms=round(moment.t_ms, 1),
        fired_ms=round(fired_ms, 1),
        score=None if score is None else round(score, 3),
        regret=None if regret is None else round(regret, 3),
        event=label or ("quiet" if "quiet" in exactly else ""),
        refused=shut or any(Spot(f"{folder}/{clip}", moment.frame.index) in refused for folder in CLIP_FOLDERS),
        eye_blink=round(eye_blink(moment), 3),
        reasons=tuple(reason.name for reason in moment.reasons),
    )


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)] if values else None
