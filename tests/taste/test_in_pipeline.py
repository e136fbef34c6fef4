from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from livecam.pipeline import score_faces
from livecam.scoring.eye_policy import EyePolicy
from livecam.taste.head import TasteHead
from livecam.taste.observed import lesson_face
from livecam.types import FaceCrop, Frame, Reason, Score, ScoredFace
from tests.factories import make_face, make_frame, make_gated_score
from tests.taste.test_head import make_head

_FRAME = make_frame(width=640, height=480)


class _Scorer:
    provider, fallback, path = "cpu", None, Path("scorer.onnx")
    metadata: Mapping[str, str] = {}

    def __init__(self, *, eyes: tuple[float, float]) -> None:
        self._eyes = eyes

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        return tuple(make_gated_score(4.0, self._eyes) for _ in crops)

    def close(self) -> None:
        pass


def _scored(
    taste: TasteHead | None, *, smile: float, eyes: float = 0.0, policy: EyePolicy = EyePolicy.OPEN
) -> tuple[Frame, ScoredFace]:
    face = make_face(blendshapes={"mouthSmileLeft": smile, "mouthSmileRight": smile})
    (moment,) = score_faces(_Scorer(eyes=(eyes, eyes)), [(_FRAME, (face,))], policy, taste)
    return moment.frame, moment.faces[0]


def test_a_taste_rates_what_the_camera_sees() -> None:
    serious, laughing = (_scored(make_head(smile=-3.0), smile=smile)[1].score.value for smile in (0.0, 1.0))
    assert laughing + 1 < serious
    assert _scored(None, smile=1.0)[1].generic is None


def test_lessons_are_made_of_the_scorers_own_word() -> None:
    (moment,) = score_faces(_Scorer(eyes=(0.0, 0.0)), [(_FRAME, (make_face(),))], taste=make_head(offset=-9.0))
    kept = lesson_face(moment, "a")
    assert moment.faces[0].score.value < 2
    assert kept is not None
    assert kept.score == pytest.approx(4.0, abs=0.05)


def test_closed_eyes_are_held_back_by_any_taste_and_forgiven_where_they_count_for_nothing() -> None:
    loving = make_head(offset=9.0)
    held = _scored(loving, smile=0.2, eyes=0.999)[1]
    assert held.score.value < 1.5
    assert Reason.EYES_CLOSED in held.reasons
    free = _scored(loving, smile=0.2, eyes=0.999, policy=EyePolicy.ANY)[1]
    assert free.score.value > 4
