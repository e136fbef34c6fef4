"""What a run's log says, in words for the person who stood before the camera."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from livecam.explain.run_log import Missed, RunLog, Second
from livecam.live import held_back
from livecam.photos.discover import printable

# Each ends the sentence "At 0:12 your smile peaked at 4.6, but …".
_CLAUSES = {
    "no_face": "nobody was in the picture",
    "too_far": "you were too far away",
    "cut_off": "the face was partly out of the picture",
    "eyes_closed": "the eyes were closed",
    "left_eye_closed": "the left eye was closed",
    "right_eye_closed": "the right eye was closed",
    "turned_away": "the face was turned away",
    "too_dark": "it was too dark",
    "too_bright": "it was too bright",
    "blurred": "it was blurred",
    "hidden": "not every face was to be seen",
    held_back.NOT_A_SMILE: "the mouth was in mid-word, pressed or pulled to one side, or it bared its teeth",
    held_back.SOMEBODY_ELSE: "somebody else was not ready yet",
    held_back.COOLDOWN: "a picture had just been taken",
    held_back.AUTO_OFF: "auto-capture was off",
    held_back.COUNTDOWN: "a countdown was running",
    held_back.SHORT: "it was over too soon",
    held_back.UNSTEADY: "the score went up and down too much",
}
_OTHER = "?"
_MAIN = 0.3  # the share of a second's frames from which something held that second back; set by hand


def clock(t_ms: float) -> str:
    """Return a time as 0:12, or 1:02:03."""
    minutes, seconds = divmod(int(t_ms // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def sentence(missed: Missed) -> str:
    """Return what became of a peak, one sentence."""
    whose = f"the smile of the {missed.who}" if missed.who else "your smile"
    begins = f"At {clock(missed.t_ms)} {whose} peaked at {missed.score:.1f}, but "
    clauses = [_clause(reason, missed) for reason in missed.why[:2]]
    return begins + " and ".join(dict.fromkeys(clauses)) + "."


def headline(run: RunLog) -> str:
    """Return what run it was, one line."""
    about = run.about
    when = _when(str(about.get("at", "")))
    parts = [
        f"livecam {printable(str(about.get('version', '?')))}",
        *([when] if when else []),
        printable(str(about.get("source", "unknown source"))),
    ]
    return ", ".join(parts)


def result(run: RunLog) -> str:
    """Return how it went, one line."""
    ended = "" if run.summary is not None else "; it did not come to its end"
    counts = f"{_many(len(run.taken), 'picture')}, {_many(len(run.missed), 'peak')} missed"
    return f"{clock(run.length_ms)} long: {counts}{ended}"


def main_reason(second: Second) -> str | None:
    """Return what held a second back, as the log names it; None where it was free."""
    for reason, count in second.held.items():
        if second.frames and count / second.frames >= _MAIN:
            return reason
    return None


def letter(reason: str) -> str:
    """Return the letter that a reason is marked with."""
    return held_back.LABELS.get(reason, (_OTHER, ""))[0]


def totals(run: RunLog) -> list[tuple[str, int]]:
    """Return what held the shot back and for how many seconds, the longest first."""
    found = Counter(reason for second in run.seconds if (reason := main_reason(second)) is not None)
    return found.most_common()


def _clause(reason: str, missed: Missed) -> str:
    if reason == held_back.BELOW:
        return f"a picture is taken from {missed.threshold:.1f} on"
    return _CLAUSES.get(reason, reason.replace("_", " "))


def _when(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return f"{at.day} {at:%B %Y, %H:%M}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
