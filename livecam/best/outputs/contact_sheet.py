"""A contact sheet: one picture of a group, with each frame upright, its score, and why it lost.

Text is drawn by OpenCV 5, see ``livecam.ui.draw``, in every script that a font here has.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from livecam.best.ranking.ranked import Ranked, RankedGroup
from livecam.best.records.frame import FrameRecord
from livecam.errors import OutputError, SourceError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replacing
from livecam.storage.own_files import SHEET, is_sheet, require_own
from livecam.types import UInt8Array
from livecam.ui import draw
from livecam.ui.draw import Colour, Rect
from livecam.ui.fonts import undrawable

Pixels = Callable[[FrameRecord], UInt8Array]

SIDE = 480  # pixels of the shorter side that are worth reading for a sheet
_MARGIN, _GAP, _HEADER = 40, 24, 88
_LINE = 24
_BACKGROUND: Colour = (20, 21, 23)
_EMPTY: Colour = (38, 41, 45)
_RADIUS = 8


@dataclass(frozen=True, slots=True)
class _Grid:
    """How the frames are arranged. columns, rows; width, height: of a picture's area, pixels.  lines: of text."""

    columns: int
    rows: int
    width: int
    height: int
    lines: int

    @property
    def pitch(self) -> int:
        """Pixels from one row to the next."""
        return self.height + 38 + self.lines * _LINE + _GAP


def save(group: RankedGroup, folder: Path, pixels: Pixels, *, by_time: bool = False) -> Path:
    """Write the sheet of group as a PNG into folder, in place of an older one, and return its path.

    See ``draw_sheet`` and ``place``. Raises OutputError, and then the older one stays.
    """
    path = place(group, folder)
    picture = draw_sheet(group, pixels, by_time=by_time)
    made_by = PngInfo()
    made_by.add_text(*SHEET)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside:
            Image.fromarray(picture).save(beside, "PNG", pnginfo=made_by)
    except OSError as error:
        raise OutputError(f"cannot write the sheet {path}: {why(error)}") from error
    return path


def place(group: RankedGroup, folder: Path) -> Path:
    """Return where the sheet of group goes. Raises OutputError where a picture is that is no sheet of livecam."""
    path = folder / f"sheet_{_file_name(group.name)}.png"
    require_own(path, is_sheet, "sheet", "--sheet", "folder")
    return path


def undrawable_letters(groups: Collection[RankedGroup]) -> str:
    """Return the letters of the names on the sheets of groups, each once, for which a question mark stands there."""
    names = {group.name for group in groups}
    names |= {record.path.name for group in groups for record in group.records if record.path is not None}
    return "".join(sorted(set().union(*(undrawable(_one_line(name)) for name in names))))


def _file_name(name: str) -> str:
    """A group's name as a part of a file name, and still one of its own."""
    plain = re.sub(r"[^\w.-]+", "_", name).strip("._")[:80]
    mark = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:6]
    return plain if plain == name else f"{plain}_{mark}".lstrip("_")


def draw_sheet(group: RankedGroup, pixels: Pixels, *, by_time: bool = False) -> UInt8Array:
    """Draw the sheet: uint8 (H, W, 3), RGB; at most about 2,400 px wide.

    pixels: gives a record's picture, upright, uint8 (H, W, 3), RGB; called once for each. It may raise SourceError;
    that picture's area then stays grey.  by_time: frames in the order they were taken instead of the best first.
    """
    ranking = sorted(group.ranking, key=lambda ranked: ranked.index) if by_time else list(group.ranking)
    grid = _grid(group)
    width = 2 * _MARGIN + grid.columns * (grid.width + _GAP) - _GAP
    sheet = np.full((_HEADER + grid.rows * grid.pitch - _GAP + _MARGIN, width, 3), _BACKGROUND, np.uint8)
    order = "in the order of time" if by_time else "the best first"
    count = len(ranking)
    note = f"{count} frames, {order}" if count > 1 else "1 frame"
    room = width - 2 * _MARGIN
    title = draw.shorten(_one_line(group.name), 30, room)
    draw.write(sheet, title, _MARGIN, 52, 30, weight=600)
    after = _MARGIN + draw.text_width(title, 30, 600) + 18
    if after + draw.text_width(note, 20) <= width - _MARGIN:
        draw.write(sheet, note, after, 52, 20, draw.MUTED)
    best = None if group.ranking[0].rejected else group.ranking[0]  # where a person rejected all, none is
    for position, ranked in enumerate(ranking):
        row, column = divmod(position, grid.columns)
        corner = _MARGIN + column * (grid.width + _GAP), _HEADER + row * grid.pitch
        _draw_frame(sheet, group, ranked, grid, corner, pixels, best=ranked is best and count > 1)
    return sheet


