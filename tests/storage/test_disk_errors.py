"""What a refusal is called, and that whoever reads it learns what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from livecam.storage.disk_errors import explain, why

OUT = Path("/out")


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_refusal_is_one_line_that_says_what_to_do(number: int) -> None:
    error = OSError(number, os.strerror(number))
    for line in (why(error), explain("save pictures", OUT, error)):
        assert "\n" not in line
        assert ": ch" in line or ": free" in line or ": make" in line, line
    assert explain("save pictures", OUT, error).startswith(f"cannot save pictures in {OUT}: ")
    assert explain("save pictures", OUT, error).endswith(" with --out")


@pytest.mark.parametrize(
    ("number", "of_a_path", "of_the_folder"),
    [
        (
            errno.ENOSPC,
            "the disk is full: free some space, or choose another folder",
            "the disk is full: free some space, or choose another folder with --out",
        ),
        (
            errno.EACCES,
            "you may not write there: change its permissions, or choose another folder",
            "you may not write there: choose another folder with --out",
        ),
        (
            errno.ENOENT,
            "it is not there any more: check the path",
            "the folder is gone: make it again, or choose another with --out",
        ),
        (
            errno.ENAMETOOLONG,
            "the name is too long: choose a shorter one",
            "the name is too long: choose another folder with --out",
        ),
        (
            errno.EIO,
            f"{os.strerror(errno.EIO)}: check the disk",
            f"{os.strerror(errno.EIO)}: check the disk, or choose another folder with --out",
        ),
    ],
)
def test_a_path_and_a_folder_chosen_with_out_get_the_words_that_fit(
    number: int, of_a_path: str, of_the_folder: str
) -> None:
    error = OSError(number, os.strerror(number))
    assert why(error) == of_a_path
    assert explain("save pictures", OUT, error) == f"cannot save pictures in {OUT}: {of_the_folder}"


def test_a_refusal_without_a_number_keeps_its_own_words() -> None:
    assert why(OSError("encoder error -2")) == "encoder error -2: check the disk"
