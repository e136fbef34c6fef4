"""What was found by other code is not trusted, whichever module has changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from livecam.best.scan.fingerprint import fingerprint, sources

DECIDES = "livecam.best.scan.scanner"  # all that `livecam best` keeps comes of this

MODULES = {
    "__init__": "",
    "start": "import os\nfrom made import named\nfrom made.used import thing\n",
    "named": "import made.at_need_only as _\n",
    "used": "thing = 1\n",
    "at_need_only": "def act():\n    try:\n        pass\n    except OSError:\n        from made.late import act\n",
    "late": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from made.for_types import Type\n",
    "for_types": "Type = int\n",
    "aside": "from made import start\n",
}


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Leave nothing of a changed module to other tests."""
    yield
    fingerprint.cache_clear()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bytes]:
    """Write a package of small modules, some of them otherwise, and return the fingerprint of made.start."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "made", raising=False)
    (tmp_path / "made").mkdir()

    def make(**others: str) -> bytes:
        for name, source in (MODULES | others).items():
            (tmp_path / "made" / f"{name}.py").write_text(source, "utf-8")
        fingerprint.cache_clear()
        return fingerprint("made.start")

    return make


def test_it_changes_with_each_module_that_is_imported_at_any_depth_and_with_no_other(
    made: Callable[..., bytes],
) -> None:
    before = made()

    changed = {name for name in MODULES if made(**{name: MODULES[name] + "# changed\n"}) != before}

    assert changed == {"__init__", "start", "named", "used", "at_need_only", "late"}
    assert made() == before


def test_it_changes_with_the_weights_of_a_small_network(made: Callable[..., bytes], tmp_path: Path) -> None:
    weights = tmp_path / "made" / "assets" / "mouth.npz"
    weights.parent.mkdir()
    weights.write_bytes(b"one")
    before = made()

    weights.write_bytes(b"two")

    assert made() != before


def test_a_module_that_is_not_there_is_no_empty_one(made: Callable[..., bytes]) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"made\.gone"):
        made(start="from made.gone import thing\n")


@pytest.mark.slow
def test_a_change_to_any_deciding_module_of_livecam_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = SourceFileLoader.get_source
    names = sources(DECIDES)
    changed = ""

    def get_source(loader: SourceFileLoader, name: str) -> str | None:
        source = real(loader, name)
        return f"{source}# changed\n" if source is not None and name == changed else source

    monkeypatch.setattr(SourceFileLoader, "get_source", get_source)
    prints = set()
    for name in ["", *names]:
        changed = name
        fingerprint.cache_clear()
        prints.add(fingerprint(DECIDES))

    assert len(prints) == len(names) + 1


@pytest.mark.slow
def test_all_of_livecam_that_is_loaded_to_scan_photos_is_in_it() -> None:
    loaded = f"import sys, {DECIDES}; print(*(name for name in sys.modules if name.partition('.')[0] == 'livecam'))"

    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) <= set(sources(DECIDES))
