"""What the bursts that were labelled by eye offer to learn from and to be tried on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.labelled.labels import Burst, Part, Spot, bursts, label_rows
from benchmarks.labelled.pictures import AnalysedPicture, analyse
from livecam.best.ranking.lesson_faces import lesson_face_of
from livecam.best.ranking.ranked import rank
from livecam.best.ranking.settings import RankingSettings
from livecam.best.ranking.tasted import rated
from livecam.best.records.frame import FrameRecord
from livecam.scoring.eye_policy import EyePolicy
from livecam.taste.head import TasteHead
from livecam.taste.lesson import Kind, Lesson, LessonFace


@dataclass(frozen=True, slots=True)
class SeenBurst:
    """A labelled burst and what livecam sees in it. faces: of each record what lessons keep; None without a face."""

    burst: Burst
    part: Part
    records: tuple[FrameRecord, ...]
    faces: tuple[LessonFace | None, ...]

    def pick(self, head: TasteHead | None, eyes: EyePolicy = EyePolicy.OPEN) -> int:
        """Return the place of the frame that livecam would keep."""
        records = self.records if head is None else rated(self.records, head)
        return rank(records, settings=RankingSettings(eyes=eyes))[0].index


def seen_bursts(data: Path, work: Path | None) -> list[SeenBurst]:
    """Return all labelled bursts. Raises SourceError or ModelError."""
    parts: tuple[Part, ...] = ("dev", "test")
    every = [(burst, part) for part in parts for burst in bursts(part)]
    seen = analyse({spot for burst, _ in every for spot in burst.spots}, data, None, work)
    return [_seen(burst, part, seen) for burst, part in every]


def _seen(burst: Burst, part: Part, seen: Mapping[Spot, AnalysedPicture]) -> SeenBurst:
    records = tuple(seen[spot].record for spot in burst.spots)
    faces = tuple(
        lesson_face_of(record, f"{spot.file}@{spot.frame}") for record, spot in zip(records, burst.spots, strict=True)
    )
    return SeenBurst(burst, part, records, faces)


def pair(better: LessonFace, worse: LessonFace, session: str, network: str) -> Lesson:
    """Return the lesson that the one face is liked better than the other."""
    return Lesson(Kind.PAIR, better, session, 0.0, network, worse, source="benchmark")


def reader_names(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return who read each of the bursts of these names, in the order of ``Burst.readers``."""
    wanted = set(names)
    found: dict[str, list[int]] = {}
    for row in label_rows("burst_readers.csv"):
        if row["burst"] in wanted:
            found.setdefault(row["burst"], []).append(int(row["reader"]))
    return {name: tuple(readers) for name, readers in found.items()}
