"""Which group a clip is in, and the pictures of what was chosen, read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from livecam.best.outputs.pictures import Pictures
from livecam.best.ranking.selection import choose
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner
from livecam.errors import SourceError
from livecam.photos.discover import Item, collect
from tests.best.photo_factories import make_clip, make_photo
from tests.best.records.factories import make_face_record, make_record
from tests.best.scan.fake_models import FakeModels


@pytest.mark.parametrize(("length_ms", "names"), [(3_000, ["a"]), (60_000, ["a", "a.mov"])])
def test_a_long_clip_with_a_photos_name_is_no_live_photo(length_ms: float, names: list[str]) -> None:
    still = Item(Path("a.jpg"))
    clip = Item(Path("a.mov"), clip=True, live_of=still.path)
    frame = make_record(make_face_record(), path="a.mov", t_ms=0.0)
    results = [
        ScanResult(still, (make_record(make_face_record(), path="a.jpg"),)),
        ScanResult(clip, (frame,), length_ms=length_ms),
    ]

    assert [group.name for group in choose(results)] == names


def test_groups_that_would_bear_the_same_name_are_numbered() -> None:
    clips = [Item(Path(folder) / "a.mov", clip=True) for folder in ("one", "two", "three")]
    results = [ScanResult(clip, (make_record(make_face_record(), path=str(clip.path), t_ms=0.0),)) for clip in clips]

    assert [group.name for group in choose(results)] == ["a.mov", "a.mov (2)", "a.mov (3)"]


def test_pictures_of_photos_and_frames_are_read_again_reduced(tmp_path: Path) -> None:
    make_photo(tmp_path / "in" / "a.jpg", 200, size=(640, 480))
    make_clip(tmp_path / "in" / "c.mp4", [100] * 10 + [240] * 3 + [100] * 5)
    with Cache(tmp_path / "cache") as cache, PhotoScanner(cache, FakeModels()) as scanner:
        groups = choose(list(scanner.scan(collect([str(tmp_path / "in")])[0])))

    pictures = Pictures([record for group in groups for record in group.records], min_side_px=48)

    photo, frame = (pictures(next(group.best for group in groups if group.name == name)) for name in ("a", "c.mp4"))
    assert (frame.shape, photo.shape) == ((48, 64, 3), (60, 80, 3))
    assert frame.mean() == pytest.approx(240, abs=8)


def test_a_clip_that_cannot_be_read_shows_no_frame_of_the_one_before(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.mp4", [200] * 10)
    records = [
        make_record(make_face_record(), path=str(tmp_path / name), t_ms=t_ms)
        for name, t_ms in (("a.mp4", 0.0), ("gone.mp4", 0.0))
    ]
    pictures = Pictures(records, min_side_px=48)
    pictures(records[0])
    for _ in range(2):
        with pytest.raises(SourceError, match=r"gone\.mp4"):
            pictures(records[1])
    assert pictures(records[0]).mean() == pytest.approx(200, abs=8)
