"""A photographer's evening in small: two cameras and a phone, some of it marked before, from the look to the undo."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from livecam import cli, model_files, pipeline
from livecam.photos.read import PHOTO_SUFFIXES
from livecam.storage.marks import FoundMarks, find_marks
from tests.best.choices.factories import save_choices
from tests.best.photo_factories import make_clip, make_photo
from tests.best.scan.fake_models import FakeModels
from tests.photos.capture_factories import make_shot
from tests.photos.capture_factories import written as written_at
from tests.photos.mark_factories import RATING, packet
from tests.trees import tree

Best = Callable[..., tuple[int, str]]


@pytest.fixture
def best(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Best:
    """Run ``livecam best`` with fake models and without the user's cache: code, what is told."""
    monkeypatch.setattr(pipeline, "default_models", FakeModels)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")

    def run(*words: str | Path) -> tuple[int, str]:
        return cli.run(["best", *map(str, words)]), capsys.readouterr().err

    return run


def tagged(photo: Path, tag: int, value: int, *, inner: bool = False) -> None:
    """Give a JPEG another EXIF tag, inner: among those of the exposure."""
    with Image.open(photo) as image:
        exif = image.getexif()
        exif[tag] = value
        block = exif.get_ifd(ExifTags.IFD.Exif)
        if inner:
            del exif[tag]
            block[tag] = value
        image.save(photo, "JPEG", exif=exif, quality=95)


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    """Some 50 files."""
    folder = tmp_path / "shoot"
    for burst in range(3):  # one camera with raw files in a folder of their own
        for i in range(3):
            name, seconds = f"IMG_{100 + 3 * burst + i}", 600 * burst + 0.3 * i
            make_photo(folder / "A/JPG" / f"{name}.JPG", 120 + 40 * i, seconds, blink=(burst, i) == (1, 2))
            make_shot(folder / "A/RAW" / f"{name}.CR3", seconds, model="")
    for i, light in enumerate((128, 64, 200)):  # its bracket
        photo = make_photo(folder / "A/JPG" / f"IMG_{200 + i}.JPG", light, 5000 + 0.5 * i)
        tagged(photo, ExifTags.Base.ExposureMode, 2, inner=True)
        tagged(photo, ExifTags.Base.ExposureBiasValue, i, inner=True)
    for burst in range(2):  # another with raw files beside
        for i in range(3):
            name, seconds = f"DSC_{burst}{i}", 7000 + 600 * burst + 0.3 * i
            make_photo(folder / "B" / f"{name}.JPG", 200 - 30 * i, seconds)
            make_shot(folder / "B" / f"{name}.NEF", seconds, model="")
    for i in range(3):  # the phone
        make_photo(folder / "P" / f"IMG_{900 + i}.JPG", 150 + i, 9000 + 60 * i)
        written_at(make_clip(folder / "P" / f"IMG_{900 + i}.MOV", [100, 130, 100] * 5), 9000 + 60 * i)
        (folder / "P" / f"IMG_{900 + i}.AAE").write_text("<plist/>")
    tagged(folder / "A/JPG/IMG_101.JPG", RATING, 4)
    written = {
        "A/RAW/IMG_100.xmp": packet('xmp:Rating="3" xmp:Label="Red"'),
        "A/RAW/IMG_103.CR3.xmp": packet('xmp:Rating="-1"'),
        "A/RAW/IMG_104.CR3.pp3": b"[General]\nRank=2\n",
        "A/JPG/IMG_107.on1": b'{"photos": {"a": {"metadata": {"Rating": 5}}}}',
        "B/DSC_00.NEF.dop": b"Sidecar = {\nRating = 1,\n}\n",
        "B/DSC_02.JPG.xmp": packet('xmpDM:pick="1"'),
        "B/DSC_11.xmp": packet('xmp:Rating="2.0"'),
        "B/CaptureOne/Settings166/DSC_12.NEF.cos": b'<SL><E K="Basic_Rating" V="3"/></SL>',
    }
    for name, content in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


# What a person or a camera has said, of the file that it is said of.
SAID = {
    "IMG_100.CR3": 3,
    "IMG_101.JPG": 4,
    "IMG_103.CR3": -1,
    "IMG_104.CR3": 2,
    "IMG_107.JPG": 5,
    "DSC_00.NEF": 1,
    "DSC_11.NEF": 2,
    "DSC_12.NEF": 3,
}


def marks(folder: Path) -> dict[Path, FoundMarks]:
    return {path: find_marks([path]) for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES}


