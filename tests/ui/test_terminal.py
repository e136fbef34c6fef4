"""What a run prints at the terminal: the live line, the shots and the summary."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console

from livecam.live.held_back import SecondState
from livecam.live.recent_shots import ActionResult, RecentShot
from livecam.live.run import LatestResult, LiveRun
from livecam.live.save_state import SaveState
from livecam.live.summary import Percentiles, Summary
from livecam.shutter.decision import Decision, TriggerState
from livecam.sources.health import Health
from livecam.sources.source import Source
from livecam.storage.album import Album, Shot
from livecam.storage.leftovers import Leftovers
from livecam.types import Moment, Reason
from livecam.ui.status_line import StatusLine, status_text
from livecam.ui.terminal import Reporter
from tests.factories import make_frame, make_moment

SUMMARY = Summary(90, 80, 10, 24.0, Percentiles(12.0, 20.0, 31.0), "cpu", (Path("out/a.jpg"),))


class Run:
    """A run at this moment."""

    def __init__(
        self, moment: Moment | None = None, *, state: TriggerState = TriggerState.WAITING, saved: int = 0
    ) -> None:
        self.latest = None if moment is None else LatestResult(moment, Decision(state, None, 4.0))
        self.fps, self.analysed, self.saved = 28.4, 120, saved
        self.paused = False
        self.save_state = SaveState()


def line(run: Run, health: Health = Health.OK) -> str:
    return status_text(cast("LiveRun", run), health).plain


def make_console(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=terminal, soft_wrap=True, width=200), text


def test_the_line_says_the_score_what_to_do_and_how_it_goes() -> None:
    text = line(Run(make_moment(0, 3.25, Reason.EYES_CLOSED), saved=2))

    for words in ("3.2", "open your eyes", "28 frames/s", "2 pictures"):
        assert words in text


def test_without_a_face_the_line_gives_no_score() -> None:
    text = line(Run(make_moment(0, 3.0, faces=0)))

    assert "step into the picture" in text
    assert "3.0" not in text


@pytest.mark.parametrize(("state", "words"), [(TriggerState.WAITING, "ready"), (TriggerState.ARMED, "hold it")])
def test_when_nothing_holds_back_the_line_says_whether_a_picture_is_near(state: TriggerState, words: str) -> None:
    assert words in line(Run(make_moment(0, 4.0), state=state))


def test_a_camera_that_is_gone_is_said_instead_of_an_old_score() -> None:
    text = line(Run(make_moment(0, 4.0)), Health.LOST)

    assert "the camera is gone" in text
    assert "4.0" not in text


def test_a_black_picture_is_called_that() -> None:
    assert "the picture is black: is the lens covered?" in line(Run(make_moment(0, 4.0)), Health.BLACK)


def test_the_line_is_drawn_only_where_it_is_wanted() -> None:
    for shown in (True, False):
        console, text = make_console(terminal=True)
        with StatusLine(console, shown=shown) as status:
            status.update(cast("LiveRun", Run(make_moment(0, 4.0))), Health.OK)
        assert ("ready" in text.getvalue()) == shown


def test_a_picture_by_hand_without_a_score_is_printed_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    shot = Shot(Path("out/a.jpg"), Moment(make_frame(1500.0)), 1500.0, manual=True)
    console, text = make_console()

    Reporter(console, as_json=False, live=True).report_shot(shot)
    Reporter(console, as_json=True, live=True).report_shot(shot)

    assert text.getvalue().split() == ["1.50", "s", "no", "score", "out/a.jpg,", "by", "hand"]
    event = json.loads(capsys.readouterr().out)
    assert (event["score"], event["eyes_closed"], event["t_ms"]) == (None, None, 1500.0)


@pytest.mark.parametrize(("live", "words"), [(True, "age of a frame when decided"), (False, "time spent on a frame")])
def test_the_summary_says_what_its_times_are(live: bool, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    console, text = make_console()

    Reporter(console, as_json=False, live=live).report_summary(SUMMARY)

    printed = text.getvalue()
    for part in (words, "1 in out", "90 read, 80 analysed, 10 dropped", "24.0 frames/s on cpu", "p95 20.0 ms"):
        assert part in printed
    assert capsys.readouterr().out == ""


def test_a_run_without_a_picture_says_what_held_it_back() -> None:
    for shots, said in (((), True), ((Path("out/a.jpg"),), False)):
        console, text = make_console()
        reporter = Reporter(console, as_json=False, live=True)
        for held in ({"no_face": 30}, {"no_face": 5, "too_dark": 20, "cooldown": 30, "not_a_smile": 1}):
            reporter.report_finding(SecondState(0.0, 30, 1, 4.0, 4.4, "waiting", held))
        reporter.report_summary(replace(SUMMARY, frames_analysed=60, shots=shots))
        expected = "nobody there in 35, too dark in 20 of 60 frames"
        assert (expected in text.getvalue()) is said
        assert ("held back by" in text.getvalue()) is said


def test_a_rate_of_too_few_frames_is_not_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    console, text = make_console()
    few = replace(SUMMARY, frames_read=2, frames_analysed=2, frames_dropped=0, fps=None)
    Reporter(console, as_json=False, live=True).report_summary(few)
    Reporter(console, as_json=True, live=True).report_summary(few)

    assert "too few frames to tell, on cpu" in text.getvalue()
    assert json.loads(capsys.readouterr().out)["fps"] is None


def test_at_the_end_the_line_says_how_many_pictures_are_left() -> None:
    run = Run(make_moment(0, 4.0))
    run.save_state = SaveState(last=12, left=9)

    assert line(run, Health.STALLED).startswith("writing 12 pictures, 9 left ")


def test_a_pause_is_said_instead_of_an_old_score() -> None:
    run = Run(make_moment(0, 4.0))
    run.paused = True

    assert "paused" in line(run)
    assert "4.0" not in line(run)
    assert "the camera is gone" in line(run, Health.LOST)


def test_what_a_key_did_to_a_picture_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    shot = RecentShot(Path("out/a.jpg"), None, 4)
    console, text = make_console()
    for as_json in (True, False):
        reporter = Reporter(console, as_json=as_json, live=True)
        reporter.report_action(ActionResult("rated", shot, "Rated 4 of 5"))
        reporter.report_action(ActionResult("deleted", shot, "Moved to out/deleted"))
        reporter.report_action(ActionResult("failed", shot, "the disk is full"))
        if not as_json:
            reporter.report_summary(SUMMARY)

    rated, deleted = map(json.loads, capsys.readouterr().out.splitlines())
    assert rated == {"event": "rated", "path": "out/a.jpg", "rating": 4}
    assert deleted == {"event": "deleted", "path": "out/a.jpg"}
    printed = text.getvalue()
    assert printed.count("the disk is full") == 2, "whoever reads JSON finds it on stderr"
    assert "Rated 4 of 5   out/a.jpg" in printed
    assert "1 in out, 1 of them deleted" in printed


class Camera:
    """A source in a state."""

    name, live, stream_stats = "camera 0", True, None
    health = Health.OK


@pytest.mark.parametrize("as_json", [True, False])
def test_a_camera_that_stops_and_comes_back_is_told_once_each(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    console, text = make_console()
    reporter, camera = Reporter(console, as_json=as_json, live=True), Camera()
    for health in (
        Health.OK,
        Health.STALLED,
        Health.STALLED,
        Health.LOST,
        Health.STALLED,
        Health.OK,
        Health.OK,
        Health.ENDED,
    ):
        camera.health = health
        reporter.report_health(cast("Source", camera))

    if as_json:
        events = [json.loads(event) for event in capsys.readouterr().out.splitlines()]
        assert [event["state"] for event in events] == ["stalled", "lost", "back"]
        assert all((event["event"], event["name"]) == ("camera", "camera 0") for event in events)
        assert text.getvalue() == ""
    else:
        stopped, gone, back = text.getvalue().splitlines()
        assert "has stopped" in stopped
        assert "gone" in gone
        assert back == "the camera is back"


def test_a_slow_camera_is_told_and_one_that_comes_back_slow_is_back(capsys: pytest.CaptureFixture[str]) -> None:
    console, text = make_console()
    for as_json in (True, False):
        reporter, camera = Reporter(console, as_json=as_json, live=True), Camera()
        for health in (Health.SLOW, Health.SLOW, Health.LOST, Health.SLOW, Health.OK):
            camera.health = health
            reporter.report_health(cast("Source", camera))

    states = [json.loads(event)["state"] for event in capsys.readouterr().out.splitlines()]
    assert states == ["slow", "lost", "back", "slow", "back"]
    slow, gone, back, *_, enough = text.getvalue().splitlines()
    assert "needs more light" in slow
    assert "gone" in gone
    assert back == "the camera is back"
    assert enough == "the camera gives enough pictures again"


def test_a_computer_that_is_too_slow_is_told_and_that_it_no_longer_is(capsys: pytest.CaptureFixture[str]) -> None:
    console, text = make_console()
    for as_json in (True, False):
        reporter = Reporter(console, as_json=as_json, live=True)
        for every in (1, 1, 2, 2, 3, 2, 3, 2, 1, 1):
            reporter.report_speed(every)
        reporter.report_summary(replace(SUMMARY, frames_left_out=7))

    *events, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert [(event["event"], event["state"], event["every"]) for event in events] == [
        ("analysis", "slow", 2),
        *(("analysis", "slow", every) for every in (3, 2, 3, 2)),
        ("analysis", "back", 1),
    ]
    assert summary["frames_left_out"] == 7
    first, second, third = text.getvalue().splitlines()[:3]
    assert "one frame of 2" in first
    assert "one frame of 3" in second
    assert third == "this computer looks at every frame again", "that it is less slow meanwhile is not worth a line"
    assert "7 of them on purpose" in text.getvalue()


def test_a_path_that_is_longer_than_the_terminal_is_wide_is_told_whole() -> None:
    text = io.StringIO()
    folder = Path("/media/" + "somebody" * 12)
    reporter = Reporter(Console(file=text, width=60), as_json=False, live=True)
    reporter.report_summary(replace(SUMMARY, shots=(folder / "a.jpg",)))
    assert str(folder) in "".join(text.getvalue().split())


def test_a_disk_that_fails_is_told_and_that_it_is_back(capsys: pytest.CaptureFixture[str]) -> None:
    console, text = make_console()
    failing = SaveState("cannot save pictures in out: the disk is full", 2)
    for as_json in (True, False):
        reporter = Reporter(console, as_json=as_json, live=True)
        for state in (SaveState(), failing, failing, SaveState()):
            reporter.report_saving(state)

    failed, back = map(json.loads, capsys.readouterr().out.splitlines())
    assert (failed["event"], failed["state"], failed["waiting"]) == ("disk", "failing", 2)
    assert (back["state"], back["message"]) == ("back", None)
    assert text.getvalue().splitlines() == 2 * [
        "2 pictures kept in memory, trying again: cannot save pictures in out: the disk is full",
        "pictures are saved again",
    ]


def test_what_is_still_written_at_the_end_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    console, text = make_console()
    for as_json in (True, False):
        reporter = Reporter(console, as_json=as_json, live=True)
        for state in (SaveState(), SaveState(last=12, left=9), SaveState(last=12, left=8), SaveState()):
            reporter.report_saving(state)

    (event,) = map(json.loads, capsys.readouterr().out.splitlines())
    counts = {"waiting": 9, "lost": 0, "elsewhere": 0}
    assert event == {"event": "disk", "state": "writing", **counts, "message": None}
    assert text.getvalue().splitlines() == 2 * ["writing 12 pictures, 9 left"]


def test_a_disk_that_fails_at_the_end_is_told_once() -> None:
    console, text = make_console()
    reporter = Reporter(console, as_json=False, live=True)
    for state in (SaveState(), SaveState("the disk is full", 2, last=2, left=2), SaveState()):
        reporter.report_saving(state)
    assert text.getvalue().splitlines() == [
        "2 pictures kept in memory, trying again: the disk is full",
        "pictures are saved again",
    ]


@pytest.mark.parametrize(("free", "warned"), [(120_000_000, True), (80_000_000_000, False), (None, False)])
def test_a_disk_that_is_nearly_full_is_told_beforehand(free: int | None, warned: bool) -> None:
    class Nearly:
        folder = Path("out")

        def free_bytes(self) -> int | None:
            return free

    console, text = make_console()
    Reporter(console, as_json=False, live=True).report_space(cast("Album", Nearly()))
    assert text.getvalue() == ("only 120 MB free for pictures in out\n" if warned else "")


@pytest.mark.parametrize("as_json", [True, False])
def test_of_a_countdown_with_nobody_there_it_is_said_that_nobody_was(as_json: bool) -> None:
    console, text = make_console()
    for reasons, words in (((), "nobody was there"), ((Reason.BLURRED,), "hold still for a better one")):
        empty = make_moment(0, 3.0, *reasons, faces=len(reasons))
        Reporter(console, as_json=as_json, live=True).report_shot(Shot(Path("a.jpg"), empty, 0.0))
        assert f"taken all the same: {words}" in text.getvalue()
    before = text.getvalue()
    by_hand = Shot(Path("a.jpg"), make_moment(0, 3.0, faces=0), 0.0, manual=True)
    Reporter(console, as_json=True, live=True).report_shot(by_hand)
    assert text.getvalue() == before, "by hand nobody is reproached"


def test_what_a_killed_run_has_left_is_told() -> None:
    class Found:
        folder = Path("out")
        leftovers = Leftovers((Path("out/a.jpg"),), 2)

    console, text = make_console()
    Reporter(console, as_json=True, live=True).report_leftovers(cast("Album", Found()))
    assert text.getvalue().splitlines() == [
        "recovered a picture of a run that was killed: out/a.jpg",
        "removed what a run that was killed has left in out: 2 half-written",
    ]
