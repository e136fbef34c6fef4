"""A Firefox of the system for Playwright, which otherwise wants one of its own.

Playwright speaks WebDriver BiDi with it (``channel="moz-firefox"``), and knows commands that an older Firefox, such as
Debian's, does not: how it should look, say. This module is what Playwright starts as Firefox: it stands between both,
and says that such a command was done. ``python -m tests.serve.firefox FIREFOX ARGUMENTS…``
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from websockets.asyncio.server import ServerConnection

ROOT = Path(__file__).parents[2]


@contextmanager
def open_firefox(folder: Path) -> Iterator[Browser]:
    """Firefox without a window; skips where there is none. folder: for what starts it."""
    found = next(filter(None, map(shutil.which, ("firefox", "firefox-esr"))), None)
    if found is None:
        pytest.skip("needs Firefox (Debian: apt-get install firefox-esr)")
    if sys.platform == "win32":
        pytest.skip("Firefox is started by a script of a Unix shell")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install playwright)")
    script = folder / "firefox"
    command = shlex.join((sys.executable, "-m", "tests.serve.firefox", found))
    script.write_text(f'#!/bin/sh\ncd {shlex.quote(str(ROOT))} && exec {command} "$@"\n')
    script.chmod(0o755)
    with playwright.sync_playwright() as driver:
        try:
            firefox = driver.firefox.launch(channel="moz-firefox", executable_path=str(script))
        except playwright.Error as error:
            if "channel" not in str(error):
                raise
            pytest.skip("needs a Playwright that can drive a Firefox of the system")
        yield firefox
        firefox.close()


async def _stand_between(firefox: str, arguments: list[str]) -> None:
    from websockets.asyncio.server import serve  # noqa: PLC0415  pytest imports this module without need of it

    process = await asyncio.create_subprocess_exec(
        firefox, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, process.terminate)
    address = ""

    async def relay(playwright: ServerConnection) -> None:
        assert playwright.request is not None
        await _relay(playwright, address + playwright.request.path)

    async with serve(relay, "127.0.0.1", 0, max_size=None, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        assert process.stderr is not None
        async for line in process.stderr:
            if (found := re.search(rb"WebDriver BiDi listening on (ws://\S+)", line)) is not None:
                address = found[1].decode()
                line = b"WebDriver BiDi listening on ws://127.0.0.1:%d\n" % port  # noqa: PLW2901  ours instead
            sys.stderr.buffer.write(line)
            sys.stderr.flush()
        await process.wait()


async def _relay(playwright: ServerConnection, address: str) -> None:
    from websockets.asyncio.client import connect  # noqa: PLC0415  as above

    looks: set[int] = set()  # commands about how Firefox should look, which it may not know
    async with connect(address, max_size=None, ping_interval=None) as firefox:

        async def ask() -> None:
            async for message in playwright:
                asked = json.loads(message)
                if asked["method"].startswith("emulation."):
                    looks.add(asked["id"])
                await firefox.send(message)
            await firefox.close()

        async def answer() -> None:
            async for message in firefox:
                said = json.loads(message)
                if said.get("error") == "unknown command" and said["id"] in looks:
                    await playwright.send(json.dumps({"type": "success", "id": said["id"], "result": {}}))
                else:
                    await playwright.send(message)
            await playwright.close()

        await asyncio.gather(ask(), answer(), return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_stand_between(sys.argv[1], sys.argv[2:]))
