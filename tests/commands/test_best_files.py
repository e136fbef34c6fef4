"""``livecam best`` takes a photo as all its files: ranked once, marked, copied, moved and brought back as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from livecam import cli, model_files, pipeline
from livecam.storage.xmp_marks import Mark, read, write
from tests.best.photo_factories import make_clip, make_photo
from tests.best.scan.fake_models import FakeModels
from tests.commands.best_runs import Best
from tests.photos.capture_factories import make_shot
from tests.trees import tree


def make_pairs(folder: Path) -> Path:
    """Two photos a minute apart, in JPG their JPEGs, in RAW their raw files; and two later ones of the same names."""
    for day, second in (("mon", 0.0), ("tue", 86_400.0)):
        for i in range(2):
            make_photo(folder / day / "JPG" / f"DSC{i}.JPG", 150 + i, second + 60 * i)
            make_shot(folder / day / "RAW" / f"DSC{i}.ARW", second + 60 * i, model="")
    return folder


def test_raw_files_and_jpegs_in_folders_beside_each_other_are_ranked_once_and_all_go_and_come_back(
    tmp_path: Path, best: Best
) -> None:
    folder = make_pairs(tmp_path / "in")
    before = tree(tmp_path / "in")

    code, groups, told = best("-r", folder, "--move-to", tmp_path / "keep")

    assert code == 0
    assert [[Path(entry["path"]).name for entry in group["ranking"]] for group in groups] == 2 * [
        ["DSC0.JPG"],
        ["DSC1.JPG"],
    ]
    assert "move: 4 photos, 8 files" in told
    assert tree(tmp_path / "in") == {}
    kept = tree(tmp_path / "keep")
    assert set(kept) == {f"DSC{i}{number}.{kind}" for i in range(2) for number in ("", "-2") for kind in ("JPG", "ARW")}
    for i in range(2):
        for number, day in (("", "mon"), ("-2", "tue")):
            assert kept[f"DSC{i}{number}.JPG"] == before[f"{day}/JPG/DSC{i}.JPG"]
            assert kept[f"DSC{i}{number}.ARW"] == before[f"{day}/RAW/DSC{i}.ARW"]
    best("--undo", tmp_path / "keep")
    assert tree(tmp_path / "in") == before


def test_stars_are_read_from_and_written_to_all_files_of_a_photo_wherever_they_lie(tmp_path: Path, best: Best) -> None:
    folder = make_pairs(tmp_path / "in") / "mon"
    write(folder / "RAW" / "DSC1.ARW", Mark(rating=-1))

    _, groups, told = best("-r", folder, "--xmp", "sidecar")

    assert read(folder / "RAW" / "DSC0.ARW") == read(folder / "JPG" / "DSC0.JPG") == Mark(3, "Green")
    assert groups[1]["best"] is None
    assert "1 photo stays rejected" in told


def test_people_read_which_files_a_photo_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pipeline, "default_models", FakeModels)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")

    assert cli.run(["best", "-r", str(make_pairs(tmp_path / "in") / "mon")]) == 0

    assert capsys.readouterr().out.count("(raw + JPEG)") == 2


def test_icloudpds_live_photo_is_one_and_goes_with_its_edits(tmp_path: Path, best: Best) -> None:
    folder = make_photo(tmp_path / "in" / "IMG_1234.JPG", 200, blink=True).parent
    make_clip(folder / "IMG_1234_HEVC.MOV", [100] * 10 + [200] * 3 + [100] * 5)
    (folder / "IMG_1234.AAE").write_bytes(b"edits")

    _, (group,), told = best(folder, "--move-to", tmp_path / "keep")

    assert [Path(entry["path"]).name for entry in group["ranking"]] == ["IMG_1234_HEVC.MOV", "IMG_1234.JPG"]
    assert set(tree(tmp_path / "keep")) == {"IMG_1234.JPG", "IMG_1234_HEVC.MOV", "IMG_1234.AAE"}
    assert "move: 1 photo, 3 files" in told


def test_a_film_of_a_photos_name_is_a_group_of_its_own_and_stays(tmp_path: Path, best: Best) -> None:
    folder = make_photo(tmp_path / "in" / "IMG_1.JPG", 200).parent
    make_clip(folder / "IMG_1.MOV", [100] * 10 + [200] * 3 + [100] * 20, fps=3.0)

    _, groups, told = best(folder, "--move-to", tmp_path / "keep")

    assert [group["group"] for group in groups] == ["IMG_1", "IMG_1.MOV"]
    assert (set(tree(folder)), set(tree(tmp_path / "keep"))) == ({"IMG_1.MOV"}, {"IMG_1.JPG"})
    assert "move: 1 photo, 1 file" in told


def test_a_photo_whose_jpeg_is_damaged_is_judged_by_its_other_file_and_all_go(tmp_path: Path, best: Best) -> None:
    folder = tmp_path / "in"
    make_photo(folder / "JPG" / "A.JPG", 200, 0.0)
    heic = make_photo(folder / "other" / "A.heic", 200, 0.0)  # what is inside counts
    damaged = folder / "JPG" / "A.JPG"
    damaged.write_bytes(damaged.read_bytes()[:500])

    code, (group,), told = best("-r", folder, "--copy-to", tmp_path / "keep")

    assert (code, group["best"]) == (1, str(heic))
    assert "A.heic is judged instead" in told
    assert set(tree(tmp_path / "keep")) == {"A.JPG", "A.heic"}
