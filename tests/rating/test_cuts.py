"""Faces are cut out of the very pictures that they are in, or it is said that these cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livecam.best.outputs import pictures
from livecam.errors import SourceError
from livecam.rating.cuts import Cuts
from livecam.rating.questions import Question, Shown
from livecam.types import Frame
from tests.best.records.factories import make_face_record, make_record


def test_no_frame_of_a_clip_passes_for_one_of_the_next_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def frames_at(path: Path, times_ms: Sequence[float]) -> Iterator[Frame]:
        if path.name == "torn.mp4":
            raise SourceError(f"{path} cannot be read")
        for i, t_ms in enumerate(times_ms):
            yield Frame(np.zeros((600, 800, 3), np.uint8), t_ms, i, 0.0)

    monkeypatch.setattr(pictures, "frames_at", frames_at)
    face = make_face_record()
    whole, torn = (
        [Shown(replace(make_record(face, path=f"/clips/{name}.mp4"), t_ms=t_ms), face, name) for t_ms in (0.0, 250.0)]
        for name in ("whole", "torn")
    )
    with Cuts([Question(tuple(whole)), Question(tuple(torn))]) as cuts:
        assert all(cuts.of(shown).whole for shown in whole)
        for shown in torn:
            with pytest.raises(SourceError):
                cuts.of(shown)
