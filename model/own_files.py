"""What a training or a report may write over: files that one has written before, never another's of the same name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.own_files import is_anothers


def require_own_files(out: Path, files: Mapping[str, Callable[[bytes], bool]]) -> None:
    """Raise OutputError if the folder out holds a file of one of these names that is not ours, by its first 4096 bytes.

    files: by name, what tells ours. Others in the folder are left alone, and an empty file may be written over.
    """
    for name, is_ours in files.items():
        path = out / name
        if is_anothers(path, is_ours):
            raise OutputError(f"{path} was not written by livecam, and would be lost: choose another --out")


def is_checkpoint(beginning: bytes) -> bool:
    """Whether a file that begins so is a network or a training of ours: ``model.network.to_safetensors`` wrote it."""
    return beginning[8:].startswith(b'{"__metadata__":{"livecam":')


def is_json_with(*keys: str) -> Callable[[bytes], bool]:
    """Return what tells a JSON object that begins with these keys, as ``json.dumps`` with an indent of 1 writes it."""

    def is_ours(beginning: bytes) -> bool:
        found = [line.partition(b": ")[0] for line in beginning.split(b"\n")]
        return found[: len(keys) + 1] == [b"{", *(f' "{key}"'.encode() for key in keys)]

    return is_ours
