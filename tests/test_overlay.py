from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from livecam import card, draw, overlay
from livecam.draw import ACCENT, ATTENTION, Colour, Layout, Rect
from livecam.overlay import Overlay, Status
from livecam.types import Decision, Frame, Health, Moment, Reason, ScoredFace, Shot, State, UInt8Array
from tests.factories import make_face, make_frame, make_score

SIZES = [(640, 480), (854, 480), (1280, 720), (1920, 1080), (3840, 2160), (720, 1280)]
OK = Status(Health.OK, "cpu", 30.0, 0)
WAITING = Decision(State.WAITING, 3.0, 4.0)
ARMED = Decision(State.ARMED, 4.5, 4.0, progress=0.5)


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


def shot(t_ms: float = 900.0, fired_t_ms: float = 1000.0, colour: Colour = (200, 30, 40)) -> Shot:
    image = np.full((720, 1280, 3), colour, np.uint8)
    return Shot(Path("a.jpg"), Moment(Frame(image, t_ms, 0, 0.0)), fired_t_ms)


def part(image: UInt8Array, rect: Rect) -> UInt8Array:
    return image[rect.y : rect.bottom, rect.x : rect.right]


def card_of(image: UInt8Array, *, top: bool = False) -> UInt8Array:
    return part(image, card.place(Layout(image.shape[1], image.shape[0]), top=top))


def ring_of(image: UInt8Array) -> UInt8Array:
    """The inside of the ring, where the score stands."""
    shown = card_of(image)
    return shown[:, : shown.shape[0]]


def eyes_of(image: UInt8Array) -> tuple[UInt8Array, UInt8Array]:
    """The eye seen on the left of the screen, and the one on the right."""
    shown = card_of(image)
    unit = image.shape[0] / 720
    row = shown[: round(62 * unit)]
    left, middle, right = (shown.shape[1] - round(x * unit) for x in (120, 71, 22))
    return row[:, left:middle], row[:, middle:right]


def covered(image: UInt8Array, colour: Colour) -> int:
    """Pixels of very nearly this colour."""
    return int((np.abs(image.astype(int) - colour).max(axis=2) < 24).sum())


def words(
    moment: Moment | None, decision: Decision | None = WAITING, health: Health = Health.OK, since_ms: float = 1e9
) -> str:
    return card.Card(moment, decision, health, [], since_ms, mirror=False).headline()[0]


@pytest.mark.parametrize(("size", "mirror"), [*((size, False) for size in SIZES), ((1280, 720), True)])
def test_every_size_is_drawn_in_full_and_the_frame_is_left_alone(size: tuple[int, int], mirror: bool) -> None:
    seen = moment(4.5, Reason.BLURRED, size=size)
    before = seen.frame.image.copy()
    screen = Overlay(mirror=mirror)
    screen.help_shown = True
    screen.shot_taken(Shot(Path("a.jpg"), seen, 900.0))
    image = screen.draw(seen, ARMED, dataclasses.replace(OK, message="a message" * 40))
    assert image.shape == seen.frame.image.shape
    assert image.dtype == np.uint8
    assert not np.shares_memory(image, seen.frame.image)
    np.testing.assert_array_equal(seen.frame.image, before)
    assert (image != before).any()


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (64, 48), (2000, 40), (30, 900)])
def test_a_tiny_or_odd_frame_does_not_fail(size: tuple[int, int]) -> None:
    screen = Overlay()
    screen.shot_taken(Shot(Path("a.jpg"), moment(size=size), 0.0))
    assert screen.draw(moment(4.0, size=size), ARMED, OK).shape == (size[1], size[0], 3)


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
    assert words(moment(None)) == "Step into the picture"
    assert words(moment(2.0, Reason.LEFT_EYE_CLOSED, Reason.BLURRED)) == "Open your left eye"
    assert words(moment(3.0)) == "Ready when you are"
    assert words(moment(4.5), ARMED) == "Hold it…"
    assert words(moment(3.0), Decision(State.COOLDOWN, 3.0, 4.0)) == "Relax for the next one"
    assert words(moment(4.5), Decision(State.COOLDOWN, 4.5, 4.0), since_ms=300.0) == "Got it!"
    assert words(None, health=Health.LOST) == "No camera"
    assert words(moment(4.5), health=Health.STALLED, since_ms=300.0) == "No new picture"


def test_what_holds_a_shot_back_comes_before_being_armed() -> None:
    assert words(moment(4.5, Reason.BLURRED), ARMED) == "Hold still"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NO_FACE])
