"""What a frame loses by has words."""

from __future__ import annotations

import pytest

from livecam.best.ranking.assessment import HELD_BACK
from livecam.best.ranking.ranked import rank
from livecam.types import Reason
from tests.best.records.factories import make_face_record, make_record


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason in HELD_BACK])
def test_each_reason_that_costs_points_is_said_of_the_frame_that_lost_by_it(reason: Reason) -> None:
    good, held_back = make_record(make_face_record()), make_record(make_face_record(reasons=(reason,)))

    best, last = rank([held_back, good])

    assert (best.index, last.index) == (1, 0)
    assert last.why
    assert not any(words.startswith(("almost", "scores")) for words in last.why)
