"""Hands, microphones, cups and other things painted before faces: lessons of ``model.shipped.covered_mouths``.

Few real ones are at hand. Some of what is painted covers the lips, some lies beside them, which must not be taken for
the same. All is painted on crops of half the usual size, for a patch shows no more. The method is our own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from livecam.types import UInt8Array
from model.shipped.painted_covers import Points
from model.shipped.painted_scene import COLUMNS, ROWS, SIDE, Scene, filled

_LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]


def _turned(angle: float) -> tuple[Points, Points]:
    """Return the direction of angle, radians from the right, downwards, and the one at right angles to it."""
    along = np.array([np.cos(angle), np.sin(angle)])
    return along, np.array([-along[1], along[0]])


def _any_colour(rng: np.random.Generator) -> Points:
    return rng.uniform(8, 245, 3) if rng.random() < 0.6 else np.full(3, rng.choice([15.0, 35.0, 200.0, 240.0]))


def _hand(scene: Scene) -> None:
    """One to four fingers before a palm, from anywhere, mostly from below."""
    rng, unit = scene.rng, scene.unit
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.3 else rng.normal(np.pi / 2, 0.9)
    along, beside = _turned(angle)
    thick, length, fan = unit * rng.uniform(0.09, 0.17), unit * rng.uniform(0.7, 1.5), rng.normal(0, 0.12)
    fingers, gap = int(rng.integers(1, 5)), thick * rng.uniform(1.75, 2.3)
    tip = scene.near_lips(0.22) - along * unit * rng.uniform(-0.1, 0.5)
    if rng.random() < 0.7:
        palm = tip + along * (length + 0.3 * unit)
        size = unit * rng.uniform(0.35, 0.6)
        scene.limb(palm, palm + along * unit * rng.uniform(0.3, 1), (size, size), scene.skin * rng.uniform(0.85, 1.05))
    for finger in rng.permutation(fingers):
        place = finger - (fingers - 1) / 2
        start = tip + beside * place * gap + along * abs(place) * thick * rng.uniform(0.2, 1.4)
        end = start + (along + beside * fan * place) * length
        if rng.random() < 0.35:  # bent
            knuckle = start + (end - start) * rng.uniform(0.35, 0.6)
            bent, _ = _turned(angle + rng.normal(0, 0.5))
            scene.limb(
                knuckle, knuckle + bent * 0.6 * length, (thick, 1.15 * thick), scene.skin * rng.uniform(0.9, 1.05)
            )
            end = knuckle
        radii = 0.85 * thick, 1.1 * thick
        scene.limb(start, end, radii, scene.skin * rng.uniform(0.93, 1.08), int(rng.integers(0, 4)))


def _fist(scene: Scene) -> None:
    """Knuckles side by side, often on an arm or a sleeve."""
    rng, unit = scene.rng, scene.unit
    across, down = _turned(rng.normal(0, 0.5))
    at, thick = scene.near_lips(0.2, rng.uniform(-0.05, 0.35)), unit * rng.uniform(0.11, 0.18)
    if rng.random() < 0.6:
        arm = scene.skin if rng.random() < 0.5 else _any_colour(rng)
        end = at + down * thick * 12 + across * rng.normal(0, 4 * thick)
        scene.limb(at + down * thick * 3, end, (2 * thick, 2.4 * thick), arm)
    back = at + down * thick * 2
    wide = across * thick * 2.5
    scene.limb(back - wide, back + wide, (2.3 * thick, 2.3 * thick), scene.skin * rng.uniform(0.85, 1))
    for knuckle in range(4):
        start = at + across * (knuckle - 1.5) * thick * 1.9 - down * thick * rng.uniform(0.2, 0.8)
        end = start + down * thick * rng.uniform(1.5, 3)
        scene.limb(start, end, (0.95 * thick, 0.95 * thick), scene.skin * rng.uniform(0.93, 1.1), 1)


def _microphone(scene: Scene) -> None:
    """A ball of foam or wire on a stick; sometimes two."""
    rng, unit = scene.rng, scene.unit
    along, beside = _turned(rng.normal(np.pi / 2, 0.7))
    colour = np.full(3, rng.uniform(12, 60)) if rng.random() < 0.7 else rng.uniform(30, 230, 3)
    size = unit * rng.uniform(0.2, 0.45)
    at = scene.near_lips(0.25) + along * unit * rng.uniform(-0.1, 0.3)
    scene.limb(at, at + along * unit * 2.5, (0.5 * size, size * rng.uniform(0.3, 0.8)), colour * rng.uniform(0.4, 1.6))
    if rng.random() < 0.3:
        second = at + beside * size * rng.uniform(1.5, 2.2) * rng.choice([-1, 1])
        scene.limb(second, second + along * size, (0.9 * size, 0.7 * size), rng.uniform(10, 230, 3))
    scene.limb(at, at + along * size * rng.uniform(0, 1), (size, size * rng.uniform(0.8, 1.1)), colour)
    if rng.random() < 0.6:  # light on it
        x, y = at + rng.normal(0, 0.35, 2) * size
        off = np.hypot(COLUMNS - x, ROWS - y) / (size * rng.uniform(0.3, 0.8))
        scene.colour += (rng.uniform(10, 130) * np.exp(-(off**2)))[..., None].astype(np.float32)
    if rng.random() < 0.5:
        wires = np.sign(np.sin(COLUMNS * rng.uniform(1, 2.6)) * np.sin(ROWS * rng.uniform(1, 2.6)))
        scene.colour *= (1 + rng.uniform(0, 0.35) * wires)[..., None]


def _cup(scene: Scene) -> None:
    """A cup or a glass before the lower lip, often with fingers around it."""
    rng, unit = scene.rng, scene.unit
    colour, wide, high = _any_colour(rng), unit * rng.uniform(0.3, 0.6), unit * rng.uniform(0.5, 1.2)
    across, down = _turned(rng.normal(0, 0.3))
    top = scene.near_lips(0.12, rng.uniform(-0.25, 0.1))
    narrow = wide * rng.uniform(0.6, 1.1)
    corners = [top - across * wide, top + across * wide, top + down * high + across * narrow]
    sideways = ((COLUMNS - top[0]) * across[0] + (ROWS - top[1]) * across[1]) / wide
    shade = 1 - rng.uniform(0.1, 0.5) * sideways**2 + rng.uniform(-0.3, 0.3) * sideways
    scene.lay(colour * np.clip(shade, 0.2, 1.5)[..., None], filled([*corners, top + down * high - across * narrow]))
    rim = wide * rng.uniform(0.1, 0.4)
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    scene.lay(
        colour * rng.uniform(0.3, 1.1),
        filled([top + across * wide * np.cos(a) + down * rim * np.sin(a) for a in turn]),
    )
    if rng.random() < 0.6:
        side = rng.choice([-1, 1])
        for finger in range(int(rng.integers(2, 5))):
            start = top + np.array([-side * wide * rng.uniform(0, 0.6), high * (0.2 + 0.2 * finger)])
            end = start + np.array([side * 2 * wide, 0.05 * unit])
            scene.limb(start, end, (0.1 * unit, 0.12 * unit), scene.skin, 1)


def _sheet(scene: Scene) -> None:
    """A paper, a book or a telephone; sometimes with lines of print."""
    rng, unit = scene.rng, scene.unit
    angle = rng.normal(0, 0.4)
    across, down = _turned(angle)
    at = scene.near_lips(0.35, 0.35)
    wide, high = across * unit * rng.uniform(0.35, 1.3), down * unit * rng.uniform(0.3, 1.2)
    light = 1 + rng.uniform(-0.3, 0.3) * (COLUMNS - at[0]) / unit
    if rng.random() < 0.5:
        height = (-(COLUMNS - at[0]) * np.sin(angle) + (ROWS - at[1]) * np.cos(angle)) / unit
        light = light * (1 - rng.uniform(0.1, 0.8) * (np.sin(height * rng.uniform(15, 40)) > rng.uniform(-0.2, 0.7)))
    corners = [at - wide - high, at + wide - high, at + wide + high, at - wide + high]
    scene.lay(np.clip(_any_colour(rng) * light[..., None], 0, 255), filled(corners))


def _arm(scene: Scene) -> None:
    """An arm in a sleeve across the face, or something else that is long: a bottle, a scarf."""
    rng, unit = scene.rng, scene.unit
    along, _ = _turned(rng.uniform(0, np.pi))
    at, thick = scene.near_lips(0.2, rng.uniform(-0.1, 0.5)), unit * rng.uniform(0.15, 0.6)
    start, end = at - along * unit * rng.uniform(0, 2.5), at + along * unit * rng.uniform(0.5, 2.5)
    if rng.random() < 0.5:
        scene.limb(end, end + along * 0.7 * unit, (0.8 * thick, 0.8 * thick), scene.skin, 3)
    scene.limb(start, end, (thick, thick * rng.uniform(0.7, 1.2)), _any_colour(rng), int(rng.integers(0, 6)))
    if rng.random() < 0.4:
        ribs = np.sin((COLUMNS * along[1] - ROWS * along[0]) * rng.uniform(0.4, 2))
        scene.colour *= (1 + rng.uniform(0, 0.5) * ribs)[..., None]


def _piece(scene: Scene) -> None:
    """A piece of another picture in an uneven outline."""
    rng = scene.rng
    at = scene.near_lips(0.3, 0.15)
    turn = np.sort(rng.uniform(0, 2 * np.pi, 10))
    reach = scene.unit * rng.uniform(0.25, 0.8) * (1 + rng.normal(0, 0.25, 10))
    outline = at + np.stack([np.cos(turn), rng.uniform(0.5, 1.2) * np.sin(turn)], axis=1) * reach[:, None]
    moved = np.asarray(cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), rng.uniform(0, 360), rng.uniform(0.6, 2.2)))
    moved = moved + np.array([[0, 0, 1]]) * rng.uniform(-0.5, 0.5, (2, 1)) * SIDE
    pattern = cv2.warpAffine(scene.other, moved, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT)
    soft = np.asarray(cv2.GaussianBlur(filled(list(outline)), (0, 0), rng.uniform(0.3, 1)), np.float32)
    scene.lay(pattern.astype(np.float32), soft)


def _straw(scene: Scene) -> None:
    """A straw, a cigarette or a wire: the lips stay free."""
    along, _ = _turned(scene.rng.uniform(0, 2 * np.pi))
    start, thick = scene.near_lips(0.1), scene.unit * scene.rng.uniform(0.015, 0.04)
    end = start + along * scene.unit * scene.rng.uniform(0.4, 2)
    scene.limb(start, end, (thick, thick), scene.rng.uniform(0, 255, 3))


# How often each is painted. Set by hand.
_PAINTERS: Mapping[Callable[[Scene], None], float] = {
    _hand: 0.33, _fist: 0.1, _microphone: 0.17, _cup: 0.08, _sheet: 0.07, _arm: 0.1, _piece: 0.1, _straw: 0.05
}  # fmt: skip
_MOVED = 0.4  # chance that what was painted is moved away, often off the lips


def paint_thing(
    image: UInt8Array, points: Points, other: UInt8Array, rng: np.random.Generator
) -> tuple[UInt8Array, float]:
    """Return a copy of image with something before the face, and the share of the lips that it hides.

    image, other: uint8 (SIDE, SIDE, 3), another picture of which a piece may be taken.  points: (478, 2), pixels.
    """
    scene = Scene.of(image, points, other, rng)
    painters = list(_PAINTERS)
    painters[rng.choice(len(painters), p=list(_PAINTERS.values()))](scene)
    colour, mask = scene.colour, scene.mask
    if rng.random() < _MOVED:
        x, y = rng.normal(0, 0.6, 2) * scene.unit
        move = np.array([[1, 0, x], [0, 1, abs(y) * rng.choice([1, 1, 1, -1])]])
        colour = np.asarray(cv2.warpAffine(colour, move, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE), np.float32)
        mask = np.asarray(cv2.warpAffine(mask, move, (SIDE, SIDE)), np.float32)
    if np.ptp(image[::8, ::8].astype(np.int16), axis=2).max() < 8:  # a grey picture stays grey
        colour = np.broadcast_to(colour.mean(axis=2, keepdims=True), colour.shape)
    cast = np.roll(mask, rng.integers(-2, 3, 2), axis=(0, 1))
    shadow = cv2.GaussianBlur(cast, (0, 0), rng.uniform(1, 3.5))[..., None]
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.2, 0.9))[..., None]
    grain = rng.normal(0, rng.uniform(0, 7), (SIDE, SIDE, 1))
    behind = image * (1 - rng.uniform(0, 0.55) * shadow)
    painted = np.clip(behind * (1 - soft) + (colour + grain) * soft, 0, 255).astype(np.uint8)
    lips = filled(list(points[_LIPS])) > 0.5
    return painted, float((mask[lips] > 0.5).mean()) if lips.any() else 0.0
