"""How soon a review is there, and how it scrolls: a shoot of thousands in a real browser on the same machine.

The photos are hard links of a few frames of the demo clip, each looked at once with the real models: to the server
each is a file of its own, whose small picture it has to make. Cold: nothing was made before; warm: the same again, with
a new server and a new browser.
"""

from __future__ import annotations

import gzip
import importlib.util
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from unittest import mock

import cv2
import numpy as np

from benchmarks.common.machine import machine
from benchmarks.common.markdown import markdown_table
from benchmarks.common.progress import Steps
from livecam import model_files
from livecam.best.apply import ApplyOutputs
from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.records.frame import FrameRecord
from livecam.best.scan.cache import Cache
from livecam.best.scan.scanner import PhotoScanner
from livecam.errors import LivecamError
from livecam.photos.discover import Item
from livecam.serve.live_server import ServeOptions
from livecam.serve.review_server import ReviewServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_BURST, _ORIGINALS = 5, 20
_SIDE = 4000  # pixels of the longer side: a photo of nine megapixels
_JUMPS = 15  # places in the list that are jumped to
_SEEN = """l => {
  const box = l.getBoundingClientRect();
  const near = [...l.querySelectorAll(".card")].filter(card => {
    const at = card.getBoundingClientRect();
    return at.bottom > box.top && at.top < box.bottom && at.right > 0 && at.left < box.right;
  });
  return near.length > 0 && near.every(card => card.querySelector("img").naturalWidth > 0);
}"""
_SCROLL = """l => new Promise(done => {
  const gaps = [];
  let last = performance.now();
  const step = now => {
    gaps.push(now - last);
    last = now;
    l.scrollTop += 120;
    if (gaps.length < 180) requestAnimationFrame(step); else done(gaps);
  };
  requestAnimationFrame(step);
})"""


@dataclass(frozen=True, slots=True)
class Turn:
    """first_ms: from the address to the first small picture.  screen_ms: to all of the first screen.

    jump_ms: from a jump to a far place until all pictures there are seen, median; jump_p95_ms: 95th percentile.
    frame_p95_ms: between two frames while it scrolls by 120 pixels a frame.  cards: that exist at most.
    """

    state: Literal["cold", "warm"]
    first_ms: float
    screen_ms: float
    jump_ms: float
    jump_p95_ms: float
    frame_p95_ms: float
    cards: int


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """photos: how many.  list_bytes: what is told of all of them, as sent; list_json_bytes: unpacked.

    small_bytes: of one small picture, median.  show_s: what it takes to make the list from ranked groups.
    """

    machine: dict[str, str]
    photos: int
    list_bytes: int
    list_json_bytes: int
    small_bytes: int
    show_s: float
    turns: list[Turn]


