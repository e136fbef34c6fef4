"""Which way up the people of a stream are: a camera may be mounted on its side or on its head.

MediaPipe follows a face that lies, though not as well, and does not see one that stands on its head, or sees it the
wrong way up. So the finder looks at the stream turned, once it is known how. While somebody is there nothing is
looked at for that; a face that comes where nobody was is looked at once, and so is, now and then, an empty picture.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from livecam.faces.detector import Detector
from livecam.faces.landmarker import Landmarker
from livecam.faces.mesh import eye_line
from livecam.faces.settings import FinderSettings
from livecam.faces.turned_search import TurnedSearch
from livecam.faces.turning import clockwise_degrees, turned_back, turned_frame
from livecam.types import Face, Frame


class StreamTurn:
    """Knows by how many quarters a stream is to be turned."""

    def __init__(self, model: bytes, part: Landmarker, settings: FinderSettings) -> None:
        """model: a face_landmarker.task.  part: the landmarker for the region around one face, borrowed."""
        self._model, self._part, self._settings = model, part, settings
        self._detector: Detector | None = None
        self._search: TurnedSearch | None = None
        self._supposed: int | None = None  # seen once; what is seen twice is believed
        self._seen_ms: float | None = None  # when somebody was seen, or the stream began
        self._looked_ms = -math.inf
        self.quarters = self._viewed = 0

    def view(self, frame: Frame) -> Frame:
        """Return the frame as it is to be looked at."""
        self._viewed = self.quarters
        return turned_frame(frame, self.quarters) if self.quarters else frame

    def comes_upright(self, view: Frame, face: Face) -> bool:
        """Return whether a face that came where nobody was may be followed in this view; else that has changed soon."""
        quarters = self._searcher().righted(view, face).quarters
        self._suppose((self.quarters + quarters) % 4)
        return not quarters

    def note(self, frame: Frame, *, somebody: bool) -> bool:
        """Take note of whether anybody was seen in frame's view; return whether that has changed: all are elsewhere."""
        settings = self._settings.turned
        if somebody or self._seen_ms is None or frame.t_ms < self._seen_ms:
            self._seen_ms, self._looked_ms = frame.t_ms, frame.t_ms
        elif frame.t_ms - max(self._looked_ms, self._seen_ms + settings.alone_ms) >= settings.look_ms:
            self._looked_ms = frame.t_ms
            self._suppose(self._searcher().quarters_of_picture(frame, ()))
        return self.quarters != self._viewed

    def told(self, view: Frame, face: Face) -> Face:
        """Return a face of the view in the frame's own pixels, with its turn as far as that is not upright."""
        line_x, line_y = (float(length) for length in eye_line(face.landmarks[:, :2]))
        tilt_deg = math.degrees(math.atan2(line_y, line_x))
        lies = round(tilt_deg / 90) % 4 if abs(tilt_deg) > self._settings.turned.most_tilt_deg else 0
        if not lies and not self.quarters:
            return face
        if lies:
            face = replace(face, transform=_quarter_turn(lies) @ face.transform)
        if self.quarters:
            face = turned_back(face, view.width, view.height, self.quarters)
        return replace(face, turned=clockwise_degrees(self.quarters + lies))

    def close(self) -> None:
        """Free MediaPipe's part."""
        if self._detector is not None:
            self._detector.close()

    def _suppose(self, quarters: int) -> None:
        if quarters == self._supposed:
            self.quarters = quarters
        self._supposed = quarters

    def _searcher(self) -> TurnedSearch:
        """Loaded when it is needed: most streams show somebody upright from their first frame to their last."""
        if self._search is None:
            self._detector = Detector(self._model, self._settings.stills.hint_confidence)
            self._search = TurnedSearch(self._detector, self._part, self._settings)
        return self._search


def _quarter_turn(quarters: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """What turns the picture anticlockwise by so many quarters does to a pose, (4, 4); y points up there."""
    cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarters]
    turn = np.eye(4, dtype=np.float32)
    turn[:2, :2] = (cos, -sin), (sin, cos)
    return turn
