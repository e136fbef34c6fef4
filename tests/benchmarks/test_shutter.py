from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.labelled.events import DEMO, Event, What, demo_events, labelled_clips, refused_frames
from benchmarks.labelled.labels import BATCHES, Batch, Part, Spot
from benchmarks.shutter import clips, run
from benchmarks.shutter.judge import OURS, RULE, THRESHOLD, Result, SecondWord, judge
from livecam.types import Frame, Moment, Reason, ScoredFace
from tests.benchmarks.runs import benchmark
from tests.factories import make_face, make_frame, make_score

PARTS: tuple[Part, ...] = ("dev", "test")
NEVER = Event(5000, 6000, "never", shut=True)
SMILE = Event(2000, 3500, "smile", 2600)


def moment(t_ms: float, score: float | None, *reasons: Reason, smile: float = 0.0, blink: float = 0.0) -> Moment:
    """At 25 frames a second; score None: nobody is there."""
    shapes = {f"mouthSmile{side}": smile for side in ("Left", "Right")}
    shapes |= {f"eyeBlink{side}": blink for side in ("Left", "Right")}
    frame = Frame(make_frame().image, t_ms, round(t_ms / 40), 0.0)
    return Moment(
        frame, () if score is None else (ScoredFace(make_face(blendshapes=shapes), make_score(score), reasons),)
    )


def sitting(peak: float = 4.6, peak_ms: float = 2600, seconds: float = 8.0) -> list[Moment]:
    """A resting face that smiles once, best at peak_ms."""
    moments = []
    for i in range(int(seconds * 25)):
        t_ms = i * 40.0
        way = max(1 - abs(t_ms - peak_ms) / 700, 0.0)
        moments.append(moment(t_ms, 3.0 + (peak - 3.0) * way, smile=0.1 + 0.8 * way, blink=0.05))
    return moments


def judged(trigger: str, moments: Sequence[Moment], *events: Event, refused: set[Spot] | None = None) -> Result:
    return judge(trigger, {"a.mp4": (moments, list(events))}, refused or set())


def test_a_smile_is_caught_at_its_best_and_nothing_else_is_taken() -> None:
    result = judged(OURS, sitting(), SMILE)
    assert (result.caught, result.smiles, result.missed, result.false_fires) == (1, 1, (), 0)
    assert result.per_event == 1.0
    (capture,) = result.captures
    assert abs(capture.t_ms - 2600) <= 80
    assert result.from_best_ms == abs(capture.t_ms - 2600)
    assert result.regret == capture.regret == pytest.approx(0.0, abs=0.1)
    assert result.delay_ms == capture.fired_ms - capture.t_ms > 0


def test_a_second_reader_is_heard_on_the_clips_that_he_read() -> None:
    clips = {"a.mp4": (sitting(), [Event(6000, 7000, "smile")]), "b.mp4": (sitting(), [])}
    his = {"a.mp4": [Event(2000, 3500, "smile"), Event(4000, 4500, "smile")], "c.mp4": [SMILE]}
    result = judge(OURS, clips, set(), his)
    assert result.false_fires == 2, "by the first reader nobody smiles there"
    assert result.second == SecondWord(smiles=2, caught=1, false_fires=0, by_neither=0)
    result = judge(OURS, clips, set(), {"a.mp4": [], "b.mp4": [Event(2500, 2700, "faint")]})
    assert result.second == SecondWord(smiles=0, caught=0, false_fires=1, by_neither=1)
    assert judge(OURS, clips, set(), {"c.mp4": [SMILE]}).second is None


def test_the_threshold_fires_on_the_way_up_and_regrets_it() -> None:
    result = judged(THRESHOLD, sitting(), SMILE)
    (capture,) = result.captures
    assert capture.t_ms < 2600
    assert capture.fired_ms == capture.t_ms
    assert capture.score == pytest.approx(4.1, abs=0.1)
    assert capture.regret == pytest.approx(4.6 - (capture.score or 0), abs=0.01)


def test_the_simple_triggers_fire_again_only_after_the_cool_down() -> None:
    held = [moment(i * 40.0, 4.5, smile=0.8) for i in range(100)]  # four seconds
    for trigger in (THRESHOLD, RULE):
        times = [capture.t_ms for capture in judged(trigger, held, SMILE).captures]
        assert times == [0.0, 1520.0, 3040.0]


def test_the_rule_does_not_fire_on_a_blink_however_wide_the_smile() -> None:
    assert not judged(RULE, [moment(0, 4.8, smile=0.9, blink=0.5)], SMILE).captures


def test_a_missed_smile_is_named_and_a_capture_elsewhere_is_false() -> None:
    result = judged(THRESHOLD, sitting(peak_ms=6900), SMILE)
    assert result.caught == 0
    assert result.missed == ("a.mp4 2.0 to 3.5 s",)
    assert result.false_fires == 1
    minutes = (199 * 40 - 1500) / 60_000  # all but the smile
    assert result.false_a_minute == pytest.approx(1 / minutes)


@pytest.mark.parametrize(("t_ms", "caught"), [(3640, 1), (3660, 0)])
def test_the_end_of_a_smile_has_150_ms_of_slack(t_ms: float, caught: int) -> None:
    result = judged(THRESHOLD, [moment(0, 3.0), moment(t_ms, 4.5)], SMILE)
    assert (result.caught, result.false_fires) == (caught, 1 - caught)


@pytest.mark.slow
def test_a_faint_smile_may_be_taken_and_need_not_be() -> None:
    faint = Event(2000, 3500, "faint", 2600)
    assert judged(THRESHOLD, sitting(), faint).false_fires == 0
    assert judged(THRESHOLD, sitting(peak=3.5), faint).missed == ()


