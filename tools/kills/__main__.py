"""``python -m tools.kills``: kills livecam at random moments, and looks whether anything was torn or lost."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from livecam.errors import OutputError
from tools.program import start

_MEASURED = 3  # whole runs, by whose length the moment of a kill is drawn


def kill(
    count: Annotated[int, typer.Option(min=1, help="How many runs to kill.")] = 500,
    only: Annotated[str, typer.Option(help="run, copy, move, xmp or apply; all in turn if not given.")] = "",
    minutes: Annotated[float, typer.Option(min=0.1, help="Begin no more after so long.")] = 120,
    seed: Annotated[int, typer.Option(help="What the moments follow from.")] = 0,
) -> None:
    """Kill runs (SIGKILL, SIGTERM, SIGHUP, Ctrl-C) at random moments. Exit code 1 if anything was torn or lost."""
    from tools.kills.forked import load_what_was_loaded  # noqa: PLC0415
    from tools.kills.scenarios import SCENARIOS, draw_kill  # noqa: PLC0415

    names = [only] if only else list(SCENARIOS)
    if only and only not in SCENARIOS:
        raise OutputError(f"nothing is called {only!r}: choose one of {', '.join(SCENARIOS)}")
    chance = random.Random(seed)  # noqa: S311  no secret
    lengths: dict[str, float] = {}
    found: list[str] = []
    kinds: Counter[str] = Counter()
    began_s = time.monotonic()
    for number in range(-_MEASURED * len(names), count):
        if time.monotonic() - began_s > 60 * minutes:
            break
        name = names[number % len(names)]
        scenario = SCENARIOS[name]
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            scenario.prepare(folder)
            if number < 0:
                whole = scenario.run(folder)
                if whole.code != 0:
                    raise OutputError(f"{name} fails without being killed: {whole.err.strip()[-300:]}")
                load_what_was_loaded(folder / "modules.txt")
                if number >= -(_MEASURED - 1) * len(names):  # the first has had to load it
                    lengths[name] = max(lengths.get(name, 0.0), whole.took_s)
                continue
            blow = draw_kill(chance, lengths[name])
            ended = scenario.run(folder, blow)
            faults = scenario.faults(scenario, folder, ended, blow)
            kinds[f"{name}: {'before its end' if ended.code != 0 else 'after it'}"] += 1
            found += [f"{name} {number} ({blow}): {fault}" for fault in faults]
    report = {"kills": kinds.total(), "seed": seed, "minutes": round((time.monotonic() - began_s) / 60, 1)}
    lengths_s = {name: round(length, 2) for name, length in lengths.items()}
    print(json.dumps({**report, "came": dict(sorted(kinds.items())), "longest_s": lengths_s, "faults": found}))
    if found:
        raise OutputError(f"{len(found)} faults in {kinds.total()} kills; the first: {found[0]}")


if __name__ == "__main__":
    start(kill, "tools.kills")
