"""``python -m tools.kills.archive_run PHOTOS OUT``: ``livecam archive`` with such small shards that there are many."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from livecam import exit_codes, native_logs
from livecam.archive.score import Wanted, score
from livecam.archive.settings import ArchiveSettings
from livecam.stop_signals import StopSignals

SETTINGS = ArchiveSettings(plan_photos=8, shard_rows=16, shard_s=1.0)


def main() -> None:
    """Score, and exit as livecam does."""
    photos, out = sys.argv[1:]
    native_logs.hush()
    with StopSignals():
        notes = Console(stderr=True, soft_wrap=True)
        wanted = Wanted(Path(out), provider="cpu")
        failed = False

        def work() -> None:
            nonlocal failed
            failed = score([photos], wanted, notes, SETTINGS)

        code = exit_codes.code_of(work, "livecam")
    sys.exit(code or int(failed))


if __name__ == "__main__":
    main()
