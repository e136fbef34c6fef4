"""How still the score is while the face is.

Still seconds are looked for in the test clips, in which nobody has marked them: MediaPipe's landmarks in the crop
hardly move, and no blink, smile, word or turn of the head shows. What is left is the camera's noise, the face
finder's jitter, and whatever moved too little to be found.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from benchmarks.accuracy.data import Faces, ScorerOutputs
from benchmarks.common.statistics import Evidence, Figure, Floats, Ints, Words, estimate, share
from livecam.faces.mesh import blendshape_places
from livecam.types import CROP_SIZE, UInt8Array

SECTION = "stillness"
BAR = 0.08  # points of the score
_SECOND, _LEAST = 30, 5  # frames from first to last, and how many of them the collection must have kept
_MOVE = 0.7  # crop pixels: mean distance of the landmarks from where they are on average
_TURN = 1.0  # degrees from the mean pose
_CHANGES = {"eyeBlink": 0.08, "mouthSmile": 0.05, "jawOpen": 0.03, "eyeLookDown": 0.08}  # ranges within the second
_SEED = 22
KINDS = ("noise", "jpeg", "shift")


def still_seconds(faces: Faces) -> list[Ints]:
    """Return the positions in faces of the frames of each still second, in order; no frame is in two of them."""
    rows = faces.rows()
    clips: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        if row["source"] == "videos":
            clips.setdefault(row["file"], []).append(at)
    found = []
    for frames in clips.values():
        frames.sort(key=lambda at: int(rows[at]["frame"]))
        numbers = [int(rows[at]["frame"]) for at in frames]
        start = 0
        while start < len(frames):
            end = int(np.searchsorted(numbers, numbers[start] + _SECOND))
            second = np.array(frames[start:end])
            whole = len(second) >= _LEAST and numbers[end - 1] - numbers[start] >= 0.75 * _SECOND
            if whole and is_still(*_signals(faces, second)):
                found.append(second)
                start = end
            else:
                start += 1
    return found


def _signals(faces: Faces, second: Ints) -> tuple[Floats, Floats, dict[str, Floats]]:
    index = faces.index[second]
    shapes = faces.data.blendshapes[index]
    named = {name: shapes[:, list(blendshape_places(name))].mean(axis=1) for name in _CHANGES}
    return faces.data.landmarks[index].astype(np.float64), faces.data.pose[index].astype(np.float64), named


def is_still(landmarks: Floats, pose: Floats, shapes: dict[str, Floats]) -> bool:
    """Return whether nothing moves.

    landmarks: (T, 478, 2), crop pixels.  pose: (T, 3), degrees.  shapes: blendshapes, (T,) by name.
    """
    moved = np.linalg.norm(landmarks - landmarks.mean(axis=0), axis=2).mean(axis=1).max()
    turned = np.abs(pose - pose.mean(axis=0)).max()
    changes = all(np.ptp(shapes[name]) <= most for name, most in _CHANGES.items())
    return bool(moved <= _MOVE and turned <= _TURN and changes)


def in_clips(faces: Faces, outputs: ScorerOutputs, seconds: list[Ints]) -> list[Figure]:
    """Return the standard deviations of the score within seconds, which are drawn by clip."""
    if not seconds:
        return []
    spreads = np.array([outputs.score[second].std(ddof=1) for second in seconds])
    clips = Evidence.by(faces.blocks[[second[0] for second in seconds]])
    return [
        _spread("still seconds of the clips, standard deviation of the score", clips.blocks, spreads),
        Figure(SECTION, f"still seconds of the clips, share within {BAR}", share(spreads <= BAR, clips)),
    ]


def _spread(name: str, blocks: Words, spreads: Floats) -> Figure:
    pooled = estimate(blocks, lambda at: float(np.sqrt((spreads[at] ** 2).mean())))
    return Figure(SECTION, name, pooled, bar=BAR, at_least=False, unit="points")


def shaken(faces: Faces, kind: str) -> Iterator[UInt8Array]:
    """Yield four versions of each face: with another noise of 4 grey levels, JPEG of 60 to 95, or moved by a pixel."""
    for at in range(len(faces)):
        image = faces.crop(at)
        rng = np.random.default_rng((_SEED, int(faces.index[at])))
        for turn in range(4):
            if kind == "noise":
                noisy = image + rng.normal(0, 4, image.shape)
                yield np.clip(noisy + 0.5, 0, 255).astype(np.uint8)
            elif kind == "jpeg":
                _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, (60, 75, 85, 95)[turn]])
                yield np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
            else:
                dx, dy = ((1, 0), (-1, 0), (0, 1), (0, -1))[turn]
                move = np.array([[1, 0, dx], [0, 1, dy]], np.float64)
                moved = cv2.warpAffine(image, move, (CROP_SIZE, CROP_SIZE), borderMode=cv2.BORDER_REPLICATE)
                yield np.asarray(moved, np.uint8)


def when_shaken(faces: Faces, outputs: ScorerOutputs, by_kind: dict[str, ScorerOutputs]) -> list[Figure]:
    """Return how far the score of one crop spreads.

    outputs: of the crops as they are, (N,).  by_kind: of shaken, (4 N,) each.
    """
    evidence = faces.evidence
    figures = []
    every = [outputs.score[:, None]]
    for kind, versions in by_kind.items():
        scores = versions.score.reshape(-1, 4)
        every.append(scores)
        spreads = np.concatenate([outputs.score[:, None], scores], axis=1).std(axis=1, ddof=1)
        figures.append(
            _spread(f"one crop, four kinds of {kind}, standard deviation of the score", evidence.blocks, spreads)
        )
    spreads = np.concatenate(every, axis=1).std(axis=1, ddof=1)
    figures.append(Figure(SECTION, f"one crop, all of these, share within {BAR}", share(spreads <= BAR, evidence)))
    return figures
