"""The sounds: what is made, and that playing neither waits nor fails."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import wave
from pathlib import Path

import numpy as np
import pytest

from livecam.ui.sound import RATE, Sound, Speaker, synthesise, system_player, to_wav

linux = pytest.mark.skipif(sys.platform == "win32", reason="Windows plays without a program")


class Player:
    """Remembers what it was asked to play; may have to wait for a gate, or find no device."""

    def __init__(self, *, works: bool = True) -> None:
        self.played: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self._works = works

    def __call__(self, path: Path) -> bool:
        assert self.gate.wait(10)
        with wave.open(str(path)) as file:
            assert file.getnframes() > 0
        self.played.append(path.stem)
        return self._works


@pytest.mark.parametrize("which", Sound)
def test_a_sound_is_short_clear_and_ends_in_silence(which: Sound) -> None:
    samples = synthesise(which)

    assert 0.05 < len(samples) / RATE < 0.3
    assert 0.2 < np.abs(samples).max() <= 1.0
    assert np.abs(samples[-20:]).max() < 0.02, "it would crack"
    assert np.abs(samples[: RATE // 20]).mean() > 0.01, "it is heard at once"


def test_the_last_tick_is_higher() -> None:
    def hertz(which: Sound) -> float:
        samples = synthesise(which)
        return float(np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples))

    assert hertz(Sound.TICK) == pytest.approx(880, abs=20)
    assert hertz(Sound.LAST) == pytest.approx(1320, abs=20)


def test_a_wav_holds_the_samples() -> None:
    with wave.open(io.BytesIO(to_wav(np.array([0.0, 0.5, -1.0], np.float32)))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        assert np.frombuffer(file.readframes(3), "<i2").tolist() == [0, 16000, -32000]


def test_sounds_are_played_in_their_order() -> None:
    player = Player()
    with Speaker(player) as speaker:
        for which in (Sound.TICK, Sound.TICK, Sound.LAST, Sound.CLICK):
            speaker.play(which)

    assert player.played == ["tick", "tick", "last", "click"]


def test_a_player_that_hangs_holds_nobody_up() -> None:
    player = Player()
    player.gate.clear()
    with Speaker(player) as speaker:
        for _ in range(50):
            speaker.play(Sound.CLICK)
        assert player.played == [], "all were asked for, and none has been played yet"
        player.gate.set()


def test_without_a_device_it_gives_up_quietly() -> None:
    player = Player(works=False)
    with Speaker(player) as speaker:
        for _ in range(20):
            speaker.play(Sound.TICK)

    assert len(player.played) == 2


def threads_of_sound() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "livecam sound"]


def test_without_a_player_there_is_no_thread_that_waits_for_sounds() -> None:
    with Speaker(None) as speaker:
        speaker.play(Sound.CLICK)
        assert threads_of_sound() == []


def test_what_was_asked_for_is_played_before_the_end_and_nothing_after_it() -> None:
    player = Player()
    speaker = Speaker(player)
    speaker.play(Sound.TICK)
    for _ in range(2):  # it may be closed again
        speaker.close()
        speaker.play(Sound.CLICK)

    assert player.played == ["tick"]
    assert threads_of_sound() == []


@linux
def test_the_first_player_that_the_system_has_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[list[str]] = []

    def run(words: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        ran.append(words)
        return subprocess.CompletedProcess(words, len(ran) - 1)

    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if name in {"aplay", "afplay"} else None)
    monkeypatch.setattr("subprocess.run", run)
    play = system_player()
    assert play is not None

    assert [play(tmp_path / "a.wav"), play(tmp_path / "a.wav")] == [True, False]
    assert ran[0] == ["aplay", "--quiet", str(tmp_path / "a.wav")]


@linux
def test_no_player_is_silence_and_one_that_is_broken_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert system_player() is None

    monkeypatch.setattr("shutil.which", lambda name: str(tmp_path / name))
    play = system_player()
    assert play is not None
    assert not play(tmp_path / "a.wav")
