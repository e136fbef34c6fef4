"""Which faces a training sees how often, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.shipped import rubric
from model.shipped.collected import Collected
from model.shipped.items import CLIP_SOURCES
from model.shipped.labels import BLINK, LabelSettings

_TWISTED = 0.3  # rubric.grimace_of, from where on a mouth is not at rest
_MOMENT = 45  # frames; a burst's are about 40 from its first to its last
_CLEARLY_CLOSED = LabelSettings().closed_above


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How often a face is drawn, against an open-eyed still's 1. All was set by hand.

    closed: a face with a closed eye, of which there are few.  one_closed: a real wink, of which there are hardly any.
    open_in_clip: a clip's open eyes, of which there are many that are alike.  no_smile: a face of which somebody saw
    that its mouth does not smile though it is open, bared or twisted.  grimace: a face of which somebody saw that it is
    one.  chosen: a picture that readers of a burst chose or refused; in chosen_pairs, a share, of its pairs the other
    one is its neighbour of another word.
    """

    closed: float = 4.0
    one_closed: float = 10.0
    open_in_clip: float = 0.6
    no_smile: float = 3.0
    grimace: float = 12.0
    chosen: float = 2.0
    chosen_pairs: float = 0.5


SHIPPED = SamplingSettings()


def draw_pairs(
    data: Collected, indices: list[int], count: int, rng: np.random.Generator, settings: SamplingSettings = SHIPPED
) -> NDArray[np.int64]:
    """Draw count of indices, each second one of the same person or clip as the one before it.

    Where only one picture of somebody is known, it comes twice, to be seen in two different states.
    """
    others: dict[tuple[str, str], list[int]] = {}
    for index in indices:
        others.setdefault(_person(data.rows[index]), []).append(index)
    first = rng.choice(indices, count // 2, p=_weights(data, indices, settings))
    second = [rng.choice(others[_person(data.rows[index])]) for index in first]
    for place, index in enumerate(first):
        if data.preference(index) and rng.random() < settings.chosen_pairs:
            second[place] = _of_another_word(data, index, others[_person(data.rows[index])], rng)
    return np.stack([first, np.asarray(second, np.int64)], axis=1).ravel()


def _of_another_word(data: Collected, index: int, others: list[int], rng: np.random.Generator) -> int:
    """Return a picture of the same person and moment that readers liked more or less, or any other if none is."""
    frame, word = int(data.rows[index]["frame"]), data.preference(index)
    near = [
        other
        for other in others
        if abs(int(data.rows[other]["frame"]) - frame) <= _MOMENT
        and data.was_read(other)
        and data.preference(other) != word
    ]
    return int(rng.choice(near or others))


def _weights(data: Collected, indices: list[int], settings: SamplingSettings) -> NDArray[np.float64]:
    weights = []
    for index in indices:
        row = data.rows[index]
        clip = row["source"] in CLIP_SOURCES
        if "1" in row["eyes"] and "0" in row["eyes"]:
            weights.append(settings.one_closed)
        elif "1" in row["eyes"] or (clip and data.blendshapes[index][BLINK].max() > _CLEARLY_CLOSED):
            weights.append(settings.closed)
        else:
            weights.append(settings.open_in_clip if clip else 1.0)
            if row["mouth"] == "grimace":
                weights[-1] = settings.grimace
            elif row["smile"] == "0" and rubric.grimace_of(data.blendshapes[index]) > _TWISTED:
                weights[-1] = settings.no_smile
        if data.preference(index):
            weights[-1] *= settings.chosen
    return np.asarray(weights, np.float64) / float(np.sum(weights))


def _person(row: dict[str, str]) -> tuple[str, str]:
    return row["source"], row["person"] or row["file"]
