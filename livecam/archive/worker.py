"""Does a plan: reads its photos, finds and scores the faces as ``livecam best`` does, and gives a row for each."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from livecam import model_files
from livecam.archive.known import HASHED
from livecam.archive.manifest import scorer_hash
from livecam.archive.plan import Found, Outcome, Plan
from livecam.archive.remote import fetched
from livecam.archive.rows import Listed, Row, path_of, row_of, text_of
from livecam.archive.schema import SCHEMA
from livecam.archive.settings import WorkerSettings
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.scanner import PhotoScanner
from livecam.closing import Closing
from livecam.errors import LivecamError, ModelError
from livecam.model_factory import ModelFactory
from livecam.photos.discover import Item, printable


@dataclass(slots=True)
class _Came:
    """What came of photos so far; see ``Outcome``."""

    rows: list[Row] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    same: list[tuple[str, bytes]] = field(default_factory=list)


class PhotoScorer(Closing):
    """Scores plans, one after the other. The models are loaded with the first photo and kept."""

    def __init__(self, settings: WorkerSettings, models: ModelFactory | None = None) -> None:
        """models: see ``PhotoScanner``. Raises ModelError if the scorer is not there, or is another one."""
        model = model_files.scorer_model(settings.model, settings.precision)
        if scorer_hash(model) != settings.scorer:
            raise ModelError(f"{model} is not the scorer that this run began with: install the same livecam everywhere")
        self._contents = _Contents()
        self._scanner = PhotoScanner(
            self._contents,
            models,
            faces=settings.faces,
            model=model,
            provider=settings.provider,
            workers=settings.threads,
        )
        self._fetches = settings.fetches
        self.done = 0  # photos, so that somebody may see that it goes on

    def score(self, plan: Plan) -> Outcome:
        """Return what came of plan. Nothing is raised: what went wrong is said in the outcome."""
        came, failure = _Came(), None
        try:
            self._score(plan.photos, came)
        except LivecamError as error:
            failure = str(error)
        except Exception:  # noqa: BLE001  one photo of these must not cost the others
            came = _Came()
            for photo in plan.photos:
                self._score_alone(photo, came)
        rows = pa.Table.from_pylist(came.rows, SCHEMA)
        return Outcome(plan.number, rows, tuple(came.unread), failure, tuple(came.same))

    def close(self) -> None:
        """Free the models; to be called before the interpreter ends."""
        self._scanner.close()

    def _score_alone(self, photo: Found, came: _Came) -> None:
        try:
            self._score((photo,), came)
        except Exception as error:  # noqa: BLE001  see above
            path = printable(photo.listed.path)
            came.rows.append(row_of(photo.listed, None, error=f"{path} made livecam fail ({_brief(error)}): report it"))

    def _score(self, photos: Sequence[Found], came: _Came) -> None:
        """Add to what came. Raises ModelError, or anything that the reader of a photo may raise."""
        self._contents.expect(photo.alike for photo in photos)
        url = photos[0].url
        if url is None:
            unsure = self._rows_of(photos, (_item(photo.listed) for photo in photos), came)
            if unsure:
                self._score([replace(photo, alike=b"") for photo in unsure], came)
            return
        with tempfile.TemporaryDirectory(prefix="livecam-archive-") as folder:
            here: list[Found] = []
            items = self._fetched(photos, url, Path(folder), here, came.unread)
            self._rows_of(here, items, came)
        if len(came.unread) == len(photos):  # not the photos are at fault
            raise LivecamError(f"{came.unread[0]}; check the network and the address, then run it again")

    def _fetched(
        self, photos: Sequence[Found], url: str, folder: Path, here: list[Found], unread: list[str]
    ) -> Iterator[Item]:
        """Yield the copies of photos, and add those that were to be had to here."""
        copies = fetched(url, [photo.name for photo in photos], folder, self._fetches)
        for photo, copy in zip(photos, copies, strict=True):
            if isinstance(copy, Path):
                here.append(photo)
                yield Item(copy)
            else:
                unread.append(f"{printable(photo.listed.path)} could not be fetched ({copy})")

    def _rows_of(self, photos: Sequence[Found], items: Iterator[Item], came: _Came) -> list[Found]:
        """Return photos that must be looked at. photos: may grow while items are taken."""
        unsure = []
        for at, result in enumerate(self._scanner.scan(items)):
            photo, content = photos[at], self._contents.of(result.item.path)
            self.done += 1
            if photo.url is not None:
                result = _as_fetched(result, photo.listed)  # noqa: PLW2901
            if result.records or content is None:
                if photo.url is None and not result.records and not result.item.path.exists():
                    came.unread.append(f"{printable(photo.listed.path)} is gone since it was listed")
                    continue
                came.rows.append(self._row(photo, result))
            elif result.error is None:
                came.same.append((photo.listed.path, content))
            else:  # another file of it is known, in the place of one that cannot be read
                unsure.append(photo)
        return unsure

    def _row(self, photo: Found, result: ScanResult) -> Row:
        listed, path = photo.listed, result.item.path
        if not result.records:
            return row_of(listed, None, error=result.error)
        judged, _ = text_of(path)
        return row_of(
            listed,
            result.records[0],
            content=self._contents.of(path),
            error=result.error,
            judged=judged if photo.url is None and judged != listed.path else None,
        )


_NOTHING_MORE = ScanResult(Item(Path()), ()).to_json()


class _Contents:
    """Stands where a scan has its cache: it takes down what each file's content was.

    Of what the archive knows it says that it is known, and nothing more: there is a row, and nothing is decoded.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contents: dict[Path, bytes] = {}
        self._known: frozenset[bytes] = frozenset()

    def content(self, path: Path) -> bytes | None:  # noqa: ARG002
        return None

    def get(self, content: bytes, version: bytes) -> str | None:  # noqa: ARG002
        return _NOTHING_MORE if content[:HASHED] in self._known else None

    def put(self, path: Path, status: os.stat_result, content: bytes, version: bytes, value: str) -> None:  # noqa: ARG002
        with self._lock:
            self._contents[path] = content

    def of(self, path: Path) -> bytes | None:
        with self._lock:
            return self._contents.get(path)

    def expect(self, alike: Iterable[bytes]) -> None:
        """Forget all files; from now on these contents are known, see ``Known.alike``."""
        self._known = frozenset(one[i : i + HASHED] for one in alike for i in range(0, len(one), HASHED))
        with self._lock:
            self._contents.clear()


def _item(listed: Listed) -> Item:
    return Item(path_of(listed.path, listed.path_bytes), companions=tuple(map(Path, listed.companions)))


def _as_fetched(result: ScanResult, listed: Listed) -> ScanResult:
    """Say of a copy what is said of the photo, and let go of the copy."""
    copy = result.item.path
    copy.unlink(missing_ok=True)
    if result.error is None:
        return result
    return replace(result, error=result.error.replace(str(copy), printable(listed.path)))


def _brief(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:120].rstrip(".")
