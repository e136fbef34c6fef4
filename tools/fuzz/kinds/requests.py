"""What browsers and programs ask of livecam's servers: requests as they come over the wire, answered without a wire.

An input is one request, or several after each other with a line of dashes between them. What is behind a WebSocket's
head are its messages, a line each.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path
from unittest import mock

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
from tools.fuzz.kinds.wire import LIMITS, App, answer_all, reading
from tools.fuzz.reader import Reader, written

_PIN = "482910"
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
    over = False
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
    shoot.mkdir()
    results = []
    for i, photo in enumerate(_photos(folder)):
        path = written(shoot / f"{'abc'[i]}.jpg", photo)
        face = make_face_record(x=48, y=36, size=40, score=3 + i / 4)
        record = make_record(face, path=str(path), captured=NOON + timedelta(seconds=i / 4))
        results.append(ScanResult(Item(path), (record,)))
    with closing(ReviewJournal(folder / "reviews" / "j.jsonl")) as journal:
        review = Review(journal)
        review.show(choose(results), 1, 2, 2, done=True)
        outputs = ApplyOutputs(keepers=(keepers, Action.COPY))
        applying = ReviewApply(review, outputs, folder / "reviews" / "j.choices.json", [shoot], None)
        access = Access(_PIN)
        app = review_app(ReviewSite(review, _pictures(folder), applying, Viewers(LIMITS), access, LIMITS))
        name = next(iter(review._photos)).encode()  # noqa: SLF001  as the page is told
        await answer_all(app, access, [request.replace(b"PHOTO", name) for request in requests])


@cache
def _photos(folder: Path) -> list[bytes]:
    """Two of a burst."""
    return [make_photo(folder / "made" / f"{i}.jpg", 120, i / 4).read_bytes() for i in range(2)]


@cache
def _pictures(folder: Path) -> ReviewPictures:
    """One for the whole hunt, for it starts a thread; of clips there are none."""
    del folder
    return ReviewPictures(lambda _: ())


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


READERS: Mapping[str, Reader] = {
    "live-remote": Reader(_live_seeds, reading(_live)),
    "review": Reader(_review_seeds, reading(_review)),
    "rating-page": Reader(_page_seeds, reading(_page)),
}
