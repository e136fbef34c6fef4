"""The address as a QR code, for phones: in the terminal, in the window and on the page."""

from __future__ import annotations

import io
import sys
from typing import TextIO

import numpy as np
import segno

from livecam.types import UInt8Array


def for_terminal(text: str, terminal: TextIO | None = None) -> str | None:
    """Return lines of half blocks; None where terminal, else stderr, shows no Unicode."""
    if "utf" not in (getattr(terminal or sys.stderr, "encoding", None) or "").lower():
        return None
    out = io.StringIO()
    segno.make(text, micro=False, error="m").terminal(out, border=2, compact=True)
    return out.getvalue().rstrip("\n")


def as_svg(text: str) -> bytes:
    """Return a picture in black on white."""
    out = io.BytesIO()
    segno.make(text, micro=False, error="m").save(out, kind="svg", border=3, xmldecl=False, light="#fff", scale=4)
    return out.getvalue()


def as_pixels(text: str) -> UInt8Array:
    """Return uint8 (N, N), 0 for dark and 255 for light, a quiet zone of four around it."""
    rows = [list(row) for row in segno.make(text, micro=False, error="m").matrix_iter(border=4)]
    return np.where(np.asarray(rows) > 0, 0, 255).astype(np.uint8)
