"""Makes what the page of ``livecam best`` saves, without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def page_entries(page: Path) -> list[dict[str, Any]]:
    """Return the photos of a page that was written, as its script sees them."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return [photo for group in json.loads(found[1])["groups"] for photo in group["photos"]]


def save_choices(
    page: Path, to: Path, flags: Mapping[str, str] | None = None, stars: Mapping[str, int] | None = None
) -> Path:
    """Write the choices of a page as its script does. flags, stars: what a person said, by the files' names."""
    flags, stars = flags or {}, stars or {}
    photos = []
    for entry in page_entries(page):
        name = Path(entry["file"]["path"]).name
        own = name in flags and "t_ms" not in entry["file"]
        photos.append(
            {
                **entry["file"],
                "flag": flags[name] if own else entry["flag"],
                "flag_by": "person" if own else "livecam",
                "stars": stars.get(name, 0),
                "eyes": "closed" if entry["eyes"] else "",
            }
        )
    to.write_text(json.dumps({"livecam_choices": 1, "generator": "livecam", "page": "0", "photos": photos}))
    return to
