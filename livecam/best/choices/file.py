"""Reads what a person has chosen: the page's choices file, its list of keepers, or its ratings, told by the content."""

from __future__ import annotations

import codecs
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path

from livecam.best.choices.choice import FORMAT, Choice, Choices, Flag, Source
from livecam.best.choices.lists import read_keepers, read_ratings
from livecam.best.choices.photo_identity import PhotoIdentity
from livecam.errors import OutputError
from livecam.photos.discover import printable

_MOST_BYTES = 200 << 20  # 10,000 photos take about 5 MB; set by hand
_WINDOWS = re.compile(r"[A-Za-z]:\\|\\\\")
_HINT = "choose what the page of livecam best has saved"


def read_choices(path: Path) -> Choices:
    """Return what is chosen in path. Raises OutputError, one line, if it is nothing of the kind."""
    data = _read(path)
    text = data.lstrip(codecs.BOM_UTF8).lstrip()
    if text[:1] in {b"{", b"["}:
        return Choices(path, Source.PAGE, _of_page(path, data))
    if text[:9].lower() == b"<!doctype":
        raise OutputError(f"{printable(path)} is a page itself: open it, choose, and take the choices that it saves")
    if b"\0" in data and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise OutputError(f"{printable(path)} is no list of choices: {_HINT}")
    if (rated := read_ratings(path)) is not None:
        return Choices(path, Source.RATINGS, rated)
    return Choices(path, Source.KEEPERS, read_keepers(path, data))


def _read(path: Path) -> bytes:
    name = printable(path)
    try:
        if path.is_dir():
            raise OutputError(f"{name} is a folder: {_HINT}")
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise OutputError(f"{name} is not a file: {_HINT}")
        if path.stat().st_size > _MOST_BYTES:
            raise OutputError(f"{name} is too large for a list of choices (over {_MOST_BYTES >> 20} MiB): {_HINT}")
        data = path.read_bytes()
    except FileNotFoundError:
        raise OutputError(f"no such file: {name}: check the path") from None
    except OSError as error:
        raise OutputError(f"{name} cannot be read ({error.strerror}): check its permissions") from error
    if not data.strip():
        raise OutputError(f"{name} is empty: {_HINT}")
    return data


def _of_page(path: Path, data: bytes) -> tuple[Choice, ...]:
    name = printable(path)
    try:
        values = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise OutputError(f"{name} is cut short, or no choices of a page: save them again") from None
    if not isinstance(values, dict) or "livecam_choices" not in values:
        raise OutputError(f"{name} holds no choices of a page: {_HINT}")
    if values["livecam_choices"] != FORMAT:
        raise OutputError(f"{name} holds choices of another livecam: use the one that made the page")
    try:
        photos = tuple(map(_choice, values["photos"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise OutputError(f"{name} was changed or damaged: save the choices again on the page") from None
    if not photos:
        raise OutputError(f"{name} holds no photos: {_HINT}")
    return photos


def _choice(values: object) -> Choice:
    """One photo of the page's. Raises KeyError, TypeError or ValueError."""
    if not isinstance(values, dict):
        raise TypeError(values)
    t_ms, stars = values.get("t_ms"), values["stars"]
    if not isinstance(stars, int) or stars not in range(6):
        raise ValueError(stars)
    if t_ms is not None and not (isinstance(t_ms, int | float) and math.isfinite(t_ms)):
        raise ValueError(t_ms)
    files = values.get("files", [])
    if not isinstance(files, list):
        raise TypeError(files)
    live_photo = values.get("live_photo")
    return Choice(
        path=_path(values["path"]),
        t_ms=t_ms,
        flag=Flag(values["flag"]),
        by_person=values["flag_by"] == "person",
        stars=stars,
        eyes_forgiven=values.get("eyes") == "forgiven",
        live_photo=None if live_photo is None else _path(live_photo),
        files=tuple(map(_path, files)),
        identity=_identity(values),
    )


def _path(text: object) -> Path:
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError(text)
    # A page of Windows may be applied where the same disk hangs on another system.
    return Path(text.replace("\\", "/") if os.name != "nt" and _WINDOWS.match(text) else text)


def _identity(values: Mapping[str, object]) -> PhotoIdentity | None:
    """None for what was gone already when the page was made."""
    if "bytes" not in values:
        return None
    size, captured, phash = values["bytes"], values.get("captured", ""), values.get("phash")
    if not isinstance(size, int) or not isinstance(captured, str):
        raise TypeError(size, captured)
    modified_ns = int(str(values["modified_ns"]))
    return PhotoIdentity(size, modified_ns, captured, None if phash is None else int(str(phash), 16))
