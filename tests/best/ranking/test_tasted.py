from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livecam.best.ranking.ranked import rank
from livecam.best.ranking.tasted import TasteWeights, by_taste, key_of_taste, rated
from livecam.best.records.frame import FaceRecord
from livecam.best.records.scan_result import ScanResult
from livecam.photos.discover import Item
from livecam.taste.examples import ExampleSettings
from livecam.taste.head import TasteHead
from livecam.taste.lesson import half_bytes
from livecam.taste.resting import Resting
from livecam.taste.signals import SIGNALS
from livecam.types import EMBEDDING, Reason
from tests.best.records.factories import make_face_record, make_record


def _head(*, smile: float = 0.0, eyes: float = 0.0) -> TasteHead:
    signals = np.zeros(len(SIGNALS), np.float32)
    signals[0] = smile
    thresholds = np.array((1.5, 2.5, 3.5, 4.5), np.float32)
    nothing = np.zeros(EMBEDDING, np.float32)
    return TasteHead("me", "default-3", nothing, signals, 1.0, 0.0, thresholds, Resting(0.0, eyes))


def _face(
    smile: float, *, score: float = 4.0, eyes: tuple[float, float] = (0.0, 0.0), reasons: tuple[Reason, ...] = ()
) -> FaceRecord:
    face = make_face_record(score=score, eyes=eyes, shapes={"mouthSmile": smile}, reasons=reasons)
    return replace(face, open_eyes_probs=(0.0, 0.0, 0.0, 1.0, 0.0), embedding=half_bytes((0.0,) * EMBEDDING))


def test_a_taste_for_serious_faces_turns_their_order() -> None:
    serious, laughing = rated([make_record(_face(0.0)), make_record(_face(1.0))], _head(smile=-2.0))
    assert serious.score is not None
    assert laughing.score is not None
    assert serious.score > laughing.score + 1


def test_closed_eyes_lose_by_any_taste() -> None:
    (record,) = rated([make_record(_face(1.0, eyes=(0.99, 0.99), reasons=(Reason.EYES_CLOSED,)))], _head(smile=5.0))
    assert record.score == pytest.approx(1.15, abs=0.1)
    assert record.faces[0].open_eyes_score > 4
    assert record.faces[0].reasons == (Reason.EYES_CLOSED,)


def test_where_all_blink_by_somebodys_own_lids_what_is_open_by_anybodys_wins() -> None:
    """Lids that were learned of wide eyes call a stranger's half-open ones closed, all alike."""
    wide = replace(_head(), resting=Resting(0.0, 0.0, 0.3))
    half_down = {"eyeBlinkLeft": 0.5, "eyeBlinkRight": 0.5}
    faces = [
        replace(
            make_face_record(score=4.0, eyes=(eye, eye), shapes=half_down, reasons=()),
            open_eyes_probs=(0.0, 0.0, 0.0, 1.0, 0.0),
            embedding=half_bytes((0.0,) * EMBEDDING),
            sharpness=(sharpness,),
        )
        for eye, sharpness in ((0.2, 1.1), (0.9, 1.9))
    ]
    records = rated([make_record(face) for face in faces], wide)
    assert all(max(record.faces[0].eyes_closed) > 0.5 for record in records)
    assert rank(records)[0].index == 0


def test_narrow_eyes_of_this_person_are_open_and_their_reason_is_gone() -> None:
    face = _face(0.0, eyes=(0.6, 0.6), reasons=(Reason.EYES_CLOSED, Reason.BLURRED))
    (record,) = rated([make_record(face)], _head(eyes=2.0))
    assert max(record.faces[0].eyes_closed) < 0.5
    assert record.faces[0].reasons == (Reason.BLURRED,)


def test_what_lessons_are_made_of_stays_the_scorers_own_word() -> None:
    face = _face(1.0)
    (record,) = rated([make_record(face)], _head(smile=-2.0))
    assert record.faces[0].open_eyes_probs == face.open_eyes_probs
    assert record.faces[0].embedding == face.embedding


def test_without_a_taste_or_an_embedding_all_stays_as_it_is() -> None:
    result = ScanResult(Item(Path("a.jpg")), (make_record(make_face_record()),))
    assert by_taste([result], None) == [result]
    assert by_taste([result], _head(smile=1.0)) == [result]


def test_the_key_of_a_taste_changes_with_what_it_says() -> None:
    assert key_of_taste(None) == b""
    assert len({key_of_taste(head) for head in (None, _head(), _head(smile=1.0), _head(eyes=1.0))}) == 4
    assert key_of_taste(_head()) == key_of_taste(_head())


def test_a_strong_taste_outweighs_what_anybody_minds_and_closed_eyes_still_lose() -> None:
    speaking = replace(_face(0.0), blendshapes=make_face_record(shapes={"jawOpen": 0.5}).blendshapes)
    asleep = _face(0.0, eyes=(0.99, 0.99), reasons=(Reason.EYES_CLOSED,))
    frames = rated([make_record(_face(1.0)), make_record(speaking), make_record(asleep)], _head(smile=-6.0))
    assert [ranked.index for ranked in rank(frames)] == [1, 0, 2]


def test_what_pairs_teach_beyond_the_score_counts_there_as_it_does_in_the_ranking() -> None:
    weights = TasteWeights()
    assert ExampleSettings().beyond_score == pytest.approx(weights.logits_a_point / weights.logits_in_full)
