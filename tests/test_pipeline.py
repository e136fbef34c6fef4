"""The steps within a frame, put together from fakes that say what they were given."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from livecam.errors import ModelError
from livecam.pipeline import Analyser, StreamSteps
from livecam.scoring.eye_policy import EyePolicy
from livecam.scoring.eyes import judge_eyes
from livecam.scoring.hidden_parts import Hidden
from livecam.shutter.decision import Decision, TriggerState
from livecam.shutter.trigger import Trigger
from livecam.types import Face, FaceCrop, Frame, Moment, Reason, Score
from tests.factories import make_face, make_frame, make_gated_score, make_score


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
    path = Path("fake.onnx")

    def __init__(self, *scores: Score) -> None:
        self.scores = scores
        self.batches: list[Sequence[FaceCrop]] = []
        self.closed = False

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        self.batches.append(crops)
        return self.scores

    def close(self) -> None:
        self.closed = True


class Models:
    """Makes the finder, unless there is none, and the scorer, and keeps what was asked of them."""

    def __init__(self, finder: Finder | None, scorer: Scorer) -> None:
        self._finder, self._scorer = finder, scorer
        self.asked_of_finder: tuple[int, bool, float] | None = None
        self.asked_of_scorer: tuple[Path | None, str, bool] | None = None

    def finder(self, *, faces: int, stills: bool = False, min_size_ratio: float = 0.0) -> Finder:
        self.asked_of_finder = faces, stills, min_size_ratio
        if self._finder is None:
            raise ModelError("no face model")
        return self._finder

    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> Scorer:
        self.asked_of_scorer = model, provider, busy
        return self._scorer


def noise(frame: Frame) -> Frame:
    """The frame, sharp and well lit."""
    frame.image[:] = np.random.default_rng(0).integers(60, 200, frame.image.shape, np.uint8)
    return frame


def test_all_faces_of_a_frame_are_scored_as_one_batch_and_keep_their_own_score() -> None:
    large, small = make_face(size=200), make_face(centre=(500, 100), size=80)
    scorer = Scorer(make_score(4.0), make_score(2.0, eyes=(0.99, 0.99)))

    moment = Analyser(Finder(large, small), scorer).analyse(make_frame(width=640, height=480))

    assert [len(batch) for batch in scorer.batches] == [2]
    assert [scored.face for scored in moment.faces] == [large, small]
    expected = [judge_eyes(score, face.blendshapes) for score, face in zip(scorer.scores, (large, small), strict=True)]
    for scored, wanted in zip(moment.faces, expected, strict=True):
        assert scored.score.rating_probs == pytest.approx(wanted.rating_probs)
        assert scored.score.eyes_closed == pytest.approx(wanted.eyes_closed)
    assert moment.score == pytest.approx(expected[1].value)


def test_each_face_is_checked_with_its_own_crop_and_score() -> None:
    frame = noise(make_frame(width=640, height=480))
    frame.image[:, 320:] = 10
    bright, dark = make_face(centre=(160, 240), size=200), make_face(centre=(480, 240), size=200)
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


def test_a_missing_face_model_leaves_no_open_scorer() -> None:
    scorer = Scorer()

    with pytest.raises(ModelError, match="no face model"):
        Analyser.load(Models(None, scorer))

    assert scorer.closed


def test_the_crop_is_of_the_frame_given() -> None:
    scorer = Scorer(make_score())
    frame = make_frame(width=640, height=480, grey=77)

    Analyser(Finder(make_face()), scorer).analyse(frame)

    assert np.all(scorer.batches[0][0].image == 77)


@pytest.mark.parametrize("fast", [True, False])
def test_the_factory_is_asked_for_what_the_frames_need(fast: bool) -> None:
    """Where speed counts, the scorer learns that the processor is busy."""
    finder, scorer = Finder(), Scorer()
    models = Models(finder, scorer)

    with Analyser.load(models, model=Path("my.onnx"), provider="cpu", faces=3, stills=True, fast=fast):
        pass

    assert models.asked_of_finder == (3, True, 0.0)
    assert models.asked_of_scorer == (Path("my.onnx"), "cpu", fast)
    assert finder.closed
    assert scorer.closed


def test_a_window_can_show_the_camera_before_any_model_library_is_loaded() -> None:
    heavy = "import sys, livecam.pipeline; print(*{'mediapipe', 'onnxruntime'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


class Shutter:
    """Remembers the moments that it was asked about, and answers with decisions that can be told apart."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []

    def update(self, moment: Moment) -> Decision:
        self.moments.append(moment)
        return Decision(TriggerState.WAITING, None, 3.0, waits_for=len(self.moments))

    def flush(self) -> Decision:
        return Decision(TriggerState.WAITING, None, 3.0, waits_for=-1)

    def settle(self) -> Decision | None:
        return None


