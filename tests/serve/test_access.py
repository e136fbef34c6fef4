"""Who is let in: PIN, sessions, and how guessing is slowed down. Time is the test's."""

from __future__ import annotations

import pytest

from livecam.errors import ServeError
from livecam.serve.access import Access, Attempts, Role, WrongPinError, checked_pin, new_pin
from livecam.serve.limits import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def wrong(access: Access, address: str = "a") -> float:
    with pytest.raises(WrongPinError) as error:
        access.log_in("nope", address)
    return error.value.wait_s


def test_without_a_pin_everybody_is_the_host_and_nobody_can_log_in() -> None:
    access = Access(None)
    assert access.role(None) is Role.HOST
    assert wrong(access) == 0


def test_each_wrong_pin_after_the_fifth_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    clock = Clock()
    access = Access("123456", clock)
    assert [wrong(access) for _ in range(Attempts.FREE)] == [0, 0, 0, 0, 10]
    waits = []
    for _ in range(9):
        clock.now_s += access.attempts.wait_s("a")
        waits.append(wrong(access))
    assert waits == [20, 40, 80, 160, 320, 640, 900, 900, 900]


def test_while_one_waits_the_right_pin_is_not_heard_and_others_are() -> None:
    clock = Clock()
    access = Access("123456", clock)
    for _ in range(Attempts.FREE):
        wrong(access)
    with pytest.raises(WrongPinError):
        access.log_in("123456", "a")
    assert access.log_in("123456", "b")
    clock.now_s += 10
    assert access.role(access.log_in("123456", "a")) is Role.HOST


def test_many_addresses_together_do_not_guess_faster_than_a_hundred_an_hour() -> None:
    clock = Clock()
    access = Access("123456", clock)
    for number in range(Attempts.OF_ALL):
        wrong(access, f"10.0.0.{number}")
    assert wrong(access, "10.1.0.0") == pytest.approx(3600)
    clock.now_s += 3601
    assert access.log_in("123456", "10.1.0.0")


def test_a_session_ends_by_itself_and_by_logging_out() -> None:
    clock = Clock()
    access = Access("123456", clock)
    first, second = access.log_in("123456", "a"), access.log_in("123456", "a")
    assert first != second
    access.log_out(first)
    assert (access.role(first), access.role(second)) == (Role.GUEST, Role.HOST)
    clock.now_s += 12 * 3600
    assert access.role(second) is Role.GUEST


def test_sessions_are_bounded_and_the_oldest_goes() -> None:
    access = Access("123456")
    tokens = [access.log_in("123456", "a") for _ in range(100)]
    assert access.role(tokens[0]) is Role.GUEST
    assert access.role(tokens[-1]) is Role.HOST


def test_a_new_pin_has_six_digits_and_is_another_each_time() -> None:
    pins = {new_pin() for _ in range(50)}
    assert len(pins) > 40
    assert all(len(pin) == 6 and pin.isdigit() for pin in pins)


@pytest.mark.parametrize("pin", ["", "123", "x" * 65, "12\n34"])
def test_a_pin_that_is_no_good_is_refused(pin: str) -> None:
    with pytest.raises(ServeError, match="--pin"):
        checked_pin(pin)


def test_a_rate_limit_is_of_each_name_and_fills_again() -> None:
    clock = Clock()
    limit = RateLimit(2, 0.5, names=2, clock_s=clock)
    assert [limit.take("a") for _ in range(3)] == [True, True, False]
    assert limit.take("b")
    clock.now_s += 2
    assert [limit.take("a") for _ in range(2)] == [True, False]
    limit.take("c")
    assert limit.take("b"), "forgotten, for one more name than are remembered"