def assert_unchanged(before: dict[Path, FoundMarks]) -> None:
    """Each place still says what a person or a camera has said there."""
    for photo, was in before.items():
        now = {place.path: place for place in find_marks([photo]).places}
        for place in was.places:
            assert place.mark.rating in {None, 0, now[place.path].mark.rating}, place
            assert place.mark.label in {None, now[place.path].mark.label}, place
            assert place.picked == now[place.path].picked
        assert was.mark.rating in {None, 0, find_marks([photo]).mark.rating}


def read_back(files: list[Path]) -> None:
    """Exiv2 and exiftool, as far as they are there, read the stars that livecam reads."""
    if not (shutil.which("exiv2") and shutil.which("exiftool")):
        return
    command = ["exiftool", "-json", "-XMP-xmp:Rating", *map(str, files)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    by_exiftool = {Path(entry["SourceFile"]): str(entry.get("Rating", "")) for entry in told}
    for file in files:
        command = ["exiv2", "-PXv", "-g", "Xmp.xmp.Rating", str(file)]
        by_exiv2 = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        assert by_exiv2 == by_exiftool[file], file


@pytest.mark.slow
def test_an_evening_loses_doubles_renames_and_restars_nothing(shoot: Path, tmp_path: Path, best: Best) -> None:
    before, marked = tree(shoot), marks(shoot)
    page, keep = tmp_path / "page.html", tmp_path / "keep"
    assert {path.name: found.mark.rating for path, found in marked.items() if found.mark.rating} == SAID

    assert best("-r", shoot, "--page", page)[0] == 0
    assert tree(shoot) == before
    flags, stars = {"IMG_108.JPG": "reject", "IMG_106.JPG": "keep"}, {"IMG_106.JPG": 3, "DSC_10.JPG": 5}
    choices = save_choices(page, tmp_path / "choices.json", flags, stars)

    code, told = best("--apply", choices, "--copy-to", keep, "--xmp", "sidecar", "--rejects", "mark")
    assert code == 0, told
    after = tree(shoot)
    assert {name: after[name] for name in before if not name.endswith(".xmp")}.items() <= before.items()
    assert_unchanged(marked)
    assert {path.name: found.mark.rating for path, found in marks(shoot).items() if path.stem == "IMG_106"} == {
        "IMG_106.JPG": 3,
        "IMG_106.CR3": 3,
    }
    assert all(after["A/" + name] == content for name, content in tree(keep).items() if f"A/{name}" in after)
    read_back(list(shoot.rglob("*.xmp")))
    assert best("--undo", keep)[0] == 0
    assert (tree(shoot), tree(keep)) == (after, {})

    code, told = best("--apply", choices, "--move-to", keep)
    assert code == 0, told
    assert Counter([*tree(shoot).values(), *tree(keep).values()]) == Counter(after.values())
    assert not {"IMG_103.JPG", "IMG_103.CR3", "IMG_108.JPG"} & {Path(name).name for name in tree(keep)}
    assert {"IMG_200.JPG", "IMG_201.JPG", "IMG_202.JPG"} <= {Path(name).name for name in tree(keep)}
    assert best("--undo", keep)[0] == 0
    assert (tree(shoot), tree(keep)) == (after, {})


@pytest.mark.slow
def test_an_evening_without_the_page_marks_inside_and_a_second_one_changes_nothing(
    shoot: Path, tmp_path: Path, best: Best
) -> None:
    before, marked = tree(shoot), marks(shoot)
    pixels = {name: data[data.index(b"\xff\xdb") :] for name, data in before.items() if name.endswith(".JPG")}
    words = ("-r", shoot, "--xmp", "embed", "--rejects", "mark")

    code, told = best(*words)
    assert code == 0, told
    after = tree(shoot)
    assert {name: after[name][after[name].index(b"\xff\xdb") :] for name in pixels} == pixels
    assert {name for name in before if after[name] != before[name]} <= {*pixels, *(n for n in before if "xmp" in n)}
    assert_unchanged(marked)
    read_back([path for path in shoot.rglob("*") if path.suffix in {".xmp", ".JPG"}])

    assert best(*words)[0] == 0
    assert tree(shoot) == after

    assert best("-r", shoot, "--top", "2", "--move-to", tmp_path / "keep")[0] == 0
    assert Counter([*tree(shoot).values(), *tree(tmp_path / "keep").values()]) == Counter(after.values())
    assert best("--undo", tmp_path / "keep")[0] == 0
    assert tree(shoot) == after
