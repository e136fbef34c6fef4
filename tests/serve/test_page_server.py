"""The page's server answers its own page on this machine, and nobody else."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from livecam.errors import ServeError
from livecam.serve.page_server import NoSuchThingError, PageServer

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Page:
    """What is asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any] | None]] = []

    def __call__(self, name: str, sent: Mapping[str, Any] | None) -> tuple[str, bytes]:
        self.asked.append((name, sent))
        if name == "missing":
            raise NoSuchThingError(name)
        if sent == {"act": "nonsense"}:
            raise ValueError(sent)
        return "text/html", b"<p>hello"


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def server(page: Page) -> Iterator[PageServer]:
    with PageServer(page, "default-src 'none'") as server:
        yield server


def ask(server: PageServer, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Send a request to the server. path: below its address, or from the root if it begins with a slash."""
    address = urlsplit(server.address)
    where = path if path.startswith("/") else address.path + path
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection("127.0.0.1", address.port, timeout=30)) as connection:
        connection.request(method, where, body, named)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.headers), answer.read())


def test_the_page_is_served_under_its_secret_path_with_its_policy(server: PageServer, page: Page) -> None:
    answer = ask(server, "state?x=1")
    assert (answer.status, answer.body) == (200, b"<p>hello")
    assert page.asked == [("state", None)]
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin", "else Safari calls the page's own requests foreign"


@pytest.mark.parametrize("path", ["/", "/state", "/wrong-token/state", "/%2e%2e/state", "//"])
def test_nobody_guesses_the_path(server: PageServer, page: Page, path: str) -> None:
    assert ask(server, path).status == 404
    assert page.asked == []


def test_another_sites_name_for_this_machine_is_refused(server: PageServer, page: Page) -> None:
    port = urlsplit(server.address).port
    assert ask(server, "state", Host=f"evil.example:{port}").status == 421
    assert ask(server, "state", Host=f"localhost:{port}").status == 200
    assert len(page.asked) == 1


def test_another_sites_page_can_do_nothing(server: PageServer, page: Page) -> None:
    body = json.dumps({"act": "give"}).encode()
    assert ask(server, "do", "POST", body, **JSON, Origin="http://evil.example").status == 403
    assert ask(server, "do", "POST", body, **{"Content-Type": "text/plain"}).status == 400, "what a form can send"
    assert page.asked == []
    own = server.address.split("/")[2]
    assert ask(server, "do", "POST", body, **JSON, Origin=f"http://{own}").status == 200
    assert page.asked == [("do", {"act": "give"})]


@pytest.mark.parametrize("body", [b"no json", b"[1]", b"[" * 4000, b'{"a": "' + b"x" * 10_000 + b'"}'])
def test_what_is_no_small_object_is_refused(server: PageServer, page: Page, body: bytes) -> None:
    assert ask(server, "do", "POST", body, **JSON).status in {400, 413}
    assert page.asked == []


def test_what_is_not_there_and_what_makes_no_sense_is_said(server: PageServer) -> None:
    assert ask(server, "missing").status == 404
    assert ask(server, "do", "POST", b'{"act": "nonsense"}', **JSON).status == 400


def test_it_listens_on_the_loopback_address_alone_and_ends(page: Page) -> None:
    with PageServer(page, "") as server:
        port = urlsplit(server.address).port
        assert server._server.address.loopback
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port or 0)), timeout=5)


def test_a_library_that_is_missing_is_said_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "livecam.serve.guarded_server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ServeError, match="needs Starlette and uvicorn: install livecam again"):
        PageServer(Page(), "")
