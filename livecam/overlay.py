"""What a person sees: the picture with the face's box, the score and its last seconds, the eyes, and what to do.

The overlay draws on a copy, in RGB. It shows a score only with a face in a fresh picture: with nobody there, or
with a source that has stopped, there is none. It has no clock: time is that of the moments.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from livecam import card, draw
from livecam.draw import ACCENT, ATTENTION, MUTED, WHITE, Layout, Rect
from livecam.types import Decision, Health, Moment, ScoredFace, Shot, State, UInt8Array

FLASH_MS = 260.0

_NOTHING_TO_SHOW = (1280, 720)
_DIMMED = 0.35
_HEALTH_WORDS = {Health.STALLED: "stalled", Health.LOST: "no camera", Health.ENDED: "ended"}
_KEYS = (
    ("Space", "take a picture now"),
    ("M", "mirror the view"),
    ("H", "show or hide this card"),
    ("Q  Esc", "quit"),
)
_PROMISE = ("The picture is taken by itself when your score", "peaks. Nothing leaves this computer.")


@dataclass(frozen=True, slots=True)
class Status:
    """What the screen says beside the picture.

    health: of the source. provider: what the scorer really runs on, in words. fps: pictures analysed a second.
    shots: pictures taken so far. message: something the person must know, one line; None for nothing.
    """

    health: Health
    provider: str
    fps: float
    shots: int
    message: str | None = None


class Overlay:
    """Draws moments. It keeps the score's last seconds, the flash and the last picture taken.

    mirror: show the picture as a mirror does; the words stay readable. help_shown: the card with the keys.
    """

    def __init__(self, *, mirror: bool = False) -> None:
        self.mirror = mirror
        self.help_shown = False
        self._history: deque[tuple[float, float | None]] = deque()
        self._layout = Layout(*_NOTHING_TO_SHOW)
        self._card_at_top = False
        self._fired_t_ms: float | None = None
        self._thumbnail: UInt8Array | None = None

    def shot_taken(self, shot: Shot) -> None:
        """Start the flash and show shot's small picture from now on, the right way round, as it was saved."""
        image = shot.peak.frame.image
        layout = Layout(image.shape[1], image.shape[0])
        scale = min(layout.px(144) / layout.width, layout.px(card.HEIGHT) / layout.height)
        size = max(1, round(layout.width * scale)), max(1, round(layout.height * scale))
        self._fired_t_ms = shot.fired_t_ms
        self._thumbnail = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)

    def draw(self, moment: Moment | None, decision: Decision | None, status: Status) -> UInt8Array:
        """Return the screen, uint8 (H, W, 3) RGB, of the frame's size (the last one's, if there is no moment)."""
        if moment is not None:
            self._layout = Layout(moment.frame.width, moment.frame.height)
        fresh = moment if status.health is Health.OK else None
        image = self._background(moment, dimmed=fresh is None)
        if fresh is not None:
            self._remember(fresh)
            self._keep_card_off(fresh)
            armed = decision is not None and decision.state is State.ARMED
            for face in fresh.faces:
                self._box(image, face, armed=armed)
        since_shot_ms = self._since_shot(fresh)
        view = card.Card(fresh, decision, status.health, self._history, since_shot_ms, self.mirror)
        rect = card.place(self._layout, top=self._card_at_top)
        card.draw_card(image, rect, self._layout, view)
        self._last_shot(image, rect)
        self._status(image, status, rect)
        if self.help_shown:
            self._help(image)
        if since_shot_ms < FLASH_MS:
            white = 0.8 * (1 - since_shot_ms / FLASH_MS) ** 2
            cv2.convertScaleAbs(image, image, 1 - white, 255 * white)
        return image

    def _background(self, moment: Moment | None, *, dimmed: bool) -> UInt8Array:
        if moment is None:
            return np.full((self._layout.height, self._layout.width, 3), 2 * draw.INK, np.uint8)
        image = np.asarray(cv2.flip(moment.frame.image, 1) if self.mirror else moment.frame.image.copy(), np.uint8)
        if dimmed:
            cv2.convertScaleAbs(image, image, _DIMMED)
        return image

    def _remember(self, moment: Moment) -> None:
        if self._history and moment.t_ms < self._history[-1][0]:
            self._history.clear()  # the clip began again
            self._fired_t_ms = None
        if self._history and moment.t_ms == self._history[-1][0]:
            self._history.pop()  # the same moment is drawn again
        self._history.append((moment.t_ms, moment.score))
        while self._history[0][0] < moment.t_ms - card.HISTORY_MS:
            self._history.popleft()

    def _since_shot(self, moment: Moment | None) -> float:
        """Milliseconds since the last picture; without end if none was taken, or in another run of the clip."""
        if moment is None or self._fired_t_ms is None or moment.t_ms < self._fired_t_ms:
            return math.inf
        return moment.t_ms - self._fired_t_ms

    def _on_screen(self, face: ScoredFace) -> Rect:
        x0, y0, x1, y1 = face.face.box
        if self.mirror:
            x0, x1 = self._layout.width - x1, self._layout.width - x0
        room = 0.10 * max(x1 - x0, y1 - y0)
        return Rect(round(x0 - room), round(y0 - room), round(x1 - x0 + 2 * room), round(y1 - y0 + 2 * room))

    def _keep_card_off(self, moment: Moment) -> None:
        """Move the card off the faces; it changes sides only when that clearly helps, so that it never flutters."""
        boxes = [self._on_screen(face) for face in moment.faces]
        here, there = (card.place(self._layout, top=top) for top in (self._card_at_top, not self._card_at_top))
        covered, would_be = (sum(rect.overlap(box) for box in boxes) for rect in (here, there))
        if covered - would_be > 0.2 * here.width * here.height:
            self._card_at_top = not self._card_at_top

    def _box(self, image: UInt8Array, face: ScoredFace, *, armed: bool) -> None:
        px, rect = self._layout.px, self._on_screen(face)
        colour = ATTENTION if face.reasons else ACCENT if armed else WHITE
        shorter = min(rect.width, rect.height)
        draw.frame_corners(image, rect, min(px(22), shorter // 4), min(px(26), shorter // 5), colour, px(3))

    def _last_shot(self, image: UInt8Array, beside: Rect) -> None:
        if self._thumbnail is None:
            return
        px, (height, width) = self._layout.px, self._thumbnail.shape[:2]
        x, y, rim = self._layout.width - px(24) - width, beside.bottom - height, px(3)
        edge = 2 * rim  # a dark edge around the white one, for light scenes
        draw.panel(image, Rect(x - edge, y - edge, width + 2 * edge, height + 2 * edge), px(14) + edge, 0.5)
        back = np.full((height + 2 * rim, width + 2 * rim, 3), WHITE, np.uint8)
        draw.picture(image, back, x - rim, y - rim, px(14) + rim)
        draw.picture(image, self._thumbnail, x, y, px(14))

    def _status(self, image: UInt8Array, status: Status, below: Rect) -> None:
        px = self._layout.px
        pace = _HEALTH_WORDS.get(status.health, f"{status.fps:.0f} fps")
        shots = "no picture yet" if not status.shots else f"{status.shots} picture{'s' * (status.shots > 1)}"
        words = f"{pace}  ·  {status.provider}  ·  {shots}"
        draw.pill(image, words, px(24), px(24), self._layout, indent=px(16))
        healthy = status.health is Health.OK
        draw.dot(image, px(42), px(24) + px(36) / 2, px(5), ACCENT if healthy else ATTENTION)
        hint = "H  help"
        draw.pill(
            image, hint, self._layout.width - px(24) - draw.pill_width(hint, self._layout), px(24), self._layout, MUTED
        )
        if status.message:
            message = draw.shorten(status.message, px(18), self._layout.width - px(84))
            draw.pill(
                image, message, px(24), below.bottom + px(12) if self._card_at_top else px(70), self._layout, ATTENTION
            )

    def _help(self, image: UInt8Array) -> None:
        px, width, height = self._layout.px, self._layout.px(440), self._layout.px(322)
        rect = Rect((self._layout.width - width) // 2, (self._layout.height - height) // 2, width, height)
        draw.panel(image, rect, px(30), 0.88)
        left = rect.x + px(36)
        draw.write(image, "Keys", left, rect.y + px(56), px(28), WHITE, 600)
        for row, (key, meaning) in enumerate(_KEYS):
            y = rect.y + px(102 + 40 * row)
            draw.write(image, key, left, y, px(21), ACCENT, 600)
            draw.write(image, meaning, left + px(116), y, px(21))
        for row, words in enumerate(_PROMISE):
            draw.write(image, words, left, rect.y + px(270 + 24 * row), px(17), MUTED)
