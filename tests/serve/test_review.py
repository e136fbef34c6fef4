"""A review as programs see it: what is told, shown, said and applied, and what nobody gets."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livecam.best.apply import ApplyOutputs
from livecam.errors import ServeError
from livecam.serve.live_server import ServeOptions
from livecam.serve.review_server import ReviewServer
from livecam.storage.marks import find_marks
from livecam.storage.transfer import Action
from livecam.taste.lessons import LessonStore
from livecam.taste.places import DEFAULT_NAME
from tests.best.photo_factories import make_clip, make_photo
from tests.serve.conftest import Begin
from tests.serve.live_sites import PATIENCE_S


def picture(data: bytes) -> np.ndarray[Any, Any]:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded


def test_groups_are_told_the_best_first_and_no_path_among_it(begin: Begin, tmp_path: Path) -> None:
    site = begin()
    _, content, _ = site.ask("GET", "/api/review")
    assert [[photo["name"] for photo in group["photos"]] for group in content["groups"]] == [
        ["a1.jpg", "a2.jpg", "a0.jpg"],
        ["b0.jpg", "b1.jpg"],
        ["c.jpg"],
    ]
    assert content["done"]
    assert content["total"] == 6
    photos = site.photos()
    assert [photos[name]["flag"] for name in ("a1.jpg", "a2.jpg", "b0.jpg", "c.jpg")] == ["keep", "", "keep", "keep"]
    assert photos["b0.jpg"]["eyes"] == "eyes closed"
    assert photos["b0.jpg"]["doubtful"]
    assert photos["b0.jpg"]["faces"][0]["closed"]
    assert not photos["a0.jpg"]["faces"][0]["closed"]
    assert not photos["c.jpg"]["doubtful"]
    assert str(tmp_path) not in json.dumps(content)


def test_pictures_are_small_large_whole_and_each_face(begin: Begin) -> None:
    site = begin()
    name = site.photos()["c.jpg"]["id"]
    sizes = {
        size: picture(site.ask("GET", f"/photos/{name}/{size}")[1]).shape[:2] for size in ("small", "large", "whole")
    }
    assert sizes == {"small": (480, 360), "large": (960, 720), "whole": (960, 720)}
    face = picture(site.ask("GET", f"/photos/{name}/faces/0")[1])
    assert face.shape[:2] == (256, 256)
    # The face is in the middle of the photo, and lighter than what is around it.
    assert face[120:136, 120:136].mean() > 190


def test_small_pictures_are_there_again_although_the_photo_cannot_be_decoded(begin: Begin, tmp_path: Path) -> None:
    site = begin()
    name, photo = site.photos()["c.jpg"]["id"], site.folder / "c.jpg"
    first = site.ask("GET", f"/photos/{name}/small")[1]
    assert any((tmp_path / "cache" / "review").rglob("*.jpg"))
    status = photo.stat()
    photo.write_bytes(b"\0" * status.st_size)
    os.utime(photo, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert site.ask("GET", f"/photos/{name}/small")[1] == first
    assert site.ask("GET", f"/photos/{name}/whole")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/photos/..%2f..%2fetc%2fpasswd/small",
        "/photos/%2e%2e/%2e%2e/small",
        "/photos/a1.jpg/small",
        "/photos//etc/passwd",
        "/photos/{id}/..%2fwhole",
        "/photos/{id}/other",
        "/photos/{id}/faces/1",
        "/photos/{id}/faces/-1",
        "/photos/{id}/faces/" + "9" * 5000,
        "/review.py",
        "/../review_routes.py",
    ],
)
def test_nothing_is_found_by_a_path(begin: Begin, path: str) -> None:
    site = begin()
    status, content, _ = site.ask("GET", path.replace("{id}", site.photos()["a1.jpg"]["id"]))
    assert status == 404
    assert not isinstance(content, bytes)


def test_what_is_said_is_in_the_journal_at_once_and_there_again_after_a_new_start(begin: Begin) -> None:
    site = begin()
    assert site.say("a0.jpg", flag="keep")[0] == 200
    assert site.say("a1.jpg", flag="reject")[0] == 200
    assert site.say("a0.jpg", stars=4)[0] == 200
    assert site.say("b1.jpg", forgiven=True)[0] == 200
    before = site.said()
    assert before["a0.jpg"] == {"flag": "keep", "stars": 4, "forgiven": False}
    site.close()
    again = begin(site.folder)
    assert again.said() == before
    # And can still be undone, the last first.
    stages = []
    for _ in range(4):
        again.ask("POST", "/api/undo")
        stages.append({name: word["stars"] for name, word in again.said().items()})
    assert stages == [{"a0.jpg": 4, "a1.jpg": 0}, {"a0.jpg": 0, "a1.jpg": 0}, {"a0.jpg": 0}, {}]
    assert again.ask("POST", "/api/undo")[0] == 409


@pytest.mark.parametrize(
    "body", [{}, {"stars": 6}, {"stars": True}, {"flag": "x"}, {"forgiven": 1}, {"path": "/etc/passwd"}, {"stars": "5"}]
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(begin: Begin, body: dict[str, object]) -> None:
    site = begin()
    assert site.say("a0.jpg", **body)[0] == 422
    assert site.said() == {}


def test_a_second_browser_hears_what_the_first_says(begin: Begin) -> None:
    site = begin()
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_S)
    connection.request("GET", "/api/events")
    events = connection.getresponse()
    assert events.readline().startswith(b":")
    site.say("c.jpg", stars=5)
    site.ask("POST", "/api/undo")
    heard: list[dict[str, Any]] = []
    while len(heard) < 2:
        line = events.readline()
        if line.startswith(b"data: "):
            heard.append(json.loads(line[6:]))
    connection.close()
    assert [(about["word"]["stars"], about["number"], about["undone"]) for about in heard] == [
        (5, 1, False),
        (0, 2, True),
    ]
    assert heard[0]["id"] == site.photos()["c.jpg"]["id"]


def test_apply_does_what_the_command_line_named_and_the_browser_asked_for(begin: Begin, tmp_path: Path) -> None:
    folder = tmp_path / "keepers"
    site = begin(outputs=ApplyOutputs(keepers=(folder, Action.COPY)))
    site.say("a0.jpg", flag="keep")
    site.say("a1.jpg", flag="reject")
    site.say("c.jpg", stars=4)
    about = site.ask("GET", "/api/apply")[1]
    assert [(offer["name"], offer["asked"]) for offer in about["offers"]] == [("marks", False), ("keepers", True)]
    assert any("3 photos to keep" in line and "1 rejected" in line for line in about["lines"])
    assert not folder.exists()

    status, done, _ = site.ask("POST", "/api/apply", {"what": ["keepers"]})
    assert (status, done["failures"]) == (200, [])
    assert sorted(path.name for path in folder.glob("*.jpg")) == ["a0.jpg", "b0.jpg", "c.jpg"]
    assert not list(site.folder.glob("*.xmp"))

    site.ask("POST", "/api/apply", {"what": ["marks"]})
    assert find_marks((site.folder / "a1.jpg",)).mark.rating == -1
    assert find_marks((site.folder / "c.jpg",)).mark.rating == 4
    assert find_marks((site.folder / "a2.jpg",)).mark.rating is None


def test_a_folder_cannot_be_named_from_the_browser(begin: Begin, tmp_path: Path) -> None:
    site = begin()
    for what in (["keepers"], ["frames"], [str(tmp_path)], "marks", None, [["marks"]]):
        assert site.ask("POST", "/api/apply", {"what": what, "folder": str(tmp_path / "out")})[0] == 422
    assert not (tmp_path / "out").exists()


def test_what_is_applied_becomes_lessons_and_once_only(begin: Begin) -> None:
    site = begin()
    site.say("a0.jpg", flag="keep")
    site.say("a1.jpg", flag="reject")
    lines = site.ask("POST", "/api/apply", {"what": ["marks"]})[1]["lines"]
    assert any("kept for your taste" in line for line in lines)
    kinds = [(lesson.kind.value, Path(lesson.face.path).name) for lesson in LessonStore().read().all]
    assert ("keep", "a0.jpg") in kinds
    assert ("reject", "a1.jpg") in kinds
    assert ("pair", "a0.jpg") in kinds
    site.ask("POST", "/api/apply", {"what": []})
    assert len(LessonStore().read().all) == len(kinds)


def counting() -> dict[str, str]:
    """What is learned from of each picture alone, by its name."""
    lessons = LessonStore().read().of(DEFAULT_NAME)
    return {Path(one.face.path).name: f"{one.kind.value} {one.stars}" for one in lessons if one.other is None}


def test_a_choice_that_is_undone_is_no_longer_learned_from_and_what_was_known_before_is(begin: Begin) -> None:
    site = begin()
    site.say("a0.jpg", stars=2)
    site.ask("POST", "/api/apply", {"what": []})
    (mine,) = LessonStore().read().all
    LessonStore().add([replace(mine, source="window", stars=3)])  # said elsewhere, later
    site.say("a0.jpg", stars=5)
    site.say("c.jpg", flag="reject")
    site.say("a2.jpg", flag="keep")
    site.say("a1.jpg", flag="")  # livecam's choice: better than it is the one that was kept
    site.ask("POST", "/api/apply", {"what": []})
    assert counting() == {"a0.jpg": "stars 5", "c.jpg": "reject 0", "a2.jpg": "keep 0"}
    assert any(lesson.other for lesson in LessonStore().read().of(DEFAULT_NAME))

    for name, what in (
        ("a0.jpg", {"stars": 0}),
        ("c.jpg", {"flag": None}),
        ("a2.jpg", {"flag": None}),
        ("a1.jpg", {"flag": None}),
    ):
        site.say(name, **what)
    lines = site.ask("POST", "/api/apply", {"what": []})[1]["lines"]
    assert any(line.endswith("that you took back: no longer learned from") for line in lines)
    assert counting() == {"a0.jpg": "stars 3"}
    assert not any(lesson.other for lesson in LessonStore().read().of(DEFAULT_NAME))
    count = len(LessonStore().read().all)
    site.server.applying.teach()  # nothing is taken back twice
    assert len(LessonStore().read().all) == count


def test_what_was_said_of_the_same_photos_elsewhere_stays_learned_from(begin: Begin) -> None:
    site = begin()
    site.say("a0.jpg", stars=4)
    site.ask("POST", "/api/apply", {"what": []})
    site.close()
    other = begin(site.folder / "*.jpg")  # the same photos in a review of its own
    assert other.said() == {}
    other.say("b0.jpg", stars=1)
    other.server.applying.teach()
    assert counting() == {"a0.jpg": "stars 4", "b0.jpg": "stars 1"}


def test_what_a_move_took_away_stays_learned_from(begin: Begin, tmp_path: Path) -> None:
    site = begin(outputs=ApplyOutputs(keepers=(tmp_path / "keepers", Action.MOVE)))
    site.say("c.jpg", stars=4)
    site.ask("POST", "/api/apply", {"what": ["keepers"]})
    assert not (site.folder / "c.jpg").exists()
    site.server.applying.teach()
    assert counting() == {"c.jpg": "stars 4"}


def test_the_last_apply_is_taken_back_step_by_step_also_after_a_new_start(begin: Begin, tmp_path: Path) -> None:
    keepers = tmp_path / "keepers"
    outputs = ApplyOutputs(keepers=(keepers, Action.MOVE))
    site = begin(outputs=outputs)
    before = {path.name: path.read_bytes() for path in site.folder.glob("*.jpg")}
    assert site.ask("GET", "/api/apply")[1]["last"] is None
    assert site.ask("POST", "/api/apply/undo")[1]["failures"]
    done = site.ask("POST", "/api/apply", {"what": ["keepers"]})[1]
    assert done["last"] == f"3 photos moved to {keepers}"
    site.say("a2.jpg", flag="keep")
    assert site.ask("POST", "/api/apply", {"what": ["keepers"]})[1]["last"] == f"1 photo moved to {keepers}"
    assert {path.name for path in keepers.glob("*.jpg")} == {"a1.jpg", "a2.jpg", "b0.jpg", "c.jpg"}

    back = site.ask("POST", "/api/apply/undo")[1]
    assert back["failures"] == []
    assert "1 photo, 1 file taken back" in back["lines"]
    assert back["last"] == f"3 photos moved to {keepers}"
    assert {path.name for path in keepers.glob("*.jpg")} == {"a1.jpg", "b0.jpg", "c.jpg"}
    site.close()
    again = begin(site.folder, outputs=ApplyOutputs())
    assert again.ask("POST", "/api/apply/undo")[1]["last"] is None
    assert {path.name: path.read_bytes() for path in site.folder.glob("*.jpg")} == before
    assert not list(keepers.glob("*.jpg"))
    assert again.said()["a2.jpg"]["flag"] == "keep"  # what was chosen stays


def test_what_cannot_be_taken_back_is_said_and_can_be_tried_again(begin: Begin, tmp_path: Path) -> None:
    keepers = tmp_path / "keepers"
    site = begin(outputs=ApplyOutputs(keepers=(keepers, Action.COPY)))
    site.ask("POST", "/api/apply", {"what": ["keepers"]})
    copied = (keepers / "c.jpg").read_bytes()
    (keepers / "c.jpg").write_bytes(b"edited since")
    back = site.ask("POST", "/api/apply/undo")[1]
    assert any("changed since" in line for line in back["failures"])
    assert [path.name for path in keepers.glob("*.jpg")] == ["c.jpg"]
    (keepers / "c.jpg").write_bytes(copied)
    assert site.ask("POST", "/api/apply/undo")[1] == {
        "lines": ["1 photo, 1 file taken back"],
        "failures": [],
        "last": None,
    }


def test_nothing_is_applied_before_all_was_looked_at(begin: Begin) -> None:
    site = begin(look=False)
    assert site.ask("GET", "/api/review")[1]["groups"] == []
    assert site.ask("GET", "/api/apply")[0] == 409
    assert site.ask("POST", "/api/apply", {"what": ["marks"]})[0] == 409
    assert site.ask("POST", "/api/apply/undo")[0] == 409
    site.look()
    assert site.ask("POST", "/api/apply", {"what": ["marks"]})[0] == 200


def test_photos_can_be_looked_at_and_chosen_while_the_rest_is_looked_through(begin: Begin) -> None:
    site = begin(look=False)
    seen: list[int] = []

    def see(looked: int, total: int, group: Callable[[], Any]) -> None:
        site.server.review.show(group(), 1, looked, total, done=False)
        if looked == 2:
            seen.append(len(site.photos()))
            assert site.say("a0.jpg", stars=3)[0] == 200

    site.server.see = see  # type: ignore[method-assign]
    site.look()
    assert seen == [2]
    assert len(site.photos()) == 6
    assert site.said()["a0.jpg"]["stars"] == 3


def test_frames_of_a_clip_are_shown_and_kept_as_files(begin: Begin, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    make_clip(folder / "clip.mp4", [60, 100, 160, 220, 160, 100, 60, 50, 50, 60], fps=5)
    site = begin(folder, outputs=ApplyOutputs(frames=tmp_path / "frames"))
    (photo, *_) = site.photos().values()
    assert photo["clip"]
    assert picture(site.ask("GET", f"/photos/{photo['id']}/small")[1]).shape[:2] == (96, 128)
    done = site.ask("POST", "/api/apply", {"what": ["frames"]})[1]
    assert done["failures"] == []
    assert len(list((tmp_path / "frames").glob("*.jpg"))) == 1


def test_without_the_pin_there_is_a_page_and_nothing_else(begin: Begin) -> None:
    site = begin(pin="1234")
    host = {"authorization": "Bearer 1234"}
    photo = site.ask("GET", "/api/review", headers=host)[1]["groups"][0]["photos"][0]["id"]
    assert site.ask("GET", "/")[0] == 200
    for method, path in [
        ("GET", "/api/review"), ("GET", "/api/said"), ("GET", "/api/events"), ("GET", "/api/apply"),
        ("POST", "/api/apply"), ("POST", "/api/apply/undo"), ("POST", "/api/undo"), ("POST", f"/api/photos/{photo}"),
        ("GET", f"/photos/{photo}/small"), ("GET", f"/photos/{photo}/faces/0"),
    ]:  # fmt: skip
        assert site.ask(method, path)[0] == 403, path
    _, _, headers = site.ask("POST", "/api/login", {"pin": "1234"})
    cookie = str(headers["set-cookie"]).partition(";")[0]
    assert site.ask("GET", f"/photos/{photo}/small", headers={"cookie": cookie})[0] == 200


def test_another_page_may_say_nothing_here(begin: Begin) -> None:
    site = begin()
    photo = site.photos()["a0.jpg"]["id"]
    foreign = {"origin": "https://example.org"}
    assert site.ask("POST", f"/api/photos/{photo}", {"stars": 1}, foreign)[0] == 403
    assert site.ask("GET", "/api/review", headers={"host": "example.org"})[0] == 421
    assert site.said() == {}


def test_the_page_allows_no_script_but_its_own(begin: Begin) -> None:
    site = begin()
    _, body, headers = site.ask("GET", "/")
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"  # else Safari's Origin may be null, and its page is refused
    assert b"<script>" not in body
    assert b" style=" not in body
    assert b"//" not in body.replace(b"<!doctype html>", b"")


def test_two_servers_over_one_folder_are_refused_in_one_line(begin: Begin) -> None:
    site = begin()
    with pytest.raises(ServeError, match=r"^another livecam serves .*shoot already: end it, or choose another folder$"):
        begin(site.folder)
    with pytest.raises(ServeError, match="already"):
        ReviewServer(
            ServeOptions("127.0.0.1:0"), [str(site.folder.parent), str(site.folder / "a0.jpg")], ApplyOutputs()
        )
    ReviewServer(ServeOptions("127.0.0.1:0"), [str(site.folder.parent)], ApplyOutputs()).close()


def test_a_photo_that_is_gone_is_said_and_the_rest_stays(begin: Begin) -> None:
    site = begin()
    photos = site.photos()
    (site.folder / "c.jpg").unlink()
    assert site.ask("GET", f"/photos/{photos['c.jpg']['id']}/large")[0] == 404
    assert site.ask("GET", f"/photos/{photos['a0.jpg']['id']}/large")[0] == 200
    done = site.ask("POST", "/api/apply", {"what": ["marks"]})[1]
    assert len(done["failures"]) == 1
    assert "c.jpg" in done["failures"][0]


def test_a_name_that_is_markup_is_told_as_it_is(begin: Begin, tmp_path: Path) -> None:
    make_photo(tmp_path / "odd" / "<img src=x onerror=alert(1)>.jpg", 150)
    site = begin(tmp_path / "odd")
    assert list(site.photos()) == ["<img src=x onerror=alert(1)>.jpg"]
