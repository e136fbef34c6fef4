"""Attacks on the server: each is refused or bounded, the camera goes on, and no picture is lost."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import struct
import sys
from collections.abc import MutableMapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as connect_now

from livecam.serve.access import Access, Attempts
from livecam.serve.address import Address
from livecam.serve.gate import Gate
from livecam.serve.limits import ServerLimits
from tests.serve.conftest import IMPATIENT, Start
from tests.serve.live_sites import PATIENCE_S, Camera, LiveSite, eventually, is_closed

HANDSHAKE = (
    b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd", "/shots/../../etc/passwd", "/shots/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/shots/..%5c..%5csecret", "/shots//etc/passwd", "/shots/%00", "/shots/ratings.csv", "/live.js/../live.html",
        "/shots/secret.jpg", "/%2e%2e/pyproject.toml",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_pictures_of_the_run(start: Start, path: str) -> None:
    site = start()
    (site.out / "secret.jpg").write_bytes(b"\xff\xd8 somebody else's")
    (site.out / "ratings.csv").write_text("path,rating\n")
    site.take()
    connection = site.raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"root:" not in answer
    assert b"somebody" not in answer


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_a_link_in_the_place_of_a_picture_or_of_its_folder_is_not_followed(start: Start, tmp_path: Path) -> None:
    site = start()
    name = site.take()
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / name).write_bytes(b"not a picture of this run")
    (site.out / name).rename(site.out / "aside.jpg")
    (site.out / name).symlink_to(secret / name)
    assert site.ask("GET", f"/shots/{name}")[0] == 404
    (site.out / name).unlink()
    os.mkfifo(site.out / name)
    assert site.ask("GET", f"/shots/{name}")[0] == 404, "and nothing waits for somebody to write into a pipe"
    (site.out / name).unlink()

    deleted = site.out / "deleted"
    deleted.symlink_to(secret)
    shot = site.remote.shots.find(name)
    assert shot is not None
    shot.shown.path = deleted / name
    assert site.ask("GET", f"/shots/{name}")[0] == 404
    deleted.unlink()
    site.assert_well()


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/api/threshold", b'{"shift": 1' + b"0" * 400 + b"}", {}, 422),
        ("/api/threshold", b'{"shift": -1e999}', {}, 422),
        ("/api/auto", b'{"on": true}', {"Origin": "http://["}, 403),
        ("/api/login", rb'{"pin": "\ud800"}', {"Authorization": ""}, 401),
        ("/api/auto", b"{}", {"Authorization": "Basic \xe9"}, 401),
        ("/api/auto", b"{}", {"Authorization": "Basic /w=="}, 401),
    ],
    ids=["a number beyond all floats", "no end", "an origin that is no address", "half a character", "é", "no text"],
)
def test_what_json_and_headers_can_say_and_nobody_means_is_refused_in_words(
    start: Start, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    site = start(pin="4711")
    answered, content, _ = site.ask("POST", path, body, {"Authorization": "Bearer 4711"} | headers)
    assert answered == status
    assert content["error"]


def test_oversized_requests_are_refused_before_they_are_read(start: Start) -> None:
    site = start(limits=IMPATIENT)
    large = site.raw(b"POST /api/shutter HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n")
    assert large.recv(100).startswith(b"HTTP/1.1 413")
    head = site.raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    with suppress(ConnectionError):
        for _ in range(200):
            head.sendall(b"X-Long: " + b"a" * 1000 + b"\r\n")
    assert is_closed(head)
    begin = b"POST /api/shutter HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"3e8\r\n" + b"a" * 1000 + b"\r\n"
    assert site.raw(begin + 5 * chunk).recv(100).startswith(b"HTTP/1.1 413")
    endless = site.raw(begin)
    with suppress(ConnectionError):
        for _ in range(2000):
            endless.sendall(chunk)
    assert is_closed(endless)
    site.assert_well()


@pytest.mark.parametrize(
    "begin",
    [
        b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"POST /api/shutter HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20\r\n\r\n{",
        b"GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",  # and then nothing more
        b"POST /api/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4000\r\n\r\n",
    ],
)  # fmt: skip
def test_who_takes_too_long_over_a_request_is_put_out(start: Start, begin: bytes) -> None:
    site = start(limits=IMPATIENT)
    slow = site.raw(begin)
    slow.settimeout(0.05)
    for _ in range(400):  # a byte now and then does not help
        try:
            slow.sendall(b"a")
            if slow.recv(65_536) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    else:
        pytest.fail("it was never put out")
    site.assert_well()


@pytest.mark.slow
def test_a_thousand_sockets_leave_the_host_their_picture(start: Start) -> None:
    resource = pytest.importorskip("resource", reason="needs limits of open files")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2500
    if soft < wanted:
        if hard not in {resource.RLIM_INFINITY, -1} and hard < wanted:
            pytest.skip(f"this system allows {hard} open files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    limits = ServerLimits(request_s=1.0)
    site = start(limits=limits)
    with connect_now(f"ws://127.0.0.1:{site.port}/live") as host, ExitStack() as sockets:
        others = []
        for _ in range(1000):
            with suppress(OSError):
                other = sockets.enter_context(socket.create_connection(("127.0.0.1", site.port), timeout=20))
                others.append(other)
        assert len(others) > 500
        assert is_open_count(others) <= limits.of_one
        host.send('{"shown": 0}')
        assert host.recv(20)
        for other in others:
            assert is_closed(other)
        assert host.recv(20)
        eventually(lambda: site.ask("GET", "/api/me")[0] == 200)
        site.assert_well()


def is_open_count(connections: list[socket.socket]) -> int:
    """How many the server has not closed at once."""
    count = 0
    for connection in connections:
        connection.settimeout(0.01)
        try:
            count += connection.recv(1) != b""
        except TimeoutError:
            count += 1
        except OSError:
            pass
    return count


@pytest.mark.parametrize(
    "frame",
    [
        b"\x81\x05hello",  # not masked
        b"\xf1\x80\0\0\0\0",  # reserved bits
        b"\x83\x80\0\0\0\0",  # an opcode that there is not
        b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",  # longer than any memory
        b"\x89\xfe\x01\x00\0\0\0\0",  # a ping too long
        b"\x80\x80\0\0\0\0",  # goes on with nothing
        b"\x81\x82\0\0\0\0\xff\xfe",  # no UTF-8
        b"\x81\x85\0\0\0\0hello",  # no JSON
        b"\x81\x82\0\0\0\0[]",
        b'\x81\x91\0\0\0\0{"shown": "many"}',
        b"\x82\x81\0\0\0\0a",  # binary
        bytes(range(0x61, 0xA1)),
    ],
)
def test_malformed_websocket_frames_close_that_websocket_alone(start: Start, frame: bytes) -> None:
    site = start(limits=IMPATIENT)
    with connect_now(f"ws://127.0.0.1:{site.port}/live") as other:
        broken = site.raw(HANDSHAKE)
        assert broken.recv(12) == b"HTTP/1.1 101"
        broken.sendall(frame)
        assert is_closed(broken)
        assert other.recv(20)
    site.assert_well()


def test_a_message_that_is_too_large_is_not_taken(start: Start) -> None:
    site = start()
    with connect_now(f"ws://127.0.0.1:{site.port}/live", max_size=None) as viewer:
        viewer.send('{"shown": ' + " " * 100_000 + "1}")
        with suppress(ConnectionClosed):
            while True:
                viewer.recv(20)
        assert viewer.close_code == 1009
    site.assert_well()


HOSTS = ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "192.0.2.1", "", "127.0.0.1@evil.example",
         "localhost.evil", "[::2]", "127.0.0.1:99999", "[127.0.0.1"]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_another_name_of_this_computer_is_not_answered(start: Start, host: str) -> None:
    site = start()
    for path in ("/", "/api/state", "/live.mjpeg"):
        assert site.ask("GET", path, headers={"host": host})[0] == 421
    watching = site.raw(HANDSHAKE.replace(b"Host: 127.0.0.1", b"Host: " + host.encode()))
    assert watching.recv(12) == b"HTTP/1.1 421"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9000", "LOCALHOST:1", "[::1]:80", "localhost."])
def test_a_tunnel_to_this_computer_is_answered(start: Start, host: str) -> None:
    assert start().ask("GET", "/api/me", headers={"host": host})[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://evil.example", ""])
def test_a_page_of_somebody_else_may_neither_press_nor_watch(start: Start, origin: str) -> None:
    site = start()
    headers = {"origin": origin}
    assert site.ask("POST", "/api/shutter", headers=headers)[0] == 403
    assert site.ask("GET", "/api/state", headers=headers)[0] == 403
    with (
        pytest.raises(InvalidStatus) as refused,
        connect_now(f"ws://127.0.0.1:{site.port}/live", additional_headers=headers),
    ):
        pass
    assert refused.value.response.status_code == 403
    assert site.pictures == []


@pytest.mark.parametrize("mode", ["no-cors", "cors"])
def test_what_a_browser_says_of_the_asking_page_counts_too(start: Start, mode: str) -> None:
    site = start()
    for where in ("cross-site", "same-site"):
        headers = {"sec-fetch-site": where, "sec-fetch-mode": mode}
        assert site.ask("GET", "/live.mjpeg", headers=headers)[0] == 403
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert site.ask("GET", "/", headers=followed)[0] == 200, "a link may lead here"


def test_a_pin_that_is_guessed_is_slowed_down_and_then_even_the_right_one_waits(start: Start) -> None:
    site = start(pin="123456")
    answers = [site.ask("POST", "/api/login", {"pin": f"{guess:06}"}) for guess in range(Attempts.FREE + 1)]
    assert [status for status, _, _ in answers] == [401] * (Attempts.FREE - 1) + [429] * 2
    assert int(answers[-1][2]["retry-after"]) >= 5
    assert site.ask("POST", "/api/login", {"pin": "123456"})[0] == 429
    assert site.ask("POST", "/api/auto", {}, {"authorization": "Bearer 123456"})[0] == 429, "by no other way either"
    site.assert_well()


@pytest.mark.parametrize(
    "cookie", ["livecam_8765=x", "livecam_{port}=x", "livecam_{port}=", "=;;=", '"', "livecam_{port}=\xff"]
)
def test_a_cookie_that_is_made_up_opens_nothing(start: Start, cookie: str) -> None:
    site = start(pin="123456")
    headers = {"cookie": cookie.format(port=site.port)}
    assert site.ask("GET", "/api/me", headers=headers)[1]["role"] == "guest"
    assert site.ask("POST", "/api/auto", {}, headers)[0] == 403


async def watch(site: LiveSite, *, answer: bool) -> tuple[ClientConnection, int]:
    """Watch until ten pictures have come, or, without answers, until there are no more; also return how many came."""
    connection = await connect(f"ws://127.0.0.1:{site.port}/live")
    count = 0
    with suppress(ConnectionClosed):
        while count < 10:
            message = await connection.recv()
            if isinstance(message, bytes):
                count += 1
                if answer:
                    await connection.send(f'{{"shown": {struct.unpack(">I", message[:4])[0]}}}')
    return connection, count


def test_a_viewer_that_answers_nothing_is_put_out_after_two_pictures(start: Start) -> None:
    site = start(limits=IMPATIENT)

    async def story() -> int:
        connection, count = await watch(site, answer=False)
        await connection.close()
        return count

    assert asyncio.run(asyncio.wait_for(story(), 20)) == 2
    eventually(lambda: site.remote.viewers.wanted == 0)
    site.assert_well()


def test_a_slow_viewer_costs_the_others_nothing(start: Start) -> None:
    site = start()

    async def story() -> int:
        slow, _ = await connect(f"ws://127.0.0.1:{site.port}/live"), None  # takes and answers nothing
        quick, count = await watch(site, answer=True)
        await quick.close()
        await slow.close()
        return count

    assert asyncio.run(asyncio.wait_for(story(), 20)) == 10


def test_who_never_reads_is_put_out_and_what_waits_for_them_is_bounded(start: Start) -> None:
    """Pictures so large that they do not fit into what the system keeps for a connection."""
    site = start(limits=IMPATIENT, camera=Camera((1280, 720)))
    parts = ExitStack()
    for path in (b"/live.mjpeg", b"/api/events", HANDSHAKE):
        deaf = parts.enter_context(socket.socket())
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", site.port))
        deaf.sendall(path if path is HANDSHAKE else b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    eventually(lambda: site.remote.viewers.wanted > 0)
    eventually(lambda: site.remote.viewers.wanted == 0)
    site.assert_well()
    parts.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there a socket takes all that is sent to it")
def test_pings_without_end_from_who_never_reads_do_not_fill_the_memory(start: Start) -> None:
    site = start(limits=ServerLimits(stuck_s=PATIENCE_S))
    deaf = site.raw(HANDSHAKE)
    assert deaf.recv(12) == b"HTTP/1.1 101"
    pings = (b"\x89\xfd\0\0\0\0" + b"a" * 125) * 500
    deaf.setblocking(False)
    taken = 0
    while select.select([], [deaf], [], 2.0)[1]:  # until no more is taken: the answers wait for somebody to read them
        taken += deaf.send(pings[taken % len(pings) :])
        assert taken < 64 << 20, "more than the system keeps for a connection"
    site.assert_well()


def test_no_more_may_watch_than_there_are_places_and_guests_leave_some_to_the_host(start: Start) -> None:
    site = start(pin="123456", limits=ServerLimits(viewers=3, guest_viewers=2))
    address = f"ws://127.0.0.1:{site.port}/live"
    with ExitStack() as guests:
        for _ in range(2):
            guests.enter_context(connect_now(address)).recv(20)
        with connect_now(address) as third, pytest.raises(ConnectionClosed):
            third.recv(20)
        assert site.ask("GET", "/live.mjpeg")[0] == 503
        with connect_now(address, additional_headers={"authorization": "Bearer 123456"}) as host:
            assert host.recv(20)


def test_orders_without_end_are_refused_and_the_camera_goes_on(start: Start) -> None:
    site = start()
    answers = {site.ask("POST", "/api/auto", {"on": False})[0] for _ in range(60)}
    assert answers == {200, 429}
    eventually(lambda: site.ask("POST", "/api/auto", {"on": True})[0] == 200)
    site.assert_well()


@pytest.mark.parametrize(
    ("came_to", "host", "status"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1:8765", 200),  # as whoever listens at [::] is told an IPv4 address
        ("::ffff:192.0.2.1", "192.0.2.2:8765", 421),
        ("2001:db8::1", "[2001:db8::1]:8765", 200),
        ("2001:db8::1", "192.0.2.1:8765", 421),
    ],
)
def test_the_address_that_a_connection_came_to_is_a_name_of_this_computer(came_to: str, host: str, status: int) -> None:
    answered: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])

    at = Address("::", 8765)
    gate = Gate(Response(), Access("482913"), at.names(), at.port, ServerLimits())
    headers = [(b"host", host.encode())]
    scope = {"type": "http", "method": "GET", "headers": headers, "client": ("::1", 1), "server": (came_to, 8765)}
    asyncio.run(gate(scope, receive, send))
    assert answered == [status]
