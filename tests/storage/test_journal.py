"""Any photos, brought anywhere in any way, are as they were after an undo, wherever the work was cut off."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livecam.errors import OutputError
from livecam.storage.journal import Journal, journals_in
from livecam.storage.transfer import Action, finish, transfer, undo
from tests.storage.disk_calls import is_killed
from tests.trees import tree

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
PHOTOS = ("IMG_1.JPG", "IMG_1.CR3", "IMG_1-2.JPG", "img_1.jpg", "IMG_2.HEIC")
BELONGINGS = ("IMG_1.JPG.xmp", "IMG_1.xmp", "IMG_1.MOV", "IMG_2.MOV", "IMG_1.JPG.pp3", "IMG_2.AAE", "IMG_1_01.CR3.xmp")


@dataclass(frozen=True)
class Shoot:
    """Names of photos and of other files in two folders, and of what is in the folder that they go to."""

    photos: list[tuple[str, str]]
    others: list[tuple[str, str]]
    there: list[str]
    together: bool

    def make(self, base: Path) -> tuple[list[list[Path]], dict[str, bytes]]:
        """Write it all to base, each file with bytes of its own; return the photos to bring, and all files."""
        names = [*self.photos, *self.others, *(("best", name) for name in self.there)]
        for folder, name in names:
            (base / folder).mkdir(parents=True, exist_ok=True)
            (base / folder / name).write_bytes(f"{folder}/{name} ".encode() * 9)
        photos = [base / folder / name for folder, name in self.photos]
        return [photos] if self.together else [[photo] for photo in photos], tree(base)


def names_of(names: tuple[str, ...], most: int) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(names)), unique=True, max_size=most)


SHOOTS = st.builds(
    Shoot,
    photos=names_of(PHOTOS, 4).filter(bool),
    others=names_of(BELONGINGS, 5),
    there=st.lists(st.sampled_from(PHOTOS + BELONGINGS), unique=True, max_size=5),
    together=st.booleans(),
)


@contextlib.contextmanager
def in_memory() -> Iterator[Path]:
    """A folder that is in memory where that is possible: waiting for a disk thousands of times would take minutes."""
    memory = Path("/dev/shm")  # noqa: S108  the folder in it is the test's own
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@given(SHOOTS, st.sampled_from(Action), st.integers(0, 2))
@EXAMPLES
def test_after_an_undo_all_files_have_their_names_and_bytes(shoot: Shoot, action: Action, further: int) -> None:
    with in_memory() as base:
        photos, before = shoot.make(base)
        reports = [transfer(photos, base / "best", action)]
        if action is not Action.MOVE:
            reports += [transfer(photos, base / f"best{i}", action) for i in range(further)]
        for report in reversed(reports):
            if report.journal is not None:
                assert undo(report.journal).failed == ()

        assert tree(base) == before


@given(SHOOTS, st.lists(st.sampled_from(["{}.xmp", "{}.pp3", "{}.dop"]), unique=True, min_size=1))
@EXAMPLES
def test_after_an_undo_of_a_move_later_settings_are_beside_their_photo(shoot: Shoot, later: list[str]) -> None:
    with in_memory() as base:
        photos, expected = shoot.make(base)
        moved = transfer(photos, base / "best", Action.MOVE)
        for source, here in moved.done:
            for name in later:
                edits, back = here.with_name(name.format(here.name)), source.with_name(name.format(source.name))
                if not edits.exists() and not back.exists():
                    edits.write_bytes(b"edits of " + bytes(source))
                    expected[str(back.relative_to(base))] = edits.read_bytes()
        assert moved.journal is not None
        report = undo(moved.journal)

        assert report.failed == ()
        assert tree(base) == expected


@given(SHOOTS, st.sampled_from(Action), st.integers(0, 90), st.integers(0, 60), st.booleans())
@EXAMPLES
def cut_off_at_any_change_and_undone(shoot: Shoot, action: Action, at: int, again_at: int, ended: bool) -> None:
    with in_memory() as base:
        photos, before = shoot.make(base)
        target = base / "best"

        def take_back() -> None:
            for journal in journals_in(target) if target.is_dir() else ():
                with contextlib.suppress(OutputError):  # it is undone
                    assert undo(journal).failed == ()

        is_killed(_ends(lambda: transfer(photos, target, action)), at)
        assert set(before.values()) <= set(tree(base).values()), "lost by the transfer"
        if ended:
            finish(target)
            assert set(before.values()) <= set(tree(base).values()), "lost by the second try"
        is_killed(_ends(take_back), again_at)
        assert set(before.values()) <= set(tree(base).values()), "lost by the undo"
        take_back()
        assert tree(base) == before


def _ends(work: Callable[[], object]) -> Callable[[], None]:
    """Do work, and end this process, a copy of the test's, where it fails, so that the test does not go on twice."""

    def ended() -> None:
        code = 1
        try:
            work()
            code = 0
        finally:
            if code:
                traceback.print_exc()
            os._exit(code)

    return ended


@pytest.mark.slow
def test_a_transfer_or_undo_that_is_killed_at_any_change_of_the_disk_can_be_undone() -> None:
    # In a process of its own: forking this one, with the threads that other tests left, would be asking for trouble.
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, __file__]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr


def test_journals_are_read_in_the_order_of_their_times(tmp_path: Path) -> None:
    names = [
        *("livecam-move-20260101-090000.jsonl", "livecam-copy-20260102-090000.jsonl"),
        *("livecam-copy-20260102-090000-2.jsonl", "livecam-link-20260102-090000-10.jsonl"),
    ]
    for name in (*reversed(names), "livecam-move.jsonl", "other.jsonl"):
        (tmp_path / name).write_bytes(b"")

    assert [path.name for path in journals_in(tmp_path)] == names


def test_a_journal_of_before_is_read(tmp_path: Path) -> None:
    path = tmp_path / "livecam-move-20260101-090000.jsonl"
    step = {"photo": "/in/a.jpg", "from": "/in/a.jpg", "to": "a.jpg"}
    lines = [{"livecam_journal": 1, "action": "move", "steps": 1}, step, {"done": 0}, {"end": True}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    journal = Journal.read(path)

    assert (journal.there, journal.closed, journal.undone) == (frozenset(), True, False)
    with pytest.raises(OutputError, match="no such journal"):
        Journal.read(tmp_path / "gone.jsonl")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_or_a_device_is_no_journal_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "livecam-move.jsonl")
    for path in (tmp_path / "livecam-move.jsonl", Path("/dev/zero"), tmp_path):
        with pytest.raises(OutputError, match=r"is not a file: choose a livecam-….jsonl file"):
            Journal.read(path)


if __name__ == "__main__":
    cut_off_at_any_change_and_undone()
