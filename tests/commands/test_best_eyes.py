"""``livecam best --eyes``: what closed eyes count for, in photos and clips, and in the marks that are written."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from livecam import exit_codes
from livecam.storage.marks import Mark, find_marks
from tests.best.photo_factories import make_photo
from tests.commands.best_runs import Best


def make_burst(folder: Path) -> tuple[Path, Path]:
    """The same face twice, the better time with its eyes closed."""
    asleep = make_photo(folder / "a0.jpg", 250, 0.0, blink=True)
    return asleep, make_photo(folder / "a1.jpg", 120, 0.3)


@pytest.mark.parametrize(("words", "wins"), [((), 1), (("--eyes", "laughs"), 1), (("--eyes", "any"), 0)])
def test_closed_eyes_win_only_where_they_count_for_nothing(
    tmp_path: Path, best: Best, words: tuple[str, ...], wins: int
) -> None:
    burst = make_burst(tmp_path / "in")

    code, (group,), _ = best(tmp_path / "in", *words)

    assert (code, group["best"]) == (0, str(burst[wins]))


def test_a_clip_of_closed_eyes_is_looked_at_anew_when_they_are_wanted(tmp_path: Path, best: Best) -> None:
    clip = tmp_path / "asleep.mp4"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (128, 96))
    for _ in range(10):
        writer.write(np.full((96, 128, 3), (250, 125, 125), np.uint8))
    writer.release()

    assert best(clip)[1] == []
    assert len(best(clip, "--eyes", "any")[1]) == 1
    assert best(clip)[1] == [], "each from the cache"


def test_a_photo_of_a_sleeper_is_one_star_and_keeper_never_and_the_way_out_is_said(tmp_path: Path, best: Best) -> None:
    photo = tmp_path / "a.jpg"
    Image.new("RGB", (96, 72), (0, 0, 80)).save(photo)  # worth 1.4 to the fake scorer, its eyes closed

    code, _, told = best(photo, "--xmp", "sidecar")

    assert code == 0
    assert find_marks([photo]).mark == Mark()
    assert "--eyes any" in told


def test_other_words_are_refused(best: Best) -> None:
    assert best("a.jpg", "--eyes", "shut")[0] == exit_codes.USAGE
