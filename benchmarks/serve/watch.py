"""Viewers without a screen, as cheap as can be: ``python -m benchmarks.serve.watch PORT COUNT FIRST``.

They take what comes and answer each picture, until the server ends. With FIRST "decode" the first of them decodes each
picture as a browser would, and notes when it could have been seen. Prints at the end what each saw, JSON.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from contextlib import suppress
from typing import Any

import cv2
import numpy as np

from benchmarks.serve.numbered import read_stamp

_HELLO = (
    b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
_BINARY, _CLOSE = 2, 8


async def watch(port: int, *, decode: bool) -> dict[str, Any]:
    """Watch until the end. seen: [number in the picture, time.monotonic() when it was decoded]."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_HELLO)
    await reader.readuntil(b"\r\n\r\n")
    seen: list[tuple[int, float]] = []
    times: list[float] = []
    sizes = 0
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            kind, data = await _message(reader)
            if kind == _CLOSE:
                break
            if kind != _BINARY:
                continue
            if decode:
                grey = cv2.cvtColor(_decoded(data[4:]), cv2.COLOR_BGR2GRAY)
                number = read_stamp(np.asarray(grey, np.uint8))
                if number is not None:
                    seen.append((number, time.monotonic()))
            times.append(time.monotonic())
            sizes += len(data)
            said = json.dumps({"shown": struct.unpack(">I", data[:4])[0]}).encode()
            writer.write(bytes((0x81, 0x80 | len(said), 0, 0, 0, 0)) + said)
    writer.close()
    return {"seen": seen, "times": times, "bytes": sizes}


def _decoded(jpeg: bytes) -> Any:  # noqa: ANN401  OpenCV's
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


async def _message(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readexactly(2)
    length = head[1]
    if length >= 126:
        more = await reader.readexactly(2 if length == 126 else 8)
        length = int.from_bytes(more, "big")
    return head[0] & 0x0F, await reader.readexactly(length)


async def _all(port: int, count: int, *, decode: bool) -> list[dict[str, Any]]:
    return await asyncio.gather(*(watch(port, decode=decode and not place) for place in range(count)))


if __name__ == "__main__":
    cv2.setNumThreads(1)
    viewers = asyncio.run(_all(int(sys.argv[1]), int(sys.argv[2]), decode=sys.argv[3] == "decode"))
    json.dump(viewers, sys.stdout)
