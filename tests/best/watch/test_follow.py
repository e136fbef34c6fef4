from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from livecam import model_files, pipeline
from livecam.best.find_best import Wanted
from livecam.best.outputs.marking import MarkingSettings
from livecam.best.outputs.write import Outputs
from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.watch.folder import files_in
from livecam.best.watch.follow import Watching, _Rounds, watch
from livecam.best.watch.news import tell_news, unsaid
from livecam.best.watch.settle import Settler, SettleSettings, Stamp
from livecam.best.watch.state import WatchState
from livecam.errors import OutputError, SourceError
from livecam.photos.discover import collect
from livecam.scoring.eye_policy import EyePolicy
from livecam.storage.folder_lock import alone_at
from livecam.storage.marks import Mark
from livecam.storage.write_through import Seen as FileSeen
from livecam.storage.write_through import put
from livecam.storage.xmp_marks import write
from tests.best.photo_factories import make_photo
from tests.best.records.factories import make_record
from tests.best.scan.fake_models import FakeModels
from tests.photos.mark_factories import packet

WANTED = Wanted(
    recursive=True, gap_s=2.0, top=1, keep_series=True, eyes=EyePolicy.OPEN, faces=10, model=None, as_json=False
)


class Seen:
    """Is shown the groups, and does one thing after the other: each once the groups hold so many photos."""

    folders: tuple[Path, ...] = ()

    def __init__(self, steps: list[tuple[int, Callable[[], object]]]) -> None:
        self._steps = steps
        self.groups: list[RankedGroup] = []

    def see(self, looked: int, total: int, group: object) -> None: ...

    def see_all(self, groups: object, total: int) -> None:
        self.groups = list(groups)  # type: ignore[call-overload]
        while self._steps and self._steps[0][0] == total:
            self._steps.pop(0)[1]()


def _photo(path: Path, light: int) -> None:
    cv2.imwrite(str(path), np.full((240, 320, 3), light, np.uint8))


def _picks(groups: list[RankedGroup]) -> set[tuple[frozenset[str], str]]:
    names = [[record.path.name for record in group.records if record.path is not None] for group in groups]
    return {(frozenset(all_), all_[g.ranking[0].index]) for g, all_ in zip(groups, names, strict=True)}


def _marks(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.xmp")}


@pytest.fixture(autouse=True)
def _fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "default_models", FakeModels)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")


def _follow(
    folder: Path, steps: list[tuple[int, Callable[[threading.Event], object]]], *, poll: bool = False
) -> tuple[Seen, str]:
    until = threading.Event()
    seen = Seen([(count, partial(act, until)) for count, act in steps])
    notes = Console(record=True, file=(folder.parent / "notes").open("w"), width=200)
    outputs = Outputs(marks=MarkingSettings())
    try:
        watch(Watching(folder, outputs, poll=poll, settle=SettleSettings(0.0, 0.0), until=until), WANTED, notes, seen)
    finally:
        notes.file.close()
    return seen, notes.export_text()


