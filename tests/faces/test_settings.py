"""Settings of the finder: what cannot work is refused by name, and what is set is what is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from livecam.faces.finder import FaceFinder
from livecam.faces.mesh import box_middle
from livecam.faces.regions import Region, add_new
from livecam.faces.settings import DetectorSettings, FinderSettings, StillSettings, StreamSettings, TurnedSettings
from livecam.types import Frame
from tests.faces.test_finder import frames, scene
from tests.factories import make_face, make_frame

HD = make_frame(width=1280, height=720).image
DEFAULTS = FinderSettings()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: DetectorSettings(confidence_part=1.5), "confidence_part"),
        (lambda: DetectorSettings(smallest_face=0), "smallest_face"),
        (lambda: StreamSettings(size_range=(1.2, 1.6)), "size_range"),
        (lambda: StreamSettings(region_scale=0.5), "region_scale"),
        (lambda: StreamSettings(misses=0), "misses"),
        (lambda: StreamSettings(elsewhere_ms=-1), "elsewhere_ms"),
        (lambda: StreamSettings(search_sides=(0.2, 0.5)), "coarse to fine"),
        (lambda: StreamSettings(search_overlap=1.0), "search_overlap"),
        (lambda: StillSettings(hint_confidence=-0.1), "hint_confidence"),
        (lambda: TurnedSettings(most_tilt_deg=90), "most_tilt_deg"),
        (lambda: TurnedSettings(most_upright=1.2), "most_upright"),
        (lambda: TurnedSettings(side=0.5), "side"),
        (lambda: TurnedSettings(face_px=0), "face_px"),
        (lambda: FinderSettings(stream=StreamSettings(region_scale=8)), "region_scale must be below 7"),
        (lambda: FinderSettings(stills=StillSettings(hint_confidence=0.9)), "at most confidence_part"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        make()


def test_a_followed_face_has_as_much_room_around_it_as_is_set() -> None:
    face = make_face(centre=(640, 360), size=100)
    for scale in (2.0, 4.0):
        region = Region.around(face, HD, (), StreamSettings(region_scale=scale))
        assert region.x1 - region.x0 == round(scale * face.size)
        assert box_middle(region) == pytest.approx(box_middle(face.box), abs=1)


def test_a_region_is_kept_until_the_face_nears_its_rim_or_outgrows_it() -> None:
    settings = StreamSettings()
    face = make_face(centre=(640, 360), size=100)
    region = Region.around(face, HD, (), settings)

    def kept(x: float, size: float = 100) -> bool:
        now = make_face(centre=(x, 360), size=size)
        return region.suits(now, Region.around(now, HD, (), settings), settings)

    assert kept(640)
    assert kept(680)
    assert not kept(730)
    assert not kept(640, size=180)
    assert not kept(640, size=55)


def test_a_region_ends_half_way_to_somebody_else() -> None:
    one, other = make_face(centre=(500, 360), size=100), make_face(centre=(620, 360), size=100)
    assert Region.around(one, HD, [other], StreamSettings()).x1 == 560
    assert Region.around(other, HD, [one], StreamSettings()).x0 == 560


def test_two_faces_in_one_place_are_one() -> None:
    known = [make_face(centre=(300, 300), size=100)]
    near, apart = make_face(centre=(340, 300), size=100), make_face(centre=(300, 380), size=100)
    assert add_new(known, [near, apart], DetectorSettings()) == [apart]
    assert len(known) == 2
    assert add_new(known, [near], DetectorSettings(same_face=0.3)) == [near]


def test_a_region_of_a_larger_picture_does_not_lie_in_a_smaller_one() -> None:
    region = Region(100, 100, 500, 500)
    assert region.lies_in(HD)
    assert not region.lies_in(HD[:400])


@pytest.mark.slow
def test_a_sure_detector_passes_over_a_face_that_another_finds() -> None:
    far = Frame(scene((400, 100, 50)), 0, 0, 0)
    with FaceFinder(stills=True) as finder:
        assert len(finder.find(far)) == 1
    picky = replace(DEFAULTS, detector=replace(DEFAULTS.detector, confidence_part=1.0))
    with FaceFinder(stills=True, settings=picky) as finder:
        assert finder.find(far) == ()


@pytest.mark.slow
def test_a_face_that_is_gone_is_given_up_after_as_many_frames_as_are_set() -> None:
    here, there = scene((100, 200, 90)), scene((1000, 300, 90))

    def frames_until_found_again(misses: int) -> int:
        settings = replace(DEFAULTS, stream=StreamSettings(misses=misses, elsewhere_ms=10_000))
        with FaceFinder(settings=settings) as finder:
            found = [finder.find(frame) for frame in frames([here] * 20 + [there] * 60)]
        assert found[19], "it was followed before it went"
        return next(i for i, faces in enumerate(found[20:]) if faces)

    assert frames_until_found_again(2) + 8 <= frames_until_found_again(10)
