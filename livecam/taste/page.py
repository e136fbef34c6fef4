"""The page of ``livecam taste``: what was learned, for a person to read. One file, which loads nothing."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from livecam import __version__
from livecam.errors import OutputError
from livecam.storage.disk_errors import why
from livecam.storage.durable import replace_file
from livecam.storage.own_files import is_page, require_own
from livecam.taste.head import TasteHead
from livecam.taste.insight import Insight, Seen, strongest_signal
from livecam.taste.own_files import is_taste_page
from livecam.taste.page_pictures import FramesAt, small_pictures
from livecam.taste.places import DEFAULT_NAME, lessons_file
from livecam.types import Frame

_SHOWN = 8
_CURVE = 480, 160  # pixels
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}figure{margin:0;width:11rem;overflow-wrap:anywhere}figcaption{font-size:.85rem}
.row{display:flex;flex-wrap:wrap;gap:1rem}img{width:100%;height:9rem;object-fit:cover;border-radius:6px}
.gone{height:9rem;border-radius:6px;background:#e6e8eb;display:flex;align-items:center;justify-content:center}
table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:100%}
@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#16191d}.gone{background:#2a2f36}}
"""


def _no_frames(_path: Path, _times_ms: Sequence[float]) -> Iterable[Frame]:
    return ()


def save_page(
    head: TasteHead, insight: Insight, path: Path, *, off: bool = False, frames_at: FramesAt = _no_frames
) -> None:
    """Write the page to path, whole or not at all, in place of an older one. Photos are read now, where they still are.

    Raises OutputError, also if another's file is at path.

    off: whether the person has turned it off for good.  frames_at: see ``page_pictures.small_pictures``.
    """
    require_own(path, lambda begins: is_page(begins) or is_taste_page(begins), "page", "--page")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, page_of(head, insight, off=off, frames_at=frames_at).encode("utf-8", "replace"))
    except OSError as error:
        raise OutputError(f"cannot write the page {path}: {why(error)}") from error


