"""What a reader must not do while it reads: open, change, start or call anything outside of its folder.

Python's own audit events tell of it; what a library in C opens by itself they do not see.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Which arguments of an event are paths, and which say that they are below a folder that was opened before.
_CHANGES = {
    "os.remove": ((0,), (1,)), "os.rmdir": ((0,), (1,)), "os.mkdir": ((0,), (2,)), "os.symlink": ((1,), (2,)),
    "os.rename": ((0, 1), (2, 3)), "os.link": ((0, 1), (2, 3)), "os.truncate": ((0,), ()),
}  # fmt: skip
_STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "socket.bind")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Code, and what the system tells of itself: a reader loads modules while it reads.
_CODE = tuple(
    os.path.realpath(str(path))
    for path in (
        Path(__file__).parents[2], sys.prefix, sys.base_prefix, sysconfig.get_paths()["stdlib"], "/usr", "/proc",
        "/sys", "/dev", "/etc/localtime", "/etc/ssl", "/etc/mime.types", *(path for path in sys.path if path),
    )
)  # fmt: skip


class OutsideError(AssertionError):
    """A reader has reached outside of its folder."""


class _Fence:
    """One for the process, for what watches a process can never be taken away again."""

    def __init__(self) -> None:
        self.inside: tuple[str, ...] | None = None
        self.found: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.inside is None:
            return
        if event == "open":
            path, _, flags = arguments
            writes = bool((flags or 0) & _WRITING)
            if not _lies_in(path, (*self.inside, os.devnull)) and (writes or not _lies_in(path, _CODE)):
                self._refuse(f"{'writes' if writes else 'reads'} {path!r}")
        elif event in _CHANGES:
            paths, folders = _CHANGES[event]
            if all(arguments[place] < 0 for place in folders):
                for path in (arguments[place] for place in paths):
                    if not _lies_in(path, self.inside):
                        self._refuse(f"{event} {path!r}")
        elif event in _STARTS:
            self._refuse(f"{event} {arguments[1:2]!r}")

    def _refuse(self, what: str) -> None:
        self.found.append(what)
        raise OutsideError(what)


_fence: _Fence | None = None


@contextmanager
def fenced(*folders: Path) -> Iterator[None]:
    """Refuse whatever reaches outside of folders meanwhile, in any thread, and raise OutsideError at the end.

    Code may be read wherever it lies. What was refused is known at the end, whoever has swallowed it.
    """
    global _fence  # noqa: PLW0603  see ``_Fence``
    fence = _fence = _fence or _Fence()
    fence.found.clear()
    fence.inside = tuple(os.path.realpath(folder) for folder in folders)
    try:
        yield
    finally:
        fence.inside = None
    if fence.found:
        raise OutsideError(fence.found[0])


def _lies_in(path: object, places: tuple[str, ...]) -> bool:
    if isinstance(path, int):  # opened before
        return True
    try:
        whole = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]  # anything else is a TypeError
    except (TypeError, ValueError):  # nothing that can be opened
        return True
    return any(whole == place or whole.startswith(place.rstrip(os.sep) + os.sep) for place in places)
