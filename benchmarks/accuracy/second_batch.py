"""Real winks, and eyes and mouths of the second batch: as the camera judges them, by the scorer alone, by blendshapes.

Each figure's name says what its faces are to the scorer (``benchmarks.accuracy.sources``).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.accuracy.judged import Judgement
from benchmarks.accuracy.seen import SeenFaces
from benchmarks.accuracy.sources import NAMES, Scope
from benchmarks.accuracy.winks import named
from benchmarks.common.statistics import Bools, Estimate, Evidence, Figure, Floats, auc, separation, share
from livecam.types import EYE_CLOSED

WINKS, EYES, MOUTHS = "real winks", "eyes of the second batch", "mouths"
NOTES = {
    WINKS: "One eye closed, the other open, by eye. “Camera”: scorer and landmarker as `livecam/scoring/eyes.py` has "
    "them together; blendshapes: eyeBlink above 0.5. One number of the camera's sum (`surplus` in "
    "`model/shipped/eye_fusion.py`) was set by hand with 21 of these winks in sight, so the camera's column flatters "
    "a little even where the scorer never saw them; the scorer's does not.",
    EYES: "Closed, open and half-open by eye, each eye by itself (`more/eyes.csv` of the research data and "
    "`labels/second_batch_eyes.csv`); children and HELEN faces of which nobody wrote anything count as open. Open eyes "
    "called closed: of faces with two open eyes, at least one. “Doubtful counted” takes in those in which the "
    "labeller could not tell. One man shows most of the clips' closed eyes (`clips_0021.mp4`, 211 of 283 frames). "
    "HELEN's pictures have mirrored borders, on which eyeBlink is now and then high for eyes that are wide open.",
    MOUTHS: "Faces with both eyes open. Screams, and mouths that are open, bare teeth, show a tongue or grimace "
    "without a smile, by eye; calm faces and laughs by eye or as HELEN's labels say.",
}
_AGES = ((2, 4), (5, 8), (9, 12))
_LOW, _BAD = 0.5, 2.5  # eyeLookDown, eyeSquint from which on a face looks down, narrows; what no closed eye may score
_STILLS = ("children", "helen", "winks")


def measure(seen: SeenFaces, judged: Judgement, scope: Scope) -> list[Figure]:
    """Return the figures of seen, all of scope. judged: of the same faces."""
    return [*_winks(seen, judged, scope), *_eyes(seen, judged, scope), *_mouths(seen, judged, scope)]


def _winks(seen: SeenFaces, judged: Judgement, scope: Scope) -> Iterator[Figure]:
    stills = seen.source(*_STILLS)
    rows = seen.winking & stills
    if not rows.any():
        return
    name = f"winks, {scope.of(*_sources(seen, rows))}"
    eye = np.flatnonzero((seen.state[rows] == "closed").ravel()) % 2  # one of the two in each row

    def right(how: str, closed: Floats) -> Estimate:
        both = closed[rows]
        answers = [getattr(named(both, side), how) for side in (0, 1)]
        return share(np.where(eye == 0, *answers), judged.evidence.take(rows))

    yield judged.eyes(WINKS, f"{name}: exactly the closed eye is called closed", lambda of: right("exactly", of), 0.92)
    yield judged.eyes(WINKS, f"{name}: the closed eye is the likelier", lambda of: right("above", of))
    yield judged.highest(WINKS, f"{name}: highest score", rows, _BAD)
    yield judged.over(WINKS, f"{name}: scores over {_BAD}", rows, _BAD, 0.0)
    squeezed = (seen.state == "half").any(axis=1) & (seen.state == "open").any(axis=1) & stills
    if squeezed.any():
        name = f"one eye squeezed to a slit, {scope.of(*_sources(seen, squeezed))}"
        eye_half, own = seen.state[squeezed] == "half", judged.evidence.take(squeezed)
        yield judged.eyes(WINKS, f"{name}: it is the likelier", lambda of: _above(of[squeezed], eye_half, own))
    beside = seen.source("winks") & seen.both("open")
    if beside.any():
        yield judged.alarms(WINKS, f"open eyes called closed, same sets, {scope.of('winks')}", beside)


def _above(closed: Floats, which: Bools, evidence: Evidence) -> Estimate:
    return share(closed[which] > closed[~which], evidence)


def _eyes(seen: SeenFaces, judged: Judgement, scope: Scope) -> Iterator[Figure]:
    shut, opened, evidence = seen.state == "closed", seen.state == "open", judged.evidence
    for sources in (_STILLS, *((one,) for one in NAMES)):
        rows = seen.source(*sources)
        title = ", ".join(NAMES[one] for one in sources)
        name = f"{title}, {scope.of(*sources)}"
        own = rows[:, None]
        if (shut & own).any() and (opened & own).any():
            yield from judged.separation(EYES, name, shut & own, opened & own)
        if (shut & own).any():
            called = partial(called_closed, eyes=shut & own, evidence=evidence)
            yield judged.eyes(EYES, f"{name}: closed eyes called closed", called)
            closed_face = rows & seen.both("closed")
            yield judged.over(EYES, f"{name}: faces with both eyes closed score over {_BAD}", closed_face, _BAD, 0.0)
        if (opened & own).any():
            yield judged.alarms(EYES, f"{name}: open eyes called closed", rows & seen.both("open"), 0.01)
    yield from _alarms_of_groups(seen, judged, scope)


def _alarms_of_groups(seen: SeenFaces, judged: Judgement, scope: Scope) -> Iterator[Figure]:
    stills, is_open = seen.source(*_STILLS), seen.both("open")
    children, words = seen.source("children"), scope.of("children")
    for first, last in _AGES:
        rows = children & is_open & (seen.age >= first) & (seen.age <= last)
        yield judged.alarms(EYES, f"open eyes called closed, children of {first} to {last}, {words}", rows, 0.01)
    faces = seen.faces
    groups = {
        "laughs of HELEN": seen.source("helen") & np.isin(seen.mouth, ("laugh", "smile")),
        "glasses": stills & seen.glasses,
        f"eyeSquint above {_LOW}": stills & (faces.sides("eyeSquint").mean(axis=1) > _LOW),
        f"eyeLookDown above {_LOW}": stills & (faces.sides("eyeLookDown").mean(axis=1) > _LOW),
    }
    for name, rows in groups.items():
        own = rows & is_open
        if own.any():
            yield judged.alarms(EYES, f"open eyes called closed, {name}, {_of(seen, own, scope)}", own, 0.01)
    doubtful = stills & seen.both("open", "unsure")
    yield judged.alarms(
        EYES, f"open eyes called closed, stills, doubtful counted, {_of(seen, doubtful, scope)}", doubtful
    )
    half = seen.state == "half"
    for name, rows in (
        ("half-open eyes", stills & ~seen.low),
        ("half-open eyes that look down", stills & seen.low),
    ):
        own = half & rows[:, None]
        if own.any():
            words = _of(seen, own.any(axis=1), scope)
            called = partial(called_closed, eyes=own, evidence=judged.evidence)
            yield judged.eyes(EYES, f"{name} called closed, {words}", called)


def called_closed(closed: Floats, eyes: Bools, evidence: Evidence) -> Estimate:
    """How many of these eyes, (N, 2), of faces, (N,), are called closed."""
    return share(closed[eyes] > EYE_CLOSED, evidence.take(np.nonzero(eyes)[0]))


def _mouths(seen: SeenFaces, judged: Judgement, scope: Scope) -> Iterator[Figure]:
    own = seen.both("open") & seen.source(*_STILLS)
    rows = {name: own & (seen.mouth == name) for name in ("calm", "laugh", "scream", "open")}
    wry = rows["scream"] | rows["open"]
    named_rows = {
        "screams": rows["scream"],
        "open mouths, tongues, teeth, grimaces": rows["open"],
        "calm faces": rows["calm"],
        "laughs": rows["laugh"],
    }
    for name, which in named_rows.items():
        if which.any():
            yield judged.over(MOUTHS, f"{name}, {_of(seen, which, scope)}: score over 3", which, 3.0)
    for name, better in (("laughs", rows["laugh"]), ("calm faces", rows["calm"])):
        if not (better.any() and wry.any()):
            continue
        both = better | wry

        def above(score: Floats, better: Bools = better, both: Bools = both) -> Estimate:
            return separation(auc, better[both], score[both], judged.evidence.take(both))

        text = f"{name} score above screams, tongues and grimaces: AUC, {_of(seen, both, scope)}"
        yield Figure(MOUTHS, text, above(judged.score), unit="", scorer=above(judged.scorer_score))
    filmed = seen.source("clips") & seen.both("open") & (seen.mouth == "open")
    if filmed.any():
        yield judged.over(MOUTHS, f"frames of grimaces in clips, {scope.of('clips')}: score over 3", filmed, 3.0)


def _of(seen: SeenFaces, rows: Bools, scope: Scope) -> str:
    return scope.of(*_sources(seen, rows))


def _sources(seen: SeenFaces, rows: Bools) -> list[str]:
    present = {row["source"] for row in seen.faces.take(rows).rows()}
    return [name for name in NAMES if name in present]
