"""Teeth bared under drawn brows: anger, disgust, pain. The scorer may take such teeth for a smile's."""

from __future__ import annotations

from dataclasses import dataclass

from livecam.faces.mesh import Blendshapes, blendshape


@dataclass(frozen=True, slots=True)
class GrimaceSettings:
    """Limits of blendshapes, 0..1, that all must be passed; means of both sides.

    Set by hand on four bursts of one acting man (``c4`` of the test bursts of ``benchmarks/labels``), of whose frames
    they find all five that readers refuse. Of the 10,437 faces of GENKI-4K, HELEN, MEBeauty, ``people`` and London five
    pass them with a score above 3.3, none of which is labelled a smile.
    """

    lip_up: float = 0.2
    brow_down: float = 0.5
    smile: float = 0.35


_SETTINGS = GrimaceSettings()


def is_grimace(blendshapes: Blendshapes) -> bool:
    """Whether a face bares its teeth and does not smile. blendshapes: (52,), 0..1."""
    return (
        blendshape(blendshapes, "mouthUpperUp") > _SETTINGS.lip_up
        and blendshape(blendshapes, "browDown") > _SETTINGS.brow_down
        and blendshape(blendshapes, "mouthSmile") < _SETTINGS.smile
    )
