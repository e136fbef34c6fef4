"""The two eyes of a face, as little drawings: open, closed, or hidden."""

from __future__ import annotations

import numpy as np

from livecam.types import EYE_CLOSED, Reason, ScoredFace, UInt8Array
from livecam.ui import draw
from livecam.ui.draw import ATTENTION, MUTED, WHITE, Colour

_LASHES = (-0.55, 0.0, 0.55)  # shares of the way from the middle to the corner of an eye


def closed_eyes(face: ScoredFace) -> tuple[bool, bool]:
    """Whether the subject's left and right eye is closed, as a check says or, without one, the scorer."""
    both = Reason.EYES_CLOSED in face.reasons
    left = both or Reason.LEFT_EYE_CLOSED in face.reasons or face.score.eyes_closed[0] > EYE_CLOSED
    right = both or Reason.RIGHT_EYE_CLOSED in face.reasons or face.score.eyes_closed[1] > EYE_CLOSED
    return bool(left), bool(right)


def draw_eyes(
    image: UInt8Array, face: ScoredFace, left_x: float, right_x: float, y: float, width: float, *, mirror: bool
) -> None:
    """Draw each eye on the side where it is seen: the subject's left is on the right, unless mirrored.

    Of eyes behind dark lenses nothing is known: a dash.
    """
    if Reason.EYES_HIDDEN in face.reasons:
        for x in (left_x, right_x):
            dash = np.array([[x - width / 3, y], [x + width / 3, y]])
            draw.line(image, dash, MUTED, max(1, round(width * 0.07)))
        return
    left, right = closed_eyes(face)
    for closed, x in zip((left, right) if mirror else (right, left), (left_x, right_x), strict=True):
        colour = ATTENTION if closed else WHITE
        _eye(image, x, y, width, is_open=not closed, colour=colour, thickness=max(1, round(width * 0.07)))


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
    feet = [np.array([x + at * width / 2, y + (1 - at**2) * width * 0.30]) for at in _LASHES]
    tips = [foot + np.array([at * width * 0.14, width * 0.17]) for foot, at in zip(feet, _LASHES, strict=True)]
    draw.lines(image, [np.array(lash) for lash in zip(feet, tips, strict=True)], colour, thickness)
