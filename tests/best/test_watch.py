from __future__ import annotations

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
from livecam.best.marking import MarkingSettings
from livecam.best.outputs import Outputs
from livecam.best.ranking import RankedGroup
from livecam.best.watch import Watching, watch
from livecam.best.watch_folder import files_in
from livecam.best.watch_lock import alone_at
from livecam.best.watch_news import tell_news
from livecam.best.watch_settle import Settler, SettleSettings, Stamp
from livecam.best.watch_state import WatchState
from livecam.errors import OutputError, SourceError
from livecam.scoring.eye_policy import EyePolicy
from tests.best.fake_models import FakeModels

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
