"""The best moments of a clip: frames that are better than all around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livecam.best.ranking.assessment import has_closed_eye
from livecam.best.ranking.ranked import rank
from livecam.best.ranking.settings import RankingSettings
from livecam.best.records.frame import FrameRecord
from livecam.scoring.eye_policy import EyePolicy


@dataclass(frozen=True, slots=True)
class PeakSettings:
    """How many peaks a clip has. Set by hand."""

    # A peak is better than every frame that is less than this away from it, milliseconds.
    radius_ms: float = 1500.0
    # The best of a clip's peaks; None: all.
    max_count: int | None = 24


_SETTINGS = PeakSettings()


def find_peaks(
    records: Sequence[FrameRecord], settings: PeakSettings = _SETTINGS, eyes: EyePolicy = EyePolicy.OPEN
) -> tuple[int, ...]:
    """Return the indices of a clip's peaks, the best first.

    records: the analysed frames, with t_ms, in the order of time. A frame with closed eyes is no peak, whatever
    surrounds it; () if nobody is seen.  eyes: what closed ones count for.
    """
    ranking = rank(records, settings=RankingSettings(eyes=eyes))
    places = {ranked.index: place for place, ranked in enumerate(ranking)}
    times = [record.t_ms or 0.0 for record in records]
    peaks: list[int] = []
    first = 0
    for index, record in enumerate(records):
        while times[index] - times[first] >= settings.radius_ms:
            first += 1
        last = index
        while last + 1 < len(records) and times[last + 1] - times[index] < settings.radius_ms:
            last += 1
        best = min(range(first, last + 1), key=places.__getitem__)
        if best == index and record.faces and not _blinks(record, eyes):
            peaks.append(index)
    return tuple(sorted(peaks, key=places.__getitem__)[: settings.max_count])


def why_no_peak(records: Sequence[FrameRecord], eyes: EyePolicy = EyePolicy.OPEN) -> str:
    """Say why a clip with these analysed frames has no peak."""
    with_faces = [record for record in records if record.faces]
    if not with_faces:
        return "no face found in any of its frames"
    if all(_blinks(record, eyes) for record in with_faces):
        whose = "the" if all(len(record.faces) == 1 for record in with_faces) else "somebody's"
        return f"{whose} eyes are closed in every frame with a face"
    return "none of its frames is better than those around it"


def _blinks(record: FrameRecord, eyes: EyePolicy) -> bool:
    return any(has_closed_eye(face, eyes) for face in record.faces)
