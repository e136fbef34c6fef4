"""(c) People with a taste that is stated as a rule: 40 pairs from three clips, and the picks of all other clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.common.statistics import Estimate, share
from benchmarks.taste.bursts import SeenBurst, pair
from livecam.best.ranking.lesson_faces import worth_of
from livecam.scoring.eye_policy import EyePolicy
from livecam.taste.head import TasteHead
from livecam.taste.learning import TooLittleError, learn
from livecam.taste.lesson import Lesson, LessonFace
from livecam.taste.signals import signals_of
from livecam.types import EYE_CLOSED

PAIRS, CLIPS, DRAWS = 40, 3, 5

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
    """One taste. bursts: of other clips and people, in which livecam's own pick is not what the taste likes.

    turned: in how many of these the pick with the head is nearer to the best by the taste than to livecam's own.
    closed: in how many of all bursts that have an open frame the pick has closed eyes.  proved: draws in which livecam
    would use the head.
    """

    taste: str
    bursts: int
    turned: Estimate
    closed: int
    tried: int
    proved: float


def simulated(seen: Sequence[SeenBurst], network: str) -> list[RuleResult]:
    """Try every rule, each with some draws of three clips."""
    return [_try(name, rule, least, seen, network) for name, (rule, least) in RULES.items()]


def _try(name: str, rule: Rule, least: float, seen: Sequence[SeenBurst], network: str) -> RuleResult:
    turned: list[bool] = []
    closed = tried = 0
    proved: list[bool] = []
    worth = [[None if face is None else rule(signals_of(face)) for face in one.faces] for one in seen]
    generic = [one.pick(None) for one in seen]
    for seed in range(DRAWS):
        lessons, where = _lessons(seen, worth, least, seed, network)
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
            if reachable is None or now is None or reachable - now < least:
                continue
            turned.append(after is not None and after > (reachable + now) / 2)
    return RuleResult(name, len(turned), share(np.array(turned, bool)), closed, tried, float(np.mean(proved)))


def _lessons(
    seen: Sequence[SeenBurst], worth: Sequence[Sequence[float | None]], least: float, seed: int, network: str
) -> tuple[list[Lesson], set[str]]:
    """Draw pairs of frames of one burst that differ by what the taste sees, from as few clips as have enough."""
    rng = np.random.default_rng(seed)
    by_clip: dict[str, list[Lesson]] = {}
    for one, values in zip(seen, worth, strict=True):
        if one.burst.spots[0].frame >= 0:
            by_clip.setdefault(one.burst.where, []).extend(_pairs(one, values, least, network))
    clips = [clip for clip, lessons in by_clip.items() if len(lessons) >= PAIRS // CLIPS]
    chosen = set(rng.permutation(clips)[:CLIPS].tolist())
    found = [lesson for clip in sorted(chosen) for lesson in by_clip[clip]]
    return [found[i] for i in rng.permutation(len(found))[:PAIRS]], chosen


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
