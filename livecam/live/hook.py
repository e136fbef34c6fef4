"""A command of the user's that runs after each picture: to print it, to send it, to switch on a light."""

from __future__ import annotations

import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from livecam.closing import Closing
from livecam.errors import OutputError
from livecam.storage.album import Shot

if TYPE_CHECKING:
    from livecam.live.recent_shots import ActionResult

_SAID_BYTES = 4096  # of what a command says, the last of which its line is taken from; set by hand
_NAMES = re.compile(r"\{path\}|\{score\}")


@dataclass(frozen=True, slots=True)
class HookSettings:
    """How long a command may take and how many may wait. All set by hand.

    longest_s: of one command, then it is ended.  most_waiting: pictures whose command has not begun; for more it is
    left out, and that is said.  last_s: for which the end of the run waits for those that are left.  said_s: and after
    which it says so.
    """

    longest_s: float = 60.0
    most_waiting: int = 64
    last_s: float = 15.0
    said_s: float = 1.0


class ShotHook(Closing):
    """Runs a command for each picture, one after the other, in a thread that nobody waits for before the end.

    It is started without a shell: ``{path}`` and ``{score}`` in a word of it are replaced, whatever is in them, and
    LIVECAM_PATH and LIVECAM_SCORE are in its environment. A score is "" where there is none.
    """

    def __init__(self, command: str, tell: Callable[[str], None], settings: HookSettings | None = None) -> None:
        """tell: says to the user, once, why commands fail. Raises OutputError if there is no such command."""
        self._words = _split(command)
        self._tell, self._settings = tell, settings or HookSettings()
        self._shots: queue.Queue[tuple[str, str] | None] = queue.Queue()
        self._running: subprocess.Popen[bytes] | None = None
        self._said = False
        self._end_s: float | None = None
        self._thread = threading.Thread(target=self._run, name="livecam hook", daemon=True)
        self._thread.start()

    def refresh(self, _: object) -> bool:
        """Nothing is to be done while no picture is taken."""
        return True

    def show_shot(self, shot: Shot) -> None:
        """Run the command for this picture, soon."""
        if self._shots.qsize() >= self._settings.most_waiting:
            self._say(f"--hook is too slow: it was not run for {shot.path}")
            return
        worst = shot.peak.worst
        self._shots.put((str(shot.path.absolute()), f"{worst.score.value:.3f}" if worst is not None else ""))

    def show_result(self, result: ActionResult) -> None:
        """What a person does to a picture runs nothing."""

    def close(self) -> None:
        """Wait for the commands that are left, for a while. May be called again."""
        settings, again = self._settings, self._end_s is not None
        self._end_s = time.monotonic() + settings.last_s
        self._shots.put(None)
        self._thread.join(min(settings.said_s, settings.last_s))
        if self._thread.is_alive() and not again:
            self._tell(f"waiting for --hook, for {settings.last_s:g} s at the most")
        self._thread.join(settings.last_s + 1)
        if self._thread.is_alive() and (running := self._running) is not None:
            _end(running)

    def _run(self) -> None:
        while (shot := self._shots.get()) is not None:
            if self._end_s is not None and time.monotonic() >= self._end_s:
                self._say("--hook is too slow: it was not run for the last pictures")
                return
            self._run_one(*shot)

    def _run_one(self, path: str, score: str) -> None:
        values = {"{path}": path, "{score}": score}
        # In one go: a path may have {score} in its name.
        words = [_NAMES.sub(lambda found: values[found[0]], word) for word in self._words]
        environment = {**os.environ, "LIVECAM_PATH": path, "LIVECAM_SCORE": score}
        try:
            # A pipe would stay open with whatever the command leaves running.
            with tempfile.TemporaryFile() as said:
                running = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    env=environment,
                    start_new_session=True,  # Ctrl-C ends the run, not what is still done with its pictures
                )
                self._wait_for(running, words[0], said)
        except (OSError, ValueError) as error:
            self._say(f"--hook: {words[0]} cannot be run: {error}")

    def _wait_for(self, running: subprocess.Popen[bytes], name: str, said: IO[bytes]) -> None:
        self._running = running
        left_s = self._settings.longest_s
        if self._end_s is not None:
            left_s = max(min(left_s, self._end_s - time.monotonic()), 0.0)
        try:
            running.wait(left_s)
        except subprocess.TimeoutExpired:
            _end(running)
            running.wait()
            self._say(f"--hook: {name} took longer than {left_s:.0f} s and was ended")
        else:
            if running.returncode:
                said.seek(-min(said.seek(0, os.SEEK_END), _SAID_BYTES), os.SEEK_END)
                last = said.read().decode(errors="replace").strip().splitlines()[-1:]
                self._say(f"--hook: {name} failed ({running.returncode}){': ' if last else ''}{''.join(last)}")
        finally:
            self._running = None

    def _say(self, what: str) -> None:
        """Say what went wrong, the first time."""
        if not self._said:
            self._said = True
            self._tell(what)


def _end(running: subprocess.Popen[bytes]) -> None:
    """End a command and what it waits for, as a shell does for its last word."""
    if sys.platform == "win32":
        running.kill()
    elif running.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise OutputError(f"--hook {command!r}: {str(error).lower()}: put quotes around words with spaces") from error
    if not words:
        raise OutputError("--hook names no command")
    if shutil.which(words[0]) is None:
        raise OutputError(f"--hook: there is no command {words[0]!r}: check the path, and that it may be run")
    return words
