"""What is told of a run that takes no picture: each second of it, and each peak that was missed."""

from __future__ import annotations

from dataclasses import dataclass

from livecam.types import Reason

# What holds a picture back beside the reasons of a frame (``livecam.types.Reason``, by their names in small letters).
NOT_A_SMILE, SOMEBODY_ELSE, COOLDOWN = "not_a_smile", "somebody_else", "cooldown"
AUTO_OFF, COUNTDOWN, BELOW, SHORT, UNSTEADY = "auto_off", "countdown", "below_threshold", "too_short", "unsteady"
# What a second is marked with, and the words for it: each letter is in them.
LABELS = {
    "no_face": ("n", "nobody there"),
    "too_far": ("f", "too far away"),
    "cut_off": ("p", "partly outside"),
    "eyes_closed": ("e", "eyes closed"),
    "left_eye_closed": ("l", "left eye closed"),
    "right_eye_closed": ("r", "right eye closed"),
    "turned_away": ("t", "turned away"),
    "too_dark": ("d", "too dark"),
    "too_bright": ("b", "too bright"),
    "blurred": ("u", "blurred"),
    "hidden": ("h", "a face hidden"),
    NOT_A_SMILE: ("m", "the mouth is no smile"),
    SOMEBODY_ELSE: ("s", "somebody else not ready"),
    COOLDOWN: ("c", "cool-down after a picture"),
    AUTO_OFF: ("o", "auto-capture off"),
    COUNTDOWN: ("k", "countdown ticking"),
}
AS_IT_SHOULD_BE = frozenset((COOLDOWN, AUTO_OFF, COUNTDOWN))  # a person wants it so: nothing to be mended


def label(reason: str) -> str:
    """Return what held a picture back in two or three words."""
    return LABELS.get(reason, ("", reason.replace("_", " ")))[1]


@dataclass(frozen=True, slots=True)
class SecondState:
    """One second of a run.

    t_ms: when it began.  frames: analysed in it.  faces: the most that counted.  score: the best, [1, 5], as if eyes
    were open; None without a face.  threshold: what arms.  state: of the trigger, at its end.  held: in how many frames
    what held the shot back, the most frequent first; empty: nothing did.
    """

    t_ms: float
    frames: int
    faces: int
    score: float | None
    threshold: float
    state: str
    held: dict[str, int]

    def as_event(self) -> dict[str, object]:
        """JSON."""
        score = None if self.score is None else round(self.score, 2)
        rest = {"threshold": round(self.threshold, 2), "state": self.state, "held": self.held}
        return {
            "event": "second",
            "t_ms": self.t_ms,
            "frames": self.frames,
            "faces": self.faces,
            "score": score,
            **rest,
        }

    def as_waiting(self) -> dict[str, object] | None:
        """JSON of what is waited for, for whoever reads along; None where nothing is the matter.

        Somebody who comes or goes is there in a part of the second only. The greater part says whether anybody is
        there: without a face there is no score, and with one no word that there is none.
        """
        absent = Reason.NO_FACE.name.lower()
        nobody = 2 * self.held.get(absent, 0) > self.frames
        others = [reason for reason in self.held if reason not in {absent, *AS_IT_SHOULD_BE}]
        reasons = [absent] if nobody else others
        if not reasons:
            return None
        score = None if nobody or self.score is None else round(self.score, 2)
        threshold = round(self.threshold, 2)
        return {"event": "waiting", "t_ms": self.t_ms, "score": score, "threshold": threshold, "reasons": reasons}


@dataclass(frozen=True, slots=True)
class MissedPeak:
    """A peak of which no picture was taken.

    t_ms: when it was.  score: its level as if eyes were open, [1, 5].  threshold: what arms.  why: what held it back,
    the most frequent first, never empty.  who: of several people whom the first concerns, such as "left person".
    """

    t_ms: float
    score: float
    threshold: float
    why: tuple[str, ...]
    who: str = ""

    def as_event(self) -> dict[str, object]:
        """JSON."""
        points = {"score": round(self.score, 2), "threshold": round(self.threshold, 2)}
        return {"event": "missed", "t_ms": round(self.t_ms, 1), **points, "why": list(self.why), "who": self.who}
