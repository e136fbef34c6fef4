from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from livecam import model_files
from livecam.best.ingest import file_copy
from livecam.best.ingest.card import ingest
from livecam.best.ingest.journal import NAME
from livecam.errors import OutputError, SourceError
from livecam.storage.folder_lock import alone_at
from livecam.storage.marks import Mark
from livecam.storage.xmp_marks import write

BIG = 5000  # bytes: above what is known by its name alone


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")


def _card(tmp_path: Path, files: Mapping[str, bytes], name: str = "card") -> Path:
    for path, data in files.items():
        file = tmp_path / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return tmp_path / name


def _held(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_all_files_are_copied_with_their_folders_and_times_and_the_card_stays_as_it_was(tmp_path: Path) -> None:
    files = {"DCIM/100/IMG_1.CR3": b"r" * BIG, "DCIM/100/IMG_1.JPG": b"j" * BIG, "DCIM/101/IMG_2.JPG": b"k" * BIG}
    card = _card(tmp_path, files)
    os.utime(card / "DCIM/100/IMG_1.JPG", (1000, 1000))
    report = ingest(card, tmp_path / "out")
    assert _held(tmp_path / "out") == files
    assert (report.copied, report.present, report.failed) == (3, 0, [])
    assert (tmp_path / "out/DCIM/100/IMG_1.JPG").stat().st_mtime == 1000
    assert _held(card) == files


def test_a_card_that_was_copied_before_copies_nothing(tmp_path: Path) -> None:
    card = _card(tmp_path, {"A.JPG": b"a" * BIG, "A.xmp": b"x"})
    ingest(card, tmp_path / "out")
    again = ingest(card, tmp_path / "out")
    assert (again.copied, again.present, again.elsewhere) == (0, 2, [])


def test_a_copy_that_was_changed_or_lost_since_is_made_again_whatever_the_journal_says(tmp_path: Path) -> None:
    card = _card(tmp_path, {"A.JPG": b"a" * BIG, "B.JPG": b"b" * BIG})
    ingest(card, tmp_path / "out")
    (tmp_path / "out/A.JPG").unlink()
    (tmp_path / "out/B.JPG").write_bytes(b"!" * BIG)
    assert ingest(card, tmp_path / "out").copied == 2
    assert _held(tmp_path / "out") == {"A.JPG": b"a" * BIG, "B.JPG": b"!" * BIG, "B-2.JPG": b"b" * BIG}


def test_the_same_photo_under_another_name_is_said_and_not_copied(tmp_path: Path) -> None:
    ingest(_card(tmp_path, {"A.JPG": b"a" * BIG}), tmp_path / "out")
    report = ingest(_card(tmp_path, {"Z.JPG": b"a" * BIG}, "other"), tmp_path / "out")
    assert report.elsewhere == ["Z.JPG is there already, as A.JPG"]
    assert list(_held(tmp_path / "out")) == ["A.JPG"]


def test_a_name_that_another_photo_has_gets_a_number_and_the_whole_family_with_it(tmp_path: Path) -> None:
    ingest(_card(tmp_path, {"A.JPG": b"a" * BIG}), tmp_path / "out")
    other = _card(tmp_path, {"A.JPG": b"b" * BIG, "A.CR3": b"c" * BIG}, "other")
    report = ingest(other, tmp_path / "out")
    assert set(_held(tmp_path / "out")) == {"A.JPG", "A-2.JPG", "A-2.CR3"}
    assert len(report.renamed) == 2
    assert ingest(other, tmp_path / "out").copied == 0


@pytest.mark.parametrize("settings", ["CaptureOne/Settings153/A.JPG.cos", "NKSC_PARAM/A.JPG.nksc"])
def test_what_somebody_has_set_stays_with_its_photo_where_that_gets_a_number(tmp_path: Path, settings: str) -> None:
    ingest(_card(tmp_path, {"100/A.JPG": b"a" * BIG}), tmp_path / "out")
    other = _card(tmp_path, {"100/A.JPG": b"b" * BIG, f"100/{settings}": b"stars"}, "other")

    ingest(other, tmp_path / "out")

    numbered = "100/" + settings.replace("A.JPG", "A-2.JPG")
    assert set(_held(tmp_path / "out")) == {"100/A.JPG", "100/A-2.JPG", numbered}
    assert ingest(other, tmp_path / "out").copied == 0


def test_settings_of_a_photo_that_is_not_there_are_copied_too(tmp_path: Path) -> None:
    files = {"NKSC_PARAM/A.JPG.nksc": b"n" * BIG, "CaptureOne/Settings1/A.JPG.cos": b"c" * BIG}
    card = _card(tmp_path, files)
    ingest(card, tmp_path / "out")
    assert _held(tmp_path / "out") == files
    assert ingest(card, tmp_path / "out").copied == 0


def _jpeg(tmp_path: Path, grey: int) -> Path:
    path = tmp_path / "card/100/A.JPG"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(grey).integers(0, 255, (64, 64, 3), np.uint8)).save(path, quality=95)
    return path


