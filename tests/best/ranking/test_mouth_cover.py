"""A frame with something before the mouth loses against those of the same person without; beards and masks do not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from livecam.best.ranking.mouth_cover import CoverSettings
from livecam.best.ranking.ranked import Ranked, rank
from livecam.best.ranking.settings import Weights
from livecam.best.records.frame import FaceRecord
from livecam.types import Reason
from tests.best.records.factories import make_face_record, make_record

FREE, BEARD, HAND = -5.0, -1.0, 1.5


def ranked(*faces: FaceRecord) -> tuple[Ranked, ...]:
    return rank([make_record(face) for face in faces])


def of(*covers: float | None, reasons: tuple[Reason, ...] = ()) -> list[FaceRecord]:
    return [make_face_record(mouth_cover=cover, reasons=reasons) for cover in covers]


def values(faces: Sequence[FaceRecord]) -> list[float]:
    """Of each frame, in the order of the faces."""
    return [one.value for one in sorted(ranked(*faces), key=lambda one: one.index)]


@pytest.mark.parametrize("free", [1, 2, 7])
def test_a_hand_before_the_mouth_loses_and_is_said(free: int) -> None:
    *others, last = ranked(*of(HAND), *of(*[FREE] * free))
    assert last.index == 0
    assert last.why == ("something before the mouth",)
    assert others[0].value - last.value == pytest.approx(Weights().covered_mouth)
    assert all("mouth" not in " ".join(one.why) for one in others)


def test_a_crisp_frame_with_a_hand_does_not_win_over_a_softer_smile() -> None:
    hand = make_face_record(mouth_cover=HAND, eye_detail=3.4, score=3.2)
    smile = make_face_record(mouth_cover=FREE, eye_detail=2.4, score=3.5, sharpness=(1.5, 1.3, 1.2))
    assert [one.index for one in ranked(hand, smile)] == [1, 0]


def test_who_has_a_beard_has_it_in_every_frame() -> None:
    assert len(set(values(of(BEARD, BEARD + 0.5, BEARD - 1)))) == 1


def test_hands_are_found_before_beards_too() -> None:
    assert ranked(*of(BEARD, BEARD, BEARD + CoverSettings().rise + 0.1))[-1].why == ("something before the mouth",)


def test_how_plainly_a_mouth_is_free_says_nothing() -> None:
    assert len(set(values(of(-12.0, FREE, CoverSettings().plainly_free + CoverSettings().rise - 0.1)))) == 1


@pytest.mark.parametrize("covers", [(HAND,), (HAND, HAND), (HAND, HAND, FREE, HAND)])
def test_a_single_frame_and_mouths_that_are_covered_in_most_frames_lose_nothing(covers: Sequence[float]) -> None:
    assert len(set(values(of(*covers)))) == 1


def test_behind_a_mask_nothing_counts() -> None:
    masked = of(HAND, FREE, FREE, reasons=(Reason.MOUTH_HIDDEN,))
    assert len(set(values(masked))) == 1


@pytest.mark.parametrize("covers", [(HAND, None), (HAND, FREE, None), (None, None)])
def test_where_one_was_not_measured_it_counts_for_none(covers: Sequence[float | None]) -> None:
    assert len(set(values(of(*covers)))) == 1


@pytest.mark.parametrize("shapes", [{"jawOpen": 0.6}, {"mouthSmile": 0.8}, {"mouthPucker": 0.9, "mouthFunnel": 0.3}])
def test_a_mouth_that_is_seen_to_laugh_shout_or_whistle_is_not_covered(shapes: dict[str, float]) -> None:
    faces = [make_face_record(mouth_cover=cover, shapes=shapes) for cover in (HAND, FREE)]
    assert len(set(values(faces))) == 1


def test_what_the_landmarks_guess_behind_a_hand_counts_for_nothing() -> None:
    """A smile, a word or a grimace there is none that anybody sees."""
    guesses: tuple[dict[str, float], ...] = (
        {"mouthSmile": 0.5}, {"jawOpen": 0.4}, {"mouthUpperUp": 0.5, "mouthRollLower": 0.5}
    )  # fmt: skip
    frames = [make_face_record(mouth_cover=HAND, shapes=guess) for guess in guesses]
    assert len(set(values([*frames, *of(*[FREE] * 5)])[: len(guesses)])) == 1
    last = ranked(frames[1], *of(FREE, FREE))[-1]
    assert last.why == ("something before the mouth",), "and not a word"


def test_it_is_not_put_down_to_a_smaller_smile() -> None:
    smile = make_face_record(mouth_cover=FREE, score=3.6, shapes={"mouthSmile": 0.6})
    assert ranked(*of(HAND), smile, smile)[-1].why == ("something before the mouth",)


def test_in_a_group_each_is_compared_with_the_same_person() -> None:
    frames = [
        make_record(
            make_face_record(x=200, mouth_cover=bearded), make_face_record(x=800, mouth_cover=other), path=f"/{n}.jpg"
        )
        for n, (bearded, other) in enumerate([(BEARD, FREE), (BEARD, HAND), (BEARD, FREE)])
    ]
    assert rank(frames)[-1].why == ("right person: something before the mouth",)
