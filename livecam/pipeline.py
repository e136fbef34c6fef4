"""The steps within a frame, in their order. No other module knows this order.

1. find: where the faces are (``livecam.faces.finder``).
2. crop: each face upright and of one size (``livecam.faces.crop``).
3. score: all faces of the frame as one batch (``livecam.scoring.scorer``).
4. check: what holds each face back (``livecam.scoring.checks``).
5. follow: whose face each is, and who counts (``livecam.faces.tracker``).
6. decide: whether the picture is taken (``livecam.shutter``).

A picture that stands for itself goes through the first four (``Analyser``, ``score_faces``), the frames of a stream
through all (``StreamSteps``). What loads a model is made by ``livecam.model_factory``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from livecam.closing import Closing
from livecam.faces.crop import crop_face
from livecam.faces.tracker import PersonTracker
from livecam.model_factory import FinderLike, InstalledModels, ModelFactory, ScorerLike
from livecam.scoring.checks import find_reasons
from livecam.scoring.eye_policy import EyePolicy, forgives, with_open_eyes
from livecam.scoring.eyes import judge_eyes
from livecam.shutter.decision import Decision
from livecam.taste.choosing import OFF, ChosenTaste, choose_taste_for
from livecam.taste.head import TasteHead
from livecam.taste.network import network_of
from livecam.taste.observed import light_of
from livecam.types import Face, FaceCrop, Frame, Moment, Reason, Score, ScoredFace


def default_models() -> ModelFactory:
    """Return the factory that every command uses; the tests of commands replace this function."""
    return InstalledModels()


class Shutter(Protocol):
    """Decides when a picture is taken; ``livecam.shutter.trigger.Trigger`` is the real one."""

    def update(self, moment: Moment) -> Decision:
        """Take the next moment into account."""
        ...

    def flush(self) -> Decision | None:
        """Decide at the end of the stream."""
        ...

    def settle(self) -> Decision | None:
        """Decide while nothing new comes for a while."""
        ...


_NO_TASTE = ChosenTaste()


class Analyser(Closing):
    """The steps of a picture that stands for itself: find, crop, score, check. Owns the models and closes them."""

    def __init__(
        self,
        finder: FinderLike,
        scorer: ScorerLike,
        eyes: EyePolicy = EyePolicy.OPEN,
        taste: ChosenTaste = _NO_TASTE,
    ) -> None:
        """Take over finder and scorer. eyes: what closed ones count for.  taste: by which faces are rated."""
        self._finder = finder
        self._scorer = scorer
        self._eyes = eyes
        self.taste = taste

    @classmethod
    def load(
        cls,
        models: ModelFactory | None = None,
        *,
        model: Path | None = None,
        provider: str = "auto",
        faces: int = 1,
        stills: bool = False,
        fast: bool = False,
        eyes: EyePolicy = EyePolicy.OPEN,
        taste: str | None = OFF,
    ) -> Analyser:
        """Load the models. Raises ModelError.

        models: makes the finder and the scorer; None: ``default_models``.  model, provider: of the scorer.
        faces: the most that are looked for in a picture.  stills: for pictures that do not follow on each other.
        fast: for frames that wait, of which as many as can be are to be done in a second; else each is to be done soon.
        eyes: what closed ones count for.  taste: "off", a file that livecam learn wrote, or None: the user's own, once
        it is better (``livecam.taste.choosing``).
        """
        factory = models or default_models()
        with ExitStack() as undo:
            scorer = factory.scorer(model, provider=provider, busy=fast)
            undo.callback(scorer.close)
            chosen = choose_taste_for(taste, scorer.path)
            finder = factory.finder(faces=faces, stills=stills)
            undo.pop_all()
        return cls(finder, scorer, eyes, chosen)

    @property
    def provider(self) -> str:
        """What the scorer runs on, e.g. "cpu"."""
        return self._scorer.provider

    @property
    def fallback(self) -> str | None:
        """What should have run instead, e.g. "cuda"; None when all is well."""
        return self._scorer.fallback

    @property
    def model_version(self) -> str | None:
        """The scorer's version, if it says so."""
        return self._scorer.metadata.get("model_version")

    @property
    def network(self) -> str | None:
        """Whose embeddings the scores have, see ``livecam.taste.network``; None if its file is gone."""
        try:
            return network_of(self._scorer.metadata, self._scorer.path)
        except OSError:
            return None

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """First step: where the faces are."""
        return self._finder.find(frame)

    def score_faces(self, frame: Frame, faces: tuple[Face, ...]) -> Moment:
        """Second to fourth step: crop the faces, score them as one batch and check each."""
        return score_faces(self._scorer, [(frame, faces)], self._eyes, self.taste.head)[0]

    def analyse(self, frame: Frame) -> Moment:
        """Find, crop, score and check the faces of one frame."""
        return self.score_faces(frame, self.find(frame))

    def close(self) -> None:
        """Free the models; to be called before the interpreter ends."""
        self._finder.close()
        self._scorer.close()


class StreamSteps:
    """All six steps, for frames that follow on each other: people are followed, and the shutter decides.

    Frames are to be given in order. ``find`` may run in another thread than ``decide``, some frames ahead.
    """

    def __init__(self, analyser: Analyser, shutter: Shutter) -> None:
        """Borrow analyser and shutter."""
        self.analyser = analyser
        self._tracker = PersonTracker()
        self._shutter = shutter

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """First step: where the faces are."""
        return self.analyser.find(frame)

    def decide(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Moment, Decision]:
        """Second to sixth step: crop, score and check the faces, follow the people, and ask the shutter."""
        moment = self._tracker.update(self.analyser.score_faces(frame, faces))
        return moment, self._shutter.update(moment)

    def flush(self) -> Decision | None:
        """Ask the shutter once more at the end of the stream."""
        return self._shutter.flush()

    def settle(self) -> Decision | None:
        """Ask the shutter while nothing new comes for a while; the stream may go on."""
        return self._shutter.settle()


def score_faces(
    scorer: ScorerLike,
    found: Sequence[tuple[Frame, tuple[Face, ...]]],
    eyes: EyePolicy = EyePolicy.OPEN,
    taste: TasteHead | None = None,
) -> list[Moment]:
    """Crop the faces of several frames, score them all as one batch and check each; a moment for each frame.

    eyes: what closed ones count for.  taste: by which faces are rated, of the scorer's own network.
    Of a face whose eyes are hidden, or closed and forgiven, the score is the one that
    it would have with its eyes open.
    """
    crops = [crop_face(frame.image, face) for frame, faces in found for face in faces]
    scored = iter(list(zip(crops, scorer.score(crops) if crops else (), strict=True)))
    return [
        Moment(frame, tuple(_checked(frame, face, *next(scored), eyes, taste) for face in faces))
        for frame, faces in found
    ]


def _checked(
    frame: Frame, face: Face, crop: FaceCrop, score: Score, eyes: EyePolicy, taste: TasteHead | None
) -> ScoredFace:
    score = judge_eyes(score, face.blendshapes)
    generic = score if taste is not None else None  # what more is learned from
    if taste is not None:
        score = taste.judge_eyes(score, face.blendshapes)
    reasons = find_reasons(face, crop, score, frame, eyes=eyes)
    if taste is not None:
        light = light_of(frame.image, face.box)
        score = taste.rate(score, face.blendshapes, face.pose, reasons, light=light)
    if Reason.EYES_HIDDEN in reasons or forgives(eyes, face.blendshapes):
        score = with_open_eyes(score, face.blendshapes, reasons)
    return ScoredFace(face, score, reasons, generic=generic, crop=crop)
