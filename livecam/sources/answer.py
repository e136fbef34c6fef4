"""What is behind an address that gives no video: asked once more, in HTTP or RTSP, and said as what it is."""

from __future__ import annotations

import codecs
import http.client
import re
import socket
import ssl
import string
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from livecam.addresses import without_password, without_secrets
from livecam.errors import SourceBusyError, SourceError, SourceRefusedError
from livecam.sources.packed_answer import Answer, coding_of, unpacked

PICTURE_BYTES = 64_000_000  # of a picture at most; set by hand
_SNIFFED = 512
_QUOTED = 80  # letters of an answer in words; set by hand
_PORTS = {"http": 80, "https": 443, "rtsp": 554}
# JPEG, PNG, WebP, BMP, GIF, TIFF, AVIF.
_PICTURES = re.compile(rb"\xff\xd8\xff|\x89PNG|RIFF....WEBP|BM|GIF8|II\*\0|MM\0\*|....ftyp(?:avif|avis)", re.DOTALL)
_NO_TEXT = re.compile(rb"--|#EXTM3U|v=0")  # parts of a stream, a playlist, a description of one
# Parts of a stream, whatever its head says it is.
_PARTS = re.compile(rb"\s*(?:--\S+\r?\n(?:[\w-]+:|\r?\n)|\S+\r?\ncontent-(?:type|length):)", re.IGNORECASE)
# What an answer may be called that is no video. Cameras call theirs anything, application/octet-stream above all.
_OTHER_KINDS = re.compile(
    r"audio/[\w.+-]+|application/(?:pdf|zip|gzip|json|xml|javascript|x-tar|msword|rtf)|text/[\w.+-]+"
)
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?<", re.DOTALL)
_REFUSED = (401, 403, 407)
# A camera that starts answers so, or what stands before it; to come back after more than _SOON_S (by hand) is no start.
_BUSY, _SOON_S = (429, 502, 503, 504), 30
_WORDS = {
    401: "asks for a name and a password (401): {password}",
    403: "does not let you in (403): check what the camera allows, and name and password",
    404: "is not there (404): check what stands behind the camera's name in the address",
    407: "is behind a proxy that asks for a password (407): ask the camera without it",
    410: "is not there any more (410): check what stands behind the camera's name in the address",
    429: "is asked too often (429): close other programs that watch it",
    453: "has no room for one more who watches (453): close other programs that watch it",
}


@dataclass(frozen=True, slots=True)
class Login:
    """An address without its name and password, and both of them. host: with the port, as it was written.

    url: in letters that HTTP allows; people write addresses as their camera shows them, spaces and all.
    """

    url: str
    host: str
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> Self:
        """Take url apart as FFmpeg does: name and password end at the last @ before the path."""
        scheme, _, rest = url.partition("://")
        before_path = re.split(r"[/?#]", rest, maxsplit=1)[0]
        login, _, host = before_path.rpartition("@")
        user, _, password = login.partition(":")
        path = quote(rest[len(before_path) :].partition("#")[0], safe=string.punctuation)
        return cls(f"{scheme}://{host}{path}", host, unquote(user), unquote(password))


