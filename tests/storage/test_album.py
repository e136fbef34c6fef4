from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import ExifTags, Image

from livecam.errors import OutputError
from livecam.storage.album import Album
from livecam.storage.marks import find_marks
from livecam.types import Frame, Moment, Reason, ScoredFace, UInt8Array
from tests.factories import make_face, make_score

# 2026-03-01 10:20:30.456 UTC by the wall clock, while the monotonic clock says 5000 s.
WALL_S, MONOTONIC_S = 1772360430.456, 5000.0


def picture(height: int = 120, width: int = 160) -> UInt8Array:
    """Smooth and colourful: red grows to the right, green downwards, and blue is low."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 / width, y * 255 / height, np.full_like(x, 20)], axis=2).astype(np.uint8)


def moment(*faces: ScoredFace, image: UInt8Array | None = None, captured_s: float = MONOTONIC_S) -> Moment:
    return Moment(Frame(picture() if image is None else image, 1234.5, 37, captured_s), faces)


def face(score: float = 4.6, eyes: tuple[float, float] = (0.1, 0.2), *reasons: Reason) -> ScoredFace:
    return ScoredFace(make_face(centre=(80, 60), size=50), make_score(score, eyes), reasons)


def album(folder: Path, model_version: str | None = None) -> Album:
    return Album(folder, model_version=model_version, wall_s=lambda: WALL_S, monotonic_s=lambda: MONOTONIC_S)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fail(number: int) -> Callable[..., None]:
    """A stand-in for a system call, which fails as the system does."""

    def call(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


def xmp(path: Path) -> dict[str, Any]:
    """What the picture's XMP says: texts, lists and structures by their names without the namespace."""
    with Image.open(path) as saved:
        packet = ET.fromstring(saved.info["xmp"])  # noqa: S314  our own
    [description] = packet.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    found = value(description)
    assert isinstance(found, dict)
    return found


def value(element: ET.Element) -> str | list[Any] | dict[str, Any]:
    names = [child.tag.split("}")[1] for child in element]
    if names == ["Seq"]:
        return [value(item) for item in element[0]]
    return {name: value(child) for name, child in zip(names, element, strict=True)} or element.text or ""


