"""What is known of a face as it was found: whom to believe about its eyes, its smile and the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livecam.faces import mesh
from livecam.faces.grimace import is_grimace
from model.shipped import rubric
from model.shipped.collected import Collected
from model.shipped.items import CLIP_SOURCES

BLINK = list(mesh.blendshape_places("eyeBlink"))


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """How far each of those who label an eye is believed. All was set by hand.

    Of the teacher's closedness (MediaPipe's eyeBlink, 0..1): open_below, and more of it where a label says open
    (labelled_open_below) or the face is a still's (still_open_below); closed_above, in clips only; between unsure, the
    ends of a straight line from open to closed.
    Of the network's own, 0..1: own_open_below and own_closed_above are sure; own_denies_below: a clip's closed eye is
    not believed.  smile_at_least, no_smile_at_most: what a person's word makes of the teacher's measure.  talking: how
    far from rest a mouth is that a person sees to be talking, as rubric.grimace_of.
    """

    open_below: float = 0.33
    labelled_open_below: float = 0.55
    still_open_below: float = 0.4
    closed_above: float = 0.62
    unsure: tuple[float, float] = (0.3, 0.65)
    own_open_below: float = 0.1
    own_closed_above: float = 0.9
    own_denies_below: float = 0.3
    smile_at_least: float = 0.75
    no_smile_at_most: float = 0.2
    talking: float = 0.6


SHIPPED = LabelSettings()


def eye_label(source: str, label: str, blink: float, own: float | None = None) -> tuple[float, bool]:
    """Return an eye's closedness, 0..1, and whether it is sure enough to be taught.

    label: of items.csv, "" for none.  blink: the teacher's.  own: by the network as it was trained so far, if it was;
    it decides what the teacher leaves open. People's labels come first, then those of clips by time unless the network
    sees the opposite. The teacher is believed where it is clear, and never when it calls an eye closed in a photo:
    there it is mostly a laughing squint.
    """
    clip = source in CLIP_SOURCES
    if label == "?":
        return 0.5, False
    if label == "1":
        return 1.0, not clip or own is None or own > SHIPPED.own_denies_below
    if label == "0" and blink < SHIPPED.labelled_open_below:
        return 0.0, True
    if blink < SHIPPED.open_below or (not clip and blink < SHIPPED.still_open_below):
        return 0.0, True
    if clip and blink > SHIPPED.closed_above:
        return 1.0, True
    if own is None:
        return float(np.interp(blink, SHIPPED.unsure, (0.0, 1.0))), False
    return own, own < SHIPPED.own_open_below or own > SHIPPED.own_closed_above


def condition_of(data: Collected, index: int) -> tuple[rubric.Condition, tuple[bool, bool]]:
    """Return what is known of a face as it was found, and which eyes are known: the left and the right one."""
    row, blendshapes = data.rows[index], data.blendshapes[index]
    own = (None, None) if data.closed is None else data.closed[index].tolist()
    labels = (row["eyes"].split() or [""]) * 2  # one label for both eyes, or one for each
    (left, left_known), (right, right_known) = (
        eye_label(row["source"], labels[eye], float(blendshapes[BLINK[eye]]), own[eye]) for eye in (0, -1)
    )
    smile, grimace = rubric.smile_of(blendshapes), rubric.grimace_of(blendshapes)
    if row["mouth"] == "grimace" or (not row["smile"] and is_grimace(blendshapes)):
        smile, grimace = 0.0, 1.0
    elif row["mouth"] == "talk":
        smile, grimace = min(smile, SHIPPED.no_smile_at_most), max(grimace, SHIPPED.talking)
    elif row["smile"] == "1":
        smile = max(smile, SHIPPED.smile_at_least)
    elif row["smile"]:
        smile = min(smile, SHIPPED.no_smile_at_most)
    yaw, pitch, _ = data.pose[index]
    condition = rubric.Condition(
        eyes_closed=(left, right),
        smile=smile,
        grimace=grimace,
        yaw=float(yaw),
        pitch=float(pitch),
        gaze=rubric.gaze_of(blendshapes),
        lids=float(blendshapes[BLINK].max()) if max(left, right) < SHIPPED.own_open_below else 0.0,
        one_sided=mesh.mouth_asymmetry_max(blendshapes),
    )
    return condition, (left_known, right_known)
