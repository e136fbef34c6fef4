"""The watcher beside which photos are dropped, begun again whenever it was killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.drops.moments import Moment, What

_ROOT = Path(__file__).parents[2]
_LOOK_S = 0.5
_QUIET_S = 8.0
_ANY_S = 4.0
_REACHED_S = 120.0  # for a moment to come, on a machine that is busy
_BUSY = 0.02  # of a core: more than a watcher takes that waits


@dataclass(frozen=True, slots=True)
class Places:
    """All below folder: shoot, what is watched; page, its page; cache, the user's."""

    folder: Path
    models: str = "real"

    @property
    def shoot(self) -> Path:
        """What is watched."""
        return self.folder / "shoot"

    @property
    def page(self) -> Path:
        """The page of what is watched."""
        return self.folder / "look.html"

    def livecam(self, *words: str | Path, moment: Moment | None = None) -> list[str]:
        """Return a command line of livecam."""
        when = "never" if moment is None else str(moment)
        return [sys.executable, "-m", "tools.drops.watched", when, self.models, *map(str, words)]

    def environment(self, cache: str = "cache") -> dict[str, str]:
        """Return the environment of a process with a cache of this name."""
        return {**os.environ, "XDG_CACHE_HOME": str(self.folder / cache)}

    def state(self) -> dict[str, Any]:
        """What the watcher keeps for the next one; {} before it has kept anything."""
        for file in (self.folder / "cache").rglob("watch/*.json"):
            state: dict[str, Any] = json.loads(file.read_bytes())
            return state
        return {}


@dataclass
class Watchers:
    """killed: by the moments that came.  missed: moments that did not come, where it was killed from outside instead.

    faults: what it did that it must not.
    """

    places: Places
    moments: Sequence[Moment]
    chance: random.Random
    killed: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = 0
        self._process = self._begun()

    def kill(self) -> None:
        """Have the watcher at hand die at its moment, and begin the next one."""
        moment = self.moments[self._next]
        if moment.what is What.ANYTHING:
            time.sleep(self.chance.uniform(0, _ANY_S))
            self._process.kill()
        try:
            code = self._process.wait(_REACHED_S)
        except subprocess.TimeoutExpired:
            self.missed.append(str(moment))
            self._process.kill()
            code = self._process.wait()
        else:
            self.killed.append(str(moment))
        if code != -signal.SIGKILL:
            self.faults.append(f"it ended with {code} instead of being killed at {moment}: {self.said()[-300:]}")
        self._next += 1
        self._process = self._begun()

    def settle(self, photos: int, limit_s: float) -> bool:
        """Wait until all photos were seen and nothing has happened for a while; return whether that came."""
        until_s = time.monotonic() + limit_s
        since_s, before = time.monotonic(), self._cpu_s()
        while time.monotonic() < until_s and self._process.poll() is None:
            time.sleep(_LOOK_S)
            now_s, now = time.monotonic(), self._cpu_s()
            if len(self.places.state().get("stamps", {})) < photos or now - before > _BUSY * max(now_s - since_s, 1):
                since_s, before = now_s, now
            elif now_s - since_s > _QUIET_S:
                return True
        return False

    def idle(self, seconds: float) -> float:
        """Return how much of a core it takes while nothing happens, 0..1."""
        before = self._cpu_s()
        time.sleep(seconds)
        return (self._cpu_s() - before) / seconds

    def end(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(_REACHED_S)

    def said(self) -> str:
        """All that it has said to people."""
        return (self.places.folder / "err.txt").read_text()

    def close(self) -> None:
        """End it, whatever it is at."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _begun(self) -> subprocess.Popen[bytes]:
        moment = self.moments[self._next] if self._next < len(self.moments) else None
        words = ("best", "--watch", self.places.shoot, "--xmp", "sidecar", "--page", self.places.page, "--json")
        with (
            (self.places.folder / "out.jsonl").open("ab") as out,
            (self.places.folder / "err.txt").open("ab") as err,
        ):
            return subprocess.Popen(
                self.places.livecam(*words, moment=moment),
                cwd=_ROOT,
                env=self.places.environment(),
                stdout=out,
                stderr=err,
            )

    def _cpu_s(self) -> float:
        """Seconds of the processor that it has taken."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
