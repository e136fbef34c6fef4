"""Reads what programs say of all photos in a folder in one file there.

Picasa's .picasa.ini: star=yes is a pick. Apple's export of iCloud Photos, Photo Details.csv, Photo Details-1.csv …:
favorite is a pick, deleted is rejected. What is in neither form says nothing, for livecam writes to none of these
files. Sources: docs/marks.md.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from livecam.photos.folder_names import FolderNames
from livecam.storage.settings_values import SettingsValues

_PICASA = (".picasa.ini", "Picasa.ini")
_ICLOUD = re.compile(r"Photo Details(-\d+)?\.csv", re.IGNORECASE)
_PICKED, _REJECTED = SettingsValues(picked=True), SettingsValues(-1)


def folder_marks(folder: Path, names: FolderNames) -> Mapping[str, tuple[Path, SettingsValues]]:
    """Return what is said of photos in folder, by name, and the file that says so. Raises OSError."""
    inis = dict.fromkeys(name for ini in _PICASA for name in names.spelled(folder / ini))
    tables = sorted(filter(_ICLOUD.fullmatch, names.files(folder)))
    said = [(folder / name, _of_picasa((folder / name).read_bytes())) for name in inis]
    said += [(folder / name, _of_icloud((folder / name).read_bytes())) for name in tables]
    marks: dict[str, tuple[Path, SettingsValues]] = {}
    for path, found in said:
        for photo, values in found:
            if photo not in marks or values == _REJECTED:
                marks[photo] = path, values
    return marks


def _of_picasa(data: bytes) -> Iterator[tuple[str, SettingsValues]]:
    photo = ""
    for line in data.splitlines():
        if line.startswith(b"[") and line.endswith(b"]"):
            photo = os.fsdecode(line[1:-1])
        elif line.strip() == b"star=yes":
            yield photo, _PICKED


def _of_icloud(data: bytes) -> Iterator[tuple[str, SettingsValues]]:
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "surrogateescape"), newline=""))
    try:
        for row in rows:
            if row.get("deleted") == "yes":
                yield row.get("imgName") or "", _REJECTED
            elif row.get("favorite") == "yes":
                yield row.get("imgName") or "", _PICKED
    except csv.Error:  # no table, or one that is broken from here on
        return
