"""What is chosen on the page of ``livecam best`` is learned from: when it is applied, or by livecam learn --from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from livecam import cli, model_files, pipeline
from livecam.taste.lesson import Kind
from livecam.taste.lessons import LessonStore
from tests.best.choices.factories import save_choices
from tests.rating.smiling_models import SmilingModels, make_photo

if TYPE_CHECKING:
    from playwright.sync_api import Page

Livecam = Callable[..., tuple[int, str, str]]


@pytest.fixture
def livecam(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Livecam:
    """Run a command line with fake models: code, stdout, stderr."""
    monkeypatch.setattr(pipeline, "default_models", SmilingModels)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")

    def run(*words: str | Path) -> tuple[int, str, str]:
        code = cli.run(list(map(str, words)))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def shoot(folder: Path, bursts: int = 1) -> Path:
    """Bursts, each on a day of its own, in which somebody smiles more from frame to frame."""
    for burst in range(bursts):
        for i in range(3):
            make_photo(folder / f"IMG_{burst:02}{i}.jpg", 90 + 60 * i + burst, 86_400 * burst + 0.4 * i)
    return folder


def best(livecam: Livecam, folder: Path, *words: str | Path) -> set[str]:
    """The names of the pictures that ``livecam best`` picks."""
    code, told, said = livecam("best", "--json", *words, folder)
    assert code == 0, said
    return {Path(json.loads(line)["best"]).name for line in told.splitlines()}


def lessons() -> list[tuple[Kind, str, str]]:
    return [
        (lesson.kind, Path(lesson.face.path).stem, Path(lesson.other.path).stem if lesson.other else "")
        for lesson in LessonStore().read().of("me")
    ]


@pytest.fixture
def choices(tmp_path: Path, livecam: Livecam) -> Path:
    """Somebody kept the face at rest and rejected livecam's pick, the smile."""
    folder = shoot(tmp_path / "shoot")
    assert best(livecam, folder, "--page", tmp_path / "page.html") == {"IMG_002.jpg"}
    return save_choices(tmp_path / "page.html", tmp_path / "c.json", {"IMG_000.jpg": "keep", "IMG_002.jpg": "reject"})


def test_what_is_applied_is_learned_from_once(tmp_path: Path, livecam: Livecam, choices: Path) -> None:
    code, _, said = livecam("best", "--apply", choices, "--move-to", tmp_path / "keepers", "--xmp", "sidecar")
    assert code == 0
    assert "4 choices kept for your taste: livecam learn learns from them" in said
    assert set(lessons()) == {
        (Kind.KEEP, "IMG_000", ""),
        (Kind.REJECT, "IMG_002", ""),
        (Kind.PAIR, "IMG_000", "IMG_002"),
        (Kind.PAIR, "IMG_000", "IMG_001"),
    }
    _, _, said = livecam("best", "--apply", choices, "--xmp", "sidecar")
    assert "kept for your taste" not in said
    assert len(LessonStore().read().all) == 4


def test_where_nothing_is_done_nothing_is_learned(livecam: Livecam, choices: Path) -> None:
    _, _, said = livecam("best", "--apply", choices)
    assert "nothing is done yet" in said
    assert lessons() == []


def test_without_what_the_cache_knows_nothing_is_looked_at(tmp_path: Path, livecam: Livecam, choices: Path) -> None:
    for file in (tmp_path / "cache").iterdir():
        file.unlink()
    code, _, said = livecam("best", "--apply", choices, "--xmp", "sidecar")
    assert code == 0
    assert lessons() == []
    code, _, said = livecam("learn", "--from", choices)
    assert "4 choices found, 4 of them new" in said
    assert len(lessons()) == 4


def test_lessons_that_cannot_be_kept_are_a_line_and_the_choices_are_applied(
    tmp_path: Path, livecam: Livecam, choices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LIVECAM_TASTE", str(tmp_path / "file"))
    code, _, said = livecam("best", "--apply", choices, "--copy-to", tmp_path / "keepers")
    assert code == 0
    assert "livecam: not learned from: cannot keep what you chose" in said or "cannot read your lessons" in said
    assert (tmp_path / "keepers" / "IMG_000.jpg").exists()


@pytest.mark.slow
def test_page_choices_learn_best_in_chromium_as_a_person_does(tmp_path: Path, livecam: Livecam, tab: Page) -> None:
    """Whoever keeps the serious look of each burst gets it by itself in other bursts."""
    other = shoot(tmp_path / "other", 3)
    assert best(livecam, other) == {"IMG_002.jpg", "IMG_012.jpg", "IMG_022.jpg"}
    folder = shoot(tmp_path / "shoot", 20)
    best(livecam, folder, "--page", tmp_path / "page.html")
    tab.goto((tmp_path / "page.html").as_uri())
    tab.wait_for_selector(".card")
    for place in range(60):  # of each burst the smile is first, then what lost: X, nothing, P on the face at rest
        if place % 3 != 1:
            tab.keyboard.press("x" if place % 3 == 0 else "p")
        tab.keyboard.press("ArrowRight")
    with tab.expect_download() as download:
        tab.click("#choices")
    download.value.save_as(tmp_path / "livecam-choices.json")
    code, _, said = livecam("learn", "--from", tmp_path / "livecam-choices.json")
    assert code == 0, said
    assert "livecam scores by your taste from now on" in said
    assert best(livecam, other) == {"IMG_000.jpg", "IMG_010.jpg", "IMG_020.jpg"}
    assert best(livecam, other, "--taste", "off") == {"IMG_002.jpg", "IMG_012.jpg", "IMG_022.jpg"}
