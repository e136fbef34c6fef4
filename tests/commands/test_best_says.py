"""``livecam best`` says what it did not look at, and which clips gave nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.best.photo_factories import make_photo
from tests.commands.best_runs import Best


def test_what_is_not_looked_at_is_counted_once_and_is_no_failure(tmp_path: Path, best: Best) -> None:
    folder = tmp_path / "in"
    make_photo(folder / "a.jpg").rename(folder / "a.jpe")
    for name in ("b.jxl", "c.jxl", "d.txt"):
        (folder / name).write_bytes(b"x")
    make_photo(folder / "@eaDir" / "a.jpe" / "SYNOPHOTO_THUMB_XL.jpg")

    code, groups, told = best(folder, "--recursive", "--copy-to", tmp_path / "kept")

    assert (code, [Path(group["best"]).name for group in groups]) == (0, ["a.jpe"])
    assert told.count("passed over: 2 .jxl, 1 .txt, 1 folder of other programs") == 1
    assert [path.name for path in (tmp_path / "kept").iterdir() if path.suffix != ".jsonl"] == ["a.jpe"]


def test_what_cannot_be_marked_inside_is_said_once_of_many_photos(tmp_path: Path, best: Best) -> None:
    names = [f"IMG_{number:03}.png" for number in range(30)]
    for number, name in enumerate(names):
        make_photo(tmp_path / "in" / "a.jpg", 100 + number)
        Image.open(tmp_path / "in" / "a.jpg").save(tmp_path / "in" / name)
    (tmp_path / "in" / "cut.jpg").write_bytes(b"")

    code, _, told = best(tmp_path / "in", "--xmp", "embed")

    assert code == 1
    assert told.count("take --xmp sidecar") == 1
    assert "IMG_000.png inside" in told
    assert "(the same of 29 more: IMG_001.png, " in told
    assert "and 19 others)" in told
    assert "cut.jpg is empty" in told, "what else went wrong is not lost among them"


def test_where_nothing_could_be_moved_nothing_is_offered_to_be_taken_back(
    tmp_path: Path, best: Best, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "no")

    make_photo(tmp_path / "in" / "a.jpg")
    monkeypatch.setattr("livecam.storage.transfer_run.transfer_file", refuse)

    code, _, told = best(tmp_path / "in", "--move-to", tmp_path / "out")

    assert code == 1
    assert "move: 0 photos" in told
    assert "read-only: change its permissions" in told
    assert "--undo" not in told


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.avif"])
def test_a_picture_that_moves_is_watched_to_its_end(tmp_path: Path, best: Best, name: str) -> None:
    frames = [Image.new("RGB", (96, 72), (light,) * 3) for light in (100, 100, 220)]
    lossless = {"quality": 100} if name.endswith("avif") else {"lossless": True}
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=200, **lossless)

    code, (group,), _ = best(tmp_path / name)

    assert (code, group["best"]) == (0, 400)


BLINK, DARK, OPEN = (40, 40, 200), (0, 0, 0), (150, 150, 150)  # as the fake models see it


def make_coloured_clip(path: Path, colours: Sequence[tuple[int, int, int]]) -> Path:
    """A clip of one plain frame for each of colours, RGB."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (128, 96))
    for colour in colours:
        writer.write(np.full((96, 128, 3), colour[::-1], np.uint8))
    writer.release()
    return path


def test_a_clip_that_gives_no_frame_has_its_line_with_why_each_time(tmp_path: Path, best: Best) -> None:
    folder = make_photo(tmp_path / "in" / "a.jpg").parent
    make_coloured_clip(folder / "asleep.mp4", [BLINK] * 10)
    make_coloured_clip(folder / "dark.mp4", [DARK] * 10)
    make_coloured_clip(folder / "good.mp4", [DARK] * 5 + [BLINK] * 5 + [OPEN] * 5)

    for _ in range(2):  # the second time from the cache
        code, groups, told = best(folder)
        assert (code, [group["group"] for group in groups]) == (0, ["a", "good.mp4"])
        assert told.count("asleep.mp4 gives no frame: the eyes are closed in every frame with a face") == 1
        assert told.count("dark.mp4 gives no frame: no face found in any of its frames") == 1
        assert "good.mp4" not in told
        assert "4 photos and clips in 2 groups" in told


def test_a_live_photos_clip_needs_no_frame_of_its_own(tmp_path: Path, best: Best) -> None:
    folder = make_photo(tmp_path / "in" / "a.jpg").parent
    make_coloured_clip(folder / "a.mov", [DARK] * 10)

    code, groups, told = best(folder)

    assert (code, len(groups)) == (0, 1)
    assert "gives no frame" not in told
