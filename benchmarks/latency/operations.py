"""How much is computed for a frame, which is the same on every processor, whatever else the machine does."""

from __future__ import annotations

import zipfile
from pathlib import Path

from benchmarks.common.operations import count_operations
from benchmarks.common.tflite_operations import count_tflite_multiplications
from livecam import model_files

LANDMARKS, BLENDSHAPES, DETECTOR = "landmarks", "blendshapes", "detector"
SCORER, BASELINE_SCORER = "scorer", "PyTorch scorer"
_PARTS = {
    LANDMARKS: "face_landmarks_detector.tflite",
    BLENDSHAPES: "face_blendshapes.tflite",
    DETECTOR: "face_detector.tflite",
}


def multiplications(model: Path | None, baseline: Path) -> dict[str, int]:
    """Return how often each model multiplies in one call, with one face.

    model: the scorer, None for the shipped one.  baseline: the network in fp32, as ONNX. Landmarks and blendshapes are
    looked for in every frame, by livecam and by the baseline; the detector runs only where a face was lost. Raises
    ModelError.
    """
    with zipfile.ZipFile(model_files.face_landmarker()) as parts:
        counted = {name: count_tflite_multiplications(parts.read(part)) for name, part in _PARTS.items()}
    scorers = {SCORER: model_files.scorer_model(model), BASELINE_SCORER: baseline}
    return counted | {name: count_operations(path).multiplications for name, path in scorers.items()}


def a_frame(counted: dict[str, int], scorer: str = SCORER) -> int:
    """Return the multiplications of a frame with one face that is followed."""
    return counted[LANDMARKS] + counted[BLENDSHAPES] + counted[scorer]