def test_every_reason_fits_beside_the_eyes(reason: Reason) -> None:
    text = words(moment(2.0, reason))
    assert draw.text_width(text, 30, 600) < card.WIDTH - 124 - 26 - 112


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

    shares = [filled(Decision(State.ARMED, 4.5, 4.0, progress)) for progress in (0.0, 0.3, 0.6, 1.0)]
    assert shares == sorted(set(shares))
    assert shares[3] > 3 * shares[1]
    assert filled(Decision(State.WAITING, 4.5, 4.0, 0.6)) == 0
    assert filled(Decision(State.COOLDOWN, 4.5, 4.0, 0.6)) == 0


def test_the_meter_shows_the_last_seconds_and_a_gap_where_nobody_was() -> None:
    def columns(screen: Overlay, at: float) -> list[bool]:
        image = card_of(screen.draw(moment(3.0, t_ms=at), None, OK))
        meter = image[66:106, 124:-26]
        return [covered(meter[:, x : x + 20], draw.WHITE) > 0 for x in (10, 200, 370)]

    screen = Overlay()
    for t_ms in range(0, 6000, 50):
        screen.draw(moment(None if 2500 < t_ms < 4000 else 3.0, t_ms=t_ms), None, OK)
    assert columns(screen, 6000.0) == [True, False, True]
    assert columns(Overlay(), 6000.0) == [False, False, False]
    # 6 s later nothing of it is left, and a clip that begins again brings nothing along either
    assert columns(screen, 12000.0 + card.HISTORY_MS)[0] is False
    screen.draw(moment(3.0, t_ms=0.0), None, OK)
    assert columns(screen, 6000.0) == [False, False, False]


def test_the_meter_is_higher_for_a_better_score() -> None:
    def top(score: float) -> int:
        screen = Overlay()
        for t_ms in range(0, 3000, 50):
            screen.draw(moment(score, t_ms=t_ms), None, OK)
        image = screen.draw(moment(score, t_ms=3000.0), None, OK)
        rows = (np.abs(card_of(image)[60:110, 300:500].astype(int) - draw.WHITE).max(axis=2) < 30).any(axis=1)
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


def test_a_picture_taken_flashes_once_and_stays_as_a_thumbnail() -> None:
    screen = Overlay()
    before = screen.draw(moment(4.0, t_ms=990.0), ARMED, OK)
    screen.shot_taken(shot(fired_t_ms=1000.0))
    brightness = [int(screen.draw(moment(4.0, t_ms=t), WAITING, OK)[300, 60].mean()) for t in (1000, 1100, 1200, 1300)]
    assert brightness[0] > 215
    assert brightness == sorted(set(brightness), reverse=True)
    assert brightness[3] == before[300, 60].mean()
    after = screen.draw(moment(4.0, t_ms=9000.0), WAITING, OK)
    assert covered(before, (200, 30, 40)) == 0
    assert covered(after[560:, 1100:], (200, 30, 40)) > 8000


def test_the_flash_does_not_come_back_when_the_clip_begins_again() -> None:
    screen = Overlay()
    screen.draw(moment(4.0, t_ms=5000.0), WAITING, OK)
    screen.shot_taken(shot(fired_t_ms=5000.0))
    screen.draw(moment(4.0, t_ms=0.0), WAITING, OK)
    assert screen.draw(moment(4.0, t_ms=5000.0), WAITING, OK)[300, 60].mean() == 128


def test_the_thumbnail_is_as_saved_even_in_a_mirror() -> None:
    screen = Overlay(mirror=True)
    taken = shot()
    taken.peak.frame.image[:, :640] = (20, 220, 60)
    screen.shot_taken(taken)
    corner = screen.draw(moment(4.0, t_ms=9000.0), WAITING, OK)[560:, 1100:]
    green = np.abs(corner.astype(int) - (20, 220, 60)).max(axis=2) < 24
    red = np.abs(corner.astype(int) - (200, 30, 40)).max(axis=2) < 24
    assert np.nonzero(green)[1].mean() < np.nonzero(red)[1].mean()


def test_help_is_shown_when_asked_for() -> None:
    screen = Overlay()
    plain = screen.draw(moment(None), WAITING, OK)
    screen.help_shown = True
    helped = screen.draw(moment(None), WAITING, OK)
    screen.help_shown = False
    assert covered(helped[200:520, 420:860], ACCENT) > 200
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


def test_the_help_names_every_key_of_the_window() -> None:
    named = " ".join(key for key, _ in overlay._KEYS).split()
    assert named == ["Space", "M", "H", "Q", "Esc"]


def test_long_words_are_cut_to_their_room() -> None:
    short = draw.shorten("A message that does not fit", 20, 120)
    assert short.endswith("…")
    assert draw.text_width(short, 20) <= 120
    assert draw.shorten("It fits", 20, 120) == "It fits"
