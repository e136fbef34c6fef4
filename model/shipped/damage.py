"""What light, optics and sensor do to a picture, with the condition kept true: exposure, size, blur, noise."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from livecam.types import CROP_SIZE
from model.shipped.augment_settings import ExposureSettings, SensorSettings, SharpnessSettings
from model.shipped.view import FACE_HEIGHT, View

_GRAIN = np.random.default_rng(0).standard_normal((CROP_SIZE, CROP_SIZE, 3)).astype(np.float32)


def expose(view: View, rng: np.random.Generator, exposure: ExposureSettings) -> View:
    """Show the face in too little light, in too much, or in some that is good enough."""
    levels = np.repeat(np.arange(256, dtype=np.float32)[:, None], 3, axis=1)
    condition = view.condition
    draw = rng.random()
    if draw < exposure.dark_chance:
        stops = float(rng.uniform(*exposure.dark))
        levels *= 2.0 ** (-stops / exposure.display_gamma)
        condition = replace(condition, dark=stops)
    elif draw < exposure.dark_or_burnt_chance:
        levels = levels * rng.uniform(*exposure.gain) + rng.uniform(*exposure.lift)
    else:  # within what a good exposure may be
        gamma, light = np.exp(rng.normal(0, exposure.gamma)), np.exp(rng.normal(0, exposure.light))
        levels = 255 * (levels / 255) ** gamma * light
        levels = (levels - 128) * np.exp(rng.normal(0, exposure.contrast)) + 128
    if rng.random() < exposure.tint_chance:
        levels = levels * np.exp(rng.normal(0, exposure.tint, 3))
    image = cv2.LUT(view.image, np.clip(levels, 0, 255).astype(np.uint8)[None])
    if rng.random() < exposure.grey:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    at = np.clip(np.round(view.landmarks[::6]).astype(int), 0, CROP_SIZE - 1)
    burnt = float((image[at[:, 1], at[:, 0]].min(axis=1) >= exposure.white).mean())
    return replace(view, image=np.asarray(image, np.uint8), condition=replace(condition, burnt=burnt))


def shrink(view: View, rng: np.random.Generator, sharpness: SharpnessSettings) -> View:
    """Show the face as small as a distant one would be."""
    face = _by_logarithm(rng, sharpness.smallest_face, FACE_HEIGHT)
    size = max(int(CROP_SIZE * face / FACE_HEIGHT), 8)
    small = cv2.resize(view.image, (size, size), interpolation=cv2.INTER_AREA)
    image = cv2.resize(small, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_LINEAR)
    return view.soften(np.asarray(image, np.uint8), sharpness.native * FACE_HEIGHT / face)


def blur(view: View, rng: np.random.Generator, sharpness: SharpnessSettings) -> View:
    """Show the face out of focus, or moving along a line."""
    if rng.random() < sharpness.out_of_focus:
        sigma = _by_logarithm(rng, *sharpness.focus)
        return view.soften(np.asarray(cv2.GaussianBlur(view.image, (0, 0), sigma), np.uint8), sigma)
    shortest, longest = sharpness.motion
    length = int(rng.integers(shortest, longest + 1))
    kernel = np.zeros((length, length), np.float32)
    turn = rng.uniform(0, np.pi)
    end = (length - 1) / 2 * np.array([np.cos(turn), np.sin(turn)])
    middle = (length - 1) / 2
    cv2.line(kernel, np.round(middle - end).astype(int).tolist(), np.round(middle + end).astype(int).tolist(), 1.0, 1)
    image = cv2.filter2D(view.image, -1, kernel / kernel.sum())
    return view.soften(np.asarray(image, np.uint8), length / np.sqrt(12))  # of a uniform spread along one axis


def add_noise(view: View, rng: np.random.Generator, sensor: SensorSettings) -> View:
    """Add a sensor's noise and JPEG's artefacts, each by its chance."""
    image, condition = view.image, view.condition
    if rng.random() < sensor.noise_chance:
        noise = _by_logarithm(rng, *sensor.noise)
        # A roll of one field of noise is as good as a new one, and ten times as quick.
        grain = np.roll(_GRAIN, (int(rng.integers(CROP_SIZE)), int(rng.integers(CROP_SIZE))), (0, 1))
        noisy = cv2.addWeighted(image.astype(np.float32), 1.0, grain, noise, 0.0)
        image = np.clip(noisy, 0, 255).astype(np.uint8)
        condition = replace(condition, noise=noise)
    if rng.random() < sensor.jpeg_chance:
        lowest, highest = sensor.jpeg
        quality = int(rng.integers(lowest, highest + 1))
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return replace(view, image=image, condition=condition)


def _by_logarithm(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
