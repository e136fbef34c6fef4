"""A still is searched as far as it is worth it: small faces are found, and a large one spares most of the search."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from livecam.best.people.same_people import PeopleSettings
from livecam.faces.detector import Detection
from livecam.faces.finder import FaceFinder
from livecam.faces.mesh import box_middle
from livecam.faces.regions import Region, regions_of
from livecam.faces.wide_detector import WideDetector
from livecam.types import Face, Frame, UInt8Array
from tests.faces.test_finder import scene

SMALLEST = PeopleSettings().min_size_ratio
SIZE = (1500, 2000)  # of a photo of twelve megapixels as it is decoded


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sides, pixels, of the squares in whose place pictures are searched."""
    sides: list[int] = []
    real = WideDetector.detect

    def detect(self: WideDetector, image: UInt8Array, side: int) -> list[Detection]:
        sides.append(side)
        return real(self, image, side)

    monkeypatch.setattr(WideDetector, "detect", detect)
    return sides


def faces_in(image: UInt8Array, *, min_size_ratio: float = SMALLEST) -> tuple[Face, ...]:
    with FaceFinder(stills=True, faces=10, min_size_ratio=min_size_ratio) as finder:
        return finder.find(Frame(image, 0, 0, 0))


def test_one_large_face_is_all_there_is_to_look_for(searches: list[int]) -> None:
    (found,) = faces_in(scene((300, 300, 560), size=SIZE))

    assert found.size == pytest.approx(560, rel=0.25)
    assert min(searches, default=SIZE[0]) == SIZE[0]


def test_whoever_stands_further_back_is_found_beside_a_large_face(searches: list[int]) -> None:
    found = faces_in(scene((100, 300, 560), (1400, 200, 260), size=SIZE))

    assert [round(face.size, -1) for face in found] == pytest.approx([560, 260], rel=0.25)
    assert min(searches) > 0.5 * SIZE[0]


def test_a_far_group_is_found_whole() -> None:
    places = [(300, 900, 45), (420, 910, 42), (540, 895, 45), (1300, 600, 40)]

    found = faces_in(scene(*places, size=SIZE))

    assert len(found) == 4
    for x, y, size in places:
        middles = [box_middle(face.box) for face in found]
        assert any(x < u < x + 2.1 * size and y < v < y + 1.9 * size for u, v in middles)


@pytest.mark.slow
def test_where_nothing_hints_at_a_face_the_closest_search_is_spared(searches: list[int]) -> None:
    noise = np.random.default_rng(0).normal(120, 12, (*SIZE, 3))

    assert faces_in(np.clip(noise, 0, 255).astype(np.uint8), min_size_ratio=0.0) == ()
    assert [round(side / SIZE[0], 2) for side in searches] == [0.58, 0.28]


@pytest.mark.parametrize("size", [(1500, 2000), (2000, 1500), (1500, 4500), (700, 700)])
def test_regions_cover_the_picture_and_share_their_rims(size: tuple[int, int]) -> None:
    seen = np.zeros(size, np.uint8)

    for region in (regions := regions_of(np.zeros((*size, 3), np.uint8), 420, 0.35)):
        region.part(seen)[...] = 1

    assert seen.all()
    assert {region.part(seen).shape for region in regions} == {(420, 420)}
    lefts = sorted({region.x0 for region in regions})
    assert all(after - before <= 0.65 * 420 + 1 for before, after in pairwise(lefts))


def test_a_region_at_the_rim_ends_with_the_picture() -> None:
    image = np.zeros((100, 200, 3), np.uint8)

    assert Region.square(190, 50, 40, image) == (170, 30, 200, 70)
    assert Region.square(-30, 500, 10, image).part(image).size > 0
