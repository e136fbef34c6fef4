from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

pytest.importorskip("scipy", reason="needs the train extra")

from benchmarks.bursts import compare, measures, rankers, run
from benchmarks.labelled import eyes, labels, pictures
from benchmarks.labelled.labels import Burst, Eyes, Spot
from benchmarks.labelled.pictures import AnalysedPicture
from livecam import model_files
from livecam.best.records.frame import record_of
from livecam.types import Moment, ScoredFace
from model.shipped.items import clip_split
from tests.benchmarks.runs import benchmark
from tests.factories import make_face, make_frame, make_score, shared_data


def picture(
    score: float = 3.0,
    *,
    smile: float = 0.0,
    jaw: float = 0.0,
    blink: float = 0.0,
    closed: float = 0.0,
    laplacian: float = 1.0,
) -> AnalysedPicture:
    """A picture with one face, whose eyes are equally closed."""
    shapes = {f"mouthSmile{side}": smile for side in ("Left", "Right")}
    shapes["jawOpen"] = jaw
    shapes |= {f"eyeBlink{side}": blink for side in ("Left", "Right")}
    face = ScoredFace(make_face(blendshapes=shapes), make_score(score, (closed, closed)))
    return AnalysedPicture(record_of(Moment(make_frame(width=640, height=480), (face,))), laplacian)


NOBODY = AnalysedPicture(record_of(Moment(make_frame(width=640, height=480))), 0.0)


def burst(name: str, choose: set[int], never: set[int], count: int = 5, file: str = "videos/a.mp4") -> Burst:
    return Burst(name, "a", tuple(Spot(file, i) for i in range(count)), frozenset(choose), frozenset(never))


def test_an_order_is_judged_by_what_stands_first_and_by_its_pairs() -> None:
    judged = measures.judge(burst("b", {0, 1}, {4}), [0, 2, 1, 3, 4])
    assert (judged["top1"], judged["top3"], judged["reject"], judged["regret"]) == (1.0, 1.0, 0.0, 0.0)
    assert judged["above_never"] == 1.0
    assert judged["above_rest"] == 0.75  # all but 1 above 2


def test_a_pick_pleases_those_readers_who_chose_it_and_a_person_those_who_chose_alike() -> None:
    none: frozenset[int] = frozenset()
    readers = ((frozenset({0, 1}), frozenset({4})), (frozenset({1}), frozenset({0})), (frozenset({2}), none))
    one = replace(burst("b", {1}, set()), readers=readers)
    assert measures.judge(one, [1, 0, 2, 3, 4])["accepted"] == pytest.approx(2 / 3)
    assert measures.chance(one)["accepted"] == pytest.approx((2 + 1 + 1) / 3 / 5)
    person = measures.person(one)
    assert person["accepted"] == pytest.approx((0.5 + 0 + 1 + 0 + 0 + 0) / 6)
    assert person["reject"] == pytest.approx((0.5 + 0 + 0 + 0 + 0 + 0) / 6)
    assert math.isnan(person["top1"])


def test_an_order_that_begins_with_what_nobody_would_keep() -> None:
    judged = measures.judge(burst("b", {0, 1}, {4}), [4, 2, 3, 0, 1])
    assert (judged["top1"], judged["top3"], judged["reject"]) == (0.0, 0.0, 1.0)
    assert judged["above_never"] == judged["above_rest"] == 0.0
    assert judged["regret"] == pytest.approx(3 / 4)


def test_a_burst_without_a_never_has_no_such_pairs() -> None:
    assert math.isnan(measures.judge(burst("b", {0}, set()), [0, 1, 2, 3, 4])["above_never"])


def test_chance_is_what_all_orders_reach_on_average() -> None:
    one = burst("b", {0, 1}, {4})
    every = [measures.judge(one, order) for order in permutations(range(5))]
    for metric, expected in measures.chance(one).items():
        assert sum(judged[metric] for judged in every) / len(every) == pytest.approx(expected, nan_ok=True), metric


def test_the_rules_pick_what_they_are_said_to() -> None:
    pictures = [
        picture(4.0, smile=0.2, laplacian=5.0),
        picture(3.0, smile=0.9, blink=0.1),
        picture(4.5, smile=0.9, blink=0.4, closed=0.9),
        NOBODY,
    ]
    picks = {name: rank(pictures)[0] for name, rank in rankers.rankers().items()}
    assert picks[rankers.RULE] == 1
    assert rankers.rule_value(pictures[1]) == pytest.approx(0.9 - 2 * 0.1)
    assert picks[rankers.SCORER] == 2
    assert picks[rankers.SHARPEST] == 0
    assert picks[rankers.OURS] in (0, 1)  # never the closed eyes, whatever their score
    assert all(rank(pictures)[-1] == 3 for name, rank in rankers.rankers().items() if name != rankers.OURS)


def test_of_equals_the_earlier_is_picked() -> None:
    assert rankers.rankers()[rankers.SCORER]([picture(3.0), picture(3.0)]) == [0, 1]


