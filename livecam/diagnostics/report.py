"""The file of ``livecam doctor --report``: what was found, to be sent to somebody who helps.

It names no picture, no person and no password: the folder of the user's home is written as ~, the user's and the
computer's name are left out, and addresses lose what is secret in them.
"""

from __future__ import annotations

import getpass
import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from livecam import __version__
from livecam.addresses import without_passwords
from livecam.diagnostics.finding import Finding
from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import write_new

_MARKS = {"ok": "works", "off": "-", "note": "could be better", "failed": "MISSING"}
# What the libraries below look at; their values may hold paths, which are shortened as all others are.
_ENVIRONMENT = (
    "DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "LANG", "LC_ALL", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS", "OPENCV_LOG_LEVEL", "OPENCV_VIDEOIO_PRIORITY_LIST", "QT_QPA_PLATFORM", "PYTHONPATH",
    "VIRTUAL_ENV",
)  # fmt: skip
_SHORTEST_NAME = 3  # letters of a name that is left out wherever it stands: a shorter one is part of many words


def write_report(path: Path, findings: Sequence[Finding]) -> Path:
    """Write findings to a new file at path, or beside it where that name is taken; return where. Raises OutputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_new(path, report_of(findings).encode())
    except OSError as error:
        raise OutputError(f"the report cannot be written to {path}: {why(error)}") from error


def report_of(findings: Sequence[Finding]) -> str:
    """Return the report, as text for people, without what is private."""
    lines = [f"livecam {__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", ""]
    for finding in findings:
        lines.append(f"[{_MARKS[finding.state]}] {finding.check}: {finding.found}")
        if finding.advice is not None:
            lines.append(f"    -> {finding.advice}")
        if finding.figures is not None:
            lines.append(f"    {', '.join(f'{name} {value:.3g}' for name, value in finding.figures.items())}")
    settings = [f"{name}={value}" for name in _ENVIRONMENT if (value := os.environ.get(name))]
    lines += ["", "Environment", *settings, "", "Packages", *_packages()]
    return without_private_names("\n".join(lines) + "\n")


def without_private_names(text: str) -> str:
    """Return text with ~ for the home folder, and without passwords and the names of user and computer."""
    for home in dict.fromkeys((str(Path.home()), os.path.realpath(Path.home()))):
        if home != os.path.sep:
            text = re.sub(rf"{re.escape(home)}(?=$|[^\w.-])", "~", text)
    for name, shown in ((_user(), "<user>"), (platform.node(), "<computer>")):
        if len(name) >= _SHORTEST_NAME:
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", shown, text, flags=re.IGNORECASE)
    return without_passwords(text)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody in particular, as in some containers
        return ""


def _packages() -> list[str]:
    """Name and version of livecam and of all that it stands on, extras too, where it is installed, in order."""
    found: dict[str, str] = {}
    waiting = ["livecam"]
    while waiting:
        name = waiting.pop()
        try:
            there = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = there.version
        wanted = (re.match(r"[\w.-]+", line) for line in there.requires or ())
        waiting += [match[0].lower() for match in wanted if match is not None and match[0].lower() not in found]
    return [f"{name} {version}" for name, version in sorted(found.items())]
