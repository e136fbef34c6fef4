"""What names of files say of time and exposure."""

from __future__ import annotations

from datetime import datetime

import pytest

from livecam.photos.capture_names import is_named_by_time, named_time


@pytest.mark.parametrize(
    ("stem", "moment", "is_time"),
    [
        ("PXL_20260620_120000123", (2026, 6, 20, 12), True),
        ("IMG20260620120000", (2026, 6, 20, 12), True),  # OnePlus, OPPO, Realme
        ("20260620_120000", (2026, 6, 20, 12), True),
        ("WhatsApp Image 2026-06-20 at 12.00.00", (2026, 6, 20, 12), False),
        ("IMG-20260620-WA0001", (2026, 6, 20), False),
        ("12320260620120000", None, False),
        ("IMG_1234", None, False),
    ],
)
def test_the_time_in_a_name(stem: str, moment: tuple[int, ...] | None, is_time: bool) -> None:
    assert named_time(stem) == (None if moment is None else datetime(*moment))  # type: ignore[arg-type]  # noqa: DTZ001
    assert is_named_by_time(stem) == is_time
