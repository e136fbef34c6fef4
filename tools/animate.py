"""A still portrait that moves: expression, blinks, head pose and whereabouts, one picture per pose.

The person is cut out once and laid over a background with the gap behind her filled in. Every picture then is
one smooth displacement of the cut-out (expression at the face landmarks, after the average difference between
smiling and neutral faces; the head turned as a relief by the landmarks' depth, fading out into the collar), so
nothing behind the head is dragged along. Shut eyes and closed lips are painted first, on the still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import skimage.data
from scipy.interpolate import RBFInterpolator

from livecam.faces import mesh
from livecam.faces.finder import FaceFinder
from livecam.types import FloatArray, Frame, UInt8Array
from model.shipped.painted_lids import paint_lid
from tools.close_mouth import close_mouth, smooth_folds, smoothstep

WIDTH, HEIGHT = 1280, 720
_SCALE = 2.6  # portrait pixels to ours: the face is about 270 px high
_BELOW = 80  # pixels of her kept below the frame, for when she moves up
_LEFT = 25  # of the enlarged portrait's 1331 columns, those cut off at the left
_STEP = 4  # pixels between the points at which the displacement is known

# The person's outline in the portrait's own pixels, drawn by hand; GrabCut finds the exact edge near it.
_OUTLINE = [
    (20, 512), (28, 330), (42, 285), (62, 252), (90, 228), (112, 210), (113, 190), (125, 170), (150, 153), (183, 149),
    (188, 142), (181, 128), (172, 119), (158, 103), (153, 80), (160, 58), (185, 36), (205, 20), (232, 14), (262, 20),
    (285, 38), (299, 62), (301, 90), (292, 115), (279, 131), (268, 134), (258, 150), (256, 172), (280, 182),
    (297, 200), (304, 225), (318, 236), (343, 256), (355, 285), (362, 330), (362, 512),
]  # fmt: skip

# The flag behind her, as far as our frame shows it, in the portrait's pixels.
_FLAG = [(0, 0), (46, 0), (63, 88), (83, 165), (96, 219), (107, 277), (110, 300), (0, 300)]

# From a smile to rest: how far landmarks move, in distances between the outer corners of the eyes. Rounded
# averages over neutral and smiling pictures of the same people, made symmetric; the rest of the mesh follows. The
# keys are MediaPipe's landmarks by their numbers.
_TO_REST = {
    61: (0.075, 0.105), 291: (-0.075, 0.105), 205: (0.042, 0.029), 425: (-0.042, 0.029), 50: (0.032, 0.034),
    280: (-0.032, 0.034), 207: (0.045, 0.035), 427: (-0.045, 0.035), 214: (0.020, 0.020), 434: (-0.020, 0.020),
    129: (0.018, 0.015), 358: (-0.018, 0.015), 0: (0.0, 0.008), 17: (0.0, -0.010), 152: (0.0, -0.012),
    145: (0.0, 0.010), 374: (0.0, 0.010), 159: (0.0, -0.006), 386: (0.0, -0.006), 37: (0.010, 0.010),
    267: (-0.010, 0.010), 84: (0.012, -0.006), 314: (-0.012, -0.006),
}  # fmt: skip
# Landmarks that stay where they are: the outline, the eyes, the brows and the nose.
_STILL = [10, 338, 297, 332, 284, 251, 389, 454, 361, 435, 367, 364, 365, 377, 148, 136, 135, 138, 215, 132, 234, 162]
_STILL += [21, 54, 103, 67, 109, 168, 6, 197, 33, 133, 362, 263, 70, 105, 107, 336, 334, 300, 1, 4, 151, 9]
_EARS = [mesh.RIGHT_EAR, mesh.LEFT_EAR]


@dataclass(frozen=True, slots=True)
class Pose:
    """What one picture shows. Angles in degrees as ``livecam.types.Face.pose``, distances in pixels.

    smile and closed: 0..1.  x, y: the whole person.  head_x, head_y: the head on its neck.  light: 1 is the
    portrait's.  blur_x, blur_y: the way she goes while the shutter is open.
    """

    smile: float = 0.0
    closed: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    head_x: float = 0.0
    head_y: float = 0.0
    x: float = 0.0
    y: float = 0.0
    light: float = 1.0
    blur_x: float = 0.0
    blur_y: float = 0.0


class Portrait:
    """NASA's portrait of Eileen Collins (public domain, in scikit-image), ready to move."""

    def __init__(self) -> None:
        still = skimage.data.astronaut()
        mask = _cut_out(still)
        self._image = _enlarge(still)
        sharp = cv2.addWeighted(self._image, 1.35, cv2.GaussianBlur(self._image, (0, 0), 2.0), -0.35, 0)
        self._image = np.asarray(sharp, np.uint8)
        # A little beyond the hair, and soft: in place, what shows at the edge is the portrait's own background.
        wider = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
        self._alpha = cv2.GaussianBlur(_enlarge(np.asarray(wider, np.uint8)).astype(np.float32) / 255, (0, 0), 4.5)
        plate = _enlarge(_fill_behind(still, mask))
        self._plate = cv2.GaussianBlur(plate, (0, 0), 4.0)[:HEIGHT].astype(np.float32)
        with FaceFinder(stills=True) as finder:
            (face,) = finder.find(Frame(self._image[:HEIGHT], 0.0, 0, captured_s=0.0))
        self.landmarks = face.landmarks
        self._smooth = smooth_folds(self._image, self.landmarks)
        grid_y, grid_x = np.mgrid[0 : HEIGHT + _STEP : _STEP, 0 : WIDTH + _STEP : _STEP].astype(np.float32)
        self._grid = np.stack([grid_x, grid_y], axis=-1)
        self._rest = self._rest_field()
        self._depth = self._depth_field()
        chin, collar = float(self.landmarks[mesh.CHIN, 1]), 190 * _SCALE
        self._head = 1 - smoothstep(grid_y, chin - 25, collar + 75)
        self._pivot = np.array([self.landmarks[_EARS, 0].mean(), chin + 40], np.float32)
        self._ears_y = float(self.landmarks[_EARS, 1].mean())

    def _rest_field(self) -> FloatArray:
        """Displacement, (rows, columns, 2) in pixels, that takes the smile's shape to rest."""
        points = self.landmarks[:, :2].astype(np.float64)
        unit = mesh.eye_span(points)
        moved = list(_TO_REST)
        still = [i for i in _STILL if i not in _TO_REST]
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        nose = points[mesh.NOSE_TIP]
        ring = nose + 1.6 * unit * np.stack([np.cos(angles), 1.15 * np.sin(angles)], axis=1)
        sources = np.concatenate([points[moved], points[still], ring])
        shifts = np.zeros_like(sources)
        shifts[: len(moved)] = np.array([_TO_REST[i] for i in moved]) * unit
        field = RBFInterpolator(sources, shifts, kernel="thin_plate_spline", smoothing=2.0)(self._grid.reshape(-1, 2))
        field = field.reshape(self._grid.shape).astype(np.float32)
        away = np.hypot(*np.moveaxis(self._grid - nose.astype(np.float32), -1, 0)) / np.float32(unit)
        return np.asarray(field * (1 - smoothstep(away, 1.1, 1.6))[..., None], np.float32)

    def _depth_field(self) -> FloatArray:
        """Pixels by which each point of the head lies before the ears, 0 at its silhouette and behind it."""
        points = self.landmarks.astype(np.float64)
        ears = float(points[_EARS, 2].mean())
        chin = points[mesh.CHIN, 1]
        head = (self._alpha[: int(chin)] > 0.5).astype(np.uint8)
        outline = max(cv2.findContours(head, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len)[::20, 0, :]
        outline = outline[outline[:, 1] < chin - 30]
        sources = np.concatenate([points[:, :2], outline.astype(np.float64)])
        depths = np.concatenate([ears - points[:, 2], np.zeros(len(outline))])
        field = RBFInterpolator(sources, depths, kernel="thin_plate_spline", smoothing=20.0, neighbors=80)
        depth = np.maximum(field(self._grid.reshape(-1, 2)).reshape(self._grid.shape[:2]), 0).astype(np.float32)
        inside = cv2.resize(self._alpha[: depth.shape[0] * _STEP], depth.shape[::-1], interpolation=cv2.INTER_AREA)
        # The sides of a face are too steep for a relief: they would fold over or smear when it turns.
        inside = smoothstep(np.asarray(inside, np.float32), 0.1, 0.9)
        return np.asarray(cv2.GaussianBlur(depth * inside, (0, 0), 30 / _STEP), np.float32)

    def _forward(self, pose: Pose) -> FloatArray:
        """Displacement of each grid point of the still, (rows, columns, 2) in pixels."""
        moved = self._grid + (1 - pose.smile) * self._rest
        yaw, pitch, roll = (math.radians(a) for a in (pose.yaw, pose.pitch, pose.roll))
        x, y, z = moved[..., 0] - self._pivot[0], moved[..., 1] - np.float32(self._ears_y), self._depth
        x, z = x * math.cos(yaw) + z * math.sin(yaw), z * math.cos(yaw) - x * math.sin(yaw)
        y = y * math.cos(pitch) + z * math.sin(pitch)
        y += np.float32(self._ears_y) - self._pivot[1]
        x, y = x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll)
        turned = np.stack([x, y], axis=-1) + self._pivot + np.array([pose.head_x, pose.head_y], np.float32)
        return np.asarray(moved - self._grid + self._head[..., None] * (turned - moved), np.float32)

    def render(self, pose: Pose) -> UInt8Array:
        """Return the picture that shows pose: uint8 (720, 1280, 3), RGB, without noise."""
        skin = cv2.addWeighted(self._image, pose.smile, self._smooth, 1 - pose.smile, 0.0)
        closing = float(smoothstep(1 - pose.smile, 0.0, 0.85))
        painted = close_mouth(np.asarray(skin, np.uint8), self.landmarks, closing)
        for eye in mesh.EYES:
            painted = paint_lid(painted, self.landmarks, eye, pose.closed)
        forward = self._forward(pose)
        wanted = self._grid - np.array([pose.x, pose.y], np.float32)
        source = wanted
        for _ in range(12):  # the displacement is gentle: this finds where each pixel came from
            at = source / _STEP
            moved = cv2.remap(forward, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            source = wanted - moved
        size = (self._grid.shape[1] * _STEP, self._grid.shape[0] * _STEP)
        # cv2.resize puts samples at pixel centres, half a step off the grid's corners.
        shift = np.array([[1, 0, (1 - _STEP) / 2], [0, 1, (1 - _STEP) / 2]], np.float32)
        full = cv2.warpAffine(
            cv2.resize(source, size, interpolation=cv2.INTER_LINEAR), shift, (WIDTH, HEIGHT),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        columns, rows = np.ascontiguousarray(full[..., 0]), np.ascontiguousarray(full[..., 1])
        colour = cv2.remap(painted, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        alpha = cv2.remap(self._alpha, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        layer = np.dstack([colour.astype(np.float32) * alpha[..., None], alpha])
        if max(abs(pose.blur_x), abs(pose.blur_y)) >= 1:
            layer = cv2.filter2D(layer, -1, _streak(pose.blur_x, pose.blur_y), borderType=cv2.BORDER_REPLICATE)
        picture = (layer[..., :3] + (1 - layer[..., 3:]) * self._plate) * pose.light
        return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)


def _enlarge(image: UInt8Array) -> UInt8Array:
    size = (round(image.shape[1] * _SCALE), round(image.shape[0] * _SCALE))
    enlarged = cv2.resize(image, size, interpolation=cv2.INTER_LANCZOS4)
    return np.asarray(enlarged[: HEIGHT + _BELOW, _LEFT : _LEFT + WIDTH], np.uint8)


def _cut_out(still: UInt8Array) -> UInt8Array:
    """The person's mask, uint8 0 or 255."""
    drawn = cv2.fillPoly(np.zeros(still.shape[:2], np.uint8), [np.array(_OUTLINE, np.int32)], 255)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
    labels = np.where(drawn > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[cv2.erode(drawn, kernel) > 0] = cv2.GC_FGD
    labels[cv2.dilate(drawn, kernel) == 0] = cv2.GC_BGD
    cv2.setRNGSeed(1)
    cv2.grabCut(
        still[..., ::-1].copy(), labels, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK
    )
    mask = np.where((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    small = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    return np.asarray(cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, small), cv2.MORPH_CLOSE, small), np.uint8)


def _fill_behind(still: UInt8Array, mask: UInt8Array) -> UInt8Array:
    """The still without the person: each hidden pixel is a blur of what is seen, as narrow as it can be.

    The flag is continued from the flag and the backdrop from the backdrop.
    """
    seen = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (21, 21))) == 0
    seen[285:] = False  # below our frame: her arms and the helmet
    flag = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [np.array(_FLAG, np.int32)], 1) > 0
    near_flag = cv2.dilate(flag.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    backdrop = _spread(still, seen & ~near_flag)
    mottle = cv2.GaussianBlur(np.random.default_rng(3).standard_normal(mask.shape).astype(np.float32), (0, 0), 6)
    backdrop += 3.0 * (mottle / mottle.std())[..., None]
    filled = backdrop
    for n in (3, 2, 1):  # the flag's stripes look the same further along
        move = np.array([[1, 0, 24 * n], [0, 1, 41 * n]], np.float32)
        here = cv2.warpAffine((seen & flag).astype(np.uint8), move, mask.shape[::-1]) > 0
        filled = np.where((here & flag)[..., None], cv2.warpAffine(still, move, mask.shape[::-1]), filled)
    share = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 3)
    share = np.where(seen, smoothstep(share, 0.5, 1.0), 0)[..., None]
    return np.asarray(np.clip(still * share + filled * (1 - share), 0, 255), np.uint8)


def _spread(still: UInt8Array, known: npt.NDArray[np.bool_]) -> FloatArray:
    """Continue the known pixels of still over all the others."""
    weights = known.astype(np.float32)
    filled = np.zeros(still.shape, np.float32)
    for sigma in (160, 80, 40, 20, 10, 5):
        weight = np.asarray(cv2.GaussianBlur(weights, (0, 0), sigma), np.float32)
        colour = cv2.GaussianBlur(still * weights[..., None], (0, 0), sigma) / (weight[..., None] + 1e-6)
        filled += (colour - filled) * (smoothstep(weight, 0.02, 0.3)[..., None] if sigma < 160 else 1.0)
    return filled


def _streak(dx: float, dy: float) -> FloatArray:
    """A line kernel of this direction and length in pixels."""
    reach = math.ceil(max(abs(dx), abs(dy)) / 2) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for t in np.linspace(-0.5, 0.5, 8 * reach):
        kernel[round(reach + t * dy), round(reach + t * dx)] += 1
    return np.asarray(kernel / kernel.sum(), np.float32)
