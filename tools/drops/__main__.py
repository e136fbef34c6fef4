"""``python -m tools.drops``: drops photos beside ``livecam best --watch``, kills it, and compares with a fresh look."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from livecam import exit_codes
from livecam.errors import OutputError
from tools.drops.compare import faults_of
from tools.drops.dropping import draw_bursts, drop
from tools.drops.moments import What, draw_moments
from tools.drops.photos import make_photos
from tools.drops.watchers import Places, Watchers
from tools.program import start


def drops(
    files: Annotated[int, typer.Option(min=12, help="How many photos are dropped.")] = 1000,
    kills: Annotated[int, typer.Option(min=0, help="How often the watcher is killed.")] = 2,
    seed: Annotated[int, typer.Option(help="What all that is drawn follows from.")] = 0,
    at: Annotated[What | None, typer.Option(help="Kill it within this alone; each in turn if not given.")] = None,
    fake: Annotated[bool, typer.Option("--fake", help="With the tests' models, to try the tool itself.")] = False,
    minutes: Annotated[float, typer.Option(min=0.1, help="Wait so long for it to come to rest.")] = 15,
    idle_s: Annotated[float, typer.Option(min=1, help="Look so long at what it takes when nothing happens.")] = 20,
) -> None:
    """Drop photos in bursts, slowly, and renamed while open; one is replaced. Exit code 1 if the end is another."""
    chance = random.Random(seed)  # noqa: S311  no secret
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="livecam-drops-") as made:
        places = Places(Path(made), "fake" if fake else "real")
        places.shoot.mkdir()
        *photos, another = make_photos(places.folder / "photos", files + 1, seed)
        watchers = Watchers(places, draw_moments(kills, chance, at), chance)
        try:
            _drop_all(photos, another, watchers, kills, chance)
            settled = watchers.settle(files, 60 * minutes)
            idle = watchers.idle(idle_s) if settled else None
            code = watchers.end()
        finally:
            watchers.close()
        faults = list(watchers.faults)
        if not settled:
            faults.append(f"it did not come to rest in {minutes:g} minutes: {watchers.said()[-300:]}")
        if code != exit_codes.INTERRUPTED:
            faults.append(f"Ctrl-C ended it with {code}: {watchers.said()[-300:]}")
        faults += faults_of(places)
    report = {"files": files, "seed": seed, "killed_at": watchers.killed, "never_came": watchers.missed}
    seconds = round(time.monotonic() - began_s, 1)
    print(json.dumps({**report, "idle_of_a_core": idle, "seconds": seconds, "faults": faults}))
    if faults:
        raise OutputError(f"{len(faults)} faults; the first: {faults[0]}")


def _drop_all(photos: list[Path], another: Path, watchers: Watchers, kills: int, chance: random.Random) -> None:
    """Drop all; each kill comes when its share of them has been dropped. In the end another replaces one of them."""
    dropped = killed = 0
    for burst in draw_bursts(photos, chance):
        for photo, way in burst.photos:
            drop(photo, way, watchers.places.shoot)
        dropped += len(burst.photos)
        if killed < kills and dropped * (kills + 1) > len(photos) * (killed + 1):
            watchers.kill()
            killed += 1
        time.sleep(burst.pause_s)
    for _ in range(kills - killed):
        watchers.kill()
    shutil.copyfile(another, watchers.places.shoot / photos[5].name)


if __name__ == "__main__":
    start(drops, "tools.drops")
