"""``--eyes``: what closed eyes count for when the pictures of a group are ranked; and what nobody can see."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from livecam.best.ranking.peaks import find_peaks, why_no_peak
from livecam.best.ranking.ranked import Ranked, rank
from livecam.best.ranking.settings import RankingSettings
from livecam.best.records.frame import FaceRecord, FrameRecord
from livecam.scoring.eye_policy import EyePolicy
from livecam.types import Reason
from tests.best.records.factories import make_face_record, make_record

OPEN, LAUGHS, ANY = EyePolicy.OPEN, EyePolicy.LAUGHS, EyePolicy.ANY
SHUT = (0.999999, 0.999999)
LIDS = {"eyeBlink": 0.6, "eyeLookDown": 0.6}

NEUTRAL = make_face_record(score=3.0)
BLINK = make_face_record(score=1.15, open_eyes_score=3.1, eyes=SHUT, shapes=LIDS)
LAUGH = make_face_record(score=1.15, open_eyes_score=4.9, eyes=SHUT, shapes={"mouthSmile": 0.9, **LIDS})
OPEN_LAUGH = make_face_record(score=4.9, shapes={"mouthSmile": 0.9})


def ranked(*faces: FaceRecord, eyes: EyePolicy = OPEN) -> tuple[Ranked, ...]:
    return rank([make_record(face) for face in faces], settings=RankingSettings(eyes=eyes))


def winner(*faces: FaceRecord, eyes: EyePolicy = OPEN) -> FaceRecord:
    return faces[ranked(*faces, eyes=eyes)[0].index]


def test_by_default_a_laugh_with_closed_eyes_loses_to_a_neutral_face() -> None:
    assert winner(LAUGH, NEUTRAL) is NEUTRAL
    assert ranked(LAUGH, NEUTRAL)[1].why[0] == "eyes closed"


@pytest.mark.parametrize("order", [1, -1])
def test_with_laughs_a_laugh_with_closed_eyes_wins_over_a_neutral_face_but_a_blink_does_not(order: int) -> None:
    assert winner(*(LAUGH, NEUTRAL)[::order], eyes=LAUGHS) is LAUGH
    assert winner(*(BLINK, NEUTRAL)[::order], eyes=LAUGHS) is NEUTRAL
    assert ranked(BLINK, NEUTRAL, eyes=LAUGHS)[1].why[0] == "eyes closed"


def test_with_laughs_open_eyes_still_win_between_two_laughs() -> None:
    assert winner(LAUGH, OPEN_LAUGH, eyes=LAUGHS) is OPEN_LAUGH


def test_with_any_the_rest_of_the_face_decides_and_its_score_is_what_counts() -> None:
    assert winner(BLINK, LAUGH, NEUTRAL, eyes=ANY) is LAUGH
    (blink,) = ranked(BLINK, eyes=ANY)
    assert blink.score == pytest.approx(3.1)
    asleep, blurred = BLINK, make_face_record(score=1.15, open_eyes_score=2.0, eyes=SHUT, reasons=(Reason.BLURRED,))
    assert winner(blurred, asleep, eyes=ANY) is asleep


def test_with_any_open_eyes_are_not_demanded_nor_held_against() -> None:
    first, second = ranked(BLINK, make_face_record(score=3.1), eyes=ANY)
    assert first.value == pytest.approx(second.value)


def test_with_any_looking_elsewhere_costs_nothing_but_a_turned_head_does() -> None:
    looks_aside = make_face_record(score=3.0, reasons=(Reason.TURNED_AWAY,))
    assert ranked(looks_aside, eyes=ANY)[0].value == pytest.approx(ranked(NEUTRAL, eyes=ANY)[0].value)
    turned = make_face_record(score=3.0, reasons=(Reason.TURNED_AWAY,), pose=(50.0, 0.0, 0.0))
    assert ranked(turned, eyes=ANY)[0].value < ranked(NEUTRAL, eyes=ANY)[0].value


def clip(*faces: FaceRecord) -> Sequence[FrameRecord]:
    return [make_record(face, t_ms=100.0 * i, path="a.mp4") for i, face in enumerate(faces)]


def test_the_peak_of_a_clip_may_have_the_eyes_that_are_wanted() -> None:
    frames = clip(BLINK, LAUGH, BLINK)
    assert find_peaks(frames) == ()
    assert why_no_peak(frames) == "the eyes are closed in every frame with a face"
    assert find_peaks(frames, eyes=LAUGHS) == (1,)
    assert find_peaks(clip(BLINK, BLINK), eyes=LAUGHS) == ()
    assert find_peaks(clip(BLINK, BLINK), eyes=ANY) != ()


SUNGLASSES = (Reason.EYES_HIDDEN,)
MASK = (Reason.MOUTH_HIDDEN,)


def test_behind_sunglasses_the_smile_wins_whatever_is_guessed_of_the_eyes() -> None:
    smile = make_face_record(score=4.5, eyes=SHUT, reasons=SUNGLASSES, shapes={"mouthSmile": 0.8, **LIDS})
    rest = make_face_record(score=3.0, eyes=(0.0, 0.0), reasons=SUNGLASSES)
    assert winner(rest, smile) is smile
    assert "eyes closed" not in ranked(rest, smile)[1].why


def test_sunglasses_that_are_seen_in_one_frame_of_a_burst_alone_do_not_save_a_blink() -> None:
    mistaken = make_face_record(score=3.0, eyes=SHUT, reasons=SUNGLASSES, shapes=LIDS)
    assert winner(mistaken, NEUTRAL, NEUTRAL) is NEUTRAL


def test_with_masks_the_eyes_decide_and_not_what_is_guessed_of_the_mouth() -> None:
    blink = make_face_record(score=1.1, eyes=SHUT, reasons=MASK, shapes={"mouthSmile": 0.9, **LIDS})
    awake = make_face_record(score=1.1, reasons=MASK, shapes={"jawOpen": 0.9, "mouthFunnel": 0.9})
    assert winner(blink, awake) is awake
    low = make_face_record(score=1.1, reasons=MASK, shapes={"eyeBlink": 0.4, "mouthSmile": 0.9})
    assert winner(low, awake) is awake
