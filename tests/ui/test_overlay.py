from __future__ import annotations

import dataclasses
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from livecam import types, wording
from livecam.commands.run import run
from livecam.live import recent_shots, save_state
from livecam.live.recent_shots import RecentShot
from livecam.shutter.decision import Decision, TriggerState
from livecam.sources import camera, health
from livecam.sources.health import Health
from livecam.storage.album import Shot
from livecam.types import Frame, Moment, Reason, ScoredFace, UInt8Array
from livecam.ui import draw, fonts, key_actions, keys, labels, live_view, overlay, panels, score_card
from livecam.ui.draw import ACCENT, ATTENTION, WHITE, Colour, Rect
from livecam.ui.layout import Layout
from livecam.ui.overlay import Overlay
from livecam.ui.status import Status
from livecam.ui.thumbnails import MOST
from tests.factories import make_face, make_frame, make_score
from tests.ui.screen_text import HEADLINE, shows

SIZES = [(640, 480), (854, 480), (1280, 720), (1920, 1080), (3840, 2160), (720, 1280)]
OK = Status(Health.OK, "cpu", 30.0, 0)
WAITING = Decision(TriggerState.WAITING, 3.0, 4.0)
ARMED = Decision(TriggerState.ARMED, 4.5, 4.0, progress=0.5)


def moment(
    score: float | None = 3.0,
    *reasons: Reason,
    t_ms: float = 1000.0,
    size: tuple[int, int] = (1280, 720),
    eyes: tuple[float, float] = (0.0, 0.0),
    centre: tuple[float, float] = (0.5, 0.35),
    grey: int = 128,
) -> Moment:
    """A moment with one face (none if the score is None) at centre, in shares of the frame."""
    width, height = size
    frame = make_frame(t_ms, width=width, height=height, grey=grey)
    if score is None:
        return Moment(frame)
    face = make_face(centre=(centre[0] * width, centre[1] * height), size=height / 3)
    return Moment(frame, (ScoredFace(face, make_score(score, eyes), reasons),))


@dataclasses.dataclass
class TakenShot:
    """A picture that was taken."""

    thumbnail: UInt8Array | None
    rating: int | None = None


def taken(colour: Colour = (200, 30, 40), rating: int | None = None) -> TakenShot:
    return TakenShot(np.full((270, 480, 3), colour, np.uint8), rating)


def shown(since_shot_ms: float) -> Status:
    """So long after a picture was taken."""
    return dataclasses.replace(OK, since_shot_ms=since_shot_ms)


def shot(fired_t_ms: float) -> Shot:
    return Shot(Path("a.jpg"), Moment(make_frame(fired_t_ms - 100)), fired_t_ms)


THREE = (3.0, (), True), (3.0, (), True), (3.0, (Reason.BLURRED,), True)


def part(image: UInt8Array, rect: Rect) -> UInt8Array:
    return image[rect.y : rect.bottom, rect.x : rect.right]


def card_of(image: UInt8Array, *, top: bool = False) -> UInt8Array:
    return part(image, score_card.place(Layout(image.shape[1], image.shape[0]), top=top))


def ring_of(image: UInt8Array) -> UInt8Array:
    """The inside of the ring, where the score stands."""
    shown = card_of(image)
    return shown[:, : shown.shape[0] * 9 // 10]


def eyes_of(image: UInt8Array) -> tuple[UInt8Array, UInt8Array]:
    """The eye seen on the left of the screen, and the one on the right."""
    shown = card_of(image)
    unit = image.shape[0] / 720
    row = shown[round(70 * unit) :]
    left, middle, right = (shown.shape[1] - round(x * unit) for x in (124, 73, 22))
    return row[:, left:middle], row[:, middle:right]


def covered(image: UInt8Array, colour: Colour) -> int:
    """Pixels of very nearly this colour."""
    return int((np.abs(image.astype(int) - colour).max(axis=2) < 24).sum())


def words(
    moment: Moment | None,
    decision: Decision | None = WAITING,
    health: Health = Health.OK,
    since_ms: float = 1e9,
    *,
    auto: bool = True,
    paused: bool = False,
    age_ms: float = 0.0,
    loading: bool = False,
) -> str:
    view = score_card.Card(moment, decision, health, [], since_ms, False, auto, paused, age_ms, loading)
    return view.headline()[0]


def group(*faces: tuple[float, tuple[Reason, ...], bool], size: tuple[int, int] = (1280, 720)) -> Moment:
    """People from the left: score, reasons, whether they count."""
    width, height = size
    scored = tuple(
        ScoredFace(
            make_face(centre=((i + 0.5) / len(faces) * width, 0.4 * height), size=height / 4),
            make_score(score), reasons, person=i, counted=counted,
        )
        for i, (score, reasons, counted) in enumerate(faces)
    )  # fmt: skip
    return Moment(make_frame(1000.0, width=width, height=height), scored)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "mirror"), [*((size, False) for size in SIZES), ((1280, 720), True)])
def test_every_size_is_drawn_in_full_and_the_frame_is_left_alone(size: tuple[int, int], mirror: bool) -> None:
    seen = moment(4.5, Reason.BLURRED, size=size)
    before = seen.frame.image.copy()
    screen = Overlay(mirror=mirror)
    screen.help_shown = screen.grid_shown = True
    screen.flash(shot(900.0))
    status = dataclasses.replace(shown(100.0), message="a message" * 40, notice="a notice", fallback="cuda", auto=False)
    counting = dataclasses.replace(ARMED, counting_ms=2500.0)
    image = screen.draw(seen, counting, status, shots=[taken(rating=3)] * 9)
    assert image.shape == seen.frame.image.shape
    assert image.dtype == np.uint8
    assert not np.shares_memory(image, seen.frame.image)
    np.testing.assert_array_equal(seen.frame.image, before)
    assert (image != before).any()


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (64, 48), (2000, 40), (30, 900)])
def test_a_tiny_or_odd_frame_does_not_fail(size: tuple[int, int]) -> None:
    screen = Overlay()
    screen.help_shown = screen.grid_shown = True
    counting = dataclasses.replace(ARMED, counting_ms=2500.0)
    image = screen.draw(moment(4.0, size=size), counting, OK, shots=[taken(rating=3)])
    assert image.shape == (size[1], size[0], 3)


