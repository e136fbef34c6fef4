"""What a browser is told of a run: the same that the window shows, as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from livecam.live.run import LatestResult
from livecam.sources.health import Health
from livecam.types import Frame, Moment, Reason, ScoredFace
from livecam.ui.draw import ACCENT, ATTENTION
from livecam.ui.eyes import closed_eyes
from livecam.ui.score_card import BY_HAND, PAUSED, Card
from livecam.wording import say

# The window's words name its keys; here there is none for these, and a phone or a guest has no keys at all.
_WORDS = {BY_HAND: "Ready when you are"}
_DETAILS = {Health.ENDED: "The recording has ended."}
_DETAIL_OF_PAUSE = "Nothing is scored or taken."
_TONES = {ACCENT: "good", ATTENTION: "attention"}


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A run at one moment, as the thread of the screen sees it.

    newest: the frame to show.  latest: what was analysed last.  provider, fallback: see ``livecam.ui.status.Status``.
    message: what the person must know.  pictures: on the disk, without the deleted ones.  shift: of the threshold, by
    the person.  counting: a countdown runs.  age_ms, since_shot_ms, taken: see ``livecam.ui.score_card.Card``.
    busy: the analysis takes all that the computer has.
    """

    newest: Frame | None
    latest: LatestResult | None
    health: Health
    provider: str | None
    fallback: str | None
    fps: float
    pictures: int
    message: str | None
    auto: bool
    paused: bool
    shift: float
    counting: bool
    age_ms: float
    since_shot_ms: float
    taken: Moment | None = None
    busy: bool = False


def state_of(now: Snapshot) -> dict[str, Any]:
    """Return it for JSON. Boxes are shares of the picture's width and height, 0 to 1, but may reach outside."""
    card, mirrored = _card(now), _card(now, mirror=True)
    (words, colour), (words_mirrored, _) = card.headline(), mirrored.headline()
    moment, trouble = card.shown, card.trouble
    decision = now.latest.decision if now.latest is not None else None
    state: dict[str, Any] = {
        "health": now.health.value,
        "loading": now.provider is None,
        "paused": now.paused,
        "auto": now.auto,
        "pictures": now.pictures,
        "message": now.message,
        "fps": round(now.fps, 1),
        "provider": now.provider,
        "fallback": now.fallback,
        "headline": _WORDS.get(words, words),
        "headline_mirrored": _WORDS.get(words_mirrored, words_mirrored),
        "tone": _TONES.get(colour, "calm"),
        "detail": _detail(now, trouble),
        "shift": round(now.shift, 2),
        "threshold": _rounded(decision.threshold) if decision is not None else None,
        "counting": now.counting,
        "counting_ms": None,
        "trigger": None,
        "progress": 0.0,
        "t_ms": None,
        "score": None,
        "reasons": [],
        "faces": [],
    }
    if moment is not None and decision is not None:
        state |= {
            "counting_ms": _rounded(decision.counting_ms, 0),
            "trigger": decision.state.value,
            "progress": round(decision.progress, 3),
            "t_ms": round(moment.t_ms, 1),
            "score": _rounded(moment.score),
            "reasons": [reason.name.lower() for reason in moment.reasons],
            "faces": [_face(face, moment, decision.waits_for) for face in moment.faces],
        }
    return state


def _detail(now: Snapshot, trouble: tuple[str, str] | None) -> str:
    """What stands below the headline where something is not as it should be."""
    if trouble is None:
        return ""
    return _DETAIL_OF_PAUSE if trouble == PAUSED else _DETAILS.get(now.health, trouble[1])


def _card(now: Snapshot, *, mirror: bool = False) -> Card:
    moment, decision = (now.latest.moment, now.latest.decision) if now.latest is not None else (None, None)
    return Card(
        moment, decision, now.health, (), now.since_shot_ms, mirror, now.auto, now.paused, now.age_ms,
        now.provider is None, now.taken,
    )  # fmt: skip


def _face(face: ScoredFace, moment: Moment, waits_for: int | None) -> dict[str, Any]:
    x0, y0, x1, y1 = face.face.box
    width, height = moment.frame.width, moment.frame.height
    left, right = closed_eyes(face)
    return {
        "box": [round(x0 / width, 4), round(y0 / height, 4), round(x1 / width, 4), round(y1 / height, 4)],
        "score": _rounded(face.score.value),
        "eyes_closed": [left, right],
        "eyes_hidden": Reason.EYES_HIDDEN in face.reasons,
        "reasons": [reason.name.lower() for reason in face.reasons],
        "held_back": bool(face.held_back_by),
        "words": say(face.reasons[0]) if face.reasons else "",
        "counted": face.counted,
        "waits": waits_for is not None and face.person == waits_for,
        "worst": face is moment.worst,
    }


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(float(value), digits)
