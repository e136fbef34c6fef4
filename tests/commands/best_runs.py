"""What the fixture ``best`` of the commands' tests is: it runs ``livecam best --json``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Best = Callable[..., tuple[int, list[dict[str, Any]], str]]
