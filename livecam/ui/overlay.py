"""What a person sees: the picture with each face's box, the score and its last seconds, the eyes, and what to do.

The overlay draws on a copy, in RGB. It shows a score only with a face in a fresh picture: with nobody there, with a
source that has stopped, in a pause, or when the analysis has fallen behind, there is none. It has no clock: time is
that of the moments, and for the flash that of whoever draws (see ``Status``), for moments may be a second apart.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np

from livecam.shutter.decision import Decision
from livecam.sources.health import Health
from livecam.storage.album import Shot
from livecam.types import Frame, Moment, ScoredFace, UInt8Array
from livecam.ui import draw, labels, panels, score_card
from livecam.ui.box_motion import BoxMotion
from livecam.ui.draw import ACCENT, ATTENTION, GREY, WHITE, Colour, Rect
from livecam.ui.layout import Layout
from livecam.ui.status import Status
from livecam.ui.thumbnails import ShownShot, ThumbnailColumn

FLASH_MS = 260.0
_AUTO_OFF = "auto is off  ·  A"

_NOTHING_TO_SHOW = (1280, 720)
_BESIDE = 120  # design pixels beside the card that are enough for thumbnails; set by hand
_DIMMED, _PAUSED = 0.35, 0.6
# A box drawn on a newer picture than its face was found in is wrong by what the face has moved since. Set by hand.
_BOX_GONE_MS = 500.0
_HEALTH_WORDS = {
    Health.STALLED: "stalled",
    Health.LOST: "no camera",
    Health.BLACK: "black",
    Health.BLANK: "blank",
    Health.ENDED: "ended",
}


class Overlay:
    """Draws moments. It keeps the score's last seconds and the last picture.

    mirror: show the picture as a mirror does; the words stay readable. help_shown: the card with the keys.
    grid_shown: the thirds of the picture. code: see ``LiveView.show_code``; seen while code_shown.
    """

    def __init__(self, *, mirror: bool = False) -> None:
        self.mirror = mirror
        self.help_shown = self.grid_shown = False
        self.code: UInt8Array | None = None
        self.code_shown = True
        self._history: deque[tuple[float, float | None]] = deque()
        self._layout = Layout(*_NOTHING_TO_SHOW)
        self._scale = 1.0, 1.0
        self._card_at_top = False
        self._taken: Moment | None = None
        self._newest: Moment | None = None
        self._behind = False  # whether it was old when it came
        self._motion, self._shown_ms = BoxMotion(), 0.0
        self._countdown_at: Rect | None = None
        self._counted_for = 0  # people
        self._thumbnails = ThumbnailColumn()

    def flash(self, shot: Shot) -> None:
        """Tell which picture the flash is of: see ``Status.since_shot_ms``."""
        self._taken = shot.peak

    def draw(
        self,
        moment: Moment | None,
        decision: Decision | None,
        status: Status,
        *,
        frame: Frame | None = None,
        size: tuple[int, int] | None = None,
        shots: Sequence[ShownShot] = (),
    ) -> UInt8Array:
        """Return the screen, uint8 (H, W, 3) RGB.

        moment: the newest that is analysed. frame: the picture to show it on, if there is a newer one. size: width and
        height, of about the picture's shape; without it the picture's own (the last one's, if there is none).
        shots: the pictures taken last, newest first.
        """
        picture = frame or (moment.frame if moment is not None else None)
        self._fit(picture, size)
        if moment is not None and status.health.gives_pictures and not status.paused:
            self._remember(moment)
        if moment is not self._newest:
            self._newest, self._behind = moment, status.age_ms >= score_card.LATE_MS
        view = score_card.Card(
            moment, decision, status.health, self._history, status.since_shot_ms, self.mirror, status.auto,
            status.paused, status.age_ms, status.provider is None, self._taken, self._behind,
        )  # fmt: skip
        image = self._background(picture, status)
        fresh = view.shown
        faces: list[Rect] = []
        if fresh is not None:
            self._motion.see(fresh)
            self._shown_ms = picture.t_ms if picture is not None else fresh.t_ms
            self._keep_card_off(fresh)
            faces = [self._on_screen(face) for face in fresh.counted]
        rect = score_card.place(self._layout, top=self._card_at_top)
        taken = (rect, *self._place_thumbnails(shots, rect, faces))
        same_size = fresh is not None and (picture is None or picture.image.shape == fresh.frame.image.shape)
        if fresh is not None and same_size and status.age_ms < _BOX_GONE_MS:
            self._boxes(image, fresh, view, taken)
        if self.grid_shown:
            panels.grid(image, self._layout)
        if self.code is not None and self.code_shown and not self.help_shown:
            panels.qr_code(image, self._layout, self.code)
        score_card.draw_card(image, rect, self._layout, view)
        self._thumbnails.draw(image, self._layout)
        self._status(image, status, rect)
        self._countdown(image, fresh, decision)
        if self.help_shown:
            panels.help_card(image, self._layout, rect, served=self.code is not None)
        if fresh is not None and view.since_shot_ms < FLASH_MS:
            white = 0.8 * (1 - view.since_shot_ms / FLASH_MS) ** 2
            cv2.convertScaleAbs(image, image, 1 - white, 255 * white)
        return image

    def _fit(self, picture: Frame | None, size: tuple[int, int] | None) -> None:
        wanted = size or ((picture.width, picture.height) if picture is not None else None)
        if wanted is not None and wanted != (self._layout.width, self._layout.height):
            self._layout = Layout(*wanted)
            self._countdown_at = None
        if picture is not None:
            self._scale = self._layout.width / picture.width, self._layout.height / picture.height

    def _background(self, picture: Frame | None, status: Status) -> UInt8Array:
        width, height = self._layout.width, self._layout.height
        if picture is None:
            return np.full((height, width, 3), 2 * draw.INK, np.uint8)
        image = picture.image
        if (width, height) != (picture.width, picture.height):
            image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
        if self.mirror:
            image = np.asarray(cv2.flip(image, 1))
        elif image is picture.image:
            image = image.copy()
        light = _DIMMED if not status.health.gives_pictures else _PAUSED if status.paused else 1.0
        if light < 1:
            cv2.convertScaleAbs(image, image, light)
        return image

    def _remember(self, moment: Moment) -> None:
        if self._history and moment.t_ms < self._history[-1][0]:
            self._history.clear()  # the clip began again
        if self._history and moment.t_ms == self._history[-1][0]:
            self._history.pop()  # the same moment is drawn again
        self._history.append((moment.t_ms, moment.score))
        while self._history[0][0] < moment.t_ms - score_card.HISTORY_MS:
            self._history.popleft()

    def _on_screen(self, face: ScoredFace) -> Rect:
        x0, y0, x1, y1 = self._motion.at(self._shown_ms, face.person, face.face.box)
        x0, x1, y0, y1 = x0 * self._scale[0], x1 * self._scale[0], y0 * self._scale[1], y1 * self._scale[1]
        if self.mirror:
            x0, x1 = self._layout.width - x1, self._layout.width - x0
        room = 0.10 * max(x1 - x0, y1 - y0)
        return Rect(round(x0 - room), round(y0 - room), round(x1 - x0 + 2 * room), round(y1 - y0 + 2 * room))

    def _keep_card_off(self, moment: Moment) -> None:
        """Move the card off the faces; it changes sides only when that clearly helps, so that it never flutters."""
        boxes = [self._on_screen(face) for face in moment.counted]
        here, there = (score_card.place(self._layout, top=top) for top in (self._card_at_top, not self._card_at_top))
        covered, would_be = (sum(rect.overlap(box) for box in boxes) for rect in (here, there))
        if covered - would_be > 0.2 * here.width * here.height:
            self._card_at_top = not self._card_at_top

    def _place_thumbnails(self, shots: Sequence[ShownShot], card: Rect, faces: Sequence[Rect]) -> tuple[Rect, ...]:
        """Place them beside the card where there is room, else above it; return what they cover."""
        layout = self._layout
        tight = layout.narrow or layout.width - card.right < layout.px(_BESIDE)
        right_of = card.right if not self._card_at_top and not tight else layout.width // 2
        above = card.y if not self._card_at_top and tight else layout.height
        if self.help_shown and (layout.narrow or layout.small):
            shots = ()
        return self._thumbnails.place(layout, shots, right_of=right_of, above=above, faces=faces)

    def _boxes(self, image: UInt8Array, moment: Moment, view: score_card.Card, taken: Sequence[Rect]) -> None:
        px = self._layout.px
        waits_for = view.decision.waits_for if view.decision is not None and not moment.reasons else None
        for face in moment.faces:
            rect = self._on_screen(face)
            slow = waits_for is not None and face.person == waits_for
            colour: Colour = ATTENTION if face.held_back_by else ACCENT if view.armed or slow else WHITE
            shorter = min(rect.width, rect.height)
            radius, arm = min(px(22), shorter // 4), min(px(26), shorter // 5)
            if not face.counted:
                draw.frame_corners(image, rect, radius, arm // 2, GREY, px(1.5))
                continue
            draw.frame_corners(image, rect, radius, arm, colour, px(4 if slow else 3))
        if len(moment.counted) > 1:
            boxes = [(face, self._on_screen(face)) for face in moment.counted]
            labels.draw_labels(image, self._layout, boxes, taken, mirror=self.mirror)

    def _status(self, image: UInt8Array, status: Status, below: Rect) -> None:
        px = self._layout.px
        going = "paused" if status.paused else "loading" if status.provider is None else f"{status.fps:.0f} fps"
        shots = "no picture yet" if not status.shots else f"{status.shots} picture{'s' * (status.shots > 1)}"
        if status.health is Health.SLOW:
            going += ", slow camera"
        elif status.every > 1:
            going += f", 1 of {status.every} frames"
        provider = None if self._layout.small else status.provider
        words = (_HEALTH_WORDS.get(status.health, going), provider, shots)
        well = status.health in {Health.OK, Health.IDLE}
        scoring = well and not status.paused and status.provider is not None
        x = panels.status(
            image,
            self._layout,
            "  ·  ".join(word for word in words if word),
            healthy=scoring and status.fallback is None,
        )
        more: list[tuple[str | None, Colour]] = [(status.notice, WHITE), (status.message, ATTENTION)]
        if not status.auto:
            beside, end = x + px(10), x + px(10) + draw.pill_width(_AUTO_OFF, self._layout)
            if end <= self._layout.width - px(10):
                draw.pill(image, _AUTO_OFF, beside, px(24), self._layout, ATTENTION)
                x = end
            else:
                more.insert(0, (_AUTO_OFF, ATTENTION))
        panels.help_hint(image, self._layout, x)
        if status.fallback is not None:
            more.append((f"{status.fallback} does not work here, {status.provider} does", ATTENTION))
        y = below.bottom + px(12) if self._card_at_top else px(70)
        x = px(10 if self._layout.small else 24)
        panels.pills(image, self._layout, x, y, [(text, colour) for text, colour in more if text])

    def _countdown(self, image: UInt8Array, fresh: Moment | None, decision: Decision | None) -> None:
        if fresh is None or decision is None or decision.counting_ms is None:
            self._countdown_at = None
            return
        if self._countdown_at is None or len(fresh.faces) > self._counted_for:
            # It stays where it is until it is over, or somebody has joined those whom it keeps off.
            card = score_card.place(self._layout, top=self._card_at_top)
            self._countdown_at = panels.place_countdown(self._layout, [*map(self._on_screen, fresh.faces), card])
            self._counted_for = len(fresh.faces)
        panels.countdown(image, self._countdown_at, self._layout, decision.counting_ms)
