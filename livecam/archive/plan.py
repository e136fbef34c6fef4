"""What is asked of a worker, and what it answers: paths go there, rows come back, and never pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Protocol

import pyarrow as pa

from livecam.archive.rows import Listed


@dataclass(frozen=True, slots=True)
class Found:
    """A photo that was found in a source.

    url: the source's address for fsspec, with name and password if need be; None: a file of this system.
    name: of the photo there; "" of a file.  alike: what the archive knows of files of this size, see ``Known.alike``.
    """

    listed: Listed
    url: str | None = None
    name: str = ""
    alike: bytes = b""


@dataclass(frozen=True, slots=True)
class Plan:
    """Photos of one source, to be scored by one worker. number: unlike that of all others of an engine's run."""

    number: int
    photos: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan.

    rows: by ``schema.SCHEMA``, in the plan's order.  unread: photos that have no row because they were not to be had,
    and why, each one line: a later run may get them.  failure: why nothing more can be scored; one line.
    same: paths of photos that have no row because the archive seems to have one of their content, and that content's
    hash.
    """

    number: int
    rows: pa.Table
    unread: tuple[str, ...] = ()
    failure: str | None = None
    same: tuple[tuple[str, bytes], ...] = ()


class Engine(Protocol):
    """Has plans done by workers."""

    @property
    def workers(self) -> int:
        """How many work at once."""
        ...

    def run(self, plans: Iterable[Plan]) -> Iterator[Outcome]:
        """Yield what came of plans as it comes. Of a plan whose worker died, nothing comes. Raises ArchiveError."""
        ...

    def close(self) -> None:
        """End the workers."""
        ...


def plan_size(photos: int, workers: int, most: int) -> int:
    """Return how many photos each worker is given at a time: few enough that at the end none waits long for others."""
    return max(min(most, -(-photos // (4 * workers))), 1)


def parted(photos: Iterable[Found], size: int) -> Iterator[Plan]:
    """Yield plans of up to size photos, each of one source, in their order."""
    number = 0
    for _, of_one in groupby(photos, key=lambda photo: photo.url):
        while part := tuple(islice(of_one, size)):
            yield Plan(number, part)
            number += 1
