"""``livecam best`` over an archive says and does what it says and does over the photos, and looks at none of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from livecam import pipeline
from livecam.archive.folder import open_archive
from livecam.archive.to_best import read_rows, shoots_of
from livecam.errors import ArchiveError
from livecam.storage.xmp_marks import Mark, read, write
from tests.archive.archives import failed_row, make_archive, make_archived_face, row
from tests.archive.archives import make_photo as make_archived_photo
from tests.archive.scanned import archive_of
from tests.best.photo_factories import make_photo
from tests.best.scan.fake_models import FakeModels
from tests.commands.best_runs import Best
from tests.photos.capture_factories import make_shot
from tests.trees import tree


def make_shoots(folder: Path) -> Path:
    """Two days: bursts, lone photos, raw and JPEG of one name, an edit, a copy, a broken file, one without a time."""
    for day, second in (("mon", 0.0), ("tue", 86_400.0)):
        for i in range(4):
            make_photo(folder / day / f"DSC{i}.JPG", 120 + 20 * i, second + 0.5 * i, blink=i == 3)
        make_photo(folder / day / "DSC7.JPG", 150, second + 600)
        make_photo(folder / day / "DSC7-edit.JPG", 151, second + 600)
        make_photo(folder / day / "DSC9.JPG", 150, second + 900)
        make_shot(folder / day / "RAW" / "DSC9.ARW", second + 900, model="")
    make_photo(folder / "mon" / "scan.jpg", 200)
    (folder / "tue" / "broken.jpg").write_bytes(b"no photo")
    return folder


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on whoever looks at a photo fails."""

    def refuse() -> FakeModels:
        raise AssertionError("a photo was looked at again")

    monkeypatch.setattr(pipeline, "default_models", refuse)


def told_of(groups: list[dict[str, Any]], root: Path) -> list[dict[str, Any]]:
    return [{**group, "best": str(group["best"]).replace(str(root), "")} for group in groups]


