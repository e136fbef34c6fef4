"""Whether a file or a folder is there is told of everything that a person may name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livecam.photos.on_disk import is_file, is_folder


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "", "nothing"], ids=["too long", "no path", "none", "not there"])
def test_what_is_not_there_is_neither_and_nothing_fails(tmp_path: Path, name: str) -> None:
    for path in (name, str(tmp_path / name) if name else ""):
        assert not is_file(path)
        assert not is_folder(path)


def test_files_and_folders_are_told_apart_also_through_links(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "loop").symlink_to("loop")
    assert [is_file(tmp_path / name) for name in ("file", "link", "loop", "")] == [True, True, False, False]
    assert [is_folder(tmp_path / name) for name in ("file", "link", "loop", "")] == [False, False, False, True]


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="nothing is shut to this user")
def test_where_nobody_may_look_nothing_is(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir()
    (shut / "file").touch()
    shut.chmod(0)
    try:
        assert not is_file(shut / "file")
        assert not is_folder(shut / "folder")
    finally:
        shut.chmod(0o700)