@pytest.mark.parametrize("raw", [True, False])
def test_a_photo_that_was_marked_inside_since_is_not_copied_again(tmp_path: Path, raw: bool) -> None:
    """Whoever runs --ingest --xmp embed twice had every photo twice."""
    card = _jpeg(tmp_path, 1).parent.parent
    if raw:
        card.joinpath("100/A.CR3").write_bytes(b"r" * BIG)
    ingest(card, tmp_path / "out")
    write(tmp_path / "out/100/A.JPG", Mark(4), embed=True)
    marked = _held(tmp_path / "out")

    for _ in range(2):
        again = ingest(card, tmp_path / "out")
        assert (again.copied, again.present) == (0, 1 + raw)
        assert _held(tmp_path / "out") == marked
    _jpeg(tmp_path, 2)  # another photo of that name
    assert ingest(card, tmp_path / "out").copied == 1 + raw


def test_settings_that_are_others_on_the_card_make_no_second_photo_and_are_said(tmp_path: Path) -> None:
    card = _card(tmp_path, {"A.JPG": b"a" * BIG, "A.CR3": b"c" * BIG, "A.xmp": b"old"})
    ingest(card, tmp_path / "out")
    (card / "A.xmp").write_bytes(b"new")
    (card / "A.pp3").write_bytes(b"came later")

    report = ingest(card, tmp_path / "out")

    assert (report.copied, report.present, report.renamed) == (1, 3, [])
    assert report.kept == [
        "A.xmp on the card is another than A.xmp, which stays: to have the card's, move that away and run this again"
    ]
    assert _held(tmp_path / "out")["A.xmp"] == b"old"
    (tmp_path / "out/A.xmp").unlink()
    assert ingest(card, tmp_path / "out").kept == []
    assert _held(tmp_path / "out")["A.xmp"] == b"new"


def test_a_card_without_files_was_pulled(tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    with pytest.raises(SourceError, match="holds no files: is the card in"):
        ingest(tmp_path / "card", tmp_path / "out")


def test_sidecars_that_are_alike_stay_with_their_photos(tmp_path: Path) -> None:
    card = _card(tmp_path, {"A.JPG": b"a" * BIG, "A.xmp": b"x", "B.JPG": b"b" * BIG, "B.xmp": b"x", "C.xmp": b"x"})
    ingest(card, tmp_path / "out")
    assert set(_held(tmp_path / "out")) == {"A.JPG", "A.xmp", "B.JPG", "B.xmp", "C.xmp"}


def test_what_reads_back_differently_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = _card(tmp_path, {"A.JPG": b"a" * BIG})
    real = file_copy.hash_of
    wrong = "0" * 64
    monkeypatch.setattr(file_copy, "hash_of", lambda path: wrong if path.name.endswith(".tmp") else real(path))
    with pytest.raises(OutputError, match="reads back differently"):
        ingest(card, tmp_path / "out")
    assert _held(tmp_path / "out") == {}


def test_a_full_disk_leaves_nothing_half_copied_and_the_next_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"A.JPG": b"a" * BIG, "B.JPG": b"b" * BIG}
    card = _card(tmp_path, files)
    real = os.fsync

    def full(descriptor: int) -> None:
        if (tmp_path / "out/A.JPG").exists() and os.fstat(descriptor).st_size == BIG:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        ingest(card, tmp_path / "out")
    assert _held(tmp_path / "out") == {"A.JPG": b"a" * BIG}
    monkeypatch.setattr(os, "fsync", real)
    assert ingest(card, tmp_path / "out").copied == 1
    assert _held(tmp_path / "out") == files


