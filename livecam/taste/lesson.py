"""One choice of a person's, and what is kept of the faces that it was about: numbers, never a picture."""

from __future__ import annotations

import base64
import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from livecam.taste.places import DEFAULT_NAME
from livecam.types import BLENDSHAPES, EMBEDDING, RATINGS, FloatArray, Reason

_HALF = np.dtype("<f2")


class Kind(enum.StrEnum):
    """What a person did.

    WITHDRAWN takes back what was said of a picture alone (a deleted one is brought back), or of a pair (an undo).
    """

    STARS = "stars"
    PAIR = "pair"
    KEEP = "keep"
    REJECT = "reject"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class LessonFace:
    """What is kept of the face of one picture.

    picture: which picture it is (``pictures.picture_of``), so that a choice is not counted twice.
    embedding: the scorer's, 512 float16 in 1,024 bytes (little-endian).  blendshapes: 52 float16 likewise, 0..1.
    pose: yaw, pitch, roll, degrees.  rating_probs: what the scorer gives ratings 1..5 as if the eyes were open
    (``eye_policy.with_open_eyes``).  eyes_closed: as judged (``scoring.eyes``), subject's left and right.  reasons: of
    the checks.  sharpness: of ``best.records.pixel_measures`` at 96 pixels, light: mean luma of the face, 0..1; None:
    unknown.  people: how many faces counted in the picture.  path: where the picture lay then, "" unknown.
    """

    picture: str
    embedding: bytes
    blendshapes: bytes
    pose: tuple[float, float, float]
    rating_probs: tuple[float, ...]
    eyes_closed: tuple[float, float]
    reasons: tuple[Reason, ...] = ()
    sharpness: float | None = None
    light: float | None = None
    people: int = 1
    path: str = ""

    def __post_init__(self) -> None:
        _require(bool(self.picture), "picture is empty")
        _require(len(self.embedding) == 2 * EMBEDDING, f"embedding has {len(self.embedding)} bytes")
        _require(len(self.blendshapes) == 2 * BLENDSHAPES, f"blendshapes have {len(self.blendshapes)} bytes")
        _require(bool(np.isfinite(self.vector).all() and np.isfinite(self.shapes).all()), "numbers must be finite")
        _require(all(map(math.isfinite, self.pose)), "pose must be finite")
        _require(len(self.rating_probs) == len(RATINGS), "rating_probs need five numbers")
        _require(abs(sum(self.rating_probs) - 1) < 1e-2 and min(self.rating_probs) >= 0, "rating_probs must sum to 1")
        _require(all(0 <= p <= 1 for p in self.eyes_closed), "eyes_closed must lie in 0..1")
        _require(all(v is None or math.isfinite(v) for v in (self.sharpness, self.light)), "numbers must be finite")
        _require(self.people >= 1, "people must be ≥ 1")

    @property
    def vector(self) -> FloatArray:
        """The embedding, float32 (512,)."""
        return np.frombuffer(self.embedding, _HALF).astype(np.float32)

    @property
    def shapes(self) -> FloatArray:
        """The blendshapes, float32 (52,), 0..1."""
        return np.frombuffer(self.blendshapes, _HALF).astype(np.float32)

    @property
    def score(self) -> float:
        """The rating that the scorer expects with open eyes, [1, 5]."""
        return float(np.dot(self.rating_probs, RATINGS) / sum(self.rating_probs))

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "picture": self.picture,
            "embedding": base64.b64encode(self.embedding).decode(),
            "blendshapes": base64.b64encode(self.blendshapes).decode(),
            "pose": [round(angle, 2) for angle in self.pose],
            "rating_probs": [round(p, 5) for p in self.rating_probs],
            "eyes_closed": [round(p, 4) for p in self.eyes_closed],
            "reasons": [reason.name for reason in self.reasons],
            "sharpness": self.sharpness,
            "light": self.light,
            "people": self.people,
            "path": self.path,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Undo ``as_dict``. Raises KeyError, TypeError or ValueError on anything else."""
        yaw, pitch, roll = map(float, values["pose"])
        left, right = map(float, values["eyes_closed"])
        return cls(
            picture=str(values["picture"]),
            embedding=base64.b64decode(values["embedding"], validate=True),
            blendshapes=base64.b64decode(values["blendshapes"], validate=True),
            pose=(yaw, pitch, roll),
            rating_probs=tuple(map(float, values["rating_probs"])),
            eyes_closed=(left, right),
            # A reason that a later livecam knows says nothing to this one.
            reasons=tuple(Reason[name] for name in values["reasons"] if name in Reason.__members__),
            sharpness=None if values["sharpness"] is None else float(values["sharpness"]),
            light=None if values["light"] is None else float(values["light"]),
            people=int(values["people"]),
            path=str(values["path"]),
        )


@dataclass(frozen=True, slots=True)
class Lesson:
    """One choice.

    face: what was rated, kept or rejected; of a pair the one that is liked better.  other: of a pair, and of a pair
    that is withdrawn, the other one, else None.  stars: 1..5 of STARS, else 0.  session: the shoot that it belongs to,
    such as the day it was taken or a run of livecam; what is learned is tried on sessions that it was not learned from.
    time_s: when it was made, seconds since 1970, UTC.  taste: whose it is.  network: whose embeddings these are, see
    ``network.network_of``.  source: where it was made ("window", "page", "review", "apply", "xmp",
    "ratings", "rate").
    """

    kind: Kind
    face: LessonFace
    session: str
    time_s: float
    network: str
    other: LessonFace | None = None
    stars: int = 0
    taste: str = DEFAULT_NAME
    source: str = ""

    def __post_init__(self) -> None:
        two = self.other is not None
        _require(two == (self.kind is Kind.PAIR) or self.kind is Kind.WITHDRAWN, "a pair alone has two pictures")
        _require((self.kind is Kind.STARS) == (self.stars in RATINGS), f"stars cannot be {self.stars} for {self.kind}")
        _require(self.other is None or self.other.picture != self.face.picture, "a picture is no pair with itself")
        _require(math.isfinite(self.time_s), "time_s must be finite")
        _require(bool(self.network) and bool(self.taste), "a lesson names its network and its taste")

    @property
    def subject(self) -> tuple[str, ...]:
        """What it is about: two lessons with the same are one choice made again, of which the later counts.

        Of a pair both pictures in either order; of everything else the taste and the picture.
        """
        if self.other is not None:
            return (self.taste, *sorted((self.face.picture, self.other.picture)))
        return self.taste, self.face.picture

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        values: dict[str, Any] = {
            "kind": self.kind.value,
            "taste": self.taste,
            "session": self.session,
            "time_s": round(self.time_s, 3),
            "network": self.network,
            "source": self.source,
        }
        if self.stars:
            values["stars"] = self.stars
        values["face"] = self.face.as_dict()
        if self.other is not None:
            values["other"] = self.other.as_dict()
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Undo ``as_dict``. Raises KeyError, TypeError or ValueError on anything else."""
        other = values.get("other")
        return cls(
            kind=Kind(values["kind"]),
            face=LessonFace.from_dict(values["face"]),
            session=str(values["session"]),
            time_s=float(values["time_s"]),
            network=str(values["network"]),
            other=None if other is None else LessonFace.from_dict(other),
            stars=int(values.get("stars", 0)),
            taste=str(values["taste"]),
            source=str(values["source"]),
        )


def half_bytes(values: FloatArray | tuple[float, ...]) -> bytes:
    """Return numbers as float16 bytes, as ``LessonFace`` keeps them."""
    return np.asarray(values, np.float32).astype(_HALF).tobytes()


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