def test_what_must_never_be_taken_is_counted_as_such() -> None:
    result = judged(THRESHOLD, [moment(5500, 4.5, blink=0.8)], NEVER, Event(5000, 7000, "quiet"))
    assert (result.in_never, result.refused, result.blinks, result.false_fires) == (1, 1, 1, 1)
    assert result.captures[0].event == "never"


def test_a_frame_that_a_person_refused_is_counted_wherever_it_lies() -> None:
    smiling = sitting()
    taken = judged(THRESHOLD, smiling, SMILE).captures[0].frame
    assert judged(THRESHOLD, smiling, SMILE, refused={Spot("videos/a.mp4", taken)}).refused == 1
    assert judged(THRESHOLD, smiling, SMILE, refused={Spot("videos/a.mp4", taken + 1)}).refused == 0


def test_regret_is_measured_against_frames_that_no_check_holds_back() -> None:
    moments = [moment(0, 4.2), moment(400, 5.0, Reason.BLURRED), moment(1400, 4.5), moment(1600, 4.9)]
    (capture,) = judged(THRESHOLD, moments, SMILE).captures[:1]
    assert capture.regret == pytest.approx(0.3, abs=0.01)  # neither the blurred one nor the one 1.6 s away


def test_where_nobody_is_nothing_is_taken() -> None:
    for trigger in (OURS, THRESHOLD, RULE):
        result = judged(trigger, [moment(i * 40.0, None) for i in range(50)], NEVER)
        assert not result.captures
        assert result.regret is None


def test_moments_come_back_from_the_disk_as_they_were(tmp_path: Path) -> None:
    before = [moment(0, None), moment(40, 3.3, Reason.BLURRED, Reason.TOO_DARK, smile=0.4), moment(80, 4.0)]
    clips._write(tmp_path / "a.npz", before)
    after = clips._read(tmp_path / "a.npz")
    assert [(m.t_ms, m.frame.index, m.score, m.reasons) for m in after] == [
        (m.t_ms, m.frame.index, m.score, m.reasons) for m in before
    ]
    assert clips.rule_value(after[1]) == pytest.approx(0.4)
    assert (after[1].faces[0].face.landmarks == before[1].faces[0].face.landmarks).all()


@pytest.mark.parametrize(
    ("what", "wanted"),
    [("smile", (1, 1, 0, 0)), ("faint", (0, 0, 0, 0)), ("quiet", (0, 0, 1, 1))],
)
def test_clips_are_counted_by_whether_somebody_smiles(what: What, wanted: tuple[int, ...]) -> None:
    result = judged(OURS, sitting(), Event(2000, 3500, what))
    assert (result.smilers, result.pictured, result.talkers, result.bothered) == wanted


def test_a_smile_that_is_missed_is_no_picture_of_its_clip() -> None:
    result = judged(OURS, sitting(peak_ms=6900), SMILE)
    assert (result.smilers, result.pictured, result.false_fires) == (1, 0, 1)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("part", ["test", "dev"])
def test_the_labelled_events_make_sense(part: Part, batch: Batch) -> None:
    clips = labelled_clips(Path("data"), part, batch)
    assert any(event.what == "smile" for _, events in clips.values() for event in events)
    for name, (path, events) in clips.items():
        assert name == DEMO or path.parent == Path("data", "videos" if batch == "first" else "more/clips")
        assert all(event.start_ms < event.end_ms for event in events), name
        assert all(event.best_ms is None or event.holds(event.best_ms) for event in events), name
    assert len(refused_frames(part)) > 100


def test_what_is_tuned_on_is_not_what_is_tested_on() -> None:
    dev, test = labelled_clips(Path("data"), "dev"), labelled_clips(Path("data"))
    new_dev, new_test = (labelled_clips(Path("data"), part, "second") for part in PARTS)
    assert (len(dev), len(new_dev), len(new_test)) == (9, 14, 8)
    assert DEMO in test
    assert DEMO not in new_test
    assert sum(map(len, (dev, test, new_dev, new_test))) == len(dev | test | new_dev | new_test)
    assert refused_frames("dev").isdisjoint(refused_frames())


def test_the_demo_says_what_it_shows() -> None:
    assert sum(event.what == "smile" for event in demo_events()) == 3
    assert any(event.shut for event in demo_events())


def test_the_page_and_the_json_name_every_capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = [judged(trigger, sitting(), SMILE, NEVER) for trigger in (OURS, THRESHOLD)]
    talk = [judged(trigger, sitting(peak=3.2), Event(0, 8000, "quiet")) for trigger in (OURS, THRESHOLD)]
    monkeypatch.setattr(run, "measure", lambda *_: {"first": results, "second": talk})
    answer = benchmark("shutter", "--json", "--out", tmp_path)
    lines = [json.loads(line) for line in answer.out.splitlines()]
    assert [(line["batch"], line["trigger"]) for line in lines] == [
        (batch, trigger) for batch in ("first", "second") for trigger in (OURS, THRESHOLD)
    ]
    page = (tmp_path / "shutter.md").read_text("utf-8")
    assert "| smiles caught | 1 of 1 | 1 of 1 |" in page
    assert "| clips without one: something was taken | 0 of 1 | 0 of 1 |" in page
    assert page.count("| a.mp4 |") == 2
    kept = json.loads((tmp_path / "shutter.json").read_text("utf-8"))["batches"]
    assert {batch: [len(one["captures"]) for one in of_batch] for batch, of_batch in kept.items()} == {
        "first": [1, 1],
        "second": [0, 0],
    }


@pytest.mark.parametrize("arguments", [["nothing.mp4"], ["--data", "/nowhere"], ["demo", "--set", "dev"]])
def test_a_clip_that_is_not_there_is_one_line_and_1(arguments: list[str]) -> None:
    answer = benchmark("shutter", *arguments)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
