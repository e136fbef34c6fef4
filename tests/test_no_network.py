"""No frame leaves the machine: whatever livecam does with pictures, it asks nobody on the network, and needs nobody."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.best.photo_factories import make_photo
from tests.commands.run_factories import make_clip

ROOT = Path(__file__).parents[1]
# Audit hooks see every connection and every name that Python asks for, whichever library does; none can be taken off.
DENY = """
import ipaddress, os, sys

def loopback(host):
    try:
        return host in ("", "localhost", None) or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

def deny(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        address = arguments[1]
        hosts = [address[0]] if isinstance(address, tuple) else []
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        hosts = [arguments[0]]
    else:
        return
    for host in hosts:
        if not loopback(host.decode() if isinstance(host, bytes) else host):
            os.write(2, f"NETWORK: {event} {host}\\n".encode())
            raise PermissionError("no network here")

sys.addaudithook(deny)
"""
LIVECAM = f"{DENY}\nsys.argv[0] = 'livecam'\nfrom livecam.cli import main\nmain()"


def run(code: str, *words: str | Path, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_asks_the_network_is_noticed() -> None:
    for attempt in (
        "import socket; socket.create_connection(('192.0.2.1', 80))",
        "import urllib.request; urllib.request.urlopen('http://example.invalid/')",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    ):
        ended = run(f"{DENY}\n{attempt}")
        assert ended.returncode != 0
        assert "NETWORK: " in ended.stderr


def words_of(command: str, folder: Path) -> list[str | Path]:
    if command == "run":
        clip = make_clip(folder / "clip.mp4", frames=20)
        out: list[str | Path] = ["--out", folder / "out", "--log", folder / "run.log"]
        return ["run", "--source", clip, "--headless", "--pace", "fast", *out]
    for i in range(3):
        make_photo(folder / "shoot" / f"{i}.jpg", 150 + 20 * i, 0.3 * i)
    if command == "best":
        return ["best", folder / "shoot", "--page", folder / "page.html", "--xmp", "sidecar"]
    return ["score", folder / "shoot" / "0.jpg"] if command == "score" else ["doctor"]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "score", "best", "doctor"])
def test_no_command_asks_the_network(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ended = run(LIVECAM, *words_of(command, tmp_path))
    assert "NETWORK" not in ended.stderr
    # Grey pictures hold no face, and this machine may have no camera: neither is a crash.
    assert ended.returncode in {0, 1} if command == "doctor" else ended.returncode == 0, ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "best"])
def test_on_a_machine_without_any_network_all_works(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = ("unshare", "--net", "--map-root-user")
    works = (
        shutil.which("unshare") and subprocess.run([*alone, "true"], check=False, capture_output=True).returncode == 0
    )
    if not works:
        pytest.skip("needs a system on which a process may have a network of its own (Linux, unshare)")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ended = run(LIVECAM, *words_of(command, tmp_path), before=alone)
    assert ended.returncode == 0, ended.stderr
