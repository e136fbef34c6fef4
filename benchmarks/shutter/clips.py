"""A clip's moments as livecam analyses them, without their pixels, kept on disk so that triggers are soon compared."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.common.blendshape_rule import smile_minus_eyes
from benchmarks.labelled.pictures import clip_frames, is_fresh
from livecam.faces import mesh
from livecam.pipeline import Analyser
from livecam.storage.durable import replace_file
from livecam.types import EMBEDDING, Face, Frame, Moment, Reason, Score, ScoredFace

_REASONS = tuple(Reason)
_DOT = np.zeros((1, 1, 3), np.uint8)
_NO_EMBEDDING = np.zeros(EMBEDDING, np.float32)


def analysed_moments(path: Path, model: Path | None, kept: Path) -> list[Moment]:
    """Return every moment of the clip, from the file kept if it is newer than the clip.

    model: the scorer, None: the shipped one. The moments' frames are single pixels, and the embeddings may be zero.
    Raises SourceError or ModelError.
    """
    if is_fresh(kept, path):
        return _read(kept)
    with Analyser.load(model=model) as analyser:  # a fresh one: it follows the faces of one clip
        moments = [_without_pixels(analyser.analyse(frame)) for frame in clip_frames(path)]
    _write(kept, moments)
    return moments


def _without_pixels(moment: Moment) -> Moment:
    frame = Frame(_DOT, moment.frame.t_ms, moment.frame.index, 0.0)
    return Moment(frame, moment.faces)


def _write(path: Path, moments: Sequence[Moment]) -> None:
    faces = [scored for moment in moments for scored in moment.faces]
    content = io.BytesIO()
    np.savez(
        content,
        t_ms=[m.t_ms for m in moments],
        index=[m.frame.index for m in moments],
        faces=[len(m.faces) for m in moments],
        landmarks=np.array([f.face.landmarks for f in faces], np.float32),
        blendshapes=np.array([f.face.blendshapes for f in faces], np.float32),
        transform=np.array([f.face.transform for f in faces], np.float32),
        probs=np.array([f.score.rating_probs for f in faces], np.float32),
        eyes=np.array([f.score.eyes_closed for f in faces], np.float32),
        reasons=[[_REASONS.index(r) for r in f.reasons] + [-1] * (len(_REASONS) - len(f.reasons)) for f in faces],
    )
    replace_file(path, content.getvalue())


def _read(path: Path) -> list[Moment]:
    with np.load(path) as kept:
        table = dict(kept)
    faces = iter(
        [
            ScoredFace(
                Face(table["landmarks"][i], table["blendshapes"][i], table["transform"][i]),
                Score(table["probs"][i], table["eyes"][i], _NO_EMBEDDING),
                tuple(_REASONS[at] for at in table["reasons"][i].tolist() if at >= 0),
            )
            for i in range(len(table["landmarks"]))
        ]
    )
    return [
        Moment(Frame(_DOT, float(t_ms), int(index), 0.0), tuple(next(faces) for _ in range(count)))
        for t_ms, index, count in zip(table["t_ms"], table["index"], table["faces"], strict=True)
    ]


def eye_blink(moment: Moment) -> float:
    """Return how far down MediaPipe sees the lower of the largest face's lids, 0..1; 0 without a face."""
    return mesh.lids_down(moment.faces[0].face.blendshapes) if moment.faces else 0.0


def rule_value(moment: Moment) -> float:
    """Return what the blendshape rule gives the largest face; -inf without one."""
    return smile_minus_eyes(moment.faces[0].face.blendshapes) if moment.faces else -math.inf
