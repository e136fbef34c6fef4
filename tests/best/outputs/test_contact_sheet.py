"""Contact sheets: what is on them, and where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from livecam.best.outputs import contact_sheet
from livecam.best.ranking.ranked import Ranked, RankedGroup
from livecam.best.records.frame import FrameRecord
from livecam.errors import OutputError, SourceError
from livecam.types import UInt8Array
from livecam.ui import draw


def make_group(
    count: int, name: str = "burst", *, shape: tuple[int, int] = (400, 300), why: tuple[str, ...] = ()
) -> RankedGroup:
    """A group of frames a.jpg, b.jpg… ranked the last first."""
    records = [FrameRecord(Path(f"{i}.jpg"), None, *shape, (), None, "", 0, (1.0,)) for i in range(count)]
    places = [Ranked(i, float(i), 3.0, () if i == count - 1 else why) for i in reversed(range(count))]
    return RankedGroup(name, tuple(records), tuple(places))


def shade(record: FrameRecord) -> UInt8Array:
    """A plain picture whose red tells which frame it is: 100, 102, 104…"""
    assert record.path is not None
    return np.full((record.height, record.width, 3), (100 + 2 * int(record.path.stem), 40, 200), np.uint8)


def frames_on(picture: UInt8Array) -> list[int]:
    """The frames on a sheet, in reading order, by their shades."""
    found: dict[int, tuple[int, int]] = {}
    for y in range(0, picture.shape[0], 8):
        for x in range(0, picture.shape[1], 8):
            red, green, blue = (int(value) for value in picture[y, x])
            if (green, blue) == (40, 200):
                found.setdefault((red - 100) // 2, (y, x))
    return sorted(found, key=lambda frame: (found[frame][0] // 60, found[frame][1]))


@pytest.mark.parametrize("count", [1, 2, 5, 12, 40])
@pytest.mark.slow
def test_every_frame_is_on_the_sheet_the_best_first_or_by_time(count: int) -> None:
    group = make_group(count)
    ranked = contact_sheet.draw_sheet(group, shade)
    assert frames_on(ranked) == list(reversed(range(count)))
    assert frames_on(contact_sheet.draw_sheet(group, shade, by_time=True)) == list(range(count))
    assert ranked.shape[1] <= 2400
    assert ranked.shape[0] <= 2400


def test_the_best_is_framed_and_nothing_else_is() -> None:
    def framed(picture: UInt8Array) -> int | None:
        sides = np.flatnonzero((picture == draw.ACCENT).all(axis=2).sum(axis=0) > 100)
        return int(sides.mean() * 3 / picture.shape[1]) if sides.size else None

    assert framed(contact_sheet.draw_sheet(make_group(3), shade)) == 0
    assert framed(contact_sheet.draw_sheet(make_group(3), shade, by_time=True)) == 2
    assert framed(contact_sheet.draw_sheet(make_group(1), shade)) is None


def test_where_a_person_rejected_all_none_is_the_best() -> None:
    group = make_group(3)
    rejected = replace(group, ranking=tuple(replace(ranked, rejected=True) for ranked in group.ranking))

    sheet = contact_sheet.draw_sheet(rejected, shade)

    assert frames_on(sheet) == [2, 1, 0]
    assert not (sheet == draw.ACCENT).all(axis=2).any()  # neither ring nor word
    assert (contact_sheet.draw_sheet(group, shade) == draw.ACCENT).all(axis=2).any()


def test_an_upright_picture_is_shown_whole() -> None:
    group = make_group(2, shape=(300, 400))
    picture = contact_sheet.draw_sheet(group, shade)
    mine = (picture[:, :, 1:] == (40, 200)).all(axis=2)
    assert mine.any(axis=1).sum() > 1.2 * mine[:, : picture.shape[1] // 2].any(axis=0).sum()


def test_why_a_frame_lost_is_written_below_it_and_long_reasons_are_cut() -> None:
    plain = contact_sheet.draw_sheet(make_group(2), shade)
    told = contact_sheet.draw_sheet(make_group(2, why=("left eye closed",)), shade)
    long = contact_sheet.draw_sheet(make_group(2, why=("softer than frame 7",) * 40), shade)
    assert plain.shape[0] < told.shape[0] < long.shape[0] < plain.shape[0] + 100
    half = told.shape[1] // 2
    assert np.ptp(told[plain.shape[0] - 35 :, half:, 0]) > 100  # letters
    assert np.ptp(told[plain.shape[0] - 35 :, :half, 0]) == 0  # nothing to say of the best


def test_letters_that_no_font_has_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_sheet, "undrawable", lambda text: "".join(set(text) & set("花嫁")))

    assert contact_sheet.undrawable_letters([make_group(2, "花嫁 IMG_1"), make_group(1, "花")]) == "嫁花"
    assert contact_sheet.undrawable_letters([make_group(2)]) == ""


def test_a_picture_that_is_gone_leaves_a_place_that_says_so() -> None:
    def gone(record: FrameRecord) -> UInt8Array:
        if record.path == Path("0.jpg"):
            raise SourceError("gone")
        return shade(record)

    assert frames_on(contact_sheet.draw_sheet(make_group(3), gone)) == [2, 1]


@pytest.mark.slow
def test_sheets_of_odd_names_are_files_of_their_own_and_replace_themselves(tmp_path: Path) -> None:
    names = ["a/b", "a b", "a_b", "../..", "x\ny\udcff\u202e", "é" * 300]
    paths = [contact_sheet.save(make_group(1, name), tmp_path / "sheets", shade) for name in names for _ in "12"]
    assert len(set(paths)) == len(names)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(set(paths))
    with Image.open(paths[0]) as picture:
        assert picture.format == "PNG"


def test_a_picture_of_a_sheets_name_that_is_none_stays(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "teal").save(tmp_path / "sheet_burst.png")
    before = (tmp_path / "sheet_burst.png").read_bytes()

    with pytest.raises(OutputError, match=r"sheet_burst\.png is no sheet of livecam.*another folder with --sheet"):
        contact_sheet.save(make_group(2), tmp_path, shade)

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


def test_a_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "sheets").touch()
    with pytest.raises(OutputError, match="cannot write the sheet") as failure:
        contact_sheet.save(make_group(1), tmp_path / "sheets", shade)
    assert "\n" not in str(failure.value)
