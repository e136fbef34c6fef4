"""Under the box of each of several people: the eyes, and what is the matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from livecam.types import ScoredFace, UInt8Array
from livecam.ui import draw, eyes
from livecam.ui.draw import ATTENTION, Rect
from livecam.ui.layout import Layout
from livecam.wording import say

_EYES = 86  # pixels that the two eyes take


def draw_labels(
    image: UInt8Array, layout: Layout, faces: Sequence[tuple[ScoredFace, Rect]], taken: Sequence[Rect], *, mirror: bool
) -> None:
    """Draw the label of each face under its box, or over it, where it covers neither another label nor what is taken.

    faces: with their boxes on the screen.  taken: the card, and what else will lie on the picture.  Where people stand
    close there is room for the eyes only, or for nothing: the card names whom the shot waits for.
    """
    covered = list(taken)
    in_a_row = sorted(faces, key=lambda one: one[1].x + one[1].right)
    bare = [next(_places(layout, box, layout.px(_EYES))) for _, box in in_a_row]
    for number, (face, box) in enumerate(in_a_row):
        words = say(face.reasons[0]) if face.reasons else ""
        places = [
            (here, text) for text in dict.fromkeys((words, "")) for here in _places(layout, box, _width(layout, text))
        ]
        others = (*covered, *bare[number + 1 :])
        free = next(((here, text) for here, text in places if not any(map(here.overlap, others))), None)
        if free is not None:
            covered.append(free[0])
            _draw(image, layout, face, *free, mirror=mirror)


def _width(layout: Layout, words: str) -> int:
    px = layout.px
    return px(_EYES) + (draw.text_width(words, px(18)) + px(12) if words else 0)


def _places(layout: Layout, box: Rect, width: int) -> Iterator[Rect]:
    """Where a label so wide may lie: under the box, or else over it."""
    px = layout.px
    x = min(max(box.x + (box.width - width) // 2, 0), layout.width - width)
    yield Rect(x, min(box.bottom + px(8), layout.height - px(36)), width, px(36))
    yield Rect(x, max(box.y - px(44), px(66)), width, px(36))


def _draw(image: UInt8Array, layout: Layout, face: ScoredFace, here: Rect, words: str, *, mirror: bool) -> None:
    px = layout.px
    draw.panel(image, here, px(18))
    eyes.draw_eyes(image, face, here.x + px(27), here.x + px(59), here.y + px(17), px(25), mirror=mirror)
    if words:
        draw.write(image, words, here.x + px(84), here.y + px(24), px(18), ATTENTION)
