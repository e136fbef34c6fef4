"""The page of ``livecam best`` in a real browser: keys are pressed, the clipboard and the saved files are read."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from livecam.best.choices.file import read_choices
from livecam.best.choices.photo_identity import PhotoIdentity
from livecam.best.outputs import page, page_data
from livecam.best.ranking.ranked import Ranked, RankedGroup, rank
from livecam.best.records.frame import FrameRecord
from livecam.errors import OutputError, SourceError
from livecam.types import UInt8Array
from tests.best.records.factories import make_face_record
from tests.best.records.factories import make_record as make_photo_record
from tests.photos.mark_factories import make_picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

NASTY = os.fsdecode(
    b"\"quote' <b>&amp;</script><script>document.title='owned'</script>\n\xe2\x80\xaetfel,\xff.jpg"
).replace("/", "\u2215")


def make_record(path: str, t_ms: float | None = None) -> FrameRecord:
    taken = datetime(2026, 11, 21, 20, 15, 3)  # noqa: DTZ001  as cameras write it
    return FrameRecord(Path(path), t_ms, 400, 300, (), taken, "", 0, (1.0,))


def make_group(
    name: str, *names: str, why: Sequence[str] = ("left eye closed",), t_ms: float | None = None
) -> RankedGroup:
    """A group of photos, ranked the last first."""
    records = tuple(make_record(f"/photos/{each}", t_ms) for each in names)
    places = reversed(range(len(records)))
    ranking = (Ranked(i, 4.0 - 0.5 * r, 4.0 - 0.5 * r, tuple(why) if r else ()) for r, i in enumerate(places))
    return RankedGroup(name, records, tuple(ranking))


def grey(_: FrameRecord) -> UInt8Array:
    return np.full((30, 40, 3), 128, np.uint8)


def save(folder: Path, *groups: RankedGroup) -> Path:
    path = folder / "page.html"
    page.save(groups, path, grey, title="A party")
    return path


class Elements(HTMLParser):
    """Collects what a page is made of and what it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts = 0
        self.references: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.scripts += tag == "script" and values.get("type") is None
        self.references += [value for name in ("src", "href") if (value := values.get(name)) is not None]


def test_the_page_is_one_file_that_refers_to_nothing_and_runs_its_own_script_only(tmp_path: Path) -> None:
    text = save(tmp_path, make_group(NASTY, NASTY, "b.jpg")).read_text("utf-8")
    elements = Elements(text)
    assert elements.scripts == 1
    assert elements.references == []
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "default-src 'none'" in text
    assert text.isprintable() or not set("\u202e\x00") & set(text)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_that_cannot_be_written_is_one_line_and_the_old_one_stays(tmp_path: Path) -> None:
    path = save(tmp_path, make_group("a", "a.jpg"))
    before = path.read_bytes()

    def stopped(_: FrameRecord) -> UInt8Array:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="disk is full") as failure:
        page.save([make_group("a", "a.jpg")], path, stopped)
    assert "\n" not in str(failure.value)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


def test_the_more_photos_the_smaller_the_pictures() -> None:
    sizes = [page.picture_size(count) for count in (1, 200, 800, 10_000)]
    assert sizes == sorted(sizes, reverse=True)
    # 0.2 bytes a pixel at this quality, and a third more as text.
    assert all(
        count * (size**2 * 0.75) * 0.2 * 4 / 3 < 65e6 for count, size in ((150, 1280), (2000, page.picture_size(2000)))
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb", "a␊b"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\udcffb", "a\ufffdb"),
        ("עברית", "עברית"),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_a_name_is_shown_on_one_line_and_cannot_turn_the_text_around(name: str, shown: str) -> None:
    assert page_data.shown(name) == shown


def press(tab: Page, keys: str) -> None:
    for key in keys.split():
        tab.keyboard.press(key)


def copied(tab: Page) -> list[str]:
    tab.evaluate("tell('')")
    tab.click("text=Copy list of keepers")
    tab.locator("#said", has_text="copied").wait_for()
    return str(tab.evaluate("navigator.clipboard.readText()")).splitlines()