@pytest.mark.slow
def test_the_screen_grows_with_the_frame() -> None:
    small = Overlay().draw(moment(size=(1280, 720)), WAITING, OK)
    large = Overlay().draw(moment(size=(3840, 2160)), WAITING, OK)
    halves = large.reshape(720, 3, 1280, 3, 3).mean(axis=(1, 3))
    assert np.abs(halves - small).mean() < 1.5


def test_a_score_is_shown_only_with_a_face() -> None:
    nobody = ring_of(Overlay().draw(moment(None), WAITING, OK))
    low = ring_of(Overlay().draw(moment(2.3), WAITING, OK))
    other = ring_of(Overlay().draw(moment(2.8), WAITING, OK))
    assert covered(low, draw.WHITE) > 150
    assert (low != other).any()
    assert covered(nobody, draw.WHITE) == 0


@pytest.mark.slow
@pytest.mark.parametrize("health", [Health.STALLED, Health.LOST, Health.ENDED])
def test_a_source_that_gives_nothing_new_shows_no_score_no_box_and_no_eyes(health: Health) -> None:
    status = dataclasses.replace(OK, health=health)
    good = Overlay().draw(moment(4.8), ARMED, status)
    bad = Overlay().draw(moment(1.2, Reason.EYES_CLOSED, eyes=(1, 1)), WAITING, status)
    np.testing.assert_array_equal(good, bad)
    assert good[300, 900].max() < 64  # the last picture is dimmed, from 128
    assert covered(good, ACCENT) == 0


@pytest.mark.parametrize("health", list(Health))
def test_before_the_first_picture_there_is_a_screen_too(health: Health) -> None:
    image = Overlay().draw(None, None, dataclasses.replace(OK, health=health))
    assert image.shape == (720, 1280, 3)
    assert covered(ring_of(image), draw.WHITE) == 0


def test_without_a_picture_the_screen_keeps_its_size() -> None:
    screen = Overlay()
    screen.draw(moment(size=(640, 480)), WAITING, OK)
    assert screen.draw(None, None, dataclasses.replace(OK, health=Health.LOST)).shape == (480, 640, 3)


def test_the_words_say_what_is_the_matter() -> None:
    assert words(None) == "Starting…"
    assert words(None, loading=True) == "One moment…"
    assert words(moment(None)) == "Step into the picture"
    assert words(moment(2.0, Reason.LEFT_EYE_CLOSED, Reason.BLURRED)) == "Open your left eye"
    assert words(moment(3.0)) == "Ready when you are"
    assert words(moment(4.5), dataclasses.replace(WAITING, not_a_smile=True)) == "Relax the mouth, then smile"
    assert words(moment(4.5), ARMED) == "Hold it…"
    assert words(moment(3.0), Decision(TriggerState.COOLDOWN, 3.0, 4.0)) == "Relax for the next one"
    assert words(moment(4.5), Decision(TriggerState.COOLDOWN, 4.5, 4.0), since_ms=300.0) == "Got it!"
    assert words(None, health=Health.LOST) == "No camera"
    assert words(moment(4.5), health=Health.STALLED, since_ms=300.0) == "No new picture"


def test_hidden_eyes_are_said_and_drawn_as_a_dash_and_hold_nothing_back() -> None:
    hidden = moment(4.0, Reason.EYES_HIDDEN, eyes=(0.9, 0.9))
    assert words(hidden) == "Eyes hidden"
    assert words(hidden, ARMED) == "Hold it…"
    screen = Overlay().draw(hidden, WAITING, OK)
    assert all(covered(eye, draw.MUTED) > 10 for eye in eyes_of(screen))
    assert all(covered(eye, ATTENTION) == 0 for eye in eyes_of(screen)), "what is guessed of them is not shown"


def test_what_holds_a_shot_back_comes_before_being_armed() -> None:
    assert words(moment(4.5, Reason.BLURRED), ARMED) == "Hold still"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NO_FACE])
def test_every_reason_fits_in_big_words(reason: Reason) -> None:
    text = words(moment(2.0, reason))
    assert draw.text_width(text, 36, 600) < score_card.WIDTH - 136 - 26


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("reason", [Reason.LEFT_EYE_CLOSED, None])
def test_the_subjects_left_eye_is_shown_where_it_is_seen(mirror: bool, reason: Reason | None) -> None:
    # either the check or, without one, the scorer says that it is closed
    seen = moment(2.0, *([reason] if reason else []), eyes=(0.0 if reason else 0.9, 0.1))
    left, right = eyes_of(Overlay(mirror=mirror).draw(seen, WAITING, OK))
    closed, opened = (left, right) if mirror else (right, left)
    assert covered(closed, ATTENTION) > 60
    assert covered(opened, ATTENTION) == 0
    assert covered(opened, draw.WHITE) > 60


def test_both_eyes_closed_shows_both() -> None:
    left, right = eyes_of(Overlay().draw(moment(1.5, Reason.EYES_CLOSED), WAITING, OK))
    assert covered(left, ATTENTION) > 60
    assert covered(right, ATTENTION) > 60


