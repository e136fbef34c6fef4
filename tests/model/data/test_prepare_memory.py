"""Prepare writes as it goes: few crops are held at a time, the result is the same, and a stop leaves nothing."""

from __future__ import annotations

import csv
import errno
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pytest

from livecam.errors import OutputError, SourceError
from model.data import prepare as prepare_module
from model.data.assemble import assemble
from model.data.dataset import COLUMNS, SCHEMA, crop_version, load_dataset
from model.data.face_of_photo import LeftOut, RatedFace
from model.data.near_duplicates import Fingerprint, pairs_within
from model.data.prepare import prepare
from model.data.ratings import RatedPhoto
from model.data.written_faces import WrittenFaces
from tests.model.data.rated_faces import fake


class Crop(bytes):
    """A crop's file that counts how many such are in memory, and the most that ever were."""

    alive: ClassVar[int] = 0
    most: ClassVar[int] = 0

    def __new__(cls, data: bytes) -> Self:
        """Count one more."""
        Crop.alive += 1
        Crop.most = max(Crop.most, Crop.alive)
        return super().__new__(cls, data)

    def __del__(self) -> None:
        """Count one less."""
        Crop.alive -= 1


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    Crop.most = Crop.alive = 0


def counted(photo: str) -> RatedFace:
    face = numbered(photo, 0)
    return replace(face, png=Crop(face.png))


def numbered(photo: str, number: int) -> RatedFace:
    """A found face with numbers of its own."""
    face = fake(photo)
    return replace(
        face, points=face.points + number, blendshapes=face.blendshapes + number / 100, pose=face.pose - number
    )


def found_of_all_kinds() -> list[RatedFace | LeftOut]:
    """Fourteen faces: the fourth and the last are copies of others; and two photos that cannot serve."""
    found: list[RatedFace | LeftOut] = [numbered(f"{at}.jpg", at) for at in range(14)]
    for copy, first in ((3, 1), (13, 0)):
        original, own = found[first], found[copy]
        assert isinstance(original, RatedFace)
        assert isinstance(own, RatedFace)
        found[copy] = replace(own, png=original.png, digest=original.digest, crop_print=original.crop_print)
    return [LeftOut("a.jpg", "no face"), *found[:5], LeftOut("b.jpg", "too small", "9 px"), *found[5:]]


