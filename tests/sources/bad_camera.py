"""A network camera that misbehaves, each path in its own way."""

from __future__ import annotations

import base64
import contextlib
import gzip
import http.server
import itertools
import socketserver
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping

import cv2
import numpy as np

from livecam.types import UInt8Array

WIDTH, HEIGHT = 64, 48
LOGIN = "admin", "p@ss"
_KINDS = {"packed": "text/html; charset=utf-8", "paper": "application/pdf", "song": "audio/mpeg", "what": "image/x"}
_PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip.jpg": gzip.compress,
    "deflate.jpg": zlib.compress,
    "br.jpg": lambda data: data[::-1],
}
_WORDS = {
    "foreign": b"Kamera l\xe4uft nicht",
    "secret": b"p@ss is wrong, token=abc",
    "json": b'{"error": "no such channel"}\n',
    "words": b"\ncamera offline\nplease wait\n",
    "long": b"x " * 200,
    "cut": ("Kamera läuft nicht.\n" + "ä" * 300).encode(),
}


def stored(i: int, width: int = WIDTH, height: int = HEIGHT) -> UInt8Array:
    """uint8 BGR, red above and blue below, of a brightness that counts."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, :, 2] = 150 + i % 50
    image[height // 2 :, :, 0] = 150 + i % 50
    return image


def jpeg(image: UInt8Array, orientation: int = 1) -> bytes:
    """The picture as a JPEG with EXIF."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHHI", 0x0112, 3, 1, orientation, 0, 0)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: BadCamera

    def do_GET(self) -> None:
        with contextlib.suppress(OSError):
            self._answer(self.path.partition("?")[0].strip("/"))

    def _answer(self, path: str) -> None:  # noqa: C901  a case is a line
        if path[:3].isdigit():
            after = path.partition("-")[2]
            return self._head(int(path[:3]), **({"Retry-After": after} if after else {}))
        if path == "locked.jpg" and self.headers["Authorization"] != f"Basic {_basic()}":
            return self._head(401, **{"WWW-Authenticate": 'Basic realm="cam"'})
        if path == "token.jpg":
            return self._head(401, **{"WWW-Authenticate": 'Bearer realm="cam"'})
        if path in {"circle", "moved", "away"}:
            where = {"circle": "/circle", "moved": "/stream", "away": "rtsp://127.0.0.1:9/x"}[path]
            return self._head(302, Location=where)
        if path == "page":
            self._head(200, **{"Content-Type": "text/html"})
            self.wfile.write(b"\r\n<!doctype html><img src=/stream>")
        elif path in _KINDS:
            self._head(200, **{"Content-Type": _KINDS[path]})
            self.wfile.write(b"\x1f\x8b\x08" + bytes(range(128, 256)))
        elif path == "empty":
            self._head(200)
        elif path.startswith("parts"):
            self._parts(path)
        elif path in _WORDS:
            self._head(200, **{"Content-Type": "text/plain"})
            self.wfile.write(_WORDS[path])
        elif path.endswith((".png", ".webp", ".gif", ".tiff", ".avif")):
            self._head(200, **{"Content-Type": "application/octet-stream"})
            self.wfile.write(cv2.imencode(path[path.index(".") :], stored(next(self.server.count)))[1].tobytes())
        elif path.endswith(".jpg"):
            coding = {"Content-Encoding": path.partition(".")[0]} if path in _PACKERS else {}
            self._head(200, **{"Content-Type": "image/jpeg"}, **coding)
            picture = jpeg(stored(next(self.server.count)), 6 if path == "lying.jpg" else 1)
            self.wfile.write(_PACKERS.get(path, bytes)(picture))
        else:
            self._stream(path)
        return None

    def _parts(self, path: str) -> None:
        """parts.png: without end.  parts-2.jpg: two in each answer.  parts-lost.webp: without their lengths.

        parts-bare.jpg: without the dashes before their boundary.  parts-told.jpg: with words before the first.
        """
        self._head(200, **{"Content-Type": "multipart/x-mixed-replace; boundary=frame"})
        stem, _, kind = path.partition(".")
        if "told" in stem:
            self.wfile.write(b"This is a stream.\r\nHave fun.\r\n")
        for i in itertools.count():
            image = stored(next(self.server.count))
            data = bytes(range(200)) if kind == "xyz" else cv2.imencode(f".{kind}", image)[1].tobytes()
            length = b"" if "lost" in stem else b"Content-Length: %d\r\n" % len(data)
            begin = b"frame" if "bare" in stem else b"--frame"
            head = b"%s\r\nContent-Type: image/%s\r\n%s\r\n" % (begin, kind.encode(), length)
            self.wfile.write(head + data + b"\r\n")
            if self.server.stop.wait(0.01) or stem == f"parts-{i + 1}":
                return

    def _stream(self, path: str) -> None:
        self._head(200, **{"Content-Type": "multipart/x-mixed-replace; boundary=frame"})
        for i in itertools.count():
            lying = path == "lying" or (path == "turns" and i >= 10)
            grown = path == "grows" and i >= 10
            data = jpeg(stored(i, *((2 * WIDTH, 2 * HEIGHT) if grown else ())), 6 if lying else 1)
            if path == "endless":
                data = data[:-2]
            if path == "torn" and i % 2:
                data = data[: len(data) * 3 // 4]
            self.wfile.write(
                b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data) + data + b"\r\n"
            )
            if self.server.stop.wait(0.01):
                return

    def _head(self, code: int, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class BadCamera(http.server.ThreadingHTTPServer):
    """Serves on a port of its own; stop ends its streams."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.count = itertools.count()
        self.stop = threading.Event()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _RtspHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        words = self.rfile.readline().split()
        if len(words) == 3:
            code = words[1].decode().rpartition("/")[2]
            self.wfile.write(f"RTSP/1.0 {code} No\r\nCSeq: 1\r\n\r\n".encode())


@contextlib.contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def bad_camera() -> Iterator[BadCamera]:
    camera = BadCamera()
    with serving(camera):
        yield camera
        camera.stop.set()


@contextlib.contextmanager
def rtsp_camera() -> Iterator[str]:
    """An RTSP server that answers everything with the number at the end of the path: its host."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _RtspHandler)
    server.daemon_threads = True
    with serving(server):
        yield f"127.0.0.1:{server.server_address[1]}"


def _basic() -> str:
    return base64.b64encode(":".join(LOGIN).encode()).decode()
