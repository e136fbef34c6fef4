"""What ``livecam run`` puts together."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam.ui.run_parts import NewPictures, make_shutter
from tests.factories import make_moment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shots"
    made.mkdir()
    cv2.imwrite(str(made / "a.jpg"), np.zeros((8, 8, 3), np.uint8))
    return made


def test_pictures_that_come_into_a_folder_while_it_is_played_are_said(folder: Path) -> None:
    new = NewPictures(str(folder), follow=False)
    assert new.words() is None
    shutil.copy(folder / "a.jpg", folder / "b.jpg")
    assert new.words() == f"1 picture has come into {folder} meanwhile: --follow goes on with what comes"
    shutil.copy(folder / "a.jpg", folder / "c.jpg")
    assert str(new.words()).startswith("2 pictures have come")


def test_nothing_is_said_of_a_folder_that_is_followed_or_gone_or_of_what_is_none(folder: Path) -> None:
    followed, gone = NewPictures(str(folder), follow=True), NewPictures(str(folder), follow=False)
    others = [NewPictures(spec, follow=False) for spec in ("demo", "0", "http://camera/x", str(folder / "a.jpg"))]
    shutil.copy(folder / "a.jpg", folder / "b.jpg")
    assert followed.words() is None
    assert [other.words() for other in others] == [None] * 4
    shutil.rmtree(folder)
    assert gone.words() is None


def test_what_the_run_itself_has_taken_into_the_folder_has_not_come(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = NewPictures(str(folder), follow=False)
    for name in ("b.jpg", "c.jpg"):
        shutil.copy(folder / "a.jpg", folder / name)
    monkeypatch.chdir(folder.parent)
    own = Path(folder.name)
    assert new.words([own / "b.jpg", own / "c.jpg"]) is None
    assert str(new.words([own / "b.jpg"])).startswith("1 picture has come")


def test_a_shutter_that_begins_with_a_countdown_takes_its_one_picture_however_long_that_takes_to_be_written() -> None:
    control = make_shutter(1.0, begin=True)
    score = {False: 3.0, True: 4.8}
    moments = [make_moment(i * 40.0, score[40 <= i < 60 or 200 <= i < 225]) for i in range(300)]  # a smile at 8 s
    peaks_ms = [peak.t_ms for moment in moments if (peak := control.update(moment).peak) is not None]
    assert len(peaks_ms) == 1
    assert 1000 <= peaks_ms[0] <= 2100
