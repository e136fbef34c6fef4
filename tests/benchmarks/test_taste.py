from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.best.records.factories import make_face_record, make_record
from tests.taste.lesson_factories import NETWORK, make_lesson_face

pytest.importorskip("sklearn", reason="needs the train extra")

from benchmarks.common.raters import Rater
from benchmarks.common.statistics import wilson
from benchmarks.labelled.labels import Burst, Spot
from benchmarks.taste import raters, report, simulated
from benchmarks.taste.bursts import SeenBurst, reader_names
from benchmarks.taste.lids import CalledClosed, LabelledFace, LidsResult, lids_result
from benchmarks.taste.readers import readers_result
from livecam.best.ranking.lesson_faces import lesson_face_of
from livecam.taste.lesson import LessonFace, half_bytes
from livecam.types import EMBEDDING


def _burst(number: int, rng: np.random.Generator, part: str = "dev") -> SeenBurst:
    """Six frames of one clip with more and more of a smile, which the scorer likes; the readers choose the last."""
    from dataclasses import replace  # noqa: PLC0415

    name, spots = f"fr-{number}", tuple(Spot(f"videos/clip{number}.mp4", frame) for frame in range(6))
    records = []
    for smile in np.linspace(0.05, 0.95, 6) + rng.uniform(-0.03, 0.03, 6):
        face = make_face_record(score=2.5 + 2 * smile, shapes={"mouthSmile": smile})
        probs = tuple(max(1 - abs(rating - face.score), 0.0) for rating in range(1, 6))
        records.append(make_record(replace(face, open_eyes_probs=probs, embedding=half_bytes((0.0,) * EMBEDDING))))
    faces = tuple(lesson_face_of(record, f"{name}@{i}") for i, record in enumerate(records))
    chosen = (frozenset({5}), frozenset({0}))
    burst = Burst(name, f"clip{number}.mp4", spots, *chosen, readers=(chosen, chosen))
    return SeenBurst(burst, "test" if part == "test" else "dev", tuple(records), faces)


def test_whole_ratings_are_cut_into_five_classes_near_the_papers_shares() -> None:
    values = np.repeat(np.arange(1, 11), 100).astype(float)
    classes = raters.five_classes(values)
    assert set(classes.tolist()) == {1, 2, 3, 4, 5}
    assert all(len(set(classes[values == value].tolist())) == 1 for value in range(1, 11))


def test_a_rater_who_likes_what_can_be_seen_is_foreseen_better_with_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raters, "COUNTS", (0, 20, 80))
    rng = np.random.default_rng(0)
    smiles = rng.uniform(0, 1, 200)
    faces = {
        str(i): make_lesson_face(str(i), shapes={"mouthSmile": smile}, score=float(rng.uniform(2, 4)))
        for i, smile in enumerate(smiles)
    }
    ratings: Mapping[str, float] = {str(i): float(round(1 + 9 * smile)) for i, smile in enumerate(smiles)}
    none, _, many = raters.curve(Rater("r", ratings), faces, NETWORK)
    assert none.used == 0
    assert many.used == 1
    assert many.spearman > 0.8
    assert many.of_photos.mae_to_constant.high < 0
    assert many.of_lessons.mae_to_constant.high < 0
    assert not many.of_lessons.worse()


def test_a_taste_for_serious_looks_turns_the_picks_of_other_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "DRAWS", 1)
    rng = np.random.default_rng(0)
    seen = [_burst(number, rng) for number in range(12)]
    found = simulated._try("serious looks", 40, seen, NETWORK)
    assert found.bursts == 9
    assert found.alike == 0  # every burst has something for this taste
    assert found.turned.value == 1
    assert found.closed == 0


def test_draws_that_meet_the_same_bursts_make_no_interval_narrower(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    seen = [_burst(number, rng) for number in range(12)]
    monkeypatch.setattr(simulated, "DRAWS", 4)
    found = simulated._try("serious looks", 40, seen, NETWORK)
    assert found.bursts == 36
    assert found.turned.count <= 12
    assert found.turned.low == wilson(1.0, found.turned.count).low


def test_readers_are_named_by_the_labels_and_their_heads_tried_on_their_own_bursts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = reader_names(["fr-18", "fr-78"])
    assert names["fr-18"] == (1, 2, 3)
    monkeypatch.setattr("benchmarks.taste.readers.reader_names", lambda _: {f"fr-{i}": (1, 2) for i in range(12)})
    rng = np.random.default_rng(0)
    found = readers_result([_burst(i, rng, "dev" if i < 6 else "test") for i in range(12)], NETWORK)
    assert [one.reader for one in found.readers] == [1, 2]
    assert all(one.own == one.generic == 1 for one in found.readers)
    assert found.better.value == 0


def test_the_report_says_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raters, "COUNTS", (0, 10))
    monkeypatch.setattr(report, "COUNTS", (0, 10))
    rng = np.random.default_rng(0)
    faces = {str(i): make_lesson_face(str(i), score=float(rng.uniform(2, 4))) for i in range(30)}
    points = raters.curve(Rater("r9", {str(i): float(i % 10 + 1) for i in range(30)}), faces, NETWORK)
    seen = [_burst(i, rng, "dev" if i < 6 else "test") for i in range(12)]
    monkeypatch.setattr("benchmarks.taste.readers.reader_names", lambda _: {f"fr-{i}": (1, 2) for i in range(12)})
    report.write(
        tmp_path,
        NETWORK,
        points,
        readers_result(seen, NETWORK),
        [],
        (4, 0, 4),
        LidsResult(2, (CalledClosed("frames that readers choose", 9, 0, 1),), ()),
    )
    text = (tmp_path / "taste.md").read_text()
    assert "| r9 |" in text
    assert "of 4 other bursts with both, 0 picks have closed eyes; with `--eyes any` 4" in text
    assert "| frames that readers choose of the same person | 9 | 0 | 1 |" in text
    assert (tmp_path / "taste.png").stat().st_size > 1000


def _blinking(name: str, blink: float, probability: float) -> LessonFace:
    return make_lesson_face(name, shapes={"eyeBlink": blink}, eyes=(probability, probability))


def test_lids_are_learned_from_one_half_of_a_persons_bursts_and_counted_on_the_other() -> None:
    def burst(number: int) -> SeenBurst:
        blinks = (*(0.05 + 0.001 * i for i in range(14)), 0.5)
        faces = tuple(_blinking(f"{number}@{i}", blink, 0.02) for i, blink in enumerate(blinks))
        spots = tuple(Spot("videos/a.mp4", 100 * number + i) for i in range(len(faces)))
        choices = frozenset(range(14)), frozenset({14})
        return SeenBurst(Burst(f"a-{number}", "a.mp4", spots, *choices, readers=(choices,)), "dev", (), faces)

    clips = {"a.mp4": [LabelledFace("half", "half", _blinking("h", 0.45, 0.02))]}
    strangers = [LabelledFace("open", "open", _blinking("s", 0.45, p)) for p in (0.001, 0.02)]
    found = lids_result([burst(0), burst(1)], clips, strangers)
    assert found.halves == 2
    own = {one.what: (one.of, one.before, one.after) for one in found.own}
    assert own["frames that readers choose"] == (28, 0, 0)
    assert own["frames that readers refuse"] == (2, 0, 2)
    assert own["labelled frames with both eyes half"] == (2, 0, 2)
    assert {one.what: (one.of, one.after) for one in found.others}["narrow open eyes"] == (2, 1)
