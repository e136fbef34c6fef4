"""The rule that one writes in a few lines with MediaPipe's blendshapes: a smile is good, a closed eye is bad.

livecam is compared with it wherever pictures are ranked or taken.
"""

from __future__ import annotations

from livecam.faces.mesh import Blendshapes, blendshape, lids_down

NAME = "smile − 2 × eye"


def smile_minus_eyes(values: Blendshapes) -> float:
    """Return the mean of both sides' mouthSmile less twice the lower lid's eyeBlink, -2..1, of the 52 blendshapes."""
    return blendshape(values, "mouthSmile") - 2 * lids_down(values)