def test_a_mirror_turns_the_picture_and_the_box_but_not_the_words() -> None:
    seen = moment(4.0, centre=(0.25, 0.35))
    seen.frame.image[300:340, :200] = 255
    plain, mirrored = Overlay().draw(seen, WAITING, OK), Overlay(mirror=True).draw(seen, WAITING, OK)
    np.testing.assert_array_equal(card_of(plain), card_of(mirrored))
    np.testing.assert_array_equal(plain[300:340, 0:150], mirrored[300:340, ::-1][:, 0:150])
    assert (plain[300:340, 0:150] == 255).all()
    assert covered(plain[100:400, :640], draw.WHITE) > 300  # the box
    assert covered(mirrored[100:290, 640:], draw.WHITE) > 300


def test_the_box_has_the_colour_of_its_face() -> None:
    def colours(seen: Moment, decision: Decision) -> tuple[bool, bool, bool]:
        around = Overlay().draw(seen, decision, OK)[90:420, 400:880]
        return covered(around, draw.WHITE) > 200, covered(around, ACCENT) > 200, covered(around, ATTENTION) > 200

    assert colours(moment(3.0), WAITING) == (True, False, False)
    assert colours(moment(4.5), ARMED) == (False, True, False)
    assert colours(moment(4.5, Reason.BLURRED), ARMED) == (False, False, True)


def test_the_ring_fills_while_armed() -> None:
    def filled(decision: Decision) -> int:
        return covered(ring_of(Overlay().draw(moment(3.0), decision, OK)), ACCENT)

    shares = [filled(Decision(TriggerState.ARMED, 4.5, 4.0, progress)) for progress in (0.0, 0.3, 0.6, 1.0)]
    assert shares == sorted(set(shares))
    assert shares[3] > 3 * shares[1]
    assert filled(Decision(TriggerState.WAITING, 4.5, 4.0, 0.6)) == 0
    assert filled(Decision(TriggerState.COOLDOWN, 4.5, 4.0, 0.6)) == 0


@pytest.mark.slow
def test_the_meter_shows_the_last_seconds_and_a_gap_where_nobody_was() -> None:
    def columns(screen: Overlay, at: float) -> list[bool]:
        image = card_of(screen.draw(moment(3.0, t_ms=at), None, OK))
        meter = image[76:118, 172:-146]
        return [covered(meter[:, x : x + 14], draw.WHITE) > 0 for x in (10, 142, 260)]

    screen = Overlay()
    for t_ms in range(0, 6000, 50):
        screen.draw(moment(None if 2500 < t_ms < 4000 else 3.0, t_ms=t_ms), None, OK)
    assert columns(screen, 6000.0) == [True, False, True]
    assert columns(Overlay(), 6000.0) == [False, False, False]
    # 6 s later nothing of it is left, and a clip that begins again brings nothing along either
    assert columns(screen, 12000.0 + score_card.HISTORY_MS)[0] is False
    screen.draw(moment(3.0, t_ms=0.0), None, OK)
    assert columns(screen, 6000.0) == [False, False, False]


def test_the_meter_shows_the_last_seconds_of_two_frames_a_second_too_and_a_gap_where_none_came() -> None:
    screen = Overlay()
    times_ms = (0, 500, 1000, 1500, 4000, 4500, 5000, 5500, 6000)
    images = [screen.draw(moment(3.0, t_ms=t_ms), None, OK) for t_ms in times_ms]
    meter = card_of(images[-1])[76:118, 172:-146]
    assert [covered(meter[:, x : x + 14], draw.WHITE) > 0 for x in (10, 142, 260)] == [True, False, True]


@pytest.mark.slow
def test_the_meter_is_higher_for_a_better_score() -> None:
    def top(score: float) -> int:
        screen = Overlay()
        for t_ms in range(0, 3000, 50):
            screen.draw(moment(score, t_ms=t_ms), None, OK)
        image = screen.draw(moment(score, t_ms=3000.0), None, OK)
        rows = (np.abs(card_of(image)[70:122, 250:400].astype(int) - draw.WHITE).max(axis=2) < 30).any(axis=1)
        return int(rows.argmax())

    assert top(5.0) < top(3.0) < top(1.5)


def test_the_card_moves_off_a_face_and_does_not_flutter() -> None:
    screen = Overlay()

    def at_top(centre: float) -> bool:
        image = screen.draw(moment(3.0, centre=(0.5, centre)), WAITING, OK)
        return covered(card_of(image, top=True), draw.WHITE) > covered(card_of(image), draw.WHITE)

    assert [at_top(y) for y in (0.3, 0.5, 0.85, 0.5, 0.85, 0.5, 0.2, 0.5)] == [
        False, False, True, True, True, True, False, False
    ]  # fmt: skip


def test_the_card_stays_where_it_is_when_faces_are_everywhere() -> None:
    screen = Overlay()
    for shake in (-4, 4, -4, 4):  # the card's place is covered a little less, then a little more, than the other one
        above = moment(3.0, centre=(0.5, 224 / 720))
        below = moment(3.0, centre=(0.5, (548 + shake) / 720))
        image = screen.draw(Moment(above.frame, above.faces + below.faces), WAITING, OK)
        assert covered(card_of(image), draw.WHITE) > covered(card_of(image, top=True), draw.WHITE)


def test_a_picture_taken_flashes_once() -> None:
    screen = Overlay()
    before = screen.draw(moment(4.0, t_ms=990.0), ARMED, OK)
    screen.flash(shot(1000.0))
    brightness = [int(screen.draw(moment(4.0), WAITING, shown(t))[300, 60].mean()) for t in (0, 100, 200, 300)]
    assert brightness[0] > 215
    assert brightness == sorted(set(brightness), reverse=True)
    assert brightness[3] == before[300, 60].mean()


RED, GREEN, BLUE = (200, 30, 40), (20, 220, 60), (30, 60, 210)


