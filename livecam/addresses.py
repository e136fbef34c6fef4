"""Addresses of cameras as people may see them: without names and passwords."""

from __future__ import annotations

import re
from pathlib import PurePath
from urllib.parse import unquote

HIDDEN = "***"
# Also inside longer words (access_token, loginpas), and in paths: "/user=admin_password=…_channel=1.sdp".
_NAMES = r"\w*(?:pwd|pas|token|key|secret|auth|sig|cred|jwt|ticket|sess|bearer)\w*|(?<![a-z0-9])(?:p|pw|psw|pin|sid)"
_SECRET = re.compile(rf"(?i)({_NAMES})=([^&\s]*)")
_SAID = re.compile(rf"""(?i)((?:{_NAMES})["']?\s*[:=]\s*["']?)[^"'\s,;&}}]+""")  # in an answer, such as JSON
# Two letters at least, or a drive would be one; one slash, if it was mistyped or became a path.
_SCHEME = r"(?is)\b([a-z][a-z0-9+.-]+:/{1,2})"
_ADDRESS = re.compile(_SCHEME)
_BEFORE_HOST = re.compile(_SCHEME + ".*@")
# Two colons part an address in an archive of files from where that lies: zip://a.jpg::/disk/all.zip.
_FORGOTTEN_AT = re.compile(_SCHEME + r"[^/?#:\[\]]*:(?!\d*(?:[/?#]|$)|:(?:/|[a-z][a-z0-9+.-]+:/))[^/?#]*")
_ADDRESS_AS_PATH = re.compile(r"^([a-z][a-z0-9+.-]+):[/\\]+", re.IGNORECASE)
_NO_SCHEME = re.compile(r"(?is)^(?!\W*[a-z]:[/\\])[^/:\s]+:.*@")


def without_password(address: str) -> str:
    """Return address without its name and password: for everything that is shown, printed or written.

    All before the last @ is left out, since passwords hold @ and / as well, and the values of pwd, password, token, key
    and the like are replaced. Text that is no address stays as it is.
    """
    has_scheme = _ADDRESS.search(address) is not None
    if not has_scheme and not _NO_SCHEME.search(address):
        return address
    # The values first: one may hold an @, and what is behind it would pass for the host.
    shown = _SECRET.sub(rf"\1={HIDDEN}", address)
    shown = _BEFORE_HOST.sub(r"\1", shown) if has_scheme else _NO_SCHEME.sub("", shown)
    return _FORGOTTEN_AT.sub(rf"\1{HIDDEN}", shown)


def without_secrets(text: str, address: str) -> str:
    """Return text, an answer of what is at address, without the name and password of that, or any that it tells."""
    login = _BEFORE_HOST.match(address)
    user, _, password = login[0][len(login[1]) : -1].partition(":") if login is not None else ("", "", "")
    written = {user, password, *(found[2] for found in _SECRET.finditer(address))}
    for secret in sorted({*written, *map(unquote, written)} - {""}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return without_passwords(_SAID.sub(rf"\1{HIDDEN}", text))


def address_of(path: PurePath) -> str:
    """Return a path as people write it; one that was made of an address has lost one of its slashes."""
    return _ADDRESS_AS_PATH.sub(r"\1://", str(path))


def is_address(path: PurePath) -> bool:
    """Return whether a path was made of an address, of what lies in a store or a ZIP file, and is on no disk."""
    return address_of(path) != str(path)


def without_passwords(text: str) -> str:
    """Return text with each address in it as by ``without_password``; an address ends at white space."""
    return re.sub(r"\S+", lambda match: without_password(match[0]) if _may_be_address(match[0]) else match[0], text)


def _may_be_address(word: str) -> bool:
    return ":/" in word or "@" in word.partition(":")[2]