@pytest.mark.slow
def test_what_comes_goes_and_is_replaced_ends_as_a_fresh_look_does(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    _photo(folder / "a.jpg", 100)

    def more(_: threading.Event) -> None:
        _photo(tmp_path / "b.jpg", 200)
        (tmp_path / "b.jpg").rename(folder / "b.jpg")

    def others(_: threading.Event) -> None:
        (folder / "a.jpg").unlink()
        (folder / "b.jpg").rename(folder / "c.jpg")
        _photo(folder / "d.jpg", 220)
        _photo(folder / "e.jpg", 30)

    _, said = _follow(folder, [(1, more), (2, others), (3, lambda until: until.set())])
    assert "1 new photo" in said
    assert "1 renamed" in said
    again, said = _follow(folder, [(3, lambda until: until.set())])  # a new one says nothing twice
    assert "new" not in said
    assert sum(len(group.records) for group in again.groups) == 3


@pytest.mark.slow
def test_what_is_renamed_or_moved_is_not_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = FakeModels()
    monkeypatch.setattr(pipeline, "default_models", lambda: models)
    folder = tmp_path / "in"
    folder.mkdir()
    _photo(folder / "a.jpg", 100)
    _photo(folder / "b.jpg", 140)

    def move(_: threading.Event) -> None:
        (folder / "a.jpg").rename(folder / "renamed.jpg")
        (folder / "below").mkdir()
        (folder / "b.jpg").rename(folder / "below" / "b.jpg")
        _photo(folder / "c.jpg", 220)

    seen, _ = _follow(folder, [(2, move), (3, lambda until: until.set())])

    names = {record.path.name for group in seen.groups for record in group.records if record.path is not None}
    assert names == {"renamed.jpg", "b.jpg", "c.jpg"}
    assert models.searched == 3


@pytest.mark.slow
@pytest.mark.parametrize("poll", [False, True])
def test_a_better_one_takes_the_mark_of_the_one_before(tmp_path: Path, poll: bool) -> None:
    folder, fresh = tmp_path / "in", tmp_path / "fresh"
    folder.mkdir()
    fresh.mkdir()
    for name, light in (("a", 100), ("b", 140)):
        _photo(folder / f"{name}.jpg", light)
        _photo(fresh / f"{name}.jpg", light)
    _photo(fresh / "c.jpg", 180)
    rounds: list[int] = []

    def better(_: threading.Event) -> None:
        _photo(folder / "c.jpg", 180)

    def marked(until: threading.Event) -> None:
        rounds.append(1)
        if len(rounds) > 1:
            until.set()

    # The first round marks after it is shown; the one after its marks were written brings the better photo.
    seen, _ = _follow(folder, [(2, lambda _: None), (2, better), (3, marked), (3, marked)], poll=poll)
    once, _ = _follow(fresh, [(3, lambda _: None), (3, lambda until: until.set())])
    assert _picks(seen.groups) == _picks(once.groups)
    assert _marks(folder) == _marks(fresh)


def test_a_file_or_nothing_is_no_folder_to_watch(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="is a file"):
        _follow(tmp_path / "file", [])
    with pytest.raises(SourceError, match="is not there"):
        _follow(tmp_path / "none", [])


def test_a_folder_is_watched_once(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with alone_at(tmp_path / "in", "watches"), pytest.raises(OutputError, match="another livecam watches"):
        _follow(tmp_path / "in", [])


def test_what_is_written_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in ("a.jpg", "page.html", "out/b.jpg", ".hidden.jpg"):
        (tmp_path / name).touch()
    assert list(files_in(tmp_path, [tmp_path / "out", tmp_path / "page.html"], recursive=True)) == [tmp_path / "a.jpg"]


class _Killed(BaseException):
    """Nobody catches it: nothing is done after it, as after a SIGKILL."""


def _groups(folder: Path, reject: bool = False, embed: bool = False) -> tuple[_Rounds, Callable[[], None]]:
    """A watcher that is told when to look, as if all were whole."""
    marks = MarkingSettings(reject=reject, embed=embed)
    console = Console(record=True, file=io.StringIO(), width=200)
    rounds = _Rounds(Watching(folder, Outputs(marks=marks), settle=SettleSettings(0, 0)), WANTED, console, None)

    def look() -> None:
        files = files_in(folder, (), recursive=True)
        rounds.look(files, files, moving=False)

    return rounds, look


def _two_groups(folder: Path, *lights: int) -> None:
    """Photos within a second, and others a minute later."""
    for number, light in enumerate(lights):
        make_photo(folder / f"{number}.jpg", light, number % 2 * 0.5 + number // 2 * 60)


def _one_more(folder: Path) -> None:
    make_photo(folder / "more.jpg", 250, 0.9)


def test_a_run_that_is_killed_at_the_third_sidecar_leaves_no_mark_that_no_longer_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, fresh = tmp_path / "in", tmp_path / "fresh"
    for place in (folder, fresh):
        _two_groups(place, 100, 140, 160, 120)
    _one_more(fresh)
    written: list[Path] = []

    def put_or_die(path: Path, data: bytes, before: FileSeen | None, *, keep_times: bool) -> None:
        if len(written) == 2:
            raise _Killed
        put(path, data, before, keep_times=keep_times)
        written.append(path)

    with monkeypatch.context() as patch:
        patch.setattr("livecam.storage.xmp_marks.put", put_or_die)
        with pytest.raises(_Killed):
            _groups(folder)[1]()
    assert set(_marks(folder)) == {path.name for path in written}
    _one_more(folder)  # the best of before is no longer
    _groups(folder)[1]()
    _groups(fresh)[1]()
    assert _marks(folder) == _marks(fresh)


def test_rejects_that_the_watcher_wrote_are_nobodys_word(tmp_path: Path) -> None:
    make_photo(tmp_path / "in/good.jpg", 200, 0)
    make_photo(tmp_path / "in/blink.jpg", 60, 0.5, blink=True)
    _, look = _groups(tmp_path / "in", reject=True)
    look()
    before = _marks(tmp_path / "in")
    assert b'"-1"' in before["blink.jpg.xmp"]
    look()  # its own sidecars are there now
    assert _marks(tmp_path / "in") == before
    _one_more(tmp_path / "in")
    look()
    after = _marks(tmp_path / "in")
    assert after["blink.jpg.xmp"] == before["blink.jpg.xmp"]
    assert b"Green" in after["more.jpg.xmp"]
    assert b"Green" not in after["good.jpg.xmp"]


def test_a_sidecar_that_a_person_changed_is_not_taken_back(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100, 140)
    _, look = _groups(folder)
    look()
    theirs = folder / "1.jpg.xmp"
    write(folder / "1.jpg", Mark(label="Green"))
    kept = theirs.read_bytes()
    _one_more(folder)
    look()
    assert theirs.read_bytes() == kept
    assert b"Green" in _marks(folder)["more.jpg.xmp"]


@pytest.mark.parametrize("along", [False, True], ids=["alone", "with its sidecar"])
def test_the_watchers_sidecar_goes_where_its_photo_goes(tmp_path: Path, along: bool) -> None:
    folder, fresh = tmp_path / "in", tmp_path / "fresh"
    for place in (folder, fresh):
        _two_groups(place, 100, 140, 160)
    _, look = _groups(folder)
    look()
    assert set(_marks(folder)) == {"0.jpg.xmp", "1.jpg.xmp", "2.jpg.xmp"}
    (folder / "below").mkdir()
    for place in (folder, fresh):
        (place / "1.jpg").rename(place / "best.jpg")
        (place / "2.jpg").unlink()
    (folder / "0.jpg").rename(folder / "below/0.jpg")
    if along:
        (folder / "1.jpg.xmp").rename(folder / "best.jpg.xmp")
        (folder / "0.jpg.xmp").rename(folder / "below/0.jpg.xmp")
    look()
    _groups(fresh)[1]()
    assert _marks(folder) | _marks(folder / "below") == _marks(fresh)
    assert not (folder / "0.jpg.xmp").exists()

    make_photo(folder / "more.jpg", 250, 0.9)  # what came along is still the watcher's to take back
    look()
    assert [name for name, data in _marks(folder).items() if b"Green" in data] == ["more.jpg.xmp"]


def test_a_sidecar_by_somebody_else_stays_where_it_is_when_its_photo_goes(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100, 140, 160)
    (folder / "1.jpg.xmp").write_bytes(packet('xmp:Rating="4"'))
    _, look = _groups(folder)
    look()
    changed = folder / "2.jpg.xmp"
    changed.write_bytes(changed.read_bytes() + b"\n")
    theirs = {name: _marks(folder)[name] for name in ("1.jpg.xmp", "2.jpg.xmp")}
    for number in range(3):
        (folder / f"{number}.jpg").unlink()
    look()
    assert _marks(folder) == theirs


def test_a_raw_file_keeps_its_marks_when_the_jpeg_beside_it_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100)
    make_photo(tmp_path / "raw.jpg", 100).rename(folder / "0.cr3")
    _, look = _groups(folder)
    look()
    assert set(_marks(folder)) == {"0.jpg.xmp", "0.xmp"}
    (folder / "0.jpg").unlink()
    look()
    assert set(_marks(folder)) == {"0.xmp"}


def test_photos_that_were_gone_and_are_back_are_marked_again(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100, 140)
    _, look = _groups(folder)
    look()
    before = _marks(folder)
    for path in list(folder.iterdir()):
        path.unlink()
    look()
    _two_groups(folder, 100, 140)
    look()
    assert _marks(folder) == before != {}


def test_what_could_not_be_marked_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100, 140)
    (folder / "0.jpg.xmp").write_text("no XMP")
    _, look = _groups(folder)
    look()
    (folder / "0.jpg.xmp").unlink()
    make_photo(folder / "other.jpg", 100, 600)
    look()
    assert b"Rating" in _marks(folder)["0.jpg.xmp"]


def test_a_group_is_printed_once_for_programs() -> None:
    groups = [RankedGroup("a", (record,), rank((record,))) for record in (make_record(path="a"), make_record(path="b"))]
    state = WatchState()
    assert len(unsaid(state, groups[:1])) == 1
    assert [json.loads(line)["best"] for line in unsaid(state, groups)] == ["b"]
    assert not unsaid(state, groups)


def test_photos_that_are_marked_inside_are_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100, 140)
    rounds, look = _groups(folder, embed=True)
    look()
    assert "label" in rounds._notes.export_text()
    look()
    assert "replaced" not in rounds._notes.export_text()


