"""The weights of the ranking, fitted to made bursts whose readers care for one thing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the train extra")

from benchmarks.bursts import fit
from benchmarks.bursts.agreement import Agreement, judge_all, pairs_of, say_difference
from benchmarks.labelled.labels import Burst
from benchmarks.labelled.pictures import AnalysedPicture
from livecam.best.ranking.settings import Weights
from tests.benchmarks.test_bursts import burst, picture

MOUTHS = (0.3, 0.0, 0.2, 0.1, 0.4)  # how wide open


def read(name: str, chosen: set[int], refused: frozenset[int] = frozenset()) -> Burst:
    """A burst that two readers read alike. place: by its name's first letter."""
    said = (frozenset(chosen), refused)
    return replace(burst(name, chosen, set(refused)), where=name[0], readers=(said, said))


def by_mouth(count: int = 6) -> list[fit.BurstTraits]:
    """Bursts of which the mouth most at rest is chosen, whatever the scorer says."""
    found = [read(f"{'abc'[i % 3]}{i}", {1}, frozenset({4})) for i in range(count)]
    pictures = [
        [picture(3.0 - 0.2 * mouth + 0.1 * ((at + i) % 3), jaw=mouth) for at, mouth in enumerate(MOUTHS)]
        for i in range(count)
    ]
    return fit.with_traits(found, pictures)


def test_what_readers_care_for_gets_the_weight_and_what_they_do_not_gets_none() -> None:
    weights = fit.fit(by_mouth())
    assert weights.expression.weights["jawOpen"] < -0.2
    assert set(weights.expression.weights) == {"jawOpen"}
    assert (weights.score, weights.soft, weights.lids) == (1.0, 0.0, 0.0)


def test_a_trait_that_is_left_out_weighs_nothing_and_its_loss_is_seen() -> None:
    known = by_mouth()
    assert not fit.fit(known, ["mouth"]).expression.weights
    assert not fit.fit(known, ["expression"]).expression.weights
    assert Agreement.of(fit.held_out(known)) == Agreement(1.0, 0.0, 1.0)
    assert Agreement.of(fit.held_out(known, ["mouth"])).readers < 1.0


def test_the_unit_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match="unit"):
        fit.fit(by_mouth(), ["score"])


def test_traits_are_what_each_weight_of_one_adds() -> None:
    pictures = [picture(4.0, jaw=0.5), picture(2.0, jaw=0.25)]
    traits = fit.traits_of(pictures)
    assert traits[:, fit.NAMES.index("score")] == pytest.approx([4.0, 2.0])
    assert traits[:, fit.NAMES.index("jawOpen")] == pytest.approx([0.5, 0.25])
    assert traits.shape == (2, len(fit.NAMES))


def test_chosen_stand_above_the_rest_and_the_rest_above_what_is_refused() -> None:
    pairs = pairs_of(replace(read("a", {1}, frozenset({4})), readers=((frozenset({1}), frozenset({4})),)))
    assert set(pairs) == {(1, 0), (1, 2), (1, 3), (1, 4), (0, 4), (2, 4), (3, 4)}


def test_weights_are_tried_where_they_were_not_fitted() -> None:
    known = by_mouth(24)
    odd = fit.with_traits([read("d0", {4})], [[picture(3.0, jaw=mouth) for mouth in MOUTHS]])
    found = Agreement.of(fit.held_out([*known, *odd]))
    assert found.readers == pytest.approx(24 / 25), "the place that chooses otherwise teaches nobody else"
    assert found.refused == 0.0
    assert Agreement.of(judge_all(odd, lambda _: Weights())).readers == 0.0


def test_a_difference_is_said_with_what_the_places_make_of_it() -> None:
    known = by_mouth()
    all_right, none_right = np.array([[1.0, 0.0, 1.0]] * 6), np.array([[0.0, 0.0, 0.5]] * 6)
    said = say_difference(known, all_right, none_right)
    assert said == "readers -100.0 (-100.0 to -100.0), pairs -50.0 (-50.0 to -50.0), refused +0.0 (+0.0 to +0.0)"
    some_right = all_right.copy()
    some_right[::3, 0] = 0.0  # one of the three places
    assert say_difference(known, all_right, some_right).startswith("readers -33.3 (-100.0 to +0.0), pairs +0.0")


def test_an_unknown_weight_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit.run(["--without", "hair", "--data", str(tmp_path)]) == 2
    assert "hair" in capsys.readouterr().err


def by_eyes(count: int = 6) -> list[fit.BurstTraits]:
    """Bursts of which the frame with the crispest eyes is chosen, which is a little sharper all over, too."""
    details = (2.0, 3.0, 2.2, 2.5, 1.0)
    pictures = []
    for i in range(count):
        plain = [picture(3.0 + 0.1 * ((at + i) % 3)) for at in range(len(details))]
        pictures.append([with_eyes(one, detail, 1.2 + detail / 5) for one, detail in zip(plain, details, strict=True)])
    return fit.with_traits([read(f"{'abc'[i % 3]}{i}", {1}, frozenset({4})) for i in range(count)], pictures)


def with_eyes(one: AnalysedPicture, detail: float, sharpness: float) -> AnalysedPicture:
    (face,) = one.record.faces
    faces = (replace(face, eye_detail=detail, sharpness=(sharpness,)),)
    return replace(one, record=replace(one.record, faces=faces))


def test_what_softness_is_worth_without_the_eyes_is_as_fitted_without_them() -> None:
    weights, without = fit.fit(by_eyes()), fit.fit(by_eyes(), ["eye_detail"])
    assert weights.eye_detail > 0
    assert (without.eye_detail, without.soft_without_eyes) == (0.0, without.soft)
    assert weights.soft_without_eyes == without.soft > weights.soft
