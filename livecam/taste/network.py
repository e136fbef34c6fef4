"""Which network an embedding comes from: what is learned on one means nothing on another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from livecam.errors import ModelError

_SHIPPED = "default-"
# Where an ONNX file (onnx.proto, ModelProto) keeps its metadata: the number of the field, and of its key and value.
_METADATA, _KEY, _VALUE = 14, 1, 2
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # Protocol Buffers' kinds of fields
_VARINT_BITS = 70  # of ten bytes, as many as a number may have


def network_of(metadata: Mapping[str, str], path: Path) -> str:
    """Return the name of a scorer's embedding network. metadata, path: of its file. Raises OSError.

    Of a shipped scorer it is its version: its fp16 and int8 files have different checkpoints and the same embeddings
    (cosine 0.9998 or more on 40 portraits). Others are known by their checkpoint, or else by the file itself.
    """
    version, checkpoint = metadata.get("model_version", ""), metadata.get("checkpoint_sha256", "")
    if version.startswith(_SHIPPED):
        return version
    if len(checkpoint) == hashlib.sha256().digest_size * 2:
        return f"{version}-{checkpoint[:12]}"
    return f"file-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def network_of_file(path: Path) -> str:
    """Return ``network_of`` the scorer at path, which is read and not loaded. Raises ModelError."""
    try:
        return network_of(metadata_of(path.read_bytes()), path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions") from error


def metadata_of(data: bytes) -> dict[str, str]:
    """Return the metadata of an ONNX file, empty if it is none."""
    found: dict[str, str] = {}
    try:
        for number, entry in _fields(data):
            if number == _METADATA:
                pair = dict(_fields(entry))
                found[bytes(pair[_KEY]).decode()] = bytes(pair[_VALUE]).decode()
    except (IndexError, KeyError, ValueError):
        return {}
    return found


def _fields(data: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the number and bytes of each field with a length. Raises IndexError or ValueError in anything else."""
    view, at = memoryview(data), 0

    def varint() -> int:
        nonlocal at
        value = 0
        for shift in range(0, _VARINT_BITS, 7):
            byte = view[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("a number without end")  # to put it together would take hours

    while at < len(view):
        tag = varint()
        kind = tag & 7
        if kind == _VARINT:
            varint()
        elif kind in {_EIGHT_BYTES, _FOUR_BYTES}:
            at += 8 if kind == _EIGHT_BYTES else 4
        elif kind == _LENGTH:
            length = varint()
            if at + length > len(view):
                raise ValueError("cut short")
            yield tag >> 3, view[at : at + length]
            at += length
        else:
            raise ValueError("no Protocol Buffers")
