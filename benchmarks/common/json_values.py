"""Values as JSON can hold them."""

from __future__ import annotations

import math


def without_nan(value: object) -> object:
    """Return value with None, which JSON writes as null, for each nan in it; JSON knows no nan."""
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
