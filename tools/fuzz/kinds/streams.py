"""What a network camera answers."""

from __future__ import annotations

import itertools
import socketserver
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from unittest import mock

from livecam.sources import still_streams, stream
from livecam.sources.decoding import Decoder
from livecam.sources.patience import Patience
from tests.photos.capture_factories import make_shot
from tools.fuzz.reader import Reader


def _stream_seeds(folder: Path) -> list[bytes]:
    """What a network camera answers, from the first byte on."""
    jpeg = make_shot(folder / "s.jpg").read_bytes()
    part = b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n"
    bare = b"--f\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg + b"\r\n"
    ok = b"HTTP/1.1 200 OK\r\nContent-Type: "
    return [
        ok + b"multipart/x-mixed-replace; boundary=f\r\n\r\n" + part * 4,
        ok + b'multipart/x-mixed-replace; boundary="f"\r\n\r\n' + bare * 3,
        ok + b"image/jpeg\r\n\r\n" + jpeg,
        ok + b"text/html\r\n\r\n<!doctype html><img src=x>",
        b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="c", nonce="1", qop="auth"\r\nContent-Length: 0\r\n\r\n',
        b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
        b"RTSP/1.0 454 Session Not Found\r\nCSeq: 1\r\n\r\n",
    ]


class _Answer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with suppress(OSError):
            self.request.settimeout(0.2)
            self.request.recv(4096)
            self.request.sendall(getattr(self.server, "data", b""))


@cache
def _server() -> socketserver.ThreadingTCPServer:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Answer)
    server.daemon_threads = True
    threading.Thread(target=partial(server.serve_forever, 0.01), daemon=True).start()
    return server


def _stream(data: bytes, folder: Path) -> None:
    del folder

    server = _server()
    server.data = data  # type: ignore[attr-defined]
    scheme = "rtsp" if data.startswith(b"RTSP") else "http"
    quick = mock.patch.multiple(still_streams, POLL_S=0.0, LONGEST_POLL_S=0.0, SAME_S=0.0)
    patience = Patience()
    patience.seconds = patience.opening_s = 0.5
    with quick:
        device = stream.open_stream(f"{scheme}://127.0.0.1:{server.server_address[1]}/x", "camera", patience)
        try:
            decoder = Decoder()
            for _ in itertools.takewhile(lambda _: device.grab(), range(5)):
                decoder.decode(device)
        finally:
            device.release()


READERS: Mapping[str, Reader] = {"stream": Reader(_stream_seeds, _stream)}
