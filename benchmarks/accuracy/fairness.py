"""Whether some people are served worse than others: by sex, ethnicity, glasses, light and size of the face.

For each group: how often two open eyes are called closed, and how its scores and its sharpness lie beside those of
everybody in the same set. The scores are compared among frontal faces with a mouth near rest, after what a smile is
worth, a parabola in MediaPipe's mouthSmile, and each set's own mean have been taken out by least squares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.accuracy.data import Faces, ScorerOutputs
from benchmarks.common.statistics import Bools, Estimate, Floats, Words, estimate, share
from livecam.faces.crop import MARGIN
from livecam.scoring.checks import sharpness
from livecam.types import CROP_SIZE, EYE_CLOSED, FaceCrop, UInt8Array
from model.shipped import rubric

LEAST, MOST = 100, 0.01  # from this many faces on a group may have this share of false alarms
_FACE_HEIGHT = CROP_SIZE / MARGIN  # crop pixels
_YAW, _PITCH, _SMILE, _GRIMACE = 20.0, 20.0, 0.5, 0.25  # what still counts as frontal and near rest
SIZES, STOPS = (40, 60, 100), (1, 2, 3)


@dataclass(frozen=True, slots=True)
class FaceGroup:
    """People who have something in common.

    called: the share of open-eyed faces of which an eye is called closed; doubtful: the same with those counted as open
    in which nobody could tell.  score: offset in points; sharpness: offset of livecam.scoring.checks' measure; both to
    faces of the same set (for the painted groups: to the same faces as they are), None where nobody qualifies.
    """

    by: str
    name: str
    called: Estimate
    doubtful: Estimate | None
    score: Estimate | None
    sharpness: Estimate | None

    @property
    def stands_out(self) -> bool:
        """Whether it is large enough to tell, and has too many false alarms."""
        return self.called.count >= LEAST and self.called.value > MOST


def gap(groups: list[FaceGroup]) -> tuple[float, str, str] | None:
    """Return the largest difference in false alarms between two groups of at least LEAST, and their names."""
    large = sorted((g for g in groups if g.called.count >= LEAST), key=lambda g: g.called.value)
    if len(large) < 2:
        return None
    return large[-1].called.value - large[0].called.value, large[0].name, large[-1].name


def residuals(value: Floats, smile: Floats, sets: Words, fitted: Bools) -> Floats:
    """Return value, (N,), less what a parabola in smile and a constant for each of sets say; fitted on these rows."""
    constants = [sets == name for name in np.unique(sets[fitted])]
    design = np.stack([smile, smile**2, *(one.astype(np.float64) for one in constants)], axis=1)
    weights, *_ = np.linalg.lstsq(design[fitted], value[fitted], rcond=None)
    return np.asarray(value - design @ weights, np.float64)


def neutral(faces: Faces) -> Bools:
    """Which are frontal with a mouth near rest."""
    shapes, pose = faces.data.blendshapes[faces.index], faces.data.pose[faces.index]
    rest = [rubric.smile_of(one) <= _SMILE and rubric.grimace_of(one) <= _GRIMACE for one in shapes]
    return np.array(rest, bool) & (np.abs(pose[:, 0]) <= _YAW) & (np.abs(pose[:, 1]) <= _PITCH)


def crop_sharpness(faces: Faces) -> Floats:
    """Return livecam.scoring.checks' measure of each crop, (N,)."""
    found = []
    for at, pixels in enumerate(faces.pixels()):
        matrix = np.eye(2, 3, dtype=np.float32) * np.float32(_FACE_HEIGHT / max(pixels, 1.0))
        image = faces.crop(at)
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
        found.append(sharpness(grey, FaceCrop(image, matrix)))
    return np.array(found, np.float64)


def luminance(faces: Faces) -> Floats:
    """Return the mean luma of the middle of each face, (N,), 0..255."""
    grey = (cv2.cvtColor(faces.crop(at)[40:190, 40:184], cv2.COLOR_RGB2GRAY) for at in range(len(faces)))
    return np.array([one.mean() for one in grey], np.float64)


