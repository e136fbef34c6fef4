"""The page of a run in a real browser: what a host and a guest see and do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from livecam.types import Face, Frame
from tests.factories import make_face, make_frame
from tests.serve.conftest import Start
from tests.serve.live_sites import HEIGHT, WIDTH, Finder, LiveSite, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.slow

SCORE = re.compile(r"^\d\.\d$")
# The page forbids scripts in text, which is what Playwright's wait_for_function sends; a locator's evaluate is none.
PIXEL = "c => [...c.getContext('2d').getImageData(2, 2, 1, 1).data].join()"


def open_page(context: BrowserContext, site: LiveSite, fragment: str = "") -> Page:
    page = context.new_page()
    page.set_default_timeout(60_000)  # a busy machine is no failure
    page.goto(site.server.url + fragment)
    page.get_by_text(SCORE).first.wait_for()
    return page


def test_the_live_picture_moves_and_the_score_stands_beside_it(start: Start, desk: BrowserContext) -> None:
    page = open_page(desk, start())
    picture = page.locator("#picture")
    seen: set[str] = set()

    def moves() -> bool:
        seen.add(picture.evaluate(PIXEL))
        return len(seen) > 3

    eventually(moves)
    assert page.locator("#score").inner_text() == "3.0"
    assert page.locator("#status-words").inner_text().endswith("no picture yet")
    drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)"
    eventually(lambda: bool(page.locator("#overlay").evaluate(drawn)))
    eventually(lambda: bool(page.locator("#meter").evaluate(drawn)))
    assert page.locator("#eye-left").get_attribute("aria-label") == "open"


def test_a_picture_is_taken_rated_deleted_and_brought_back(start: Start, desk: BrowserContext) -> None:
    site = start()
    page = open_page(desk, site)
    page.locator("#shutter").click()
    small = page.locator("#shots button")
    small.wait_for()
    (path,) = site.pictures

    small.click()
    page.locator("#large").wait_for()
    eventually(lambda: (page.locator("#large").get_attribute("src") or "").endswith(f"/shots/{path.name}"))
    page.locator("#stars button").nth(3).click()
    page.get_by_text("by hand, rated 4 of 5").wait_for()
    assert f"{path.name},4" in (site.out / "ratings.csv").read_text()

    page.locator("#delete").click()
    page.locator("#no-shots").wait_for()
    assert (site.out / "deleted" / path.name).exists()
    page.locator("#undo").click()
    small.wait_for()
    eventually(path.exists)
    assert page.locator("#shots button span").inner_text() == "★★★★"


def test_a_countdown_is_seen_and_takes_a_picture(start: Start, desk: BrowserContext) -> None:
    site = start()
    site.control.countdown_s = 3.0
    page = open_page(desk, site)
    page.locator("#countdown").click()
    page.locator("#count").get_by_text(re.compile("[123]")).wait_for()
    page.locator("#shots button").wait_for()
    assert len(site.pictures) == 1


def test_the_numeral_of_a_countdown_hides_nobody_of_a_group(
    start: Start, desk: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def three(_: Finder, frame: Frame) -> tuple[Face, ...]:
        middles = [frame.width * share for share in (1 / 6, 1 / 2, 5 / 6)]
        return tuple(make_face(centre=(x, frame.height / 2), size=frame.width / 8) for x in middles)

    monkeypatch.setattr(Finder, "find", three)
    site = start()
    site.control.countdown_s = 60.0
    page = open_page(desk, site)
    page.locator("#countdown").click()
    page.locator("#count").get_by_text(re.compile("[0-9]")).wait_for()
    eventually(lambda: page.locator("#count").evaluate("it => !it.getAnimations().length"))  # it glides to its place
    numeral, room = page.locator("#count").bounding_box(), page.locator("#picture").bounding_box()
    assert numeral is not None
    assert room is not None
    scale = min(room["width"] / WIDTH, room["height"] / HEIGHT)
    left = room["x"] + (room["width"] - scale * WIDTH) / 2
    for face in three(Finder(), make_frame(width=WIDTH, height=HEIGHT)):
        x0, x1 = left + scale * face.box[0], left + scale * face.box[2]
        assert numeral["x"] + numeral["width"] <= x0 or numeral["x"] >= x1


def test_the_numeral_of_a_countdown_is_whole_on_a_phone(
    start: Start, desk: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_the_middle(_: Finder, frame: Frame) -> tuple[Face, ...]:
        return (make_face(centre=(frame.width / 2, frame.height / 2), size=frame.width / 6),)

    monkeypatch.setattr(Finder, "find", in_the_middle)
    site = start()
    site.control.countdown_s = 60.0
    page = open_page(desk, site)
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator("#countdown").click()
    page.locator("#count").get_by_text(re.compile("[0-9]")).wait_for()
    eventually(lambda: page.locator("#count").evaluate("it => !it.getAnimations().length"))  # it glides to its place
    numeral = page.locator("#count").bounding_box()
    assert numeral is not None
    assert numeral["x"] >= 0
    assert numeral["x"] + numeral["width"] <= 360


def test_the_keys_are_those_of_the_window(start: Start, desk: BrowserContext) -> None:
    site = start()
    page = open_page(desk, site)
    page.keyboard.press("a")
    eventually(lambda: not site.control.auto)
    page.keyboard.press("ArrowUp")
    eventually(lambda: site.control.shift == 0.1)
    page.keyboard.press("p")
    eventually(lambda: site.run.paused)
    page.get_by_text("Paused").first.wait_for()
    page.keyboard.press("p")
    eventually(lambda: not site.run.paused)
    page.keyboard.press(" ")
    page.locator("#shots button").wait_for()
    page.keyboard.press("5")
    page.get_by_text("Rated 5 of 5").wait_for()
    page.keyboard.press("x")
    page.locator("#no-shots").wait_for()
    page.keyboard.press("u")
    page.locator("#shots button").wait_for()


def test_a_second_page_is_the_mirror_and_shows_what_the_first_takes(start: Start, desk: BrowserContext) -> None:
    site = start()
    host, mirror = open_page(desk, site), open_page(desk, site, "#mirror")
    assert mirror.locator("#panel").is_hidden()
    assert mirror.locator("#picture").evaluate("c => getComputedStyle(c).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    host.locator("#shutter").click()
    mirror.locator("#taken").wait_for()
    mirror.locator("#press").click()
    eventually(lambda: len(site.pictures) == 2)
    mirror.keyboard.press("Escape")
    mirror.locator("#panel").wait_for()


def test_a_guest_watches_and_becomes_the_host_with_the_pin(start: Start, desk: BrowserContext) -> None:
    site = start(pin="4711")
    page = open_page(desk, site)
    page.get_by_text("You are a guest").wait_for()
    for locked in ("#shutter", "#settings", "#undo"):
        assert page.locator(locked).is_hidden()
    page.keyboard.press("a")
    page.get_by_text("This is for the host").wait_for()
    assert site.control.auto

    page.locator("#log-in").click()
    page.locator("#pin").fill("0000")
    page.keyboard.press("Enter")
    page.get_by_text("the PIN is wrong").wait_for()
    page.locator("#pin").fill("4711")
    page.keyboard.press("Enter")
    page.get_by_text("You are the host").wait_for()
    page.locator("#shutter").click()
    page.locator("#shots button").wait_for()
    assert desk.cookies()[0]["httpOnly"]
    assert page.evaluate("() => document.cookie") == ""

    page.locator("#log-out").click()
    page.get_by_text("You are a guest").wait_for()


def test_guests_may_press_the_shutter_where_the_host_lets_them(start: Start, desk: BrowserContext) -> None:
    site = start(pin="4711", guests_shoot=True)
    page = open_page(desk, site)
    page.locator("#shutter").click()
    page.locator("#shots button").click()
    page.locator("#large").wait_for()
    assert page.locator("#stars").is_hidden()
    assert page.locator("#delete").is_hidden()


def test_a_page_of_somebody_else_can_do_nothing(start: Start, browser: Browser, tmp_path: Path) -> None:
    """Another site, in the browser of the host: it may neither press, nor read, nor show the picture."""
    site = start()
    evil = tmp_path / "evil.html"
    evil.write_text(f"""<!doctype html><title>waiting</title><img id=live src="{site.server.url}live.mjpeg">
