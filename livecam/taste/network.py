"""Which network an embedding comes from: what is learned on one means nothing on another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

_SHIPPED = "default-"


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
