"""The help of the commands: paragraphs fill the lines, and no type of Python's stands in it."""

from __future__ import annotations

import itertools
import re

import pytest

from livecam import cli
from livecam.help_text import flowing

_COMMANDS = [name for name in cli.COMMANDS if not name.startswith("archive")]


def test_a_paragraph_is_one_line_and_paragraphs_stay_apart() -> None:
    assert flowing("First.\n\n    Second\n    goes on.\n   \n    Third.\n") == "First.\n\nSecond goes on.\n\nThird."


@pytest.mark.parametrize("command", _COMMANDS)
def test_help_breaks_lines_only_where_they_are_full(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run([command, "--help"]) == 0
    prose = capsys.readouterr().out.split("╭")[0].splitlines()
    for line, following in itertools.pairwise(prose):
        if line.strip() and following.strip():
            room = 79 - len(line.rstrip())  # of 80, one of them before the next word
            assert room <= len(following.split()[0]), f"broken early: {line!r}"


@pytest.mark.parametrize("command", ["", *_COMMANDS])
def test_help_names_values_by_words_and_not_by_types_of_python(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert cli.run([*filter(None, [command]), "--help"]) == 0
    assert re.findall(r"<(?:bool|str|path|int|float|list)\b[^>]*>|list\[", capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--pace", "slow"], "Invalid value for '--pace': 'slow' is not one of"),
        (["best", "--top", "0", "a.jpg"], "Invalid value for '--top': it must be greater than or equal to 1"),
        (["run", "--faces", "many"], "Invalid value for '--faces': it must be a valid integer"),
    ],
)
def test_a_wrong_value_is_refused_in_plain_words(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert cli.run(words) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert "Value error" not in shown
    assert "unable to parse" not in shown
