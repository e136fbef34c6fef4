"""The data set that `python -m model prepare` wrote, checked once, when it is read."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import numpy.typing as npt

from livecam.errors import SourceError
from livecam.faces.crop import crop_matrix
from livecam.types import BLENDSHAPES, CROP_SIZE, EMBEDDING, LANDMARKS, RATINGS, Face, FloatArray, UInt8Array
from model.data.cells import EYES, parse_eyes, parse_rating

Int64Array = npt.NDArray[np.int64]
HalfArray = npt.NDArray[np.float16]

SCHEMA = "1"
COLUMNS = ("crop", "photo", "rating", "eyes", "person", "session", "group", "face_px", "sha256")
MIN_PHOTOS = 10  # set by hand
EMBEDDINGS_FILE = "embeddings.npy"


class Target(StrEnum):
    """What a head learns to predict."""

    RATING = "rating"
    EYES = "eyes"


def classes_of(target: Target) -> tuple[str, ...]:
    """Return the names of the classes, in order."""
    return EYES if target is Target.EYES else tuple(map(str, RATINGS))


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """N faces with what is known of them.

    names: each crop's file, relative to folder.  photos: as in the ratings file.  ratings: (N,), 1..5, 0 unknown.
    eyes: (N,), 0 open, 1 closed, -1 unknown.  persons, sessions: "" unknown.  groups: (N,), the same for
    near-duplicates.  points: (N, 478, 2), crop pixels.  blendshapes: (N, 52), 0..1.  pose: (N, 3), yaw, pitch and
    roll in degrees.  digests: SHA-256 of each crop's file.
    embeddings: (N, 512), mapped from a file, where the faces are from an archive: then there are no crops, no points
    (N, 0, 2), and digests are of what the archive says.  network: whose embeddings they are, see livecam.taste.network.
    """

    folder: Path
    names: tuple[str, ...]
    photos: tuple[str, ...]
    ratings: Int64Array
    eyes: Int64Array
    persons: tuple[str, ...]
    sessions: tuple[str, ...]
    groups: Int64Array
    points: FloatArray
    blendshapes: FloatArray
    pose: FloatArray
    digests: tuple[str, ...]
    embeddings: HalfArray | None = None
    network: str = ""

    def __len__(self) -> int:
        return len(self.names)

    def crops(self, indices: Sequence[int] | Int64Array) -> UInt8Array:
        """Read crops, uint8 (n, 224, 224, 3) RGB. Raises SourceError when one is not what prepare wrote."""
        if self.embeddings is not None:
            raise SourceError(
                f"{self.folder} was prepared from an archive, which holds no pictures: prepare the photos themselves"
            )
        crops = np.empty((len(indices), CROP_SIZE, CROP_SIZE, 3), np.uint8)
        for place, index in enumerate(indices):
            crops[place] = _read_crop(self.folder / self.names[index], self.digests[index])
        return crops

    def classes(self, target: Target) -> Int64Array:
        """Return the class of each face, int64 (N,), 0..K-1; -1 where it is unknown."""
        return self.ratings - 1 if target is Target.RATING else self.eyes

    def take(self, indices: Sequence[int] | Int64Array) -> Dataset:
        """Return these faces alone."""
        at = np.asarray(indices, np.int64)
        return replace(
            self,
            names=tuple(self.names[i] for i in at),
            photos=tuple(self.photos[i] for i in at),
            ratings=self.ratings[at],
            eyes=self.eyes[at],
            persons=tuple(self.persons[i] for i in at),
            sessions=tuple(self.sessions[i] for i in at),
            groups=self.groups[at],
            points=self.points[at],
            blendshapes=self.blendshapes[at],
            pose=self.pose[at],
            digests=tuple(self.digests[i] for i in at),
            embeddings=None if self.embeddings is None else self.embeddings[at],
        )

    def rated(self, ratings: Int64Array) -> Dataset:
        """Return the same faces with other ratings, (N,), 1..5 or 0 for unknown."""
        if ratings.shape != self.ratings.shape or ratings.min() < 0 or ratings.max() > RATINGS[-1]:
            raise ValueError(f"ratings must be {len(self)} whole numbers from 0 to 5")
        return replace(self, ratings=ratings.astype(np.int64))

    @property
    def crops_fingerprint(self) -> str:
        """A hash of the faces, without their labels."""
        digest = hashlib.sha256("\n".join(self.digests).encode())
        for array in (self.points, self.blendshapes, self.pose):
            digest.update(array.tobytes())
        return digest.hexdigest()

    @property
    def fingerprint(self) -> str:
        """A hash of the faces and all their labels."""
        digest = hashlib.sha256(self.crops_fingerprint.encode())
        for numbers in (self.ratings, self.eyes, self.groups):
            digest.update(numbers.tobytes())
        digest.update(json.dumps([self.persons, self.sessions]).encode())
        return digest.hexdigest()


def load_dataset(folder: Path) -> Dataset:
    """Read a prepared data set. Raises SourceError, one line, when it is not whole."""
    try:
        about = json.loads((folder / "dataset.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise SourceError(f"{folder} is no prepared data set: make one with python -m model prepare") from None
    if not isinstance(about, dict) or about.get("schema") != SCHEMA:
        raise SourceError(f"{folder} was prepared by another version: prepare the photos again")
    if about.get("crop_version") != crop_version():
        raise SourceError(f"{folder} holds crops as another version made them: prepare the photos again")
    rows = _read_rows(folder / "faces.csv")
    if len(rows) < MIN_PHOTOS:
        raise SourceError(f"{folder} holds {len(rows)} photos, and training needs at least {MIN_PHOTOS}: rate more")
    archived = about.get("embeddings") is not None
    points, blendshapes, pose = _read_landmarks(folder / "landmarks.npz", len(rows), 0 if archived else LANDMARKS)
    return Dataset(
        folder=folder,
        names=tuple(row["crop"] for row in rows),
        photos=tuple(row["photo"] for row in rows),
        ratings=np.array([parse_rating(row["rating"]) for row in rows], np.int64),
        eyes=np.array([parse_eyes(row["eyes"]) for row in rows], np.int64),
        persons=tuple(row["person"] for row in rows),
        sessions=tuple(row["session"] for row in rows),
        groups=np.array([int(row["group"]) for row in rows], np.int64),
        points=points,
        blendshapes=blendshapes,
        pose=pose,
        digests=tuple(row["sha256"] for row in rows),
        embeddings=_map_embeddings(folder / EMBEDDINGS_FILE, len(rows)) if archived else None,
        network=str(about.get("embeddings") or ""),
    )


def crop_version() -> str:
    """Return a mark of how livecam.faces.crop cuts faces out, made of what it does with a made-up one."""
    angle = np.linspace(0, 40, LANDMARKS, dtype=np.float32)  # a spiral
    landmarks = np.stack((300 + 2 * angle * np.cos(angle), 200 + 2.5 * angle * np.sin(angle), 0 * angle), axis=1)
    face = Face(landmarks.astype(np.float32), np.zeros(BLENDSHAPES, np.float32), np.eye(4, dtype=np.float32))
    numbers = " ".join(f"{value:.2f}" for value in crop_matrix(face).ravel())
    return hashlib.sha256(numbers.encode()).hexdigest()[:8]


def leaves_folder(name: str) -> bool:
    """Tell whether a path in a file points out of that file's folder, in Linux's or Windows' spelling."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0] if path.parts else True


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise SourceError(f"{path} lacks the column {missing[0]}: prepare the photos again")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read ({error}): prepare the photos again") from None
    for line, row in enumerate(rows, start=2):
        try:
            parse_rating(row["rating"])
            parse_eyes(row["eyes"])
            int(row["group"])
        except ValueError as error:
            raise SourceError(f"{path} line {line}: {error}: correct it or prepare the photos again") from None
        if leaves_folder(row["crop"]):
            raise SourceError(f"{path} line {line}: {row['crop']} leads out of the folder: prepare the photos again")
    return rows


