from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from livecam.errors import LivecamError
from livecam.taste.examples import examples_of
from livecam.taste.head import TasteHead
from livecam.taste.held_out import compared
from livecam.taste.judging import verdict_on
from livecam.taste.learning import TooLittleError, learn
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.taste.resting import Resting
from livecam.taste.selecting import HeldOut
from livecam.types import EMBEDDING, Reason
from tests.taste.lesson_factories import make_lesson, make_lesson_face

Rule = Callable[[LessonFace], float]


def _faces(count: int, seed: int = 0) -> list[LessonFace]:
    """Faces that smile more or less, with more or less open mouths, and turn either way; the scorer likes smiles."""
    rng = np.random.default_rng(seed)
    faces = []
    for number in range(count):
        smile, jaw, yaw = rng.uniform(0, 1), rng.uniform(0, 0.5), rng.uniform(-25, 25)
        embedding = rng.normal(size=EMBEDDING).astype(np.float32) * 0.1
        embedding[0] += smile
        embedding[1] += yaw / 25
        shapes = {"mouthSmile": smile, "jawOpen": jaw}
        score = min(2.5 + 2 * smile + rng.normal() * 0.2, 5.0)
        faces.append(
            make_lesson_face(f"{seed}-{number}", shapes=shapes, pose=(yaw, 0, 0), score=score, embedding=embedding)
        )
    return faces


def _serious(face: LessonFace) -> float:
    return -float(face.shapes[44])


def _as_the_scorer(face: LessonFace) -> float:
    return face.score


def _pairs(count: int, rule: Rule, seed: int = 0, sessions: int = 4) -> list[Lesson]:
    faces = _faces(2 * count, seed)
    return [
        make_lesson(Kind.PAIR, *sorted(two, key=rule, reverse=True), session=f"day {number % sessions}")
        for number, two in enumerate(zip(faces[::2], faces[1::2], strict=True))
    ]


def _stars(count: int, rule: Rule, seed: int = 0) -> list[Lesson]:
    faces = _faces(count, seed)
    edges = np.quantile([rule(face) for face in faces], (0.2, 0.4, 0.6, 0.8))
    return [make_lesson(face=face, stars=int(np.searchsorted(edges, rule(face))) + 1) for face in faces]


def _agreement(head: TasteHead, rule: Rule) -> float:
    faces = _faces(200, seed=99)
    pairs = zip(faces[::2], faces[1::2], strict=True)
    return float(np.mean([(head.of_face(a) > head.of_face(b)) == (rule(a) > rule(b)) for a, b in pairs]))


def test_forty_pairs_turn_a_taste_that_is_the_scorers_opposite() -> None:
    head = learn(_pairs(40, _serious))
    assert head.story.verdict.better
    assert head.story.verdict.agrees > head.story.verdict.generic
    assert _agreement(head, _serious) > 0.85


def test_a_hundred_stars_teach_the_scale_too() -> None:
    head = learn(_stars(100, _serious))
    assert head.story.verdict.better
    assert _agreement(head, _serious) > 0.85
    serious, laughing = (make_lesson_face(shapes={"mouthSmile": smile}, score=2.5 + 2 * smile) for smile in (0.0, 1.0))
    assert head.probs(head.of_face(serious)).argmax() > head.probs(head.of_face(laughing)).argmax()


def test_keeps_and_rejects_teach() -> None:
    faces = _faces(80)
    middle = float(np.median([_serious(face) for face in faces]))
    lessons = [make_lesson(Kind.KEEP if _serious(face) > middle else Kind.REJECT, face) for face in faces]
    assert _agreement(learn(lessons), _serious) > 0.8


def test_who_likes_what_the_scorer_likes_gets_no_other_taste() -> None:
    head = learn(_pairs(30, _as_the_scorer))
    assert not head.story.verdict.better
    assert _agreement(head, _as_the_scorer) > 0.85


def test_lots_teach_nothing_and_it_says_so() -> None:
    lots = np.random.default_rng(3)
    head = learn(_pairs(60, lambda _: float(lots.random())))
    assert not head.story.verdict.better
    assert str(head.story.verdict).startswith("what was learned is not better yet, about ")


def test_who_chooses_by_lot_hardly_ever_gets_a_taste() -> None:
    """At a certainty of 95 % chance proves one of twenty; what is judged by what chose it, more."""
    proved = []
    for seed in range(12):
        lots = np.random.default_rng(seed)
        stars = [make_lesson(face=face, stars=int(lots.integers(1, 6))) for face in _faces(24, seed)]
        proved.append(learn(stars).story.verdict.better)
    assert sum(proved) <= 1


def test_what_holds_in_one_of_three_shoots_is_not_proved() -> None:
    """Choices of three shoots say less than those of many: what held in one of them may not hold in a fourth."""
    lessons = [
        make_lesson(Kind.PAIR, make_lesson_face(f"a{i}", score=2.0 + i % 2), make_lesson_face(f"b{i}", score=2.5))
        for i in range(36)
    ]
    examples = examples_of(lessons, Resting())
    # The scorer is right in every second pair; what was learned, in all of the first shoot.
    right = np.array([i % 2 == 1 or i % 3 == 0 for i in range(36)])
    held = HeldOut(np.where(right, 1.0, -1.0), np.zeros(36), np.zeros((36, 4)))
    pairs = compared(examples.lessons, examples.choices, 100)
    assert verdict_on(held, examples, pairs, np.arange(36), 36).better
    assert not verdict_on(held, examples, pairs, np.arange(36) % 3, 36).better


