"""A shoot in the browser for the tests: photos on the disk, looked through by fake models, shown by a real server."""

from __future__ import annotations

import gzip
import http.client
import io
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console

from livecam.best.apply import ApplyOutputs
from livecam.best.find_best import Wanted, find_best
from livecam.best.outputs.write import Outputs
from livecam.closing import Closing
from livecam.scoring.eye_policy import EyePolicy
from livecam.serve.live_server import ServeOptions
from livecam.serve.review_server import ReviewServer
from tests.best.photo_factories import make_photo
from tests.serve.live_sites import PATIENCE_S


def make_shoot(folder: Path) -> Path:
    """Two bursts and a lone photo: the first of 120, 180 and 150 light, the second blinks, the lone one is 200."""
    for i, light in enumerate((120, 180, 150)):
        make_photo(folder / f"a{i}.jpg", light, i / 4, size=(960, 720))
    for i, light in enumerate((150, 120)):
        make_photo(folder / f"b{i}.jpg", light, 600 + i / 4, blink=True, size=(960, 720))
    make_photo(folder / "c.jpg", 200, 1200, size=(720, 960))
    return folder


def make_many(folder: Path, count: int) -> Path:
    """So many small photos, IMG_0000.jpg and on, in bursts of five, a minute apart."""
    for i in range(count):
        make_photo(folder / f"IMG_{i:04d}.jpg", 60 + 30 * (i % 5), i // 5 * 60 + i % 5 / 4, size=(120, 80))
    return folder


class ReviewSite(Closing):
    """A review and its server; photos are those of ``review``, by their file's name."""

    def __init__(
        self,
        folder: Path,
        *,
        outputs: ApplyOutputs | None = None,
        address: str = "127.0.0.1:0",
        pin: str | None = None,
        look: bool = True,
    ) -> None:
        """look: begin at once, and wait for the end; else with ``look``."""
        self.folder = folder
        with ExitStack() as parts:
            options = ServeOptions(address, pin)
            self.server = parts.enter_context(ReviewServer(options, [str(folder)], outputs or ApplyOutputs()))
            self._parts = parts.pop_all()
        self.port = int(self.server.url.rsplit(":", 1)[1].strip("/"))
        if look:
            self.look()

    def look(self) -> None:
        wanted = Wanted(
            recursive=False, gap_s=2.0, top=1, keep_series=True, eyes=EyePolicy.OPEN, faces=10, model=None, as_json=True
        )
        find_best([str(self.folder)], wanted, Outputs(), Console(file=io.StringIO()), self.server)

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """Status, JSON or bytes, and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers or {})
            response = connection.getresponse()
            content: Any = response.read()
            if response.headers.get("content-encoding") == "gzip":
                content = gzip.decompress(content)
            if response.headers.get_content_type() == "application/json":
                content = json.loads(content)
            return response.status, content, response.headers
        finally:
            connection.close()

    def photos(self) -> dict[str, dict[str, Any]]:
        """What the page is told of each photo, by its file's name."""
        groups = self.ask("GET", "/api/review")[1]["groups"]
        return {photo["name"]: photo for group in groups for photo in group["photos"]}

    def say(self, name: str, **what: object) -> tuple[int, Any, http.client.HTTPMessage]:
        return self.ask("POST", f"/api/photos/{self.photos()[name]['id']}", what)

    def said(self) -> dict[str, Any]:
        """Every word, by the file's name."""
        names = {photo["id"]: name for name, photo in self.photos().items()}
        return {names[photo]: word for photo, word in self.ask("GET", "/api/said")[1]["said"].items()}

    def close(self) -> None:
        self._parts.close()
