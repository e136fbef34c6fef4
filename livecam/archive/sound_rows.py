"""Whether rows of a shard say what can be: what a damaged file holds is told before anything is made of it."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

_TEXTS = ("path", "companions", "judged_path")  # that become paths
_DAY_MIN = 24 * 60
_LAST = datetime.max  # noqa: DTZ901  a camera's clock knows no zone


def require_sound(rows: pa.Table) -> None:
    """Raises ValueError or ArrowException, which say what is wrong, unless rows can be told as Python's values.

    rows: any of the columns of ``schema.SCHEMA``.
    """
    rows.validate(full=True)  # text is text, and lists end within what there is
    names = set(rows.column_names)
    for name in _TEXTS:
        if name in names and pc.any(pc.match_substring(_flat(rows[name]), "\0")).as_py():
            raise ValueError(f"{name} holds what is no path")
    if names >= {"path", "path_bytes"}:
        odd = rows.filter(pc.is_valid(rows["path_bytes"])).select(("path", "path_bytes"))
        for path, data in zip(*(column.to_pylist() for column in odd.columns), strict=True):
            # Else another file than the one that is shown would be looked up, copied and moved.
            if b"\0" in data or data.decode("utf-8", "backslashreplace") != path:
                raise ValueError("path_bytes is not what path shows")
    if "captured" in names:
        # As numbers: Python has no time for what lies beyond.
        first, last = (pa.scalar(time, pa.timestamp("us")).cast(pa.int64()).as_py() for time in (datetime.min, _LAST))  # noqa: DTZ901
        _require_within(rows["captured"].cast(pa.int64()), "captured", first, last)
    if "captured_offset_min" in names:
        _require_within(rows["captured_offset_min"], "captured_offset_min", 1 - _DAY_MIN, _DAY_MIN - 1)


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.list_flatten(column) if pa.types.is_list(column.type) else column


def _require_within(column: pa.ChunkedArray, name: str, least: int, most: int) -> None:
    found = pc.min_max(column).as_py()
    if found["min"] is not None and not (least <= found["min"] and found["max"] <= most):
        raise ValueError(f"{name} lies beyond all times")
