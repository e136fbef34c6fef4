"""The process that reads damaged files until its time is over; it may crash, so it is not the one that counts.

``python -m tools.fuzz.worker READER SECONDS ENGINE FOLDER``. In FOLDER it keeps ``current``, what is being read,
``count``, how many were read, and a file for each kind of crash, with its traceback beside it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import importlib
import resource
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from tools.fuzz.mutations import with_a_word
from tools.fuzz.reader import Reader, is_crash
from tools.fuzz.readers import reader_of

_ROOT = Path(__file__).parents[2]
_FIRST_S = 600  # what the first input needs is loaded with it; set by hand
_HANGS_S = 60  # no input takes so long, on a busy machine either; set by hand
_MOST_BYTES = 12 << 30  # of address space: a file that asks for more is a crash; set by hand
_COUNT_EVERY = 64
_WORD_EVERY = 5  # of so many mutations one puts in a word; set by hand
_LONGEST_INPUT = 200_000


class Hunt:
    """Reads inputs and keeps those that crash, one of a kind."""

    def __init__(self, reader: Reader, seconds: float, folder: Path, scratch: Path) -> None:
        """scratch: where seeds are made and read."""
        self._reader = reader
        self._folder, self._scratch = folder, scratch
        self._until_s = time.monotonic() + seconds
        self._count = int(_text(folder / "count") or 0)
        self.seeds = self._reader.seeds(scratch)

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._until_s

    def read(self, data: bytes) -> None:
        """Read data; a new kind of crash is kept."""
        (self._folder / "current").write_bytes(data)
        error = self._crash(data)
        self._count += 1
        if self._count % _COUNT_EVERY == 0:
            self.note()
        if error is not None and not (kept := self._folder / f"crash-{_kind_of(error)}").exists():
            kept.write_bytes(data)
            kept.with_name(f"{kept.name}.txt").write_text("".join(traceback.format_exception(error)))

    def sort_out_mended(self) -> None:
        """What an earlier hunt has kept and crashes no longer is called "mended" from now on."""
        for kept in [path for path in self._folder.glob("crash-*") if path.suffix != ".txt"]:
            # What has killed a process would kill this one.
            if not kept.name.startswith("crash-died-") and self._crash(kept.read_bytes()) is None:
                for file in (kept, kept.with_name(f"{kept.name}.txt")):
                    with contextlib.suppress(FileNotFoundError):
                        file.replace(file.with_name(f"mended-{file.name.removeprefix('crash-')}"))

    def _crash(self, data: bytes) -> Exception | None:
        """Read data; who takes too long is ended, and with it this process."""
        faulthandler.dump_traceback_later(_HANGS_S if self._count else _FIRST_S, exit=True)
        error = is_crash(self._reader.read, data, self._scratch)
        faulthandler.cancel_dump_traceback_later()
        return error

    def note(self) -> None:
        """Write down how many were read."""
        (self._folder / "count").write_text(str(self._count))


def _kind_of(error: Exception) -> str:
    """What was raised, and where: the last line of livecam's own on its way, for libraries raise much in one place."""
    places = traceback.extract_tb(error.__traceback__)
    own = [place for place in places if _is_read_with(Path(place.filename))]
    place = (own or places)[-1]
    return f"{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}"


def _is_read_with(module: Path) -> bool:
    """Whether a module is of the readers, not of a library, nor of the tool."""
    return module.is_relative_to(_ROOT) and module.relative_to(_ROOT).parts[0] in {"livecam", "model"}


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _with_hypothesis(hunt: Hunt) -> None:
    from hypothesis import HealthCheck, given, settings  # noqa: PLC0415

    from tools.fuzz.mutations import damaged  # noqa: PLC0415

    while not hunt.is_over:

        @settings(max_examples=2000, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(damaged(hunt.seeds))
        def some(data: bytes) -> None:
            if not hunt.is_over:
                hunt.read(data)

        some()


def _with_atheris(name: str, seconds: float, folder: Path, scratch: Path) -> None:
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["livecam", "model"]):
        hunt = Hunt(reader_of(name), seconds, folder, scratch)
        for data in hunt.seeds:
            hunt.read(data)  # imports what it reads with
        hunt.sort_out_mended()
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for data in hunt.seeds:
        (corpus / hashlib.sha1(data, usedforsecurity=False).hexdigest()).write_bytes(data)
    limits = [
        f"-max_total_time={seconds:.0f}",
        f"-max_len={_LONGEST_INPUT}",
        f"-timeout={2 * _HANGS_S}",
        "-rss_limit_mb=0",
        "-len_control=0",
    ]

    def mutate(data: bytes, most: int, number: int) -> bytes:
        """Mutate as libFuzzer does, and now and then put in a word, for its own dictionary takes none of these."""
        changed = data if number % _WORD_EVERY else with_a_word(data, number)[:most]
        mutated: bytes = atheris.Mutate(changed, most) if changed is data or number % 2 else changed
        return mutated

    arguments = ["fuzz", *limits, "-detect_leaks=0", f"-artifact_prefix={folder}/died-", str(corpus)]
    atheris.Setup(arguments, hunt.read, custom_mutator=mutate)
    with contextlib.suppress(SystemExit):
        atheris.Fuzz()


def main(name: str, seconds: float, engine: str, folder: Path) -> None:
    """Read damaged files for so many seconds."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    warnings.simplefilter("ignore")
    memory = Path("/dev/shm")  # noqa: S108  the folder in it is this process's own
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as scratch:
        if engine == "atheris":
            _with_atheris(name, seconds, folder, Path(scratch))
        else:
            hunt = Hunt(reader_of(name), seconds, folder, Path(scratch))
            hunt.sort_out_mended()
            _with_hypothesis(hunt)
            hunt.note()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
