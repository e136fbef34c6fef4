"""What was chosen is found on the disk, each photo with all its files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livecam.best.choices.choice import Choice, Choices, Flag, Source
from livecam.best.choices.chosen_photos import find_chosen
from livecam.best.choices.photo_identity import PhotoIdentity, Sameness
from livecam.best.records.pixel_measures import difference_hash
from livecam.photos.read import read
from livecam.storage.brought import moved_into
from livecam.storage.transfer import Action, transfer, undo
from tests.best.photo_factories import make_photo
from tests.best.records.factories import make_record
from tests.photos.capture_factories import make_shot

KEEP, REJECT, NEITHER = Flag.KEEP, Flag.REJECT, Flag.NEITHER


def names(files: tuple[Path, ...]) -> list[str]:
    return [file.name for file in files]


@pytest.mark.parametrize(
    ("still", "by_person", "frame", "of_frame", "then"),
    [
        (NEITHER, False, KEEP, False, KEEP),  # the clip has the best frame: its photo is the keeper
        (REJECT, True, KEEP, False, REJECT),  # livecam's choice brings nothing back
        (REJECT, True, KEEP, True, KEEP),
        (KEEP, True, REJECT, True, KEEP),
        (KEEP, False, NEITHER, False, KEEP),
        (NEITHER, False, REJECT, True, None),
    ],
)
def test_a_live_photo_is_kept_with_its_photo_or_with_a_frame_of_its_clip(
    tmp_path: Path, still: Flag, by_person: bool, frame: Flag, of_frame: bool, then: Flag | None
) -> None:
    photo, clip = make_photo(tmp_path / "a.jpg"), tmp_path / "a.mov"
    clip.write_bytes(b"clip")
    said = (
        Choice(clip, 500.0, frame, of_frame, live_photo=photo),
        Choice(photo, None, still, by_person, files=(clip,)),
    )

    chosen = find_chosen(Choices(tmp_path / "c.json", Source.PAGE, said), [], {})

    assert [(each.flag, names(each.files)) for each in chosen.photos] == ([(then, ["a.jpg", "a.mov"])] if then else [])
    assert chosen.frames_ms == {}


def test_kept_frames_of_other_clips_are_frames_and_a_clip_that_is_listed_is_a_file(tmp_path: Path) -> None:
    clip = tmp_path / "film.mp4"
    clip.write_bytes(b"clip")
    said = (Choice(clip, 500.0, KEEP, True), Choice(clip, 900.0, KEEP), Choice(clip, 100.0, REJECT, True))

    chosen = find_chosen(Choices(tmp_path / "c.json", Source.PAGE, said), [], {})
    listed = find_chosen(Choices(tmp_path / "k.txt", Source.KEEPERS, (Choice(clip, None, KEEP, True),)), [], {})

    assert (chosen.photos, chosen.frames_ms) == ([], {clip: [500.0, 900.0]})
    assert [names(photo.files) for photo in listed.photos] == [["film.mp4"]]


def test_of_a_list_each_photo_is_all_its_files_whichever_is_named(tmp_path: Path) -> None:
    for name in ("jpg/IMG_1.JPG", "jpg/IMG_1-edited.jpg", "raw/IMG_1.DNG", "jpg/IMG_2.JPG"):
        make_photo(tmp_path / name, seconds=60.0 * int(name.split("_")[1][0]))
    make_photo(tmp_path / "other" / "IMG_1.DNG", seconds=9_000)  # a counter that began anew
    named = [tmp_path / "jpg" / "IMG_1.JPG", tmp_path / "raw" / "IMG_1.DNG"]
    choices = Choices(tmp_path / "k.txt", Source.KEEPERS, tuple(Choice(path, None, KEEP, True) for path in named))

    (photo,) = find_chosen(choices, [], {}).photos

    assert photo.path.name == "IMG_1-edited.jpg"
    assert sorted(names(photo.files)) == ["IMG_1-edited.jpg", "IMG_1.DNG", "IMG_1.JPG"]
    assert tmp_path / "raw" / "IMG_1.DNG" in photo.files


def test_where_moved_files_are_is_known_from_the_journals_until_it_is_undone(tmp_path: Path) -> None:
    photo, copied = make_photo(tmp_path / "in" / "a.jpg"), make_photo(tmp_path / "in" / "b.jpg")
    keep = tmp_path / "keep"
    make_photo(keep / "a.jpg", 20)  # its name is taken there

    transfer([[copied]], keep, Action.COPY)
    report = transfer([[photo]], keep, Action.MOVE)

    assert moved_into(keep) == {photo: keep / "a-2.jpg"}
    assert report.journal is not None
    undo(report.journal)
    assert moved_into(keep) == {}
    assert moved_into(tmp_path / "none") == {}


def test_a_photo_without_a_time_is_known_by_its_look(tmp_path: Path) -> None:
    path = make_photo(tmp_path / "a.jpg", 200)
    identity = PhotoIdentity.of(make_record(phash=_look(path)), path)
    assert identity.compare(path) is Sameness.SAME

    path.write_bytes(path.read_bytes() + b"more")
    assert identity.compare(path) is Sameness.SAME
    path.write_bytes(b"no picture")
    assert identity.compare(path) is Sameness.OTHER
    make_photo(path, 200, seconds=5)
    assert identity.compare(path) is Sameness.OTHER  # it has a time now


def _look(path: Path) -> int:
    return difference_hash(np.asarray(cv2.cvtColor(read(path).image, cv2.COLOR_RGB2GRAY), np.uint8))


@pytest.mark.parametrize("beside", [[], ["IMG_1.DNG"], ["img_1.nef"]])
def test_the_raw_file_of_a_listed_photo_is_looked_for_elsewhere_only_where_none_is_beside(
    tmp_path: Path, beside: list[str]
) -> None:
    photo = make_shot(tmp_path / "day" / "IMG_1.JPG")
    for name in beside:
        make_shot(tmp_path / "day" / name)
    make_shot(tmp_path / "backup" / "IMG_1.CR3")

    chosen = find_chosen(Choices(tmp_path / "l.txt", Source.KEEPERS, (Choice(photo, None, KEEP, True),)), [], {})

    assert [names(each.files) for each in chosen.photos] == [["IMG_1.JPG", *(beside or ["IMG_1.CR3"])]]