def written_at_once(out: Path, source: Path) -> None:
    """Write what ``found_of_all_kinds`` comes to as it was written when all crops were kept in memory."""
    faces = [one for one in found_of_all_kinds() if isinstance(one, RatedFace)]
    kept = [face for at, face in enumerate(faces) if at not in {3, 13}]
    (out / "crops").mkdir(parents=True)
    with (out / "faces.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for number, face in enumerate(kept):
            name = f"crops/{number:05d}.png"
            (out / name).write_bytes(face.png)
            table.writerow((name, face.rated.photo, 3, "", "", "", number, 170, face.digest))
    np.savez(
        out / "landmarks.npz",
        points=np.array([face.points for face in kept], np.float32).reshape(len(kept), -1, 2),
        blendshapes=np.array([face.blendshapes for face in kept], np.float32),
        pose=np.array([face.pose for face in kept], np.float32),
    )
    with (out / "left_out.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("photo", "reason", "detail"))
        table.writerow(("a.jpg", "no face", ""))
        table.writerow(("b.jpg", "too small", "9 px"))
        table.writerow(("3.jpg", "duplicate", "of 1.jpg"))
        table.writerow(("13.jpg", "duplicate", "of 0.jpg"))
    about = {"schema": SCHEMA, "crop_version": crop_version(), "source": str(source), "kept": 12, "left_out": 4}
    (out / "dataset.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_as_it_goes_is_byte_for_byte_what_was_written_at_once(tmp_path: Path) -> None:
    assemble(found_of_all_kinds(), tmp_path / "photos", tmp_path / "data")
    written_at_once(tmp_path / "before", tmp_path / "photos")

    assert files_of(tmp_path / "data") == files_of(tmp_path / "before")


def test_one_crop_is_in_memory_whatever_their_number(tmp_path: Path) -> None:
    assemble((counted(f"{at}.jpg") for at in range(60)), tmp_path, tmp_path / "data")

    assert Crop.most <= 2  # the one that is being written, and the next
    assert len(list((tmp_path / "data/crops").iterdir())) == 60


def rated_photos(folder: Path, count: int) -> Path:
    ratings = folder / "ratings.csv"
    ratings.write_text("path,rating\n" + "".join(f"{at}.jpg,{1 + at % 5}\n" for at in range(count)), "utf-8")
    return ratings


class AtOnce:
    """In the place of a pool of processes: the fastest that can be, all that is submitted is done before it returns."""

    def __init__(self, workers: int, *, mp_context: object) -> None:
        del workers, mp_context

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def submit(
        self, find: Callable[..., list[RatedFace | LeftOut]], *what: object, hushed: bool
    ) -> Future[list[RatedFace | LeftOut]]:
        future: Future[list[RatedFace | LeftOut]] = Future()
        future.set_result(find(*what, hushed=hushed))
        return future

    def shutdown(self, *, wait: bool, cancel_futures: bool) -> None:
        pass


def found_at_once(monkeypatch: pytest.MonkeyPatch, find: Callable[[str], RatedFace], chunk: int = 4) -> None:
    """Let prepare find faces with find, without processes."""

    def find_faces(photos: Sequence[RatedPhoto], *_: object, hushed: bool = False) -> list[RatedFace | LeftOut]:
        return [replace(find(photo.photo), rated=photo) for photo in photos]

    monkeypatch.setattr(prepare_module, "find_faces", find_faces)
    monkeypatch.setattr(prepare_module, "ProcessPoolExecutor", AtOnce)
    monkeypatch.setattr(prepare_module, "CHUNK", chunk)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_processes_run_no_further_ahead_than_memory_allows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workers: int
) -> None:
    found_at_once(monkeypatch, counted)
    monkeypatch.setattr(prepare_module, "AHEAD", 2)
    told: list[tuple[int, int]] = []

    result = prepare(
        rated_photos(tmp_path, 120), tmp_path / "data", workers=workers, advance=lambda *at: told.append(at)
    )

    assert Crop.most <= 4 * (2 * workers if workers > 1 else 1) + 1  # and the one that was written last
    assert result.kept == 120
    assert [done for done, _ in told] == list(range(0, 121, 4))
    with (tmp_path / "data/faces.csv").open(encoding="utf-8", newline="") as file:
        assert [row["photo"] for row in csv.DictReader(file)] == [f"{at}.jpg" for at in range(120)]


class Stopped(BaseException):
    """What ends a program, as Ctrl-C does."""


def test_a_run_that_is_stopped_leaves_what_was_there_and_nothing_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assemble(found_of_all_kinds(), tmp_path, tmp_path / "data")
    before = files_of(tmp_path / "data")
    looked_at_half: list[list[Path]] = []

    def half() -> Iterator[RatedFace]:
        yield from (fake(f"{at}.jpg") for at in range(6))
        looked_at_half.append(sorted(path for path in tmp_path.rglob("*.png") if "data" not in path.parts))
        raise Stopped

    with pytest.raises(Stopped):
        assemble(half(), tmp_path, tmp_path / "data")

    (beside,) = looked_at_half
    assert len(beside) == 6  # written as they came, under a name that no data set has
    assert beside[0].parents[1].name.startswith(".livecam-")
    assert files_of(tmp_path / "data") == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_run_that_fails_leaves_no_folder_above_the_data_set_that_was_not_there(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for out in ("new/er/data", "there/new/data", "there/data"):
        with pytest.raises(SourceError, match="nothing was written"):
            assemble([LeftOut("a.jpg", "no face")], tmp_path, tmp_path / out)
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_there_is_a_process_for_each_core_that_may_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a container, or under taskset, these are fewer than the computer has."""
    made: list[int] = []

    class Counted(AtOnce):
        def __init__(self, workers: int, *, mp_context: object) -> None:
            made.append(workers)

    found_at_once(monkeypatch, fake)
    monkeypatch.setattr(prepare_module, "ProcessPoolExecutor", Counted)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 8}, raising=False)
    prepare(rated_photos(tmp_path, 100), tmp_path / "data")
    assert made == [3]


def test_a_run_that_is_killed_leaves_no_data_set(tmp_path: Path) -> None:
    """As a kill would leave it: with all faces written, but not yet finished."""
    with WrittenFaces(tmp_path) as written:
        for at in range(12):
            written.add(fake(f"{at}.jpg"))
    assert not (tmp_path / "dataset.json").exists()
    with pytest.raises(SourceError, match="is no prepared data set"):
        load_dataset(tmp_path)


def test_a_disk_that_fills_up_halfway_ends_the_search_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looked_at: list[str] = []

    def find(photo: str) -> RatedFace:
        looked_at.append(photo)
        return fake(photo)

    def full(self: WrittenFaces, face: RatedFace) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    found_at_once(monkeypatch, find)
    monkeypatch.setattr(WrittenFaces, "add", full)
    ratings = rated_photos(tmp_path, 200)
    with pytest.raises(OutputError, match=r"data cannot be written \(No space left on device\): free some space"):
        prepare(ratings, tmp_path / "data", workers=2)

    assert len(looked_at) == 4 * prepare_module.AHEAD * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ratings.csv"]


def test_a_long_run_is_not_taken_for_a_killed_one(tmp_path: Path) -> None:
    with WrittenFaces(tmp_path) as written:
        os.utime(tmp_path, (0, 0))
        written.add(fake("a.jpg"))
        assert tmp_path.stat().st_mtime > 0


def test_pairs_are_found_across_blocks_in_their_order() -> None:
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**63, (1100, 4), np.uint64)
    for copy, first in ((1099, 0), (600, 20), (30, 20), (700, 650)):
        bits[copy] = bits[first]
    prints = [Fingerprint(own, np.zeros((16, 16), np.float32)) for own in bits]

    assert pairs_within(prints, 10) == [(0, 1099), (20, 30), (20, 600), (30, 600), (650, 700)]
