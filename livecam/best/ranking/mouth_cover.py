"""Whether something is before a person's mouth in one picture that is not there in their others: a hand, a cup.

By itself ``livecam.scoring.covered_mouth`` takes beards and blurred faces for it, too; but a beard is in all pictures.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from livecam.best.records.frame import FaceRecord


@dataclass(frozen=True, slots=True)
class CoverSettings:
    """When a mouth counts as covered.

    plainly_free: log-odds; how far below them a mouth lies says nothing.  rise: log-odds above what is usual for the
    person. Of the 3,944 frames of the dev bursts, by networks that had not seen the person, 7 of 11 covered mouths rise
    so far, 4 of 10 of which a reader is not sure, and 7 of 3,923 others; at 2.8 it is 7, 4 and 13, at 3.6 6, 4 and 6.
    open_jaw, smile, pursed, funnelled: blendshapes, 0..1; where they are above the first, the second or both others the
    landmarks see a mouth. Set by hand.
    """

    plainly_free: float = -4.0
    rise: float = 3.45
    open_jaw: float = 0.5
    smile: float = 0.7
    pursed: float = 0.5
    funnelled: float = 0.2


_SETTINGS = CoverSettings()


def usual_cover(covers: Sequence[float | None]) -> float | None:
    """Return what is usual for one person; None where one picture was not measured, for then nothing is compared.

    covers: ``FaceRecord.mouth_cover`` of all their pictures, at least one.
    """
    known = [max(cover, _SETTINGS.plainly_free) for cover in covers if cover is not None]
    return lower_median(known) if len(known) == len(covers) else None


def mouth_is_covered(face: FaceRecord, usual: float | None) -> bool:
    """Return whether something is before the mouth of face. usual: for the person, see ``usual_cover``."""
    if face.mouth_cover is None or usual is None:
        return False
    return face.mouth_cover - usual > _SETTINGS.rise and not _shows_a_mouth(face)


def _shows_a_mouth(face: FaceRecord) -> bool:
    pursed = face.shape("mouthPucker") > _SETTINGS.pursed and face.shape("mouthFunnel") > _SETTINGS.funnelled
    return pursed or face.shape("jawOpen") > _SETTINGS.open_jaw or face.shape("mouthSmile") > _SETTINGS.smile


def lower_median(values: Sequence[float]) -> float:
    """Return the median of the lower half: what goes up for a moment, as lids in a blink, does not shift it."""
    return statistics.median(sorted(values)[: (len(values) + 1) // 2])
