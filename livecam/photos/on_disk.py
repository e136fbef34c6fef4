"""Whether a file or a folder is there: where that cannot be told, it is not.

``Path.is_file`` and ``Path.is_dir`` raise on a name that is too long, or where nobody may look, before Python 3.14.
"""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path | str) -> bool:
    """Tell whether path is a file, also through a link; False for what is no path at all, "" say. Never fails."""
    return os.path.isfile(path)  # noqa: PTH113  see the module


def is_folder(path: Path | str) -> bool:
    """Tell whether path is a folder, also through a link. Never fails."""
    return os.path.isdir(path)  # noqa: PTH112  see the module
