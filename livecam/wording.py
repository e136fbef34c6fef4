"""How many there are, and which of several people is meant, by where they stand in the picture as it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from livecam.types import ONLY_SAID, Moment, Reason, ScoredFace

_TWO = ("left person", "right person")
_UPRIGHT = ("upper person", "lower person")
_THREE = ("left person", "middle person", "right person")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
# A reason asks the person before the camera to act; of one among several it is said what is the matter.
_SAID_OF_ONE = {
    Reason.EYES_CLOSED: "eyes closed",
    Reason.LEFT_EYE_CLOSED: "left eye closed",
    Reason.RIGHT_EYE_CLOSED: "right eye closed",
    Reason.TURN_PICTURE: "turn the camera",  # this is said while one watches
}
NOT_A_SMILE = "relax the mouth, then smile"  # while the mouth alone keeps it from arming: ``Decision.not_a_smile``
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def counted(count: int, one: str, several: str | None = None) -> str:
    """Return "1 photo" or "1,200 photos". several: where it is not one with an s."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def who(face: ScoredFace, moment: Moment, *, mirrored: bool = False) -> str | None:
    """Name one of the counted faces of moment by its place, as seen; None unless there are several, or it counts not.

    mirrored: the picture is shown as in a mirror.
    """
    if _above_each_other(moment.counted):
        upper = min(moment.counted, key=_height)
        return _UPRIGHT[0 if face is upper else 1] if any(face is other for other in moment.counted) else None
    row = sorted(moment.counted, key=_middle, reverse=mirrored)
    place = next((i for i, other in enumerate(row) if other is face), None)
    return None if place is None else name_of(place, len(row)) or None


def name_of(place: int, count: int) -> str:
    """Name one of count people by the place from the left, from 0; "" if there is only one."""
    if count < 2:
        return ""
    if count <= 3:
        return (_TWO if count == 2 else _THREE)[place]
    return f"{_ORDINALS[place] if place < len(_ORDINALS) else f'number {place + 1}'} from the left"


def say(reason: Reason) -> str:
    """Return what to write of one face among several, such as "eyes closed"."""
    return _SAID_OF_ONE.get(reason, reason.value)


def only_said_of(moment: Moment) -> str:
    """Return what is said of moment's faces and holds nothing back, such as "eyes hidden"; "" for nothing."""
    return ", ".join(dict.fromkeys(say(r) for face in moment.counted for r in face.reasons if r in ONLY_SAID))


def taken_all_the_same(moment: Moment) -> str:
    """Return what to say of a picture that somebody has asked for although something holds it back."""
    if Reason.NO_FACE in moment.reasons:
        return "taken all the same: nobody was there"
    return f"taken all the same: {moment.reasons[0].value} for a better one"


def hint(moment: Moment, waits_for: int | None = None, *, mirrored: bool = False) -> str | None:
    """Return what the shot waits for, such as "left person: eyes closed"; None when nothing is held back.

    waits_for: the person who is worst though nothing is held back, see ``Decision``.
    """
    if not moment.reasons:
        slow = next((f for f in moment.counted if f.person is not None and f.person == waits_for), None)
        name = who(slow, moment, mirrored=mirrored) if slow is not None else None
        return f"waiting for the {name}" if name else None
    reason = min(moment.reasons, key=list(Reason).index)
    held = [f for f in moment.counted if reason in f.reasons]
    if len(moment.counted) < 2 or not held:
        return reason.value
    if len(held) == len(moment.counted):
        return f"everybody: {say(reason)}"
    if len(held) > 1:
        return f"{_NUMBERS[len(held)] if len(held) < len(_NUMBERS) else len(held)} people: {say(reason)}"
    return f"{who(held[0], moment, mirrored=mirrored)}: {say(reason)}"


def _middle(face: ScoredFace) -> float:
    x0, _, x1, _ = face.face.box
    return x0 + x1


def _height(face: ScoredFace) -> float:
    _, y0, _, y1 = face.face.box
    return y0 + y1


def _above_each_other(faces: Sequence[ScoredFace]) -> bool:
    """Whether these are two who are further from each other in height than sideways, as in an upright picture."""
    if len(faces) != 2:
        return False
    one, other = faces
    return abs(_height(one) - _height(other)) > abs(_middle(one) - _middle(other))
