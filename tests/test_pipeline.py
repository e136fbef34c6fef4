"""The steps within a frame, put together from fakes that say what they were given."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from livecam import pipeline
from livecam.errors import ModelError
from livecam.pipeline import Analyser
from livecam.types import Face, FaceCrop, Frame, Reason, Score
from tests.factories import make_face, make_frame, make_score


class Finder:
    def __init__(self, *faces: Face) -> None:
        self.faces = faces
        self.closed = False

    def find(self, frame: Frame) -> tuple[Face, ...]:
        return self.faces

    def close(self) -> None:
        self.closed = True


class Scorer:
    provider = "fake"
    fallback: str | None = None
    metadata = MappingProxyType({"model_version": "7"})

    def __init__(self, *scores: Score) -> None:
        self.scores = scores
        self.batches: list[Sequence[FaceCrop]] = []
        self.closed = False

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        self.batches.append(crops)
        return self.scores

    def close(self) -> None:
        self.closed = True


def test_all_faces_of_a_frame_are_scored_as_one_batch_and_keep_their_own_score() -> None:
    large, small = make_face(size=200), make_face(centre=(500, 100), size=80)
    scorer = Scorer(make_score(4.0), make_score(2.0, eyes=(0.99, 0.99)))

    moment = Analyser(Finder(large, small), scorer).analyse(make_frame(width=640, height=480))

    assert [len(batch) for batch in scorer.batches] == [2]
    assert [scored.face for scored in moment.faces] == [large, small]
    assert [scored.score for scored in moment.faces] == list(scorer.scores)
    assert moment.score == pytest.approx(2.0)


def test_each_face_is_checked_with_its_own_crop_and_score(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_reasons(face: Face, crop: FaceCrop, score: Score, frame: Frame) -> tuple[Reason, ...]:
        if crop.image.mean() < 60:
            return (Reason.TOO_DARK,)
        return (Reason.EYES_CLOSED,) if score.eyes_closed[0] > 0.5 else ()

    monkeypatch.setattr(pipeline, "find_reasons", find_reasons)
    frame = make_frame(width=640, height=480)
    frame.image[:, 320:] = 10
    bright, dark = make_face(centre=(160, 240), size=100), make_face(centre=(480, 240), size=100)
    scorer = Scorer(make_score(4.0, eyes=(0.9, 0.9)), make_score(4.0))

    moment = Analyser(Finder(bright, dark), scorer).analyse(frame)

    assert [scored.reasons for scored in moment.faces] == [(Reason.EYES_CLOSED,), (Reason.TOO_DARK,)]


def test_without_a_face_nothing_is_scored() -> None:
    scorer = Scorer()

    moment = Analyser(Finder(), scorer).analyse(make_frame())

    assert scorer.batches == []
    assert moment.reasons == (Reason.NO_FACE,)


def test_a_face_that_gets_no_score_is_a_bug_and_not_passed_over() -> None:
    with pytest.raises(ValueError, match="zip"):
        Analyser(Finder(make_face()), Scorer()).analyse(make_frame())


def test_it_closes_what_it_took_over_and_says_what_it_runs() -> None:
    finder, scorer = Finder(), Scorer()

    with Analyser(finder, scorer) as analyser:
        assert (analyser.provider, analyser.model_version) == ("fake", "7")
        assert not finder.closed

    assert finder.closed
    assert scorer.closed


def test_a_missing_face_model_leaves_no_open_scorer(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Scorer()

    class Loaded:
        def __init__(self, model: Path | None, *, provider: str, busy: bool) -> None: ...
        def __enter__(self) -> Scorer:
            return scorer

        def __exit__(self, *exception: object) -> None:
            scorer.close()

    def missing(*, faces: int, stills: bool) -> Finder:
        raise ModelError("no face model")

    monkeypatch.setattr(pipeline, "Scorer", Loaded)
    monkeypatch.setattr(pipeline, "FaceFinder", missing)

    with pytest.raises(ModelError):
        Analyser.load()
    assert scorer.closed


def test_the_crop_is_of_the_frame_given() -> None:
    scorer = Scorer(make_score())
    frame = make_frame(width=640, height=480, grey=77)

    Analyser(Finder(make_face()), scorer).analyse(frame)

    assert np.all(scorer.batches[0][0].image == 77)


@pytest.mark.parametrize("fast", [True, False])
def test_where_speed_counts_the_scorer_is_told_that_the_processor_is_busy(
    fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}

    def load(model: Path | None, **options: object) -> nullcontext[Scorer]:
        asked.update(options)
        return nullcontext(Scorer())

    monkeypatch.setattr(pipeline, "Scorer", load)
    monkeypatch.setattr(pipeline, "FaceFinder", lambda **_: Finder())
    Analyser.load(fast=fast)
    assert asked["busy"] is fast
