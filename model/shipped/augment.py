"""Views of a face crop whose condition is known, because it was made here.

A view starts from a runtime crop and its condition (model/shipped/rubric.py) and is turned, painted (lids, glasses),
blurred, darkened, burnt, made noisy or small, covered and cut off at random; the condition is kept true all the way.
Every kind of damage is done to every source, so that no source can be told by its looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from livecam.faces.mesh import ALL_OVER_THE_FACE, LEFT_EYE, RIGHT_EYE
from livecam.types import CROP_SIZE, FloatArray, UInt8Array
from model.shipped.painted_glasses import paint_glasses
from model.shipped.painted_lids import paint_lid
from model.shipped.rubric import Condition

_FACE_HEIGHT = 172.0  # pixels of the crop, by livecam.faces.crop.MARGIN
_NATIVE_BLUR = 0.45  # standard deviation of a good picture's own softness, in its own pixels

_GRAIN = np.random.default_rng(0).standard_normal((CROP_SIZE, CROP_SIZE, 3)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One training example.

    image: uint8 (224, 224, 3).  landmarks: float32 (478, 2), crop pixels.  condition: see model/shipped/rubric.py.
    eyes_known: whether the closedness of the left and the right eye may be taught.  mirrored: left is right.
    """

    image: UInt8Array
    landmarks: FloatArray
    condition: Condition
    eyes_known: tuple[bool, bool]
    mirrored: bool = False


def augment(view: View, face_px: float, rng: np.random.Generator) -> View:
    """Return a random view of view. face_px: the face's height in its own picture, which bounds its sharpness."""
    view = replace(view, condition=replace(view.condition, blur=_NATIVE_BLUR * max(_FACE_HEIGHT / face_px, 1.0)))
    # More often on laughs, since the sets of closed eyes show few and the camera sees many.
    shut = 0.3 + 0.2 * view.condition.smile
    if max(view.condition.eyes_closed) < 0.2 and all(view.eyes_known) and rng.random() < shut:
        view = _shut(view, rng)
    # More often on closed eyes, which are rarely seen behind glasses in the sets, where open ones are.
    if rng.random() < 0.18 + 0.12 * max(view.condition.eyes_closed):
        view = replace(view, image=paint_glasses(view.image, view.landmarks, view.condition.blur, rng))
    view = _move(view, rng)
    if rng.random() < 0.12:
        view = _cover(view, rng)
    if rng.random() < 0.12:
        view = _cut_off(view, float(rng.uniform(0.05, 0.5)), rng)
    view = _expose(view, rng)
    if rng.random() < 0.35:
        view = _shrink(view, rng)
    if rng.random() < 0.25:
        view = _blur(view, rng)
    return _sensor(view, rng)


def _shut(view: View, rng: np.random.Generator) -> View:
    landmarks = np.column_stack((view.landmarks, np.zeros(len(view.landmarks)))).astype(np.float32)
    both = rng.random() < 0.55
    # Slight amounts are painted too and stay "open", so that the brush itself is no sign of a closed eye.
    draw = rng.random()
    amount = float(
        rng.uniform(0.9, 1) if draw < 0.6 else rng.uniform(0.35, 0.75) if draw < 0.8 else rng.uniform(0.03, 0.2)
    )
    image, closed = view.image, list(view.condition.eyes_closed)
    for index in (0, 1) if both else (int(rng.integers(2)),):
        # The lens of the eye is about gone when three quarters are covered.
        image = paint_lid(image, landmarks, ("left", "right")[index], amount, rng)
        closed[index] = max(closed[index], float(np.interp(amount, (0.2, 0.5, 0.75, 0.9), (0.0, 0.4, 0.9, 1.0))))
    return replace(view, image=image, condition=replace(view.condition, eyes_closed=(closed[0], closed[1])))


