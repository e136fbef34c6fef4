"""The pictures of a rating session: each face cut out, and the whole picture, as JPEGs, read ahead in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from livecam.best.outputs.page import jpeg
from livecam.best.outputs.pictures import Pictures
from livecam.best.people.face_cuts import CutSettings, cut_face
from livecam.closing import Closing
from livecam.errors import SourceError
from livecam.rating.questions import FaceKey, Question, Shown

_SIDE = 1500  # pixels of the shorter side at which pictures are read, as to be scored. Set by hand
_CUT = CutSettings(height=640, margin=1.9, within=True)
_WHOLE = 1000  # pixels of the longer side
_AHEAD = 3  # questions whose pictures are read before they are asked


@dataclass(frozen=True, slots=True)
class Cut:
    """Two JPEGs of one face. face: cut out, square.  whole: the picture that it is in."""

    face: bytes
    whole: bytes


class Cuts(Closing):
    """Reads each photo once, and each clip once for all its frames, in one thread; any thread may ask."""

    def __init__(self, questions: Sequence[Question]) -> None:
        """questions: all whose pictures will be asked for."""
        self._shown = {shown.key: shown for question in questions for shown in question.faces}
        self._made: dict[Path | None, Future[dict[FaceKey, Cut | SourceError]]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="livecam rate")

    def of(self, shown: Shown) -> Cut:
        """Return the pictures of a face. Raises SourceError if it cannot be read any more."""
        cut = self._begun(shown.record.path).result()[shown.key]
        if isinstance(cut, SourceError):
            raise cut
        return cut

    def prefetch(self, questions: Sequence[Question]) -> None:
        """Begin to read what is asked for soon."""
        for question in questions[:_AHEAD]:
            for shown in question.faces:
                self._begun(shown.record.path)

    def close(self) -> None:
        """Stop reading."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _begun(self, path: Path | None) -> Future[dict[FaceKey, Cut | SourceError]]:
        if path not in self._made:
            self._made[path] = self._thread.submit(self._make, path)
        return self._made[path]

    def _make(self, path: Path | None) -> dict[FaceKey, Cut | SourceError]:
        made: dict[FaceKey, Cut | SourceError] = {}
        here = {key: shown for key, shown in self._shown.items() if shown.record.path == path}
        # Of this one alone: after a clip that cannot be read, frames of the one before would pass for its own.
        pictures = Pictures([shown.record for shown in here.values()], min_side_px=_SIDE)
        for key, shown in here.items():
            try:
                picture = pictures(shown.record)
            except SourceError as error:
                made[key] = error
                continue
            cut = cut_face(picture, shown.record, shown.face, _CUT)
            made[key] = Cut(jpeg(cut, _CUT.height), jpeg(picture, _WHOLE))
        return made
