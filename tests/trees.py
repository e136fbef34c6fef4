"""What is in a folder, so that a test can say that nothing was lost, doubled or changed."""

from __future__ import annotations

from pathlib import Path


def tree(folder: Path) -> dict[str, bytes]:
    """Everything under folder by its path, but journals, whole ones and begun ones."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".jsonl")
    files = (path for path in files if path.name != ".livecam-journal.tmp")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
