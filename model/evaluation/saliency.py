"""Which pixels decide: gradient maps as in the paper, SmoothGrad and Grad-CAM, all by captum."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt
import torch
from captum.attr import LayerAttribution, LayerGradCam, NoiseTunnel, Saliency
from torch import Tensor

from livecam.types import CROP_SIZE, FloatArray, UInt8Array
from model.checkpoint import RatedNetwork
from model.data.dataset import Int64Array

BoolArray = npt.NDArray[np.bool_]
SMOOTH_SAMPLES = 25  # set by hand
SMOOTH_NOISE = 0.1 * 255  # standard deviation, grey levels; Smilkov et al. advise 10 to 20 % of the range


class Method(StrEnum):
    """GRADIENT: Simonyan et al. 2013, the paper's.  SMOOTHGRAD: Smilkov et al. 2017.  GRADCAM: Selvaraju et al."""

    GRADIENT = "gradient"
    SMOOTHGRAD = "smoothgrad"
    GRADCAM = "gradcam"


def saliency_maps(
    network: RatedNetwork,
    crops: UInt8Array,
    classes: Int64Array,
    method: Method,
    *,
    landmarks: Tensor | None = None,
    seed: int = 0,
) -> FloatArray:
    """Return how much each pixel matters for the score of a class, float32 (N, 224, 224), ≥ 0, in the map's own unit.

    crops: uint8 (N, 224, 224, 3).  classes: (N,), whose score is asked about.  landmarks: (N, 55), for a head that
    takes them. Where closed eyes decide the rating, whatever the head says, the question is what closes them.
    """
    network.eval()
    pixels = torch.from_numpy(crops).float().requires_grad_()
    maps = torch.empty(len(crops), CROP_SIZE, CROP_SIZE)
    with torch.random.fork_rng(devices=[]):
        for row in range(len(crops)):  # one at a time: SmoothGrad alone makes a batch of 25
            beside = None if landmarks is None else landmarks[row : row + 1]
            one, target = pixels[row : row + 1].detach().requires_grad_(), int(classes[row])
            score = class_score(network, beside)
            if target == 0 and eyes_decide(network, one.detach()):
                score = _closed_score(network)
            torch.manual_seed(seed)
            if method is Method.GRADCAM:
                coarse = LayerGradCam(score, network.backbone.resnet.layer4).attribute(
                    one, target=target, relu_attributions=True
                )
                maps[row] = LayerAttribution.interpolate(coarse, (CROP_SIZE, CROP_SIZE), "bilinear")[0, 0].detach()
            else:
                maps[row] = _gradient(score, one, target, smooth=method is Method.SMOOTHGRAD)[0].amax(dim=2).detach()
    return np.asarray(maps.numpy(), np.float32)


def eyes_decide(network: RatedNetwork, pixels: Tensor) -> bool:
    """Whether a picture, (1, 224, 224, 3), gets its rating for closed eyes rather than by the head."""
    with torch.inference_mode():
        return network.gated and float((1 - network.eyes_closed(network.backbone(pixels))).prod()) < 0.5


def _closed_score(network: RatedNetwork) -> Callable[[Tensor], Tensor]:
    """Return the function from pixels to the log-odds of the eye that is surer closed, (N, 1), as class 0."""
    return lambda pixels: network.eyes_odds(network.backbone(pixels)).amax(dim=1, keepdim=True)


def class_score(network: RatedNetwork, landmarks: Tensor | None = None) -> Callable[[Tensor], Tensor]:
    """Return the function from pixels, float (N, 224, 224, 3), 0..255, to the score of each class, (N, K).

    A head with one output for each class gives those, as in the paper. Others know an order and no score of a class:
    from them it is the mean output, up for the class seen and those above it, and down for those below.
    """

    def score(pixels: Tensor) -> Tensor:
        beside = None if landmarks is None else landmarks.expand(len(pixels), -1)
        logits = network.logits(pixels, beside)
        count = network.head.probs(logits).shape[1]
        if logits.shape[1] == count:
            return logits
        upwards = torch.arange(count) >= network.head.predict(logits.detach())[:, None]
        return logits.mean(dim=1, keepdim=True) * torch.where(upwards, 1.0, -1.0)

    return score


def face_masks(points: FloatArray) -> BoolArray:
    """Return where the face is, bool (N, 224, 224): the hull of its landmarks. points: (N, 478, 2), crop pixels."""
    masks = np.zeros((len(points), CROP_SIZE, CROP_SIZE), np.uint8)
    for mask, own in zip(masks, points, strict=True):
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(own).astype(np.int32)), 1)
    return masks.astype(bool)


def share_on_face(maps: npt.NDArray[np.floating], masks: BoolArray) -> FloatArray:
    """Return how much of each map's sum lies on the face, 0..1, (N,); compare with the share of the area, masks.mean.

    maps: (N, 224, 224), ≥ 0. A map that is zero everywhere has no place: NaN.
    """
    total = maps.sum(axis=(1, 2), dtype=np.float64)
    on_face = np.where(masks, maps, 0).sum(axis=(1, 2), dtype=np.float64)
    shares = np.divide(on_face, total, out=np.full(len(maps), np.nan), where=total > 0)
    return np.asarray(shares, np.float32)


def heat(image: FloatArray) -> UInt8Array:
    """Colour a map black to red to white, as the paper's; the brightest 1 % are all white. uint8 (224, 224, 3)."""
    top = float(np.percentile(image, 99)) or float(image.max()) or 1.0
    grey = (255 * np.clip(image / top, 0, 1)).astype(np.uint8)
    coloured = cv2.applyColorMap(grey, cv2.COLORMAP_HOT)
    return np.asarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB), np.uint8)


def overlay(crop: UInt8Array, image: FloatArray) -> UInt8Array:
    """Lay a map over a darkened crop. uint8 (224, 224, 3)."""
    return np.asarray(cv2.addWeighted(crop, 0.45, heat(image), 0.75, 0), np.uint8)


def _gradient(score: Callable[[Tensor], Tensor], pixels: Tensor, target: int, *, smooth: bool) -> Tensor:
    gradient = Saliency(score)
    if not smooth:
        found: Tensor = gradient.attribute(pixels, target=target)
    else:
        found = NoiseTunnel(gradient).attribute(
            pixels,
            nt_type="smoothgrad",
            nt_samples=SMOOTH_SAMPLES,
            nt_samples_batch_size=5,
            stdevs=SMOOTH_NOISE,
            target=target,
        )
    return found