def test_the_last_pictures_stand_in_a_column_the_newest_below_and_larger() -> None:
    image = Overlay().draw(moment(4.0), WAITING, OK, shots=[taken(RED), taken(GREEN), taken(BLUE)])
    rows, sizes = [], []
    for colour in (RED, GREEN, BLUE):
        found = np.abs(image[:, 1000:].astype(int) - colour).max(axis=2) < 24
        rows.append(np.nonzero(found)[0].mean())
        sizes.append(int(found.sum()))
    assert rows[0] > rows[1] > rows[2]
    assert sizes[0] > 1.5 * sizes[1]
    assert abs(sizes[1] - sizes[2]) < 100
    assert sizes[2] > 3000


def test_only_the_last_few_are_shown_and_one_that_is_gone_ends_them() -> None:
    many = Overlay().draw(moment(4.0), WAITING, OK, shots=[taken(RED)] * 12)
    few = Overlay().draw(moment(4.0), WAITING, OK, shots=[taken(RED)] * MOST)
    np.testing.assert_array_equal(many, few)
    gone = Overlay().draw(moment(4.0), WAITING, OK, shots=[taken(RED), TakenShot(None), taken(GREEN)])
    assert covered(gone, RED) > 3000
    assert covered(gone[:, 1000:], GREEN) == 0


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (720, 1280), (3840, 2160)])
@pytest.mark.slow
def test_the_last_pictures_keep_off_the_card(size: tuple[int, int]) -> None:
    plain = Overlay().draw(moment(4.0, size=size), WAITING, OK)
    image = Overlay().draw(moment(4.0, size=size), WAITING, OK, shots=[taken(RED)])
    np.testing.assert_array_equal(card_of(image), card_of(plain))
    assert covered(image, RED) > 3000 * (min(size) / 720) ** 2


