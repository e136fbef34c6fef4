"""What lies on the picture beside the card: status, grid, countdown, the last pictures, and the card with the keys."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from livecam.types import UInt8Array
from livecam.ui import draw
from livecam.ui.draw import ACCENT, ATTENTION, GREY, INK, MUTED, WHITE, Colour, Rect
from livecam.ui.layout import Layout

KEYS = (
    ("Space", "take a picture now"),
    ("C", "start or stop a countdown"),
    ("A", "auto-capture on or off"),
    ("Up Down", "move the threshold, or + −"),
    ("P", "pause"),
    ("H", "show or hide this card"),
    ("Q  Esc", "quit"),
    ("1 … 5", "rate the last picture"),
    ("X", "delete it, to a subfolder"),
    ("U", "bring it back"),
    ("M", "mirror the view"),
    ("G", "grid, rule of thirds"),
    ("F", "full screen"),
    ("I", "the address of --serve"),
)
_PILL_LINES = 3  # of a message, such as one with a long path in it; set by hand
_COUNTDOWN_SIZES = (1.0, 0.7, 0.45)  # the smaller ones where there is no room for a large one; set by hand
_PROMISE = "Pictures are taken by themselves when your score peaks."
_STAYS, _SERVED = "Nothing leaves this computer.", "With --serve others can look on."


def pills(image: UInt8Array, layout: Layout, x: int, y: int, words: Sequence[tuple[str, Colour]]) -> None:
    """Lay pills side by side from x, and on the next line where there is no room left; a long text takes several."""
    px, left = layout.px, x
    for text, colour in words:
        for line in draw.wrap(text, px(18), layout.width - 2 * left - px(36), _PILL_LINES):
            width = draw.pill_width(line, layout)
            if x > left and x + width > layout.width - left:
                x, y = left, y + px(44)
            draw.pill(image, line, x, y, layout, colour)
            x += width + px(10)


def status(image: UInt8Array, layout: Layout, words: str, *, healthy: bool) -> int:
    """Lay the pill with the state of things in the upper left corner; pixels to where it ends."""
    px = layout.px
    margin = px(10 if layout.small else 24)
    words = draw.shorten(words, px(18), layout.width - 2 * margin - px(36 + 16))
    draw.pill(image, words, margin, px(24), layout, indent=px(16))
    draw.dot(image, margin + px(18), px(24) + px(36) / 2, px(5), ACCENT if healthy else ATTENTION)
    return margin + draw.pill_width(words, layout) + px(16)


def help_hint(image: UInt8Array, layout: Layout, right_of: int) -> None:
    """Say in the upper right corner which key helps, if there is room right of this column of pixels."""
    hint, px = "H  help", layout.px
    x = layout.width - px(10 if layout.small else 24) - draw.pill_width(hint, layout)
    if x > right_of:
        draw.pill(image, hint, x, px(24), layout, MUTED)


def grid(image: UInt8Array, layout: Layout) -> None:
    """Divide the picture into thirds; each line is light with a dark edge, to be seen on any scene."""
    thick = layout.px(1.5)
    for third in (1, 2):
        x, y = layout.width * third // 3, layout.height * third // 3
        dark: Colour = (INK, INK, INK)
        draw.veil(image, Rect(x + thick, 0, thick, layout.height), dark, 0.35)
        draw.veil(image, Rect(0, y + thick, layout.width, thick), dark, 0.35)
        draw.veil(image, Rect(x, 0, thick, layout.height), WHITE, 0.55)
        draw.veil(image, Rect(0, y, layout.width, thick), WHITE, 0.55)


def qr_code(image: UInt8Array, layout: Layout, code: UInt8Array) -> None:
    """Lay a code in the upper right corner, under the hint of the help. code: see ``LiveView.show_code``."""
    side = max(layout.px(200) // code.shape[0], 2) * code.shape[0]
    if side > min(layout.width, layout.height) // 2:
        return  # no camera could read a smaller one
    large = np.repeat(np.repeat(code, side // code.shape[0], 0), side // code.shape[0], 1)
    top, right = layout.px(72), layout.width - layout.px(24)
    image[top : top + side, right - side : right] = large[: image.shape[0] - top, :, None]


def place_countdown(layout: Layout, taken: Sequence[Rect]) -> Rect:
    """Where the numeral hides least of what is taken (faces, the card), smaller where it would hide something.

    In the middle, else beside, above or below.
    """
    places = [_place_countdown(layout, taken, share) for share in _COUNTDOWN_SIZES]
    return next((place for place in places if not any(map(place.overlap, taken))), places[-1])


def _place_countdown(layout: Layout, taken: Sequence[Rect], share: float) -> Rect:
    px = layout.px
    side = round(share * min(px(250), layout.width // 2, layout.height // 2))
    middle = max((layout.height - side) // 2 - px(60), 0)
    edge = max(px(24), layout.width // 6 - side // 2)
    between = (layout.width // 3 - side // 2, 2 * layout.width // 3 - side // 2)
    columns = ((layout.width - side) // 2, edge, layout.width - edge - side, *between)
    rows = (middle, min(px(70), middle), max(layout.height - side - px(180), middle))
    return min(
        (Rect(x, y, side, side) for y in rows for x in columns), key=lambda place: sum(map(place.overlap, taken))
    )


def countdown(image: UInt8Array, rect: Rect, layout: Layout, left_ms: float) -> None:
    """Write the seconds that are left as one big numeral in a ring that empties with each; nothing at zero."""
    seconds = math.ceil(left_ms / 1000)
    if seconds < 1:
        return
    px = layout.px
    x, y, radius = rect.x + rect.width / 2, rect.y + rect.height / 2, rect.width / 2
    ring = round(0.056 * rect.width)
    draw.panel(image, rect, rect.width // 2, 0.62)
    draw.line(image, draw.arc(x, y, radius - ring, 0, 360), GREY, px(6))
    draw.line(image, draw.arc(x, y, radius - ring, 0, 360 * (left_ms / 1000 - seconds + 1)), ACCENT, px(9))
    size = round((0.6 if seconds < 10 else 0.46) * rect.width)
    draw.write_centred(image, str(seconds), x, y + round(0.36 * size), size, WHITE, 700)


def help_card(image: UInt8Array, layout: Layout, card: Rect, *, served: bool) -> None:
    """Lay all keys in two columns, where it is narrow in one, in the middle, above or below the card.

    served: other devices can see the picture.
    """
    if layout.small:
        _small_help_card(image, layout)
        return
    px = layout.px
    rows = len(KEYS) if layout.narrow else (len(KEYS) + 1) // 2
    words = (_PROMISE, _SERVED if served else _STAYS)
    promise = words if layout.narrow else (" ".join(words),)
    width, height = px(620 if layout.narrow else 820), px(90 + 44 * rows + 26 * len(promise))
    y = card.bottom + px(16) if card.y < layout.height // 2 else max(card.y - px(16) - height, 0)
    rect = Rect((layout.width - width) // 2, y, width, height)
    draw.panel(image, rect, px(30), 0.9)
    left = rect.x + px(40)
    for number, (key, meaning) in enumerate(KEYS):
        x, y = left + (number // rows) * px(386), rect.y + px(54 + 44 * (number % rows))
        draw.write(image, key, x, y, px(20), ACCENT, 600)
        draw.write(image, meaning, x + px(110), y, px(19))
    for number, line in enumerate(promise):
        draw.write(image, line, left, rect.bottom - px(32 + 26 * (len(promise) - 1 - number)), px(17), MUTED)


def _small_help_card(image: UInt8Array, layout: Layout) -> None:
    """Lay all keys over the middle of the picture, as close as they must be."""
    px, margin, pad = layout.px, layout.px(8), layout.px(16)
    key_width = px(96)
    room = layout.width - 2 * (margin + pad)
    widest = key_width + max(draw.text_width(meaning, px(18)) for _, meaning in KEYS) + px(12)
    columns = 2 if room >= 2 * widest else 1
    rows = -(-len(KEYS) // columns)
    step = min((layout.height - 2 * (margin + pad)) / rows, px(36))
    height = round(rows * step) + 2 * pad
    rect = Rect(margin, (layout.height - height) // 2, layout.width - 2 * margin, height)
    draw.panel(image, rect, px(20), 0.95)
    for number, (key, meaning) in enumerate(KEYS):
        x = rect.x + pad + (number // rows) * (room // columns)
        y = round(rect.y + pad + (number % rows + 0.7) * step)
        draw.write(image, key, x, y, px(18), ACCENT, 600)
        draw.write(image, draw.shorten(meaning, px(18), room // columns - key_width), x + key_width, y, px(18))
