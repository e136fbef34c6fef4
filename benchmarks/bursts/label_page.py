"""The page on which a person labels bursts: one file, which loads nothing and shows no model's word.

Of each frame it shows the faces, cut out, and the whole picture. What it saves is ``docs/burst-labels.md``'s format:
the measured values lie in the page, and the reader's words are put beside them there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.bursts.label_bursts import FoundBurst, label_frames
from benchmarks.bursts.label_format import MOST_WORDS, READER, burst_values
from livecam import __version__
from livecam.best.outputs.page import fill, jpeg, picture_size, policy, with_kept
from livecam.best.outputs.page_data import shown
from livecam.best.people.face_cuts import CUT_DEFAULTS, cut_faces
from livecam.best.records.frame import FrameRecord
from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replacing
from livecam.types import UInt8Array

_ASSETS = Path(__file__).parent / "label_assets"


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
    script = with_kept(script)
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
    faces = b"" if picture is None or not record.faces else jpeg(cut_faces(picture, record), 4 * CUT_DEFAULTS.height)
    for name, data in (("f", faces), ("p", whole)):
        yield f'<script type="text/plain" id="{name}{number}">{base64.b64encode(data).decode()}</script>\n'
