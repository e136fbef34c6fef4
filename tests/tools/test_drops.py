"""What ``python -m tools.drops`` is made of: ways in which photos come, moments of death, and faults that are seen."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

if os.name == "nt":
    pytest.skip("needs SIGKILL", allow_module_level=True)

from tools.drops.compare import compared, faults_of
from tools.drops.dropping import Way, draw_bursts, drop
from tools.drops.moments import Moment, Step, What, draw_moments, kind_of
from tools.drops.photos import make_photos
from tools.drops.watchers import Places

ROOT = Path(__file__).parents[2]


def chance(seed: int = 0) -> random.Random:
    return random.Random(seed)  # noqa: S311  no secret


def test_each_photo_is_dropped_once_in_order_and_in_every_way() -> None:
    photos = [Path(f"{number}.jpg") for number in range(200)]

    bursts = draw_bursts(photos, chance())

    dropped = [one for burst in bursts for one in burst.photos]
    assert [photo for photo, _ in dropped] == photos
    assert {way for _, way in dropped} == set(Way)
    assert {1, 20} <= {len(burst.photos) for burst in bursts}
    assert bursts == draw_bursts(photos, chance())
    assert bursts != draw_bursts(photos, chance(1))


@pytest.mark.parametrize("way", Way)
def test_a_photo_is_there_in_the_end_with_its_bytes_and_time_however_it_came(way: Way, tmp_path: Path) -> None:
    photo, into = tmp_path / "IMG_1.jpg", tmp_path / "into"
    photo.write_bytes(bytes(range(256)) * 9)
    os.utime(photo, (1_700_000_000, 1_700_000_000))
    into.mkdir()
    sizes: list[int] = []

    drop(photo, way, into, sleep=lambda _: sizes.append((into / photo.name).stat().st_size))

    assert [path.name for path in into.iterdir()] == [photo.name]
    assert (into / photo.name).read_bytes() == photo.read_bytes()
    assert (into / photo.name).stat().st_mtime_ns == photo.stat().st_mtime_ns
    assert sizes == sorted(set(sizes))
    assert len(sizes) == (5 if way is Way.SLOWLY else 0)


def test_no_two_photos_are_alike_and_the_same_seed_makes_the_same(tmp_path: Path) -> None:
    one, other = (make_photos(tmp_path / name, 12, 3) for name in ("one", "other"))

    contents = [photo.read_bytes() for photo in one]
    assert len(set(contents)) == 12
    assert contents == [photo.read_bytes() for photo in other]
    with Image.open(one[0]) as image:
        assert image.size == (640, 480)


def test_moments_are_drawn_of_each_kind_and_told_in_words() -> None:
    drawn = [moment for seed in range(30) for moment in draw_moments(4, chance(seed))]

    assert {moment.what for moment in draw_moments(4, chance())} == set(What)
    assert {moment.step for moment in drawn} == set(Step)
    assert max(moment.number for moment in drawn) > 1
    assert all(Moment.of(str(moment)) == moment for moment in drawn)
    assert {moment.what for moment in draw_moments(9, chance(), What.PAGE)} == {What.PAGE}


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("shoot/IMG_1.xmp", What.MARKS),
        ("shoot/IMG_1.jpg.xmp", What.MARKS),
        ("look.html", What.PAGE),
        ("cache/livecam/watch/0a.json", What.STATE),
        ("cache/livecam/other.json", None),
        ("shoot/IMG_1.jpg", None),
    ],
)
def test_it_is_known_what_a_watcher_writes(path: str, what: What | None) -> None:
    assert kind_of(Path(path)) is what


WRITES = """
import sys
from pathlib import Path
from livecam.storage.durable import replace_file, write_new
from tools.drops.moments import Moment, arm
folder = Path(sys.argv[2])
arm(Moment.of(sys.argv[1]))
(folder / "watch").mkdir()
for name in ("a.xmp", "watch/a.json", "b.xmp", "look.html", "watch/a.json", "c.xmp"):
    write_new(folder / name, b"new") if name == "c.xmp" else replace_file(folder / name, name.encode())
"""


@pytest.mark.parametrize(
    ("moment", "there"),
    [
        (Moment(What.MARKS, Step.BEFORE, 2), "a.xmp a.json"),
        (Moment(What.MARKS, Step.AFTER, 2), "a.xmp a.json b.xmp"),
        (Moment(What.MARKS, Step.BEFORE, 3), "a.xmp a.json b.xmp look.html"),
        (Moment(What.MARKS, Step.AFTER, 3), "a.xmp a.json b.xmp look.html c.xmp"),
        (Moment(What.PAGE), "a.xmp a.json b.xmp"),
        (Moment(What.STATE, Step.AFTER, 2), "a.xmp a.json b.xmp look.html"),
    ],
    ids=str,
)
def test_a_process_ends_within_the_writing_of_the_file_that_is_meant(
    moment: Moment, there: str, tmp_path: Path
) -> None:
    words = [sys.executable, "-c", WRITES, str(moment), str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == -signal.SIGKILL, done.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".tmp"]
    assert {path.name for path in files} == set(there.split())
    assert all(path.read_bytes() in {b"new", str(path.relative_to(tmp_path)).encode()} for path in files)
    left = bool(list(tmp_path.rglob("*.tmp")))
    assert left == (moment.step is Step.BEFORE or "c.xmp" in there)  # a new file's other name goes last


def test_what_is_missing_too_much_or_another_is_said() -> None:
    assert compared("marks", {1: "a"}, {1: "a"}) == []
    assert compared("marks", {1: "a", 3: "c"}, {1: "b", 2: "b"}) == [
        "marks: 1 missing, such as 2",
        "marks: 1 too much, such as 3",
        "marks: 1 another, such as 1",
    ]


@pytest.mark.slow
def test_a_folder_that_nobody_watched_has_all_faults(tmp_path: Path) -> None:
    places = Places(tmp_path, "fake")
    make_photos(places.shoot, 12, 0)
    (places.shoot / "IMG_other.xmp").write_text("somebody's own")
    state = tmp_path / "cache" / "livecam" / "watch" / "a.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"best_of": {"/x/IMG_0001.jpg": "/x/none.jpg"}}')

    faults = faults_of(places)

    for said in ("bests: 11 missing", "bests: 1 another", "marks: 1 too much", "the page is another"):
        assert any(fault.startswith(said) for fault in faults), faults


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_few_drops_beside_a_watcher_that_is_killed_end_as_a_fresh_look_does() -> None:
    words = ["--files", "12", "--kills", "1", "--at", "marks", "--fake", "--idle-s", "1", "--minutes", "5"]
    done = subprocess.run(
        [sys.executable, "-m", "tools.drops", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"killed_at": ["marks/' in done.stdout
