"""What a file system refused, and what to do about it, in the words of one line: one table, two ways to phrase it."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why the system refused, and what to do about it.

    out_cause, out_advice: the words for a folder that was chosen with --out, where they are others.
    """

    cause: str
    advice: str
    out_cause: str = ""
    out_advice: str = ""


_FORBIDDEN = _Refusal(
    "you may not write there", "change its permissions, or choose another folder", out_advice="choose another folder"
)
_REFUSALS = {
    errno.ENOSPC: _Refusal("the disk is full", "free some space, or choose another folder"),
    errno.EDQUOT: _Refusal("your quota is used up", "free some space, or choose another folder"),
    errno.EROFS: _Refusal("the disk is read-only", "choose another folder"),
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOENT: _Refusal(
        "it is not there any more",
        "check the path",
        out_cause="the folder is gone",
        out_advice="make it again, or choose another",
    ),
    errno.EEXIST: _Refusal("there is a file of that name", "choose another name", out_advice="choose another folder"),
    errno.ENOTDIR: _Refusal("part of that path is a file", "choose another folder"),
    errno.EISDIR: _Refusal("that is a folder", "choose another name", out_advice="choose another folder"),
    errno.ESPIPE: _Refusal("that is a device or a pipe", "choose another name", out_advice="choose another folder"),
    errno.ENAMETOOLONG: _Refusal("the name is too long", "choose a shorter one", out_advice="choose another folder"),
}


def explain(doing: str, folder: Path, error: OSError) -> str:
    """Return one line: that doing ("save pictures") in folder, which --out chose, failed, why, and what to do."""
    refusal = _refusal(error)
    cause, advice = refusal.out_cause or refusal.cause, refusal.out_advice or refusal.advice
    return f"cannot {doing} in {folder}: {cause}: {advice} with --out"


def why(error: OSError) -> str:
    """Say what the system refused, and what to do about it: the end of a line about a path."""
    refusal = _refusal(error)
    return f"{refusal.cause}: {refusal.advice}"


def _refusal(error: OSError) -> _Refusal:
    unknown = _Refusal(
        error.strerror or str(error), "check the disk", out_advice="check the disk, or choose another folder"
    )
    return _REFUSALS.get(error.errno or 0, unknown)
