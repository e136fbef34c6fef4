"""Where an exported scorer may be written: over an older one, and over nothing else."""

from __future__ import annotations

from pathlib import Path

from livecam.errors import OutputError
from livecam.storage.durable import require_file_or_nothing
from livecam.storage.own_files import require_own
from model.onnx_weights import is_scorer

_OPTION = "-o"


def require_place(out: Path, checkpoint: Path) -> None:
    """Raise OutputError if no file can be made at out, or one would be lost that is no scorer, or is the checkpoint."""
    try:
        require_file_or_nothing(out)
        require_own(out, lambda _: is_scorer(out), "scorer", _OPTION)
        if out.exists() and checkpoint.exists() and out.samefile(checkpoint):
            raise OutputError(f"{out} is what it is made from, and would be lost: name another file with {_OPTION}")
    except OSError as error:
        raise unwritable(out, error) from error


def unwritable(out: Path, error: OSError) -> OutputError:
    """Return what to say where the system refuses to write out."""
    return OutputError(f"{out} cannot be written ({error.strerror}): choose another place with {_OPTION}")
