"""The live view: what is drawn of a run, and what the keys do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from livecam.live.loading import Preview
from livecam.live.recent_shots import ActionResult, RecentShots
from livecam.live.run import LatestResult, LiveRun
from livecam.live.save_state import SaveState
from livecam.shutter.decision import Decision, TriggerState
from livecam.shutter.shutter_control import FARTHEST, STEP, ShutterControl
from livecam.shutter.trigger import Trigger
from livecam.sources.health import Health, StreamStats
from livecam.sources.source import Source
from livecam.storage.album import Shot
from livecam.types import Frame, Moment, Reason, ScoredFace, UInt8Array
from livecam.ui.keys import Key
from livecam.ui.live_view import VIEW_DEFAULTS, LiveView, fit
from livecam.ui.sound import Sound, Speaker
from tests.factories import make_face, make_frame, make_score
from tests.ui.screen_text import HEADLINE, PILL, shows

DECISION = Decision(TriggerState.WAITING, 3.0, 4.0)
HELP, SECOND_LINE = (19, 400), (20, 400)  # fonts: of the card with the keys, and of the line under a headline


class Screen:
    """Has a size, and keys that are pressed before the next look."""

    def __init__(self) -> None:
        self.shown: list[UInt8Array] = []
        self.pressed: list[Key] = []
        self.size: tuple[int, int] | None = (640, 480)
        self.full = False

    def show(self, image: UInt8Array) -> None:
        self.shown.append(image)

    def key(self) -> Key | None:
        return self.pressed.pop(0) if self.pressed else None

    def toggle_full_screen(self) -> None:
        self.full = not self.full


class Run:
    """A run whose newest frame and newest moment the test sets."""

    def __init__(self) -> None:
        self.newest: Frame | None = None
        self.latest: LatestResult | None = None
        self.fps = 30.0
        self.saved = 0
        self.save_state = SaveState()
        self.paused = self.over = False
        self.captured: list[Frame] = []
        self.backend: Backend | None = Backend()
        self.every = 1

    def capture(self, frame: Frame) -> None:
        self.captured.append(frame)

    capture_exactly = capture


class Camera:
    health = Health.OK
    live = True
    stream_stats: StreamStats | None = None


class Backend:
    provider = "cpu"
    fallback: str | None = None


class Quiet(Speaker):
    """Remembers what would be heard."""

    def __init__(self) -> None:
        super().__init__(None)
        self.heard: list[Sound] = []

    def play(self, sound: Sound) -> None:
        self.heard.append(sound)


class Scene:
    """A view with all that is around it."""

    def __init__(self, folder: Path) -> None:
        self.screen, self.run, self.camera = Screen(), Run(), Camera()
        self.control, self.recent_shots, self.speaker = ShutterControl(Trigger()), RecentShots(folder), Quiet()
        self.folder = folder
        self.now_s = 1000.0
        source = cast("Source", self.camera)
        self.view = LiveView(
            self.screen, source, self.control, self.recent_shots, self.speaker, clock=lambda: self.now_s
        )

    def shows(self, text: str, font: tuple[int, int] = PILL) -> bool:
        """Whether the person can read text on the screen."""
        return shows(self.screen.shown[-1], text, font)

    def see(self, index: int, *, grey: int = 128, age_s: float = 0.0, decision: Decision = DECISION) -> Frame:
        """A frame comes and is analysed."""
        frame = replace(frame_of(index, grey=grey), captured_s=self.now_s - age_s)
        self.run.newest, self.run.latest = frame, latest(frame, decision)
        return frame

    def press(self, *keys: Key) -> bool:
        self.screen.pressed.extend(keys)
        return self.refresh()

    def refresh(self) -> bool:
        return self.view.refresh(self.run)

    def take(self, name: str = "a.jpg", *reasons: Reason, manual: bool = False) -> None:
        """A picture is saved."""
        (self.folder / name).write_text(name)
        moment = Moment(frame_of(0), (ScoredFace(make_face(), make_score(3.0), reasons),))
        self.run.saved += 1
        shot = Shot(self.folder / name, moment, 0.0, manual)
        self.recent_shots.add(shot)
        self.view.show_shot(shot)

    def finish_actions(self) -> list[ActionResult]:
        """Wait for what the keys have started, and show what came of it."""
        self.recent_shots.close()
        results = self.recent_shots.results()
        for result in results:
            self.view.show_result(result)
        return results


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.recent_shots.close()


def frame_of(index: int, *, grey: int = 128, width: int = 640, height: int = 480) -> Frame:
    return make_frame(index * 33.0, width=width, height=height, grey=grey, index=index)


def latest(of: Frame, decision: Decision = DECISION) -> LatestResult:
    return LatestResult(Moment(of, (ScoredFace(make_face(), make_score(3.0)),)), decision)


def test_the_newest_frame_is_shown_although_its_analysis_is_not_there_yet(scene: Scene) -> None:
    scene.see(0, grey=20)
    scene.run.newest = frame_of(5, grey=200)

    scene.refresh()

    assert np.median(scene.screen.shown[0][200:280, 250:390]) == 200
    box_drawn = np.any(scene.screen.shown[0][120:260, 150:300] != 200)
    assert box_drawn, "the face of the last moment stands in"


def test_nothing_is_drawn_twice(scene: Scene) -> None:
    scene.see(0)

    scene.refresh()
    scene.refresh()
    assert len(scene.screen.shown) == 1
    scene.now_s += 1
    scene.refresh()
    assert len(scene.screen.shown) == 2, "but a window must be looked after"


@pytest.mark.parametrize("newest", [0, 60])
def test_the_flash_comes_when_a_picture_is_saved_however_late_and_is_over_before_the_next_frame_of_a_slow_camera(
    scene: Scene, newest: int
) -> None:
    def brightness() -> float:
        scene.refresh()
        return float(np.median(scene.screen.shown[-1]))

    scene.see(newest)
    scene.take()  # the shutter decided at 0 ms
    assert brightness() > 215
    assert scene.shows("Got it!", HEADLINE)
    scene.now_s += 0.3
    assert brightness() == 128


def test_before_the_first_frame_nothing_is_shown_unless_the_camera_fails(scene: Scene) -> None:
    assert scene.refresh()
    assert scene.screen.shown == []
    scene.camera.health = Health.LOST
    scene.refresh()
    assert len(scene.screen.shown) == 1


def test_a_first_frame_that_is_long_in_coming_leaves_no_empty_window(scene: Scene) -> None:
    scene.refresh()
    scene.now_s += VIEW_DEFAULTS.patience_s
    scene.refresh()
    assert len(scene.screen.shown) == 1
    assert scene.screen.shown[0].max() > 200, "there is something to read"


def test_the_first_frame_is_shown_before_it_is_analysed(scene: Scene) -> None:
    scene.run.newest = frame_of(0)
    scene.refresh()
    assert len(scene.screen.shown) == 1


def test_space_takes_the_frame_that_was_on_the_screen_when_it_was_pressed(scene: Scene) -> None:
    seen = scene.see(0)
    scene.refresh()
    scene.see(1)
    scene.press(Key.TAKE)

    assert scene.run.captured == [seen]


def test_every_key_pressed_since_is_obeyed_and_only_q_quits(scene: Scene) -> None:
    scene.see(0).image[:, :320] = 10
    scene.refresh()
    (plain,) = scene.screen.shown

    assert scene.press(Key.MIRROR, Key.HELP, Key.GRID)

    screen = scene.screen.shown[-1]
    assert (plain[240, 40, 0], screen[240, 40, 0]) == (10, 128), "mirrored"
    assert shows(screen, "take a picture now", HELP), "the card with the keys"
    assert screen[60, 213, 0] != screen[60, 200, 0], "the grid"
    assert not scene.press(Key.QUIT)


@pytest.mark.parametrize("key", [key for key in Key if key is not Key.QUIT])
def test_no_key_does_harm_before_there_is_anything(scene: Scene, key: Key) -> None:
    assert scene.press(key)
    scene.see(0)
    assert scene.press(key)


def test_m_mirrors_the_picture_but_not_the_one_taken(scene: Scene) -> None:
    frame = scene.see(0)
    frame.image[:, :320] = 10
    scene.refresh()
    scene.press(Key.MIRROR)

    assert [int(np.median(image[200:280, :150])) for image in scene.screen.shown] == [10, 128]
    assert frame.image[0, 0, 0] == 10


def test_f_fills_the_screen(scene: Scene) -> None:
    scene.see(0)
    scene.press(Key.FULL_SCREEN)
    assert scene.screen.full


def test_p_pauses_the_run_and_says_so_and_goes_on_with_nothing_armed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    rested: list[bool] = []
    monkeypatch.setattr(scene.control, "rest", lambda: rested.append(scene.run.paused))
    scene.see(0)
    scene.press(Key.PAUSE)
    assert scene.run.paused
    assert scene.shows("Paused", HEADLINE)
    scene.press(Key.COUNTDOWN, Key.AUTO, Key.HIGHER)
    assert not scene.control.counting
    assert (scene.control.auto, scene.control.shift) == (True, 0.0)
    assert scene.shows("Paused: P goes on")
    scene.press(Key.PAUSE)
    assert not scene.run.paused
    assert rested == [True, False]


def test_a_switches_pictures_by_themselves_and_says_so(scene: Scene) -> None:
    scene.see(0)
    scene.press(Key.AUTO)
    assert not scene.control.auto
    assert scene.shows("Pictures by themselves: off")
    assert scene.shows("auto is off  ·  A")
    scene.press(Key.AUTO)
    assert scene.control.auto
    assert scene.shows("Pictures by themselves: on")
    assert not scene.shows("auto is off  ·  A")


def test_up_and_down_move_the_threshold_and_say_where_it_is(scene: Scene) -> None:
    scene.see(0)
    scene.press(Key.HIGHER, Key.HIGHER)
    assert scene.control.shift == pytest.approx(2 * STEP)
    assert scene.shows("Threshold +0.2")
    scene.press(Key.LOWER, Key.LOWER)
    assert scene.shows("Threshold as it is by itself")
    scene.press(*[Key.LOWER] * 40)
    assert scene.shows(f"Threshold -{FARTHEST}")


def test_c_starts_a_countdown_and_breaks_it_off(scene: Scene) -> None:
    scene.see(0)
    scene.press(Key.COUNTDOWN)
    assert scene.control.counting
    scene.press(Key.COUNTDOWN)
    assert not scene.control.counting


def test_each_second_of_a_countdown_is_heard_once(scene: Scene) -> None:
    for index, left_ms in enumerate((3000, 2966, 2100, 2000, 1990, 1001, 1000, 400, 0, 0, 0)):
        scene.see(index, decision=replace(DECISION, counting_ms=float(left_ms)))
        scene.refresh()
    scene.see(20)
    scene.refresh()

    assert scene.speaker.heard == [Sound.TICK, Sound.TICK, Sound.TICK, Sound.LAST]


def test_a_picture_taken_is_seen_and_heard_at_once(scene: Scene) -> None:
    scene.see(0)
    scene.refresh()
    scene.take()
    scene.refresh()

    before, after = scene.screen.shown
    assert after.mean() > before.mean() + 20, "the flash"
    assert scene.speaker.heard == [Sound.CLICK]
    assert [shot.path.name for shot in scene.recent_shots.with_thumbnail] == ["a.jpg"]


def test_a_countdown_that_had_to_take_closed_eyes_says_so(scene: Scene) -> None:
    scene.see(0)
    scene.take("a.jpg", Reason.EYES_CLOSED)
    scene.refresh()
    assert scene.shows("Taken all the same: open your eyes for a better one")


def test_by_hand_nobody_is_reproached(scene: Scene) -> None:
    scene.see(0)
    scene.take("a.jpg")
    scene.take("b.jpg", Reason.EYES_CLOSED, manual=True)
    scene.refresh()
    assert scene.shows("Rate it with 1 to 5; X deletes it")


def test_a_number_rates_the_last_picture(scene: Scene) -> None:
    scene.see(0)
    scene.take("a.jpg")
    scene.take("b.jpg")
    scene.press(Key.RATE_2, Key.RATE_4)
    scene.finish_actions()
    scene.refresh()

    assert scene.shows("Rated 4 of 5")
    assert (scene.folder / "ratings.csv").read_text() == "path,rating\nb.jpg,4\n"


def test_x_deletes_the_last_picture_and_u_restores_it(scene: Scene) -> None:
    scene.see(0)
    scene.take("a.jpg")
    scene.take("b.jpg")
    scene.press(Key.DELETE)
    assert scene.shows("1 picture")
    assert not scene.shows("2 pictures")
    scene.press(Key.RESTORE)
    assert scene.shows("2 pictures")
    assert [result.event for result in scene.finish_actions()] == ["deleted", "restored"]
    assert sorted(path.name for path in scene.folder.glob("*.jpg")) == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (Key.DELETE, "No picture yet"),
        (Key.RATE_3, "No picture yet"),
        (Key.RESTORE, "Nothing to bring back from “deleted”"),
    ],
)
def test_without_a_picture_the_keys_for_it_say_so(scene: Scene, key: Key, words: str) -> None:
    scene.see(0)
    scene.press(key)
    assert scene.shows(words)


def test_what_a_key_has_done_is_not_shown_for_ever(scene: Scene) -> None:
    scene.see(0)
    scene.press(Key.DELETE)
    assert scene.shows("No picture yet")
    scene.now_s += 5
    scene.refresh()
    assert not scene.shows("No picture yet")


def test_a_score_that_is_too_old_is_not_shown_for_a_camera_but_for_a_file_it_is_never_old(scene: Scene) -> None:
    scene.see(0, age_s=5)
    scene.refresh()
    assert scene.shows("The score lags behind", HEADLINE)
    scene.camera.live = False
    scene.see(1, age_s=5)
    scene.refresh()
    assert scene.shows("Ready when you are", HEADLINE)


def test_a_scorer_that_falls_back_on_the_way_is_shown_as_it_is_now(scene: Scene) -> None:
    words = "cuda does not work here, cpu does"
    scene.see(0)
    scene.refresh()
    assert not scene.shows(words)
    scene.run.backend = Backend()
    scene.run.backend.fallback = "cuda"
    scene.see(1)
    scene.refresh()
    assert scene.shows(words)


def test_the_words_are_drawn_in_the_windows_own_pixels(scene: Scene) -> None:
    scene.screen.size = 1280, 960
    scene.see(0)
    scene.refresh()
    assert scene.screen.shown[0].shape == (960, 1280, 3)


@pytest.mark.parametrize(
    ("picture", "room", "drawn"),
    [
        ((3840, 2160), None, (1280, 720)),  # as the window will be
        ((1280, 720), (1280, 720), (1280, 720)),
        ((1280, 720), (1279, 719), (1280, 720)),  # rounded by the window
        ((3840, 2160), (1280, 720), (1280, 720)),
        ((640, 480), (1920, 1080), (1440, 1080)),
        ((1280, 720), (480, 300), (480, 270)),
        ((1280, 720), (300, 200), (427, 240)),  # too small to read: the window shrinks it
        ((1280, 720), (7680, 4320), (3840, 2160)),
        ((720, 1280), (1920, 1080), (608, 1080)),
        ((1, 1), (100, 100), (240, 240)),
    ],
)
def test_a_picture_is_drawn_as_large_as_its_window(
    picture: tuple[int, int], room: tuple[int, int] | None, drawn: tuple[int, int]
) -> None:
    assert fit(frame_of(0, width=picture[0], height=picture[1]), room) == drawn


def test_a_threshold_that_moves_by_itself_says_why(scene: Scene) -> None:
    def rest(index: int, threshold: float, resting: float | None) -> None:
        scene.see(index, decision=replace(DECISION, threshold=threshold, resting=resting))
        scene.refresh()

    rest(0, 4.5, None)
    assert not scene.shows("Threshold 4.5  ·  your rest: 4.0")
    rest(1, 4.2, 3.7)
    assert scene.shows("Threshold 4.2  ·  your rest: 3.7")
    scene.now_s += 60
    rest(2, 4.1, 3.6)
    assert not scene.shows("Threshold 4.1  ·  your rest: 3.6"), "that is next to nothing"
    scene.press(Key.HIGHER, Key.HIGHER, Key.HIGHER)
    scene.now_s += 60
    rest(3, 4.5, 3.7)
    assert not scene.shows("Threshold 4.5  ·  your rest: 3.7"), "it was moved by hand"
    rest(4, 4.8, 4.0)
    assert scene.shows("Threshold 4.8  ·  your rest: 4.0")


def test_the_score_of_a_slow_camera_stands_until_its_next_picture(scene: Scene) -> None:
    scene.camera.health = Health.SLOW
    scene.see(0)
    scene.now_s += 1.8
    scene.refresh()
    assert scene.shows("Ready when you are", HEADLINE)
    assert scene.shows("few pictures come: the camera needs more light, or a better connection")


def test_a_computer_that_is_too_slow_says_how_many_frames_it_looks_at(scene: Scene) -> None:
    scene.run.every = 2
    scene.see(0)
    scene.refresh()
    assert scene.shows("30 fps, 1 of 2 frames  ·  cpu  ·  no picture yet")


class PeekedCamera(Camera):
    """A camera that has begun and that nobody reads."""

    def __init__(self, *frames: Frame) -> None:
        self.waiting = list(frames)

    def peek(self) -> Frame | None:
        return self.waiting[0] if self.waiting else None


def test_while_the_models_load_the_camera_is_shown_and_no_score(scene: Scene) -> None:
    camera = PeekedCamera(frame_of(0, grey=60), frame_of(1, grey=200))
    preview = Preview(cast("Source", camera))

    for _ in range(2):
        assert scene.view.refresh(preview)
        camera.waiting.pop(0)

    assert [int(np.median(image[200:280, 250:390])) for image in scene.screen.shown] == [60, 200]
    assert all(shows(image, "The models are loading; then it begins.", SECOND_LINE) for image in scene.screen.shown)


def test_keys_work_while_the_models_load_and_the_run_then_does_what_was_asked(scene: Scene) -> None:
    frame = frame_of(0)
    frame.image[:, :320] = 10
    preview = Preview(cast("Source", PeekedCamera(frame)))
    scene.view.refresh(preview)
    scene.screen.pressed = [Key.TAKE, Key.PAUSE, Key.MIRROR, Key.COUNTDOWN]
    scene.view.refresh(preview)
    preview.continue_in(cast("LiveRun", scene.run))

    assert scene.run.captured == [frame]
    assert scene.run.paused
    left_edge = [int(np.median(image[200:280, :100])) for image in scene.screen.shown]
    assert left_edge[0] == 10
    assert left_edge[-1] > 10, "mirrored"
    scene.screen.pressed = [Key.QUIT]
    assert not scene.view.refresh(preview)


def test_what_a_camera_gives_instead_of_what_was_asked_stays_on_the_screen(scene: Scene) -> None:
    words = "asked 60 frames/s, the camera gives 30"
    scene.see(0)
    scene.refresh()
    assert not scene.shows(words)
    scene.camera.stream_stats = StreamStats(1280, 720, 30.0, missed=words)
    for index in (1, 2):
        scene.see(index)
        scene.refresh()
        assert scene.shows(words)


def test_at_the_end_it_shows_how_many_pictures_are_still_to_be_written_and_takes_no_more(scene: Scene) -> None:
    scene.see(0)
    scene.take()
    scene.run.over, scene.run.save_state = True, SaveState(last=12, left=9)
    scene.now_s += 10.0
    assert scene.refresh()
    assert scene.shows("Writing 12 pictures, 9 left")

    for key in (Key.TAKE, Key.COUNTDOWN, Key.AUTO, Key.PAUSE, Key.HIGHER, Key.LOWER):
        assert scene.press(key)
        assert scene.shows("The end: nothing more is taken")
        scene.now_s += 10.0
    assert scene.run.captured == []
    assert not scene.run.paused
    assert scene.control.auto
    assert not scene.control.counting

    scene.press(Key.RATE_4)
    scene.finish_actions()
    scene.refresh()
    assert scene.shows("Rated 4 of 5"), "what is on the disk may be rated meanwhile"


def test_pictures_that_cannot_be_saved_are_told_on_the_screen_until_they_are(scene: Scene) -> None:
    scene.run.save_state = SaveState("the disk is full", 3)
    scene.see(0)
    scene.refresh()
    assert scene.shows("3 pictures kept in memory, trying again: the disk is full")
    scene.run.save_state = SaveState()
    scene.see(1)
    scene.refresh()
    assert not scene.shows("3 pictures kept in memory, trying again: the disk is full")