def found_groups(
    faces: Faces, outputs: ScorerOutputs, parts: dict[tuple[str, str], Bools], sharp: Floats
) -> list[FaceGroup]:
    """Return how each of parts, by (what they have in common, name), fares among faces, all (N,).

    faces: stills, those in which nobody could tell open from closed among them.
    """
    called = outputs.worse > EYE_CLOSED
    truly, doubtful = faces.open(), faces.open(unsure=True)
    hidden = faces.glasses == "sunglasses"
    sets = np.array([row["source"] for row in faces.rows()], np.str_)
    base = truly & ~called & neutral(faces)
    smile = faces.sides("mouthSmile").mean(axis=1)
    evidence = faces.evidence
    groups = []
    score = softness = np.full(len(faces), np.nan)
    if base.any():
        score = residuals(outputs.score, smile, sets, base)
        softness = residuals(sharp, np.zeros(len(faces)), sets, base)
    for (by, name), part in parts.items():
        own = part & (hidden if name == "sunglasses" else truly)
        if not own.any():
            continue
        unsure = None if name == "sunglasses" else share(called[part & doubtful], evidence.take(part & doubtful))
        at_rest = part & base
        offsets = (_mean(faces.blocks[at_rest], value[at_rest]) for value in (score, softness))
        groups.append(FaceGroup(by, name, share(called[own], evidence.take(own)), unsure, *offsets))
    return groups


def _mean(blocks: Words, value: Floats) -> Estimate | None:
    return estimate(blocks, lambda at: float(value[at].mean())) if len(value) else None


def parts_of(faces: Faces, light: Floats) -> dict[tuple[str, str], Bools]:
    """Return which faces belong to which group, of the sets that have the labels for it. light: see luminance."""
    parts: dict[tuple[str, str], Bools] = {}
    for by, words in (("sex", faces.sex), ("ethnicity", faces.ethnicity)):
        parts |= {(by, str(name)): words == name for name in np.unique(words) if name}
    parts |= {("glasses", name): faces.glasses == name for name in ("none", "glasses", "sunglasses")}
    low, high = np.quantile(light, (1 / 3, 2 / 3)) if len(light) else (0.0, 0.0)
    parts |= {
        ("light", "darkest third"): light <= low,
        ("light", "middle third"): (light > low) & (light <= high),
        ("light", "brightest third"): light > high,
    }
    pixels = faces.pixels()
    for name, least, most in (("under 60 px", 0, 60), ("60 to 100 px", 60, 100), ("100 px and more", 100, np.inf)):
        parts["size", name] = (pixels >= least) & (pixels < most)
    return {key: part for key, part in parts.items() if part.any()}


def shrunk(faces: Faces, pixels: int) -> Iterator[UInt8Array]:
    """Yield each face as one of so many pixels in height would come to the scorer."""
    side = round(CROP_SIZE * pixels / _FACE_HEIGHT)
    for at in range(len(faces)):
        small = cv2.resize(faces.crop(at), (side, side), interpolation=cv2.INTER_AREA)
        yield np.asarray(cv2.resize(small, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_LINEAR), np.uint8)


def darkened(faces: Faces, stops: int) -> Iterator[UInt8Array]:
    """Yield each face with so many stops less light, as model/shipped/damage.py has it."""
    for at in range(len(faces)):
        yield (faces.crop(at) * 2.0 ** (-stops / 1.6)).astype(np.uint8)


def made_group(by: str, name: str, faces: Faces, before: ScorerOutputs, after: ScorerOutputs) -> FaceGroup:
    """Return how the same open-eyed faces fare that were changed on purpose. before, after: (N,)."""
    change = _mean(faces.blocks, after.score - before.score)
    return FaceGroup(by, name, share(after.worse > EYE_CLOSED, faces.evidence), None, change, None)
