"""The card on the screen: the score in its ring, what to do in big words, each eye, and the last seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from livecam import draw
from livecam.draw import ACCENT, ATTENTION, GREY, MUTED, WHITE, Colour, Layout, Rect
from livecam.types import Decision, Health, Moment, Reason, ScoredFace, State, UInt8Array

WIDTH, HEIGHT = 580, 124
HISTORY_MS = 6000.0
GOT_IT_MS = 1500.0
EYE_CLOSED = 0.5

_PADDING = 26
_TEXT_LEFT = 124
# Scores that fall into one of these are drawn as one point, their mean: finer detail is only jitter to the eye.
_BIN_MS = 100.0
# The line does not bridge a time from which there is no score.
_GAP_MS = 400.0
_SOURCE_WORDS = {
    Health.STALLED: ("No new picture", "The camera has stopped. Waiting for it…"),
    Health.LOST: ("No camera", "It is gone. Trying to open it again…"),
    Health.ENDED: ("That was all", "The recording has ended. Q closes the window."),
}


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """What the card is drawn from.

    moment: the picture on the screen, None unless it is a fresh one. history: times (milliseconds, rising) and
    scores, None where nobody was there. since_shot_ms: since the last picture was taken. mirror: the view is.
    """

    moment: Moment | None
    decision: Decision | None
    health: Health
    history: Sequence[tuple[float, float | None]]
    since_shot_ms: float
    mirror: bool

    @property
    def armed(self) -> bool:
        """Whether the shutter is about to fire."""
        return self.decision is not None and self.decision.state is State.ARMED

    def headline(self) -> tuple[str, Colour]:
        """What to do, in a few words, and their colour."""
        if self.health in _SOURCE_WORDS:
            return _SOURCE_WORDS[self.health][0], ATTENTION
        if self.moment is None:
            return "Starting…", WHITE
        if self.since_shot_ms < GOT_IT_MS:
            return "Got it!", ACCENT
        for reason in self.moment.reasons:
            return reason.value[0].upper() + reason.value[1:], WHITE if reason is Reason.NO_FACE else ATTENTION
        if self.armed:
            return "Hold it…", ACCENT
        if self.decision is not None and self.decision.state is State.COOLDOWN:
            return "Relax for the next one", WHITE
        return "Ready when you are", WHITE


def place(layout: Layout, *, top: bool) -> Rect:
    """Where the card lies: in the middle at the bottom, or at the top under the status line."""
    width, height = layout.px(WIDTH), layout.px(HEIGHT)
    return Rect(
        (layout.width - width) // 2, layout.px(76) if top else layout.height - height - layout.px(24), width, height
    )


def draw_card(image: UInt8Array, rect: Rect, layout: Layout, card: Card) -> None:
    """Draw card into rect."""
    px = layout.px
    draw.panel(image, rect, px(30))
    worst = card.moment.worst if card.moment is not None else None
    _ring(image, rect.x + rect.height // 2, rect.y + rect.height // 2, card, worst, layout)
    left, right = rect.x + px(_TEXT_LEFT), rect.right - px(_PADDING)
    room = right - left
    if worst is not None:
        _eyes(image, rect, worst, card, layout)
        room -= px(112)
    words, colour = card.headline()
    size = px(30)
    while size > 1 and draw.text_width(words, size, 600) > room:
        size -= 1
    draw.write(image, words, left, rect.y + px(50), size, colour, 600)
    if card.moment is not None:
        _meter(image, Rect(left, rect.y + px(67), right - left, px(40)), card, card.moment, layout)
    elif card.health in _SOURCE_WORDS:
        detail = draw.shorten(_SOURCE_WORDS[card.health][1], px(18), room)
        draw.write(image, detail, left, rect.y + px(86), px(18), MUTED)


def _ring(image: UInt8Array, x: int, y: int, card: Card, worst: ScoredFace | None, layout: Layout) -> None:
    """Score of the worst face, in a ring that fills as the shot comes near."""
    px = layout.px
    draw.line(image, draw.arc(x, y, px(43), 0, 360), GREY, px(5))
    if worst is None:
        draw.write_centred(image, "–", x, y + px(11), px(32), MUTED, 600)
        return
    if card.decision is not None and card.armed:
        draw.line(image, draw.arc(x, y, px(43), 0, max(6, 360 * card.decision.progress)), ACCENT, px(6))
    good = card.decision is not None and not worst.reasons and worst.score.value >= card.decision.threshold
    draw.write_centred(image, f"{worst.score.value:.1f}", x, y + px(12), px(34), ACCENT if good else WHITE, 700)


def _eyes(image: UInt8Array, rect: Rect, worst: ScoredFace, card: Card, layout: Layout) -> None:
    """Each eye on the side where it is seen: the subject's left is on the right, unless mirrored."""
    px = layout.px
    both = Reason.EYES_CLOSED in worst.reasons
    left = both or Reason.LEFT_EYE_CLOSED in worst.reasons or worst.score.eyes_closed[0] > EYE_CLOSED
    right = both or Reason.RIGHT_EYE_CLOSED in worst.reasons or worst.score.eyes_closed[1] > EYE_CLOSED
    seen = (left, right) if card.mirror else (right, left)
    for closed, x in zip(seen, (rect.right - px(97), rect.right - px(45)), strict=True):
        colour = ATTENTION if closed else WHITE
        _eye(image, x, rect.y + px(40), px(37), is_open=not closed, colour=colour, thickness=px(2.6))


