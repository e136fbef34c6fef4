"""Rated photos, and faces found in them, made up."""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from livecam.types import BLENDSHAPES, LANDMARKS, UInt8Array
from model.data.face_of_photo import RatedFace
from model.data.near_duplicates import fingerprint
from model.data.ratings import RatedPhoto


def rated(path: Path, rating: int = 3, **also: object) -> RatedPhoto:
    plain = RatedPhoto(photo=path.name, path=path, rating=rating, eyes=-1, person="", session="", face=0)
    return replace(plain, **also)  # type: ignore[arg-type]  # a test may set any field


def fake(photo: str, image: UInt8Array | None = None, **also: object) -> RatedFace:
    """A found face whose photo and crop are this image; noise of its own if there is none."""
    if image is None:
        coarse = np.random.default_rng(zlib.crc32(os.fsencode(photo))).integers(0, 255, (16, 16, 3), np.uint8)
        image = np.asarray(cv2.resize(coarse, (224, 224), interpolation=cv2.INTER_CUBIC), np.uint8)
    _, packed = cv2.imencode(".png", image[..., ::-1])
    png = packed.tobytes()
    found = RatedFace(
        rated=rated(Path(photo), photo=photo),
        png=png,
        digest=hashlib.sha256(png).hexdigest(),
        points=np.zeros((LANDMARKS, 2), np.float32),
        blendshapes=np.zeros(BLENDSHAPES, np.float32),
        pose=np.zeros(3, np.float32),
        face_px=170.0,
        photo_print=fingerprint(image),
        crop_print=fingerprint(image),
        taken=None,
    )
    return replace(found, **also)  # type: ignore[arg-type]  # as above
