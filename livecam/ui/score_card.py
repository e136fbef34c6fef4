"""The card on the screen: the score in its ring, what to do in big words, the last seconds, and each eye."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

import numpy as np

from livecam.shutter.decision import Decision, TriggerState
from livecam.sources.health import Health
from livecam.types import Moment, Reason, ScoredFace, UInt8Array
from livecam.ui import draw, eyes
from livecam.ui.draw import ACCENT, ATTENTION, GREY, MUTED, WHITE, Colour, Rect
from livecam.ui.layout import Layout
from livecam.wording import NOT_A_SMILE, hint, only_said_of

WIDTH, HEIGHT = 620, 140
_SMALL_HEIGHT = 112  # without the meter and the eyes, for which a small picture has no room
HISTORY_MS = 6000.0
GOT_IT_MS = 1500.0
# A score fades when its frame grows old, and is gone before anybody could take it for the present. Of a computer so
# slow that a frame is LATE_MS old when it is analysed none is shown: it would come and go all the time. Set by hand.
FADES_MS, GONE_MS, LATE_MS = 400.0, 1000.0, 700.0

_PADDING = 26
_EYES, _AXIS = 120, 36  # pixels for the eyes at the right of the meter, and for the threshold's number at its left
# Scores that fall into one of these are drawn as one point, their mean: finer detail is only jitter to the eye.
_BIN_MS = 100.0
# The line does not bridge a time from which there is no score: so long, or so many usual steps if those are longer, of
# which there must be a few. Set by hand.
_GAP_MS, _GAP_INTERVALS, _FEWEST_STEPS = 400.0, 2.0, 3
_SOURCE_WORDS = {
    Health.STALLED: ("No new picture", "The camera has stopped. Waiting for it…"),
    Health.LOST: ("No camera", "It is gone. Trying to open it again…"),
    Health.BLACK: ("The picture is black", "Is the lens covered?"),
    Health.BLANK: ("Nothing is on the picture", "Is the lens covered?"),
    Health.ENDED: ("That was all", "The window closes when all is saved."),
}
BY_HAND = "Space takes a picture"
PAUSED = ("Paused", "Nothing is scored or taken. P goes on.")
_LOADING = ("One moment…", "The models are loading; then it begins.")
_STARTING = ("Starting…", "")
_OLD = ("One moment…", "The score lags behind, too old to show.")
_BEHIND = ("The score lags behind", "This computer is busy: close other programs.")


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """What the card is drawn from.

    moment: of the picture on the screen, None unless it is fresh. history: times (milliseconds, rising)
    and scores, None where nobody was there. since_shot_ms: since it was shown that a picture was taken.
    mirror: the view is. auto: pictures are taken by themselves. paused: by the person. age_ms: of the moment, see
    GONE_MS. loading: there is nothing yet that could score.  taken: the last picture.  behind: the
    moment was LATE_MS old when it came.
    """

    moment: Moment | None
    decision: Decision | None
    health: Health
    history: Sequence[tuple[float, float | None]]
    since_shot_ms: float
    mirror: bool
    auto: bool = True
    paused: bool = False
    age_ms: float = 0.0
    loading: bool = False
    taken: Moment | None = None
    behind: bool = False

    @property
    def got_it(self) -> bool:
        """Whether a picture was taken just now, and not of somebody else than those who are there."""
        if self.since_shot_ms >= GOT_IT_MS or self.shown is None:
            return False
        there = {face.person for face in self.shown.counted}
        taken = {face.person for face in self.taken.counted} if self.taken is not None else set()
        return not there or not taken or None in taken or not there.isdisjoint(taken)

    @property
    def armed(self) -> bool:
        """Whether the shutter is about to fire."""
        return self.decision is not None and self.decision.state is TriggerState.ARMED

    @property
    def shown(self) -> Moment | None:
        """The moment whose score may be shown as the present one."""
        fresh = self.health.gives_pictures and not self.paused and self.age_ms < GONE_MS and not self.behind
        return self.moment if fresh else None

    @property
    def trouble(self) -> tuple[str, str] | None:
        """Why there is no score at all: a few words and a line; None when there may be one."""
        if self.health in _SOURCE_WORDS:
            return _SOURCE_WORDS[self.health]
        if self.paused:
            return PAUSED
        if self.moment is None:
            return _LOADING if self.loading else _STARTING
        if self.shown is not None:
            return None
        return _BEHIND if self.behind else _OLD

    def headline(self) -> tuple[str, Colour]:
        """What to do, in a few words, and their colour."""
        if self.trouble is not None:
            return self.trouble[0], WHITE if self.trouble in {_LOADING, _STARTING} else ATTENTION
        if self.got_it:
            return "Got it!", ACCENT
        assert self.moment is not None  # noqa: S101  there would be trouble
        counting = self.decision is not None and self.decision.counting_ms is not None
        waits_for = self.decision.waits_for if self.decision is not None else None
        words = hint(self.moment, None if counting else waits_for, mirrored=self.mirror)
        if words is not None:
            calm = Reason.NO_FACE in self.moment.reasons or not self.moment.reasons
            return words[0].upper() + words[1:], WHITE if calm else ATTENTION
        if counting:
            return ("Smile!", ACCENT) if self.decision and not self.decision.counting_ms else ("Get ready", WHITE)
        if self.armed:
            return "Hold it…", ACCENT
        if not self.auto:
            return BY_HAND, WHITE
        if self.decision is not None and self.decision.not_a_smile:
            return NOT_A_SMILE[0].upper() + NOT_A_SMILE[1:], WHITE
        if self.decision is not None and self.decision.state is TriggerState.COOLDOWN:
            return "Relax for the next one", WHITE
        said = only_said_of(self.moment)
        return said[0].upper() + said[1:] if said else "Ready when you are", WHITE


def place(layout: Layout, *, top: bool) -> Rect:
    """Where the card lies: in the middle at the bottom, or at the top under the status line."""
    px = layout.px
    margin = px(10 if layout.small else 24)
    width, height = min(px(WIDTH), layout.width - 2 * margin), px(_SMALL_HEIGHT if layout.small else HEIGHT)
    return Rect((layout.width - width) // 2, px(76) if top else layout.height - height - margin, width, height)


def draw_card(image: UInt8Array, rect: Rect, layout: Layout, card: Card) -> None:
    """Draw the card into rect."""
    px = layout.px
    draw.panel(image, rect, px(32))
    moment = card.shown
    worst = moment.worst if moment is not None else None
    # Beside "Got it!" stands what was got: the face may do something else by now.
    of_picture = card.taken.worst if card.got_it and card.taken is not None else None
    half = rect.height // 2
    _ring(image, rect.x + half, rect.y + half, card, of_picture or worst, layout)
    left, right = rect.x + 2 * half + (px(8) if layout.small else -px(4)), rect.right - px(_PADDING)
    words, colour = card.headline()
    size, least = px(36), px(18)
    while size > least and draw.text_width(words, size, 600) > right - left:
        size -= 1
    bare = layout.small and moment is not None
    draw.write(
        image, draw.shorten(words, size, right - left, 600), left, rect.y + px(66 if bare else 56), size, colour, 600
    )
    if layout.small:
        if card.trouble is not None:
            draw.write(image, draw.shorten(card.trouble[1], px(18), right - left), left, rect.y + px(90), px(18), MUTED)
    elif moment is not None:
        axis = px(_AXIS)
        meter = Rect(left + axis, rect.y + px(76), right - left - axis - px(_EYES), px(44))
        _meter(image, meter, card, moment, layout)
        if worst is not None:
            _both_eyes(image, rect, worst, card, layout)
    elif card.trouble is not None:
        draw.write(image, draw.shorten(card.trouble[1], px(20), right - left), left, rect.y + px(98), px(20), MUTED)


def _ring(image: UInt8Array, x: int, y: int, card: Card, worst: ScoredFace | None, layout: Layout) -> None:
    """Score of the worst face, in a ring that fills as the shot comes near."""
    px = layout.px
    draw.line(image, draw.arc(x, y, px(47), 0, 360), GREY, px(5))
    if worst is None:
        if card.paused and card.health.gives_pictures:
            for side in (-1, 1):
                bar = np.array([[x + side * px(10), y - px(17)], [x + side * px(10), y + px(17)]], np.float64)
                draw.line(image, bar, ATTENTION, px(8))
            return
        draw.write_centred(image, "–", x, y + px(12), px(36), MUTED, 600)
        return
    if card.decision is not None and card.armed:
        draw.line(image, draw.arc(x, y, px(47), 0, max(6, 360 * card.decision.progress)), ACCENT, px(7))
    good = card.decision is not None and not worst.held_back_by and worst.score.value >= card.decision.threshold
    faded = min(max((card.age_ms - FADES_MS) / (GONE_MS - FADES_MS), 0.0), 1.0)
    colour = draw.mix(ACCENT if good else WHITE, GREY, round(faded, 1))
    draw.write_centred(image, f"{worst.score.value:.1f}", x, y + px(14), px(38), colour, 700)


def _both_eyes(image: UInt8Array, rect: Rect, worst: ScoredFace, card: Card, layout: Layout) -> None:
    px = layout.px
    eyes.draw_eyes(image, worst, rect.right - px(99), rect.right - px(47), rect.y + px(98), px(40), mirror=card.mirror)


def _meter(image: UInt8Array, rect: Rect, card: Card, moment: Moment, layout: Layout) -> None:
    """Score of the last seconds, 1 at the bottom and 5 at the top, with the threshold as a dashed mark and a number."""
    px = layout.px

    def height(score: float) -> float:
        return rect.bottom - (score - 1) / 4 * rect.height

    runs = _runs(card.history)
    for run in runs:
        points = np.array([(rect.right - (moment.t_ms - t) / HISTORY_MS * rect.width, height(s)) for t, s in run])
        base = np.array([[points[-1, 0], rect.bottom], [points[0, 0], rect.bottom]])
        draw.fill(image, np.vstack((points, base)), WHITE, 0.14)
        draw.line(image, points, WHITE, px(2.2))
    draw.line(image, np.array([[rect.x, rect.bottom], [rect.right, rect.bottom]], np.float64), GREY, px(1.4))
    if card.decision is not None and (runs or moment.faces):
        y, dash = height(min(max(card.decision.threshold, 1.0), 5.0)), px(5)
        colour = MUTED if card.auto else GREY
        starts = range(rect.right - dash, rect.x - 1, -2 * dash)
        draw.lines(image, [np.array([[x, y], [x + dash, y]], np.float64) for x in starts], colour, px(1.6))
        draw.write(image, f"{card.decision.threshold:.1f}", rect.x - px(_AXIS), y + px(6), px(17), colour, 500)
    if moment.score is not None:
        above = card.decision is not None and moment.score >= card.decision.threshold
        draw.dot(image, rect.right, height(moment.score), px(4.5), ACCENT if above else WHITE)


def _runs(history: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """Split history where there was no score, and average what falls into one bin; the newest score stays itself."""
    steps_ms = [later - earlier for (earlier, _), (later, _) in pairwise(history)]
    usual_ms = median(steps_ms) if len(steps_ms) >= _FEWEST_STEPS else 0.0
    gap_ms = max(_GAP_MS, _GAP_INTERVALS * usual_ms)
    runs: list[list[tuple[float, float]]] = [[]]
    bins = [list(group) for _, group in groupby(history, key=lambda item: item[0] // _BIN_MS)]
    bins.extend([bins[-1][-1:]] if bins else [])
    for group in bins:
        seen = [(t_ms, score) for t_ms, score in group if score is not None]
        if not seen or (runs[-1] and seen[0][0] - runs[-1][-1][0] > gap_ms):
            runs.append([])
        if seen:
            runs[-1].append((sum(t for t, _ in seen) / len(seen), sum(s for _, s in seen) / len(seen)))
    return [run for run in runs if len(run) > 1]