def _grid(group: RankedGroup) -> _Grid:
    """As many columns as make the sheet a little wider than high, of pictures that shrink as they become more."""
    count = len(group.records)
    aspect = float(np.median([record.width / max(record.height, 1) for record in group.records]))
    aspect = min(max(aspect, 0.5), 2.0)
    columns = count if count <= 4 else max(3, round(math.sqrt(2 * count / aspect)))
    width = int(min(480 * math.sqrt(aspect), 640, (2400 - 2 * _MARGIN + _GAP) / columns - _GAP))
    width = max(width, 260)
    lines = max((len(_lines(ranked, width)) for ranked in group.ranking), default=0)
    return _Grid(columns, math.ceil(count / columns), width, round(width / aspect), lines)


def _draw_frame(
    sheet: UInt8Array,
    group: RankedGroup,
    ranked: Ranked,
    grid: _Grid,
    corner: tuple[int, int],
    pixels: Pixels,
    *,
    best: bool,
) -> None:
    x, y = corner
    record = group.records[ranked.index]
    area = Rect(x, y, grid.width, grid.height)
    try:
        picture = _fitted(pixels(record), area)
    except SourceError:
        picture = np.full((area.height, area.width, 3), _EMPTY, np.uint8)
        draw.write_centred(picture, "cannot be read any more", area.width / 2, area.height / 2, 17, draw.MUTED)
    if best:
        edge = 5
        ring = np.full((area.height + 2 * edge, area.width + 2 * edge, 3), draw.ACCENT, np.uint8)
        draw.picture(sheet, ring, x - edge, y - edge, _RADIUS + edge)
    draw.picture(sheet, picture, x, y, _RADIUS)
    number = f"Best, frame {ranked.index + 1}" if best else f"frame {ranked.index + 1}"
    if len(group.records) > 1:
        draw.panel(sheet, Rect(x + 10, y + 10, draw.text_width(number, 17, 600) + 24, 30), 15)
        draw.write(sheet, number, x + 22, y + 31, 17, draw.ACCENT if best else draw.WHITE, 600)
    baseline = y + grid.height + 30
    score = "no face" if ranked.score is None else f"{ranked.score:.1f}"
    draw.write(sheet, score, x, baseline, 22, weight=600)
    name = _one_line(record.path.name if record.path else group.name)
    if record.t_ms is not None:
        name = f"{record.t_ms / 1000:.2f} s"
    left = x + draw.text_width(score, 22, 600) + 16
    name = draw.shorten(name, 16, max(x + grid.width - left, 0))
    draw.write(sheet, name, x + grid.width - draw.text_width(name, 16), baseline, 16, draw.MUTED)
    for line, text in enumerate(_lines(ranked, grid.width), start=1):
        draw.write(sheet, text, x, baseline + line * _LINE, 17, draw.MUTED)


def _fitted(image: UInt8Array, area: Rect) -> UInt8Array:
    """The whole picture in the middle of its area, uint8 (area.height, area.width, 3)."""
    height, width = image.shape[:2]
    scale = min(area.width / width, area.height / height)
    size = max(min(round(width * scale), area.width), 1), max(min(round(height * scale), area.height), 1)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    canvas = np.full((area.height, area.width, 3), _EMPTY, np.uint8)
    top, left = (area.height - size[1]) // 2, (area.width - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small
    return canvas


def _lines(ranked: Ranked, width: int) -> list[str]:
    """Why a frame lost, in lines of at most width px; three at most."""
    lines: list[str] = []
    # "no face" stands where the score would.
    reasons = ranked.why if ranked.score is not None else [reason for reason in ranked.why if reason != "no face"]
    for word in ", ".join(reasons).split():
        if lines and draw.text_width(f"{lines[-1]} {word}", 17) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if len(lines) > 3:
        lines = [*lines[:2], draw.shorten(" ".join(lines[2:]), 17, width)]
    return [draw.shorten(line, 17, width) for line in lines]


def _one_line(text: str) -> str:
    """A name without what cannot be drawn: control characters, and bytes that are no text."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