def test_in_a_stream_people_are_followed_before_the_shutter_decides() -> None:
    left, right = make_face(centre=(160, 240), size=150), make_face(centre=(480, 240), size=150)
    scorer, shutter = Scorer(make_score(4.0), make_score(3.0)), Shutter()
    finder = Finder(left, right)
    steps = StreamSteps(Analyser(finder, scorer), shutter)

    seen = []
    for index, faces in enumerate(((left, right), (right, left))):
        finder.faces = faces
        frame = make_frame(33.0 * index, width=640, height=480, index=index)
        seen.append(steps.decide(frame, steps.find(frame)))

    (first, decision), (second, other_decision) = seen
    assert shutter.moments == [first, second]
    assert (decision.waits_for, other_decision.waits_for) == (1, 2)
    assert [face.person for face in first.faces] == [0, 1]
    assert [face.person for face in second.faces] == [1, 0], "whoever it is keeps the number"
    assert steps.flush() is not None


def test_in_a_picture_that_stands_for_itself_nobody_is_followed() -> None:
    moment = Analyser(Finder(make_face()), Scorer(make_score())).analyse(make_frame())

    assert [face.person for face in moment.faces] == [None]


def laughing_face(smile: float) -> Face:
    shapes = {"mouthSmileLeft": smile, "mouthSmileRight": smile}
    return make_face(centre=(320, 240), size=200, blendshapes=shapes)


def shots(eyes: EyePolicy, smile: float, closed: float = 0.999) -> list[Moment]:
    """What the shutter takes of a face that is at rest for three seconds, then is worth 4.9 with its eyes closed."""
    taken = []
    finder, scorer = Finder(), Scorer()
    steps = StreamSteps(Analyser(finder, scorer, eyes), Trigger())
    for index in range(150):
        rests = index < 90 or index > 120
        finder.faces = (laughing_face(0.0 if rests else smile),)
        scorer.scores = (make_gated_score(3.0, (0.0, 0.0)) if rests else make_gated_score(4.9, (closed, closed)),)
        frame = noise(make_frame(33.3 * index, width=640, height=480, index=index))
        _, decision = steps.decide(frame, steps.find(frame))
        if decision.peak is not None:
            taken.append(decision.peak)
    return taken


@pytest.mark.parametrize(
    ("eyes", "smile", "pictures"),
    [
        (EyePolicy.OPEN, 0.9, 0),
        (EyePolicy.LAUGHS, 0.9, 1),
        (EyePolicy.LAUGHS, 0.1, 0),
        (EyePolicy.ANY, 0.9, 1),
        (EyePolicy.ANY, 0.1, 1),
    ],
)
def test_the_camera_takes_the_closed_eyes_that_are_wanted(eyes: EyePolicy, smile: float, pictures: int) -> None:
    taken = shots(eyes, smile)

    assert len(taken) == pictures
    assert all(moment.score == pytest.approx(4.9, abs=0.05) for moment in taken)
    assert all(max(face.score.eyes_closed) > 0.9 for moment in taken for face in moment.faces), "it stays said"


def test_who_wears_sunglasses_gets_pictures_and_is_told_that_the_eyes_are_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("livecam.scoring.checks.hidden_parts", lambda face, crop: Hidden(eyes=0.99, mouth=0.0))

    (taken,) = shots(EyePolicy.OPEN, 0.9)

    assert taken.faces[0].reasons == (Reason.EYES_HIDDEN,)
    assert taken.reasons == ()
