"""What the names of many photos say together: which are versions of one, and whether others were taken around it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from itertools import chain, takewhile
from pathlib import Path

from livecam.best.grouping.version_names import VersionName, version_name
from livecam.best.records.frame import FrameRecord
from livecam.best.records.scan_result import ScanResult
from livecam.photos.capture_names import folded, root_of


class VersionNames:
    """The names of photos without what programs add to them, and when those photos were taken."""

    def __init__(self, results: Sequence[ScanResult]) -> None:
        """results: of all photos that may be versions of each other."""
        self._known: dict[Path, set[str]] = {}
        for item in (result.item for result in results if not result.item.clip):
            for file in (item.path, *item.companions):
                self._known.setdefault(file.parent, set()).add(folded(root_of(file.stem)))

        self._times: dict[str, list[tuple[datetime, str]]] = {}
        for record in (result.records[0] for result in results if result.records and not result.item.clip):
            if record.captured is not None and record.path is not None:
                taken = record.captured.replace(tzinfo=None), folded(self.of(record.path).name)
                self._times.setdefault(record.camera.casefold(), []).append(taken)
        for times in self._times.values():
            times.sort()

    def of(self, path: Path) -> VersionName:
        """See ``version_name``."""
        return version_name(root_of(path.stem), self._known.get(path.parent, ()))

    def count_in(self, folder: Path) -> int:
        """How many photos lie in folder, by their names."""
        return len(self._known.get(folder, ()))

    def is_one_of_several(self, record: FrameRecord, within_s: float) -> bool:
        """Whether its camera took photos of other names right before or after."""
        if record.captured is None or record.path is None:
            return False
        own, moment = folded(self.of(record.path).name), record.captured.replace(tzinfo=None)
        times = self._times.get(record.camera.casefold(), [])
        at = bisect_left(times, (moment, ""))
        later = takewhile(lambda taken: (taken[0] - moment).total_seconds() <= within_s, times[at:])
        earlier = takewhile(lambda taken: (moment - taken[0]).total_seconds() <= within_s, reversed(times[:at]))
        return any(name != own for _, name in chain(later, earlier))
