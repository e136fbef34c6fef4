"""Sources that a scorer's training left out, in the accuracy report: all their pictures count, by the labels by eye."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from benchmarks.accuracy import never_seen
from benchmarks.accuracy.judged import judge
from tests.benchmarks.accuracy_factories import faces, outputs, row


def test_a_scorer_that_left_nothing_out_has_no_such_section() -> None:
    assert never_seen.left_out({"model_version": "default-6"}) == ()
    assert never_seen.left_out({"left_out": "eyes, winks"}) == ("eyes", "winks")


def test_every_split_counts_and_what_nobody_knows_does_not(tmp_path: Path) -> None:
    every = faces(
        [
            row("eyes", "closed_0001.jpg", eyes="1", split="train"),
            row("eyes", "closed_0002.jpg", eyes="1", split="test"),
            row("eyes", "regular_0001.jpg", eyes="0", split="train"),
            row("eyes", "regular_0002.jpg", eyes="0", split="test"),  # by eye: the lids are down
            row("smile", "s1.jpg", split="train"),
        ],
        state=["", "", "", "down", ""],
    )
    own, states = never_seen.with_states(every, "eyes", tmp_path)
    assert [one["file"] for one in own.rows()] == ["closed_0001.jpg", "closed_0002.jpg", "regular_0001.jpg"]
    assert states.tolist() == [["closed", "closed"], ["closed", "closed"], ["open", "open"]]


def test_each_eye_counts_by_itself_and_a_face_once_among_the_alarms() -> None:
    some = faces([row("winks", f"w{number}.jpg", person=f"w{number}.jpg -") for number in range(4)])
    states = np.array([("closed", "open"), ("closed", "closed"), ("open", "open"), ("open", "open")])
    judged = judge(some, outputs([1.0, 1.0, 4.0, 4.0], [(0.9, 0.1), (0.4, 0.8), (0.0, 0.7), (0.2, 0.1)]))
    found = {figure.name: figure.scorer for figure in never_seen.measure("winks", states, judged)}
    values = {name: one.value for name, one in found.items() if one}
    assert values["winks: closed eyes called closed"] == pytest.approx(2 / 3)
    assert values["winks: open eyes called closed"] == 0.5
    # 0.9, 0.4, 0.8 against 0.1, 0.0, 0.7, 0.2, 0.1: of the fifteen pairs 0.4 is below 0.7.
    assert values["winks: AUC"] == pytest.approx(14 / 15)


def test_a_source_without_closed_eyes_has_its_false_alarms_alone() -> None:
    some = faces([row("ratings", f"p{number}.jpg") for number in range(2)])
    judged = judge(some, outputs([4.0, 4.0], [(0.9, 0.1), (0.1, 0.1)]))
    (only,) = never_seen.measure("ratings", np.full((2, 2), "open"), judged)
    assert only.name == "ratings: open eyes called closed"
    assert only.scorer is not None
    assert only.scorer.value == 0.5
