"""What docstrings and comments name is where they say: modules move, and words stay behind."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("livecam", "model", "export", "benchmarks")
NAMED = re.compile(r"``((?:livecam|model|export|benchmarks)(?:\.\w+)+)(?:\(\))?``")
NO_MODULES = re.compile(r"\.NAME$|^livecam\.(role|address|cookie)$")  # a word to be filled in; keys of a connection


def module(name: str) -> Path | None:
    """The file of a module, or of a package."""
    path = ROOT / name.replace(".", "/")
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def is_there(name: str) -> bool:
    """Whether name is a module, or what one defines; what a class has within is not looked at."""
    if module(name) is not None:
        return True
    for dots in (1, 2):
        where, *inside = name.rsplit(".", dots)
        if inside and (file := module(where)) is not None and file.name != "__init__.py":
            return re.search(rf"^(?:class |def |){inside[0]}\b", file.read_text("utf-8"), re.MULTILINE) is not None
    return False


def test_a_module_that_is_named_is_there_and_defines_what_it_is_named_for() -> None:
    stale = [
        f"{path.relative_to(ROOT)}: {name}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for name in NAMED.findall(path.read_text("utf-8"))
        if NO_MODULES.search(name) is None and not is_there(name)
    ]
    assert stale == []