def _eye(image: UInt8Array, x: float, y: float, width: float, *, is_open: bool, colour: Colour, thickness: int) -> None:
    """Draw an eye of this width around x, y: with its iris when open, a lowered lid with lashes when closed."""
    across = np.linspace(-1, 1, 17)
    lid = np.column_stack((x + across * width / 2, np.full(17, y)))
    bulge = (1 - across**2) * width * 0.30
    lower = lid + np.column_stack((np.zeros(17), bulge))
    draw.line(image, lower, colour, thickness)
    if is_open:
        draw.line(image, lid - np.column_stack((np.zeros(17), bulge)), colour, thickness)
        draw.dot(image, x, y, width * 0.155, colour)
        return
    for place in (-0.55, 0.0, 0.55):
        foot = np.array([x + place * width / 2, y + (1 - place**2) * width * 0.30])
        draw.line(image, np.array([foot, foot + np.array([place * width * 0.14, width * 0.17])]), colour, thickness)


def _meter(image: UInt8Array, rect: Rect, card: Card, moment: Moment, layout: Layout) -> None:
    """Score of the last seconds, 1 at the bottom and 5 at the top, with the threshold as a dashed mark."""

    def height(score: float) -> float:
        return rect.bottom - (score - 1) / 4 * rect.height

    runs = _runs(card.history)
    for run in runs:
        points = np.array([(rect.right - (moment.t_ms - t) / HISTORY_MS * rect.width, height(s)) for t, s in run])
        base = np.array([[points[-1, 0], rect.bottom], [points[0, 0], rect.bottom]])
        draw.fill(image, np.vstack((points, base)), WHITE, 0.14)
        draw.line(image, points, WHITE, layout.px(2.2))
    if card.decision is not None and (runs or moment.faces):
        y, dash = height(min(max(card.decision.threshold, 1.0), 5.0)), layout.px(5)
        for x in range(rect.right - dash, rect.x - 1, -2 * dash):
            draw.line(image, np.array([[x, y], [x + dash, y]], np.float64), MUTED, layout.px(1.4))
    if moment.score is not None:
        above = card.decision is not None and moment.score >= card.decision.threshold
        draw.dot(image, rect.right, height(moment.score), layout.px(4.5), ACCENT if above else WHITE)


def _runs(history: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """Split history where there was no score, and average what falls into one bin; the newest score stays itself."""
    runs: list[list[tuple[float, float]]] = [[]]
    bins = [list(group) for _, group in groupby(history, key=lambda item: item[0] // _BIN_MS)]
    bins.extend([bins[-1][-1:]] if bins else [])
    for group in bins:
        seen = [(t_ms, score) for t_ms, score in group if score is not None]
        if not seen or (runs[-1] and seen[0][0] - runs[-1][-1][0] > _GAP_MS):
            runs.append([])
        if seen:
            runs[-1].append((sum(t for t, _ in seen) / len(seen), sum(s for _, s in seen) / len(seen)))
    return [run for run in runs if len(run) > 1]
