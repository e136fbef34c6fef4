from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from benchmarks.labelled.events import Event
from benchmarks.shutter import sweep
from benchmarks.shutter.judge import Clips
from livecam.shutter.settings import TriggerSettings
from livecam.types import Moment
from tests.factories import make_moment

SMILE = Event(4000, 6000, "smile", 5000)


def numbers(settings: object, outer: str = "") -> Iterator[tuple[str, float]]:
    """Every number of settings and of those within them, by its name with dots."""
    assert dataclasses.is_dataclass(settings)
    for item in dataclasses.fields(settings):
        value = getattr(settings, item.name)
        if dataclasses.is_dataclass(value):
            yield from numbers(value, f"{item.name}.")
        else:
            yield f"{outer}{item.name}", value


def clips(top: float) -> Clips:
    """One clip of a face that rests at 3 and smiles from 4 to 6 s."""

    def moments() -> Iterator[Moment]:
        for t_ms in range(0, 9000, 40):
            yield make_moment(t_ms, 3.0 + (top - 3.0) * max(1 - abs(t_ms - 5000) / 1000, 0.0))

    return {"a.mp4": (list(moments()), [SMILE])}


def test_every_number_of_the_shutter_is_swept_or_said_not_to_be() -> None:
    assert sorted([*sweep.VALUES, *sweep.NOT_SWEPT]) == sorted(name for name, _ in numbers(TriggerSettings()))


@pytest.mark.parametrize("field", sweep.VALUES)
def test_the_values_of_a_field_go_up_and_the_default_is_among_them(field: str) -> None:
    values = sweep.VALUES[field]
    assert sorted(set(values)) == list(values)
    assert dict(numbers(TriggerSettings()))[field] in values


@pytest.mark.parametrize("field", sweep.VALUES)
def test_a_value_changes_its_field_and_nothing_else(field: str) -> None:
    for value in sweep.VALUES[field]:
        assert dict(numbers(sweep.with_value(field, value))) == dict(numbers(TriggerSettings())) | {field: value}


@pytest.mark.slow
def test_a_sweep_shows_from_where_on_a_smile_is_missed() -> None:
    assert sweep.VALUES["rise"] == (0.25, 0.35, 0.45, 0.55, 0.65)
    assert [result.caught for result in sweep.sweep("rise", clips(top=3.55))] == [1, 1, 1, 0, 0]


@pytest.mark.slow
def test_a_line_names_the_values_and_a_figure_once_when_they_all_share_it() -> None:
    said = sweep.line("rise", list(sweep.sweep("rise", clips(top=3.55))))
    assert said.startswith("rise 0.25/0.35/0.45/0.55/0.65: smiles 1/1/1/0/0 of 1, ")
    assert "false fires 0, " in said


@pytest.mark.slow
def test_the_fields_that_are_named_are_swept_and_no_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sweep, "load_clips", lambda *_: clips(top=4.6))
    assert sweep.run(["rise", "baseline.unknown"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in said] == ["rise", "baseline.unknown"]


def test_a_field_that_does_not_exist_is_a_usage_error_that_names_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep.run(["ease"]) == 2
    assert "rise_fraction" in capsys.readouterr().err


def test_without_the_research_data_it_says_so_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep.run(["--data", "/nowhere"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
