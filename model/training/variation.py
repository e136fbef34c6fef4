"""Varies crops a little in fine-tuning, so that a few hundred photos are not learned by heart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

DRAWS = 8  # uniform numbers in 0..1 for each photo


@dataclass(frozen=True, slots=True)
class Variation:
    """The most that each thing changes, either way; every change up to it is as likely. All were set by hand.

    turn: degrees.  shift: of half the crop's side.  scale, light, contrast: natural logarithm of the factor.
    warmth: the same of red, and the opposite of blue.
    """

    turn: float = 8.0
    shift: float = 0.06
    scale: float = 0.08
    light: float = 0.12
    contrast: float = 0.1
    warmth: float = 0.04


def vary(crops: Tensor, draws: Tensor, most: Variation) -> Tensor:
    """Mirror, turn, scale, move and relight crops, as little as leaves a rating true.

    crops: uint8 (N, H, W, 3).  draws: float (N, DRAWS), uniform in 0..1; the first below 0.5 mirrors.  Returns float
    (N, H, W, 3) in 0..255. No blur, no dark and no cut: those are what ratings are about.
    """
    if not len(crops):  # of a batch with fewer photos than processes; PyTorch makes no grid of none
        return crops.float()
    pixels = crops.permute(0, 3, 1, 2).float()
    around = 2 * draws - 1
    turn, scale = math.radians(most.turn) * around[:, 1], torch.exp(most.scale * around[:, 2])
    sign = torch.where(draws[:, 0] < 0.5, -1.0, 1.0)
    cos, sin = scale * torch.cos(turn), scale * torch.sin(turn)
    matrix = torch.stack(
        (
            torch.stack((cos * sign, -sin, most.shift * around[:, 3]), dim=1),
            torch.stack((sin * sign, cos, most.shift * around[:, 4]), dim=1),
        ),
        dim=1,
    )
    # In bf16 the grid would be off by up to half a pixel, which tears the picture.
    with torch.autocast(crops.device.type, enabled=False):
        grid = functional.affine_grid(matrix, list(pixels.shape), align_corners=False)
        moved = functional.grid_sample(pixels, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    light = torch.exp(most.light * around[:, 5])[:, None, None, None]
    contrast = torch.exp(most.contrast * around[:, 6])[:, None, None, None]
    red = most.warmth * around[:, 7]
    warmth = torch.stack((red, torch.zeros_like(red), -red), dim=1)
    relit = ((moved * light - 128) * contrast + 128) * torch.exp(warmth)[:, :, None, None]
    return relit.clamp(0, 255).permute(0, 2, 3, 1)
