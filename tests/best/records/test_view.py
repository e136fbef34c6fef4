"""What a whole picture shows, tiny."""

from __future__ import annotations

import numpy as np
import pytest

from livecam.best.records.view import view_of


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (3000, 1), (2, 2), (1, 5000)])
def test_a_picture_of_a_line_or_a_pixel_has_a_view_too(shape: tuple[int, int]) -> None:
    """Web pages leave such pictures in folders; one of them ended a whole look."""
    view = view_of(np.full(shape, 77, np.uint8))

    assert set(view.grey.ravel().tolist()) == {77}
    assert not view.focus.any()
    assert max(view.grey.shape) == 48
