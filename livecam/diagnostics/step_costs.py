"""What each step costs the processor, one after the other on the demo clip.

In a run the steps share the processor, and their times say how long each waited for the others. Here each has it to
itself, and the threads of the libraries are counted with whoever called them.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import cv2

from livecam import model_files
from livecam.model_factory import ModelFactory, ScorerLike
from livecam.pipeline import Analyser, StreamSteps, default_models
from livecam.shutter.trigger import Trigger, TriggerSettings
from livecam.sources.decoding import clip_pictures
from livecam.sources.health import Health
from livecam.types import FaceCrop, Frame, Score
from livecam.ui.overlay import Overlay
from livecam.ui.status import Status

# The steps in their order. decide is all that is left of a decision: crop, checks, tracking, trigger.
STEPS = ("read", "find", "score", "decide", "draw")
FIRST = 60  # frames of the demo clip before its person is there
FRAMES, WARM_UP = 60, 15  # set by hand


def step_costs(
    models: ModelFactory | None = None,
    *,
    model: Path | None = None,
    provider: str = "auto",
    frames: int = FRAMES,
    warm_up: int = WARM_UP,
) -> dict[str, float]:
    """Return the milliseconds of processor time that each of STEPS takes for a frame of 720p with one face in it.

    models: see ``Analyser.load``.  model, provider: of the scorer.  frames: that are measured, after warm_up of them.
    Raises ModelError.
    """
    costs, factory = _Costs(), models or default_models()
    with closing(factory.scorer(model, provider=provider)) as scorer, closing(factory.finder(faces=1)) as finder:
        analyser = Analyser(finder, _TimedScorer(scorer, costs))
        steps = StreamSteps(analyser, Trigger(TriggerSettings(runners_up=0)))
        overlay, status = Overlay(), Status(Health.OK, scorer.provider, 30.0, 0)
        clip = cv2.VideoCapture(str(model_files.demo_clip()), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        with closing(clip_pictures(clip, "demo clip")) as pictures:
            for index in range(FIRST + warm_up + frames):
                if index == FIRST + warm_up:
                    costs.ms.clear()
                with costs.of("read"):
                    picture = next(pictures)
                if index < FIRST:
                    continue
                frame = Frame(picture.image, picture.t_ms, index, 0.0)
                with costs.of("find"):
                    faces = steps.find(frame)
                with costs.of("decide"):
                    moment, decision = steps.decide(frame, faces)
                with costs.of("draw"):
                    overlay.draw(moment, decision, status)
    costs.ms["decide"] -= costs.ms["score"]  # in which that was done
    return {step: costs.ms[step] / frames for step in STEPS}


class _Costs:
    """Processor time of this process by step, milliseconds."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        begun_s = time.process_time()
        yield
        self.ms[step] += 1000 * (time.process_time() - begun_s)


class _TimedScorer:
    """A scorer whose processor time is noted."""

    def __init__(self, scorer: ScorerLike, costs: _Costs) -> None:
        self.provider, self.fallback = scorer.provider, scorer.fallback
        self.metadata, self.path = scorer.metadata, scorer.path
        self._scorer, self._costs = scorer, costs

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        with self._costs.of("score"):
            return self._scorer.score(crops)

    def close(self) -> None:
        """Whoever made the scorer closes it."""
