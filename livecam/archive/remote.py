"""Photos that are no files here: in a ZIP file, at S3, GCS, SFTP or wherever else fsspec reaches."""

from __future__ import annotations

import contextlib
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from zipfile import BadZipFile

import fsspec

from livecam.addresses import without_password
from livecam.archive.plan import Found
from livecam.archive.rows import Listed
from livecam.errors import ArchiveError
from livecam.photos.discover import CLIP_SUFFIXES, printable
from livecam.photos.other_files import is_not_entered
from livecam.photos.read import HEIC_SUFFIXES, JPEG_SUFFIXES, PHOTO_SUFFIXES, RAW_SUFFIXES

_LARGEST = 4 << 30  # bytes of one picture in a ZIP file; set by hand
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "date_time")  # as the different stores call it
_LOCAL = ("file:///", "local:///")


def url_of(name: str) -> str | None:
    """Return the address for fsspec of what a person named; None if it is a file, folder or pattern of this system."""
    if "://" in name and not name.startswith(_LOCAL):
        if name.lower().endswith(".zip") and not name.startswith("zip:"):
            return f"zip://::{name}"
        return name
    path = Path(name)
    return f"zip://::file://{path.absolute().as_posix()}" if path.suffix.lower() == ".zip" and path.is_file() else None


def shown(url: str) -> str:
    """Return an address without name and password; of a file of this system its path."""
    parts = [without_password(part) for part in url.split("::")]
    if len(parts) == 2 and parts[0] == "zip://":
        parts = parts[1:]
    if len(parts) == 1 and parts[0].startswith(_LOCAL):
        return "/" + parts[0].split(":///", 1)[1]
    return "::".join(parts)


def open_store(url: str) -> tuple[Any, str]:
    """Return fsspec's file system for url, and the place in it. Raises ArchiveError, or what its client does."""
    options = {"use_listings_cache": False, "skip_instance_cache": True}  # of millions, each would be kept
    first = url.split("://", 1)[0]
    try:
        return tuple(fsspec.core.url_to_fs(url, **({} if "::" in url else options)))
    except ImportError as error:
        raise ArchiveError(f"{first} needs a package more ({_brief(error)}): install it with pip") from error
    except ValueError as error:
        name = printable(shown(url))
        raise ArchiveError(f"{name} is no address that can be read ({_brief(error)}): check it") from error


class Part(NamedTuple):
    """What a folder of a store holds. clips: how many, which are passed over.  not_entered: it or one above it."""

    photos: Sequence[Found] = ()
    clips: int = 0
    not_entered: Sequence[Path] = ()


def found_at(url: str) -> Iterator[Part]:
    """Yield what is at url, folder by folder.

    Raises ArchiveError if it cannot be listed.
    """
    try:
        store, top = open_store(url)
        if not store.exists(top) and store.protocol != "zip":
            raise ArchiveError(f"nothing is at {printable(shown(url))}: check the address")  # noqa: TRY301
        if store.protocol == "zip" and _is_locked(store):
            raise ArchiveError(f"{printable(shown(url))} has a password: unpack it, and name the folder")  # noqa: TRY301
        yield from _walked(store, top, url)
    except ArchiveError:
        raise
    except BadZipFile as error:
        raise ArchiveError(f"{printable(shown(url))} is not a ZIP file, or is broken: copy it again") from error
    except Exception as error:  # the client of a store may raise anything
        raise ArchiveError(
            f"{printable(shown(url))} cannot be listed ({_brief(error)}): check the address, the network, and that you"
            " may read there"
        ) from error


def fetched(url: str, names: Sequence[str], folder: Path, at_once: int) -> Iterator[Path | str]:
    """Yield for each of names a copy of it in folder, or why there is none, in their order; some are fetched ahead.

    Whoever takes a copy deletes it. Raises ArchiveError, or what the store's client does, if it cannot be opened.
    """
    store, _ = open_store(url)
    threads = at_once if getattr(store, "async_impl", False) else 1  # others are not known to bear several
    waiting: deque[Future[Path | str]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="livecam fetch") as pool, closing(_Ahead(waiting)):
        for i, name in enumerate(names):
            place = folder / f"{i}{PurePosixPath(name).suffix}"
            waiting.append(pool.submit(partial(_fetch, store, name, place)))
            if len(waiting) > at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Ahead:
    """What was begun and is wanted no longer."""

    def __init__(self, waiting: deque[Future[Path | str]]) -> None:
        self._waiting = waiting

    def close(self) -> None:
        for future in self._waiting:
            future.cancel()


