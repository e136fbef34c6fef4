"""People with a taste that is stated as a rule: pairs from three clips, and the picks of all other clips."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.common.statistics import Estimate, wilson
from benchmarks.taste.bursts import SeenBurst, pair
from livecam.best.ranking.lesson_faces import worth_of
from livecam.scoring.eye_policy import EyePolicy
from livecam.taste.head import TasteHead
from livecam.taste.learning import TooLittleError, learn
from livecam.taste.lesson import Lesson, LessonFace
from livecam.taste.signals import signals_of
from livecam.types import EYE_CLOSED

COUNTS, CLIPS, DRAWS = (10, 40), 3, 5

Rule = Callable[[Mapping[str, float]], float]
# What each likes, in the unit of its signal, and what difference it sees.
RULES: Mapping[str, tuple[Rule, float]] = {
    "closed-mouth smiles": (lambda signals: signals["closed_smile"], 0.15),
    "serious looks": (lambda signals: -signals["smile"], 0.15),
    "profile to their left": (lambda signals: signals["turned_left"], 8.0),
    "eyes to the camera": (lambda signals: -signals["look_away"], 6.0),
    "eyes away from the camera": (lambda signals: signals["look_away"], 6.0),
}


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One taste after so many pairs. bursts: of other clips and people, in which livecam's pick is not what it likes;
    one counts in each draw in which it is met.

    turned: in how many of these the pick with the head is nearer to the best by the taste than to livecam's own.
    alike: bursts whose open-eyed frames are all alike to the taste.  changed: in how many of these the pick changes.
    The intervals of both are for as many as there are different bursts.
    readers, readers_own: the share of the readers of these who chose the pick with the head, and livecam's own.
    closed: in how many of all bursts that have an open frame the pick has closed eyes.  proved: draws in which livecam
    would use the head.
    """

    taste: str
    pairs: int
    bursts: int
    turned: Estimate
    alike: int
    changed: Estimate
    readers: float
    readers_own: float
    closed: int
    tried: int
    proved: float


def simulated(seen: Sequence[SeenBurst], network: str) -> list[RuleResult]:
    """Try every rule, each with some draws of three clips."""
    return [_try(name, count, seen, network) for count in COUNTS for name in RULES]


def _try(name: str, count: int, seen: Sequence[SeenBurst], network: str) -> RuleResult:
    rule, least = RULES[name]
    turned: list[tuple[str, bool]] = []
    changed: list[tuple[str, bool]] = []
    agree: list[tuple[float, float]] = []
    closed = tried = 0
    proved: list[bool] = []
    worth = [[None if face is None else rule(signals_of(face)) for face in one.faces] for one in seen]
    generic = [one.pick(None) for one in seen]
    for seed in range(DRAWS):
        lessons, where = _lessons(seen, worth, least, count, seed, network)
        head = learn(lessons, worth=worth_of)
        proved.append(head.story.verdict.better)
        for one, values, own in zip(seen, worth, generic, strict=True):
            best = _best(one, values)
            if one.burst.where in where or best is None:
                continue
            picked = one.pick(head)
            closed += _is_closed(one.faces[picked])
            tried += 1
            reachable, now, after = values[best], values[own], values[picked]
            if reachable is None or now is None:
                continue
            if reachable - now >= least:
                turned.append((one.burst.name, after is not None and after > (reachable + now) / 2))
            elif _alike(one, values, now, least):
                changed.append((one.burst.name, picked != own))
                agree.append((_chosen(one, picked), _chosen(one, own)))
    readers, readers_own = np.mean(agree, axis=0).tolist() if agree else (math.nan, math.nan)
    return RuleResult(
        taste=name,
        pairs=count,
        bursts=len(turned),
        turned=_share(turned),
        alike=len(changed),
        changed=_share(changed),
        readers=readers,
        readers_own=readers_own,
        closed=closed,
        tried=tried,
        proved=float(np.mean(proved)),
    )