@pytest.mark.parametrize("usual", [1, 2, 3, 4, 5])
def test_ten_ratings_are_foreseen_by_the_one_that_most_of_them_are(usual: int) -> None:
    """With so few nothing is foreseen better than by the middle of what a person has said."""
    lots = np.random.default_rng(usual)
    given = [usual] * 7 + [min(usual + 1, 5)] * 2 + [max(usual - 1, 1)]
    lessons = [
        make_lesson(face=face, stars=int(s)) for face, s in zip(_faces(10), lots.permutation(given), strict=True)
    ]
    head = learn(lessons)
    probs = np.array([head.probs(head.of_face(face)) for face in _faces(60, seed=5)])
    medians = (probs.cumsum(axis=1) < 0.5).sum(axis=1) + 1
    assert (medians == usual).mean() > 0.9


def test_stars_against_the_scorers_order_turn_it() -> None:
    assert _agreement(learn(_stars(60, _serious)), _as_the_scorer) < 0.3


def test_ten_pairs_are_not_enough_to_be_sure() -> None:
    head = learn(_pairs(10, _serious))
    assert not head.story.verdict.better
    assert head.story.verdict.more is not None
    assert head.story.verdict.more % 10 == 0


def test_pairs_that_contradict_each_other_leave_the_scorers_order() -> None:
    lessons = _pairs(20, _serious)
    turned = [make_lesson(Kind.PAIR, one.other, one.face, session=one.session) for one in lessons]
    head = learn([*lessons, *turned])
    assert not head.story.verdict.better
    assert _agreement(head, _as_the_scorer) > 0.9


@pytest.mark.parametrize(
    ("lessons", "said"),
    [
        ([], "there are no choices to learn from"),
        ([make_lesson()], "there is one choice to learn from"),
        ([make_lesson(face=face, stars=3) for face in _faces(20)], "nothing to tell apart, all 20 have 3 stars"),
        ([make_lesson(Kind.KEEP, face) for face in _faces(20)], "nothing to tell apart, all 20 are alike"),
    ],
)
def test_too_little_is_one_line(lessons: Sequence[Lesson], said: str) -> None:
    with pytest.raises(TooLittleError, match=said) as caught:
        learn(lessons)
    assert isinstance(caught.value, LivecamError)
    assert "\n" not in str(caught.value)


def test_what_closed_eyes_explain_teaches_nothing_of_taste() -> None:
    lessons = _pairs(40, _as_the_scorer)
    asleep = [make_lesson_face(f"s{i}", shapes={"mouthSmile": 1.0}, score=4.5, eyes=(0.99, 0.99)) for i in range(40)]
    awake = [make_lesson_face(f"a{i}", shapes={"mouthSmile": 0.0}, score=2.5) for i in range(40)]
    with_blinks = [make_lesson(Kind.PAIR, a, s, session="blinks") for a, s in zip(awake, asleep, strict=True)]
    head = learn([*lessons, *with_blinks])
    assert _agreement(head, _as_the_scorer) > 0.9


def test_eyes_behind_dark_lenses_are_no_closed_eyes() -> None:
    hidden = [make_lesson(face=make_lesson_face(f"h{i}", eyes=(0.9, 0.9), reasons=(Reason.EYES_HIDDEN,)), stars=1 + i)
              for i in range(5)]  # fmt: skip
    assert learn(hidden).story.verdict.pairs == 10


def test_what_is_liked_beyond_the_score_counts_in_pairs_alone() -> None:
    """Where pictures are compared it counts with any taste; of stars it says nothing."""
    worth = {"a": 3.0, "b": 4.0, "c": 9.0}
    a, b, c = (make_lesson_face(name, embedding=np.full(EMBEDDING, at, np.float32)) for at, name in enumerate(worth))
    lessons = [make_lesson(Kind.PAIR, a, b), make_lesson(face=a), make_lesson(face=c, stars=2)]

    examples = examples_of(lessons, Resting(), lambda face: worth[face.picture])

    better, other = examples.choices.pairs[0]
    assert examples.features[other, 0] - examples.features[better, 0] == pytest.approx(0.6)
    assert examples.features[examples.choices.rated, 0] == pytest.approx([0.0, 0.0])
    assert better not in examples.choices.rated


def test_the_same_lessons_give_the_same_head() -> None:
    lessons = _pairs(20, _serious)
    one, other = learn(lessons), learn(lessons)
    assert np.array_equal(one.embedding, other.embedding)
    assert one.story == other.story


def test_the_curve_begins_with_the_scorer_and_ends_with_all_lessons() -> None:
    head = learn(_stars(60, _serious))
    counts = [count for count, _ in head.story.curve]
    assert counts == [0, 15, 30, 60]
    assert head.story.curve[0][1] == pytest.approx(head.story.verdict.generic)
    assert head.story.curve[-1][1] == pytest.approx(head.story.verdict.agrees)
    assert sum(count for _, _, count in head.story.calibration) == 60


def test_who_gives_few_stars_gets_as_many_pictures_as_anybody() -> None:
    strict = [make_lesson(face=one.face, stars=max(one.stars - 2, 1)) for one in _stars(100, _as_the_scorer)]
    faces = _faces(101, seed=5)
    head = learn(strict)

    def middle(of: TasteHead) -> float:
        return float(np.median([of.probs(of.of_face(face)) @ np.arange(1, 6) for face in faces]))

    assert middle(head) < 2.2
    assert middle(head.levelled()) == pytest.approx(np.median([face.score for face in faces]), abs=0.4)


def test_lessons_of_two_networks_do_not_mix() -> None:
    other = Lesson(Kind.STARS, make_lesson_face("z"), "s", 0.0, "default-9", stars=1)
    with pytest.raises(ValueError, match="several networks"):
        learn([make_lesson(), other])
