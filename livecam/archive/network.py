"""Which network an archive's embeddings and scores are of, and whose taste fits to it."""

from __future__ import annotations

from pathlib import Path

from livecam import model_files
from livecam.archive.folder import Archive
from livecam.archive.manifest import scorer_hash
from livecam.errors import ModelError
from livecam.photos.discover import printable
from livecam.taste.choosing import OFF, ChosenTaste, choose_taste_for
from livecam.taste.network import network_of_file


def scorer_of(archive: Archive, model: Path | None = None) -> Path | None:
    """Return the scorer's file that made an archive: model, or one that ships; None if it is none of these.

    Raises ModelError if there is no such file.
    """
    files = [model_files.scorer_model(model)]
    if model is None:
        files.append(model_files.scorer_model(precision="fp16"))
    return next((file for file in files if scorer_hash(file) == archive.manifest.scorer), None)


def network_of_archive(archive: Archive, model: Path | None = None) -> str:
    """Return the name of the network of an archive's embeddings, see ``taste.network``. Raises ModelError."""
    file = scorer_of(archive, model)
    if file is None:
        raise ModelError(f"{_said(archive)}, which is not here: name its file with --model")
    return network_of_file(file)


def taste_for(archive: Archive, wanted: str | None, model: Path | None = None) -> ChosenTaste:
    """Return the taste to rank an archive by, see ``choose_taste``. Raises ModelError for one that does not fit."""
    if wanted == OFF:
        return ChosenTaste()
    file = scorer_of(archive, model)
    if file is not None:
        return choose_taste_for(wanted, file)
    if wanted is not None or model is not None:
        raise ModelError(f"{_said(archive)}: name its file with --model, or leave --taste")
    if choose_taste_for(None, model_files.scorer_model()).head is None:
        return ChosenTaste()
    return ChosenTaste(notes=(f"your taste is left aside: {_said(archive)}",))


def _said(archive: Archive) -> str:
    return f"{printable(archive.folder)} was made by another scorer (SHA-256 {archive.manifest.scorer[:12]}…)"
