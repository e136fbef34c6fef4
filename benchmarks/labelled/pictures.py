"""What livecam finds in the labelled pictures of the research data.

Every labelled picture is analysed as ``livecam best`` analyses the photos of a burst: by itself, with livecam's code.
Finding and scoring take about a minute; the results are kept in a folder for as long as nothing that they depend on
changes, so that ranking can be tuned without that minute.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.labelled.labels import Spot, labelled_spots
from livecam import model_files
from livecam.best.records.frame import FrameRecord, record_of
from livecam.best.scan.fingerprint import fingerprint
from livecam.errors import SourceError
from livecam.faces.crop import crop_face
from livecam.photos.read import read as read_photo
from livecam.pipeline import Analyser
from livecam.sources.health import Health
from livecam.sources.source import Pace, open_source
from livecam.storage.durable import replace_file
from livecam.types import Frame, Moment


@dataclass(frozen=True, slots=True)
class AnalysedPicture:
    """What livecam keeps of one picture, and the variance of the Laplacian on its face crop (0: no face)."""

    record: FrameRecord
    laplacian: float


def analyse(
    spots: Iterable[Spot], data: Path, model: Path | None, work: Path | None = None
) -> dict[Spot, AnalysedPicture]:
    """Return what model (None: the shipped one) makes of each of spots, below data.

    work: the folder in which it is kept, a temporary one if None. Raises SourceError or ModelError.
    """
    wanted = set(spots)
    frames: dict[str, set[int]] = {spot.file: set() for spot in wanted}
    # All that is labelled of a file at once, whoever asks for a part of it first.
    for spot in wanted | labelled_spots():
        if spot.file in frames:
            frames[spot.file].add(spot.frame)
    missing = min((file for file in frames if not (data / file).is_file()), default=None)
    if missing:
        raise SourceError(f"the research data in {data} lacks {missing}: say with --data where they are")
    folder = work_folder(work, model, __name__)
    kept = {file: folder / _kept_name(file, at) for file, at in frames.items()}
    _analyse_files(
        {file: at for file, at in frames.items() if not is_fresh(kept[file], data / file)}, data, model, kept
    )
    return {
        Spot(file, int(n)): AnalysedPicture(FrameRecord.from_dict(one["record"]), one["laplacian"])
        for file in frames
        for n, one in json.loads(kept[file].read_text()).items()
    }


def _kept_name(file: str, frames: set[int]) -> str:
    return f"{_digest(file.encode(), repr(sorted(frames)).encode())}.json"


def _analyse_files(frames: Mapping[str, set[int]], data: Path, model: Path | None, kept: Mapping[str, Path]) -> None:
    """Analyse frames, by the files below data that hold them, and keep what was found of each file."""
    if not frames:
        return
    with Analyser.load(model=model, stills=True) as analyser:
        for file in track(sorted(frames), "analysing labelled pictures", console=Console(stderr=True), transient=True):
            found = {str(n): _analyse(analyser, frame) for n, frame in _pictures(data / file, frames[file])}
            replace_file(kept[file], json.dumps(found).encode())


def work_folder(work: Path | None, model: Path | None, keeper: str) -> Path:
    """Make and return the folder below work for what model makes of pictures with the code as it is now.

    keeper: the module of benchmarks that writes the folder's files. work: a temporary folder if None.
    """
    code = fingerprint("livecam.pipeline", "livecam.best.records.frame", keeper)
    root = work or Path(tempfile.gettempdir()) / "livecam-benchmarks"
    folder = root / _digest(model_files.scorer_model(model).read_bytes(), code)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def is_fresh(kept: Path, source: Path) -> bool:
    """Return whether kept was made from source as it is now."""
    return kept.is_file() and kept.stat().st_mtime > source.stat().st_mtime


def clip_frames(path: Path) -> Iterator[Frame]:
    """Yield every frame of a clip as ``livecam run --pace fast`` reads it. Raises SourceError."""
    with open_source(str(path), Pace.FAST) as source:
        while True:
            frame = source.read()
            if frame is not None:
                yield frame
            elif source.health is Health.ENDED:
                return


def _pictures(path: Path, wanted: set[int]) -> Iterator[tuple[int, Frame]]:
    if wanted == {-1}:
        yield -1, Frame(read_photo(path).image, 0.0, 0, 0.0)
        return
    last = -1
    for frame in clip_frames(path):
        last = frame.index
        if last in wanted:
            yield last, frame
        if last >= max(wanted):
            return
    raise SourceError(f"{path} ends after frame {last}, but frame {max(wanted)} is labelled: fetch the data again")


def _analyse(analyser: Analyser, frame: Frame) -> dict[str, object]:
    moment = analyser.analyse(frame)
    return {"record": record_of(moment).as_dict(), "laplacian": _laplacian(moment)}


def _laplacian(moment: Moment) -> float:
    if not moment.faces:
        return 0.0
    crop = crop_face(moment.frame.image, moment.faces[0].face).image
    return float(np.var(cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.CV_64F)))


def _digest(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]
