"""What browsers and programs ask of livecam's servers: requests as they come over the wire, answered without a wire.

An input is one request, or several after each other with a line of dashes between them. What is behind a WebSocket's
head are its messages, a line each.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import cache
from pathlib import Path
from unittest import mock

from livecam import model_files
from livecam.best.apply import ApplyOutputs
from livecam.best.ranking.selection import choose
from livecam.best.records.scan_result import ScanResult
from livecam.best.review.apply import ReviewApply
from livecam.best.review.journal import ReviewJournal
from livecam.best.review.state import Review
from livecam.live.recent_shots import RecentShots
from livecam.live.save_state import SaveState
from livecam.photos.discover import Item
from livecam.rating.cuts import Cuts
from livecam.rating.dialogue import Dialogue
from livecam.rating.page import RatingPage
from livecam.rating.questions import Question
from livecam.rating.session import RatingSession
from livecam.serve import page_server
from livecam.serve.access import Access
from livecam.serve.address import Address
from livecam.serve.live_remote import LiveRemote
from livecam.serve.live_routes import LiveSite, live_app
from livecam.serve.review_pictures import ReviewPictures
from livecam.serve.review_routes import ReviewSite, review_app
from livecam.serve.viewers import Viewers
from livecam.shutter.shutter_control import ShutterControl
from livecam.shutter.trigger import Trigger
from livecam.sources.health import Health
from livecam.storage.album import Shot
from livecam.storage.transfer import Action
from livecam.types import Frame
from tests.best.photo_factories import make_photo
from tests.best.records.factories import NOON, make_face_record, make_record
from tests.factories import make_frame, make_moment
from tests.rating.rating_factories import photo_questions
from tools.fuzz.fence import fenced
from tools.fuzz.kinds.wire import LIMITS, SECRET, App, answer_all
from tools.fuzz.reader import Reader, written

_PIN = "482910"
_MOST_REQUESTS = 8
_BETWEEN = re.compile(rb"\r?\n-{3,}\r?\n")
_HOST = b"Host: 127.0.0.1:8765\r\n"
_BEARER = b"Authorization: Bearer " + _PIN.encode() + b"\r\n"


def _get(path: str, more: bytes = _BEARER) -> bytes:
    return b"GET " + path.encode() + b" HTTP/1.1\r\n" + _HOST + more + b"\r\n"


def _post(path: str, body: str = "", more: bytes = _BEARER, method: bytes = b"POST") -> bytes:
    head = method + b" " + path.encode() + b" HTTP/1.1\r\n" + _HOST + b"Content-Type: application/json\r\n"
    return head + more + b"\r\n" + body.encode()


_SHARED = (
    _post("/api/login", f'{{"pin": "{_PIN}"}}', b""),
    _post("/api/login", '{"pin": "1"}', b"Origin: http://127.0.0.1:8765\r\nSec-Fetch-Site: same-origin\r\n"),
    _post("/api/logout", "", b"Cookie: livecam_8765=abc; x=1\r\n"),
    _get("/api/me", b"Authorization: Basic aG9zdDo0ODI5MTA=\r\n"),
    _get("/", b'If-None-Match: "0123456789abcdef"\r\n'), _get("/api/events"),
)  # fmt: skip


def _live_seeds(folder: Path) -> list[bytes]:
    """What the page of a run asks for."""
    del folder
    seeds = [
        _post("/api/shutter", '{"mode": "now"}'), _post("/api/shutter?mode=countdown", "", b""),
        _post("/api/auto", '{"on": false}'), _post("/api/pause", "{}"), _post("/api/threshold", '{"shift": -0.5}'),
        _post("/api/shots/a.jpg/rating", '{"rating": 4}'), _post("/api/shots/a.jpg", "", method=b"DELETE"),
        _post("/api/undo"), _get("/api/state"), _get("/api/shots"), _get("/shots/a.jpg"), _get("/qr.svg", b""),
        _get("/shots/a.jpg/thumbnail", b""), _get("/live.mjpeg"), _get("/shots/..%2fsecret%2fs.jpg"),
    ]  # fmt: skip
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    socket = _get("/live", upgrade) + b'{"shown": 1}\n{"shown": 2}\n\xff\n'
    return [*seeds, *_SHARED, socket, b"\r\n----\r\n".join((seeds[6], seeds[7], seeds[5]))]


def _review_seeds(folder: Path) -> list[bytes]:
    """What the page of a review asks for; PHOTO is one that is there."""
    del folder
    seeds = [
        _get("/api/review"), _get("/api/said"), _post("/api/photos/PHOTO", '{"flag": "keep", "stars": 4}'),
        _post("/api/photos/PHOTO", '{"forgiven": true, "flag": null}'), _post("/api/undo"), _get("/api/apply"),
        _post("/api/apply", '{"what": ["marks"]}'), _post("/api/apply", '{"what": ["keepers"]}'),
        _post("/api/apply/undo"), _get("/photos/PHOTO/small"), _get("/photos/PHOTO/faces/0"),
        _get("/photos/..%2f..%2fsecret%2fs.jpg/whole"),
    ]  # fmt: skip
    return [*seeds, *_SHARED, b"\r\n----\r\n".join((seeds[2], seeds[7], seeds[8]))]


def _page_seeds(folder: Path) -> list[bytes]:
    """What the rating page asks for; TOKEN is what nobody can guess."""
    del folder
    acts = ('"give", "answer": 1', '"skip"', '"back"', '"undo"', '"finish"', '"seen"')
    does = [_post("/TOKEN/do", f'{{"number": 0, "act": {act}}}', b"") for act in acts]
    reads = [_get(f"/TOKEN/{name}", b"") for name in ("", "state", "0-0-face.jpg", "0-1-whole.jpg")]
    return [*does, *reads, _get("/guessed/state", b""), b"\r\n----\r\n".join(does[:4])]


class _Run:
    """A run that shows one frame."""

    latest = backend = None
    every, fps, saved = 1, 30.0, 1

    def __init__(self) -> None:
        self.newest: Frame | None = make_frame()
        self.paused, self.save_state = False, SaveState()

    def capture(self, frame: Frame) -> None:
        """Take it."""

    capture_exactly = capture


class _Camera:
    """One that works."""

    health, live, stream_stats = Health.OK, True, None


async def _live(requests: list[bytes], folder: Path) -> None:
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    shot = Shot(written(out / "a.jpg", b"\xff\xd8 a picture \xff\xd9"), make_moment(0, 4.5), 0.0)
    run, call = _Run(), asyncio.get_running_loop().call_soon_threadsafe
    control = ShutterControl(Trigger(), countdown_s=0.5)
    with RecentShots(out) as recent, LiveRemote(_Camera(), control, recent, (out,), call, LIMITS) as remote:  # type: ignore[arg-type]
        recent.add(shot)
        remote.show_shot(shot)
        remote.refresh(run)
        access = Access(_PIN)
        app = live_app(LiveSite(remote, access, LIMITS, "http://127.0.0.1:8765/", b"<svg/>", guests_shoot=True))

        async def go_on() -> None:
            while True:
                for result in recent.results():
                    remote.show_result(result)
                remote.refresh(run)
                await asyncio.sleep(0.0005)

        going = asyncio.ensure_future(go_on())
        try:
            await answer_all(app, access, requests)
        finally:
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)


async def _review(requests: list[bytes], folder: Path) -> None:
    shoot, keepers = folder / "shoot", folder / "keepers"
    for made in (shoot, keepers, folder / "reviews"):
        shutil.rmtree(made, ignore_errors=True)
    results = []
    for i in range(3):
        path = make_photo(shoot / f"{'abc'[i]}.jpg", 120, i / 4)
        face = make_face_record(x=48, y=36, size=40, score=3 + i / 4)
        record = make_record(face, path=str(path), captured=NOON + timedelta(seconds=i / 4))
        results.append(ScanResult(Item(path), (record,)))
    with closing(ReviewJournal(folder / "reviews" / "j.jsonl")) as journal:
        review = Review(journal)
        review.show(choose(results), 1, 3, 3, done=True)
        outputs = ApplyOutputs(keepers=(keepers, Action.COPY))
        applying = ReviewApply(review, outputs, folder / "reviews" / "j.choices.json", [shoot], None)
        access = Access(_PIN)
        pictures = ReviewPictures(review.frames_of)
        app = review_app(ReviewSite(review, pictures, applying, Viewers(LIMITS), access, LIMITS))
        name = next(iter(review._photos)).encode()  # noqa: SLF001  as the page is told
        await answer_all(app, access, [request.replace(b"PHOTO", name) for request in requests])


class _NoServer:
    """Stands where a page has its server: it takes the application, and listens nowhere."""

    made: _NoServer

    def __init__(self, address: Address, folder: Path | None, *, pin: str | None) -> None:
        del folder
        self.address, self.access, self.limits = Address(address.host, 8765), Access(pin), LIMITS
        _NoServer.made = self

    def start(self, app: App) -> None:
        """Answer with app."""
        self.app = app

    def close(self) -> None:
        """There is nothing to close."""


async def _page(requests: list[bytes], folder: Path) -> None:
    questions, cuts = _questions(folder)
    session = RatingSession(questions, lambda *_: None)
    unserved = mock.patch.object(page_server, "WebServer", _NoServer)
    with unserved, RatingPage(Dialogue(session, cuts)) as page:
        token = page.address.split("/")[-2].encode()
        server = _NoServer.made
        await answer_all(server.app, server.access, [request.replace(b"TOKEN", token) for request in requests])


@cache
def _questions(folder: Path) -> tuple[list[Question], Cuts]:
    """Two questions, whose pictures are made once."""
    questions = photo_questions(folder / "rated", 2)
    return questions, Cuts(questions)


def _reading(serve: Callable[[list[bytes], Path], Awaitable[None]]) -> Callable[[bytes, Path], None]:
    def read(data: bytes, folder: Path) -> None:
        secret = folder / "secret"
        secret.mkdir(exist_ok=True)
        for name in ("s.jpg", "a.jpg"):
            written(secret / name, b"\xff\xd8" + SECRET)
        environment = {"LIVECAM_TASTE": str(folder / "taste"), "LIVECAM_REVIEWS": str(folder / "reviews")}
        with ExitStack() as parts:
            parts.enter_context(mock.patch.dict("os.environ", environment))
            parts.enter_context(mock.patch.object(model_files, "cache_dir", return_value=folder / "cache"))
            requests = _BETWEEN.split(data)[:_MOST_REQUESTS]
            parts.enter_context(fenced(folder))
            asyncio.run(serve(requests, folder))  # type: ignore[arg-type]

    return read


READERS: Mapping[str, Reader] = {
    "live-remote": Reader(_live_seeds, _reading(_live)),
    "review": Reader(_review_seeds, _reading(_review)),
    "rating-page": Reader(_page_seeds, _reading(_page)),
}
