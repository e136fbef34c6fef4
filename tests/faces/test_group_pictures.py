"""Real groups: a photo of several people, seen through a camera that moves a little."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from livecam.faces.tracker import PersonTracker
from livecam.photos.read import read as read_photo
from livecam.pipeline import Analyser
from livecam.types import Frame, Moment
from tests.factories import shared_data


def shaken(name: str, frames: int) -> list[Frame]:
    """The photo cropped a little elsewhere each time, 10 a second."""
    image = read_photo(shared_data("photos", name)).image
    height, width = image.shape[0] - 40, image.shape[1] - 40
    corners = [(20 + round(18 * np.sin(i / 3)), 20 + round(12 * np.cos(i / 4))) for i in range(frames)]
    return [
        Frame(np.ascontiguousarray(image[y : y + height, x : x + width]), i * 100.0, i, i / 10)
        for i, (x, y) in enumerate(corners)
    ]


@pytest.mark.parametrize(("name", "people"), [("human_group-6.jpg", 3)])
@pytest.mark.slow
def test_everybody_in_a_real_group_keeps_the_own_number(name: str, people: int) -> None:
    followed = PersonTracker()
    with Analyser.load(faces=people) as analyser:
        seen: list[Moment] = [followed.update(analyser.analyse(frame)) for frame in shaken(name, 60)]
    complete = [m for m in seen if len(m.faces) == people]
    assert len(complete) >= 15  # the finder meets them one by one; when, differs by processor
    rows = Counter(tuple(f.person for f in sorted(m.faces, key=lambda f: f.face.box[0])) for m in complete)
    assert len(rows) == 1, "somebody became somebody else"
    assert all(f.counted for f in complete[-1].faces)