def saved(tab: Page, button: str) -> str:
    with tab.expect_download() as download:
        tab.click(f"text={button}")
    return Path(download.value.path()).read_text("utf-8")


def current(tab: Page) -> str:
    return str(tab.evaluate("document.activeElement.querySelector('.name').textContent"))


def enter(tab: Page, keys: str = "") -> None:
    """Go on by Tab from the buttons to the photos, then press keys."""
    for _ in range(10):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.matches('.card')"):
            break
    press(tab, keys)


PARTY = (
    make_group("burst 1", "a1.jpg", "a2.jpg", "a3.jpg"),
    make_group("one", "b.jpg"),
    make_group("two", "c.jpg"),
    make_group("burst 2", "d1.jpg", "d2.jpg"),
)


@pytest.mark.slow
def test_keys_choose_and_rate_and_the_list_is_copied(tmp_path: Path, tab: Page) -> None:
    tab.goto(save(tmp_path, *PARTY).as_uri())
    assert copied(tab) == ["/photos/a3.jpg", "/photos/b.jpg", "/photos/c.jpg", "/photos/d2.jpg"]

    enter(tab)  # from the button on into the photos
    assert current(tab) == "a3.jpg"
    press(tab, "x ArrowRight p 4 j k End k k 2 x")
    assert current(tab) == "c.jpg"
    assert copied(tab) == ["/photos/a2.jpg", "/photos/b.jpg", "/photos/d2.jpg"]

    enter(tab, "u u u")  # the rejection, the rating of c, then the rating of a2
    assert copied(tab) == ["/photos/a2.jpg", "/photos/b.jpg", "/photos/c.jpg", "/photos/d2.jpg"]
    assert tab.locator("#said").text_content() == "4 paths copied"


@pytest.mark.slow
def test_what_was_chosen_is_still_there_when_the_page_is_opened_again(tmp_path: Path, tab: Page) -> None:
    path = save(tmp_path, *PARTY)
    tab.goto(path.as_uri())
    enter(tab, "5 x ArrowRight 2")

    tab.reload()

    assert copied(tab) == ["/photos/b.jpg", "/photos/c.jpg", "/photos/d2.jpg"]
    assert saved(tab, "Save ratings") == "path,rating\n/photos/a3.jpg,5\n/photos/a2.jpg,2\n"
    assert saved(tab, "Save list") == "/photos/b.jpg\n/photos/c.jpg\n/photos/d2.jpg\n"
    # Another page, of other photos, is another choice.
    tab.goto(save(tmp_path, PARTY[0]).as_uri())
    assert copied(tab) == ["/photos/a3.jpg"]


@pytest.mark.slow
def test_what_was_chosen_outlives_a_storage_that_comes_back_empty(tmp_path: Path, tab: Page) -> None:
    path = save(tmp_path, *PARTY)
    tab.goto(path.as_uri())
    enter(tab, "x")

    tab.evaluate("localStorage.clear()")
    tab.reload()

    assert copied(tab) == ["/photos/b.jpg", "/photos/c.jpg", "/photos/d2.jpg"]


@pytest.mark.slow
def test_a_photo_is_enlarged_and_judged_by_keys_or_by_hand(tmp_path: Path, tab: Page) -> None:
    tab.goto(save(tmp_path, *PARTY).as_uri())
    enter(tab, "Enter ArrowRight ArrowDown x 3")
    view = tab.locator("#view")
    assert view.locator("#called").text_content() == "a1.jpg"
    assert view.locator("#place").text_content() == "frame 1, rank 3 of 3"
    assert view.locator("#because").text_content() == "left eye closed"
    assert tab.evaluate("document.getElementById('large').naturalWidth") == 40
    assert view.locator("[aria-pressed=true]").all_text_contents() == ["3", "Reject"]
    assert view.locator("#keep").is_visible()
    assert tab.evaluate("document.getElementById('keep').getBoundingClientRect().bottom") < 800  # inside the window

    view.locator("text=Keep").click()
    view.locator("[aria-label='Previous photo']").click()
    press(tab, "Escape Enter Enter")  # Enter closes what it opened
    assert not view.is_visible()
    assert current(tab) == "a2.jpg"
    assert "/photos/a1.jpg" in copied(tab)


