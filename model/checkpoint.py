"""Trained networks on disk: safetensors, with how they were made in the header, never a pickle."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from livecam.errors import ModelError, OutputError
from livecam.storage.durable import replace_file
from livecam.types import EMBEDDING
from model.data.dataset import Target, classes_of
from model.features import LANDMARK_FEATURES
from model.heads import CrossEntropy, Head, HeadName, make_head
from model.network import (
    CHECKPOINT_SCHEMA,
    Backbone,
    ScorerNetwork,
    closed_probability,
    gate,
    load_checkpoint,
    to_safetensors,
)

KIND = "rated"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a checkpoint says of itself.

    backbone: face, imagenet, random or a file's name.  fine_tuned: the backbone was trained too.  landmarks: the head
    sees blendshapes and pose.  masked: the surroundings were blacked out.  split: folds, fold, seed and by, or empty
    when the split was given.  validation_loss: at its best epoch; None of a shipped one, of which none is kept.
    untouched: the photos held out had no part in choosing the epoch either.  settings: those of the training, by name.
    """

    model_version: str
    head: HeadName
    target: Target
    backbone: str
    fine_tuned: bool
    landmarks: bool
    masked: bool
    trained_on: str
    data_hash: str
    git_revision: str
    epoch: int
    validation_loss: float | None
    split: Mapping[str, object]
    untouched: bool
    settings: Mapping[str, object]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes, in order."""
        return classes_of(self.target)


class StandardisedHead(Head):
    """A head that takes raw features, (N, D), and brings each to mean 0 and spread 1/√D itself.

    A photo's features then have length 1 or so, as the bias's constant 1 has, and both are learned at one pace.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, name: HeadName, inputs: int, classes: int) -> None:
        super().__init__()
        self.inner = make_head(name, inputs, classes)
        self.register_buffer("centre", torch.zeros(inputs))
        self.register_buffer("spread", torch.ones(inputs))

    def standardise(self, features: Tensor) -> None:
        """Take mean and spread from features, (N, D)."""
        self.centre.copy_(features.mean(dim=0))
        # A feature that hardly varies would be blown up to noise.
        self.spread.copy_(features.std(dim=0).clamp(min=1e-3) * features.shape[1] ** 0.5)

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits of raw features."""
        return cast(Tensor, self.inner((features - self.centre) / self.spread))

    def loss(self, logits: Tensor, classes: Tensor) -> Tensor:
        """See Head.loss."""
        return self.inner.loss(logits, classes)

    def probs(self, logits: Tensor) -> Tensor:
        """See Head.probs."""
        return self.inner.probs(logits)

    def choose(self, probs: Tensor) -> Tensor:
        """See Head.choose."""
        return self.inner.choose(probs)


class RatedNetwork(nn.Module):
    """What training makes: a backbone, any head, and the eye head. With ratings its outputs are schema 1's.

    gated: closed eyes count, as its classes are ratings.
    """

    eyes_temperature: Tensor

    def __init__(self, head: HeadName, target: Target, *, landmarks: bool = False) -> None:
        super().__init__()
        self.gated = target is Target.RATING
        self.backbone = Backbone()
        inputs = EMBEDDING + (LANDMARK_FEATURES if landmarks else 0)
        self.head = StandardisedHead(head, inputs, len(classes_of(target)))
        self.eyes = nn.Linear(EMBEDDING, 2)
        self.register_buffer("eyes_temperature", torch.ones(()))

    def logits(self, crops: Tensor, landmarks: Tensor | None = None) -> Tensor:
        """Return the head's logits for crops, uint8 (N, H, W, 3), and landmark features, (N, 55), if it takes them."""
        return self._head_logits(self.backbone(crops), landmarks)

    def forward(self, crops: Tensor, landmarks: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Map crops, uint8 (N, H, W, 3), to probabilities (N, K), eyes_closed (N, 2) and embedding (N, 512)."""
        embedding = self.backbone(crops)
        probs = self.head.probs(self._head_logits(embedding, landmarks))
        closed = self.eyes_closed(embedding)
        return gate(probs, closed) if self.gated else probs, closed, embedding

    def eyes_closed(self, embedding: Tensor) -> Tensor:
        """Return how probable each closed eye is, (N, 2), by embeddings, (N, 512)."""
        return closed_probability(self.eyes_odds(embedding))

    def eyes_odds(self, embedding: Tensor) -> Tensor:
        """Return the log-odds of each closed eye, (N, 2), by embeddings, (N, 512)."""
        return cast(Tensor, self.eyes(embedding) / self.eyes_temperature)

    def _head_logits(self, embedding: Tensor, landmarks: Tensor | None) -> Tensor:
        return cast(Tensor, self.head(embedding if landmarks is None else torch.cat((embedding, landmarks), dim=1)))


def load_network(path: Path) -> tuple[RatedNetwork, Metadata]:
    """Load any checkpoint of ours, ready to run. Raises ModelError, one line.

    The default model's becomes a cross-entropy head with its temperature folded in.
    """
    about = _header(path)
    if about.get("kind") != KIND:
        return _from_scorer(path)
    metadata = _metadata(path, about)
    network = RatedNetwork(metadata.head, metadata.target, landmarks=metadata.landmarks)
    load_checkpoint(network, path)
    return network.eval(), metadata


def load_scorer(path: Path) -> tuple[RatedNetwork, dict[str, object]]:
    """Load a checkpoint as what the camera can run, with the metadata in the file. Raises ModelError if it cannot."""
    network, metadata = load_network(path)
    for needs, what in (
        (metadata.landmarks, "sees landmark features"),
        (metadata.masked, "sees masked faces"),
        (metadata.target is not Target.RATING, f"predicts {metadata.target.value} and no rating"),
    ):
        if needs:
            raise ModelError(f"{path} {what}, which the camera's scorer cannot: train one without that to export it")
    return network, _header(path)


def save_network(network: nn.Module, path: Path, metadata: Metadata) -> None:
    """Write a network; the file that was there stays whole until the new one is. Raises OutputError."""
    about = {"schema": CHECKPOINT_SCHEMA, "kind": KIND, "labels": metadata.labels, **asdict(metadata)}
    write_tensors(path, network.state_dict(), about)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, object]) -> None:
    """Write tensors and a JSON header as safetensors, whole or not at all. Raises OutputError."""
    contents = to_safetensors(tensors, about)
    try:
        replace_file(path, contents)
    except OSError as error:
        hint = "free some space" if error.errno == errno.ENOSPC else "allow writing there or choose another --out"
        kept = "; the one before is whole" if path.exists() else ""
        raise OutputError(f"{path} cannot be written ({error.strerror}){kept}: {hint}, then --resume") from None


def _header(path: Path) -> dict[str, object]:
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get("livecam", "{}"))
    except (OSError, SafetensorError, ValueError, RecursionError):
        return {}  # load_checkpoint will say what is wrong with it
    return about if isinstance(about, dict) else {}


def _metadata(path: Path, about: Mapping[str, object]) -> Metadata:
    try:
        values = {field.name: about[field.name] for field in fields(Metadata)}
        values["head"], values["target"] = HeadName(str(about["head"])), Target(str(about["target"]))
        return Metadata(**values)  # type: ignore[arg-type]  # JSON's types; those that matter are checked above
    except (KeyError, ValueError) as error:
        raise ModelError(f"{path} is from another version (its {error} is unknown): train it again") from None


def rated_from(scorer: ScorerNetwork) -> RatedNetwork:
    """Return the default model's network as one with a cross-entropy head, its temperature folded in."""
    network = RatedNetwork(HeadName.CROSS_ENTROPY, Target.RATING)
    network.backbone, network.eyes = scorer.backbone, scorer.eyes
    network.eyes_temperature.copy_(scorer.eyes_temperature)
    assert isinstance(network.head.inner, CrossEntropy)
    network.head.inner.linear.weight.data = scorer.rating.weight.data / scorer.rating_temperature
    network.head.inner.linear.bias.data = scorer.rating.bias.data / scorer.rating_temperature
    return network.eval()


def _from_scorer(path: Path) -> tuple[RatedNetwork, Metadata]:
    scorer = ScorerNetwork()
    about = load_checkpoint(scorer, path)
    network = rated_from(scorer)
    trained_on = about.get("trained_on", "unknown")
    metadata = Metadata(
        model_version=str(about.get("model_version", "unknown")),
        head=HeadName.CROSS_ENTROPY,
        target=Target.RATING,
        backbone="face",
        fine_tuned=True,
        landmarks=False,
        masked=False,
        trained_on=", ".join(map(str, trained_on)) if isinstance(trained_on, list) else str(trained_on),
        data_hash="",
        git_revision=str(about.get("git_revision", "unknown")),
        epoch=0,
        validation_loss=None,
        split={},
        untouched=True,
        settings={},
    )
    return network, metadata
