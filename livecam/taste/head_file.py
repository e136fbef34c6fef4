"""A head in its file: NumPy's format for several arrays, and what is told of them as JSON. No pickle is ever loaded."""

from __future__ import annotations

import io
import json
import tokenize
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from livecam.errors import ModelError, OutputError
from livecam.photos.discover import printable
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file
from livecam.taste.head import Story, TasteHead, Verdict
from livecam.taste.resting import Resting
from livecam.taste.signals import SIGNALS

SCHEMA = 2
_KINDS = (np.dtype("<f4"), np.dtype(np.uint8))
_ARRAYS = ("embedding", "signals", "thresholds", "alone")
_MOST_BYTES = 1 << 20  # a head takes about 6 kB; set by hand
_NEXT = "make one with livecam learn"
# What a ZIP file, NumPy's headers and JSON can raise where they are damaged; a locked entry is a RuntimeError.
_UNREADABLE = (
    KeyError, TypeError, ValueError, OverflowError, EOFError, OSError, RuntimeError, MemoryError, zipfile.BadZipFile,
    zipfile.LargeZipFile, zlib.error, tokenize.TokenError,
)  # fmt: skip


def save_head(head: TasteHead, path: Path) -> None:
    """Write head to path, whole or not at all. Raises OutputError."""
    story = head.story
    told = {
        "livecam_taste": SCHEMA,
        "name": head.name,
        "network": head.network,
        "signals": list(SIGNALS),
        "score": head.score,
        "offset": head.offset,
        "alone_offset": head.alone_offset,
        "level": head.level,
        "resting": asdict(head.resting),
        "verdict": {name: getattr(story.verdict, name) for name in Verdict.__dataclass_fields__},
        "curve": story.curve,
        "calibration": story.calibration,
    }
    buffer = io.BytesIO()
    about = np.frombuffer(json.dumps(told, allow_nan=False).encode(), np.uint8)
    np.savez(buffer, about=about, **{name: getattr(head, name) for name in _ARRAYS})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, buffer.getvalue())
    except OSError as error:
        raise OutputError(f"cannot keep what was learned in {path}: {why(error)}") from error


def load_head(path: Path) -> TasteHead:
    """Return the head at path. Raises ModelError, one line, if there is none or it is no head of this schema."""
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise ModelError(f"{path} is not a file: {_NEXT}")
        if path.stat().st_size > _MOST_BYTES:
            raise ModelError(f"{path} is no learned taste (too large): {_NEXT}")
        data = path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"no learned taste at {path}: {_NEXT}") from None
    except OSError as error:
        raise ModelError(f"cannot read the learned taste {path}: {why(error)}") from error
    try:
        arrays, told = _unpacked(data)
        if told["livecam_taste"] != SCHEMA:
            schema = printable(str(told["livecam_taste"])[:20])
            raise ModelError(f"{path} has schema {schema}, this livecam reads {SCHEMA}: {_NEXT}")
        if told["signals"] != list(SIGNALS):
            raise ModelError(f"{path} was learned by another livecam: run livecam learn again")
        return _head(arrays, told)
    except _UNREADABLE as error:
        what = str(error).splitlines()[0][:80] if str(error) else type(error).__name__
        raise ModelError(f"{path} is no learned taste, or a damaged one ({what}): {_NEXT}") from error


def _unpacked(data: bytes) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
            raise ValueError("it unpacks to too much")
        arrays = {name: _array(archive, name) for name in (*_ARRAYS, "about")}
    told = json.loads(arrays.pop("about").tobytes())
    if not isinstance(told, dict):
        raise TypeError("it tells nothing")
    return arrays, told


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray[Any, Any]:
    """The numbers of one array, as ``numpy.savez`` writes it. NumPy itself makes room for as many as a file claims."""
    with archive.open(f"{name}.npy") as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("another version of NumPy's format")
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
        numbers = file.read(_MOST_BYTES)
    if kind not in _KINDS or len(shape) != 1 or shape[0] * kind.itemsize != len(numbers):
        raise ValueError(f"{name} is no list of numbers")
    return np.frombuffer(numbers, kind)


def _head(arrays: dict[str, np.ndarray[Any, Any]], told: dict[str, Any]) -> TasteHead:
    verdict = told["verdict"]
    return TasteHead(
        name=str(told["name"]),
        network=str(told["network"]),
        score=float(told["score"]),
        offset=float(told["offset"]),
        alone_offset=float(told["alone_offset"]),
        level=float(told["level"]),
        resting=Resting(**{name: float(told["resting"][name]) for name in Resting.__dataclass_fields__}),
        story=Story(
            Verdict(
                choices=int(verdict["choices"]),
                pairs=int(verdict["pairs"]),
                agrees=float(verdict["agrees"]),
                generic=float(verdict["generic"]),
                better=bool(verdict["better"]),
                more=None if verdict["more"] is None else int(verdict["more"]),
            ),
            tuple((int(count), float(share)) for count, share in told["curve"]),
            tuple((float(a), float(b), int(n)) for a, b, n in told["calibration"]),
        ),
        **{name: np.asarray(arrays[name], np.float32) for name in _ARRAYS},
    )
