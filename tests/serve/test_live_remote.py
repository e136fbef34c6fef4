"""The remote of a run, as a program uses it: each route of the OpenAPI document, and what it does to the run."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
from typing import Any

import pytest

from livecam.serve import live_orders
from livecam.serve.live_remote import BusyError
from livecam.serve.live_routes import live_app
from livecam.serve.static_files import asset
from livecam.shutter.shutter_control import FARTHEST
from tests.serve.conftest import Start
from tests.serve.live_sites import LiveSite, eventually

ROLES = {"role": "host", "may_shoot": True, "pin": False, "pin_digits": False}


def basic(pin: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"host:{pin}".encode()).decode()}


def next_event(response: http.client.HTTPResponse) -> tuple[str, dict[str, Any]]:
    """The next server-sent event: its name and what it says."""
    name = ""
    while True:
        line = response.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            return name, json.loads(line.removeprefix("data: "))


def test_the_state_says_what_the_window_shows(start: Start) -> None:
    site = start()
    eventually(lambda: site.ask("GET", "/api/state")[1].get("score") is not None)
    status, state, _ = site.ask("GET", "/api/state")

    assert status == 200
    assert state["score"] == pytest.approx(3.0, abs=0.01)
    assert (state["health"], state["auto"], state["paused"], state["provider"]) == ("ok", True, False, "fake")
    (face,) = state["faces"]
    x0, y0, x1, y1 = face["box"]
    assert 0.3 < (x0 + x1) / 2 < 0.7
    assert 0.2 < y0 < y1 < 0.8
    assert face["eyes_closed"] == [False, False]
    assert state["headline"]


def test_the_words_name_no_keys_that_a_phone_or_a_guest_has_not(start: Start) -> None:
    site = start()
    site.ask("POST", "/api/auto", {"on": False})
    eventually(lambda: site.ask("GET", "/api/state")[1]["headline"] == "Ready when you are")
    site.ask("POST", "/api/pause", {"on": True})
    eventually(lambda: site.ask("GET", "/api/state")[1]["paused"])
    state = site.ask("GET", "/api/state")[1]
    assert (state["headline"], state["detail"]) == ("Paused", "Nothing is scored or taken.")


@pytest.mark.parametrize("mode", ["best", "now"])
@pytest.mark.parametrize("in_address", [True, False])
def test_one_line_of_curl_takes_a_picture(start: Start, mode: str, *, in_address: bool) -> None:
    site = start()
    if in_address:
        status, said, _ = site.ask("POST", f"/api/shutter?mode={mode}")
    else:
        status, said, _ = site.ask("POST", "/api/shutter", {"mode": mode})

    assert (status, said) == (202, {"mode": mode})
    eventually(lambda: len(site.pictures) == 1)


def test_without_a_mode_the_best_is_taken(start: Start) -> None:
    assert start().ask("POST", "/api/shutter")[1] == {"mode": "best"}


def test_a_countdown_is_begun_stopped_and_takes_its_picture(start: Start) -> None:
    site = start()
    site.control.countdown_s = 30.0
    assert site.ask("POST", "/api/shutter", {"mode": "countdown"})[1] == {"mode": "countdown", "counting": True}
    eventually(lambda: (site.ask("GET", "/api/state")[1].get("counting_ms") or 0) > 1000)
    assert site.ask("POST", "/api/shutter", {"mode": "countdown"})[1]["counting"], "it is not stopped by the same"
    assert site.ask("POST", "/api/shutter", {"mode": "stop"})[1] == {"mode": "stop", "counting": False}
    assert site.pictures == []

    site.control.countdown_s = 0.5
    site.ask("POST", "/api/shutter", {"mode": "countdown"})
    eventually(lambda: len(site.pictures) == 1)


def test_auto_pause_and_threshold_are_set_and_toggled(start: Start) -> None:
    site = start()
    assert site.ask("POST", "/api/auto", {"on": False})[1] == {"auto": False}
    assert site.ask("POST", "/api/auto", {"on": False})[1] == {"auto": False}
    assert site.ask("POST", "/api/auto")[1] == {"auto": True}
    assert site.ask("POST", "/api/pause", {"on": True})[1] == {"paused": True}
    assert site.run.paused
    assert site.ask("POST", "/api/shutter", {"mode": "countdown"})[0] == 409
    assert site.ask("POST", "/api/pause")[1] == {"paused": False}
    assert site.ask("POST", "/api/threshold", {"shift": 0.4})[1] == {"shift": 0.4}
    assert site.ask("POST", "/api/threshold", {"shift": -99})[1] == {"shift": -FARTHEST}
    assert site.control.shift == -FARTHEST


def test_pictures_are_listed_shown_rated_deleted_and_brought_back(start: Start) -> None:
    site = start()
    first, second = site.take(), site.take()

    _, about, _ = site.ask("GET", "/api/shots")
    assert [shot["name"] for shot in about["shots"]] == [second, first]
    shot = about["shots"][1]
    status, data, headers = site.ask("GET", shot["url"])
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert data == (site.out / first).read_bytes()
    assert site.ask("GET", shot["thumbnail"])[1][:2] == b"\xff\xd8"

    assert site.ask("POST", f"/api/shots/{first}/rating", {"rating": 4})[0] == 202
    eventually((site.out / "ratings.csv").exists)
    assert f"{first},4" in (site.out / "ratings.csv").read_text()
    assert site.ask("DELETE", f"/api/shots/{first}")[0] == 202
    eventually((site.out / "deleted" / first).exists)
    eventually(lambda: [shot["name"] for shot in site.listed()] == [second])
    assert site.ask("POST", "/api/undo")[0] == 202
    eventually((site.out / first).exists)
    eventually(lambda: {shot["name"] for shot in site.listed()} == {first, second})
    assert site.ask("POST", "/api/undo")[0] == 409


def test_each_picture_and_what_is_done_to_it_is_an_event(start: Start) -> None:
    site = start()
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("GET", "/api/events")
    response = connection.getresponse()
    assert response.headers["content-type"].startswith("text/event-stream")
    name = site.take()

    kind, shot = next_event(response)
    assert (kind, shot["name"], shot["by_hand"]) == ("shot", name, True)
    site.ask("POST", f"/api/shots/{name}/rating", {"rating": 2})
    kind, shot = next_event(response)
    assert (kind, shot["rating"], shot["message"]) == ("rated", 2, "Rated 2 of 5")
    connection.close()


def test_the_event_is_told_and_the_picture_is_listed_and_no_path_of_the_disk_is(start: Start) -> None:
    site = start()
    site.take()
    said = json.dumps(
        [site.ask("GET", "/api/shots")[1], site.ask("GET", "/api/state")[1], site.ask("GET", "/api/me")[1]]
    )
    assert str(site.out) not in said


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/shutter", {"mode": "later"}, 422),
        ("POST", "/api/shutter", b"{", 400),
        ("POST", "/api/shutter", b"[]", 400),
        ("POST", "/api/shutter", b"[" * 4000, 400),
        ("POST", "/api/auto", {"on": "yes"}, 422),
        ("POST", "/api/threshold", {}, 422),
        ("POST", "/api/threshold", b'{"shift": NaN}', 422),
        ("POST", "/api/threshold", b'{"shift": true}', 422),
        ("POST", "/api/shots/none.jpg/rating", {"rating": 3}, 404),
        ("DELETE", "/api/shots/none.jpg", None, 404),
        ("GET", "/shots/none.jpg", None, 404),
        ("GET", "/api/nothing", None, 404),
        ("PUT", "/api/state", None, 405),
        ("GET", "/api/shutter", None, 405),
        ("POST", "/api/shutter", b" " * 5000, 413),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    start: Start, method: str, path: str, body: object, status: int
) -> None:
    found, said, _ = start().ask(method, path, body)
    assert found == status
    assert said["error"]


def test_a_wrong_method_is_told_the_right_one(start: Start) -> None:
    site = start()

    assert site.ask("PUT", "/api/shutter")[2]["allow"] == "POST"
    assert set(site.ask("POST", "/api/state")[2]["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("rating", [0, 6, 2.5, "3", None, True])
def test_a_rating_is_one_to_five(start: Start, rating: object) -> None:
    site = start()
    name = site.take()
    assert site.ask("POST", f"/api/shots/{name}/rating", {"rating": rating})[0] == 422
    assert not (site.out / "ratings.csv").exists()


def documented() -> set[tuple[str, str]]:
    paths = json.loads(asset("openapi.json"))["paths"]
    return {(method.upper(), path) for path, about in paths.items() for method in about}


def test_the_document_names_every_route_and_no_other(start: Start) -> None:
    site = start()
    assert site.server.site is not None
    app = live_app(site.server.site)
    routes = {
        (next(iter(getattr(route, "methods", None) or {"GET"} - {"HEAD"})), route.path)  # type: ignore[attr-defined]
        for route in app.routes
    }
    routes = {("GET" if method == "HEAD" else method, path) for method, path in routes}
    page = {
        ("GET", path) for path in ("/", "/live.css", "/live.js", "/overlay.js", "/stream.js", "/shots.js", "/icon.svg")
    }
    assert routes - page == documented()


def test_the_document_is_openapi_and_what_it_refers_to_is_there() -> None:
    text = asset("openapi.json").decode()
    document = json.loads(text)
    assert document["openapi"].startswith("3.1")
    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.split('"')[0] in document["components"]["schemas"]
    for about in document["paths"].values():
        for method in about.values():
            assert method["summary"]
            assert method["responses"]


def test_the_document_describes_all_of_the_state_and_of_a_picture(start: Start) -> None:
    site = start()
    site.take()
    eventually(lambda: site.ask("GET", "/api/state")[0] == 200)
    schemas = json.loads(asset("openapi.json"))["components"]["schemas"]
    assert set(site.ask("GET", "/api/state")[1]) == set(schemas["State"]["properties"])
    assert set(site.ask("GET", "/api/shots")[1]["shots"][0]) == set(schemas["Shot"]["properties"])


def test_without_a_pin_whoever_uses_this_computer_is_the_host(start: Start) -> None:
    site = start()
    assert site.ask("GET", "/api/me")[1] == ROLES | {"url": f"http://127.0.0.1:{site.port}/"}


HOST_ONLY = [("POST", "/api/auto"), ("POST", "/api/pause"), ("POST", "/api/threshold"), ("POST", "/api/undo"),
             ("DELETE", "/api/shots/a.jpg"), ("POST", "/api/shots/a.jpg/rating"), ("POST", "/api/shutter")]  # fmt: skip


def test_a_guest_sees_and_may_do_nothing(start: Start) -> None:
    site = start(pin="4711")
    eventually(lambda: site.ask("GET", "/api/state")[0] == 200)
    assert site.ask("GET", "/api/me")[1]["role"] == "guest"
    assert site.ask("GET", "/api/state")[0] == site.ask("GET", "/api/shots")[0] == 200
    for method, path in HOST_ONLY:
        assert site.ask(method, path, {})[0] == 403
    assert site.control.auto
    assert site.pictures == []


def test_guests_press_the_shutter_where_they_may_and_not_all_the_time(start: Start) -> None:
    site = start(pin="4711", guests_shoot=True)
    assert [site.ask("POST", "/api/shutter", {"mode": "now"})[0] for _ in range(3)] == [202, 202, 429]
    assert site.ask("POST", "/api/auto")[0] == 403
    eventually(lambda: len(site.pictures) == 2)


def test_the_pin_makes_a_host_by_cookie_and_with_each_request(start: Start) -> None:
    site = start(pin="4711")
    status, _, headers = site.ask("POST", "/api/login", {"pin": "4711"})
    cookie = headers["set-cookie"]
    assert status == 200
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    sent = {"cookie": cookie.split(";")[0]}
    assert site.ask("GET", "/api/me", headers=sent)[1]["role"] == "host"
    assert site.ask("POST", "/api/auto", {"on": False}, sent)[0] == 200
    assert site.ask("POST", "/api/auto", {"on": True}, basic("4711"))[0] == 200
    assert site.ask("POST", "/api/auto", {"on": False}, {"authorization": "Bearer 4711"})[0] == 200

    site.ask("POST", "/api/logout", {}, sent)
    assert site.ask("POST", "/api/auto", {"on": True}, sent)[0] == 403, "the old cookie opens nothing"


@pytest.mark.parametrize("other", ['theme={"dark": true}', "a b=1", "ö=1", '"', "="])
def test_what_other_programs_of_this_computer_keep_in_cookies_does_not_log_the_host_out(
    start: Start, other: str
) -> None:
    site = start(pin="4711")
    cookie = site.ask("POST", "/api/login", {"pin": "4711"})[2]["set-cookie"].split(";")[0]

    assert site.ask("GET", "/api/me", headers={"cookie": f"{other}; {cookie}"})[1]["role"] == "host"


def test_a_deleted_picture_is_not_shown_to_guests(start: Start) -> None:
    site = start(pin="4711")
    name = site.take()
    assert site.ask("GET", f"/shots/{name}")[0] == 200
    site.ask("DELETE", f"/api/shots/{name}", None, basic("4711"))
    eventually(lambda: site.listed() == [])
    assert site.ask("GET", f"/shots/{name}")[0] == site.ask("GET", f"/shots/{name}/thumbnail")[0] == 404
    assert site.ask("GET", f"/shots/{name}", None, basic("4711"))[0] == 200


def test_the_page_is_of_files_of_its_own_without_a_script_inside(start: Start) -> None:
    site = start()
    status, page, headers = site.ask("GET", "/")
    assert status == 200
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    text = page.decode()
    assert "style=" not in text
    assert text.count("<script") == 1
    assert " on" + "click" not in text
    for path in ("/live.css", "/live.js", "/overlay.js", "/stream.js", "/shots.js", "/icon.svg", "/qr.svg"):
        status, body, headers = site.ask("GET", path)
        assert status == 200
        assert "http" not in body.decode().replace("http://www.w3.org/2000/svg", "").replace("https?:", "").replace(
            '"https:"', ""
        ), f"{path} refers to nothing elsewhere"
        assert headers["x-content-type-options"] == "nosniff"


def test_files_of_the_page_are_sent_once(start: Start) -> None:
    site = start()
    tag = site.ask("GET", "/live.js")[2]["etag"]
    assert site.ask("GET", "/live.js", headers={"if-none-match": tag})[0] == 304


def test_a_server_that_was_left_takes_no_orders_and_its_port_is_free(start: Start) -> None:
    site = start()
    port = site.port
    assert site.server.site is not None
    remote = site.server.site.remote
    site.close()
    with pytest.raises(ConnectionRefusedError):
        site.ask("POST", "/api/shutter")
    with pytest.raises(BusyError):
        asyncio.run(remote.order(live_orders.undo(remote)))
    again = LiveSite(site.out, address=f"127.0.0.1:{port}")
    assert again.ask("GET", "/api/me")[0] == 200
    again.close()
