"""The page on which a person labels bursts: one file, which loads nothing and shows no model's word.

Of each frame it shows the faces, cut out, and the whole picture. What it saves is ``docs/burst-labels.md``'s format:
the measured values lie in the page, and the reader's words are put beside them there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.bursts.label_bursts import FoundBurst, label_frames
from benchmarks.bursts.label_format import MOST_WORDS, READER, burst_values
from livecam import __version__
from livecam.best.page import fill, jpeg, picture_size, policy, shown
from livecam.best.records import FrameRecord
from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replacing
from livecam.types import UInt8Array

_ASSETS = Path(__file__).parent / "label_assets"


@dataclass(frozen=True, slots=True)
class FaceSettings:
    """How faces are cut out of a frame. All set by hand.

    height: of the cut, pixels.  margin: side of the square over the face's.  most: faces, the largest.
    smallest: of the largest face, for a face to be shown.
    """

    height: int = 360
    margin: float = 1.7
    most: int = 4
    smallest: float = 0.4


_FACES = FaceSettings()


def save_label_page(
    bursts: Sequence[FoundBurst],
    scorer: str,
    pictures: Iterable[UInt8Array | None],
    path: Path,
    on_frame: Callable[[], None] = lambda: None,
) -> None:
    """Write the page to path, whole or not at all, in place of an older one.

    scorer: as in ``burst_values``.  pictures: of each frame, burst by burst, uint8 (H, W, 3), RGB; None leaves a grey
    place.  on_frame: called after each. Raises OutputError, or SourceError if a photo cannot be read any more.
    """
    style, script, template = ((_ASSETS / name).read_text("utf-8") for name in ("label.css", "label.js", "label.html"))
    values = {
        "policy": policy(style, script),
        "generator": f"livecam {__version__}",
        "style": style,
        "data": _data(bursts, scorer),
    }
    records = [record for burst in bursts for record in burst.records]
    size = picture_size(2 * len(records))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(fill(template, values))
            for number, (record, picture) in enumerate(zip(records, pictures, strict=True)):
                file.writelines(_elements(number, record, picture, size))
                on_frame()
            file.write(f"<script>{script}</script>\n</body>\n</html>\n")
    except OSError as error:
        raise OutputError(f"cannot write the page {path}: {why(error)}") from error


def _data(bursts: Sequence[FoundBurst], scorer: str) -> str:
    """Return the page's data, JSON that may stand in a script element. The names in it are shown, and never saved."""
    lines = [burst_values(label_frames(burst), burst.kind, scorer) for burst in bursts]
    known = hashlib.sha256("".join(str(line["burst"]) for line in lines).encode()).hexdigest()[:16]
    names = [[shown((record.path or burst.file).name) for record in burst.records] for burst in bursts]
    content = [{"names": of_one, "line": line} for of_one, line in zip(names, lines, strict=True)]
    data = {"id": known, "reader": READER.pattern, "words": MOST_WORDS, "bursts": content}
    return json.dumps(data).replace("<", "\\u003c")  # a name could end the script element that holds it


def _elements(number: int, record: FrameRecord, picture: UInt8Array | None, size: int) -> Iterator[str]:
    """Yield the faces and the whole picture of one frame."""
    whole = b"" if picture is None else jpeg(picture, size)
    faces = b"" if picture is None or not record.faces else jpeg(cut_faces(picture, record), 4 * _FACES.height)
    for name, data in (("f", faces), ("p", whole)):
        yield f'<script type="text/plain" id="{name}{number}">{base64.b64encode(data).decode()}</script>\n'


def cut_faces(picture: UInt8Array, record: FrameRecord, settings: FaceSettings = _FACES) -> UInt8Array:
    """Return the largest faces side by side, from the left, uint8 (height, n · height, 3); at least one is needed.

    picture: of record, uint8 (H, W, 3), RGB, maybe smaller than the photo.
    """
    largest = record.faces[0].size_px
    counted = [face for face in record.faces[: settings.most] if face.size_px >= settings.smallest * largest]
    scale = picture.shape[1] / record.width
    cuts = []
    for face in sorted(counted, key=lambda face: face.middle[0]):
        middle = face.middle[0] * scale, face.middle[1] * scale
        cuts.append(_square(picture, middle, face.size_px * settings.margin * scale, settings.height))
    return np.concatenate(cuts, axis=1)


def _square(picture: UInt8Array, middle: tuple[float, float], side: float, size: int) -> UInt8Array:
    """Cut a square out, black beyond the picture's edge, and bring its side to size pixels."""
    half = max(round(side / 2), 1)
    x0, y0 = round(middle[0]) - half, round(middle[1]) - half
    height, width = picture.shape[:2]
    inside = picture[max(y0, 0) : max(y0 + 2 * half, 0), max(x0, 0) : max(x0 + 2 * half, 0)]
    beyond = max(-y0, 0), max(y0 + 2 * half - height, 0), max(-x0, 0), max(x0 + 2 * half - width, 0)
    if not inside.size:
        return np.zeros((size, size, 3), np.uint8)
    square = cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_CONSTANT)
    method = cv2.INTER_AREA if 2 * half > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (size, size), interpolation=method), np.uint8)