def test_a_raw_file_that_comes_after_its_jpeg_was_marked_is_marked_too(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100, 140)
    _, look = _groups(folder)
    look()
    (folder / "1.cr3").write_bytes(b"raw" * 1000)
    look()
    look()  # its sidecar is there now
    assert set(_marks(folder)) == {"0.jpg.xmp", "1.jpg.xmp", "1.xmp"}


def test_photos_that_get_a_sidecar_are_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100, 140)
    rounds, look = _groups(folder)
    look()
    files = files_in(folder, (), recursive=True)
    best = {path: stamp for path, stamp in files.items() if path.name.startswith("1.")}
    said = rounds.summary()
    rounds._next_s = 0.0  # as long afterwards
    rounds.look({path: stamp for path, stamp in files.items() if path not in best}, files, moving=True)
    assert rounds.summary() == said  # not "1 photo"
    assert not rounds.waits


def test_a_folder_that_goes_while_it_is_looked_through_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100, 140)
    rounds, look = _groups(folder)
    look()
    rounds._notes.export_text()
    make_photo(folder / "more.jpg", 250, 0.9)
    files = files_in(folder, (), recursive=True)

    def collect_and_lose(*sources: object, **options: object) -> object:
        found = collect(*sources, **options)  # type: ignore[arg-type]
        folder.rename(tmp_path / "away")
        return found

    with monkeypatch.context() as patch:
        patch.setattr("livecam.best.watch.follow.collect", collect_and_lose)
        rounds.look(files, files, moving=False)
    assert not rounds._notes.export_text()
    (tmp_path / "away").rename(folder)
    look()
    assert "1 new photo" in rounds._notes.export_text()


