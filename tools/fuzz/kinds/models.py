"""Models: scorers, checkpoints, and learned tastes."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from unittest import mock

import numpy as np
from torch import nn

from livecam.errors import LivecamError
from livecam.scoring.scorer import Scorer
from livecam.taste.head import Story, TasteHead, Verdict
from livecam.taste.head_file import load_head, save_head
from livecam.taste.insight import insight_of
from livecam.taste.page import page_of
from livecam.taste.signals import SIGNALS
from livecam.types import EMBEDDING
from model import checkpoint
from model.network import load_checkpoint
from tests.scoring.onnx_factories import make_model
from tests.taste.lesson_factories import make_lesson, make_lesson_face
from tools.fuzz.reader import Reader, written

_PARTS = ("about", "embedding", "signals", "thresholds", "alone")
_BETWEEN = b"\n--\n"


def _tensor_seeds(folder: Path) -> list[bytes]:
    """A checkpoint as small as one can be."""
    del folder
    about = {
        "schema": "1", "kind": "rated", "labels": [1], "model_version": "x", "head": "cross-entropy",
        "target": "rating", "landmarks": False,
    }  # fmt: skip
    header = json.dumps({
        "__metadata__": {"livecam": json.dumps(about)},
        "weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]},
        "bias": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]},
    }).encode()  # fmt: skip
    return [struct.pack("<Q", len(header)) + header + bytes(12)]


def _scorer(data: bytes, folder: Path) -> None:
    Scorer(written(folder / "scorer.onnx", data), provider="cpu").close()


def _scorer_seeds(folder: Path) -> list[bytes]:
    return [make_model(folder / "m.onnx").read_bytes(), make_model(folder / "n.onnx", probabilities=False).read_bytes()]


def _checkpoint(data: bytes, folder: Path) -> None:
    path = written(folder / "model.safetensors", data)
    with suppress(LivecamError):
        load_checkpoint(nn.Linear(2, 1), path)
    # Of the real size a network takes a tenth of a second to make.
    small = mock.Mock(side_effect=lambda *_, **__: nn.Linear(2, 1))
    other = mock.Mock(side_effect=lambda: nn.Linear(7, 7))
    with mock.patch.object(checkpoint, "RatedNetwork", small), mock.patch.object(checkpoint, "ScorerNetwork", other):
        checkpoint.load_network(path)


def _taste_seeds(folder: Path) -> list[bytes]:
    """Tastes as ``livecam learn`` keeps them, packed and not; and what is in one, for ``_taste`` to pack."""
    story = Story(Verdict(120, 300, 0.8, 0.6, better=True), ((0, 0.6), (120, 0.8)), ((2.5, 3.0, 10),))
    head = TasteHead(
        "me", "default-3", np.full(EMBEDDING, 0.01, np.float32), np.full(len(SIGNALS), 0.1, np.float32), 1.0, 0.1,
        np.array([-2, -1, 1, 2], np.float32), story=story,
    )  # fmt: skip
    path = folder / "head.npz"
    save_head(head, path)
    made = path.read_bytes()
    with np.load(io.BytesIO(made)) as arrays:
        packed = io.BytesIO()
        np.savez_compressed(packed, **arrays)
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        contents = [parts.read(f"{name}.npy") for name in _PARTS]
    return [made, packed.getvalue(), _BETWEEN.join(contents)]


def _taste(data: bytes, folder: Path) -> None:
    path = written(folder / "head.npz", data)
    if not data.startswith(b"PK"):  # damaged within, which the checksums of a ZIP file would tell before all else
        with zipfile.ZipFile(path, "w") as parts:
            for name, content in zip(_PARTS, data.split(_BETWEEN), strict=False):
                parts.writestr(f"{name}.npy", content)
    head = load_head(path)
    lessons = [make_lesson(), make_lesson(face=make_lesson_face("b", shapes={"mouthSmile": 0.7}))]
    page = page_of(head, insight_of(head.levelled(), lessons))
    assert str(head.story.verdict)
    assert page


READERS: Mapping[str, Reader] = {
    "onnx": Reader(_scorer_seeds, _scorer),
    "safetensors": Reader(_tensor_seeds, _checkpoint),
    "taste": Reader(_taste_seeds, _taste),
}