def _share(found: Sequence[tuple[str, bool]]) -> Estimate:
    """Return the share of true ones, with an interval for as many as there are bursts: draws meet them again."""
    value = float(np.mean([true for _, true in found])) if found else math.nan
    return wilson(value, len({name for name, _ in found}))


def _alike(one: SeenBurst, values: Sequence[float | None], now: float, least: float) -> bool:
    """Whether two or more frames with open eyes are there, and none differs from livecam's own pick to the taste."""
    opened = [
        value for face, value in zip(one.faces, values, strict=True) if value is not None and not _is_closed(face)
    ]
    return len(opened) > 1 and all(abs(value - now) < least for value in opened)


def _chosen(one: SeenBurst, place: int) -> float:
    """The share of a burst's readers who chose this frame."""
    return float(np.mean([place in chosen for chosen, _ in one.burst.readers]))


def _lessons(
    seen: Sequence[SeenBurst],
    worth: Sequence[Sequence[float | None]],
    least: float,
    count: int,
    seed: int,
    network: str,
) -> tuple[list[Lesson], set[str]]:
    """Draw count pairs of frames of one burst that differ by what the taste sees, from clips that have enough."""
    rng = np.random.default_rng(seed)
    by_clip: dict[str, list[Lesson]] = {}
    for one, values in zip(seen, worth, strict=True):
        if one.burst.spots[0].frame >= 0:
            by_clip.setdefault(one.burst.where, []).extend(_pairs(one, values, least, network))
    clips = [clip for clip, lessons in by_clip.items() if len(lessons) >= COUNTS[-1] // CLIPS]
    chosen = set(rng.permutation(clips)[:CLIPS].tolist())
    found = [lesson for clip in sorted(chosen) for lesson in by_clip[clip]]
    return [found[i] for i in rng.permutation(len(found))[:count]], chosen


def _pairs(one: SeenBurst, values: Sequence[float | None], least: float, network: str) -> list[Lesson]:
    lessons = []
    for i, better in enumerate(values):
        for j, worse in enumerate(values):
            a, b = one.faces[i], one.faces[j]
            if better is None or worse is None or a is None or b is None or better - worse < least:
                continue
            if not _is_closed(a) and not _is_closed(b):
                lessons.append(pair(a, b, one.burst.name, network))
    return lessons


def _best(one: SeenBurst, values: Sequence[float | None]) -> int | None:
    """The place of what the taste likes best among frames with open eyes."""
    places = [i for i, face in enumerate(one.faces) if face is not None and not _is_closed(face)]
    return max(places, key=lambda i: values[i] or 0.0) if places else None


def _is_closed(face: LessonFace | None) -> bool:
    return face is None or max(face.eyes_closed) > EYE_CLOSED


def _learned(lessons: Sequence[Lesson]) -> TasteHead | None:
    """What is learned; None where lessons tell nothing of taste, as those that closed eyes explain."""
    try:
        return learn(lessons)
    except TooLittleError:
        return None


def sleepers_stay(seen: Sequence[SeenBurst], network: str) -> tuple[int, int, int]:
    """Who always likes closed eyes better: return how many bursts with both, how many picks are closed, and how many
    are with ``--eyes any``.
    """
    lessons: list[Lesson] = []
    for one in seen[::2]:
        closed = [face for face in one.faces if face is not None and _is_closed(face)]
        opened = [face for face in one.faces if face is not None and not _is_closed(face)]
        lessons += [pair(a, b, one.burst.name, network) for a, b in zip(closed, opened, strict=False)]
    head = _learned(lessons)
    both = [one for one in seen[1::2] if len({_is_closed(face) for face in one.faces if face is not None}) == 2]
    closed_by_rule = sum(_is_closed(one.faces[one.pick(head)]) for one in both)
    closed_by_any = sum(_is_closed(one.faces[one.pick(head, EyePolicy.ANY)]) for one in both)
    return len(both), closed_by_rule, closed_by_any