@pytest.mark.slow
def test_the_report_compares_ours_with_the_rule_and_names_the_wrong_picks() -> None:
    good, bad = picture(4.5, smile=0.1), picture(1.5, smile=0.9)  # the rule sees a smile, the scorer a bad picture
    found = [burst("one", {0}, {1}, 3), burst("two", {1}, set(), 3, "people/x.jpg")]
    report = compare.compare(found, [[good, bad, bad], [good, bad, bad]], "test")
    assert report.count == 2
    assert report.methods[rankers.SCORER]["top1"].value == 0.5
    assert report.methods[rankers.RULE]["top1"].value == 0.5
    expected = {rankers.OURS: 0.0, rankers.RULE: 1.0, rankers.SCORER: 0.0, rankers.SHARPEST: 0.0, compare.CHANCE: 1 / 3}
    assert report.clips["people"] == {"bursts": 1.0} | expected
    assert [one["burst"] for one in report.wrong] == ["two"]
    assert report.lead.value == pytest.approx(0.0)
    bars = {figure.name: figure.met for figure in compare.figures([report])}
    assert bars["top 1"] is False
    assert bars["rejects"] is True


@pytest.mark.slow
def test_bursts_of_one_clip_are_one_piece_of_evidence() -> None:
    good, bad = picture(4.5, smile=0.9), picture(2.5)
    found = [burst(f"b{number}", {0 if number < 10 else 1}, {2}, 3) for number in range(20)]
    pictures = [[good, bad, bad]] * 20  # right in each burst of the one clip, wrong in each of the other
    units = ["one"] * 10 + ["other"] * 10
    alone, together = (compare.compare(found, pictures, "test", units=of) for of in (None, units))
    ours = [report.methods[rankers.OURS]["top1"] for report in (alone, together)]
    assert [one.value for one in ours] == [0.5, 0.5]
    assert (ours[0].low > 0, ours[0].high < 1) == (True, True)
    assert (ours[1].low, ours[1].high) == (0, 1)


def test_bursts_of_two_batches_are_reported_together_and_apart() -> None:
    old, new = burst("old", {0}, set(), 3), burst("new", {1}, {0}, 3, "more/clips/b.mp4")
    good, bad = picture(4.5), picture(1.5)
    seen = dict(zip((*old.spots, *new.spots), (good, bad, bad, good, bad, bad), strict=True))
    reports = compare.by_batch([new, old], seen, "test")
    expected = [(None, 2, 0.5), ("first", 1, 1.0), ("second", 1, 0.0)]
    assert [(one.batch, one.count, one.methods[rankers.OURS]["top1"].value) for one in reports] == expected
    assert [len(one.wrong) for one in reports] == [1, 0, 1]
    sections = dict.fromkeys(figure.section for figure in compare.figures(reports))
    assert list(sections) == [compare.SECTION, f"{compare.SECTION}, first batch", f"{compare.SECTION}, second batch"]
    assert [one.batch for one in compare.by_batch([old], seen, "test")] == [None]


def test_a_source_is_found_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bursts.csv").write_text(
        "burst,set,source,file,person,frames,choose,never\n"
        "a,test,videos,a.mp4,,3 6,3,\nb,test,clips,b.mp4,,3 6,6,3\nc,test,people,,x,x_1.jpg x_2.jpg,x_1.jpg,\n"
    )
    (tmp_path / "burst_readers.csv").write_text("burst,reader,choose,never\na,1,3,\nb,1,6,3\nc,1,x_1.jpg,\n")
    (tmp_path / "eyes.csv").write_text("set,source,file,frame,left,right,what\ntest,clips,b.mp4,9,open,half,plain\n")
    monkeypatch.setattr(labels, "LABELS", tmp_path)
    found = labels.bursts("test")
    assert [one.spots[0] for one in found] == [
        Spot("videos/a.mp4", 3),
        Spot("more/clips/b.mp4", 3),
        Spot("people/x_1.jpg"),
    ]
    assert [one.batch for one in found] == ["first", "second", "first"]
    assert [one.where for one in found] == ["a.mp4", "b.mp4", "x"]
    assert [one.spot for one in labels.eyes("test")] == [Spot("more/clips/b.mp4", 9)]


@pytest.mark.slow
def test_eyes_are_compared_one_by_one_and_half_closed_ones_apart() -> None:
    def one(frame: int, left: labels.State, right: labels.State) -> Eyes:
        return Eyes(Spot("videos/a.mp4", frame), left, right, "plain")

    def with_eyes(left: float, right: float) -> AnalysedPicture:
        face = ScoredFace(make_face(), make_score(3.0, (left, right)))
        return AnalysedPicture(record_of(Moment(make_frame(width=640, height=480), (face,))), 1.0)

    states = [one(0, "open", "open"), one(40, "closed", "closed"), one(80, "closed", "open"), one(120, "half", "half")]
    what = [with_eyes(0.1, 0.6), with_eyes(0.9, 0.4), with_eyes(0.8, 0.2), with_eyes(0.7, 0.1)]
    report = eyes.compare([*states, one(160, "open", "open")], [*what, NOBODY], "test")
    every = report.rows[0]
    assert report.missed == 1
    assert (every.closed, every.open, every.half) == (3, 3, 2)
    assert every.called.value == pytest.approx(2 / 3)
    assert every.alarms.value == pytest.approx(1 / 3)
    assert every.half_called.value == 0.5
    assert every.auc.value == pytest.approx(8 / 9)  # 0.4 of a closed eye is below 0.6 of an open one
    assert (report.winks.value, report.winks.count) == (1.0, 1)


