from __future__ import annotations

from tests.commands.conftest import best

__all__ = ["best"]