def _move(view: View, rng: np.random.Generator) -> View:
    mirrored = bool(rng.random() < 0.5)
    middle = (CROP_SIZE - 1) / 2
    turned = cv2.getRotationMatrix2D((middle, middle), rng.normal(0, 5), float(np.exp(rng.normal(0, 0.06))))
    matrix = np.asarray(turned, np.float64)
    matrix[:, 2] += rng.normal(0, 5, 2)
    if mirrored:
        matrix = matrix @ np.array([[-1, 0, CROP_SIZE - 1], [0, 1, 0], [0, 0, 1.0]])
    border = cv2.BORDER_CONSTANT if rng.random() < 0.4 else cv2.BORDER_REFLECT_101
    image = cv2.warpAffine(view.image, matrix, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR, borderMode=border)
    landmarks = (view.landmarks @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    condition, known = view.condition, view.eyes_known
    if mirrored:
        closed = condition.eyes_closed
        condition = replace(condition, eyes_closed=(closed[1], closed[0]), yaw=-condition.yaw)
        known = (known[1], known[0])
    return View(np.asarray(image, np.uint8), landmarks, condition, known, mirrored)


def _hide(view: View, image: UInt8Array, hidden: np.ndarray) -> View:
    """Take image, in which the pixels of hidden, bool (224, 224), no longer show the face, for view's."""

    def share(points: Sequence[int]) -> float:
        at = np.clip(np.round(view.landmarks[list(points)]).astype(int), 0, CROP_SIZE - 1)
        return float(hidden[at[:, 1], at[:, 0]].mean())

    left, right = (share(eye.corners_and_outer_lower_lid) for eye in (LEFT_EYE, RIGHT_EYE))
    known = (view.eyes_known[0] and left < 0.5, view.eyes_known[1] and right < 0.5)
    covered = max(view.condition.covered, share(ALL_OVER_THE_FACE), 0.4 * max(left, right))
    return replace(view, image=image, eyes_known=known, condition=replace(view.condition, covered=covered))


def _cover(view: View, rng: np.random.Generator) -> View:
    """Put a hand-sized blob of one texture in front of the face."""
    middle = rng.uniform(40, CROP_SIZE - 40, 2)
    axes = rng.uniform(12, 70, 2)
    hidden = np.zeros((CROP_SIZE, CROP_SIZE), np.uint8)
    if rng.random() < 0.5:
        cv2.ellipse(hidden, middle.astype(int).tolist(), axes.astype(int).tolist(), rng.uniform(0, 180), 0, 360, 1, -1)
    else:
        low, high = np.clip(middle - axes, 0, CROP_SIZE).astype(int), np.clip(middle + axes, 0, CROP_SIZE).astype(int)
        hidden[low[1] : high[1], low[0] : high[0]] = 1
    coarse = rng.uniform(0, 30, (6, 6, 3)) + (
        view.image[rng.integers(CROP_SIZE), rng.integers(CROP_SIZE)] if rng.random() < 0.6 else rng.uniform(0, 225, 3)
    )
    texture = cv2.resize(
        np.clip(coarse, 0, 255).astype(np.uint8), (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC
    )
    return _hide(view, np.where(hidden[..., None] > 0, texture, view.image).astype(np.uint8), hidden > 0)


def _cut_off(view: View, share: float, rng: np.random.Generator) -> View:
    """Let one side of the crop lie outside the picture: black, as the runtime's crop has it."""
    edge = int(share * CROP_SIZE)
    hidden = np.zeros((CROP_SIZE, CROP_SIZE), bool)
    side = int(rng.integers(4))
    if side < 2:
        hidden[:edge] = True
    else:
        hidden[:, :edge] = True
    if side % 2:
        hidden = hidden[::-1, ::-1]
    return _hide(view, np.where(hidden[..., None], 0, view.image).astype(np.uint8), hidden)


def _expose(view: View, rng: np.random.Generator) -> View:
    levels = np.repeat(np.arange(256, dtype=np.float32)[:, None], 3, axis=1)
    condition = view.condition
    draw = rng.random()
    if draw < 0.12:
        stops = float(rng.uniform(0.8, 6.0))
        levels *= 2.0 ** (-stops / 1.6)  # the display's gamma makes a stop of light less than a factor of two
        condition = replace(condition, dark=stops)
    elif draw < 0.2:
        levels = levels * rng.uniform(1.3, 4.0) + rng.uniform(0, 60)
    else:  # within what a good exposure may be
        levels = 255 * (levels / 255) ** np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.12))
        levels = (levels - 128) * np.exp(rng.normal(0, 0.1)) + 128
    if rng.random() < 0.3:
        levels = levels * np.exp(rng.normal(0, 0.08, 3))  # colour of the light
    image = cv2.LUT(view.image, np.clip(levels, 0, 255).astype(np.uint8)[None])
    if rng.random() < 0.25:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    at = np.clip(np.round(view.landmarks[::6]).astype(int), 0, CROP_SIZE - 1)
    burnt = float((image[at[:, 1], at[:, 0]].min(axis=1) >= 250).mean())
    return replace(view, image=np.asarray(image, np.uint8), condition=replace(condition, burnt=burnt))


def _softer(view: View, image: UInt8Array, sigma: float) -> View:
    blur = float(np.hypot(view.condition.blur, sigma))
    return replace(view, image=image, condition=replace(view.condition, blur=blur))


def _shrink(view: View, rng: np.random.Generator) -> View:
    """Show the face as small as a distant one would be."""
    face = float(np.exp(rng.uniform(np.log(22), np.log(_FACE_HEIGHT))))
    size = max(int(CROP_SIZE * face / _FACE_HEIGHT), 8)
    small = cv2.resize(view.image, (size, size), interpolation=cv2.INTER_AREA)
    image = cv2.resize(small, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_LINEAR)
    return _softer(view, np.asarray(image, np.uint8), _NATIVE_BLUR * _FACE_HEIGHT / face)


def _blur(view: View, rng: np.random.Generator) -> View:
    if rng.random() < 0.5:
        sigma = float(np.exp(rng.uniform(np.log(0.5), np.log(9))))
        return _softer(view, np.asarray(cv2.GaussianBlur(view.image, (0, 0), sigma), np.uint8), sigma)
    length = int(rng.integers(3, 41))
    kernel = np.zeros((length, length), np.float32)
    turn = rng.uniform(0, np.pi)
    end = (length - 1) / 2 * np.array([np.cos(turn), np.sin(turn)])
    middle = (length - 1) / 2
    cv2.line(kernel, np.round(middle - end).astype(int).tolist(), np.round(middle + end).astype(int).tolist(), 1.0, 1)
    image = cv2.filter2D(view.image, -1, kernel / kernel.sum())
    return _softer(view, np.asarray(image, np.uint8), length / np.sqrt(12))  # of a uniform spread along one axis


def _sensor(view: View, rng: np.random.Generator) -> View:
    image, condition = view.image, view.condition
    if rng.random() < 0.35:
        noise = float(np.exp(rng.uniform(np.log(2), np.log(45))))
        # A roll of one field of noise is as good as a new one, and ten times as quick.
        grain = np.roll(_GRAIN, (int(rng.integers(CROP_SIZE)), int(rng.integers(CROP_SIZE))), (0, 1))
        noisy = cv2.addWeighted(image.astype(np.float32), 1.0, grain, noise, 0.0)
        image = np.clip(noisy, 0, 255).astype(np.uint8)
        condition = replace(condition, noise=noise)
    if rng.random() < 0.4:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 96))])
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return replace(view, image=image, condition=condition)
