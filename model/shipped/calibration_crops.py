"""Writes the crops on which the int8 scorer is calibrated: training faces, half as they are, half degraded.

    python -m model.shipped.calibration_crops DATA OUT

DATA is what model/shipped/collect.py has collected; OUT goes to ``python -m export onnx --calibration OUT``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from model.shipped.augment import View, augment
from model.shipped.views import Collected, condition_of

_COUNT = 396  # a third is held out for the comparison with PyTorch


def main() -> None:
    """Write the crops as PNG."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = Collected.read(options.data)
    rng = np.random.default_rng(0)
    for number, index in enumerate(rng.choice(data.where("train"), _COUNT, replace=False).tolist()):
        condition, known = condition_of(data, index)
        view = View(np.ascontiguousarray(data.crops[index]), data.landmarks[index], condition, known)
        if number % 2:
            view = augment(view, float(data.rows[index]["face_px"]), rng)
        cv2.imwrite(str(options.out / f"{number:03d}.png"), cv2.cvtColor(view.image, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
