"""Makes the probabilities of a trained scorer mean what they say, on the validation people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
from scipy.optimize import minimize, minimize_scalar
from torch import Tensor
from torch.nn import functional

from model.network import ScorerNetwork
from model.shipped.collected import Collected
from model.shipped.labels import condition_of
from model.shipped.settings import CalibrationSettings
from model.shipped.validation import BATCH, batched

SHIPPED = CalibrationSettings()


def calibrate(network: ScorerNetwork, damaged: Iterable[dict[str, Tensor]], data: Collected) -> None:
    """Fit the network's two temperatures and the eyes' offset, and put them into it.

    damaged: batches of random views of the validation faces, see model.shipped.views.Views. Ratings: a temperature
    (Guo et al. 2017) on those. Eyes: slope and offset (Platt 1999) on the faces as they are.
    """
    network.eval()
    _calibrate_ratings(network, damaged)
    _calibrate_eyes(network, data)


def _calibrate_ratings(network: ScorerNetwork, damaged: Iterable[dict[str, Tensor]]) -> None:
    with torch.inference_mode():
        ratings = [(network.rating(network.backbone(batch["image"])), batch["rating"]) for batch in damaged]
    logits, labels = (torch.cat(part) for part in zip(*ratings, strict=True))
    best = minimize_scalar(lambda t: float(functional.cross_entropy(logits / t, labels)), bounds=SHIPPED.temperature)
    network.rating_temperature.fill_(best.x)


def _calibrate_eyes(network: ScorerNetwork, data: Collected) -> None:
    """Weigh closed eyes as often as they are among the frames that matter, for the offset times their cost."""
    indices = data.where("val")
    # Labelled by people and the teacher alone: a network must not have a say in what it is measured by.
    labelled = replace(data, closed=None)
    conditions = [condition_of(labelled, index) for index in indices]
    known = torch.tensor([known for _, known in conditions])
    wanted = torch.tensor([condition.eyes_closed for condition, _ in conditions])[known]
    with torch.inference_mode():
        crops = (torch.from_numpy(np.stack([data.crops[i] for i in part])) for part in batched(indices, BATCH))
        eyes = torch.cat([network.eyes(network.backbone(part)) for part in crops])[known]
    balance = float((wanted <= 0.5).sum() / (wanted > 0.5).sum())

    def loss(temperature: float, offset: float, odds: float) -> float:
        weight = torch.where(wanted > 0.5, odds * balance, 1.0)
        return float(functional.binary_cross_entropy_with_logits(eyes / temperature + offset, wanted, weight))

    fitted = minimize(
        lambda at: loss(at[0], at[1], SHIPPED.closed_odds),
        [1.0, 0.0],
        method="Nelder-Mead",
        bounds=[SHIPPED.temperature, SHIPPED.offset],
    )
    temperature = float(fitted.x[0])
    odds = SHIPPED.closed_odds * SHIPPED.closed_cost
    offset = minimize_scalar(lambda at: loss(temperature, at, odds), bounds=SHIPPED.offset).x
    network.eyes_temperature.fill_(temperature)
    network.eyes.bias.data += temperature * offset
