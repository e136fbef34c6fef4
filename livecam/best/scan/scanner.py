"""The loop over many photos and clips: read, find faces, score, keep what is worth keeping.

Each core reads, decodes and searches a photo of its own; the faces of several photos are scored as one batch
meanwhile. What was found goes into the cache, which is also how an interrupted run goes on. Only a few pictures are
in memory at any time, however many there are; what is kept of each is a ``FrameRecord``.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from livecam import model_files, pipeline
from livecam.best.people.same_people import PeopleSettings
from livecam.best.ranking.peaks import PeakSettings, find_peaks, why_no_peak
from livecam.best.ranking.tasted import key_of_taste, rated
from livecam.best.records.frame import record_of
from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.cache import Remembering, content_of, content_of_file
from livecam.best.scan.clips import ClipSettings, scan_clip
from livecam.best.scan.fingerprint import fingerprint
from livecam.best.scan.models import ScanModels
from livecam.best.scan.result_cache import ScanCache
from livecam.closing import Closing
from livecam.cores import usable_cores
from livecam.errors import SourceError
from livecam.model_factory import ModelFactory
from livecam.photos.discover import Item, printable
from livecam.photos.read import Photo, decode, stored
from livecam.scoring.eye_policy import EyePolicy
from livecam.taste.head import TasteHead
from livecam.types import Face, Frame


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How photos and clips are looked through. Set by hand."""

    # Pixels of the shorter side at which photos are analysed: a face of a twentieth of it still has 75 pixels.
    min_side_px: int = 1500
    # Of a photo's largest face: smaller ones need not be found, for they do not count in the ranking either.
    min_size_ratio: float = PeopleSettings().min_size_ratio
    # A batch for the scorer is full with so many faces, or so many photos, whose pixels wait in memory.
    batch_faces: int = 8
    batch_photos: int = 6
    clip: ClipSettings = field(default_factory=ClipSettings)
    peaks: PeakSettings = field(default_factory=PeakSettings)


_SETTINGS = ScanSettings()


@dataclass(frozen=True, slots=True, eq=False)
class _FoundFaces:
    """A photo whose faces wait to be scored. status: of the file, taken before it was read.  error: of another file."""

    item: Item
    status: os.stat_result
    content: bytes
    photo: Photo
    frame: Frame
    faces: tuple[Face, ...]
    error: str | None = None


