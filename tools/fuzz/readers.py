"""Every reader of livecam that is given files or answers from the outside world, by its name.

Each kind is a module of ``tools.fuzz.kinds``, and loaded alone: one needs PyTorch, another DuckDB.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from livecam.errors import SourceError
from tools.fuzz.reader import Reader

_KINDS: Mapping[str, tuple[str, ...]] = {
    "pictures": ("image", "tiff", "raw", "tags", "clip"),
    "marks": ("xmp", "xmp-inside", "settings"),
    "lists": ("csv", "choices", "journal", "log", "learn", "lessons"),
    "models": ("onnx", "safetensors", "taste"),
    "streams": ("stream",),
    "state": ("cache", "watched", "ingested", "reviewed", "transferred"),
    "archives": ("shard", "shard-asked", "manifest", "zip", "question"),
    "requests": ("live-remote", "review", "rating-page"),
}
NAMES: tuple[str, ...] = tuple(name for names in _KINDS.values() for name in names)


def reader_of(name: str) -> Reader:
    """Return the reader of that name. Raises SourceError, which says what there is."""
    for kind, names in _KINDS.items():
        if name in names:
            found: Mapping[str, Reader] = importlib.import_module(f"tools.fuzz.kinds.{kind}").READERS
            return found[name]
    raise SourceError(f"no reader {name!r}: choose one of {', '.join(NAMES)}, or all")
