"""Why no picture is taken: second by second what holds it back, and the peaks that were missed.

A pure state machine over the moments and decisions of a run, whose only clock is the frame's time. What a frame is
worth is the rating that it would have with its eyes open, so that a smile whose peak fell into a blink is seen at all.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from livecam.live.held_back import (
    AUTO_OFF,
    BELOW,
    COOLDOWN,
    COUNTDOWN,
    NOT_A_SMILE,
    SHORT,
    SOMEBODY_ELSE,
    UNSTEADY,
    MissedPeak,
    SecondState,
)
from livecam.scoring.eye_policy import with_open_eyes
from livecam.shutter.decision import Decision, TriggerState
from livecam.shutter.pauses import Pauses
from livecam.shutter.settings import TriggerSettings
from livecam.types import EYE_REASONS, Moment, ScoredFace
from livecam.wording import who

_TRIGGER = TriggerSettings()


@dataclass(frozen=True, slots=True)
class WhyNotSettings:
    """What counts as a peak. The trigger's own settings, where there is one of the same meaning; the rest set by hand.

    rise: points by which the level must have come up from the lowest before.  drop: and gone down again.
    near: a peak is missed from so many points below what arms on.  floor: but never below this.
    window_ms: the level is the median of so long.  top: frames within so many points of the peak say what held it back.
    hold_ms: a rise that lasted less is a word, not a smile.  gap_ms: a longer pause ends a rise (see ``Pauses``).
    wait_ms: for so long after a rise its picture may still come: the trigger waits for something better.
    """

    rise: float = _TRIGGER.rise
    drop: float = _TRIGGER.drop
    near: float = 0.3
    floor: float = _TRIGGER.floor
    window_ms: float = 200.0
    top: float = 0.3
    hold_ms: float = _TRIGGER.hold_ms
    gap_ms: float = _TRIGGER.gap_ms
    wait_ms: float = 2500.0


_SETTINGS = WhyNotSettings()


@dataclass(slots=True)
class _Frame:
    """What is remembered of a frame: its worth, and whatever held it back, each with whom it concerns."""

    t_ms: float
    worth: float
    threshold: float
    held: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Rise:
    """One that is over: its picture's peak would lie between the two times."""

    start_ms: float
    stop_ms: float
    peak: MissedPeak


@dataclass(slots=True)
class _Second:
    start_ms: float
    frames: int = 0
    faces: int = 0
    score: float | None = None
    held: Counter[str] = field(default_factory=Counter)


