"""What came of one photo or clip that was scanned, and how it is written into the cache."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Self

from livecam.best.records.frame import FrameRecord
from livecam.best.records.sound import require_sound
from livecam.photos.discover import Item


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What came of one photo or clip.

    records: one of a photo, the peaks of a clip by time; empty if it could not be read, or a clip has none.  error: one
    line, None if all went well; a clip that ends early has records and an error.  length_ms: of a clip.
    no_peak: why a clip that was read has no peak, "" if it has one.
    """

    item: Item
    records: tuple[FrameRecord, ...]
    error: str | None = None
    length_ms: float = 0.0
    no_peak: str = ""

    def to_json(self) -> str:
        """As text, without item and error: the same bytes under another name give the same."""
        values = {
            "records": [record.as_dict() for record in self.records],
            "length_ms": self.length_ms,
            "no_peak": self.no_peak,
        }
        return json.dumps(values, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, item: Item) -> Self:
        """Undo ``to_json`` for item. Raises KeyError, TypeError or ValueError on anything else."""
        values = json.loads(text)
        records = (require_sound(FrameRecord.from_dict(record, item.path)) for record in values["records"])
        return cls(
            item,
            tuple(replace(record, companions=item.companions) for record in records),
            length_ms=float(values["length_ms"]),
            no_peak=str(values["no_peak"]),
        )