def _map_embeddings(path: Path, count: int) -> HalfArray:
    """Map the file of a data set from an archive: of millions of faces it need not fit in memory."""
    try:
        # Copy on write: PyTorch takes only what could be written to, and the file stays as it is.
        mapped = np.load(path, mmap_mode="c", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise SourceError(f"{path} cannot be read: prepare the archive again") from None
    if mapped.shape != (count, EMBEDDING) or mapped.dtype != np.float16:
        raise SourceError(f"{path} does not fit faces.csv: prepare the archive again")
    return np.asarray(mapped)


def _read_landmarks(path: Path, count: int, points: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    shapes = {"points": (count, points, 2), "blendshapes": (count, BLENDSHAPES), "pose": (count, 3)}
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in shapes}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise SourceError(f"{path} cannot be read: prepare the photos again") from None
    for name, shape in shapes.items():
        if arrays[name].shape != shape or arrays[name].dtype != np.float32:
            raise SourceError(f"{path} does not fit faces.csv ({name}): prepare the photos again")
    return arrays["points"], arrays["blendshapes"], arrays["pose"]


def _read_crop(path: Path, digest: str) -> UInt8Array:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}): prepare the photos again") from None
    if hashlib.sha256(data).hexdigest() != digest:
        raise SourceError(f"{path} is not the crop that prepare wrote: prepare the photos again")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None or image.shape != (CROP_SIZE, CROP_SIZE, 3):
        raise SourceError(f"{path} is no face crop: prepare the photos again")
    return np.asarray(image, np.uint8)
