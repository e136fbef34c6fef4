"""Changes a picture as little as makes the network see the class that is wanted: gradient ascent on its probability.

As in the paper (section 5.4) and its source, CS231n's fooling images: steps of one length along the gradient
(Goodfellow et al. 2014, "Explaining and harnessing adversarial examples").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from livecam.types import FloatArray, UInt8Array
from model.checkpoint import RatedNetwork
from model.evaluation.saliency import class_score

# Grey levels, L2 over all pixels and channels: a third of a level in each. About twice CS231n's step.
STEP = 120.0  # set by hand
MAX_STEPS = 60  # set by hand


@dataclass(frozen=True, slots=True, eq=False)
class AdversarialExample:
    """A picture and what was made of it.

    picture: uint8 (224, 224, 3), as it would be saved.  change: float32 (224, 224, 3), grey levels, of that picture.
    before, after: the classes predicted, 0..K-1.  steps: of gradient ascent.  reached: after is the class wanted.
    """

    picture: UInt8Array
    change: FloatArray
    before: int
    after: int
    steps: int
    reached: bool

    @property
    def l2(self) -> float:
        """Length of the change, grey levels, over all pixels and channels."""
        return float(np.linalg.norm(self.change))

    @property
    def rms(self) -> float:
        """Root mean square of the change, grey levels."""
        return float(np.sqrt(np.mean(np.square(self.change))))

    @property
    def linf(self) -> float:
        """The largest change of a pixel, grey levels."""
        return float(np.abs(self.change).max())

    @property
    def magnified(self) -> UInt8Array:
        """The change times 50 about mid-grey, as the paper shows it."""
        return np.clip(128 + 50 * self.change, 0, 255).astype(np.uint8)


def fool(
    network: RatedNetwork, crop: UInt8Array, wanted: int, *, landmarks: Tensor | None = None
) -> AdversarialExample:
    """Change a crop, uint8 (224, 224, 3), step by step until the network sees class wanted in the 8-bit picture.

    landmarks: (1, 55), if the head takes them; they stay as they are.
    """
    network.eval()
    score = class_score(network, landmarks)
    start = torch.from_numpy(crop)[None].float()
    pixels = start.clone()
    before = after = seen_class(network, start, landmarks)
    steps = 0
    while after != wanted and steps < MAX_STEPS:
        pixels.requires_grad_()
        scores = score(pixels)[0]
        # Raising the wanted class's own score raises its neighbours' too, so with scores of classes it is the log
        # probability that climbs. The scores of an order are one number up or down, and nothing sets them apart.
        aim = (scores if len(scores.abs().unique()) == 1 else scores.log_softmax(dim=0))[wanted]
        if network.gated and wanted > 1:  # the log probability that both eyes are open, without which there is none
            aim = aim - functional.softplus(network.eyes_odds(network.backbone(pixels))).sum()
        (gradient,) = torch.autograd.grad(aim, pixels)
        length = float(gradient.norm())
        if length == 0:  # nothing left to follow
            break
        pixels = (pixels.detach() + STEP / length * gradient).clamp(0, 255)
        after = seen_class(network, pixels.round(), landmarks)
        steps += 1
    picture = pixels.detach().round()[0].numpy().astype(np.uint8)
    change = picture.astype(np.float32) - crop
    return AdversarialExample(picture, change, before, after, steps, after == wanted)


def seen_class(network: RatedNetwork, pixels: Tensor, landmarks: Tensor | None) -> int:
    """Return the class of a picture, (1, 224, 224, 3), closed eyes included. landmarks: (1, 55), or None."""
    with torch.inference_mode():
        return int(network.head.choose(network(pixels, landmarks)[0])[0])
