"""What is checked of the options of ``livecam run`` before anything is opened."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer

from livecam.commands._run_options import check_followed


def test_a_folder_that_the_pictures_go_to_is_not_followed_by_whatever_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shots").mkdir()
    named = [Path("shots"), tmp_path / "shots", Path("shots/../shots")]
    if sys.platform != "win32":
        (tmp_path / "link").symlink_to("shots")
        named.append(Path("link"))
    for folder in named:
        for out, spare in ((folder, None), (Path("pictures"), folder)):
            with pytest.raises(typer.BadParameter, match="would be followed in turn: choose another folder"):
                check_followed("shots", out, spare, follow=True)
            check_followed("shots", out, spare, follow=False)
    check_followed("shots", Path("pictures"), Path("spare"), follow=True)


def test_a_folder_to_be_followed_is_to_be_named() -> None:
    with pytest.raises(typer.BadParameter, match="name the folder with --source"):
        check_followed(None, Path("pictures"), None, follow=True)
