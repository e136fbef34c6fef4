"""The nine busiest raters of the research data: learning curves in five classes.

A rater's ratings from 1 to 10 are cut into five classes where the shares come nearest to the paper's (14, 21, 33, 24
and 8 %). A whole rating is never divided by lot, as ``benchmarks.paper`` does: what lots decided nobody can learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from benchmarks.common.raters import MIX, Rater
from benchmarks.common.statistics import Estimate
from livecam.best.ranking.lesson_faces import lesson_face_of
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner
from livecam.errors import LivecamError, SourceError
from livecam.photos.discover import collect
from livecam.taste.head import TasteHead
from livecam.taste.learning import learn
from livecam.taste.lesson import Kind, Lesson, LessonFace
from livecam.types import RATINGS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COUNTS = (0, 10, 25, 50, 100, 200, 400)
RATERS = 9
DRAWS = 8
_MIDDLE = 3
_AGAIN = 400  # draws of the bootstrap


@dataclass(frozen=True, slots=True)
class Differences:
    """The head's less the other's, with 95 % intervals; below 0 is better for mae_*, above 0 for spearman_*.

    A constant has a Spearman of 0.
    """

    mae_to_constant: Estimate
    mae_to_generic: Estimate
    spearman_to_generic: Estimate
    spearman_to_constant: Estimate

    def worse(self) -> list[tuple[str, Estimate]]:
        """Those in which the head is surely worse, with what they are called."""
        named = (
            ("MAE against the constant", self.mae_to_constant, self.mae_to_constant.low > 0),
            ("MAE against the scorer", self.mae_to_generic, self.mae_to_generic.low > 0),
            ("Spearman against the scorer", self.spearman_to_generic, self.spearman_to_generic.high < -_NOTHING),
            ("Spearman against the constant", self.spearman_to_constant, self.spearman_to_constant.high < -_NOTHING),
        )
        return [(name, found) for name, found, bad in named if bad]


_NOTHING = 1e-9  # rounding


@dataclass(frozen=True, slots=True)
class Point:
    """One rater after so many lessons. mae: classes.  spearman: with the scores that are expected.

    of_photos: with intervals for other photos, by the very heads that were learned here; of_lessons: for other photos
    and other lessons too.  used: the share of draws in which livecam would use the head.
    """

    rater: str
    count: int
    mae: float
    spearman: float
    generic_mae: float
    generic_spearman: float
    constant_mae: float
    of_photos: Differences
    of_lessons: Differences
    used: float


def faces_of(data: Path, work: Path) -> dict[str, LessonFace]:
    """Return what lessons keep of each rated portrait with a face, by its file's name; looked at once. SourceError."""
    folder = data / "ratings" / "images"
    if not folder.is_dir():
        raise SourceError(f"no research data at {folder}: name its folder with --data")
    items, _ = collect([str(folder)])
    found: dict[str, LessonFace] = {}
    with Cache(work) as cache, PhotoScanner(cache, faces=3) as scanner:
        for result in scanner.scan(items):
            name = result.item.path.name
            face = lesson_face_of(result.records[0], name) if result.records else None
            if face is not None:
                found[name] = face
    return found


def five_classes(values: Floats) -> Ints:
    """Return ratings as 1..5, cut between whole ratings where the shares come nearest to ``MIX``."""
    known, counts = np.unique(values, return_counts=True)
    reached = np.cumsum(counts) / counts.sum()
    cuts: list[float] = []
    for share in np.cumsum(MIX)[:-1]:
        cut = float(known[int(np.abs(reached - share).argmin())]) + 0.5
        cuts.append(max(cut, cuts[-1] + 1) if cuts else cut)
    return np.searchsorted(cuts, values) + 1