@pytest.mark.slow
def test_up_and_down_go_by_what_the_screen_shows(tmp_path: Path, tab: Page) -> None:
    tab.goto(save(tmp_path, *PARTY).as_uri())
    enter(tab, "ArrowRight ArrowDown")
    assert current(tab) in {"b.jpg", "c.jpg"}
    press(tab, "ArrowDown")
    assert current(tab) in {"d1.jpg", "d2.jpg"}
    press(tab, "ArrowUp ArrowUp")
    assert current(tab) in {"a1.jpg", "a2.jpg", "a3.jpg"}


@pytest.mark.slow
@pytest.mark.parametrize("arrow", ["ArrowRight", "ArrowDown", "j"])
def test_the_first_arrow_shows_the_first_photo_and_passes_none(tmp_path: Path, tab: Page, arrow: str) -> None:
    tab.goto(save(tmp_path, *PARTY).as_uri())
    press(tab, arrow)
    assert current(tab) == "a3.jpg"
    press(tab, "ArrowRight")
    assert current(tab) == "a2.jpg"

    tab.reload()
    press(tab, "x ArrowRight")  # who has said something of the first has met it
    assert current(tab) == "a2.jpg"


@pytest.mark.slow
def test_a_screen_reader_is_told_what_a_photo_is_and_what_became_of_it(tmp_path: Path, tab: Page) -> None:
    tab.goto(save(tmp_path, *PARTY).as_uri())
    enter(tab, "ArrowRight 4")
    words = "a2.jpg, frame 2, rank 2 of 3, score 3.5 of 5, left eye closed, 4 stars"
    assert tab.get_by_role("listbox", name="burst 1").get_by_role("option", name=words).count() == 1
    assert tab.get_by_role("status").text_content() == words


@pytest.mark.slow
def test_an_untrusted_name_is_text_and_comes_out_as_it_went_in(tmp_path: Path, tab: Page) -> None:
    plain = NASTY.replace("\n", "").replace("\udcff", "")
    tab.goto(save(tmp_path, make_group(NASTY, NASTY), make_group("b", plain), make_group("c", "c\nd.jpg")).as_uri())

    assert tab.title() == "A party"
    assert tab.locator("#groups .name").first.text_content() == page_data.shown(NASTY)
    assert copied(tab) == [f"/photos/{plain}"]
    assert (
        tab.locator("#said").text_content() == "1 path copied, 2 photos left out: their names cannot be written in it"
    )
    enter(tab, "5 ArrowRight 4 ArrowRight 3")
    rows = list(csv.reader(io.StringIO(saved(tab, "Save ratings"), newline="")))
    assert rows == [["path", "rating"], [f"/photos/{plain}", "4"], ["/photos/c\nd.jpg", "3"]]


@pytest.mark.slow
def test_without_a_clipboard_the_list_is_there_to_be_copied_by_hand(tmp_path: Path, tab: Page) -> None:
    tab.add_init_script("delete Navigator.prototype.clipboard; document.execCommand = () => false;")
    tab.goto(save(tmp_path, *PARTY).as_uri())
    tab.click("text=Copy list of keepers")
    assert tab.locator("#byhand textarea").input_value().startswith("/photos/a3.jpg\n")


@pytest.mark.slow
def test_a_picture_that_is_gone_leaves_a_grey_place_and_a_frame_of_a_clip_is_no_photo_to_rate(
    tmp_path: Path, tab: Page
) -> None:
    def gone(_: FrameRecord) -> UInt8Array:
        raise SourceError("gone")

    path = tmp_path / "page.html"
    page.save([make_group("clip", "clip.mp4", t_ms=61_500.0), make_group("a", "a.jpg", "b.jpg")], path, gone, top=2)
    tab.goto(path.as_uri())
    assert tab.locator("#groups .name").all_text_contents() == ["clip.mp4  1:01.5", "b.jpg", "a.jpg"]
    assert copied(tab) == ["/photos/clip.mp4#t=61.500", "/photos/b.jpg", "/photos/a.jpg"]
    enter(tab, "5 ArrowRight 4")
    assert saved(tab, "Save ratings") == "path,rating\n/photos/b.jpg,4\n"