def test_a_card_that_is_pulled_ends_it_in_one_line(tmp_path: Path) -> None:
    card = _card(tmp_path, {"A.JPG": b"a" * BIG, "B.JPG": b"b" * BIG})

    def pull(done: int, _: int) -> None:
        if done == 1:
            card.rename(tmp_path / "pulled")

    with pytest.raises(SourceError, match="is gone: 1 files were copied and checked: put it back"):
        ingest(card, tmp_path / "out", pull)
    assert _held(tmp_path / "out") == {"A.JPG": b"a" * BIG}


def test_what_a_killed_run_left_is_removed_and_its_file_copied_whole(tmp_path: Path) -> None:
    files = {f"{number:02}.JPG": bytes([number]) * BIG for number in range(20)}
    card, out = _card(tmp_path, files), tmp_path / "out"
    program = """
import os, signal, sys
from pathlib import Path
from livecam import model_files
from livecam.best.ingest import card, file_copy
model_files.cache_dir = lambda: Path(sys.argv[3])
seen = []
def stop(path):
    seen.append(path)
    if path.name.endswith(".tmp") and len(seen) > 20:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(path)
real, file_copy.hash_of = file_copy.hash_of, stop
card.ingest(Path(sys.argv[1]), Path(sys.argv[2]))
"""
    words = [sys.executable, "-c", program, str(card), str(out), str(tmp_path / "cache")]
    if sys.platform == "win32":
        pytest.skip("Windows has no SIGKILL")
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    assert any(name.endswith(".tmp") for name in _held(out))
    ingest(card, out)
    assert _held(out) == files


@pytest.mark.parametrize("made", ["nothing", "file"])
def test_no_card_is_one_line(tmp_path: Path, made: str) -> None:
    if made == "file":
        (tmp_path / "card").touch()
    with pytest.raises(SourceError, match="is a file" if made == "file" else "is not there"):
        ingest(tmp_path / "card", tmp_path / "out")


@pytest.mark.parametrize("out", ["card/out", "."])
def test_card_and_folder_may_not_hold_each_other(tmp_path: Path, out: str) -> None:
    with pytest.raises(OutputError, match="hold each other"):
        ingest(_card(tmp_path, {"A.JPG": b"a"}), tmp_path / out)


def test_two_runs_do_not_copy_into_one_folder(tmp_path: Path) -> None:
    with alone_at(tmp_path / "out", "copies into"), pytest.raises(OutputError, match="another livecam copies into"):
        ingest(_card(tmp_path, {"A.JPG": b"a"}), tmp_path / "out")


def test_a_torn_line_of_the_journal_costs_itself_alone(tmp_path: Path) -> None:
    card: Any = _card(tmp_path, {"A.JPG": b"a" * BIG})
    ingest(card, tmp_path / "out")
    journal = tmp_path / "out" / NAME
    journal.write_bytes(journal.read_bytes() + b'{"name": "B.J')
    ingest(_card(tmp_path, {"B.JPG": b"b" * BIG}), tmp_path / "out")
    assert ingest(_card(tmp_path, {"Z.JPG": b"b" * BIG}, "other"), tmp_path / "out").elsewhere


@pytest.mark.parametrize("name", ["", "..", "/etc/passwd", "../../other/A.JPG", "A\0.JPG", "."])
def test_a_line_of_the_journal_that_names_no_file_of_the_folder_is_passed_over(tmp_path: Path, name: str) -> None:
    card = _card(tmp_path, {"A.JPG": b"a" * BIG})
    _card(tmp_path, {"A.JPG": b"a" * BIG}, "other")
    line = json.dumps({"name": name, "sha256": hashlib.sha256(b"a" * BIG).hexdigest(), "source": "A.JPG"})
    (tmp_path / "a" / "out").mkdir(parents=True)
    (tmp_path / "a" / "out" / NAME).write_bytes(line.encode() + b"\n" + b"[" * 100_000 + b"\n")
    report = ingest(card, tmp_path / "a" / "out")
    assert (report.copied, report.elsewhere) == (1, [])
    assert _held(tmp_path / "a" / "out") == {"A.JPG": b"a" * BIG}