@pytest.mark.parametrize("size", [(320, 240), (640, 360), (854, 480), (1280, 720), (720, 1280)])
def test_the_last_pictures_hide_neither_a_face_of_a_group_nor_what_is_said_of_it(size: tuple[int, int]) -> None:
    seen = group(*THREE, size=size)
    plain = Overlay().draw(seen, WAITING, OK)
    image = Overlay().draw(seen, WAITING, OK, shots=[taken(RED)] * MOST)
    for face in seen.counted:
        x0, y0, x1, y1 = (round(side) for side in face.face.box)
        here = Rect(x0, y0, x1 - x0, y1 - y0)
        np.testing.assert_array_equal(part(image, here), part(plain, here))
    assert covered(image[:, size[0] // 2 :], ATTENTION) >= covered(plain[:, size[0] // 2 :], ATTENTION)


def test_an_older_picture_does_not_come_and_go_with_a_face_that_hardly_moves() -> None:
    screen, counts = Overlay(), []
    for step in range(12):
        seen = moment(4.0, t_ms=1000.0 + 33 * step, centre=(0.805 + 0.004 * (step % 2), 0.7))
        counts.append(covered(screen.draw(seen, WAITING, OK, shots=[taken(RED), taken(GREEN)]), GREEN) > 1000)
    assert len(set(counts)) == 1


def test_stars_show_the_rating_and_follow_it() -> None:
    screen, one = Overlay(), taken(RED)

    def stars(rating: int | None) -> int:
        one.rating = rating
        return covered(screen.draw(moment(3.0), WAITING, OK, shots=[one])[560:, 1080:], ATTENTION)

    counts = [stars(rating) for rating in (None, 1, 3, 5)]
    assert counts[0] == 0
    assert counts[1] > 20
    assert counts[2] == pytest.approx(3 * counts[1], rel=0.2)
    assert counts[3] == pytest.approx(5 * counts[1], rel=0.2)
    assert stars(None) == 0


def test_help_is_shown_when_asked_for() -> None:
    screen = Overlay()
    plain = screen.draw(moment(None), WAITING, OK)
    screen.help_shown = True
    helped = screen.draw(moment(None), WAITING, OK)
    screen.help_shown = False
    assert covered(helped[100:520, 230:1050], ACCENT) > 200
    np.testing.assert_array_equal(screen.draw(moment(None), WAITING, OK), plain)


def test_the_status_line_says_what_runs_and_what_is_wrong() -> None:
    def line(status: Status) -> UInt8Array:
        return Overlay().draw(moment(None), WAITING, status)[:140, :900]

    plain = line(OK)
    for other in (
        dataclasses.replace(OK, provider="cuda"),
        dataclasses.replace(OK, fps=12.0),
        dataclasses.replace(OK, shots=1),
        dataclasses.replace(OK, health=Health.LOST),
    ):
        assert (line(other) != plain).any()
    assert covered(line(dataclasses.replace(OK, message="The disk is full")), ATTENTION) > 100


@pytest.mark.parametrize(
    ("health", "well"), [(Health.OK, True), (Health.IDLE, True), (Health.SLOW, False), (Health.STALLED, False)]
)
def test_the_dot_is_green_while_all_is_as_it_should_be(health: Health, well: bool) -> None:
    line = Overlay().draw(moment(None), WAITING, dataclasses.replace(OK, health=health))[:70, :70]
    assert (covered(line, ACCENT) > 10) == well
    assert (covered(line, ATTENTION) > 10) != well


def test_a_stalled_source_claims_no_pace() -> None:
    slow = Overlay().draw(None, None, Status(Health.STALLED, "cpu", 3.0, 0))
    fast = Overlay().draw(None, None, Status(Health.STALLED, "cpu", 60.0, 0))
    np.testing.assert_array_equal(slow, fast)


@pytest.mark.parametrize("grey", [0, 255])
def test_the_score_stands_out_from_any_scene(grey: int) -> None:
    ring = ring_of(Overlay().draw(moment(3.0, grey=grey), WAITING, OK)).astype(float) / 255
    assert covered((ring * 255).astype(np.uint8), draw.WHITE) > 150
    linear = np.where(ring <= 0.04045, ring / 12.92, ((ring + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
    panel = float(np.median(linear))
    assert (linear.max() + 0.05) / (panel + 0.05) > 4.5  # WCAG's contrast for text


def test_the_help_names_every_key_of_the_window_and_so_does_the_command_line() -> None:
    assert run.__doc__ is not None
    help_text = " ".join(run.__doc__.split()).lower()
    named = " ".join(f"{key} {meaning}" for key, meaning in panels.KEYS).lower().split()
    of_rate = {keys.Key.BACK, keys.Key.WHOLE}  # of the window of livecam rate, which has a help of its own
    for key in [*(key for key, does in keys._KEYS.items() if does not in of_rate), "esc", "up", "down"]:
        word = {" ": "space", "-": "−", "=": "+", "?": "h", "2": "1", "3": "1", "4": "5"}.get(key, key)
        assert word in named, key
        spoken = {"−": "-"}.get(word, word)
        assert f" {spoken} " in help_text.replace(",", " ").replace("(", " ").replace(")", " ").replace(".", " "), key


def signs_of(module: ModuleType) -> set[str]:
    """All signs beyond ASCII in the texts of a module, its comments and docstrings included."""
    return {sign for sign in Path(str(module.__file__)).read_text(encoding="utf-8") if ord(sign) > 126}


def test_every_sign_that_is_drawn_is_in_the_font_that_every_opencv_has() -> None:
    assert fonts._lacking(fonts._SANS, "↑")
    drawn = (
        panels,
        score_card,
        overlay,
        live_view,
        key_actions,
        recent_shots,
        save_state,
        wording,
        types,
        health,
        camera,
    )
    signs = set().union(*map(signs_of, drawn))
    assert {"−", "…", "·"} <= signs
    assert not fonts._lacking(fonts._SANS, "".join(sorted(signs)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.slow
def test_the_help_lies_clear_of_the_card_and_in_the_picture(size: tuple[int, int]) -> None:
    layout = Layout(*size)
    for top in (False, True):
        image = np.full((size[1], size[0], 3), 128, np.uint8)
        rect = score_card.place(layout, top=top)
        panels.help_card(image, layout, rect, served=False)
        assert (part(image, rect) == 128).all()
        rows, columns = np.nonzero((image != 128).any(axis=2))
        assert 0 < rows.min() < rows.max() < size[1] - 1
        assert 0 < columns.min() < columns.max() < size[0] - 1


@pytest.mark.parametrize("size", [(480, 909), (720, 1280), (720, 1364), (1080, 1920)])
def test_in_a_narrow_picture_words_are_no_smaller_than_beside_each_other_in_a_wide_one(size: tuple[int, int]) -> None:
    layout = Layout(*size)
    assert layout.px(18) >= 0.026 * size[0], "of 480 pixels 13"
    image = np.full((size[1], size[0], 3), 128, np.uint8)
    card = score_card.place(layout, top=False)
    assert card.x >= 0
    assert card.right <= size[0]
    panels.help_card(image, layout, card, served=False)
    for _, meaning in panels.KEYS:
        assert shows(image, meaning, (19, 400))
    assert shows(image, "Nothing leaves this computer.", (17, 400))


def test_the_help_does_not_say_that_nothing_leaves_the_computer_while_others_look_on() -> None:
    layout = Layout(720, 1280)
    image = np.full((1280, 720, 3), 128, np.uint8)
    panels.help_card(image, layout, score_card.place(layout, top=False), served=True)
    assert not shows(image, "Nothing leaves this computer.", (17, 400))
    assert shows(image, "With --serve others can look on.", (17, 400))


def test_in_a_narrow_picture_the_last_pictures_lie_above_the_card() -> None:
    size = 720, 1280
    shot = RecentShot(Path("a.jpg"), np.full((270, 480, 3), 200, np.uint8))
    grey = dataclasses.replace(moment(3.0).frame, image=np.full((1280, 720, 3), 60, np.uint8))
    plain = Overlay().draw(moment(3.0), WAITING, OK, frame=grey, size=size)
    image = Overlay().draw(moment(3.0), WAITING, OK, frame=grey, size=size, shots=[shot])
    card = score_card.place(Layout(*size), top=False)
    np.testing.assert_array_equal(part(image, card), part(plain, card))
    changed = np.nonzero((image != plain).any(axis=2))
    assert changed[0].max() < card.y
    assert changed[1].min() > size[0] // 2
    helped = Overlay()
    helped.help_shown = True
    without = helped.draw(moment(3.0), WAITING, OK, frame=grey, size=size)
    np.testing.assert_array_equal(helped.draw(moment(3.0), WAITING, OK, frame=grey, size=size, shots=[shot]), without)


@pytest.mark.parametrize("size", [(320, 240), (426, 240), (480, 270), (270, 480), (360, 480)])
def test_in_a_small_window_words_are_large_enough_to_be_read_and_all_of_them_are_there(size: tuple[int, int]) -> None:
    screen = Overlay()
    image = screen.draw(moment(3.0, Reason.TOO_DARK, size=size), WAITING, OK)
    layout = Layout(*size)
    assert layout.px(18) >= 12
    assert any(shows(image, "Find more light", (size, 600)) for size in range(18, 37))
    card = score_card.place(layout, top=False)
    assert 0 < card.x < card.right < size[0]
    screen.help_shown = True
    helped = screen.draw(moment(3.0, size=size), WAITING, OK)
    for key, meaning in panels.KEYS:
        assert shows(helped, key, (18, 600)), key
        assert size[0] < 400 or shows(helped, meaning, (18, 400)), meaning


def test_the_keys_of_the_help_do_not_touch_their_meanings() -> None:
    rows = (len(panels.KEYS) + 1) // 2
    for number, (key, meaning) in enumerate(panels.KEYS):
        assert draw.text_width(key, 20, 600) < 100
        assert draw.text_width(meaning, 19) < (284 if number < rows else 300)


def test_a_pause_shows_no_score_no_box_and_says_so() -> None:
    status = dataclasses.replace(OK, paused=True)
    image = Overlay().draw(moment(4.8), ARMED, status)
    np.testing.assert_array_equal(image, Overlay().draw(moment(1.2, Reason.BLURRED), WAITING, status))
    assert covered(ring_of(image), draw.WHITE) == 0
    assert covered(ring_of(image), ATTENTION) > 100, "two bars"
    assert covered(image, ACCENT) == 0
    assert words(moment(4.8), ARMED, paused=True) == "Paused"
    assert words(moment(4.8), ARMED, Health.LOST, paused=True) == "No camera", "what is worse comes first"


def test_a_score_fades_as_its_frame_grows_old_and_then_it_is_gone() -> None:
    def brightest(age_ms: float) -> int:
        ring = ring_of(Overlay().draw(moment(3.0), WAITING, dataclasses.replace(OK, age_ms=age_ms)))
        return int(ring[50:90, 45:95].max())

    levels = [brightest(age) for age in (0.0, score_card.FADES_MS, 600.0, 690.0)]
    assert levels[0] == levels[1] > levels[2] > levels[3]
    gone = dataclasses.replace(OK, age_ms=score_card.GONE_MS)
    image = Overlay().draw(moment(4.8), ARMED, gone)
    np.testing.assert_array_equal(image, Overlay().draw(moment(1.2, Reason.BLURRED), WAITING, gone))
    assert covered(ring_of(image), draw.WHITE) == 0
    assert words(moment(4.8), age_ms=score_card.GONE_MS) == "One moment…"


def test_on_a_computer_that_is_far_too_slow_the_score_does_not_come_and_go() -> None:
    screen = Overlay()
    came_at = ((600, 900), (750, 950, 1300), (800, 1200), (300, 500))  # ages of each moment, as it is drawn
    images = []
    for ages in came_at:
        seen = moment(4.8)
        images += [screen.draw(seen, WAITING, dataclasses.replace(OK, age_ms=age)) for age in ages]
    behind = [shows(image, "The score lags behind", HEADLINE) for image in images]
    assert behind == [False, False, True, True, True, True, True, False, False]
    assert shows(images[3], "This computer is busy: close other programs.", (20, 400))


def seen_at(t_ms: float, x: float, *, person: int = 0, score: float = 3.0) -> Moment:
    """One face, its middle at x."""
    face = ScoredFace(make_face(centre=(x, 300), size=200), make_score(score), person=person)
    return Moment(make_frame(t_ms, width=1280, height=720), (face,))


def box_of(screen: Overlay, shown: Moment, frame: Frame) -> tuple[int, int]:
    """First and last column of the box on frame."""
    image = screen.draw(shown, WAITING, OK, frame=frame)
    columns = np.nonzero((image[180:400] == WHITE).all(axis=2).sum(axis=0) > 3)[0]
    return int(columns.min()), int(columns.max())


def test_the_box_follows_a_head_that_moves_in_the_pictures_that_are_not_analysed_yet() -> None:
    screen = Overlay()
    boxes = [
        box_of(screen, seen_at(i * 33.0, 400 + 20.0 * i), make_frame(i * 33.0, width=1280, height=720))
        for i in range(5)
    ]
    still = boxes[-1]
    ahead = box_of(screen, seen_at(132.0, 480), make_frame(198.0, width=1280, height=720))
    assert ahead[0] - still[0] == pytest.approx(40, abs=4)
    assert ahead[1] - still[1] == pytest.approx(40, abs=4)
    far = box_of(screen, seen_at(132.0, 480), make_frame(5000.0, width=1280, height=720))
    assert far[0] - still[0] < 150, "nobody knows where it goes"


def test_the_box_of_somebody_else_and_of_one_who_stands_still_is_drawn_where_it_was_found() -> None:
    screen = Overlay()
    later = make_frame(132.0, width=1280, height=720)
    screen.draw(seen_at(0.0, 400), WAITING, OK)
    first = box_of(Overlay(), seen_at(66.0, 800, person=1), make_frame(66.0, width=1280, height=720))
    assert box_of(screen, seen_at(66.0, 800, person=1), later) == first
    assert box_of(screen, seen_at(99.0, 800.5, person=1), later)[0] == pytest.approx(first[0], abs=1)


def test_got_it_stands_beside_the_score_of_the_picture_and_not_beside_somebody_else() -> None:
    screen = Overlay()
    got = Shot(Path("a.jpg"), seen_at(900.0, 640, score=4.8), 950.0)
    screen.flash(got)
    image = screen.draw(seen_at(1500.0, 640, score=2.1), WAITING, shown(550.0))
    assert shows(image, "Got it!", HEADLINE)
    assert shows(image, "4.8", (38, 700))
    assert not shows(image, "2.1", (38, 700))
    other = screen.draw(seen_at(1600.0, 640, person=1, score=2.1), WAITING, shown(650.0))
    assert not shows(other, "Got it!", HEADLINE)
    assert shows(other, "2.1", (38, 700))


def test_when_the_camera_changes_its_size_no_box_of_the_old_one_is_drawn() -> None:
    seen = moment(3.0)
    turned = make_frame(1033.0, width=720, height=1280)
    image = Overlay().draw(seen, WAITING, OK, frame=turned)
    assert covered(image[100:900], draw.WHITE) == 0
    assert covered(Overlay().draw(moment(3.0, size=(720, 1280)), WAITING, OK, frame=turned)[100:900], draw.WHITE) > 100


def test_an_old_box_is_not_drawn_on_a_new_picture() -> None:
    def drawn(age_ms: float) -> bool:
        image = Overlay().draw(moment(3.0), WAITING, dataclasses.replace(OK, age_ms=age_ms))
        return covered(image[90:420, 400:880], draw.WHITE) > 200

    assert drawn(100.0)
    assert not drawn(600.0)


def test_a_cpu_that_stands_in_for_a_gpu_is_said() -> None:
    plain = Overlay().draw(moment(None), WAITING, OK)
    image = Overlay().draw(moment(None), WAITING, dataclasses.replace(OK, fallback="cuda"))
    assert covered(image[:140, :900], ATTENTION) > 300
    assert covered(plain[:140, :900], ATTENTION) == 0
    assert covered(plain[30:54, 30:54], ACCENT) > 40, "the light is green only when all is well"
    assert covered(image[30:54, 30:54], ACCENT) == 0


def test_without_auto_the_screen_says_so_and_what_to_do() -> None:
    image = Overlay().draw(moment(3.0), WAITING, dataclasses.replace(OK, auto=False))
    assert covered(image[20:64, 300:500], ATTENTION) > 50
    assert words(moment(3.0), auto=False) == "Space takes a picture"
    assert words(moment(3.0, Reason.BLURRED), auto=False) == "Hold still"


def test_a_countdown_is_a_big_numeral_beside_the_face() -> None:
    def at(left_ms: float | None, screen: Overlay) -> UInt8Array:
        return screen.draw(moment(3.0), dataclasses.replace(WAITING, counting_ms=left_ms), OK)

    screen = Overlay()
    plain, three, two, zero = (at(left_ms, screen) for left_ms in (None, 2900.0, 1900.0, 0.0))
    changed = (plain != three).any(axis=2)
    rows = np.nonzero(changed[:540])[0]
    assert rows.max() - rows.min() > 200
    face = Rect(520, 130, 240, 260)
    assert not part(changed[..., None], face).any(), "it must not hide whom it counts for"
    assert covered(three[100:540, :400], draw.WHITE) > 2000
    assert (two[100:540, :400] != three[100:540, :400]).any()
    assert covered(zero[100:540, :400], draw.WHITE) == 0
    assert words(moment(3.0), dataclasses.replace(WAITING, counting_ms=2000.0)) == "Get ready"
    assert words(moment(3.0), dataclasses.replace(ARMED, counting_ms=0.0)) == "Smile!"
    assert words(moment(3.0, Reason.EYES_CLOSED), dataclasses.replace(ARMED, counting_ms=0.0)) == "Open your eyes"


def numeral_columns(screen: Overlay, plain: Moment, left_ms: float | None) -> tuple[int, int] | None:
    """The first and last column of the countdown's numeral on the screen; None when there is none."""
    drawn = screen.draw(plain, dataclasses.replace(WAITING, counting_ms=left_ms), OK)
    without = Overlay().draw(plain, WAITING, OK)
    columns = np.nonzero((drawn != without)[100:540].any(axis=(0, 2)))[0]
    return (int(columns.min()), int(columns.max())) if columns.size else None


def test_the_numeral_stays_where_it_is_until_the_countdown_is_over() -> None:
    screen = Overlay()
    beside = numeral_columns(screen, moment(3.0, centre=(0.5, 0.4)), 2500.0)
    assert beside is not None
    assert numeral_columns(screen, moment(3.0, centre=(0.2, 0.4)), 2000.0) == beside, "though the face is there now"
    assert numeral_columns(screen, moment(3.0, centre=(0.2, 0.4)), None) is None

    next_time = numeral_columns(screen, moment(3.0, centre=(0.2, 0.4)), 2500.0)
    assert next_time is not None
    assert next_time[0] > beside[1], "the next countdown finds its own place"


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (720, 1280)])
def test_the_numeral_hides_nobody_of_a_group(size: tuple[int, int]) -> None:
    screen, counting = Overlay(), dataclasses.replace(WAITING, counting_ms=2500.0)
    two = group(THREE[0], THREE[1], size=size)
    screen.draw(two, counting, OK)
    seen = group(*THREE, size=size)
    drawn, without = screen.draw(seen, counting, OK), screen.draw(seen, WAITING, OK)
    for face in seen.counted:
        x0, y0, x1, y1 = (round(side) for side in face.face.box)
        here = Rect(x0, y0, x1 - x0, y1 - y0)
        np.testing.assert_array_equal(part(drawn, here), part(without, here))
    assert (drawn != without).any()


@pytest.mark.slow
def test_the_grid_divides_the_picture_into_thirds_on_any_scene() -> None:
    for grey in (0, 128, 255):
        screen = Overlay()
        plain = screen.draw(moment(None, grey=grey), WAITING, OK)
        screen.grid_shown = True
        image = screen.draw(moment(None, grey=grey), WAITING, OK)
        changed = np.asarray(np.abs(plain.astype(int) - image).max(axis=2) > 30)
        # of each line either the light or its dark edge is seen, or both
        columns, rows = np.nonzero(changed[300])[0], np.nonzero(changed[:540, 100])[0]
        assert {x // 100 for x in columns} == {4, 8}
        assert columns.min() >= 426
        assert columns.max() <= 856
        assert len(columns) in {4, 8}
        assert {y // 100 for y in rows} == {2, 4}


def test_drawn_larger_than_the_picture_everything_keeps_its_place() -> None:
    seen = moment(3.0, size=(960, 540))
    small = Overlay().draw(seen, WAITING, OK)
    large = Overlay().draw(seen, WAITING, OK, size=(1920, 1080))
    assert large.shape == (1080, 1920, 3)
    halves = large.reshape(540, 2, 960, 2, 3).mean(axis=(1, 3))
    assert np.abs(halves - small).mean() < 3
    np.testing.assert_array_equal(seen.frame.image, moment(3.0, size=(960, 540)).frame.image)


def test_a_newer_picture_is_shown_under_what_is_known() -> None:
    seen = moment(3.0)
    image = Overlay().draw(seen, WAITING, OK, frame=make_frame(1033.0, width=1280, height=720, grey=200))
    assert image[300, 60].tolist() == [200, 200, 200]
    assert covered(ring_of(image), draw.WHITE) > 150


def test_of_several_people_each_has_a_box_eyes_and_a_reason_and_the_big_words_name_one() -> None:
    seen = group((4.2, (), True), (3.1, (Reason.EYES_CLOSED,), True))
    assert words(seen) == "Right person: eyes closed"
    image = Overlay().draw(seen, WAITING, OK)
    left, right = image[370:450, 200:440], image[370:450, 840:1080]
    assert covered(left, ATTENTION) == 0
    assert covered(left, draw.WHITE) > 60, "open eyes under the box"
    assert covered(right, ATTENTION) > 150, "closed ones, and the words"
    alone = Overlay().draw(group((3.1, (), True)), WAITING, OK)
    assert covered(alone[400:450, 560:720], draw.WHITE) == 0, "one person has the card for that"


def test_in_a_mirror_the_words_name_the_person_by_the_side_that_is_seen() -> None:
    seen = group((4.2, (), True), (3.1, (Reason.EYES_CLOSED,), True))
    view = score_card.Card(seen, WAITING, Health.OK, [], 1e9, mirror=True)
    assert view.headline()[0] == "Left person: eyes closed"


def test_a_passer_by_is_drawn_as_not_counted() -> None:
    seen = group((4.2, (), True), (1.1, (Reason.EYES_CLOSED,), False))
    image = Overlay().draw(seen, WAITING, OK)
    assert words(seen) == "Ready when you are"
    right = image[150:460, 800:1120]
    assert covered(right, ATTENTION) == 0
    assert covered(right, draw.WHITE) == 0
    assert covered(right, draw.GREY) > 60


def test_whom_the_shot_waits_for_is_named_and_marked() -> None:
    seen = group((4.2, (), True), (3.1, (), True))
    waiting = dataclasses.replace(ARMED, waits_for=1)
    assert words(seen, waiting) == "Waiting for the right person"
    image = Overlay().draw(seen, dataclasses.replace(WAITING, waits_for=1), OK)
    assert covered(image[150:380, 180:460], ACCENT) == 0
    assert covered(image[150:380, 820:1100], ACCENT) > 200


@pytest.mark.parametrize("size", SIZES)
def test_a_label_never_lies_under_the_card(size: tuple[int, int]) -> None:
    width, height = size
    face = make_face(centre=(width / 2, 0.62 * height), size=height / 3)
    other = make_face(centre=(width / 5, 0.2 * height), size=height / 5)
    seen = Moment(
        make_frame(1000.0, width=width, height=height),
        tuple(ScoredFace(one, make_score(3.0), (Reason.EYES_CLOSED,), person=i) for i, one in enumerate((face, other))),
    )
    layout, screen = Layout(width, height), Overlay()
    screen.draw(seen, WAITING, OK)
    here = score_card.place(layout, top=screen._card_at_top)
    plain = np.full((height, width, 3), 128, np.uint8)
    labels.draw_labels(plain, layout, [(seen.faces[0], screen._on_screen(seen.faces[0]))], [here], mirror=False)
    assert (part(plain, here) == 128).all()
    assert (plain != 128).any()


def test_where_people_stand_close_together_each_label_can_be_read() -> None:
    reasons = (Reason.LEFT_EYE_CLOSED, Reason.TOO_DARK, Reason.TURNED_AWAY, Reason.CUT_OFF)
    seen = group(*((3.5, (reason,), True) for reason in reasons), size=(640, 360))
    image = Overlay().draw(seen, WAITING, OK)
    for reason in reasons:
        assert shows(image, wording.say(reason)), reason


@pytest.mark.parametrize("size", [*SIZES, (640, 360), (380, 676)])
def test_that_auto_is_off_can_be_read_beside_the_status_or_under_it(size: tuple[int, int]) -> None:
    off = dataclasses.replace(OK, auto=False, shots=123, every=3, notice="Threshold 3.8")
    image = Overlay().draw(moment(size=size), WAITING, off)
    assert shows(image, "auto is off  ·  A")
    assert shows(image, "Threshold 3.8")


def test_long_words_are_cut_to_their_room() -> None:
    short = draw.shorten("A message that does not fit", 20, 120)
    assert short.endswith("…")
    assert draw.text_width(short, 20) <= 120
    assert draw.shorten("It fits", 20, 120) == "It fits"


def test_in_an_upright_picture_the_countdown_lies_below_a_face_that_leaves_no_room_beside_it() -> None:
    layout = Layout(720, 1280)
    face = Rect(200, 250, 330, 400)
    card = score_card.place(layout, top=False)
    here = panels.place_countdown(layout, [face, card])
    assert here.overlap(face) == 0
    assert here.overlap(card) == 0
    assert here.x >= 0
    assert here.bottom <= layout.height


@pytest.mark.parametrize("size", [(400, 225), (320, 240), (240, 427)])
def test_the_countdown_lies_within_a_small_picture(size: tuple[int, int]) -> None:
    layout = Layout(*size)
    here = panels.place_countdown(layout, [Rect(100, 20, 120, 150), score_card.place(layout, top=False)])
    assert here.x >= 0
    assert here.y >= 0
    assert here.right <= size[0]
    assert here.bottom <= size[1]


def test_a_long_message_takes_several_lines_and_ends_in_an_ellipsis_only_then() -> None:
    text = "1 picture kept in memory, trying again: the disk is full: free some space, or choose another folder"
    room = draw.text_width("1 picture kept in memory, trying again: the", 18)
    broken = draw.wrap(text, 18, room, 3)
    assert len(broken) == 3
    assert " ".join(broken) == text
    assert all(draw.text_width(line, 18) <= room for line in broken)
    assert draw.wrap("short", 18, room, 3) == ["short"]
    cut = draw.wrap(text, 18, room, 2)
    assert len(cut) == 2
    assert cut[1].endswith("…")
