"""The names that cameras and phones give the photos of a burst, and the folders that they put them in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

# Each with what all names of one burst share as its first group that is not empty.
_BURST_NAMES = (
    re.compile(r"BURST(\d{9,})", re.IGNORECASE),  # 00001IMG_00001_BURST20190101120000123_COVER, DSC_0001_BURST2019…
    re.compile(r"^(.+?)[_.\- ]?BURST[_.\- ]?\d{1,4}(?!\d)", re.IGNORECASE),  # IMG_1234_BURST002, PXL_….BURST-01.COVER
    re.compile(r"^(\d{8}_\d{6})_\d{3}$"),  # 20190101_120000_003
    re.compile(r"^([A-Za-z_]{2,5}\d{3,5})(?:-\d{1,2})$"),  # DSC01234-2
)
# What programs add to the name of the first photo of a series for the picture that they merge it to; Hugin adds the
# name of the last.
_MERGED = re.compile(
    r"^(.+?)(?:[ _\-]+(?:(?:Aurora)?HDR|pano(?:rama)?|photomerge|stitch(?:ed)?|stack(?:ed)?|merged|fused|blended"
    r"|tonemapped))+(?:[ _\-]?\d{1,2})?$",
    re.IGNORECASE,
)
_FIRST_TO_LAST = re.compile(r"^([A-Za-z_]+\d{3,}) ?- ?[A-Za-z_]+\d{3,}$")
_BURST_FOLDER = re.compile(r"(?<![^\W\d_])burst[ _.\-]?\d", re.IGNORECASE)  # no "Sunburst 2024"


def burst_keys(paths: Sequence[Path]) -> list[tuple[Path, str] | None]:
    """Return for each path the burst that its name puts it in; None if no other photo bears that name."""
    keys = [_burst_key(path) for path in paths]
    bursts = {key for key in keys if key is not None}
    # "DSC01234" belongs to "DSC01234-2", which alone says that there is a burst.
    keys = [key or ((path.parent, path.stem) if (path.parent, path.stem) in bursts else None)
            for key, path in zip(keys, paths, strict=True)]  # fmt: skip
    counts = Counter(keys)
    return [key if counts[key] > 1 else None for key in keys]


def merged_from(paths: Sequence[Path]) -> dict[Path, Path]:
    """Return the pictures that bear the name of another photo and of what was made of it, each with that photo.

    Of several of that name it is the one in the same folder: a program saves it beside the raw file, not the JPEG.
    """
    of_name: dict[str, list[Path]] = {}
    for path in paths:
        of_name.setdefault(path.stem.lower(), []).append(path)
    found: dict[Path, Path] = {}
    for path, match in ((path, _merged(path.stem)) for path in paths):
        named = of_name.get(match[1].lower(), []) if match else []
        if named:
            found[path] = next((other for other in named if other.parent == path.parent), named[0])
    return found


def is_named_as_merged(stem: str) -> bool:
    """Whether a name says that its picture was made of several photos."""
    return _merged(stem) is not None


def _merged(stem: str) -> re.Match[str] | None:
    return _MERGED.match(stem) or _FIRST_TO_LAST.match(stem)


def _burst_key(path: Path) -> tuple[Path, str] | None:
    for pattern in _BURST_NAMES:
        if match := pattern.search(path.stem):
            return path.parent, match[1]
    return (path.parent.parent, path.parent.name) if _BURST_FOLDER.search(path.parent.name) else None
