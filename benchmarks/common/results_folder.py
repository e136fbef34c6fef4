"""The folder that results are written to: tried before hours are spent on them, and each file whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.durable import replace_file, require_writable


def require_results_folder(out: Path) -> None:
    """Make the folder out, and prove that a file can be written there. Raises OutputError."""
    with _as_output_error(out):
        require_writable(out)


def write_results(out: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, by their names, to the folder out. Raises OutputError."""
    with _as_output_error(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            replace_file(out / name, content.encode() if isinstance(content, str) else content)


@contextmanager
def _as_output_error(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}): choose another folder with --out") from error