def page_of(head: TasteHead, insight: Insight, *, off: bool = False, frames_at: FramesAt = _no_frames) -> str:
    """Return the page. off, frames_at: see ``save_page``."""
    liked, others = insight.seen[:_SHOWN], insight.seen[_SHOWN:][::-1][:_SHOWN]
    apart = sorted(insight.seen, key=lambda one: -abs(one.score - one.generic))[:_SHOWN]
    pictures = small_pictures([one.face for one in (*liked, *others, *apart)], frames_at)
    style = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    title = f"The taste of {html.escape(head.name)}" if head.name != DEFAULT_NAME else "Your taste"
    parts = [
        f"<p>{html.escape(_first_up(str(head.story.verdict)))}.</p>",
        f"<p>{_used(head, off=off)}</p>",
        "<h2>What it goes by</h2>",
        _effects(head, insight),
        _photos("Liked most", liked, pictures),
        _photos("Liked least", others, pictures),
        _photos("Where it differs most from livecam as it comes", apart, pictures, both=True),
        _curve(head.story.curve),
        _calibration(head.story.calibration),
        "<h2>It is yours</h2>",
        _yours(),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="generator" content="livecam {__version__}"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _yours() -> str:
    return (
        f"<p>It was learned on this computer from the choices in {html.escape(str(lessons_file()))}, which hold numbers"
        " and no pictures. <code>livecam taste --export FILE</code> takes them along,"
        " <code>livecam taste --forget</code> deletes them.</p>"
    )


def _used(head: TasteHead, *, off: bool) -> str:
    if off and head.name == DEFAULT_NAME:
        return "It is off: livecam scores as it comes. <code>livecam taste --on</code> turns it on."
    if not head.story.verdict.better:
        return (
            "livecam scores as it comes until this is surely better. <code>livecam rate</code> asks what tells it most."
        )
    if head.name != DEFAULT_NAME:
        return f"<code>--taste {html.escape(head.name)}</code> scores by it."
    return (
        "livecam scores by it. <code>--taste off</code> turns that off once, <code>livecam taste --off</code> for good."
    )


def _effects(head: TasteHead, insight: Insight) -> str:
    rows = [
        f'<tr><td>{html.escape(_first_up(one.words))}</td><td class="n">+{one.points:.2f}</td></tr>'
        for one in insight.effects
    ]
    unnamed = (
        f"A point of livecam's own score is worth {insight.scorer:.2f} points of yours. What has no name here, the look"
        f" of the face as the scorer's network sees it, moves a picture by about {insight.unnamed:.2f} points."
    )
    said = [unnamed]
    if head.resting.smile:
        said.append("Your mouth rests a little up: that alone is not taken for a smile.")
    if head.resting.eyes > 0:
        said.append("Your eyes are narrow in pictures that you like: livecam calls them closed later than anybody's.")
    if head.resting.lids < 1:
        said.append("Your lids lie much alike in pictures that you like: livecam calls half a blink of yours closed.")
    table = (
        f'<table><tr><th>What adds</th><th class="n">points, for a usual difference</th></tr>{"".join(rows)}</table>'
        if rows
        else "<p>Nothing that has a name stands out.</p>"
    )
    return table + f"<p>{' '.join(map(html.escape, said))}</p>"


def _photos(title: str, seen: Sequence[Seen], pictures: Mapping[str, str], *, both: bool = False) -> str:
    if not seen:
        return ""
    figures = []
    for one in seen:
        name = html.escape(Path(one.face.path).name.encode("utf-8", "replace").decode() or "no longer known")
        score = f"{one.score:.1f}" + (f", livecam {one.generic:.1f}" if both else "")
        words = f"<b>{score}</b> {name}<br>{html.escape(strongest_signal(one.face))}"
        figures.append(f"<figure>{_picture(one, pictures)}<figcaption>{words}</figcaption></figure>")
    return f'<h2>{html.escape(title)}</h2><div class="row">{"".join(figures)}</div>'


def _picture(one: Seen, pictures: Mapping[str, str]) -> str:
    address = pictures.get(one.face.picture)
    return f'<img alt="" src="{address}">' if address else '<div class="gone">not to be found</div>'


def _curve(points: Sequence[tuple[int, float]]) -> str:
    if len(points) < 2:
        return ""
    width, height = _CURVE
    most = max(count for count, _ in points) or 1
    low, high = min(0.5, *(share for _, share in points)), max(0.8, *(share for _, share in points))
    places = [
        (40 + (width - 60) * count / most, 26 + (height - 56) * (high - share) / (high - low))
        for count, share in points
    ]
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
    dots = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4" fill="#2f6fde"/>'
        f'<text x="{x:.0f}" y="{y - 8:.0f}" font-size="11" fill="currentColor" text-anchor="middle">{share:.0%}</text>'
        f'<text x="{x:.0f}" y="{height - 8}" font-size="11" fill="currentColor" text-anchor="middle">{count}</text>'
        for (x, y), (count, share) in zip(places, points, strict=True)
    )
    return (
        "<h2>How it learned</h2><p>In how many pairs that it was not learned from it agrees with you, after so many"
        f' choices; 0 is livecam as it comes.</p><svg viewBox="0 0 {width} {height}" width="{width}" role="img"'
        f' aria-label="Learning curve"><polyline points="{line}" fill="none" stroke="#2f6fde" stroke-width="2"/>'
        f"{dots}</svg>"
    )


def _calibration(steps: Sequence[tuple[float, float, int]]) -> str:
    if not steps:
        return ""
    rows = "".join(
        f'<tr><td class="n">{expected:.1f}</td><td class="n">{given:.1f}</td><td class="n">{count}</td></tr>'
        for expected, given, count in steps
    )
    return (
        "<h2>Does it keep its word?</h2><p>Photos that it was not learned from: the stars that it expected, and those"
        f' that you gave, on average.</p><table><tr><th class="n">expected</th><th class="n">given</th>'
        f'<th class="n">photos</th></tr>{rows}</table>'
    )


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
