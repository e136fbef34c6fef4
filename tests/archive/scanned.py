"""Makes an archive of real files as the scorer of archives makes it, but here and now, with the tests' models."""

from __future__ import annotations

import hashlib
from pathlib import Path

from livecam import model_files
from livecam.archive.rows import Listed, row_of, text_of
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner
from livecam.photos.discover import collect
from tests.archive.archives import make_archive
from tests.best.scan.fake_models import FakeModels


def archive_of(photos: Path, folder: Path) -> Path:
    """Scan what is in photos, and return the archive of it that is written to folder."""
    items, _ = collect([str(photos)], recursive=True)
    rows = []
    with Cache(folder.parent / "no cache") as cache, PhotoScanner(cache, FakeModels()) as scanner:
        for item, result in zip(items, scanner.scan(items), strict=True):
            text, data = text_of(item.path.absolute())
            status = item.path.stat()
            others = tuple(str(path.absolute()) for path in item.companions)
            listed = Listed(text, str(photos), status.st_size, status.st_mtime_ns, others, data)
            record = result.records[0] if result.records else None
            judged = str(result.item.path) if result.item.path != item.path else None
            rows.append(row_of(listed, record, content=b"c" * 32, error=result.error, judged=judged))
    scorer = hashlib.sha256(model_files.scorer_model().read_bytes()).hexdigest()
    return make_archive(folder, rows, shards=2, scorer=scorer)
