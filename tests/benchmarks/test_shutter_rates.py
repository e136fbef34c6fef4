from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.labelled.events import Event
from benchmarks.shutter import run
from benchmarks.shutter.judge import OURS, THRESHOLD, Clips, judge
from benchmarks.shutter.rates import STARTS, at_rates, parse_rates, thinned
from livecam.types import Frame, Moment, Reason, ScoredFace
from tests.benchmarks.runs import benchmark
from tests.factories import make_face, make_frame, make_score

SMILE = Event(4000, 6000, "smile", 5000)


def film(*, shut_ms: float = -1.0, word_ms: float = -1.0) -> Iterator[Moment]:
    """Nine seconds at 25 frames a second: a face rests, and smiles from 4 to 6 s.

    The eyes are shut at shut_ms, and the jaw opens at word_ms, of one frame each.
    """
    for index in range(225):
        t_ms = index * 40.0
        score = 3.0 + 1.6 * max(1 - abs(t_ms - 5000) / 1000, 0.0)
        face = make_face(blendshapes={"jawOpen": 0.5 if t_ms == word_ms else 0.1})
        reasons = (Reason.EYES_CLOSED,) if t_ms == shut_ms else ()
        yield Moment(Frame(make_frame().image, t_ms, index, 0.0), (ScoredFace(face, make_score(score), reasons),))


def clips(*, shut_ms: float = -1.0, word_ms: float = -1.0) -> Clips:
    return {"a.mp4": (list(film(shut_ms=shut_ms, word_ms=word_ms)), [SMILE])}


@pytest.mark.parametrize("fps", [3, 5, 7, 10, 15])
@pytest.mark.parametrize("start", [0.0, 0.25, 0.75])
def test_so_many_frames_a_second_are_left_about_evenly(fps: float, start: float) -> None:
    times = [moment.t_ms for moment in thinned(list(film()), fps, start)]
    assert len(times) == pytest.approx(9 * fps, abs=1)
    assert all(abs(t - (i + start) * 1000 / fps) <= 40 for i, t in enumerate(times))


def test_a_clip_that_has_no_more_frames_is_left_as_it_is() -> None:
    moments = list(film())
    assert thinned(moments, 25) == moments
    assert thinned(moments, 60) == moments
    assert thinned([], 5) == []


def test_every_rate_is_tried_from_several_starts_and_the_figures_are_sums() -> None:
    whole, _, _, slow, _, _ = at_rates(clips(), [5], set())
    assert (whole.trigger, whole.fps, whole.starts) == (slow.trigger, None, 1)
    result = judge(OURS, clips(), set())
    assert (whole.caught, whole.smiles, whole.captures) == (result.caught, result.smiles, len(result.captures))
    assert (slow.fps, slow.starts, slow.smiles, slow.caught) == (5, STARTS, STARTS, STARTS)


def test_a_picture_is_judged_by_the_frames_around_it_that_a_slow_camera_has_not_seen() -> None:
    # From its four starts the threshold takes the frames at 4680, 4720, 4760 and 4800 ms; none of them sees 4840.
    for near, calm in (({"shut_ms": 4840.0}, {"shut_ms": 5240.0}), ({"word_ms": 4840.0}, {"word_ms": 5240.0})):
        seen = [
            next(r for r in at_rates(clips(**where), [5], set()) if r.trigger == THRESHOLD and r.fps)
            for where in (near, calm)
        ]
        assert [r.beside_a_blink + r.in_mid_word for r in seen] == [2, 0]


@pytest.mark.parametrize("text", ["", "fast", "5,", "0", "-3", "nan", "5000"])
def test_what_is_no_frame_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"float|frame rates"):
        parse_rates(text)


def test_frame_rates_are_read_as_they_are_written() -> None:
    assert parse_rates("15,7.5, 5") == (15.0, 7.5, 5.0)


def test_the_page_and_the_json_have_a_line_for_each_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "load_clips", lambda *_: clips())
    monkeypatch.setattr(run, "labelled_clips", lambda *where: clips() if where[-1] == "first" else {})
    answer = benchmark("shutter", "--fps", "10,5", "--json", "--out", tmp_path)
    assert answer.code == 0, answer.err
    lines = [json.loads(line) for line in answer.out.splitlines()]
    ours = [line["fps"] for line in lines if line["trigger"] == OURS and "fps" in line]
    assert ours == [None, 10, 5]
    page = (tmp_path / "shutter.md").read_text("utf-8")
    assert "| as they are | livecam | 1 of 1 |" in page
    assert f"| 5, {STARTS} starts | livecam | {STARTS} of {STARTS} |" in page
    kept = json.loads((tmp_path / "shutter.json").read_text("utf-8"))["rates"]
    assert {batch: len(of_batch) for batch, of_batch in kept.items()} == {"first": 9}


def test_a_rate_that_is_none_is_a_usage_error() -> None:
    answer = benchmark("shutter", "--fps", "slow")
    assert answer.code == 2
    assert "15,10,7" in answer.err