@pytest.mark.slow
def test_two_thousand_photos_are_drawn_only_where_one_looks(tmp_path: Path, tab: Page) -> None:
    names = [[f"{g}_{i}.jpg" for i in range(10)] for g in range(200)]
    tab.goto(save(tmp_path, *(make_group(f"burst {g}", *each) for g, each in enumerate(names))).as_uri())
    tab.locator(".card img[src]").nth(4).wait_for()
    assert tab.evaluate("document.querySelectorAll('.card img[src]').length") < 200
    enter(tab, "End")
    assert current(tab) == "199_0.jpg"
    tab.locator(".card:focus img[src]").wait_for()
    assert tab.evaluate("document.querySelectorAll('.card img[src]').length") < 200


def make_sleepers() -> tuple[RankedGroup, RankedGroup]:
    """A burst in which the second photo has closed eyes, and a single photo of two people, one of them asleep."""
    asleep = make_face_record(score=1.2, open_eyes_score=4.6, eyes=(1.0, 1.0))
    awake = make_face_record(score=3.0)
    pair = make_photo_record(asleep, replace(awake, box=(100.0, 300.0, 300.0, 500.0)), path="/photos/pair.jpg")
    burst = make_photo_record(awake, path="/photos/a.jpg"), make_photo_record(asleep, path="/photos/b.jpg")
    return RankedGroup("burst", burst, rank(burst)), RankedGroup("pair", (pair,), rank((pair,)))


@pytest.mark.slow
def test_closed_eyes_are_a_chip_that_a_click_or_a_key_forgives_and_u_takes_that_back(tmp_path: Path, tab: Page) -> None:
    tab.goto(save(tmp_path, *make_sleepers()).as_uri())
    a, b, pair = tab.locator(".card").all()
    chips = [card.locator(".eyes") for card in (a, b, pair)]
    assert [chip.text_content() for chip in chips if chip.is_visible()] == ["eyes closed", "eyes closed: 1 of 2 people"]
    assert (b.locator(".score").text_content(), b.locator(".why").text_content()) == ("1.2", "eyes closed")

    chips[1].click()

    assert chips[1].text_content() == "eyes closed, on purpose"
    assert (b.locator(".score").text_content(), b.locator(".why").text_content()) == ("4.6", "")
    assert "keeper" not in (b.get_attribute("class") or "")  # that is for the person to say
    assert tab.get_by_role("status").text_content() == (
        "b.jpg, frame 2, rank 2 of 2, score 4.6 of 5, eyes closed, on purpose"
    )
    press(tab, "p ArrowRight e")
    assert chips[2].text_content() == "eyes closed: 1 of 2 people, on purpose"
    tab.reload()
    assert chips[2].text_content() == "eyes closed: 1 of 2 people, on purpose"
    chips[2].click()
    press(tab, "u u")  # the second undo has nothing left: the page was loaded again
    assert chips[2].text_content() == "eyes closed: 1 of 2 people, on purpose"
    a.click()
    press(tab, "e")
    assert tab.get_by_role("status").text_content() == "no eyes are closed here"
    press(tab, "Enter ArrowRight")
    button = tab.locator("#view #eyes")
    assert (button.is_visible(), button.get_attribute("aria-pressed")) == (True, "true")
    press(tab, "e")
    assert tab.locator("#view #because").text_content() == "eyes closed"
    press(tab, "ArrowLeft")
    assert not button.is_visible()


