"""The page of a review in a real browser: what a person sees, and what their choices come to on the disk."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from livecam.best.apply import ApplyOutputs
from livecam.storage.marks import find_marks
from livecam.storage.transfer import Action
from tests.serve.conftest import Begin
from tests.serve.live_sites import eventually
from tests.serve.review_sites import ReviewSite, make_many

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route

pytestmark = pytest.mark.slow


def open_page(context: BrowserContext, site: ReviewSite) -> Page:
    page = context.new_page()
    page.set_default_timeout(60_000)  # a busy machine is no failure
    page.goto(site.server.url)
    page.locator(".card").first.wait_for()
    return page


def card(page: Page, name: str) -> Locator:
    return page.locator(f'.card[aria-label^="{name}"]')


def is_kept(photo: Locator) -> bool:
    return photo.get_attribute("aria-selected") == "true"


def natural_width(image: Locator) -> int:
    width: int = image.evaluate("i => i.complete ? i.naturalWidth : 0")
    return width


def test_groups_stand_as_strips_with_their_pictures_the_best_kept(begin: Begin, desk: BrowserContext) -> None:
    page = open_page(desk, begin())
    assert page.locator("#list section").count() == 3
    assert page.locator("#count").inner_text() == "3 keepers of 6 photos"
    assert is_kept(card(page, "a1.jpg"))
    assert not is_kept(card(page, "a0.jpg"))
    for image in page.locator(".card img").all():
        eventually(lambda image=image: natural_width(image) == image.evaluate("i => i.naturalHeight > 400 ? 360 : 480"))  # type: ignore[misc]


def test_keys_keep_reject_rate_and_undo_as_on_the_page(begin: Begin, desk: BrowserContext) -> None:
    site = begin()
    page = open_page(desk, site)
    card(page, "a1.jpg").locator(".under").click()  # opens it
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("p")
    page.keyboard.press("4")
    words = {"a1.jpg": {"flag": "reject", "stars": 0, "forgiven": False}}
    eventually(lambda: site.said() == words | {"a2.jpg": {"flag": "keep", "stars": 4, "forgiven": False}})
    assert is_kept(card(page, "a2.jpg"))
    page.keyboard.press("u")
    page.keyboard.press("u")
    eventually(lambda: site.said() == words)
    eventually(lambda: not is_kept(card(page, "a2.jpg")))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("1")
    eventually(lambda: any(word["stars"] == 1 for name, word in site.said().items() if name.startswith("b")))


def test_who_goes_on_while_the_host_undoes_is_not_taken_back(begin: Begin, desk: BrowserContext) -> None:
    site = begin()
    page = open_page(desk, site)
    first = card(page, "a1.jpg")
    first.locator(".under").click()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    eventually(lambda: "a1.jpg" in site.said())
    # The answer comes once the person has gone on.
    held: list[Route] = []
    page.route("**/api/undo", lambda route: held.append(route))  # noqa: PLW0108  playwright marks what it is given
    page.keyboard.press("u")
    while not held:
        page.wait_for_timeout(10)  # lets the page's requests through
    page.keyboard.press("ArrowRight")
    held[0].continue_()
    page.locator("#said", has_text="undone").wait_for()
    assert site.said() == {}
    assert "current" not in (first.get_attribute("class") or "").split()
    page.keyboard.press("p")
    eventually(lambda: len(site.said()) == 1)
    assert "a1.jpg" not in site.said()


def test_the_loupe_opens_on_the_face_and_shows_whose_eyes_are_closed_where(begin: Begin, desk: BrowserContext) -> None:
    site = begin()
    page = open_page(desk, site)
    card(page, "b0.jpg").locator("img").click()
    pane = page.locator("#panes figure")
    # At 100 %: a pixel of the photo on one of the screen, the face in the middle.
    eventually(lambda: pane.locator(".whole").evaluate("i => i.getBoundingClientRect().width") == 960)
    middle = pane.evaluate(
        "p => { const a = p.getBoundingClientRect(), b = p.firstElementChild.getBoundingClientRect();"
        " return [(a.left + a.width / 2 - b.left) / b.width, (a.top + a.height / 2 - b.top) / b.height] }"
    )
    face = site.photos()["b0.jpg"]["faces"][0]["box"]
    assert middle == pytest.approx([(face[0] + face[2]) / 2, (face[1] + face[3]) / 2], abs=0.02)
    assert page.locator("#people .faces button").count() == 2
    assert page.locator("#people .shut").count() == 2
    page.keyboard.press("z")
    assert pane.locator(".whole").evaluate("i => i.getBoundingClientRect().height") <= pane.evaluate(
        "p => p.clientHeight"
    )

    page.locator("#forgive").click()
    eventually(lambda: site.said().get("b0.jpg", {}).get("forgiven") is True)
    assert page.locator("#view-why").inner_text().endswith("on purpose")
    page.locator("#people .faces button").nth(1).click()
    assert "frame 2" in page.locator("#view-name").inner_text()
    page.keyboard.press("Escape")
    eventually(lambda: card(page, "b0.jpg").locator(".eyes").inner_text() == "on purpose")
    card(page, "b1.jpg").locator(".eyes").click()  # by a click in the list, too
    eventually(lambda: site.said().get("b1.jpg", {}).get("forgiven") is True)
    assert page.locator("#view").is_hidden()


def test_what_is_compared_zooms_and_moves_together(begin: Begin, desk: BrowserContext) -> None:
    page = open_page(desk, begin())
    card(page, "a1.jpg").locator("img").click()
    page.keyboard.press("c")
    panes = page.locator("#panes figure")
    assert panes.count() == 2
    page.keyboard.press("c")
    assert panes.count() == 3  # the group has no more
    page.keyboard.press("z")

    def places() -> list[str]:
        return [pane.locator(".whole").evaluate("i => i.style.width + i.style.transform") for pane in panes.all()]

    whole = places()
    box = panes.first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    page.mouse.wheel(0, -400)
    eventually(lambda: places() != whole)
    near = places()
    assert len(set(near)) == 1
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 3 - 60, box["y"] + box["height"] / 3 - 30, steps=3)
    page.mouse.up()
    assert places() != near
    assert len(set(places())) == 1
    panes.nth(1).click()
    page.keyboard.press("p")
    page.locator("#panes figure.active.keeper").wait_for()


def test_filters_leave_what_they_name(begin: Begin, desk: BrowserContext) -> None:
    site = begin()
    page = open_page(desk, site)

    def names() -> list[str]:
        labels = (one.get_attribute("aria-label") or "" for one in page.locator(".card").all())
        return sorted(label.partition(",")[0] for label in labels)

    for name, shown in [
        ("Kept", ["a1.jpg", "b0.jpg", "c.jpg"]),
        ("Eyes closed", ["b0.jpg", "b1.jpg"]),
        ("Doubtful", ["b0.jpg"]),
        ("Soft", ["a0.jpg", "a1.jpg", "a2.jpg", "b0.jpg", "c.jpg"]),
    ]:
        page.get_by_role("button", name=name, exact=True).click()
        eventually(lambda shown=shown: names() == shown)  # type: ignore[misc]
    for name in ("b0.jpg", "b1.jpg"):
        assert site.say(name, forgiven=True)[0] == 200

    def nothing_left() -> bool:
        # Again and again: what the page hears after the click stays in sight, for it is being looked at.
        page.get_by_role("button", name="Eyes closed", exact=True).click()
        return page.get_by_text("No photo is like that.").is_visible()

    eventually(nothing_left)


def test_a_second_browser_sees_the_same_at_once(begin: Begin, desk: BrowserContext, browser: Browser) -> None:
    site = begin()
    page = open_page(desk, site)
    other = browser.new_context(viewport={"width": 390, "height": 844})
    second = open_page(other, site)
    page.keyboard.press("End")
    page.keyboard.press("5")
    page.keyboard.press("x")
    card(second, "c.jpg").and_(second.locator(".rejected")).wait_for()
    assert card(second, "c.jpg").locator(".given").inner_text() == "★★★★★"
    second.locator("#undo").click()
    eventually(lambda: is_kept(card(page, "c.jpg")))
    other.close()


def test_results_appear_while_the_scan_goes_on(begin: Begin, desk: BrowserContext) -> None:
    site = begin(look=False)
    page = desk.new_page()
    page.goto(site.server.url)
    page.get_by_text("the first photos appear here").wait_for()
    assert page.locator("#apply").is_disabled()

    def see(looked: int, total: int, group: Callable[[], Any]) -> None:
        site.server._show(group(), looked, total, done=False)
        if looked == 2:
            card(page, "a1.jpg").locator("img").click()
            page.locator("#panes figure").wait_for()
            page.keyboard.press("2")

    site.server.see = see  # type: ignore[method-assign]
    site.look()
    page.locator("#apply:enabled").wait_for(state="attached")
    # What was looked at still is, and knows the photos that have come.
    eventually(lambda: page.locator("#people .faces button").count() == 3)
    assert "rank 1 of 3" in page.locator("#view-name").inner_text()
    page.keyboard.press("Escape")
    assert card(page, "a1.jpg").locator(".given").inner_text() == "★★"
    card(page, "c.jpg").wait_for()


def test_apply_copies_and_marks_what_was_chosen(begin: Begin, desk: BrowserContext, tmp_path: Path) -> None:
    keepers = tmp_path / "keepers"
    site = begin(outputs=ApplyOutputs(keepers=(keepers, Action.COPY)))
    page = open_page(desk, site)
    card(page, "a1.jpg").locator(".flag").click()  # no longer kept
    card(page, "a2.jpg").hover()
    card(page, "a2.jpg").locator(".flag").click()
    eventually(lambda: site.said().get("a2.jpg", {}).get("flag") == "keep")
    page.keyboard.press("5")
    eventually(lambda: site.said()["a2.jpg"]["stars"] == 5)
    page.locator("#apply").click()
    page.get_by_text("3 photos to keep").wait_for()
    page.get_by_label(re.compile("Write stars")).check()
    page.locator("#apply-do").click()
    page.get_by_text("Done.").wait_for()
    assert sorted(path.name for path in keepers.glob("*.jpg")) == ["a2.jpg", "b0.jpg", "c.jpg"]
    assert find_marks((site.folder / "a2.jpg",)).mark.rating == 5
    page.locator("#apply-undo").click()
    page.get_by_text(re.compile("3 photos, . files taken back")).wait_for()
    assert not list(keepers.glob("*.jpg"))
    assert page.locator("#apply-undo").is_hidden()
    page.locator("#apply-close").click()
    assert card(page, "a2.jpg").locator(".given").inner_text() == "★★★★★"


@pytest.mark.parametrize(("pin", "keypad"), [("24680", "numeric"), ("Hochzeit", "text")])
def test_a_phone_shows_the_keys_that_the_pin_needs(begin: Begin, desk: BrowserContext, pin: str, keypad: str) -> None:
    site = begin(pin=pin, look=False)
    page = desk.new_page()
    page.goto(site.server.url)
    page.locator("#pin").wait_for()
    assert page.locator("#pin").evaluate("field => field.inputMode") == keypad


def test_the_pin_opens_the_page(begin: Begin, desk: BrowserContext) -> None:
    site = begin(pin="24680")
    page = desk.new_page()
    page.goto(site.server.url)
    page.locator("#pin").fill("11111")
    page.keyboard.press("Enter")
    page.get_by_text("the PIN is wrong").wait_for()
    assert page.locator(".card").count() == 0
    page.locator("#pin").fill("24680")
    page.keyboard.press("Enter")
    page.locator(".card").first.wait_for()
    assert page.locator("#pin-dialog").is_hidden()


def test_of_two_thousand_photos_only_those_near_the_window_exist(
    begin: Begin, desk: BrowserContext, tmp_path: Path
) -> None:
    site = begin(make_many(tmp_path / "many", 2000))
    page = open_page(desk, site)
    page.get_by_text("of 2,000 photos").wait_for()
    assert page.locator(".card").count() < 200
    page.locator("#list").evaluate("l => { l.scrollTop = l.scrollHeight }")
    last = card(page, "IMG_1999.jpg")
    last.wait_for()
    eventually(lambda: natural_width(last.locator("img")) > 0)
    assert page.locator(".card").count() < 200
    page.keyboard.press("End")
    page.keyboard.press("x")
    eventually(lambda: len(site.said()) == 1)
    page.keyboard.press("Home")
    eventually(lambda: page.locator("#list").evaluate("l => l.scrollTop") < 100)
    page.keyboard.press("u")  # goes to where it was
    page.locator(".card.current[aria-label^='IMG_199']").wait_for()
    assert site.said() == {}
    page.set_viewport_size({"width": 390, "height": 844})
    # A phone that finds something wider than its screen shows a part of the page alone.
    assert page.locator("body").evaluate("b => [b.scrollWidth, b.querySelector('#bar').scrollWidth]") == [390, 390]
