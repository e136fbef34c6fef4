"""How sharp a grey picture is, whatever it shows: the measure behind the checks and the choice within a burst.

A sharp edge has a steeper slope when seen finely; on a blurred one the two scales agree and the ratio nears 1 (the
re-blurring idea of Zhuo and Sim, Pattern Recognition 44, 2011). Contrast cancels out. Energies are 2x2 structure
tensors and the least direction is their smallest generalised eigenvalue, so a motion blur shows though it leaves the
edges along it sharp.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from livecam.types import UInt8Array

# What the measure is; the limits of ``livecam.scoring.checks`` and the weights of ``livecam.best`` were found with it.
# Set by hand.
_FINE_PX, _COARSE_PX = 0.6, 1.2  # standard deviations of the two scales
_NOISE_FLOOR = 0.5  # squared grey levels a pixel: where nothing but noise is left, both scales agree
_MIDDLE = (0.2, 0.8)


def edge_ratio(grey: UInt8Array, *, rows: tuple[float, float] = _MIDDLE) -> float:
    """Return gradient energy at a fine scale over that at a coarse one, in the direction where it is least, about ≥ 1.

    grey: uint8 (H, W), at least 8 by 8.  rows: from which share to which of its height is measured; the rim is
    left out.
    """
    height, width = grey.shape
    part = (
        slice(int(rows[0] * height), int(rows[1] * height)),
        slice(int(_MIDDLE[0] * width), int(_MIDDLE[1] * width)),
    )
    picture = grey.astype(np.float32)
    fine, coarse = _energy(picture, _FINE_PX, part), _energy(picture, _COARSE_PX, part)
    return float(np.linalg.eigvals(np.linalg.solve(coarse, fine)).real.min())


def _energy(picture: npt.NDArray[np.float32], sigma: float, part: tuple[slice, slice]) -> npt.NDArray[np.float64]:
    """Return the covariance of the gradient in part, float64 (2, 2), after smoothing by sigma px."""
    smooth = cv2.GaussianBlur(picture, (0, 0), sigma)
    slopes = np.stack([cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx, ksize=1)[part].ravel() for dx in (1, 0)])
    slopes -= slopes.mean(axis=1, keepdims=True)
    # As np.cov, which would take three times as long in double precision.
    return np.asarray(slopes @ slopes.T / slopes.shape[1], np.float64) + _NOISE_FLOOR * np.eye(2)
