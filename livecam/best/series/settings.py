"""What a group of pictures can be, and what makes a series of photos that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a group of pictures is."""

    BURST = "burst"
    SINGLE = "single"
    CLIP = "clip"
    BRACKET = "bracket"
    PANORAMA = "panorama"
    FOCUS = "focus"
    TIMELAPSE = "timelapse"

    @property
    def is_series(self) -> bool:
        """Whether the pictures were taken to be merged into one, or into a clip."""
        return self in {Kind.BRACKET, Kind.PANORAMA, Kind.FOCUS, Kind.TIMELAPSE}


@dataclass(frozen=True, slots=True)
class SeriesSettings:
    """What makes a bracket, a panorama, a focus stack or a time lapse.

    All set by hand: no labelled shoot has such series.
    """

    # The longest pause within each, seconds; to a bracket's come as many as the shutter was open.
    bracket_gap_s: float = 2.0
    panorama_gap_s: float = 5.0
    focus_gap_s: float = 3.0
    # Photos that make one; of a bracket that the camera says it took, two do.
    min_photos: int = 3
    # EV between any two exposures of a bracket by the camera's word, and by brightness: clouds and flashes vary too.
    min_exposure_step_ev: float = 0.3
    min_light_step_ev: float = 0.6
    # Likeness of detail, see ``alignment``: of a bracket's photos, of a panorama's where they overlap, of a stack's,
    # which are moved onto each other first: hands shake, and the picture grows as the focus comes closer.
    min_bracket_likeness: float = 0.5
    min_panorama_likeness: float = 0.8
    min_focus_likeness: float = 0.93
    min_shaken_likeness: float = 0.8  # moved by whole cells only
    # Bits of 64 in which the hashes of a bracket's photos may differ where the likeness says no: burnt out sky.
    max_bracket_bits: int = 22
    # Share of a picture that is black or white all over, from which on it says nothing of the view.
    burnt_out_share: float = 0.75
    # Share of width or height by which a panorama goes on, and by how much it is more alike than unmoved.
    min_step: float = 0.15
    min_gain: float = 0.1
    # Share of the picture that two photos of a panorama both show.
    min_overlap: float = 0.2
    # Of a stack: how often as strong as usual there the edges are in the photo that is in focus, in what share of
    # the places that have edges at all (levels of ``View.focus``), by how many grey levels a place may change, and
    # what share of width or height a hand may shake.
    focus_gain: float = 1.4
    min_focus_share: float = 0.05
    min_edges: int = 24
    max_focus_change: float = 4.0
    max_shake: float = 0.05
    # Of a time lapse: photos that make one, the pauses in it, seconds, by how much they may differ, as a share of the
    # usual one, where the camera notes whole seconds by one more, and the bits in which neighbours may differ.
    min_lapse_photos: int = 15
    min_lapse_pause_s: float = 1.0
    max_lapse_pause_s: float = 120.0
    max_lapse_jitter: float = 0.15
    max_lapse_bits: int = 16
