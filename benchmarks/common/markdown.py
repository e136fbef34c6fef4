"""Tables as the reports in ``benchmarks/results`` have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(heads: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown, without a line break at its end."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