class HttpAsker:
    """Asks an http(s) address with its name and password (Basic, Digest). Certificates do not count, as in FFmpeg.

    in_parts: the answer is no picture but several, one after another; set by ``find_snapshot``.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        """timeout_s: to connect, and for each part of an answer."""
        self.login = Login.of(url)
        self.in_parts = False
        self._timeout_s = timeout_s
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        handlers: list[urllib.request.BaseHandler] = []
        if self.login.user or self.login.password:
            known.add_password(None, self.login.url, self.login.user, self.login.password)
            handlers = [urllib.request.HTTPDigestAuthHandler(known), urllib.request.HTTPBasicAuthHandler(known)]
        # Cameras sign their certificates themselves.
        context = ssl._create_unverified_context()  # noqa: S323, SLF001
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), *handlers)

    def open(self) -> Answer:
        """Return the answer, to be closed by the caller. Raises OSError and HTTPException."""
        answer: http.client.HTTPResponse = self._opener.open(self.login.url, timeout=self._timeout_s)
        return unpacked(answer)

    def get(self, most_bytes: int = PICTURE_BYTES) -> bytes:
        """Return what the address gives, most_bytes at most. Raises OSError and HTTPException."""
        with self.open() as answer:
            return answer.read(most_bytes)


def find_snapshot(url: str, name: str, timeout_s: float) -> HttpAsker | None:
    """Return who asks url if pictures are there; None if no more is known. SourceError: what is there instead."""
    scheme = url.partition("://")[0].lower()
    try:
        (urlsplit(Login.of(url).url).hostname or "").encode("idna")
    except ValueError:  # two dots in a row, a bracket without its other
        raise SourceError(f"{name} {_no_connection(None, url)}") from None
    try:
        if scheme in {"http", "https"}:
            return _ask_http(url, name, timeout_s)
        if scheme == "rtsp":
            _ask_rtsp(url, name, timeout_s)
    except urllib.error.HTTPError as error:
        with error:
            if "infinite loop" in str(error.msg):
                raise SourceError(f"{name} leads back to itself ({error.code}): check the address") from None
            raise _answered(error.code, url, name, error.headers.get("Retry-After", "")) from None
    except urllib.error.URLError as error:
        raise SourceError(f"{name} {_no_connection(error.reason, url)}") from None
    except http.client.HTTPException:
        raise SourceError(f"{name} does not answer in HTTP: check the address and its port") from None
    except ValueError:  # a way to ask for a password that urllib does not know
        raise _answered(http.HTTPStatus.UNAUTHORIZED, url, name) from None
    except OSError as error:
        raise SourceError(f"{name} {_no_connection(error, url)}") from None
    return None


def _ask_http(url: str, name: str, timeout_s: float) -> HttpAsker | None:
    asker = HttpAsker(url, timeout_s)
    with asker.open() as answer:
        kind, data = answer.headers.get_content_type(), answer.read(_SNIFFED)
        coding = coding_of(answer)
    if kind.startswith("multipart/") or _PARTS.match(data):  # before the first part there may be words
        asker.in_parts = True
        return asker
    if _PICTURES.match(data):  # whatever its head says it is
        return asker
    if coding and data:
        raise SourceError(f"{name} packs its pictures in a way that livecam cannot unpack ({coding}): turn that off")
    if _PAGE.match(data) or kind == "text/html":
        raise SourceError(f"{name} is a web page, no video: give the address of the stream that it shows")
    if not data:
        raise SourceError(f"{name} answers with nothing: start the camera again, or check the address")
    if (text := _text(data, url, known=kind == "text/plain")) is not None:
        raise SourceError(f'{name} answers with text, no video ("{text}"): check the address')
    if _OTHER_KINDS.fullmatch(kind):
        raise SourceError(f"{name} gives something else than video ({kind}): check the address")
    return None


def _text(data: bytes, url: str, *, known: bool) -> str | None:
    """Return the first line of an answer in words, such as "camera offline", or of an error in JSON.

    known: it says that it is text; else that is seen from what is in it.
    """
    try:
        text, _ = codecs.utf_8_decode(data)  # the last letter may be cut in two
    except UnicodeDecodeError:
        if not known:
            return None
        text = data.decode("latin-1")
    text = without_secrets(text, url)  # an answer may repeat what it was asked
    first = next(filter(None, map(str.strip, text.splitlines())), "")
    if _NO_TEXT.match(data) or not first.isprintable() or not any(letter.isalpha() for letter in first):
        return None
    return first if len(first) <= _QUOTED else f"{first[:_QUOTED]}…"


def _ask_rtsp(url: str, name: str, timeout_s: float) -> None:
    login = Login.of(url)
    host, port = _host_and_port(url)
    with socket.create_connection((host, port), timeout_s) as connection:
        connection.sendall(f"DESCRIBE {login.url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n".encode())
        line = connection.recv(_SNIFFED)
    status = re.match(rb"RTSP/\d\.\d (\d{3})", line)
    if status is None:
        raise SourceError(f"{name} does not answer in RTSP: check the address and its port")
    code = int(status[1])
    if code >= http.HTTPStatus.MULTIPLE_CHOICES:
        raise _answered(code, url, name)


def _answered(code: int, url: str, name: str, retry_after: str = "") -> SourceError:
    if code in _REFUSED:  # a wrong password that is tried again and again locks people out
        return SourceRefusedError(f"{name} {_words(code, url)}")
    if code not in _BUSY:
        return SourceError(f"{name} {_words(code, url)}")
    after_s = int(retry_after) if re.fullmatch(r"\d{1,9}", retry_after.strip(), re.ASCII) else 0
    if after_s > _SOON_S:
        return SourceError(f"{name} asks to be tried again after {after_s} s ({code}): come back then, or add --wait")
    return SourceBusyError(f"{name} {_words(code, url)}")


def _words(code: int, url: str) -> str:
    login = Login.of(url)
    given = bool(login.user or login.password)
    password = "those given are wrong" if given else f"write them before {login.host}, a colon between and an @ behind"
    if code in _WORDS:
        return _WORDS[code].format(password=password)
    if code in _BUSY:
        return f"is not ready ({code}): try again in a moment, or start the camera again"
    if code >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"has a fault of its own ({code}): try again later, or start the camera again"
    if code < http.HTTPStatus.BAD_REQUEST:
        return f"leads to another address ({code}), which cannot be followed: give that one"
    return f"refuses ({code}): check the address"


def _host_and_port(url: str) -> tuple[str, int]:
    host = Login.of(url).host
    found = re.fullmatch(r"\[?(.*?)\]?(?::(\d+))?", host) if host.startswith("[") or host.count(":") < 2 else None
    if found is None:
        return host, _PORTS[url.partition("://")[0].lower()]
    return found[1], int(found[2] or _PORTS[url.partition("://")[0].lower()])


def _no_connection(error: object, url: str) -> str:
    """Say why there is none. error: None: nobody could be called so."""
    host = Login.of(url).host
    if host != Login.of(without_password(url)).host:  # it would be a part of the password
        return "cannot be asked: of a password write / as %2F, ? as %3F, # as %23 and @ as %40"
    if error is None:
        return "is no address: check how its host is written"
    if isinstance(error, socket.gaierror):
        return f"cannot be found: nobody is called {host} here; check the name, or give the camera's number (10.0.0.5)"
    if isinstance(error, ConnectionRefusedError):
        return f"does not answer ({host} refuses the connection): is the camera on, and is the port right?"
    if isinstance(error, ssl.SSLError):
        return "does not speak https: try http://"
    if isinstance(error, TimeoutError):
        return "does not answer in time: check address and network"
    words = error.strerror if isinstance(error, OSError) and error.strerror else "no connection"
    return f"cannot be reached ({words}): check address and network"
