"""Why a frame is not the best, in words: what cost it most against the frame that is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from livecam.best.ranking.assessment import FaceAssessment, FrameAssessment, Trait
from livecam.best.ranking.expression import Part
from livecam.types import Reason
from livecam.wording import name_of


@dataclass(frozen=True, slots=True)
class ExplanationSettings:
    """How much is said. Set by hand."""

    # Points that a fault must cost to be named.
    worth_saying: float = 0.12
    # Of the faults, the costliest first.
    max_faults: int = 3
    # Of mouthSmile, 0..1: from there on a smaller smile is what a lower score is put down to.
    smaller_smile: float = 0.1
    # Of jawOpen or mouthFunnel, 0..1: a mouth so much wider open is what is less at ease about it.
    wider_open: float = 0.1


_SETTINGS = ExplanationSettings()

# {best} is the winner. A lower score is only said where there is no other fault.
_FAULTS: Mapping[Trait | Part | Reason, str] = {
    Trait.GRIMACE: "grimace",
    Trait.COVERED_MOUTH: "something before the mouth",
    Part.MOUTH: "mouth less at ease",
    Part.MOUTH_SIDES: "crooked mouth",
    Part.GAZE: "eyes less to the camera",
    Part.EYES: "eyes less at ease",
    Part.BROWS: "brows less at ease",
    Part.HEAD: "head less straight",
    Trait.LOW_LIDS: "lids half down",
    Trait.DOUBTFUL_EYES: "eyes hardly open",
    Trait.SOFT: "softer than {best}",
    Trait.EYE_DETAIL: "eyes less sharp",
    Trait.SMALL: "smaller than {best}",
    Reason.TURNED_AWAY: "looks away",
    Reason.BLURRED: "blurred",
    Reason.CUT_OFF: "cut off",
    Reason.TOO_DARK: "too dark",
    Reason.TOO_BRIGHT: "too bright",
}
_SAID_OF_OPEN_EYES = frozenset((Trait.LOW_LIDS, Trait.DOUBTFUL_EYES, Trait.EYE_DETAIL, Part.EYES, Part.GAZE))
_SAY_WHY_EYES_ARE_SOFT = (Trait.SOFT, Trait.LOW_LIDS)  # where they cost more
_MID_WORD = "mouth mid-word"
_CLOSED = {(True, True): "eyes closed", (True, False): "left eye closed", (False, True): "right eye closed"}


def why_not_best(
    frame: FrameAssessment, best: FrameAssessment, settings: ExplanationSettings = _SETTINGS
) -> tuple[str, ...]:
    """Name what cost frame most against best, the costliest first; at least one thing."""
    winner = f"frame {best.index + 1}"
    people = len(frame.faces)
    faults: list[tuple[float, str]] = []
    for person, (face, of_best) in enumerate(zip(frame.faces, best.faces, strict=True)):
        who = name_of(person, people)
        faults += [
            (cost, f"{who}: {words}" if who else words)
            for cost, words in _faults(face, of_best, winner, people, settings)
            if cost > settings.worth_saying
        ]
    faults.sort(key=lambda fault: -fault[0])
    words = tuple(dict.fromkeys(words for _, words in faults))[: settings.max_faults]
    return words or (_difference(frame, best, winner, settings),)


def _faults(
    face: FaceAssessment | None,
    of_best: FaceAssessment | None,
    winner: str,
    people: int,
    settings: ExplanationSettings,
) -> Iterator[tuple[float, str]]:
    """Yield what is the matter with one face, each with the points that it costs against the same person's in best."""
    if face is None:
        yield math.inf, "hidden" if people > 1 else "no face"
        return
    if any(face.closed) and not (of_best is not None and any(of_best.closed)):
        yield math.inf, _CLOSED[face.closed]
    smile_seen = not any(face.closed) and Trait.COVERED_MOUTH not in face.points
    smaller_smile = of_best is not None and smile_seen and of_best.smile - face.smile > settings.smaller_smile
    if of_best is not None and smaller_smile:
        yield of_best.points[Trait.SCORE] - face.points[Trait.SCORE], f"smaller smile than {winner}"
    costs = {
        trait: (of_best.points.get(trait, 0.0) if of_best is not None else 0.0) - points
        for trait, points in face.points.items()
        if trait in _FAULTS and not (trait in _SAID_OF_OPEN_EYES and any(face.closed))
    }
    for trait, cost in costs.items():
        if trait is Trait.EYE_DETAIL and face.eyes_hidden:
            yield cost, Reason.EYES_HIDDEN.value
        elif trait is Trait.EYE_DETAIL and cost < max(costs[other] for other in _SAY_WHY_EYES_ARE_SOFT):
            continue
        elif trait is Part.MOUTH and face.open_mouth - _open_mouth(of_best) > settings.wider_open:
            yield cost, _MID_WORD
        elif not (trait is Part.MOUTH and smaller_smile) and not (
            trait is Part.EYES and face.points[Trait.LOW_LIDS] < 0
        ):
            yield cost, _FAULTS[trait].format(best=winner)


def _open_mouth(face: FaceAssessment | None) -> float:
    return 0.0 if face is None else face.open_mouth


def _difference(frame: FrameAssessment, best: FrameAssessment, winner: str, settings: ExplanationSettings) -> str:
    """What is to be said where no fault is worth it."""
    if best.score is None:
        return f"softer than {winner}"
    if frame.score is None:
        return "no face"
    if best.score - frame.score > settings.worth_saying:
        return f"scores {best.score - frame.score:.1f} less than {winner}"
    return f"almost as good as {winner}"