@pytest.mark.slow
def test_what_was_seen_is_kept_until_the_picture_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    real = pictures._analyse

    def counting(analyser: object, frame: object) -> dict[str, object]:
        looked.append("x")
        return real(analyser, frame)  # type: ignore[arg-type]

    monkeypatch.setattr(pictures, "_analyse", counting)
    (tmp_path / "videos").mkdir()
    shutil.copy(model_files.demo_clip(), tmp_path / "videos" / "demo.mp4")
    spots = [Spot("videos/demo.mp4", 0), Spot("videos/demo.mp4", 66)]
    first = pictures.analyse(spots, tmp_path, None, tmp_path / "work")
    again = pictures.analyse(spots, tmp_path, None, tmp_path / "work")
    assert len(looked) == 2
    assert first.keys() == again.keys() == set(spots)
    assert not first[spots[0]].record.faces
    assert again[spots[1]].record.faces[0].score == pytest.approx(first[spots[1]].record.faces[0].score)
    assert first[spots[1]].laplacian > 0


def test_the_labels_agree_with_themselves() -> None:
    every = labels.bursts("test") + labels.bursts("dev")
    assert len({one.name for one in every}) == len(every)
    assert len(labels.bursts("test")) >= 48
    assert all(len(set(one.spots)) == len(one.spots) and max(one.choose | one.never) < len(one.spots) for one in every)
    clips = {part: {spot.file for one in labels.bursts(part) for spot in one.spots} for part in ("test", "dev")}
    assert clips["test"].isdisjoint(clips["dev"])
    states = labels.eyes("test")
    assert len({one.spot for one in states}) == len(states) >= 250


@pytest.mark.parametrize("part", ["test", "dev"])
def test_a_bursts_choice_is_what_two_of_its_readers_say(part: labels.Part) -> None:
    for one in labels.bursts(part):
        for by_all, of_readers in zip((one.choose, one.never), zip(*one.readers, strict=True), strict=True):
            said = Counter(index for own in of_readers for index in own)
            assert by_all == {index for index, count in said.items() if count >= 2}, one.name


def test_a_clip_that_may_be_trained_on_is_not_tested_on() -> None:
    sets = {spot.file: part for part in ("test", "dev") for one in labels.bursts(part) for spot in one.spots}
    clips = {file: part for file, part in sets.items() if not file.startswith("people/")}
    assert clips == {file: "test" if clip_split(Path(file).name) == "test" else "dev" for file in clips}


def test_the_labelled_pictures_are_in_the_data() -> None:
    data = shared_data("videos").parent
    spots = {spot for part in ("test", "dev") for one in labels.bursts(part) for spot in one.spots}
    assert not {spot.file for spot in spots if not (data / spot.file).is_file()}


@pytest.mark.parametrize(("choose", "never"), [(set(), {1}), ({0, 1, 2}, set()), ({0}, {0})])
def test_a_burst_without_a_choice_is_refused(choose: set[int], never: set[int]) -> None:
    with pytest.raises(ValueError, match="no choice"):
        burst("b", choose, never, 3)


@pytest.mark.slow
def test_json_goes_to_stdout_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    report = compare.compare([burst("one", {0}, {1}, 3)], [[picture(4.0), picture(2.0), picture(3.0)]], "dev")
    found = eyes.compare([Eyes(Spot("photos/a.jpg"), "open", "open", "plain")], [picture()], "dev")
    monkeypatch.setattr(run, "burst_reports", lambda *_: [report, replace(report, count=7, batch="second")])
    monkeypatch.setattr(run, "eye_report", lambda *_: found)
    answer = benchmark("bursts", "--set", "dev", "--json")
    lines = [json.loads(line) for line in answer.out.splitlines()]
    assert [line.get("method") for line in lines[: len(report.methods)]] == list(report.methods)
    assert lines[0]["top1"]["value"] == 1.0
    own = [line for line in lines if line.get("method") == rankers.OURS]
    assert [(line["batch"], line["bursts"]) for line in own] == [("all", 1), ("second", 7)]
    assert "7 dev bursts of the second batch" in answer.err
    assert "NaN" not in answer.out
    assert "livecam" in answer.err


@pytest.mark.slow
def test_missing_data_is_one_line_and_1(tmp_path: Path) -> None:
    answer = benchmark("bursts", "--data", tmp_path, "--work", tmp_path / "work")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
