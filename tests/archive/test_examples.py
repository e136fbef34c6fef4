"""What README.md and docs show of asking an archive is run as it stands there, on an archive that is made here."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from livecam import cli
from livecam.archive.ask import QUESTIONS
from livecam.archive.views import FACES, PHOTOS
from tests.archive.scanned import archive_of
from tests.best.photo_factories import make_photo

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs/archive.md", ROOT / "docs/usage.md"]


def examples() -> Iterator[str]:
    for page in PAGES:
        for language, block in re.findall(r"^```(\w*)\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            for line in block.splitlines() if not language else ():
                if line.startswith(
                    ("livecam archive query", "livecam best wedding.archive", "livecam best --from-archive")
                ):
                    yield line.partition("  #")[0].rstrip()


EXAMPLES = list(dict.fromkeys(examples()))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wedding.archive, made of the photos in party/."""
    place = tmp_path_factory.mktemp("examples")
    for number in range(4):
        make_photo(place / "party" / f"IMG_{number}.jpg", 120 + 40 * number, 0.5 * number, blink=number == 3)
    (place / "party" / "broken.jpg").write_bytes(b"no photo")
    for name in ("wedding.archive", "all.archive"):
        archive_of(place / "party", place / name)
    return place


def test_there_are_examples_in_the_readme_and_of_every_question() -> None:
    assert any("archive query" in line for line in PAGES[0].read_text("utf-8").splitlines())
    assert len(EXAMPLES) > 10
    for question in QUESTIONS:
        assert any(question.pattern.fullmatch(word) for line in EXAMPLES for word in _plain(line)), question.words


def _plain(line: str) -> list[str]:
    question = shlex.split(line)[-1 if "--" not in line else 4] if "archive query" in line else ""
    text = re.sub(r" (?:in|on) [\d-]+$", "", question)
    return [text, text.removeprefix("all with ").removeprefix("all ")]


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_does_what_it_says(
    line: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    program, *words = shlex.split(line)

    code = cli.run(words)

    told = capsys.readouterr().err
    # A file of the shoot cannot be read, and best says so each time.
    assert (program, code) == ("livecam", 1 if words[0] == "best" else 0), told


@pytest.mark.parametrize(("view", "name"), [(PHOTOS, "photos"), (FACES, "faces")])
def test_the_columns_are_listed_as_they_are(view: dict[str, tuple[str, str]], name: str) -> None:
    text = (ROOT / "docs/archive.md").read_text("utf-8")
    heading = rf"^`{name}`, a row for each.*?\n\n\| column .*?\n\|---\|---\|\n(.*?)\n\n"
    table = re.search(heading, text, re.MULTILINE | re.DOTALL)
    assert table is not None

    assert table[1].splitlines() == [f"| `{column}` | {says} |" for column, (_, says) in view.items()]


def test_the_questions_are_listed_as_they_are() -> None:
    text = (ROOT / "docs/archive.md").read_text("utf-8")

    for question in QUESTIONS:
        assert f"| `{question.words}` | {question.says} |" in text
