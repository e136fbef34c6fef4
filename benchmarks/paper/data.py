"""The photos of the paper's counterpart, prepared once: portraits that raters rated, and eyes, open and closed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

from livecam.errors import OutputError, SourceError
from livecam.photos.read import read as read_photo
from model.data.dataset import Dataset, load_dataset
from model.data.face_of_photo import Several
from model.data.prepare import prepare
from model.shipped.items import split_of

# Sources of the eyes' set; in each all eyes are open, but for those labelled closed in EYES.
EYES, LONDON, SMILES = "eyes", "london", "smile"
_BLOCK = 40  # neighbouring files that often show one person, as model/shipped/items.py has it
_Advance = Callable[[str, int, int], None]


def portraits(data: Path, work: Path, advance: _Advance) -> Dataset:
    """Return the rated portraits, prepared in work the first time. Their photos are "images/NAME".

    The ratings in it are placeholders: each rater's own come later. Raises SourceError, OutputError.
    """
    names = [row["file"] for row in _rows(data / "ratings" / "images.csv")]

    def collect(folder: Path) -> None:
        (folder / "images").symlink_to((data / "ratings" / "images").resolve(), target_is_directory=True)
        _write_ratings(folder, ("path", "rating"), [(f"images/{name}", "3") for name in names])

    return _prepared(work / "portraits", collect, lambda done, total: advance("portraits", done, total))


def eyes(data: Path, work: Path, advance: _Advance) -> Dataset:
    """Return the eyes' set: only photos that the shipped backbone was not trained on. Raises SourceError, OutputError.

    A person is a block of neighbouring files of EYES, or a source; a session is the source.
    """

    def collect(folder: Path) -> None:
        (folder / "images").mkdir()
        table = []
        for number, row in enumerate(_rows(data / "eyes" / "labels.csv")):
            block = f"eyes{number // _BLOCK}"
            if row["eyes"] in ("open", "closed") and split_of(block) == "test":
                table.append((data / "eyes" / row["file"], row["eyes"], block, EYES))
        table += [(data / "pairs" / row["file"], "open", "", LONDON) for row in _rows(data / "pairs" / "labels.csv")]
        smiles = [row["file"] for row in _rows(data / "smile" / "labels.csv")]
        table += [(data / "smile" / name, "open", "", SMILES) for name in smiles if split_of(name) == "test"]
        written = []
        for path, state, block, source in table:
            name = f"images/{source}-{path.stem}.png"
            image = read_photo(path).image
            # As model/shipped/reading.py: cut so close to the face that the detector needs room around it.
            pad = max(image.shape[:2]) // 3 if source != LONDON else 0
            padded = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REFLECT_101)
            cv2.imwrite(str(folder / name), cv2.cvtColor(padded, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1])
            written.append((name, state, block, source))
        _write_ratings(folder, ("path", "eyes", "person", "session"), written)

    return _prepared(work / "eyes", collect, lambda done, total: advance("eyes", done, total))


def _prepared(work: Path, collect: Callable[[Path], None], advance: Callable[[int, int], None]) -> Dataset:
    """Return work/data, made from what collect puts into work/photos, if it is not there yet."""
    if not (work / "data" / "dataset.json").is_file():
        photos = work / "photos"
        try:
            photos.mkdir(parents=True, exist_ok=True)
            if not (photos / "ratings.csv").is_file():
                collect(photos)
        except OSError as error:
            raise OutputError(f"{work} cannot be written ({error.strerror}): choose another --work") from None
        prepare(photos, work / "data", several=Several.CENTRAL, smallest=30, advance=advance)
    return load_dataset(work / "data")


def _write_ratings(folder: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Last of all, so that an interrupted collection starts anew."""
    with (folder / "ratings.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows(rows)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError:
        raise SourceError(f"no research data at {path}: name its folder with --data") from None
