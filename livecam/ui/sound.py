"""The sounds of the camera: a shutter's click and a countdown's ticks, made here and played by the system's own player.

No sound library is needed: PulseAudio's, PipeWire's or ALSA's player on Linux, afplay on macOS, winsound on Windows.
Playing happens in a thread of its own. A machine without a player or a sound device is silent, and that is no error.
"""

from __future__ import annotations

import enum
import io
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import wave
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from livecam.closing import Closing
from livecam.types import FloatArray

RATE = 44_100
_LONGEST_S = 3.0  # a player that hangs is ended; set by hand
_FAILURES = 2  # in a row: there is no sound here, and no use in trying on; set by hand
_PLAYERS = (("paplay",), ("pw-play",), ("aplay", "--quiet"), ("afplay",))


class Sound(enum.Enum):
    """What can be heard. TICK: a second of a countdown. LAST: its zero."""

    CLICK = "click"
    TICK = "tick"
    LAST = "last"


def synthesise(sound: Sound) -> FloatArray:
    """Return the sound, float32 (n,), -1..1, mono, RATE samples a second."""
    if sound is Sound.TICK:
        return _beep(880.0, 0.07)
    if sound is Sound.LAST:
        return _beep(1320.0, 0.16)
    # Two curtains: the second opens 55 ms after the first, a little softer and lower.
    click = np.zeros(round(0.16 * RATE), np.float32)
    for start_s, loudness, decay_s, hertz in ((0.0, 0.9, 0.006, 2600.0), (0.055, 0.6, 0.010, 1700.0)):
        first = round(start_s * RATE)
        time_s = np.arange(len(click) - first) / RATE
        noise = np.random.default_rng(round(hertz)).uniform(-1, 1, len(time_s))
        body = 0.6 * noise + 0.4 * np.sin(2 * np.pi * hertz * time_s)
        click[first:] += (loudness * body * np.exp(-time_s / decay_s)).astype(np.float32)
    return np.clip(click, -1, 1)


def to_wav(samples: FloatArray) -> bytes:
    """Return samples as a WAV file of 16 bits."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32_000).astype("<i2").tobytes())
    return data.getvalue()


def system_player() -> Callable[[Path], bool] | None:
    """Return what plays a WAV file here and says whether it could; None when there is nothing."""
    if sys.platform == "win32":
        return _play_on_windows
    words = next((words for words in _PLAYERS if shutil.which(words[0])), None)
    return None if words is None else lambda path: _play_by(words, path)


class Speaker(Closing):
    """Plays sounds in their order, in its own thread; a sound that comes while another plays follows it.

    Close it, or leave its context, at the end.
    """

    def __init__(self, play: Callable[[Path], bool] | None) -> None:
        """play: see system_player; None for silence."""
        self._play = play
        self._wanted: queue.SimpleQueue[Sound | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="livecam sound", daemon=True)
        if play is not None:
            self._thread.start()

    def play(self, sound: Sound) -> None:
        """Play sound soon; returns at once."""
        if self._play is not None:
            self._wanted.put(sound)

    def close(self) -> None:
        """Let what plays come to its end. May be called again."""
        if self._thread.is_alive():
            self._wanted.put(None)
            self._thread.join(_LONGEST_S)

    def _run(self) -> None:
        assert self._play is not None  # noqa: S101  the thread is started only then
        failures = 0
        with suppress(OSError), tempfile.TemporaryDirectory(prefix="livecam-") as folder:
            files = {sound: Path(folder) / f"{sound.value}.wav" for sound in Sound}
            for sound, path in files.items():
                path.write_bytes(to_wav(synthesise(sound)))
            while (wanted := self._wanted.get()) is not None:
                if failures < _FAILURES:
                    failures = 0 if self._play(files[wanted]) else failures + 1


def _beep(hertz: float, length_s: float) -> FloatArray:
    time_s = np.arange(round(length_s * RATE)) / RATE
    # Rises within 3 ms and dies away, so that it does not crack.
    loudness = (
        np.minimum(time_s / 0.003, 1) * np.exp(-5 * time_s / length_s) * np.minimum((length_s - time_s) / 0.01, 1)
    )
    return (0.5 * loudness * np.sin(2 * np.pi * hertz * time_s)).astype(np.float32)


def _play_by(words: Sequence[str], path: Path) -> bool:
    nothing = subprocess.DEVNULL
    try:
        done = subprocess.run(
            [*words, str(path)], stdin=nothing, stdout=nothing, stderr=nothing, timeout=_LONGEST_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _play_on_windows(path: Path) -> bool:
    if sys.platform == "win32":
        import winsound  # noqa: PLC0415  there is none elsewhere

        try:
            winsound.PlaySound(str(path), winsound.SND_FILENAME | winsound.SND_NODEFAULT)
        except RuntimeError:
            return False
    return True
