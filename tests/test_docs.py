"""What the documents name is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from livecam import cli, exit_codes

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks/labels/README.md"]
PACKAGES = "livecam|model|export|benchmarks|tests|tools|docs"


def named_paths(document: Path) -> Iterator[Path]:
    """The files and folders of the project that document names or links to; NAME stands for any."""
    text = document.read_text("utf-8")
    for name in re.findall(rf"`((?:{PACKAGES})/[\w./-]*)`", text):
        if "NAME" not in name:
            yield ROOT / name
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in link:
            yield document.parent / link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    assert [str(path) for path in named_paths(document) if not path.exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_that_a_document_names_exists(document: Path) -> None:
    named = re.findall(r"`(tests/[\w./]+\.py)::(\w+)`", document.read_text("utf-8"))
    missing = {f"{path}::{name}" for path, name in named if f"def {name}(" not in (ROOT / path).read_text("utf-8")}
    assert missing == set()


def command_lines() -> Iterator[str]:
    """Each `livecam …` that a document shows on a line of its own, without what is said of it."""
    for document in DOCUMENTS:
        for block in re.findall(r"^```\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                if found := re.search(r"(?:^|\| )livecam (.+)", line):
                    yield found[1]


@pytest.mark.parametrize("line", list(dict.fromkeys(command_lines())))
def test_every_command_that_a_document_shows_is_understood(line: str) -> None:
    words = cli._with_addresses(cli._named(shlex.split(line, comments=True)))
    app = typer.main.get_command(exit_codes.app(cli.COMMANDS, cli._load, cli._options, words))
    assert isinstance(app, exit_codes.Commands)
    app.commands[words[0]].make_context(words[0], words[1:])  # raises a usage error of what is not


def test_each_fault_has_words_and_a_test() -> None:
    lines = (ROOT / "docs/faults.md").read_text("utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ") and not line.startswith("| fault")]
    assert len(rows) >= 25
    assert all(len(row) == 3 and row[1].strip() and "::test_" in row[2] for row in rows)


def test_every_room_of_livecam_is_in_the_architecture() -> None:
    rooms = {path.parent.name for path in (ROOT / "livecam").glob("*/__init__.py")}
    modules = {path.stem for path in (ROOT / "livecam").glob("[!_]*.py")}
    text = (ROOT / "docs/architecture.md").read_text("utf-8")

    assert {room for room in rooms if f"`{room}/`" not in text} == set()
    assert {module for module in modules if f"`{module}`" not in text} == set()


def test_every_decision_is_listed() -> None:
    pages = {path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md")}
    listed = set(re.findall(r"\]\((\d[^)]+)\)", (ROOT / "docs/decisions/README.md").read_text("utf-8")))

    assert listed == pages
