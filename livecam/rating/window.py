"""A rating session in a window: two faces side by side, or one, and below them the keys."""

from __future__ import annotations

import io
import time

import cv2
import numpy as np
from PIL import Image

from livecam.rating.cuts import Cut
from livecam.rating.dialogue import Dialogue
from livecam.rating.questions import Question
from livecam.types import UInt8Array
from livecam.ui import draw
from livecam.ui.draw import Colour, Rect
from livecam.ui.keys import Key
from livecam.ui.layout import Layout
from livecam.ui.window import Screen

_GROUND: Colour = (20, 21, 23)
_WELL: Colour = (38, 41, 45)
_AT_FIRST, _SMALLEST, _LARGEST = (1280, 720), (640, 480), (3840, 2160)  # of what is drawn, pixels
_IDLE_S = 0.02  # between two looks at the keys
_SHOWN_S = 0.14  # how long it is seen which one was chosen
_SIDES = {Key.LEFT: 0, Key.RIGHT: 1, Key.RATE_1: 0, Key.RATE_2: 1}
_WORDS = ("never", "rather not", "all right", "good", "I would post it")
_MOVES = "B  back      U  undo      W  whole picture      F  full screen      Q  finish"
_PAIR_KEYS, _FACE_KEYS = "Left, Right  the better one      Space  I cannot tell", "1 to 5  your rating      Space  skip"


class RatingWindow:
    """Asks on a screen. Use it from the thread that owns the screen."""

    def __init__(self, screen: Screen, dialogue: Dialogue) -> None:
        """Borrow both."""
        self._screen = screen
        self._dialogue = dialogue
        self._whole = False
        self._said = ""

    def ask(self) -> None:
        """Ask until all is answered, or the person finishes or closes the window."""
        self._wait()
        while (found := self._dialogue.question()) is not None:
            question, cuts = found
            self._show(question, cuts, None)
            key = self._next_key(question, cuts)
            if key is Key.QUIT:
                return
            self._act(key, question, cuts)

    def _wait(self) -> None:
        """Say that it begins: the first pictures may have to be cut out of long clips."""
        layout = _layout(self._screen.size or _AT_FIRST)
        image = np.full((layout.height, layout.width, 3), _GROUND, np.uint8)
        draw.write_centred(image, "One moment…", layout.width / 2, layout.height / 2, layout.px(24), draw.MUTED)
        self._screen.show(image)

    def _next_key(self, question: Question, cuts: tuple[Cut, ...]) -> Key:
        """Wait for a key; meanwhile a window that changes its size is drawn anew."""
        size = self._screen.size
        while (key := self._screen.key()) is None:
            time.sleep(_IDLE_S)
            if self._screen.size != size:
                size = self._screen.size
                self._show(question, cuts, None)
        return key

    def _act(self, key: Key, question: Question, cuts: tuple[Cut, ...]) -> None:
        dialogue, self._said = self._dialogue, ""
        if key is Key.WHOLE:
            self._whole = not self._whole
        elif key is Key.FULL_SCREEN:
            self._screen.toggle_full_screen()
        elif key in {Key.TAKE, Key.LOWER}:
            self._said = dialogue.skip() or ""
        elif key is Key.RESTORE:
            self._said = dialogue.undo() or ""
        elif key is Key.BACK or (key is Key.LEFT and not question.is_pair):
            self._said = dialogue.back() or ""
        elif (answer := _SIDES.get(key) if question.is_pair else key.rating) is not None:
            self._show(question, cuts, answer)
            time.sleep(_SHOWN_S)
            self._said = dialogue.give(answer) or ""

    def _show(self, question: Question, cuts: tuple[Cut, ...], chosen: int | None) -> None:
        """Draw the question. chosen: the answer that was just given."""
        layout = _layout(self._screen.size or _AT_FIRST)
        image = np.full((layout.height, layout.width, 3), _GROUND, np.uint8)
        self._draw_head(image, layout, question)
        area = Rect(layout.px(24), layout.px(64), layout.width - 2 * layout.px(24), layout.height - layout.px(64 + 104))
        answer = self._dialogue.session.answer if chosen is None else chosen
        gap, count = layout.px(16), len(cuts)
        part = (area.width - gap * (count - 1)) // count
        for side, cut in enumerate(cuts):
            room = Rect(area.x + side * (part + gap), area.y, part, area.height)
            ring = 0 if not question.is_pair or answer != side else layout.px(4 if chosen is None else 7)
            _lay(image, _decoded(cut.whole if self._whole else cut.face), room, layout.px(12), ring)
        self._draw_foot(image, layout, question, None if question.is_pair else answer)
        self._screen.show(image)

    def _draw_head(self, image: UInt8Array, layout: Layout, question: Question) -> None:
        px, (place, total) = layout.px, self._dialogue.session.progress
        draw.veil(image, Rect(0, 0, layout.width, px(5)), _WELL, 1.0)
        draw.veil(image, Rect(0, 0, layout.width * (place - 1) // max(total, 1), px(5)), draw.ACCENT, 1.0)
        ask = "Which one do you like better?" if question.is_pair else "How much do you like it?"
        draw.write(image, ask, px(24), px(44), px(24), draw.WHITE, 600)
        count = f"{place:,} of {total:,}"
        draw.write(image, count, layout.width - px(24) - draw.text_width(count, px(18)), px(44), px(18), draw.MUTED)

    def _draw_foot(self, image: UInt8Array, layout: Layout, question: Question, rating: int | None) -> None:
        px, room = layout.px, layout.width - 2 * layout.px(24)
        top = layout.height - px(104)
        if not question.is_pair:
            words = [f"{i} {word}" for i, word in enumerate(_WORDS, start=1)]
            x = px(24)
            for i, word in enumerate(words, start=1):
                colour = draw.ACCENT if i == rating else draw.WHITE
                draw.write(image, word, x, top + px(34), px(18), colour, 600 if i == rating else 400)
                x += draw.text_width(word, px(18)) + px(30)
        elif self._said:
            draw.write(image, draw.shorten(self._said, px(18), room), px(24), top + px(34), px(18), draw.ATTENTION)
        keys = _PAIR_KEYS if question.is_pair else self._said or _FACE_KEYS
        draw.write(image, draw.shorten(keys, px(16), room), px(24), top + px(64), px(16), draw.MUTED)
        draw.write(image, draw.shorten(_MOVES, px(16), room), px(24), top + px(88), px(16), draw.MUTED)


def _decoded(jpeg: bytes) -> UInt8Array:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"), np.uint8)


def _layout(room: tuple[int, int]) -> Layout:
    """The size that is worth drawing for a window that has so much room."""
    width, height = room
    scale = max(_SMALLEST[0] / width, _SMALLEST[1] / height, 1.0)
    scale = min(scale, _LARGEST[0] / width, _LARGEST[1] / height)
    return Layout(round(width * scale), round(height * scale))


def _lay(image: UInt8Array, picture: UInt8Array, room: Rect, radius: int, ring: int) -> None:
    """Lay picture, as large as it fits, into the middle of room. ring: pixels of one around it, 0 for none."""
    height, width = picture.shape[:2]
    scale = min(room.width / width, room.height / height)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fitted = np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)
    x, y = room.x + (room.width - size[0]) // 2, room.y + (room.height - size[1]) // 2
    if ring:
        around = np.full((size[1] + 2 * ring, size[0] + 2 * ring, 3), draw.ACCENT, np.uint8)
        draw.picture(image, around, x - ring, y - ring, radius + ring)
    draw.picture(image, fitted, x, y, radius)
