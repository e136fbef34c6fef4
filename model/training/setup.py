"""What a training begins with: what the head sees of each photo, the network, and what maps photos to losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from model.backbones import Start, fit_eyes
from model.checkpoint import RatedNetwork
from model.data.dataset import Dataset
from model.features import frozen_features, landmark_features, require_embeddings
from model.training.crops import crops_of
from model.training.distributed import Workers
from model.training.learners import FineTunedLearner, FrozenLearner
from model.training.photos import TrainingPhotos
from model.training.settings import Settings

_STANDARDISED_BY = 1 << 17  # photos at most that say how features are spread: 0.3 % of a spread. Set by hand.


@dataclass(frozen=True, slots=True, eq=False)
class HeadInputs:
    """What a head sees of N photos and of their mirror images, float: embeddings (2, N, 512), landmarks (2, N, 55)."""

    embeddings: Tensor
    landmarks: Tensor | None

    @property
    def features(self) -> Tensor:
        """All that the head sees, float (2, N, D)."""
        return self.embeddings if self.landmarks is None else torch.cat((self.embeddings, self.landmarks), dim=2)


def compute_inputs(
    dataset: Dataset, start: Start, settings: Settings, workers: Workers, advance: Callable[[int, int], None]
) -> HeadInputs:
    """Compute what the head sees through the backbone as it is at the start, or read it where it was kept.

    advance: called with the photos done and their total. Raises SourceError, ModelError.
    """
    require_embeddings(dataset, settings.backbone, whole=settings.fine_tune or settings.masked)
    embeddings = workers.first_then_others(
        lambda: frozen_features(dataset, start.backbone, masked=settings.masked, device=workers.device, advance=advance)
    )
    return HeadInputs(embeddings, landmark_features(dataset) if settings.landmarks else None)


def make_network(
    start: Start, dataset: Dataset, inputs: HeadInputs, photos: TrainingPhotos, settings: Settings
) -> RatedNetwork:
    """Put a new head on the backbone; the eye head is the start's, or fitted to the blendshapes where it has none."""
    network = RatedNetwork(settings.head, settings.target, landmarks=settings.landmarks)
    network.backbone = start.backbone
    network.eyes = start.eyes or fit_eyes(inputs.embeddings[0], dataset.blendshapes)
    some = photos.stopping.train[:: len(photos.stopping.train) // _STANDARDISED_BY + 1]
    network.head.standardise(inputs.features[:, torch.from_numpy(some)].flatten(0, 1).float())
    return network


def make_learner(
    network: RatedNetwork,
    dataset: Dataset,
    inputs: HeadInputs,
    photos: TrainingPhotos,
    settings: Settings,
    device: torch.device,
) -> FrozenLearner | FineTunedLearner:
    """Choose what is trained: the head alone on inputs, or the whole network on the crops. network: on device."""
    classes = torch.from_numpy(photos.classes).to(device)
    if not settings.fine_tune:
        return FrozenLearner(network.head, inputs.features.to(device), classes)
    with torch.no_grad():
        eyes = torch.sigmoid(network.eyes(inputs.embeddings[0].to(device)))
    return FineTunedLearner(
        network,
        crops_of(dataset, device, masked=settings.masked),
        None if inputs.landmarks is None else inputs.landmarks.to(device),
        eyes,
        classes,
        eyes_weight=settings.eyes_weight,
        variation=settings.variation,
        # A few hundred photos are too few to estimate the backbone's statistics anew, unless it has none.
        fixed_norms=settings.backbone != "random",
    )
