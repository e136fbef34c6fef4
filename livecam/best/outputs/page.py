"""One HTML page for a browser: look through the groups, change what livecam chose, rate, and take the list away.

The page holds everything and loads nothing; its Content-Security-Policy forbids it to. What a file is called is data
in it, never markup. Pictures are small JPEGs; the more photos, the smaller.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from livecam import __version__
from livecam.best.outputs.page_data import page_data, shown
from livecam.best.ranking.ranked import RankedGroup
from livecam.best.records.frame import FrameRecord
from livecam.errors import OutputError, SourceError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replacing
from livecam.storage.own_files import require_page_place
from livecam.types import UInt8Array

Pixels = Callable[[FrameRecord], UInt8Array]

SIDE = 800  # pixels of the shorter side that are worth reading for a page
_SIZES = ((150, 1280), (400, 800), (1000, 560))  # up to so many photos: pixels of the longer side
_SMALLEST = 400
_QUALITY = 80
_POLICY = (
    "default-src 'none'; img-src data:; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
)


def save(
    groups: Sequence[RankedGroup],
    path: Path,
    pixels: Pixels,
    *,
    top: int = 1,
    title: str = "livecam best",
    note: str = "",
    on_photo: Callable[[], None] | None = None,
) -> None:
    """Write the page to path, whole or not at all, in place of an older one.

    top: how many of each group begin as keepers.  note: a sentence below the title.
    pixels: gives a record's picture, upright, uint8 (H, W, 3), RGB, sRGB; called once for each, in the page's order.
    It may raise SourceError; that photo's area then stays grey. on_photo: called after each. Raises OutputError, also
    if another's file is at path.
    """
    require_page_place(path)
    entries = [(group, ranked) for group in groups for ranked in group.ranking]
    size = picture_size(len(entries))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(_head(groups, title, top, note))
            for number, (group, ranked) in enumerate(entries):
                try:
                    picture = jpeg(pixels(group.records[ranked.index]), size)
                except SourceError:
                    picture = b""
                file.write(f'<script type="text/plain" id="p{number}">{base64.b64encode(picture).decode()}</script>\n')
                if on_photo:
                    on_photo()
            file.write(f"<script>{with_kept(_asset('page.js'))}</script>\n</body>\n</html>\n")
    except OSError as error:
        raise OutputError(f"cannot write the page {path}: {why(error)}") from error


def picture_size(photos: int) -> int:
    """Pixels of the longer side of each picture in a page of so many photos: the page stays below about 40 MB."""
    return next((size for most, size in _SIZES if photos <= most), _SMALLEST)


def with_kept(script: str) -> str:
    """Return a page's script with what keeps, by ``keep`` and ``recall``, what a person said on it; see ``kept.js``."""
    return script + _asset("kept.js")


def _asset(name: str) -> str:
    return resources.files("livecam").joinpath("assets", "page", name).read_text("utf-8")


def _head(groups: Sequence[RankedGroup], title: str, top: int, note: str) -> str:
    style, script = _asset("page.css"), with_kept(_asset("page.js"))
    photos = sum(len(group.records) for group in groups)
    several = sum(len(group.records) > 1 for group in groups)
    summary = f"{photos:,} photos, {several:,} groups. What livecam would keep is marked; change it as you like."
    values = {
        "policy": policy(style, script),
        "generator": f"livecam {__version__}",
        "title": html.escape(shown(title)),
        "summary": html.escape(f"{summary} {note[:1].upper()}{note[1:]}".strip()),
        "style": style,
        "data": page_data(groups, top),
    }
    return fill(_asset("page.html"), values)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values where the template names them as @name@, in one pass: no value is taken for a place to fill."""
    return re.sub("@([a-z]+)@", lambda match: values[match[1]], template)


def policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy under which a page loads nothing and runs this style and script alone."""
    return _POLICY.format(style=_hash(style), script=_hash(script))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def jpeg(image: UInt8Array, size: int) -> bytes:
    """Return a picture, uint8 (H, W, 3), RGB, as a JPEG with no more than size pixels on the longer side."""
    height, width = image.shape[:2]
    scale = size / max(height, width)
    if scale < 1:
        smaller = max(round(width * scale), 1), max(round(height * scale), 1)
        image = np.asarray(cv2.resize(image, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()
