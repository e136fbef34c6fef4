"""What readers said of the bursts of ``benchmarks/labels`` that may be trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from model.shipped.items import CLIP_SOURCES, split_of
from model.shipped.tables import LABELS, read_labels

Picture = tuple[str, str, str]  # source, file and frame


def is_trained_on(burst: Mapping[str, str]) -> bool:
    """Return whether the scorer learns from a burst, a row of bursts.csv.

    Of the development bursts it learns from seven persons or clips in ten; by the others one sees what it has learned.
    """
    return burst["set"] == "dev" and split_of(f"burst {burst['person'] or burst['file']}") == "train"


def frames_of_bursts(clip: Path, labels: Path = LABELS) -> frozenset[int]:
    """Return the frames of a clip that readers saw in a development burst. Raises SourceError."""
    return frozenset(
        int(frame)
        for row in _bursts(labels)
        if row["set"] == "dev" and (row["source"], row["file"]) == (clip.parent.name, clip.name)
        for frame in row["frames"].split()
    )


def chosen_by_readers(labels: Path = LABELS) -> dict[Picture, float]:
    """Return how far, on average, readers chose (1) or refused (-1) the pictures of the bursts that are trained on.

    labels: the folder of bursts.csv and burst_readers.csv. Raises SourceError.
    """
    trained_on = {row["burst"]: row for row in _bursts(labels) if is_trained_on(row)}
    votes: dict[Picture, list[int]] = {}
    for read in read_labels("burst_readers.csv", ("burst", "choose", "never"), labels):
        burst = trained_on.get(read["burst"])
        if burst is None:
            continue
        for name in burst["frames"].split():
            still = burst["source"] not in CLIP_SOURCES
            key = (burst["source"], name if still else burst["file"], "0" if still else name)
            votes.setdefault(key, []).append((name in read["choose"].split()) - (name in read["never"].split()))
    return {key: sum(own) / len(own) for key, own in votes.items()}


def _bursts(labels: Path) -> list[dict[str, str]]:
    return read_labels("bursts.csv", ("burst", "set", "source", "file", "person", "frames"), labels)
