"""Which font draws a text: OpenCV's own, and for letters that it lacks (Japanese, Korean, Greek …) one of the system's.

OpenCV draws a question mark for each letter that neither the font nor its own has.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from livecam.types import UInt8Array

_SANS = "sans"  # that OpenCV brings
# Fonts that come with the systems: of all scripts first, then of one.
_OF_MACOS = (
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "/Library/Fonts/Arial Unicode.ttf",
    "/System/Library/Fonts/ヒラギノ角ゴシック W3.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/AppleSDGothicNeo.ttc",
    "/System/Library/Fonts/Supplemental/Arial.ttf",
)
_OF_WINDOWS = tuple(
    f"C:/Windows/Fonts/{name}"
    for name in ("YuGothM.ttc", "msgothic.ttc", "msyh.ttc", "simsun.ttc", "malgun.ttf", "segoeui.ttf", "arial.ttf")
)
_WAIT_S = 5.0  # for fontconfig, which reads all fonts the first time
_MOST = 4  # fonts that are looked into for letters that none before has; each may have 20 MB
# Those that were looked into: one font has the letters of most names in a folder.
_served: dict[str, None] = {}
# Letters that no font here has: nobody is asked again.
_nowhere: set[str] = set()


def font_for(text: str) -> cv2.FontFace:
    """Return the font that has the most letters of text."""
    return _face(_SANS) if text.isascii() else _face(_best_for(_lacking(_SANS, text)))


def undrawable(text: str) -> str:
    """Return the letters of text, each once, that no font here has."""
    lacking = _lacking(_SANS, text)
    return "".join(sorted(_lacking(_best_for(lacking), "".join(lacking))))


@lru_cache(maxsize=1024)
def _best_for(letters: frozenset[str]) -> str:
    """The font that lacks the fewest of letters, which OpenCV's own lacks."""
    best, least = _SANS, len(letters)
    for font in _of_system(letters) if letters else ():
        if (lacking := len(_lacking(font, "".join(letters)))) < least:
            best, least = font, lacking
        if not least:
            break
    return best


def _of_system(letters: frozenset[str]) -> Iterator[str]:
    """Yield fonts that may have letters: those that served before, then the likeliest, a few."""
    yield from tuple(_served)
    wanted = _in_no(_served, letters - _nowhere)
    new = list(islice(filter(_is_new, _asked_for(wanted)), _MOST)) if wanted else []
    for font in new:
        _served[font] = None
        yield font
    if _in_no(new, wanted) == wanted:  # else a rare one among them may be found once it is asked for without the rest
        _nowhere.update(wanted)


def _in_no(fonts: Iterable[str], letters: frozenset[str]) -> frozenset[str]:
    """Those of letters that none of fonts has."""
    for font in fonts:
        letters = _lacking(font, "".join(letters))
    return letters


def _asked_for(letters: frozenset[str]) -> Iterator[str]:
    if sys.platform == "darwin":
        yield from _OF_MACOS
    elif sys.platform == "win32":
        yield from _OF_WINDOWS
    elif shutil.which("fc-match") is not None:
        codes = " ".join(f"{ord(letter):x}" for letter in sorted(letters))
        command = ["fc-match", "--sort", "--format=%{file}\n", f"sans-serif:charset={codes}"]
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            found = subprocess.run(command, capture_output=True, text=True, timeout=_WAIT_S, check=False)
            yield from dict.fromkeys(found.stdout.splitlines())


def _is_new(font: str) -> bool:
    return font not in _served and Path(font).is_file()


@lru_cache(maxsize=16)
def _face(font: str) -> cv2.FontFace:
    return cv2.FontFace(font)


def _lacking(font: str, text: str) -> frozenset[str]:
    return frozenset(letter for letter in text if not letter.isascii() and _lacks(font, letter))


@lru_cache(maxsize=4096)
def _lacks(font: str, letter: str) -> bool:
    return np.array_equal(_drawn(font, letter), _drawn(font, "?"))


def _drawn(font: str, letter: str) -> UInt8Array:
    canvas = np.zeros((32, 48, 3), np.uint8)
    cv2.putText(canvas, letter, (4, 24), (255, 255, 255), _face(font), 20, 400)
    return canvas
