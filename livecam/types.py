"""The data that flows through livecam. Each type checks itself once, when it is made.

Arrays are shared, never copied, and must not be written to after construction: the same pixels are
looked at by the detector, the scorer, the trigger and the screen. Times are milliseconds of media or
capture time (``t_ms``), or seconds of ``time.monotonic`` (``captured_s``). Boxes and landmarks are in
pixels of the frame, x to the right and y down; left and right are the subject's own.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

UInt8Array = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]

CROP_SIZE = 224
RATINGS = (1, 2, 3, 4, 5)
LANDMARKS = 478
BLENDSHAPES = 52
EMBEDDING = 512
EYE_CLOSED = 0.5  # the probability above which an eye counts as closed


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _array(value: object, name: str, dtype: type, shape: tuple[int | None, ...]) -> None:
    # Messages are made only where they are needed: to write out a type takes longer than to compare it.
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{name} must be a numpy array, not {type(value).__name__}")  # noqa: TRY004
    if value.dtype != dtype:
        raise ValueError(f"{name} must be {np.dtype(dtype)}, not {value.dtype}")
    if value.ndim != len(shape) or any(
        want is not None and want != got for want, got in zip(shape, value.shape, strict=True)
    ):
        raise ValueError(f"{name} must have shape {shape}, not {value.shape}")


def _probabilities(value: FloatArray, name: str) -> None:
    if not (value.min() >= -1e-5 and value.max() <= 1 + 1e-5):  # false for NaN, too
        # Only now: to write out 52 numbers takes longer than to find a face's box, and every frame would pay for it.
        raise ValueError(f"{name} must lie in 0..1, not {value}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a source.

    image: uint8 (H, W, 3), RGB.  t_ms: media or capture time, ≥ 0.  index: count in the source, from 0.
    captured_s: ``time.monotonic()`` when the source delivered it.  path: the file it was read from, if it
    is a still picture.
    """

    image: UInt8Array
    t_ms: float
    index: int
    captured_s: float
    path: Path | None = None

    def __post_init__(self) -> None:
        _array(self.image, "image", np.uint8, (None, None, 3))
        _require(min(self.image.shape[:2]) >= 1, "image must not be empty")
        _require(math.isfinite(self.t_ms) and self.t_ms >= 0, f"t_ms must be ≥ 0, not {self.t_ms}")
        _require(self.index >= 0, f"index must be ≥ 0, not {self.index}")

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.image.shape[0])

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.image.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face as MediaPipe's FaceLandmarker sees it.

    landmarks: float32 (478, 3), x and y in pixels of the frame, z in the same unit (smaller is nearer).
    blendshapes: float32 (52,), 0..1, in the order of ``livecam.faces.mesh.BLENDSHAPE_NAMES``.
    transform: float32 (4, 4), canonical face to camera, centimetres.  turned: 0, 90, 180 or 270 degrees clockwise by
    which the picture is to be turned to show its people upright; only stills are asked. Of a face that is not upright
    blendshapes and transform are what they are in the picture turned so that it is; landmarks stay where they are.
    """

    landmarks: FloatArray
    blendshapes: FloatArray
    transform: FloatArray
    turned: int = 0

    def __post_init__(self) -> None:
        _array(self.landmarks, "landmarks", np.float32, (LANDMARKS, 3))
        _array(self.blendshapes, "blendshapes", np.float32, (BLENDSHAPES,))
        _array(self.transform, "transform", np.float32, (4, 4))
        _require(bool(np.isfinite(self.landmarks).all()), "landmarks must be finite")
        _require(self.turned in (0, 90, 180, 270), f"turned must be 0, 90, 180 or 270, not {self.turned}")
        _probabilities(self.blendshapes, "blendshapes")

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 in pixels around the landmarks; may reach outside the frame."""
        x, y = self.landmarks[:, 0], self.landmarks[:, 1]  # one by one: five times as fast as along an axis
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    @property
    def size(self) -> float:
        """The larger side of the box, pixels."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0)

    @property
    def pose(self) -> tuple[float, float, float]:
        """Yaw, pitch and roll in degrees: 0 looks straight at the camera.

        Yaw > 0 turns to the subject's left, pitch > 0 looks down, roll > 0 tips towards the subject's
        left shoulder (clockwise in the picture).
        """
        r = self.transform[:3, :3].astype(np.float64)
        r = r / np.linalg.norm(r, axis=0, keepdims=True)
        yaw = math.degrees(math.atan2(r[0, 2], r[2, 2]))
        pitch = math.degrees(math.asin(float(np.clip(-r[1, 2], -1.0, 1.0))))
        roll = math.degrees(math.atan2(-r[1, 0], r[1, 1]))
        return yaw, pitch, roll


@dataclass(frozen=True, slots=True, eq=False)
class FaceCrop:
    """The part of a frame that the scorer sees.

    image: uint8 (224, 224, 3), RGB.  matrix: float32 (2, 3), maps frame pixels to crop pixels.
    """

    image: UInt8Array
    matrix: FloatArray

    def __post_init__(self) -> None:
        _array(self.image, "image", np.uint8, (CROP_SIZE, CROP_SIZE, 3))
        _array(self.matrix, "matrix", np.float32, (2, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """What the scorer says of one crop.

    rating_probs: float32 (5,), the probability of each rating 1..5, sums to 1.
    eyes_closed: float32 (2,), the probability that the subject's left and right eye is closed.
    embedding: float32 (512,).
    """

    rating_probs: FloatArray
    eyes_closed: FloatArray
    embedding: FloatArray

    def __post_init__(self) -> None:
        _array(self.rating_probs, "rating_probs", np.float32, (len(RATINGS),))
        _array(self.eyes_closed, "eyes_closed", np.float32, (2,))
        _array(self.embedding, "embedding", np.float32, (EMBEDDING,))
        _probabilities(self.rating_probs, "rating_probs")
        _probabilities(self.eyes_closed, "eyes_closed")
        total = float(self.rating_probs.sum())
        _require(abs(total - 1) < 1e-2, f"rating_probs must sum to 1, not {total:.4f}")

    @property
    def value(self) -> float:
        """The expected rating, in [1, 5]."""
        expected = float(self.rating_probs @ np.asarray(RATINGS, np.float32) / self.rating_probs.sum())
        return min(max(expected, 1.0), 5.0)


class Reason(enum.Enum):
    """Why a shot is held back, in words that a person acts on; those in ``ONLY_SAID`` hold nothing back."""

    NO_FACE = "step into the picture"
    TOO_FAR = "come closer"
    CUT_OFF = "move into the frame"
    EYES_CLOSED = "open your eyes"
    LEFT_EYE_CLOSED = "open your left eye"
    RIGHT_EYE_CLOSED = "open your right eye"
    TURNED_AWAY = "look at the camera"
    TOO_DARK = "find more light"
    TOO_BRIGHT = "find less light"
    BLURRED = "hold still"
    HIDDEN = "show every face"
    EYES_HIDDEN = "eyes hidden"
    MOUTH_HIDDEN = "mouth hidden"
    TURN_PICTURE = "turn the picture"


EYE_REASONS = frozenset((Reason.EYES_CLOSED, Reason.LEFT_EYE_CLOSED, Reason.RIGHT_EYE_CLOSED))
# Who wears sunglasses or a mask wants pictures too: the rest of the face decides. And a picture that lies on its side
# is judged as if upright.
ONLY_SAID = frozenset((Reason.EYES_HIDDEN, Reason.MOUTH_HIDDEN, Reason.TURN_PICTURE))


@dataclass(frozen=True, slots=True, eq=False)
class ScoredFace:
    """One face of a moment with its score and what is the matter with it (empty: nothing is).

    person: whose it is, the same number from frame to frame; None in a still.  counted: False for a passer-by, for
    whom no shot waits.  generic: the scorer's own word, where score is by a person's taste; None: they are the same.
    crop: what the scorer saw; None where nobody kept it.
    """

    face: Face
    score: Score
    reasons: tuple[Reason, ...] = ()
    person: int | None = None
    counted: bool = True
    generic: Score | None = None
    crop: FaceCrop | None = None

    @property
    def held_back_by(self) -> tuple[Reason, ...]:
        """Those of the reasons that hold a shot back, in their order."""
        return tuple(reason for reason in self.reasons if reason not in ONLY_SAID)


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A frame and everything that is known about it.

    faces: the largest first; empty when nobody is in the picture.  hidden: how many counted people were there a
    moment ago and are not seen in this frame.
    """

    frame: Frame
    faces: tuple[ScoredFace, ...] = ()
    hidden: int = 0

    def __post_init__(self) -> None:
        _require(self.hidden >= 0, f"hidden must be ≥ 0, not {self.hidden}")

    @property
    def t_ms(self) -> float:
        """Time of the frame, milliseconds."""
        return self.frame.t_ms

    @property
    def counted(self) -> tuple[ScoredFace, ...]:
        """The faces for which the shot waits: all but passers-by."""
        return tuple(f for f in self.faces if f.counted)

    @property
    def score(self) -> float | None:
        """The score of the worst counted face, in [1, 5]; None without one."""
        return min((f.score.value for f in self.counted), default=None)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All that holds this frame back, each reason once; NO_FACE when nobody is there who counts."""
        counted = self.counted
        if not counted:
            return (Reason.NO_FACE,)
        hidden = (Reason.HIDDEN,) if self.hidden else ()
        return tuple(dict.fromkeys((*(r for f in counted for r in f.held_back_by), *hidden)))

    @property
    def worst(self) -> ScoredFace | None:
        """The counted face with the lowest score; None without one."""
        return min(self.counted, key=lambda f: f.score.value, default=None)
