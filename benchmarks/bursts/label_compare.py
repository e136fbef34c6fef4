"""How far rankings agree with shared burst labels, by what was measured when they were made; no picture is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from benchmarks.bursts.compare import BurstReport, compare
from benchmarks.bursts.label_format import BurstLabel
from benchmarks.bursts.rankers import SHARPEST
from benchmarks.bursts.report import burst_tables, json_objects
from benchmarks.labelled.labels import Burst, Spot
from benchmarks.labelled.pictures import AnalysedPicture
from livecam.errors import SourceError
from livecam.wording import counted


@dataclass(frozen=True, slots=True)
class SharedReport:
    """The report on shared labels.

    readers: how many said something of its bursts.  left_out: bursts on which readers do not agree, in which nothing is
    chosen, or all.  seen: labels that were not given blind; they do not count.  scorers: that measured.
    """

    report: BurstReport
    readers: int
    left_out: int
    seen: int
    scorers: tuple[str, ...]

    def tables(self) -> list[Table]:
        """Return tables for a terminal."""
        first, *others = burst_tables([self.report])
        bursts, readers = counted(self.report.count, "shared burst"), counted(self.readers, "reader")
        first.title = f"{bursts}, {readers}, with 95 % intervals"
        without = f"{counted(self.left_out, 'burst')} without a choice, {counted(self.seen, 'label')} not blind"
        first.caption = f"{first.caption}\n{without}; measured by {', '.join(self.scorers)}"
        return [first, *others]

    def json_objects(self) -> list[object]:
        """Return what is printed as JSON, an object for each line."""
        known = {"set": "shared", "readers": self.readers, "left_out": self.left_out, "not_blind": self.seen}
        return [one | known for one in json_objects([self.report], None) if isinstance(one, dict)]


def shared_report(labels: Sequence[BurstLabel]) -> SharedReport:
    """Rank the bursts of labels. Raises SourceError if none of them has a choice.

    A burst's choice is what at least two readers say; where there is one reader, what that one says.
    """
    by_burst: dict[str, list[BurstLabel]] = {}
    for label in labels:
        if label.blind:
            by_burst.setdefault(label.burst, []).append(label)
    chosen = [(found, of_one) for of_one in by_burst.values() if (found := _burst(of_one)) is not None]
    if not chosen:
        raise SourceError("no burst of these labels has a choice that was made blind: label some more")
    bursts = [burst for burst, _ in chosen]
    pictures = [[AnalysedPicture(frame.record, 0.0) for frame in of_one[0].frames] for _, of_one in chosen]
    return SharedReport(
        report=compare(bursts, pictures, "test", without=(SHARPEST,)),  # the crops are not handed on
        readers=len({label.reader for _, of_one in chosen for label in of_one}),
        left_out=len(by_burst) - len(chosen),
        seen=sum(not label.blind for label in labels),
        scorers=tuple(sorted({of_one[0].scorer for _, of_one in chosen})),
    )


def _burst(labels: Sequence[BurstLabel]) -> Burst | None:
    """Put the words of all readers of one burst together; None where nothing is chosen, or all."""
    needed = min(len(labels), 2)
    count = len(labels[0].frames)
    choose, never = (
        frozenset(i for i in range(count) if sum(i in said for said in words) >= needed)
        for words in ([label.choose for label in labels], [label.never for label in labels])
    )
    readers = tuple((label.choose, label.never) for label in labels if label.choose)
    if not choose or len(choose) == count or choose & never:
        return None
    spots = tuple(Spot(labels[0].burst, place) for place in range(count))
    return Burst(labels[0].burst, labels[0].kind, spots, choose, never, readers)
