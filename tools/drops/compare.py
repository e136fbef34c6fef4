"""Whether a folder that was watched ended as a fresh look at the same photos would: groups, bests, marks, and page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livecam.errors import OutputError
from tools.drops.watchers import Places

_ROOT = Path(__file__).parents[2]
Groups = dict[tuple[str, ...], str]  # the best of each, by all their names


def faults_of(places: Places) -> list[str]:
    """Return what is not as a fresh look would have it, each in a line. What was watched is moved aside."""
    watched = places.folder / "watched"
    of_watched = _groups(_best(places, places.shoot, "cache"))
    places.shoot.rename(watched)
    places.shoot.mkdir()
    for photo in watched.glob("*.jpg"):
        shutil.copy2(photo, places.shoot / photo.name)
    page = places.folder / "fresh.html"
    fresh = _groups(_best(places, places.shoot, "fresh cache", "--xmp", "sidecar", "--page", page))
    faults = compared("groups", of_watched, fresh)
    best_of = {Path(path).name: Path(best).name for path, best in places.state().get("best_of", {}).items()}
    faults += compared("bests", best_of, {name: best for names, best in fresh.items() for name in names})
    faults += compared("marks", _marks(watched), _marks(places.shoot))
    if not places.page.is_file() or _without_times(places.page) != _without_times(page):
        faults.append("the page is another")
    return faults


def compared(what: str, watched: Mapping[Any, object], fresh: Mapping[Any, object]) -> list[str]:
    """What is missing, too much, or another, three of each at most."""
    found = {
        "missing": [key for key in fresh if key not in watched],
        "too much": [key for key in watched if key not in fresh],
        "another": [key for key in fresh if key in watched and watched[key] != fresh[key]],
    }
    return [
        f"{what}: {len(keys)} {kind}, such as {', '.join(map(str, keys[:3]))}" for kind, keys in found.items() if keys
    ]


def _best(places: Places, shoot: Path, cache: str, *words: str | Path) -> str:
    done = subprocess.run(
        places.livecam("best", shoot, "--json", *words),
        cwd=_ROOT,
        env=places.environment(cache),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OutputError(f"a fresh look ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def _groups(lines: str) -> Groups:
    groups: Groups = {}
    for line in lines.splitlines():
        group = json.loads(line)
        names = sorted(Path(one["path"]).name for one in group["ranking"])
        groups[tuple(names)] = Path(group["best"]).name
    return groups


def _marks(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.xmp")}


def _without_times(page: Path) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"<]*", "", page.read_text("utf-8"))