class WhyNot:
    """Feed it every moment with its decision, in order; it tells seconds and missed peaks as they become known."""

    def __init__(self) -> None:
        self._second: _Second | None = None
        self._last: tuple[float, str] = (0.0, TriggerState.WAITING.value)  # threshold and state of the newest frame
        self._recent: deque[_Frame] = deque()  # whose median is the level
        self._rise: list[_Frame] = []  # since the lowest level, with the level as worth
        self._lowest = self._highest = math.nan
        self._over: deque[_Rise] = deque()  # whose picture may still come
        self._taken_ms: deque[float] = deque(maxlen=16)  # the peaks of the last pictures
        self._newest_ms = -math.inf
        self._pauses = Pauses(_SETTINGS.gap_ms)

    def note(self, moment: Moment, decision: Decision, *, auto: bool = True) -> Iterator[SecondState | MissedPeak]:
        """Take in the next frame. auto: whether pictures are taken by themselves."""
        s = _SETTINGS
        if decision.peak is not None:
            self._taken_ms.append(decision.peak.t_ms)
        step_ms = moment.t_ms - self._newest_ms
        if step_ms < 0 or self._pauses.is_gap(step_ms):
            self._end_rise()
            self._recent.clear()
            if moment.t_ms < self._newest_ms:
                yield from self._missed(math.inf)
                yield from self._end_second()
        self._newest_ms = moment.t_ms
        worth = min((_worth(face) for face in moment.counted), default=None)
        held = tuple(_held(moment, decision, auto=auto))
        yield from self._count(moment, decision, worth, held)
        yield from self._missed(moment.t_ms - s.wait_ms)
        if worth is None:
            return
        self._recent.append(_Frame(moment.t_ms, worth, decision.threshold, held))
        while self._recent[0].t_ms < moment.t_ms - s.window_ms:
            self._recent.popleft()
        self._follow(statistics.median(frame.worth for frame in self._recent))

    def flush(self, last: Decision | None = None) -> Iterator[SecondState | MissedPeak]:
        """End of the stream. last: what the shutter made of it."""
        if last is not None and last.peak is not None:
            self._taken_ms.append(last.peak.t_ms)
        self._end_rise()
        yield from self._missed(math.inf)
        yield from self._end_second()

    def _missed(self, until_ms: float) -> Iterator[MissedPeak]:
        """The peaks of rises that were over by then and of which there is no picture."""
        while self._over and self._over[0].stop_ms <= until_ms:
            rise = self._over.popleft()
            if not any(rise.start_ms <= t_ms <= rise.stop_ms for t_ms in self._taken_ms):
                yield rise.peak

    def _count(
        self, moment: Moment, decision: Decision, worth: float | None, held: tuple[tuple[str, str], ...]
    ) -> Iterator[SecondState]:
        start_ms = math.floor(moment.t_ms / 1000) * 1000.0
        if self._second is None or start_ms != self._second.start_ms:
            yield from self._end_second()
            self._second = _Second(start_ms)
        second = self._second
        second.frames += 1
        second.faces = max(second.faces, len(moment.counted))
        if worth is not None:
            second.score = max(worth, second.score or 0.0)
        second.held.update(dict.fromkeys((reason for reason, _ in held), 1))
        self._last = decision.threshold, decision.state.value

    def _end_second(self) -> Iterator[SecondState]:
        second, self._second = self._second, None
        if second is not None:
            counts = dict(second.held.most_common())
            yield SecondState(second.start_ms, second.frames, second.faces, second.score, *self._last, counts)

    def _follow(self, level: float) -> None:
        """A rise begins at the lowest level and is over when the level has fallen from the highest."""
        s = _SETTINGS
        middle = self._recent[len(self._recent) // 2]
        risen = self._rise and self._highest - self._lowest >= s.rise
        if risen and level <= self._highest - s.drop:
            self._end_rise()
        if not self._rise or (not risen and level < self._lowest):
            self._rise, self._lowest, self._highest = [], level, level
        self._highest = max(self._highest, level)
        self._rise.append(_Frame(middle.t_ms, level, middle.threshold, middle.held))

    def _end_rise(self) -> None:
        s = _SETTINGS
        rise, risen = self._rise, bool(self._rise) and self._highest - self._lowest >= s.rise
        self._rise = []
        if not risen:
            return
        peak = max(rise, key=lambda frame: frame.worth)
        start_ms = next(frame.t_ms for frame in rise if frame.worth >= self._lowest + s.rise / 2)
        if peak.worth >= max(peak.threshold - s.near, s.floor):
            why, concerned = self._why(rise, peak)
            missed = MissedPeak(peak.t_ms, peak.worth, peak.threshold, why, concerned)
            self._over.append(_Rise(start_ms - s.window_ms, self._newest_ms, missed))

    def _why(self, rise: list[_Frame], peak: _Frame) -> tuple[tuple[str, ...], str]:
        top = [frame for frame in rise if frame.worth >= peak.worth - _SETTINGS.top]
        counts = Counter(held for frame in top for held in dict.fromkeys(frame.held))
        reasons: Counter[str] = Counter()
        for (reason, _), count in counts.items():
            reasons[reason] = max(reasons[reason], count)
        # One frame that is held back in a smile of a second is not why.
        often = [reason for reason, count in reasons.most_common() if 4 * count >= len(top)]
        if often:
            concerned = next((name for (reason, name), _ in counts.most_common() if reason == often[0]), "")
            return tuple(often), concerned
        above = [frame.t_ms for frame in rise if frame.worth >= frame.threshold]
        short = bool(above) and above[-1] - above[0] < _SETTINGS.hold_ms
        first = BELOW if peak.worth < peak.threshold else SHORT if short else UNSTEADY
        return (first, *(reason for reason, _ in reasons.most_common())), ""


def _worth(face: ScoredFace) -> float:
    """The rating with open eyes: of closed ones the score says nothing of the rest of the face."""
    if EYE_REASONS.isdisjoint(face.reasons):
        return face.score.value
    return max(face.score.value, with_open_eyes(face.score, face.face.blendshapes, face.reasons).value)


def _held(moment: Moment, decision: Decision, *, auto: bool) -> Iterator[tuple[str, str]]:
    """What holds a frame back, and whom of several people it concerns."""
    reasons = moment.reasons
    for reason in reasons:
        faces = [face for face in moment.counted if reason in face.reasons]
        yield reason.name.lower(), (who(faces[0], moment) or "") if len(faces) == 1 else ""
    if decision.not_a_smile:
        yield NOT_A_SMILE, ""
    if decision.waits_for is not None:
        slow = next((face for face in moment.counted if face.person == decision.waits_for), None)
        yield SOMEBODY_ELSE, (who(slow, moment) or "") if slow is not None else ""
    if decision.counting_ms is not None:
        yield COUNTDOWN, ""
    elif not auto:
        yield AUTO_OFF, ""
    if decision.state is TriggerState.COOLDOWN and decision.peak is None:
        yield COOLDOWN, ""