@pytest.fixture
def _kolkata(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if sys.platform == "win32":
        pytest.skip("Windows takes no time zone from the environment")
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_whole_frame_is_saved_with_its_colours(tmp_path: Path) -> None:
    image = picture(480, 640)
    shot = album(tmp_path).save(moment(face(), image=image), fired_t_ms=1500.0, manual=True)
    with Image.open(shot.path) as saved:
        assert saved.mode == "RGB"
        assert saved.size == (640, 480)
        difference = np.abs(np.asarray(saved).astype(int) - image)
    assert difference.mean() < 1.0
    assert difference.max() < 12
    assert (shot.fired_t_ms, shot.manual, shot.peak.t_ms) == (1500.0, True, 1234.5)


def test_fine_colour_survives(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, ::2, 0] = 200  # one-pixel red stripes: halving the colour would smear them
    shot = album(tmp_path).save(moment(image=image), fired_t_ms=0.0)
    with Image.open(shot.path) as saved:
        red = np.asarray(saved)[:, :, 0].astype(int)
    assert red[:, ::2].mean() - red[:, 1::2].mean() > 150


@pytest.mark.usefixtures("_kolkata")
def test_the_time_in_the_picture_is_when_the_frame_was_caught(tmp_path: Path) -> None:
    shot = album(tmp_path).save(moment(face(), captured_s=MONOTONIC_S - 2.25), fired_t_ms=1500.0)
    with Image.open(shot.path) as saved:
        exif = saved.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
    # 2.25 s before 10:20:30.456 UTC, on a clock 5:30 h ahead
    assert details[ExifTags.Base.DateTimeOriginal] == "2026:03:01 15:50:28"
    assert details[ExifTags.Base.SubsecTimeOriginal] == "206"
    assert details[ExifTags.Base.OffsetTimeOriginal] == "+05:30"
    assert exif[ExifTags.Base.Orientation] == 1
    assert exif[ExifTags.Base.Software].startswith("livecam ")
    assert shot.path.name == "livecam_20260301-155028-206.jpg"


def test_score_and_eyes_are_in_the_picture(tmp_path: Path) -> None:
    worst, other = face(3.6, (0.75, 0.25), Reason.LEFT_EYE_CLOSED, Reason.TOO_DARK), face(4.8)
    shot = album(tmp_path, "2026.1 <&>").save(moment(other, worst), fired_t_ms=1500.0)
    root = xmp(shot.path)
    assert root["Rating"] == "4"
    assert float(root["Score"]) == pytest.approx(3.6, abs=1e-3)
    assert float(root["EyesClosedLeft"]) == 0.75
    assert float(root["EyesClosedRight"]) == 0.25
    assert [float(p) for p in root["RatingProbs"]] == pytest.approx([0, 0, 0.4, 0.6, 0])
    assert float(root["TimeMs"]) == 1234.5
    assert float(root["FiredMs"]) == 1500.0
    assert root["Manual"] == "False"
    assert root["ModelVersion"] == "2026.1 <&>"
    first, second = root["Faces"]
    assert "Reasons" not in first
    assert float(first["Score"]) == pytest.approx(4.8, abs=1e-3)
    assert second["Reasons"] == ["left_eye_closed", "too_dark"]
    assert [float(side) for side in second["Box"]] == pytest.approx(worst.face.box, abs=0.06)


def test_without_a_face_there_is_no_rating(tmp_path: Path) -> None:
    shot = album(tmp_path).save(moment(), fired_t_ms=0.0, manual=True)
    root = xmp(shot.path)
    assert "Rating" not in root
    assert "Score" not in root
    assert "ModelVersion" not in root
    assert "Faces" not in root
    assert root["Manual"] == "True"


@pytest.mark.parametrize(("score", "stars"), [(1.0, "1"), (3.49, "3"), (3.5, "4"), (4.5, "5"), (5.0, "5")])
def test_the_stars_are_the_nearest_whole_score(tmp_path: Path, score: float, stars: str) -> None:
    shot = album(tmp_path).save(moment(face(score)), fired_t_ms=0.0)
    assert xmp(shot.path)["Rating"] == stars


@pytest.mark.parametrize("noted", [True, False], ids=["with the note", "of a livecam before it wrote the note"])
def test_the_stars_of_a_picture_that_was_taken_are_nobodys_word_until_somebody_changes_them(
    tmp_path: Path, noted: bool
) -> None:
    path = album(tmp_path).save(moment(face(3.6), face(4.8)), fired_t_ms=0.0).path
    if not noted:
        path.write_bytes(path.read_bytes().replace(b"livecam:rated>", b"livecam:other>"))
    assert (find_marks([path]).mark.rating, find_marks([path]).persons_rating) == (4, 0)
    path.write_bytes(path.read_bytes().replace(b"<xmp:Rating>4<", b"<xmp:Rating>2<"))
    assert find_marks([path]).persons_rating == 2


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_finds_nothing_odd(tmp_path: Path) -> None:
    shot = album(tmp_path).save(moment(face(4.6)), fired_t_ms=0.0)
    command = ["exiftool", "-json", "-validate", "-warning", "-a", str(shot.path)]
    [checked] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    # Pillow can only write this one with a wrong type, and to leave it out does less harm.
    assert checked.get("Warning") == "Missing required JPEG ExifIFD tag 0x9101 ComponentsConfiguration"
    assert checked["Validate"] == "1 Warning"
    command = ["exiftool", "-json", str(shot.path)]
    [metadata] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert metadata["Rating"] == 5
    assert re.search(r"\.456[+-]", metadata["SubSecDateTimeOriginal"])


def test_pictures_of_one_millisecond_are_all_kept_in_their_order(tmp_path: Path) -> None:
    keeper = album(tmp_path)
    paths = [keeper.save(moment(face()), fired_t_ms=0.0).path for _ in range(12)]
    assert len(set(paths)) == 12
    assert sorted(paths) == paths
    assert files(tmp_path) == [path.name for path in paths]


@pytest.mark.parametrize("links", [True, False])
def test_two_albums_in_one_folder_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(os, "link", fail(errno.EPERM))
    first, second = album(tmp_path), album(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        made = [
            pool.submit(keeper.save, moment(image=np.full((16, 16, 3), 10 * i, np.uint8)), fired_t_ms=float(i))
            for i in range(20)
            for keeper in (first, second)
        ]
        shots = [each.result() for each in made]
    assert len({shot.path for shot in shots}) == 40
    assert files(tmp_path) == sorted(shot.path.name for shot in shots)
    for shot in shots:
        with Image.open(shot.path) as saved:
            assert np.asarray(saved).mean() == pytest.approx(shot.peak.frame.image.mean(), abs=2)


@pytest.mark.parametrize(
    ("call", "number", "words"),
    [
        ("fsync", errno.ENOSPC, "the disk is full"),
        ("fsync", errno.EIO, "check the disk"),
        ("link", errno.ENOSPC, "the disk is full"),
        ("link", errno.EROFS, "read-only"),
    ],
)
def test_a_failing_disk_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, words: str
) -> None:
    keeper = album(tmp_path)
    kept = keeper.save(moment(), fired_t_ms=0.0).path
    monkeypatch.setattr(os, call, fail(number))
    with pytest.raises(OutputError, match=re.escape(str(tmp_path))) as caught:
        keeper.save(moment(face()), fired_t_ms=0.0)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "--out" in str(caught.value)
    assert files(tmp_path) == [kept.name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, the disk that is always full")
def test_a_really_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = album(tmp_path)
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode="r": real(Path("/dev/full") if mode == "wb" else path, mode))
    with pytest.raises(OutputError, match="the disk is full"):
        keeper.save(moment(face()), fired_t_ms=0.0)


def test_the_folder_is_made_with_its_parents_and_left_clean(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    Album(folder)
    assert files(folder) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("mine")
    with pytest.raises(OutputError, match="a file of that name"):
        Album(tmp_path / "pictures")
    with pytest.raises(OutputError, match="part of that path is a file"):
        Album(tmp_path / "pictures" / "today")
    assert (tmp_path / "pictures").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    if os.access(folder, os.W_OK):  # root may write anywhere, so the system has to be helped
        real = Path.open

        def refuse(path: Path, mode: str = "r") -> object:
            if path.parent == folder:
                raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return real(path, mode)

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError, match="you may not write there"):
        Album(folder)
    assert files(folder) == []


def test_a_folder_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "wedding" / "evening"
    keeper = album(folder)
    shutil.rmtree(tmp_path / "wedding")
    shot = keeper.save(moment(face()), fired_t_ms=0.0)
    assert [shot.path.name] == files(folder)


def test_a_folder_whose_disk_is_gone_is_named_and_not_made_on_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "stick"
    keeper = album(folder)
    folder.rmdir()
    monkeypatch.setattr(keeper, "_disk", -1)  # what it was on was unplugged: here is another one
    with pytest.raises(OutputError, match="the folder is gone"):
        keeper.save(moment(face()), fired_t_ms=0.0)
    assert not folder.exists()


def test_a_picture_waits_for_its_disk_without_its_frame_and_keeps_its_time(tmp_path: Path) -> None:
    now_s = [MONOTONIC_S]
    keeper = Album(tmp_path, wall_s=lambda: WALL_S + now_s[0] - MONOTONIC_S, monotonic_s=lambda: now_s[0])
    waiting = keeper.develop(moment(image=picture(1080, 1920)), fired_t_ms=0.0)
    now_s[0] += 3600
    assert keeper.write(waiting).path.stem.endswith("30-456")
    assert waiting.peak.frame.image.shape == (270, 480, 3)
    assert waiting.nbytes < 1920 * 1080


def test_what_is_free_is_known_as_long_as_the_folder_is_there(tmp_path: Path) -> None:
    keeper = album(tmp_path / "out")
    assert keeper.free_bytes() == pytest.approx(shutil.disk_usage(tmp_path).free, abs=1e9)
    (tmp_path / "out").rmdir()
    assert keeper.free_bytes() is None


def test_by_default_the_time_is_now(tmp_path: Path) -> None:
    shot = Album(tmp_path).save(moment(captured_s=time.monotonic()), fired_t_ms=0.0)
    name = datetime.strptime(shot.path.stem, "livecam_%Y%m%d-%H%M%S-%f").astimezone()
    assert abs(name.timestamp() - time.time()) < 2