def measure_review(photos: int, progress: Steps) -> ReviewResult:
    """Measure it with so many photos. Raises LivecamError without Playwright or Chromium."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None or importlib.util.find_spec("playwright") is None:
        raise LivecamError("the review is measured in a browser: install Chromium and Playwright")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  not everybody has it

    progress.begin(3)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        with progress.step("photos"):
            groups = _groups(folder, photos)
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        turns: list[Turn] = []
        content, show_s = b"", 0.0
        with (
            mock.patch.object(model_files, "cache_dir", return_value=folder / "cache"),
            mock.patch.dict(os.environ, LIVECAM_REVIEWS=str(folder / "reviews")),
        ):
            states: tuple[Literal["cold", "warm"], ...] = ("cold", "warm")
            for state in states:
                options, names = ServeOptions("127.0.0.1:0"), [str(folder / "shoot")]
                with progress.step(state), ReviewServer(options, names, ApplyOutputs()) as server:
                    began_s = time.monotonic()
                    server.see_all(groups, photos)
                    show_s = time.monotonic() - began_s
                    turns.append(_turn(browser, server.url, state))
                    content = server.review.content
        browser.close()
        small = [path.stat().st_size for path in (folder / "cache" / "review").rglob("*.jpg")]
    return ReviewResult(
        machine(), photos, len(content), len(gzip.decompress(content)), round(statistics.median(small)), show_s, turns
    )


def _groups(folder: Path, photos: int) -> list[RankedGroup]:
    """Bursts of five, and a single after each third."""
    originals = _originals(folder / "originals")
    with Cache(folder / "looked") as cache, PhotoScanner(cache) as scanner:
        found = [result.records[0] for result in scanner.scan([Item(path, clip=False) for path in originals])]
    shoot = folder / "shoot"
    shoot.mkdir()
    groups: list[RankedGroup] = []
    made = 0
    while made < photos:
        count = min(1 if len(groups) % 4 == 3 else _BURST, photos - made)
        records: list[FrameRecord] = []
        for _ in range(count):
            path = shoot / f"IMG_{made:05d}.jpg"
            path.hardlink_to(originals[made % len(originals)])
            records.append(replace(found[made % len(originals)], path=path))
            made += 1
        groups.append(RankedGroup(records[0].path.stem if records[0].path else "", tuple(records), rank(records)))
    return groups


def _originals(folder: Path) -> list[Path]:
    folder.mkdir()
    clip = cv2.VideoCapture(str(model_files.demo_clip()))
    count = int(clip.get(cv2.CAP_PROP_FRAME_COUNT))
    paths: list[Path] = []
    for i in range(_ORIGINALS):
        clip.set(cv2.CAP_PROP_POS_FRAMES, i * count // _ORIGINALS)
        _, frame = clip.read()
        path = folder / f"{i}.jpg"
        scale = _SIDE / frame.shape[1]
        cv2.imwrite(str(path), cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
        paths.append(path)
    clip.release()
    return paths


def _turn(browser: Browser, url: str, state: Literal["cold", "warm"]) -> Turn:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    page.set_default_timeout(120_000)
    began_s = time.monotonic()
    page.goto(url, wait_until="commit")
    image = page.locator(".card img[src]").first
    image.wait_for(state="attached")
    _until(page, ".card img[src]", "i => i.naturalWidth > 0")
    first_ms = 1000 * (time.monotonic() - began_s)
    _until(page, "#list", _SEEN)
    screen_ms = 1000 * (time.monotonic() - began_s)
    jumps: list[float] = []
    cards = 0
    for i in range(_JUMPS):
        place = (i * 7 % _JUMPS + 1) / (_JUMPS + 1)
        began_s = time.monotonic()
        page.locator("#list").evaluate(f"l => {{ l.scrollTop = l.scrollHeight * {place} }}")
        _until(page, "#list", _SEEN)
        jumps.append(1000 * (time.monotonic() - began_s))
        cards = max(cards, page.locator(".card").count())
    page.locator("#list").evaluate("l => { l.scrollTop = 0 }")
    gaps = page.locator("#list").evaluate(_SCROLL)
    context.close()
    jump_p95_ms, frame_p95_ms = (float(np.percentile(values, 95)) for values in (jumps, gaps))
    return Turn(state, first_ms, screen_ms, statistics.median(jumps), jump_p95_ms, frame_p95_ms, cards)


def _until(page: Page, selector: str, question: str) -> None:
    """Wait until the page says yes; its policy forbids Playwright's own way of asking again and again."""
    deadline_s = time.monotonic() + 120
    while not page.locator(selector).first.evaluate(question):
        if time.monotonic() > deadline_s:
            raise LivecamError(f"the page of the review never came so far: {selector}")
        page.wait_for_timeout(5)


def review_report(result: ReviewResult) -> str:
    """Return it as Markdown."""
    about = result.machine
    where = f"{about['cpu']} ({about['flags']}), {about['cores']} cores, load {about['load']}"
    how = "Chromium on the same machine, 1920 × 1080; photos of nine megapixels, in bursts of five"
    heads = ("small pictures", "first picture", "first screen", "after a jump, median", "p95", "frame, scrolling, p95")
    rows = []
    for turn in result.turns:
        cells = (turn.first_ms, turn.screen_ms, turn.jump_ms, turn.jump_p95_ms, turn.frame_p95_ms)
        state = {"cold": "made anew", "warm": "made before"}[turn.state]
        rows.append((state, *(f"{cell:,.0f} ms" for cell in cells)))
    sent, unpacked = result.list_bytes / 1e6, result.list_json_bytes / 1e6
    made = f"made in {result.show_s:.1f} s once they are ranked"
    lines = [
        f"# The review in the browser: {result.photos:,} photos",
        "",
        f"{where}; {how}. `python -m benchmarks serve --review {result.photos}`",
        "",
        markdown_table(heads, rows),
        "",
        (
            f"- What is told of all photos: {sent:.2f} MB as sent, {unpacked:.1f} MB unpacked, {made}."
            f" Real shoots pack less well: here {_ORIGINALS} pictures come again and again."
        ),
        f"- A small picture: {result.small_bytes / 1e3:.0f} kB, median.",
        f"- Cards that exist at a time: at most {max(turn.cards for turn in result.turns)}.",
        "",
    ]
    return "\n".join(lines)
