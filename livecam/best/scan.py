"""The loop over many photos and clips: read, find faces, score, keep what is worth keeping.

Each core reads, decodes and searches a photo of its own; the faces of several photos are scored as one batch
meanwhile. What was found goes into the cache, which is also how an interrupted run goes on. Only a few pictures are
in memory at any time, however many there are; what is kept of each is a ``FrameRecord``.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from livecam import model_files
from livecam.best.cache import Cache, content_of, content_of_file
from livecam.best.clip_scan import scan_clip
from livecam.best.fingerprint import fingerprint
from livecam.best.peaks import find_peaks
from livecam.best.records import FrameRecord, record_of
from livecam.best.same_people import PeopleSettings
from livecam.closing import Closing
from livecam.errors import SourceError
from livecam.faces.finder import FaceFinder
from livecam.photos.discover import Item, printable
from livecam.photos.read import Photo, decode, read_bytes
from livecam.pipeline import score_faces
from livecam.scoring import providers
from livecam.scoring.scorer import Scorer
from livecam.types import Face, Frame

# Pixels of the shorter side at which photos are analysed: a face of a twentieth of it still has 75 pixels.
LEAST_SIDE = 1500
LIVE_PHOTO_MS = 6000.0  # a longer clip that bears a photo's name is no live photo
_BATCH_FACES, _BATCH_PHOTOS = 8, 6


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What came of one photo or clip.

    records: one of a photo, the peaks of a clip by time; empty if it could not be read.  error: one line, None if all
    went well; a clip that ends early has records and an error.  length_ms: of a clip.
    """

    item: Item
    records: tuple[FrameRecord, ...]
    error: str | None = None
    length_ms: float = 0.0

    @property
    def live(self) -> bool:
        """Whether this is the clip of a live photo."""
        return self.item.live_of is not None and self.length_ms <= LIVE_PHOTO_MS


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A photo whose faces wait to be scored."""

    item: Item
    status: os.stat_result
    content: bytes
    photo: Photo
    frame: Frame
    faces: tuple[Face, ...]


class PhotoScanner(Closing):
    """Looks through photos and clips. The models are loaded when the first picture is not in the cache."""

    def __init__(
        self,
        cache: Cache,
        *,
        faces: int = 10,
        model: Path | None = None,
        provider: str = "auto",
        workers: int | None = None,
    ) -> None:
        """faces: the most that are looked for in a picture.  model, provider: see ``Scorer``.  workers: threads that
        decode and search; one a core if None. Raises ModelError if there is no such model.
        """
        self._cache = cache
        self._faces = faces
        self._model, self._provider = model, provider
        self._workers = workers or os.cpu_count() or 1
        model_files.scorer_model(model)
        self._idle: deque[FaceFinder] = deque()  # each is used by one thread at a time
        self._scorer: Scorer | None = None
        self._versions: dict[Path, bytes] = {}

    def scan(self, items: Sequence[Item], *, on_clip: Callable[[float], None] | None = None) -> Iterator[ScanResult]:
        """Yield what came of each item, in their order.

        on_clip: told how much of the clip at hand is done, 0..1. Raises ModelError; what cannot be
        read is in ``ScanResult``.
        """
        rest = iter(items)
        waiting: deque[ScanResult | Item | Future[ScanResult | _Found]] = deque()
        batch: list[ScanResult | _Found] = []
        with ThreadPoolExecutor(self._workers, thread_name_prefix="livecam photo") as pool:
            try:
                while True:
                    while len(waiting) < self._workers + _BATCH_PHOTOS and (item := next(rest, None)) is not None:
                        waiting.append(self._begin(item, pool))
                    if not waiting:
                        break
                    first = waiting.popleft()
                    if isinstance(first, Item):
                        yield from self._score(batch)
                        yield self._clip(first, on_clip)
                        continue
                    batch.append(first.result() if isinstance(first, Future) else first)
                    if _is_full(batch):
                        yield from self._score(batch)
                yield from self._score(batch)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """Free the models; to be called before the interpreter ends."""
        while self._idle:
            self._idle.pop().close()
        if self._scorer is not None:
            self._scorer.close()
            self._scorer = None

    def _begin(self, item: Item, pool: ThreadPoolExecutor) -> ScanResult | Item | Future[ScanResult | _Found]:
        """What the cache knows of the item, else the work on a photo, begun; a clip waits for its turn."""
        content = self._cache.content(item.path)
        known = None if content is None else self._recall(item, content)
        if known is not None:
            return known
        if item.clip:
            return item
        self._load()
        return pool.submit(self._find, item)

    def _load(self) -> Scorer:
        if self._scorer is None:
            self._scorer = Scorer(self._model, provider=self._provider, busy=True)
        return self._scorer

    def _find(self, item: Item) -> ScanResult | _Found:
        """Read a photo and find its faces. Runs in a thread of the pool."""
        try:
            status = item.path.stat()  # before reading: a change in between then shows in the cache as one
            data = read_bytes(item.path)
            content = content_of(data)
            known = self._recall(item, content, status)
            if known is not None:
                return known
            photo = decode(data, item.path, least_side=LEAST_SIDE)
        except (SourceError, OSError) as error:
            return ScanResult(item, (), _line(item, error))
        frame = Frame(photo.image, 0.0, 0, time.monotonic(), item.path)
        with self._finder() as finder:
            return _Found(item, status, content, photo, frame, finder.find(frame))

    @contextmanager
    def _finder(self) -> Iterator[FaceFinder]:
        """Lend a finder that no other thread uses; a new one if there is none."""
        try:
            finder = self._idle.pop()
        except IndexError:
            finder = FaceFinder(faces=self._faces, stills=True, min_size_ratio=PeopleSettings().min_size_ratio)
        try:
            yield finder
        finally:
            self._idle.append(finder)

    def _score(self, batch: list[ScanResult | _Found]) -> Iterator[ScanResult]:
        """Score what is in the batch and empty it."""
        taken = tuple(batch)
        batch.clear()
        found = [one for one in taken if isinstance(one, _Found)]
        moments = iter(score_faces(self._load(), [(one.frame, one.faces) for one in found]) if found else ())
        for one in taken:
            if isinstance(one, ScanResult):
                yield one
                continue
            photo = one.photo
            size = photo.width, photo.height
            record = record_of(next(moments), size=size, captured=photo.captured, camera=photo.camera)
            yield self._remember(ScanResult(one.item, (record,)), one.status, one.content)

    def _clip(self, item: Item, on_clip: Callable[[float], None] | None) -> ScanResult:
        try:
            status, content = item.path.stat(), content_of_file(item.path)
            known = self._recall(item, content, status)
            if known is not None:
                return known
            clip = scan_clip(item.path, self._load(), faces=self._faces, on_time=on_clip or (lambda _: None))
        except (SourceError, OSError) as error:
            return ScanResult(item, (), _line(item, error))
        best = sorted(find_peaks(clip.records))
        seen = ScanResult(item, tuple(clip.records[i] for i in best), clip.error, clip.length_ms)
        return seen if clip.error else self._remember(seen, status, content)

    def _version(self) -> bytes:
        """What the cache keeps findings under: it changes with the model that scores, the settings and the code."""
        model = self._scorer.path if self._scorer is not None else self._expected_model()
        if model not in self._versions:
            self._versions[model] = _version_of(model, self._faces)
        return self._versions[model]

    def _expected_model(self) -> Path:
        """The file that will score. Where that depends on whether a GPU works, it is loaded to see."""
        names = providers.candidates(self._provider, self._model)
        precisions = {providers.PROVIDERS[name].precision for name in names}
        if self._model is None and len(precisions) > 1:
            return self._load().path
        return model_files.scorer_model(self._model, precisions.pop())

    def _recall(self, item: Item, content: bytes, status: os.stat_result | None = None) -> ScanResult | None:
        """What the cache knows; status: of the file, if its time is not known to the cache yet."""
        version = self._version()
        text = self._cache.get(content, version)
        if text is None:
            return None
        try:
            values = json.loads(text)
            records = tuple(FrameRecord.from_dict(record, item.path) for record in values["records"])
            seen = ScanResult(item, records, length_ms=float(values["length_ms"]))
        except (KeyError, TypeError, ValueError):
            return None
        if status is not None:
            self._cache.put(item.path, status, content, version, text)
        return _with_companions(seen)

    def _remember(self, seen: ScanResult, status: os.stat_result, content: bytes) -> ScanResult:
        values = {"records": [record.as_dict() for record in seen.records], "length_ms": seen.length_ms}
        self._cache.put(seen.item.path, status, content, self._version(), json.dumps(values, separators=(",", ":")))
        return _with_companions(seen)


def _is_full(batch: Sequence[ScanResult | _Found]) -> bool:
    """Whether there are faces enough for a batch, photos enough for the memory, or only what needs no scoring."""
    found = [one for one in batch if isinstance(one, _Found)]
    return not found or len(found) >= _BATCH_PHOTOS or sum(len(one.faces) for one in found) >= _BATCH_FACES


def _with_companions(seen: ScanResult) -> ScanResult:
    if not seen.item.companions:
        return seen
    return replace(seen, records=tuple(replace(record, companions=seen.item.companions) for record in seen.records))


def _line(item: Item, error: SourceError | OSError) -> str:
    """The error in one line, whatever the file is called."""
    if isinstance(error, OSError):
        return f"{printable(item.path)} cannot be read ({error.strerror}): check its permissions"
    return str(error).replace(str(item.path), printable(item.path))


def _version_of(model: Path, faces: int) -> bytes:
    """Return 16 bytes that change with the model, the settings and the code that decides."""
    digest = hashlib.sha256(f"{faces} {model_files.FACE_LANDMARKER_SHA256}".encode())
    digest.update(hashlib.sha256(model.read_bytes()).digest())
    digest.update(fingerprint(__name__))
    return digest.digest()[:16]