def test_groups_and_picks_are_those_of_the_photos(tmp_path: Path, best: Best, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = make_shoots(tmp_path / "in")
    code, groups, told = best("-r", photos)
    archive = archive_of(photos, tmp_path / "archive")
    monkeypatch.setattr(pipeline, "default_models", None)  # whoever looks at a photo fails

    again, from_archive, told_again = best(archive)

    assert (again, from_archive) == (code, groups)
    assert code == 1
    assert len(groups) > 6
    assert told_again.splitlines()[:-1] == told.splitlines()[:-1]  # all but how long it took
    assert best("--from-archive", archive)[1] == groups


def test_options_of_the_ranking_count_there_too(tmp_path: Path, best: Best) -> None:
    photos = make_shoots(tmp_path / "in")
    archive = archive_of(photos, tmp_path / "archive")

    without = best(archive)[1]
    for options in (("--gap", "0.1"), ("--eyes", "any")):
        found = best(archive, *options)[1]
        assert found == best("-r", photos, *options)[1]
        assert found != without, options
    kept = []
    asked: tuple[tuple[str | Path, ...], ...] = ((archive,), (archive, "--top", "2"), ("-r", photos, "--top", "2"))
    for number, words in enumerate(asked):
        best(*words, "--copy-to", tmp_path / f"{number}")
        kept.append(set(tree(tmp_path / f"{number}")))
    assert kept[1] == kept[2] > kept[0]


def test_folders_choose_what_counts(tmp_path: Path, best: Best) -> None:
    photos = make_shoots(tmp_path / "in")
    archive = archive_of(photos, tmp_path / "archive")

    _, groups, _ = best("--from-archive", archive, photos / "mon")
    code, nothing, told = best("--from-archive", archive, photos / "mo")

    assert groups == best("-r", photos / "mon")[1]
    assert (code, nothing) == (1, [])
    assert "mo is not in the archive" in told


def test_marks_copies_and_undo_are_those_of_best(tmp_path: Path, best: Best, blind: None) -> None:
    photos = make_shoots(tmp_path / "in") / "mon"
    archive = archive_of(photos, tmp_path / "archive")
    write(photos / "DSC2.JPG", Mark(rating=-1))
    before = tree(photos)

    code, groups, told = best(archive, "--xmp", "sidecar", "--move-to", tmp_path / "keep")

    assert code == 0
    assert read(photos / "DSC2.JPG") == Mark(rating=-1)
    assert groups[0]["best"] == str(photos / "DSC1.JPG")
    assert "move:" in told
    assert "DSC9.ARW" in tree(tmp_path / "keep")
    best("--undo", tmp_path / "keep")
    assert {name: data for name, data in tree(photos).items() if not name.endswith(".xmp")} == {
        name: data for name, data in before.items() if not name.endswith(".xmp")
    }


def test_photos_on_a_disk_that_is_not_there_are_ranked_as_they_were(tmp_path: Path, best: Best, blind: None) -> None:
    face = make_archived_face
    photos = [make_archived_photo(f"/away/{i}.jpg", face(2.0 + i), after_s=i / 2) for i in range(3)]
    archive = make_archive(tmp_path / "archive", photos)

    code, groups, told = best(archive)

    assert code == 0
    assert [group["best"] for group in groups] == ["/away/2.jpg"]
    assert "3 photos (/away/0.jpg …) are not there now" in told


def test_what_was_changed_since_is_said(tmp_path: Path, best: Best, blind: None) -> None:
    photo = make_photo(tmp_path / "in" / "a.jpg", 150, 0)
    archive = archive_of(photo.parent, tmp_path / "archive")
    os.utime(photo, (1_700_000_009, 1_700_000_009))

    assert "a.jpg was changed since: run livecam archive again" in best(archive)[2]


def test_names_that_are_not_text_lead_to_their_files(tmp_path: Path, best: Best, blind: None) -> None:
    photo = make_photo(tmp_path / "in" / os.fsdecode(b"caf\xe9.jpg"), 150, 0)
    archive = archive_of(photo.parent, tmp_path / "archive")

    code, (group,), told = best(archive, "--copy-to", tmp_path / "keep")

    assert (code, Path(group["best"])) == (0, photo)
    assert "copy: 1 photo, 1 file" in told


def test_photos_in_stores_are_grouped_by_what_is_known_of_them(tmp_path: Path, best: Best, blind: None) -> None:
    face = make_archived_face
    rows = [
        row(make_archived_photo(f"/{i}.jpg", face(3.0 + i / 2), after_s=i / 2)) | {"path": f"s3://shoots/a/{i}.jpg"}
        for i in range(2)
    ]
    failed = failed_row("s3://shoots/a/9.jpg", "s3://shoots/a/9.jpg is no photo")
    archive = make_archive(tmp_path / "archive", [*rows, failed])

    code, groups, told = best(archive)

    assert code == 1
    assert [entry["path"] for entry in groups[0]["ranking"]] == ["s3://shoots/a/1.jpg", "s3://shoots/a/0.jpg"]
    assert "is no photo" in told
    assert "1 skipped or failed" in told  # nobody looks for marks beside the others, and says that they are gone
    _, _, told = best(archive, "--xmp", "sidecar")
    assert "s3://shoots/a/0.jpg is no file on this computer: copy it here first" in told


def test_an_archive_of_another_scorer_is_ranked_and_a_taste_for_it_must_fit(tmp_path: Path, best: Best) -> None:
    archive = make_archive(tmp_path / "archive", [make_archived_photo("/away/1.jpg", make_archived_face())])

    assert best(archive)[0] == 0
    code, _, told = best(archive, "--taste", "me.npz")

    assert code == 1
    assert "was made by another scorer (SHA-256 555555555555…)" in told


def test_a_folder_that_is_no_archive_is_said(tmp_path: Path, best: Best) -> None:
    code, _, told = best("--from-archive", tmp_path)

    assert code == 1
    assert "is not an archive" in told


def test_a_row_whose_numbers_cannot_be_is_one_line(tmp_path: Path) -> None:
    damaged = row(make_archived_photo("/photos/a.jpg", make_archived_face(3.0)))
    damaged["faces"][0]["score"] = float("nan")
    archive = open_archive(make_archive(tmp_path / "archive", [damaged]))
    with pytest.raises(ArchiveError, match=r"^the archive's row of /photos/a\.jpg is damaged \(.*finite\): delete"):
        list(shoots_of(read_rows(archive).rows))
