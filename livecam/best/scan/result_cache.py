"""What earlier runs have found in photos and clips, as long as this one would find the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.cache import Remembering
from livecam.photos.discover import Item


class ScanCache:
    """Recalls results by a file's content and by all else that they depend on. It may be used from several threads."""

    def __init__(
        self, cache: Remembering, scorer_file: Callable[[], Path], depends_on: bytes, *, of_clips: bytes = b""
    ) -> None:
        """scorer_file: the model file that scores, asked anew each time, for it may become known only once a scorer is
        loaded.  depends_on: changes with everything else, the code and the settings.  of_clips: changes with what clips
        depend on besides.
        """
        self._cache = cache
        self._scorer_file = scorer_file
        self._depends_on = depends_on
        self._of_clips = of_clips
        self._versions: dict[tuple[Path, bool], bytes] = {}

    def recall(self, item: Item) -> ScanResult | None:
        """Return what is known of the item by its file's size and time alone, without reading it."""
        content = self._cache.content(item.path)
        return None if content is None else self._get(item, content, self._version(item))

    def recall_content(self, item: Item, status: os.stat_result, content: bytes) -> ScanResult | None:
        """Return what is known of a file with this content, and remember that this file has it.

        status: of the file, taken before it was read.
        """
        version = self._version(item)
        result = self._get(item, content, version)
        if result is not None:
            self._cache.put(item.path, status, content, version, result.to_json())
        return result

    def remember(self, result: ScanResult, status: os.stat_result, content: bytes) -> None:
        """Keep result for later runs. status: of the file, taken before it was read."""
        self._cache.put(result.item.path, status, content, self._version(result.item), result.to_json())

    def _get(self, item: Item, content: bytes, version: bytes) -> ScanResult | None:
        text = self._cache.get(content, version)
        if text is None:
            return None
        try:
            return ScanResult.from_json(text, item)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            return None

    def _version(self, item: Item) -> bytes:
        key = self._scorer_file(), item.clip
        if key not in self._versions:
            digest = hashlib.sha256(self._depends_on + (self._of_clips if item.clip else b""))
            digest.update(hashlib.sha256(key[0].read_bytes()).digest())
            self._versions[key] = digest.digest()[:16]
        return self._versions[key]