def curve(rater: Rater, faces: Mapping[str, LessonFace], network: str) -> list[Point]:
    """Learn from more and more of a rater's ratings, and foresee those beyond the largest count."""
    files = [file for file in rater.ratings if file in faces]
    classes = five_classes(np.array([rater.ratings[file] for file in files]))
    orders = [np.random.default_rng(seed).permutation(len(files)) for seed in range(DRAWS)]
    test = [order[COUNTS[-1] :] for order in orders]
    generic = np.array([faces[file].score for file in files])
    points = []
    for count in COUNTS:
        expected, median, constant, used = [], [], [], []
        for order, held in zip(orders, test, strict=True):
            lessons = [
                Lesson(Kind.STARS, faces[files[i]], "one", 0.0, network, None, int(classes[i])) for i in order[:count]
            ]
            probs, is_used = _foreseen(lessons, [faces[files[i]] for i in held])
            constant.append(int(np.median(classes[order[:count]])) if count else _MIDDLE)
            expected.append(generic[held] if probs is None else probs @ np.array(RATINGS))
            median.append(np.round(generic[held]) if probs is None else (probs.cumsum(axis=1) < 0.5).sum(axis=1) + 1.0)
            used.append(is_used)
        truths = [classes[held].astype(np.float64) for held in test]
        generics = [generic[held] for held in test]
        points.append(
            _point(rater.name, count, test, truths, (median, expected), generics, constant, float(np.mean(used)))
        )
    return points


def _foreseen(lessons: Sequence[Lesson], faces: Sequence[LessonFace]) -> tuple[Floats | None, bool]:
    """Return how probable each rating of faces is, (N, 5), None where nothing can be learned; whether it is used."""
    try:
        head: TasteHead = learn(lessons)
    except LivecamError:
        return None, False
    return np.array([head.probs(head.of_face(face)) for face in faces], np.float64), head.story.verdict.better


def _point(
    name: str,
    count: int,
    test: Sequence[Ints],
    truths: Sequence[Floats],
    foreseen: tuple[Sequence[Floats], Sequence[Floats]],
    generics: Sequence[Floats],
    constant: Sequence[int],
    used: float,
) -> Point:
    median, expected = foreseen
    truth = np.concatenate(truths)
    ours = np.abs(np.concatenate(median) - truth)
    theirs = np.abs(np.round(np.concatenate(generics)) - truth)
    always = np.abs(np.concatenate([np.full(len(t), float(c)) for t, c in zip(truths, constant, strict=True)]) - truth)
    head_ranks, own_ranks, truth_ranks = (np.concatenate([_standard(one) for one in many])
                                          for many in (expected, generics, truths))  # fmt: skip
    head, own = head_ranks * truth_ranks, own_ranks * truth_ranks

    def differences(*, other_lessons: bool) -> Differences:
        values = (ours - always, ours - theirs, head - own, head)
        return Differences(*(_estimate(one, test, other_lessons=other_lessons) for one in values))

    return Point(
        rater=name,
        count=count,
        mae=float(ours.mean()),
        spearman=float(head.mean()),
        generic_mae=float(theirs.mean()),
        generic_spearman=float(own.mean()),
        constant_mae=float(always.mean()),
        of_photos=differences(other_lessons=False),
        of_lessons=differences(other_lessons=True),
        used=used,
    )


def _estimate(values: Floats, test: Sequence[Ints], *, other_lessons: bool) -> Estimate:
    """Return the mean with its bootstrap interval by photos, or by photos and draws of lessons.

    values: one draw after the other, of its photos as in test; ranks are taken once, within each draw.
    """
    rng = np.random.default_rng(0)
    count = max(int(one.max()) for one in test) + 1
    photos = rng.multinomial(count, np.full(count, 1 / count), _AGAIN).astype(np.float64)
    ends = np.cumsum([len(one) for one in test])
    of_draws = np.array([
        (photos[:, one] @ values[end - len(one) : end]) / photos[:, one].sum(axis=1)
        for one, end in zip(test, ends, strict=True)
    ])  # fmt: skip
    many = len(test)
    times = rng.multinomial(many, np.full(many, 1 / many), _AGAIN) if other_lessons else np.ones((_AGAIN, many))
    means = (times.T * of_draws).sum(axis=0) / many
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(float(values.mean()), float(low), float(high), len(values))


def _standard(values: Floats) -> Floats:
    ranks = rankdata(values)
    spread = float(ranks.std())
    return np.asarray((ranks - ranks.mean()) / spread if spread else 0 * ranks, np.float64)
