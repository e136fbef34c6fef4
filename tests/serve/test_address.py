"""Where the server listens, and the one line that says why it cannot."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from livecam import cli, model_files
from livecam.errors import LivecamError, ServeError
from livecam.serve.address import Address
from livecam.serve.web_server import WebServer
from livecam.storage.folder_lock import alone_at
from tests.commands.run_factories import make_clip

EVERYWHERE = ".".join("0000")  # the address of all addresses
OPENSSL = shutil.which("openssl") or ""


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    if not OPENSSL:
        pytest.skip("needs openssl")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        ("127.0.0.1:8765", "127.0.0.1", 8765, True),
        (f"{EVERYWHERE}:80", EVERYWHERE, 80, False),
        (":9000", "127.0.0.1", 9000, True),
        ("9000", "127.0.0.1", 9000, True),
        ("0", "127.0.0.1", 0, True),
        (":0", "127.0.0.1", 0, True),
        ("localhost", "localhost", 8765, True),
        ("[::1]:9000", "::1", 9000, True),
        ("[::]", "::", 8765, False),
        ("booth.local:1", "booth.local", 1, False),
        ("127.0.0.2", "127.0.0.2", 8765, True),
        ("127.evil.example", "127.evil.example", 8765, False),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int, *, loopback: bool) -> None:
    address = Address.parse(text)
    assert (address.host, address.port, address.loopback) == (host, port, loopback)


@pytest.mark.parametrize(
    "text", ["", "a b", "http://127.0.0.1", "1.2.3.4:x", "host:99999", "::1:80", "user@host", "a:1:2"]
)
def test_what_is_no_address_is_said(text: str) -> None:
    with pytest.raises(ServeError, match=r"address|port"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["99999", ":99999", "127.0.0.1:65536", "[::1]:123456789"])
def test_a_port_that_there_is_none_is_said(text: str) -> None:
    port = text.rpartition(":")[2]
    with pytest.raises(ServeError, match=rf"^there is no port {port}: choose one from 1024 to 65535$"):
        Address.parse(text)


def test_a_name_that_nobody_has_says_what_to_write() -> None:
    with pytest.raises(
        ServeError, match=r"^a\.invalid is no address of this computer \(.*\): write --serve 127\.0\.0\.1:8765, or"
    ):
        Address.parse("a.invalid").listen()


def test_a_url_is_one_that_a_browser_takes() -> None:
    assert Address("127.0.0.1", 8765).url() == "http://127.0.0.1:8765/"
    assert Address("::1", 443).url("https") == "https://[::1]/"
    assert EVERYWHERE not in Address(EVERYWHERE, 8765).url()


def run(*words: str | Path) -> int:
    return cli.run(["run", "--headless", *map(str, words)])


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")


def assert_one_line(capsys: pytest.CaptureFixture[str], *words: str) -> None:
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1, said
    for word in words:
        assert word in said


def test_a_port_in_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        place = f"127.0.0.1:{other.getsockname()[1]}"
        assert run("--source", "demo", "--serve", place, "--out", tmp_path / "out") == 1
    assert_one_line(capsys, place, "in use", "choose another port")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("address", ["192.0.2.7:8765", "no-such-host.invalid:8765"])
def test_an_address_that_is_not_ours_is_one_line(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--source", "demo", "--serve", address, "--pin", "123456", "--out", tmp_path / "out") == 1
    assert_one_line(capsys, address.rsplit(":", 1)[0], "no address of this computer")


@pytest.mark.parametrize("kind", ["missing", "pipe", "text", "mixed", "locked"])
def test_tls_files_that_do_not_work_are_one_line(
    kind: str, certificate: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cert, key = certificate
    if kind == "missing":
        key = tmp_path / "none.pem"
    elif kind == "pipe":
        key = tmp_path / "pipe.pem"
        os.mkfifo(key)
    elif kind == "text":
        cert.write_text("no certificate")
    elif kind == "mixed":
        subprocess.run([OPENSSL, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
    else:
        locked = tmp_path / "locked.pem"
        subprocess.run([OPENSSL, "ec", "-in", key, "-aes128", "-passout", "pass:x", "-out", locked], check=True,
                       capture_output=True)  # fmt: skip
        key = locked
    assert run("--source", "demo", "--serve", "127.0.0.1:0", "--tls", cert, key, "--out", tmp_path / "out") == 1
    assert_one_line(capsys, "--tls")


def test_two_servers_over_one_folder_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    with alone_at(out, "serves", ServeError):
        assert run("--source", "demo", "--serve", "127.0.0.1:0", "--out", tmp_path / "x" / ".." / "out") == 1
    assert_one_line(capsys, str(out.name), "another livecam serves")
    with alone_at(out, "serves", ServeError):
        pass


def test_no_pin_no_foreign_address(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="PIN"):
        WebServer(Address(EVERYWHERE, 0), tmp_path, pin=None)


@pytest.mark.parametrize("words", [["--pin", "1234"], ["--guests-shoot"], ["--tls", "a", "b"]])
def test_what_goes_with_serve_needs_it(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--source", "demo", *words) == 2
    assert "--serve" in capsys.readouterr().err


def test_serve_needs_no_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []

    def listen(address: Address) -> socket.socket:
        asked.append(address)
        raise ServeError("enough")

    monkeypatch.setattr(Address, "listen", listen)
    for words in (["--serve"], ["--serve", "--headless"]):
        assert run("--source", "demo", "--out", tmp_path, *words) == 1
    assert asked == [Address("127.0.0.1", 8765)] * 2


def test_everybody_in_the_network_gets_a_pin_and_it_is_printed_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livecam.serve.live_server.new_pin", lambda: "271828")
    clip = make_clip(tmp_path / "clip.mp4", frames=3)
    monkeypatch.setattr(
        "livecam.ui.run_parts.load_analyser", lambda *_, **__: (_ for _ in ()).throw(LivecamError("stop"))
    )
    assert run("--source", clip, "--serve", f"{EVERYWHERE}:0", "--out", tmp_path / "out") == 1
    said = capsys.readouterr().err
    assert said.count("271828") == 1
    assert "everybody in this network can watch" in said
    assert "--tls" in said


def test_with_tls_the_page_comes_encrypted_and_the_cookie_only_there(
    certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    import http.client  # noqa: PLC0415
    import ssl  # noqa: PLC0415

    from tests.serve.live_sites import LiveSite  # noqa: PLC0415

    with LiveSite(tmp_path / "out", pin="123456", tls=certificate) as site:
        assert site.server.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=str(certificate[0]))
        trusted.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", site.port, context=trusted, timeout=20)
        connection.request("POST", "/api/login", '{"pin": "123456"}')
        response = connection.getresponse()
        assert response.status == 200
        assert "secure" in response.headers["set-cookie"].lower()
        connection.close()
        plain = site.raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert not plain.recv(100).startswith(b"HTTP")


def test_who_begins_no_tls_is_put_out(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    from livecam.serve.limits import ServerLimits  # noqa: PLC0415
    from tests.serve.live_sites import LiveSite, is_closed  # noqa: PLC0415

    with LiveSite(tmp_path / "out", tls=certificate, limits=ServerLimits(handshake_s=0.5)) as site:
        assert is_closed(site.raw(b""))
        assert is_closed(site.raw(b"\x16\x03\x01\x02\x00"))  # the beginning of a handshake, and no more
        site.assert_well()


def test_nothing_of_the_web_is_loaded_without_serve() -> None:
    code = (
        "import sys; from livecam import cli; cli.run(['run', '--help']); cli.run(['run', '--source', 'no-such-file']);"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"starlette", "uvicorn", "websockets", "segno", "asyncio"} & set(done.stdout.splitlines()[-1].split())
