"""A run as a page for the browser: nothing in it runs, and it loads nothing, which its policy forbids anyway."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from livecam import __version__
from livecam.best.outputs.page import fill
from livecam.errors import OutputError
from livecam.explain.run_log import RunLog, Second, rows_of
from livecam.explain.story import clock, headline, letter, main_reason, result, sentence, totals
from livecam.live.held_back import label
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file
from livecam.storage.own_files import require_page_place

_POLICY = "default-src 'none'; style-src '{style}'; base-uri 'none'; form-action 'none'"
_SECONDS = 120  # of a row
_WIDTH, _HEIGHT, _LEFT, _TOP = 9, 64, 52, 18  # pixels of a second, of four points, beside and above them
_TITLE = "Why not?"


def save(run: RunLog, path: Path) -> None:
    """Write the page to path, whole or not at all, in place of an older one. Raises OutputError, also of another's."""
    require_page_place(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, render(run).encode())
    except OSError as error:
        raise OutputError(f"cannot write the page {path}: {why(error)}") from error


def render(run: RunLog) -> str:
    """Return the page."""
    style = _asset("explain.css")
    values = {
        "policy": _POLICY.format(style=_hash(style)),
        "generator": f"livecam {__version__}",
        "title": _TITLE,
        "style": style,
        "headline": html.escape(headline(run)),
        "result": html.escape(result(run)),
        "sections": "\n".join(_sections(run)),
    }
    return fill(_asset("explain.html"), values)


def _sections(run: RunLog) -> Iterator[str]:
    if run.missed:
        yield "<h2>Missed</h2>"
        yield _list([sentence(missed) for missed in run.missed], "ol")
    yield "<h2>Second by second</h2>"
    yield (
        '<p class="key quiet"><span><i class="free"></i>nothing held it back</span>'
        '<span><i class="held"></i>held back</span><span>● picture taken</span><span>✕ peak missed</span>'
        "<span>dashed: what takes a picture</span></p>"
    )
    for start_ms, seconds in rows_of(run, _SECONDS):
        yield _row(run, start_ms, seconds)
    if found := totals(run):
        rows = "".join(
            f"<tr><td>{letter(reason)} {html.escape(label(reason))}</td><td>{count} s</td></tr>"
            for reason, count in found
        )
        yield f"<h2>What held it back</h2>\n<table>{rows}</table>"
    if run.taken:
        yield "<h2>Pictures</h2>"
        taken = (
            f"{clock(one.t_ms)}  {'no face' if one.score is None else f'{one.score:.1f}'}  {one.path}"
            for one in run.taken
        )
        yield _list(list(taken), "ul")
    if run.troubles:
        yield "<h2>Camera and disk</h2>"
        yield _list([f"{clock(trouble.t_ms)}  {trouble.what}" for trouble in run.troubles], "ul")
    if run.passed_over:
        yield f'<p class="quiet">{run.passed_over} lines of the log could not be read.</p>'


def _list(items: Sequence[str], kind: str) -> str:
    return f"<{kind}>{''.join(f'<li>{html.escape(item)}</li>' for item in items)}</{kind}>"


def _row(run: RunLog, start_ms: float, seconds: dict[int, Second]) -> str:
    width, height = _LEFT + _SECONDS * _WIDTH + 8, _TOP + _HEIGHT + 18
    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="from {clock(start_ms)}">']
    parts += [
        f'<text x="{_x(column) if column else 6}" y="{height - 4}">{clock(start_ms + 1000 * column)}</text>'
        for column in range(0, _SECONDS, 20)
    ]
    parts += [_bar(column, second) for column, second in sorted(seconds.items())]
    line = " ".join(f"{_x(column)},{_y(s.threshold):.1f} {_x(column + 1)},{_y(s.threshold):.1f}"
                    for column, s in sorted(seconds.items()))  # fmt: skip
    parts.append(f'<polyline class="threshold" points="{line}"/>')
    stop_ms = start_ms + 1000 * _SECONDS
    for one in (taken for taken in run.taken if start_ms <= taken.t_ms < stop_ms):
        parts.append(f'<circle class="taken" cx="{_x((one.t_ms - start_ms) / 1000):.1f}" cy="9" r="5"/>')
    for missed in (missed for missed in run.missed if start_ms <= missed.t_ms < stop_ms):
        x = _x((missed.t_ms - start_ms) / 1000)
        words = html.escape(sentence(missed))
        parts.append(f'<text class="missed" x="{x - 5:.1f}" y="14">✕<title>{words}</title></text>')
    return "".join([*parts, "</svg>"])


def _bar(column: int, second: Second) -> str:
    reason = main_reason(second)
    kind = "away" if second.score is None else "free" if reason is None else "held"
    top = _y(second.score if second.score is not None else 1.2)
    held = ", ".join(label(name) for name in second.held) or "nothing held it back"
    worth = "" if second.score is None else f" {second.score:.1f}"
    title = html.escape(f"{clock(second.t_ms)}{worth}: {held}")
    mark = "" if reason is None else f'<text x="{_x(column) + 1}" y="{_y(1) - 2}">{letter(reason)}</text>'
    box = f'x="{_x(column)}" y="{top:.1f}" width="{_WIDTH - 1}" height="{_y(1) - top:.1f}"'
    return f'<rect class="{kind}" {box}><title>{title}</title></rect>{mark}'


def _x(column: float) -> float:
    return _LEFT + column * _WIDTH


def _y(score: float) -> float:
    return _TOP + (5 - score) / 4 * _HEIGHT


def _asset(name: str) -> str:
    return resources.files("livecam").joinpath("assets", "explain", name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