<iframe id=frame src="{site.server.url}"></iframe>
<script>
const url = "{site.server.url}";
const tries = [
  fetch(url + "api/shutter", {{method: "POST", mode: "no-cors", body: "{{}}"}}).then(r => r.ok),
  fetch(url + "api/state").then(r => r.ok),
  new Promise(done => {{
    const socket = new WebSocket(url.replace("http", "ws") + "live");
    socket.onopen = () => done(true);
    socket.onerror = () => done(false);
  }}),
  new Promise(done => {{
    live.onload = () => done(true);
    live.onerror = () => done(false);
  }}),
];
Promise.allSettled(tries).then(all => document.title = all.map(t => t.value === true).join());
</script>""")
    page = browser.new_page()
    page.goto(evil.as_uri())
    eventually(lambda: page.title() != "waiting")
    assert page.title() == "false,false,false,false"
    frame = page.frames[1]
    assert frame.locator("#shutter").count() == 0
    page.close()
    assert site.pictures == []


def test_where_there_is_no_websocket_the_picture_comes_as_mjpeg(start: Start, desk: BrowserContext) -> None:
    site = start()
    desk.add_init_script("delete window.WebSocket")
    page = desk.new_page()
    page.goto(site.server.url)
    page.locator("#plain").wait_for()
    eventually(lambda: page.locator("#plain").evaluate("image => image.naturalWidth") == 320)
    page.get_by_text(SCORE).first.wait_for()
    page.locator("#shutter").click()
    page.locator("#shots button").wait_for()


def test_a_picture_that_stands_because_nothing_comes_any_more_is_not_shown_as_live(
    start: Start, desk: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = start()
    page = desk.new_page()
    page.clock.install()
    page.goto(site.server.url)
    page.locator("body:not(.away)").get_by_text(SCORE).first.wait_for()
    monkeypatch.setattr(site.server.site.remote.viewers, "publish", lambda *_: None)  # type: ignore[union-attr]
    page.clock.fast_forward(5_000)
    page.get_by_text("no answer…").wait_for()
    monkeypatch.undo()
    page.locator("body:not(.away)").get_by_text(SCORE).first.wait_for()


@pytest.mark.parametrize(
    ("width", "height"),
    [(390, 844), (844, 390), (390, 664), (360, 560), (320, 454), (667, 331), (1024, 768), (1920, 1080)],
)
def test_all_that_a_host_needs_is_on_the_screen(start: Start, browser: Browser, width: int, height: int) -> None:
    site = start()
    context = browser.new_context(viewport={"width": width, "height": height})
    page = open_page(context, site)
    for needed in ("#picture", "#score", "#headline", "#shutter", "#countdown", "#auto", "#mirror", "#threshold"):
        box = page.locator(needed).bounding_box()
        assert box is not None, needed
        assert box["x"] >= 0, needed
        assert box["y"] >= 0, needed
        assert box["x"] + box["width"] <= width, needed
        assert box["y"] + box["height"] <= height, needed
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()