def _fetch(store: Any, name: str, place: Path) -> Path | str:  # noqa: ANN401  fsspec has no types
    try:
        # Few megabytes of a ZIP file can unpack to a full disk; no more comes out of it than it says of itself.
        if store.protocol == "zip" and (size := store.info(name)["size"]) > _LARGEST:
            return f"it would take {size >> 20:,} MiB"
        store.get_file(name, str(place))
    except Exception as error:  # noqa: BLE001  the client of a store may raise anything
        return _brief(error)
    return place


def _is_locked(store: Any) -> bool:  # noqa: ANN401  see above
    """Whether all pictures in a ZIP file are encrypted; one by one each says it of itself."""
    pictures = [entry for entry in store.zip.infolist() if _is(entry.filename, PHOTO_SUFFIXES)]
    return bool(pictures) and all(entry.flag_bits & 1 for entry in pictures)


def _walked(store: Any, top: str, url: str) -> Iterator[Part]:  # noqa: ANN401  see above
    if store.isfile(top):
        info = store.info(top)
        yield _in_folder({info["name"]: info}, url)
        return
    for folder, _, files in store.walk(top, detail=True):
        parts = list(_parts(folder, top))
        if any(part.name.startswith((".", "__MACOSX")) for part in parts):
            continue
        if not_entered := list(filter(is_not_entered, parts)):
            yield Part(not_entered=not_entered[-1:])  # the outermost
        else:
            yield _in_folder({info["name"]: info for info in files.values()}, url)


def _parts(folder: str, top: str) -> Iterator[Path]:
    """The folders from top, without it, to folder."""
    below = Path(folder.removeprefix(top).strip("/"))
    return (part for part in (below, *below.parents) if part.name)


def _in_folder(files: Mapping[str, Mapping[str, Any]], url: str) -> Part:
    names = sorted(files)
    photos = [name for name in names if _is(name, PHOTO_SUFFIXES)]
    raws: dict[str, list[str]] = defaultdict(list)  # by their stem
    for name in photos:
        if _suffix(name) in RAW_SUFFIXES:
            raws[_stem(name)].append(name)
    # A raw file beside a picture of its name goes with it, as in a folder of this system.
    with_raws = {_stem(name): name for name in reversed(photos) if _suffix(name) in JPEG_SUFFIXES | HEIC_SUFFIXES}
    found = []
    for name in photos:
        if _suffix(name) in RAW_SUFFIXES and _stem(name) in with_raws:
            continue
        along = raws[_stem(name)] if with_raws.get(_stem(name)) == name else []
        size = files[name].get("size")
        listed = Listed(
            _address(name, url),
            shown(url),
            size=size if isinstance(size, int) else None,
            mtime_ns=_time_ns(files[name]),
            companions=tuple(_address(raw, url) for raw in along),
        )
        found.append(Found(listed, url, name))
    return Part(found, sum(_is(name, CLIP_SUFFIXES) for name in names))


def _address(name: str, url: str) -> str:
    """The address of what a store calls name, without name and password."""
    first, *behind = url.split("::")
    scheme, place = first.split("://", 1)
    if behind:
        return f"{scheme}://{name.lstrip('/')}::{shown('::'.join(behind))}"
    if "://" in name:  # a web server's
        return without_password(name)
    host = without_password(first).split("://", 1)[1].split("/", 1)[0]
    inside = name.lstrip("/")
    # Of some the name begins with the bucket, of others the host is in the address alone.
    return f"{scheme}://{inside}" if not place or inside.split("/", 1)[0] == host else f"{scheme}://{host}/{inside}"


def _is(name: str, suffixes: frozenset[str]) -> bool:
    return _suffix(name) in suffixes and not PurePosixPath(name).name.startswith(".")


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(name: str) -> str:
    return PurePosixPath(name).stem.casefold()


def _time_ns(info: Mapping[str, Any]) -> int | None:
    value = next((info[key] for key in _TIMES if info.get(key) is not None), None)
    if isinstance(value, datetime):
        return round(value.timestamp() * 1e6) * 1000
    if isinstance(value, int | float):
        return round(value * 1e6) * 1000
    if isinstance(value, tuple):  # in a ZIP file, which knows no zones
        with contextlib.suppress(ValueError):
            year, month, day, hour, minute, second = value[:6]
            return round(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * 10**9
    return None


def _brief(error: BaseException) -> str:
    return without_password(" ".join(str(error).split())[:120].rstrip(".")) or type(error).__name__