def test_a_failure_that_went_and_came_back_is_said_again(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    _two_groups(folder, 100)
    whole = (folder / "0.jpg").read_bytes()
    rounds, look = _groups(folder)
    look()
    told: list[int] = []
    for data in (b"broken", None, whole, b"broken"):  # None: all else is another look
        (folder / "0.jpg").write_bytes(data) if data else (folder / "1.txt").touch()
        look()
        told.append(rounds._notes.export_text().count("0.jpg is"))
    assert told == [1, 0, 0, 1]


A, B, RAW = Path("a.jpg"), Path("b.jpg"), Path("a.cr3")


def _stamps(**sizes: int) -> dict[Path, Stamp]:
    return {Path(name.replace("_", ".")): (size, size, 1) for name, size in sizes.items()}


Script = list[tuple[float, Mapping[Path, Stamp], set[Path]]]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([(0, _stamps(a_jpg=5), set()), (1, _stamps(a_jpg=5), set()),
                      (2, _stamps(a_jpg=5), {A})], id="still"),
        pytest.param([(0, _stamps(a_jpg=5), set()), (2, _stamps(a_jpg=9), set()),
                      (4, _stamps(a_jpg=9), {A})], id="grows"),
        pytest.param(
            [(0, _stamps(a_jpg=5), set()), (1, _stamps(a_jpg=5, a_cr3=5), set()), (2, _stamps(a_jpg=5, a_cr3=9), set()),
             (4, _stamps(a_jpg=5, a_cr3=9), {A, RAW})],
            id="family",
        ),
        pytest.param([(0, _stamps(a_part=5), set()), (9, _stamps(a_part=5), set()), (10, _stamps(a_jpg=5), set()),
                      (12, _stamps(a_jpg=5), {A})], id="renamed when it is whole"),
        pytest.param([(0, _stamps(a_jpg=0), set()), (9, _stamps(a_jpg=0), set()),
                      (30, _stamps(a_jpg=0), {A})], id="empty"),
        pytest.param([(0, _stamps(a_jpg=5), set()), (2, _stamps(a_jpg=5, b_jpg=1), {A}), (3, _stamps(b_jpg=1), set()),
                      (4, _stamps(b_jpg=1), {B})], id="gone"),
        pytest.param([(0, _stamps(a_jpg=5), set()), (2, _stamps(a_jpg=5), {A}), (3, _stamps(a_jpg=6), set()),
                      (5, _stamps(a_jpg=6), {A})], id="replaced"),
    ],
)  # fmt: skip
def test_files_are_whole_once_they_stand_still(script: Script) -> None:
    settler = Settler()
    for now_s, files, whole in script:
        settler.see(files, now_s)
        assert set(settler.whole) == whole
        assert settler.moving == any(path not in whole for path in files if path.suffix != ".part" or now_s < 2)


def test_what_is_written_to_again_is_neither_gone_nor_new() -> None:
    state = WatchState(best_of={"a.jpg": "a.jpg"}, stamps={"a.jpg": [5, 5, 1]})
    assert not tell_news(state, [], {}, [A])
    assert state.stamps == {"a.jpg": [5, 5, 1]}
    assert tell_news(state, [], {}, []) == "1 gone"