@pytest.mark.slow
def test_one_file_has_all_that_was_chosen_and_is_taken_as_it_is(tmp_path: Path, tab: Page) -> None:
    records = (
        replace(make_record(str(tmp_path / NASTY)), companions=(tmp_path / "raw \udcff.CR3", tmp_path / "a.mov")),
        make_record(str(tmp_path / "a.mov"), 500.25),
        make_record(str(tmp_path / "b.jpg")),
    )
    (tmp_path / NASTY).write_bytes(b"photo")
    live = RankedGroup("live", records, tuple(Ranked(i, 4.0 - i, 4.0) for i in range(3)))
    tab.goto(save(tmp_path, live, *make_sleepers()).as_uri())
    enter(tab, "4 x ArrowRight p ArrowRight ArrowRight x x ArrowRight e p")

    with tab.expect_download() as download:
        tab.click("text=Save choices")
    assert download.value.suggested_filename == "livecam-choices.json"
    assert tab.get_by_role("status").text_content() == (
        "choices of 6 photos saved, for livecam best --apply livecam-choices.json"
    )
    choices = read_choices(Path(download.value.path())).photos

    told = [(c.path.name, c.t_ms, c.flag.value, c.by_person, c.stars, c.eyes_forgiven) for c in choices]
    assert told == [
        (NASTY, None, "reject", True, 4, False),
        ("a.mov", 500.25, "keep", True, 0, False),
        ("b.jpg", None, "", False, 0, False),
        ("a.jpg", None, "", True, 0, False),
        ("b.jpg", None, "keep", True, 0, True),
        ("pair.jpg", None, "keep", False, 0, False),
    ]
    assert choices[0].files == (tmp_path / "raw \udcff.CR3", tmp_path / "a.mov")
    assert choices[1].live_photo == tmp_path / NASTY
    assert choices[0].identity == PhotoIdentity.of(records[0], tmp_path / NASTY)
    assert choices[2].identity is None


@pytest.mark.slow
def test_what_its_file_rejects_is_shown_so_and_is_not_the_best(tmp_path: Path, tab: Page) -> None:
    group = make_group("burst", "a.jpg", "b.jpg")
    tab.goto(save(tmp_path, replace(group, ranking=tuple(replace(r, rejected=True) for r in group.ranking))).as_uri())
    assert tab.locator(".card.rejected").count() == 2
    assert tab.locator(".chip:visible").all_text_contents() == ["frame 2", "frame 1"]
    assert copied(tab) == []
    enter(tab, "p")
    assert copied(tab) == ["/photos/b.jpg"]


@pytest.mark.slow
def test_stars_that_stand_in_a_file_are_shown_and_are_no_word_of_the_pages(tmp_path: Path, tab: Page) -> None:
    photo = make_picture(tmp_path / "a.jpg", rating=4)
    group = RankedGroup("a", (make_record(str(photo)),), (Ranked(0, 3.0, 3.0),))
    tab.goto(save(tmp_path, group).as_uri())
    stars = tab.locator(".card .stars")
    assert (stars.text_content(), stars.get_attribute("class")) == ("★★★★", "stars given")

    tab.click("text=Save ratings")
    assert tab.get_by_role("status").text_content() == "nothing is rated yet: press 1 to 5 on a photo"
    enter(tab, "2")

    assert (stars.text_content(), stars.get_attribute("class")) == ("★★", "stars")
    assert tab.get_by_role("status").text_content() == "a.jpg, score 3.0 of 5, keeper, 2 stars, 4 stars in its file"


@pytest.mark.slow
def test_which_files_a_photo_consists_of_stands_on_its_card_and_is_told(tmp_path: Path, tab: Page) -> None:
    pair = replace(make_record("/photos/a.jpg"), companions=(Path("/photos/a.CR3"),))
    group = RankedGroup("two", (pair, make_record("/photos/b.jpg")), (Ranked(0, 4.0, 4.0), Ranked(1, 3.0, 3.0)))
    tab.goto(save(tmp_path, group).as_uri())

    assert tab.locator(".kinds").all_text_contents() == ["raw + JPEG", ""]
    assert str(tab.locator(".card").first.get_attribute("aria-label")).startswith("a.jpg (raw + JPEG), frame 1")
    enter(tab, "Enter")
    assert tab.locator("#called").text_content() == "a.jpg (raw + JPEG)"
