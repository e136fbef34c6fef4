"""What a mouth does that is no smile: a second opinion, from the landmarks, on a rise of the score.

The scorer sees a mouth that is pressed, or pulled to one side, as half a smile, and teeth bared in anger as one.
MediaPipe's blendshapes tell them apart, beside what the same mouth does at rest. They only ever say no: a smile may be
too small for them.

Measured on people who were asked to smile (the 68 of ``pairs``), on 377 smiling faces of ``smile`` drawn at random,
and on labelled grimaces of training clips.
"""

from __future__ import annotations

from dataclasses import replace

from livecam.faces import mesh
from livecam.faces.grimace import is_grimace
from livecam.shutter.baseline import ScoreBaseline
from livecam.shutter.settings import BaselineSettings, SmileCheckSettings
from livecam.types import Face

_DEFAULTS, _BASELINE_DEFAULTS = SmileCheckSettings(), BaselineSettings()


class SmileCheck:
    """What the mouth of one person usually does, and whether it smiles now.

    Until that is known it says no only to a mouth that is pulled to one side, or bares its teeth: -1 and 0 are the
    least that the two measures can be.
    """

    def __init__(
        self, settings: SmileCheckSettings = _DEFAULTS, baseline: BaselineSettings = _BASELINE_DEFAULTS
    ) -> None:
        """Know nothing yet. baseline: how the two measures are remembered; its ``unknown`` is not used."""
        self._settings = settings
        self._smiling = ScoreBaseline(replace(baseline, unknown=-1.0))
        self._sides = ScoreBaseline(replace(baseline, unknown=0.0))

    def add(self, t_ms: float, face: Face, *, risen: bool) -> None:
        """Take in a frame; times must not go back.  risen: whether the score has, as it does in a smile."""
        self._smiling.add(t_ms, mesh.smile_less_press(face.blendshapes))
        if risen:
            self._sides.add(t_ms, mesh.mouth_asymmetry_max(face.blendshapes))

    def is_no_smile(self, face: Face) -> bool:
        """Whether this is no smile, whatever the score says.

        Pressed: the mouth smiles less than at rest, pressing counted against it. Of the 57 of `pairs` whose smile is
        seen by the scorer this is true of one. One-sided: unless this person never smiles otherwise.
        """
        if is_grimace(face.blendshapes):
            return True
        pressed = mesh.smile_less_press(face.blendshapes) < self._smiling.resting
        return pressed or mesh.mouth_asymmetry_max(face.blendshapes) > self._settings.one_sided + self._sides.low
