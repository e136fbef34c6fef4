"""Views of a face crop whose condition is known, because it was made here.

A view starts from a runtime crop and its condition (model/shipped/rubric.py) and is painted (lids, glasses), squeezed
around the eyes, turned, covered, cut off, darkened, burnt, made small, blurred and noisy at random; the condition is
kept true all the way. Every kind of damage is done to every source, so that no source can be told by its looks.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from livecam.types import CROP_SIZE
from model.shipped.augment_settings import SHIPPED, ClosingSettings, CoveringSettings, MovingSettings
from model.shipped.damage import add_noise, blur, expose, shrink
from model.shipped.painted_glasses import paint_glasses
from model.shipped.painted_lids import paint_lid
from model.shipped.squeeze import squeeze
from model.shipped.view import FACE_HEIGHT, View


def augment(view: View, face_px: float, rng: np.random.Generator) -> View:
    """Return a random view of view. face_px: the face's height in its own picture, which bounds its sharpness."""
    native = SHIPPED.sharpness.native * max(FACE_HEIGHT / face_px, 1.0)
    view = replace(view, condition=replace(view.condition, blur=native))
    view = squeeze(close_eyes(view, rng, SHIPPED.closing), rng, SHIPPED.squeezing)
    wearing = SHIPPED.wearing
    if rng.random() < wearing.chance + wearing.chance_by_closed * max(view.condition.eyes_closed):
        worn = paint_glasses(view.image, view.landmarks, view.condition.blur, rng, wearing.glasses)
        view = replace(view, image=worn)
    view = _move(view, rng, SHIPPED.moving)
    if rng.random() < SHIPPED.covering.chance:
        view = _cover(view, rng, SHIPPED.covering)
    if rng.random() < SHIPPED.covering.cut_chance:
        view = _cut_off(view, float(rng.uniform(*SHIPPED.covering.cut)), rng)
    view = expose(view, rng, SHIPPED.exposure)
    if rng.random() < SHIPPED.sharpness.small_chance:
        view = shrink(view, rng, SHIPPED.sharpness)
    if rng.random() < SHIPPED.sharpness.blur_chance:
        view = blur(view, rng, SHIPPED.sharpness)
    return add_noise(view, rng, SHIPPED.sensor)


def close_eyes(view: View, rng: np.random.Generator, closing: ClosingSettings) -> View:
    """Paint one eye or both shut, or nearly shut, if both are known to be open and chance will have it."""
    shown, chance = view.condition, closing.chance + closing.chance_by_smile * view.condition.smile
    # The chance is asked last: eyes that are not open take no number from the stream.
    if max(shown.eyes_closed) >= closing.open_below or not all(view.eyes_known) or rng.random() >= chance:
        return view
    landmarks = np.column_stack((view.landmarks, np.zeros(len(view.landmarks)))).astype(np.float32)
    both, draw = rng.random() < closing.both, rng.random()
    kinds = ((closing.closed_chance, closing.closed), (closing.closed_or_half_chance, closing.half))
    amount = float(rng.uniform(*next((kind for upto, kind in kinds if draw < upto), closing.slight)))
    image, closed = view.image, list(shown.eyes_closed)
    for index in (0, 1) if both else (int(rng.integers(2)),):
        image = paint_lid(image, landmarks, ("left", "right")[index], amount, rng, closing.lids)
        closed[index] = max(closed[index], float(np.interp(amount, *closing.closedness)))
    return replace(view, image=image, condition=replace(shown, eyes_closed=(closed[0], closed[1])))


def _move(view: View, rng: np.random.Generator, moving: MovingSettings) -> View:
    mirrored = bool(rng.random() < moving.mirrored)
    middle = (CROP_SIZE - 1) / 2
    turn, scale = rng.normal(0, moving.turn), float(np.exp(rng.normal(0, moving.scale)))
    matrix = np.asarray(cv2.getRotationMatrix2D((middle, middle), turn, scale), np.float64)
    matrix[:, 2] += rng.normal(0, moving.shift, 2)
    if mirrored:
        matrix = matrix @ np.array([[-1, 0, CROP_SIZE - 1], [0, 1, 0], [0, 0, 1.0]])
    border = cv2.BORDER_CONSTANT if rng.random() < moving.black_border else cv2.BORDER_REFLECT_101
    image = cv2.warpAffine(view.image, matrix, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR, borderMode=border)
    landmarks = (view.landmarks @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    condition, known = view.condition, view.eyes_known
    if mirrored:
        closed = condition.eyes_closed
        condition = replace(condition, eyes_closed=(closed[1], closed[0]), yaw=-condition.yaw)
        known = (known[1], known[0])
    return View(np.asarray(image, np.uint8), landmarks, condition, known, mirrored)


def _cover(view: View, rng: np.random.Generator, covering: CoveringSettings) -> View:
    """Put a hand-sized blob of one texture in front of the face."""
    middle = rng.uniform(covering.rim, CROP_SIZE - covering.rim, 2)
    axes = rng.uniform(*covering.half_axes, 2)
    hidden = np.zeros((CROP_SIZE, CROP_SIZE), np.uint8)
    if rng.random() < covering.ellipse:
        cv2.ellipse(hidden, middle.astype(int).tolist(), axes.astype(int).tolist(), rng.uniform(0, 180), 0, 360, 1, -1)
    else:
        low, high = np.clip(middle - axes, 0, CROP_SIZE).astype(int), np.clip(middle + axes, 0, CROP_SIZE).astype(int)
        hidden[low[1] : high[1], low[0] : high[0]] = 1
    coarse = rng.uniform(0, covering.contrast, (6, 6, 3)) + (
        view.image[rng.integers(CROP_SIZE), rng.integers(CROP_SIZE)]
        if rng.random() < covering.own_colour
        else rng.uniform(0, covering.brightest, 3)
    )
    texture = cv2.resize(
        np.clip(coarse, 0, 255).astype(np.uint8), (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC
    )
    return view.hide(np.where(hidden[..., None] > 0, texture, view.image).astype(np.uint8), hidden > 0)


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
    return view.hide(np.where(hidden[..., None], 0, view.image).astype(np.uint8), hidden)