class PhotoScanner(Closing):
    """Looks through photos and clips. The models are loaded when the first picture is not in the cache."""

    def __init__(  # noqa: PLR0913  what is looked for, with what, and as whom
        self,
        cache: Remembering,
        models: ModelFactory | None = None,
        *,
        faces: int = 10,
        model: Path | None = None,
        provider: str = "auto",
        workers: int | None = None,
        settings: ScanSettings = _SETTINGS,
        eyes: EyePolicy = EyePolicy.OPEN,
        taste: TasteHead | None = None,
    ) -> None:
        """models: makes the finders and the scorer; None: ``pipeline.default_models``.  faces: the most that are looked
        for in a picture.  model, provider: of the scorer.  workers: threads that decode and search; one a core if None.
        eyes, taste: what closed ones count for, and by whose taste, in clips, of which only the best frames are kept.
        All records hold the scorer's own word, see ``livecam.best.ranking.tasted``.
        Raises ModelError if there is no such model.
        """
        self._models = ScanModels(
            models or pipeline.default_models(),
            faces=faces,
            min_size_ratio=settings.min_size_ratio,
            model=model,
            provider=provider,
        )
        depends_on = f"{faces} {settings} {model_files.FACE_LANDMARKER_SHA256}".encode() + fingerprint(__name__)
        self._known = ScanCache(
            cache, self._models.scorer_file, depends_on, of_clips=eyes.value.encode() + key_of_taste(taste)
        )
        self._eyes, self._taste = eyes, taste
        self._workers = workers or usable_cores()
        self._settings = settings

    def scan(self, items: Iterable[Item], *, on_clip: Callable[[float], None] | None = None) -> Iterator[ScanResult]:
        """Yield what came of each item, in their order. Items are taken as they can be begun, some ahead.

        on_clip: told how much of the clip at hand is done, 0..1. Raises ModelError; what cannot be read is said in
        the ``ScanResult``.
        """
        batch: list[ScanResult | _FoundFaces] = []
        with ThreadPoolExecutor(self._workers, thread_name_prefix="livecam photo") as pool:
            try:
                for begun in self._begin_ahead(items, pool):
                    if isinstance(begun, Item):
                        yield from self._score(batch)
                        yield self._scan_clip(begun, on_clip)
                        continue
                    batch.append(begun.result() if isinstance(begun, Future) else begun)
                    if self._is_full(batch):
                        yield from self._score(batch)
                yield from self._score(batch)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def recall(self, item: Item) -> ScanResult | None:
        """Return what an earlier run has found of item, if it would be found again; nothing is read or looked at."""
        return self._known.recall(item)

    def close(self) -> None:
        """Free the models; to be called before the interpreter ends."""
        self._models.close()

    def _begin_ahead(
        self, items: Iterable[Item], pool: ThreadPoolExecutor
    ) -> Iterator[ScanResult | Item | Future[ScanResult | _FoundFaces]]:
        """Yield each item as it was begun; while one is dealt with, the pool works on those after it."""
        waiting: deque[ScanResult | Item | Future[ScanResult | _FoundFaces]] = deque()
        for item in items:
            waiting.append(self._begin(item, pool))
            if len(waiting) >= self._workers + self._settings.batch_photos:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()

    def _begin(self, item: Item, pool: ThreadPoolExecutor) -> ScanResult | Item | Future[ScanResult | _FoundFaces]:
        """What is known of the item, else the work on a photo, begun; a clip waits for its turn."""
        known = self._known.recall(item)
        if known is not None:
            return known
        if item.clip:
            return item
        self._models.scorer()
        return pool.submit(self._find_faces, item)

    def _find_faces(self, item: Item) -> ScanResult | _FoundFaces:
        """Read a photo, or if need be another file of it, and find its faces. Runs in a thread of the pool."""
        found = self._find_in(item)
        files = [item.path, *item.companions]
        for file in files[1:] if isinstance(found, ScanResult) and found.error is not None else ():
            others = tuple(path for path in files if path != file)
            instead = self._find_in(replace(item, path=file, companions=others))
            if isinstance(instead, _FoundFaces) or instead.error is None:
                return replace(instead, error=f"{found.error}; {printable(file.name)} is judged instead")
        return found

    def _find_in(self, item: Item) -> ScanResult | _FoundFaces:
        """Read the item's own file, and find its faces."""
        try:
            # Taken before reading: should the file change in between, its time no longer fits what is kept of it.
            status = item.path.stat()
            found = stored(item.path, min_side_px=self._settings.min_side_px)
            content = content_of(found.identity)
            known = self._known.recall_content(item, status, content)
            if known is not None:
                return known
            photo = decode(found, item.path, min_side_px=self._settings.min_side_px)
        except (SourceError, OSError) as error:
            return ScanResult(item, (), _in_one_line(item, error))
        frame = Frame(photo.image, 0.0, 0, time.monotonic(), item.path)
        with self._models.still_finder() as finder:
            return _FoundFaces(item, status, content, photo, frame, finder.find(frame))

    def _is_full(self, batch: Sequence[ScanResult | _FoundFaces]) -> bool:
        """Whether it has faces enough for the scorer, photos enough for the memory, or nothing to be scored."""
        found = [entry for entry in batch if isinstance(entry, _FoundFaces)]
        enough_faces = sum(len(entry.faces) for entry in found) >= self._settings.batch_faces
        return not found or len(found) >= self._settings.batch_photos or enough_faces

    def _score(self, batch: list[ScanResult | _FoundFaces]) -> Iterator[ScanResult]:
        """Score what is in the batch, and empty it."""
        entries = tuple(batch)
        batch.clear()
        found = [entry for entry in entries if isinstance(entry, _FoundFaces)]
        pictures = [(entry.frame, entry.faces) for entry in found]
        moments = iter(pipeline.score_faces(self._models.scorer(), pictures) if found else ())
        for entry in entries:
            if isinstance(entry, ScanResult):
                yield entry
                continue
            photo = entry.photo
            size = photo.width, photo.height
            record = record_of(
                next(moments), size=size, captured=photo.captured, camera=photo.camera, exposure=photo.exposure
            )
            result = ScanResult(entry.item, (replace(record, companions=entry.item.companions),), entry.error)
            self._known.remember(result, entry.status, entry.content)
            yield result

    def _scan_clip(self, item: Item, on_clip: Callable[[float], None] | None) -> ScanResult:
        try:
            status, content = item.path.stat(), content_of_file(item.path)
            known = self._known.recall_content(item, status, content)
            if known is not None:
                return known
            scorer = self._models.scorer()
            with self._models.clip_finder() as finder:
                clip = scan_clip(item.path, finder, scorer, settings=self._settings.clip, on_progress=on_clip)
        except (SourceError, OSError) as error:
            return ScanResult(item, (), _in_one_line(item, error))
        seen = clip.records if self._taste is None else rated(clip.records, self._taste)
        peaks = sorted(find_peaks(seen, self._settings.peaks, self._eyes))
        why = "" if peaks else why_no_peak(seen, self._eyes)
        result = ScanResult(item, tuple(clip.records[i] for i in peaks), clip.error, clip.length_ms, why)
        if clip.error is None:
            self._known.remember(result, status, content)
        return result


def _in_one_line(item: Item, error: SourceError | OSError) -> str:
    """The error in one line, whatever the file is called."""
    if isinstance(error, FileNotFoundError):
        return f"{printable(item.path)} is gone: is its card or disk still there?"
    if isinstance(error, OSError):
        return f"{printable(item.path)} cannot be read ({error.strerror}): check its permissions"
    return str(error).replace(str(item.path), printable(item.path))
