"""Says once what holds of many files: lines that differ only in which file they name become one, with a count.

Numbers in brackets do not count either: of a damaged file they are the place where a reader gave up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from livecam.photos.discover import natural_key

# All set by hand: with so many lines alike, what else went wrong would be lost among them; so many of the files are
# named in the one line, for people to look for them.
_MANY = 4
_NAMED = 10
# A file's name, as far as it can be told within a line: from the last "/" or, without one, from the last space to a
# suffix. What is not known for a name stays, and lines that differ in it stay apart.
_SUFFIX = r"\.(?=\w*[a-zA-Z])\w{2,5}(?!\w)"
_FILE = re.compile(rf"\S*[/\\][^/\\]*?{_SUFFIX}|[^\s/\\]+?{_SUFFIX}")
_FOLDER = re.compile(r".*[/\\]")
_IN_BRACKETS = re.compile(r"\(.*\)")
_NUMBER = re.compile(r"\d+")


def said_once(lines: Sequence[str]) -> list[str]:
    """Return the lines, in their order, with those that say the same of many files as one."""
    alike: dict[str, list[str]] = {}
    for line in lines:
        kind = _IN_BRACKETS.sub(lambda said: _NUMBER.sub("#", said[0]), _FILE.sub("*", line))
        alike.setdefault(kind, []).append(line)
    said: list[str] = []
    for same in alike.values():
        several = len(set(same)) >= _MANY  # each names another file
        said += [_of_many(same)] if several else same
    return said


def _of_many(lines: Sequence[str]) -> str:
    """One line for these, which name files, by their names in a natural order."""
    first, *rest = sorted(lines, key=lambda line: natural_key(Path(_file_in(line))))
    names = list(dict.fromkeys(_FOLDER.sub("", _file_in(line)) for line in rest))[:_NAMED]
    others = len(rest) - len(names)
    more = f" and {others:,} other{'s' * (others > 1)}" if others else ""
    return f"{first} (the same of {len(rest):,} more: {', '.join(names)}{more})"


def _file_in(line: str) -> str:
    match = _FILE.search(line)
    return match[0] if match else ""
