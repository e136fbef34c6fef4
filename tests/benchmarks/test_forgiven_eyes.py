"""What faces score where closed eyes are forgiven, measured on faces made for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from benchmarks.accuracy import forgiven_eyes
from benchmarks.accuracy.data import Faces, ScorerOutputs
from benchmarks.accuracy.forgiven_eyes import Line, closed_faces, forgiven, laughs
from benchmarks.accuracy.seen import SeenFaces
from livecam.faces.mesh import blendshape_places
from tests.benchmarks.accuracy_factories import faces, row

_WHEN_CLOSED = np.array((0.85, 0.15, 0.0, 0.0, 0.0))
_LAUGH, _REST = (0.0, 0.0, 0.0, 0.2, 0.8), (0.0, 0.0, 1.0, 0.0, 0.0)


def shut(closed: float, *opened: tuple[float, ...]) -> ScorerOutputs:
    """The scorer's outputs for faces that it would rate so with open eyes, both eyes closed with this probability."""
    both_open = (1 - closed) ** 2
    probs = np.array([both_open * np.array(one) + (1 - both_open) * _WHEN_CLOSED for one in opened])
    count = len(opened)
    return ScorerOutputs(
        np.full((count, 2), closed), probs @ np.arange(1, 6), probs, np.zeros((count, 512), np.float32)
    )


def smiling(made: Faces, *smiles: float) -> Faces:
    for at, smile in enumerate(smiles):
        made.data.blendshapes[at, list(blendshape_places("mouthSmile"))] = smile
    return made


def by_name(lines: Iterable[Line]) -> Mapping[str, Line]:
    return {line.name: line for line in lines}


def test_with_forgiven_eyes_a_laugh_scores_as_one_although_the_camera_judges_the_eyes_once_more() -> None:
    made = smiling(faces([row("eyes", eyes="1")] * 2), 0.9, 0.0)
    assert forgiven(made, shut(0.98, _LAUGH, _REST)) == pytest.approx([4.8, 3.0], abs=0.02)


def test_precisions_are_compared_where_both_leave_a_number_and_the_mouth_is_counted_where_one_does() -> None:
    made = smiling(faces([row("eyes", eyes="1")] * 2), 0.95, 0.0)
    lines = by_name(closed_faces(made, shut(0.98, _LAUGH, _REST), shut(0.98, _REST, _REST)))
    assert lines["share of which the scorer is so sure that nothing is left"].value == 0
    assert lines["points between the precisions, quantile 1"].value == pytest.approx(1.8, abs=0.02)
    assert lines["correlation with mouthSmile"].value == pytest.approx(1.0)
    assert lines["points by which the mouth's curve is off, quantile 0.9"].value < 0.2


def test_faces_of_which_nothing_is_left_are_counted_and_compared_with_nothing() -> None:
    made = faces([row("eyes", eyes="1")] * 2)
    (line,) = closed_faces(made, shut(1.0, _LAUGH, _REST), shut(1.0, _LAUGH, _REST))
    assert (line.value, line.count) == (1.0, 2)


def test_laughs_are_counted_by_who_said_that_they_are_none() -> None:
    rows = [row("smile", "s0.jpg", smile="0"), row("smile", "s1.jpg", smile="0"), row("clips", "a.mp4", eyes="1")]
    later = [row("winks", "w.jpg"), row("children", "c.jpg"), row("children", "d.jpg")]
    every = smiling(faces([*rows, *later]), 0.6, 0.1, 0.7, 0.8, 0.9, 0.0)
    nothing = np.zeros(3, bool)
    seen = SeenFaces(
        every.take(np.arange(3, 6)),
        np.array([("closed", "half"), ("open", "open"), ("closed", "closed")]),
        np.array(["laugh", "laugh", "calm"]),
        nothing,
        nothing,
        np.full(3, -1),
    )
    found = {line.name.partition(": ")[2]: (line.value, line.count) for line in laughs(every, seen)}
    assert found == {
        "laughs and broad smiles, eyes closed or narrow": (1.0, 1),
        "no smile, eyes closed or narrow": (0.0, 1),
        "GENKI-4K, no smile": (0.5, 2),
        "frames of clips with both eyes closed": (1.0, 1),
    }


def test_without_collected_faces_it_says_in_one_line_how_to_collect_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert forgiven_eyes.run([str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "model.shipped.collect" in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
