"""The accuracy report: its measures on numbers whose answer is known, and all of it on the face that livecam ships."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from benchmarks.accuracy import fairness as groups
from benchmarks.accuracy.calibration import bins, ece, levels, of_ratings, of_states
from benchmarks.accuracy.data import Faces, ScorerOutputs, block_of, read
from benchmarks.accuracy.eyes_and_smiles import smiles
from benchmarks.accuracy.report import Report, conclusion, json_lines, markdown
from benchmarks.accuracy.rubric import deserved, views
from benchmarks.accuracy.stability import in_clips, is_still, shaken, still_seconds, when_shaken
from benchmarks.accuracy.winks import Painted, named, painted
from benchmarks.accuracy.winks import measure as wink_figures
from benchmarks.common.statistics import Estimate, Evidence, Figure, auc, bounded, estimate, recall, separation, share
from livecam.errors import LivecamError
from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.scoring.checks import find_reasons
from livecam.types import LANDMARKS, Reason
from model.shipped.view import View
from tests.benchmarks.accuracy_factories import collect, faces, outputs, row, write_items
from tests.benchmarks.runs import benchmark
from tests.factories import make_crop, make_face, make_frame, make_score


def test_no_failure_in_a_hundred_still_allows_some() -> None:
    everyone = Evidence.by(np.arange(100).astype(np.str_))
    none, half = share(np.zeros(100, bool), everyone), share(np.arange(100) < 50, everyone)
    assert (none.value, none.low, none.count) == (0.0, 0.0, 100)
    assert none.high == pytest.approx(0.0370, abs=1e-4)  # Wilson 1927
    assert (half.low, half.high) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert math.isnan(share(np.zeros(0, bool), Evidence.by(np.zeros(0, np.str_))).value)


def of_clips(frames: int, *names: str) -> Evidence:
    return Evidence.by(np.repeat(names, frames))


CLIPS = [f"{number}.mp4" for number in range(12)]


@pytest.mark.parametrize(
    ("right", "value"), [((1.0, 1.0), 1.0), ((0.0, 0.0), 0.0), ((1.0, 0.0), 0.5), ((0.9, 0.9), 0.9)]
)
def test_two_clips_of_a_hundred_frames_are_two_pieces_of_evidence(right: tuple[float, float], value: float) -> None:
    frames = np.concatenate([np.arange(100) < 100 * of for of in right])
    found = share(frames, of_clips(100, "a.mp4", "b.mp4"))
    assert (found.value, found.count, found.independent) == (value, 200, 2)
    assert found.high - found.low > 0.6
    two = share(np.array([True, True]), Evidence.by(np.array(["a", "b"])))
    assert two.low == pytest.approx(0.3424, abs=1e-4)  # Wilson 1927
    if value == 1:
        assert (found.low, found.high) == (two.low, 1.0)


def test_failures_of_three_clips_do_not_make_an_interval_surer_than_none_would() -> None:
    evidence = of_clips(50, *CLIPS)
    clean = share(np.ones(600, bool), evidence)
    for failing in (1, 2, 3):
        right = np.ones(600, bool)
        right[: 50 * failing : 50] = False  # one frame each of so many clips
        found = share(right, evidence)
        assert found.high == 1.0
        assert found.low < clean.low
    assert clean.low == pytest.approx(0.7575, abs=1e-4)  # Wilson 1927, of 12


def test_a_share_is_drawn_by_clip_and_the_same_each_time() -> None:
    right = np.concatenate([np.arange(50) < 50 * at / 11 for at in range(12)])  # a clip is right in 0 to all frames
    found, again = (share(right, of_clips(50, *CLIPS)) for _ in range(2))
    alone = share(right, Evidence.by(np.arange(600).astype(np.str_)))
    assert found == again
    assert found.high - found.low > 3 * (alone.high - alone.low)


def test_neighbouring_files_are_drawn_together_and_count_each_where_nothing_fails() -> None:
    files = np.arange(400).astype(np.str_)
    blocks = np.repeat(np.arange(10).astype(np.str_), 40)
    clean = share(np.ones(400, bool), Evidence(blocks, files))
    assert (clean.low, clean.independent) == (share(np.ones(400, bool), Evidence.by(files)).low, 400)
    one_block_wrong = share(blocks != "3", Evidence(blocks, files))
    assert one_block_wrong.low < share(blocks != "3", Evidence.by(files)).low - 0.05


def test_a_perfect_separation_is_no_surer_than_the_people_of_its_rarer_kind() -> None:
    truth = np.repeat([True, False], [60, 200])
    value = np.where(truth, 1.0, 0.0)
    people = np.array([f"closed {at // 20}" for at in range(60)] + [f"open {at}" for at in range(200)])
    for measure in (auc, recall):
        found = separation(measure, truth, value, Evidence.by(people))
        assert (found.value, found.high, found.count, found.independent) == (1.0, 1.0, 260, 3)
        assert found.low == share(np.ones(3, bool), Evidence.by(np.array(["a", "b", "c"]))).low
    assert math.isnan(separation(auc, truth[:60], value[:60], Evidence.by(people[:60])).value)


def test_a_separation_of_many_people_has_the_bootstraps_interval() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([True, False], 300)
    value, people = rng.normal(size=600) + truth, np.arange(600).astype(np.str_)
    found = separation(auc, truth, value, Evidence.by(people))
    drawn = estimate(people, lambda at: auc(truth[at], value[at]))
    assert (found.low, found.high) == (drawn.low, drawn.high)
    assert bounded(Evidence.by(people), lambda _: 0.0).high == pytest.approx(0.0064, abs=1e-4)  # Wilson 1927, of 600


def test_pictures_of_one_person_are_one_piece_of_evidence() -> None:
    values = np.repeat([0.0, 1.0], 50)

    def mean(at: np.ndarray) -> float:
        return float(values[at].mean())

    two_people = estimate(np.repeat(["a", "b"], 50), mean)
    everyone = estimate(np.arange(100).astype(np.str_), mean)
    assert (two_people.value, two_people.low, two_people.high) == (0.5, 0.0, 1.0)
    assert 0.38 < everyone.low < 0.46
    assert 0.54 < everyone.high < 0.62


def test_the_area_counts_pairs_and_ties_half() -> None:
    truth = np.array([True, True, False, False])
    assert auc(truth, np.array([4.0, 3.0, 2.0, 1.0])) == 1.0
    assert auc(truth, np.array([4.0, 1.0, 2.0, 1.0])) == (1 + 1 + 0 + 0.5) / 4
    assert math.isnan(auc(np.ones(3, bool), np.arange(3.0)))


def test_recall_allows_one_false_alarm_in_a_hundred() -> None:
    truth = np.concatenate([np.ones(4, bool), np.zeros(100, bool)])
    value = np.concatenate([[97.5, 98.0, 98.5, 99.5], np.arange(100.0)])
    assert recall(truth, value) == 0.5  # above 98, the second highest of the open ones
    assert recall(truth, value, false_alarms=0.0) == 0.25


def test_an_output_that_says_80_percent_and_is_right_in_60_is_off_by_20() -> None:
    predicted, observed = np.full(100, 0.8), (np.arange(100) < 60).astype(float)
    assert ece(predicted, observed) == pytest.approx(0.2)
    assert ece(predicted, observed, equal_mass=True) == pytest.approx(0.2)
    (one,) = bins(predicted, observed)
    assert (one.predicted, one.observed, one.count) == pytest.approx((0.8, 0.6, 100))
    assert ece(np.full(100, 0.6), observed) == pytest.approx(0.0)


def test_bins_of_equal_mass_find_what_one_wide_bin_hides() -> None:
    predicted = np.repeat([0.001, 0.06], 750)  # both in the first of 15 bins of equal width
    observed = np.repeat([0.06, 0.001], 750)
    assert ece(predicted, observed) == pytest.approx(0.0, abs=1e-9)
    assert ece(predicted, observed, equal_mass=True) == pytest.approx(0.059, abs=1e-9)


@pytest.mark.slow
def test_a_rating_between_two_counts_as_each_by_its_share() -> None:
    blocks = np.arange(40).astype(np.str_)
    predicted = np.tile([0.0, 0.0, 0.7, 0.3, 0.0], (40, 1))
    right = of_ratings("r", blocks, predicted, predicted)
    off = of_ratings("r", blocks, predicted, np.tile([0.0, 0.0, 0.5, 0.5, 0.0], (40, 1)))
    assert (right.ece.value, right.brier.value) == (0, 0)
    assert (off.ece.value, off.brier.value) == pytest.approx((0.2, 0.08))


def test_the_scores_are_sorted_by_what_the_rubric_says() -> None:
    low, high = levels(np.array([1.2, 1.4, 4.9, 5.0, 4.6]), np.array([1.0, 2.0, 4.0, 5.0, 4.5]))
    assert (low.rating, low.count, low.mean) == (1, 2, 1.5)
    assert (high.rating, high.count, high.p50) == (5, 3, 4.5)


@pytest.mark.parametrize(
    ("closed", "above", "exactly"),
    [((0.9, 0.1), True, True), ((0.9, 0.8), True, False), ((0.4, 0.1), True, False), ((0.1, 0.9), False, False)],
)
def test_a_wink_is_named_as_the_camera_names_it(closed: tuple[float, float], above: bool, exactly: bool) -> None:
    judged = named(np.array([closed]), 0)
    assert (judged.above[0], judged.exactly[0]) == (above, exactly)
    reasons = find_reasons(make_face(centre=(32, 24), size=40), make_crop(), make_score(3, closed), make_frame())
    assert (Reason.LEFT_EYE_CLOSED in reasons) is exactly


def test_the_left_lid_is_painted_on_the_right_of_the_picture() -> None:
    one = faces([row()])
    left, both, none = (next(painted(one, state)).astype(int) for state in ("left", "both", "none"))
    crop = one.crop(0).astype(int)
    assert (none == crop).all()
    assert (left[:, :112] == crop[:, :112]).all()
    assert (left[:, 112:] != crop[:, 112:]).any()
    assert (both[:, :112] != crop[:, :112]).any()


def test_an_eye_that_pulls_the_other_along_is_not_exactly_named() -> None:
    two = faces([row(file="a.jpg"), row(file="b.jpg")])
    answers: dict[Painted, ScorerOutputs] = {
        "none": outputs([3, 3]),
        "left": outputs([1, 1], [(0.9, 0.0), (0.9, 0.7)]),
        "right": outputs([1, 3], [(0.0, 0.9), (0.0, 0.9)]),
        "both": outputs([1, 1], [(0.9, 0.9), (0.9, 0.4)]),
    }
    found = {figure.name.removeprefix("painted, every set: "): figure for figure in wink_figures(two, answers)}
    assert found["the painted eye is above the other"].found.value == 1
    assert found["exactly that eye is called closed"].found.value == 0.75
    assert found["exactly that eye is called closed"].met is False
    assert found["both painted, both called closed"].found.value == 0.5
    assert found["none painted, none called closed"].found.value == 1
    assert found["scores at most 2"].found.value == pytest.approx(5 / 6)


def filmed(frames: range) -> Faces:
    return faces([row("videos", "clip.mp4", frame=str(at)) for at in frames])


def test_two_quiet_seconds_are_found_and_a_blink_is_none() -> None:
    clip = filmed(range(0, 60, 5))
    first, second = still_seconds(clip)
    assert (first.tolist(), second.tolist()) == (list(range(6)), list(range(6, 12)))
    clip.data.blendshapes[8, BLENDSHAPE_NAMES.index("eyeBlinkLeft")] = 0.6
    assert [one.tolist() for one in still_seconds(clip)] == [list(range(6))]


def test_few_frames_or_a_moved_face_are_no_still_second() -> None:
    assert still_seconds(filmed(range(0, 60, 10))) == []
    clip = filmed(range(0, 30, 5))
    assert len(still_seconds(clip)) == 1
    clip.data.landmarks[3] += 3
    assert still_seconds(clip) == []


def test_a_slow_turn_of_the_head_is_not_still() -> None:
    landmarks, pose = np.zeros((6, LANDMARKS, 2)), np.zeros((6, 3))
    shapes = {name: np.zeros(6) for name in ("eyeBlink", "mouthSmile", "jawOpen", "eyeLookDown")}
    assert is_still(landmarks, pose, shapes)
    assert not is_still(landmarks, pose + np.linspace(0, 5, 6)[:, None], shapes)
    assert not is_still(landmarks, pose, shapes | {"mouthSmile": np.linspace(0, 0.2, 6)})


def test_the_spread_within_seconds_is_measured_not_between_them() -> None:
    clip = filmed(range(0, 60, 5))
    spread, within = in_clips(clip, outputs([2.0] * 6 + [4.0, 4.2] * 3), still_seconds(clip))
    assert spread.found.value == pytest.approx(math.sqrt((0 + 0.012) / 2))
    assert (within.found.value, within.found.count, within.found.independent) == (0.5, 2, 1)
    assert within.found.high - within.found.low > 0.8  # seconds of one clip


def test_shaken_crops_are_versions_of_one_and_their_spread_is_told() -> None:
    one = faces([row()])
    crop = one.crop(0).astype(int)
    for kind in ("noise", "jpeg", "shift"):
        versions = list(shaken(one, kind))
        assert len(versions) == 4
        assert all((version != crop).any() for version in versions)
    right, *_ = shaken(one, "shift")
    assert (right[:, 1:] == crop[:, :-1]).all()
    calm, wild, within = when_shaken(
        one, outputs([3.0]), {"noise": outputs([3.0] * 4), "shift": outputs([3.5, 3, 3, 3])}
    )
    assert (calm.found.value, calm.met) == (0, True)
    assert wild.found.value == pytest.approx(0.2236, abs=1e-4)
    assert wild.met is False
    assert within.found.value == 0


def test_open_eyed_are_those_of_whom_nobody_says_otherwise() -> None:
    some = faces(
        [row(), row(), row(), row("eyes", eyes="1"), row("videos"), row(), row()],
        state=["", "down", "unsure", "", "", "closed", ""],
        glasses=["", "", "none", "", "", "", "sunglasses"],
    )
    assert some.open().tolist() == [True] + [False] * 6
    assert some.open(unsure=True).tolist() == [True, False, True] + [False] * 4


@pytest.mark.slow
def test_smiles_are_told_by_the_set_s_word_and_where_a_reader_is_sure_by_the_reader_s() -> None:
    rows = [row("smile", f"{number}.jpg", smile=label) for number, label in enumerate("1100")] + [row(smile="1")]
    tested = faces(rows, smile=("yes", "no", "unsure", "no", ""))
    by_set, by_readout, plain = smiles(tested, outputs([4, 3, 2, 1, 5]), np.array([4.0, 1.0, 3.0, 2.0, 0.0]))
    assert (by_set.found.value, by_set.found.count) == (1.0, 4)
    assert by_readout.found.value == 0.5
    assert (plain.found.value, plain.found.count) == (1.0, 3)
    assert plain.met is True


def test_a_score_is_compared_after_smile_and_set_are_taken_out() -> None:
    rng = np.random.default_rng(0)
    smile, sets = rng.uniform(0, 1, 400), np.repeat(["a", "b"], 200)
    low = np.arange(400) % 4 == 0
    score = 3 + 2 * smile - smile**2 + (sets == "b") * 0.7 - 0.2 * low
    left = groups.residuals(score, smile, sets, np.ones(400, bool))
    assert left[~low].mean() - left[low].mean() == pytest.approx(0.2, abs=0.01)
    assert left[sets == "b"].mean() == pytest.approx(0, abs=1e-9)


def test_the_group_that_is_called_asleep_stands_out() -> None:
    count = 400
    some = faces([row(file=f"{i}.jpg") for i in range(count)], state=["unsure"] + [""] * (count - 1))
    closed = [(0.9, 0.0) if i < 4 else (0.0, 0.0) for i in range(count)]
    first = np.arange(count) < 200
    parts = {("sex", "female"): first, ("sex", "male"): ~first}
    worse, better = groups.found_groups(some, outputs([3.0] * count, closed), parts, np.ones(count))
    assert worse.called.count == 199
    assert worse.called.value == pytest.approx(3 / 199)
    assert worse.doubtful is not None
    assert worse.doubtful.value == pytest.approx(4 / 200)
    assert (worse.stands_out, better.stands_out) == (True, False)
    gap = groups.gap([worse, better])
    assert gap is not None
    assert gap[0] == pytest.approx(3 / 199)
    assert gap[1:] == ("male", "female")
    text = conclusion([worse, better])
    assert "female (sex, 1.5 %" in text
    assert "1.5 points (sex: male against female)" in text


def test_people_behind_sunglasses_are_a_group_of_their_own() -> None:
    some = faces([row(file="a.jpg"), row(file="b.jpg")], glasses=["sunglasses", "none"])
    parts = groups.parts_of(some, np.array([80.0, 90.0]))
    by_name = {
        one.name: one for one in groups.found_groups(some, outputs([3, 3], [(0.9, 0.9), (0, 0)]), parts, np.ones(2))
    }
    assert (by_name["sunglasses"].called.value, by_name["none"].called.value) == (1, 0)
    assert by_name["100 px and more"].called.count == 1


def test_a_face_is_shrunk_to_its_height_and_darkened_by_stops() -> None:
    one = faces([row()])
    detail = [float(cv2.Laplacian(next(groups.shrunk(one, px)), cv2.CV_64F).std()) for px in (100, 60, 40)]
    assert detail == sorted(detail, reverse=True)
    assert detail[0] > 2 * detail[-1]
    light = [float(next(groups.darkened(one, stops)).mean()) for stops in (0, 1, 2)]
    assert light[1] / light[0] == pytest.approx(2 ** (-1 / 1.6), abs=0.01)
    assert light[2] < light[1]


def test_neighbouring_files_and_one_persons_pictures_are_drawn_together() -> None:
    assert block_of(row("eyes", "closed_0039.jpg")) == block_of(row("eyes", "closed_0000.jpg"))
    assert block_of(row("eyes", "closed_0040.jpg")) != block_of(row("eyes", "closed_0039.jpg"))
    assert block_of(row("eyes", "regular_0001.jpg")) != block_of(row("eyes", "closed_0001.jpg"))
    assert block_of(row("people", "a_1.jpg", person="a")) == block_of(row("people", "a_2.jpg", person="a"))
    assert block_of(row("smile", "file1.jpg")) != block_of(row("smile", "file2.jpg"))


def test_views_know_what_they_deserve_and_are_the_same_each_time() -> None:
    some = faces([row(file=f"{i}.jpg") for i in range(12)])
    first: list[View] = []
    again: list[View] = []
    images = list(views(some, first))
    assert all((a == b).all() for a, b in zip(images, views(some, again), strict=True))
    due = deserved(first)
    assert due.rating.shape == (12,)
    assert due.closed.shape == due.known.shape == (12, 2)
    assert due.rating.min() < 2.5 < due.rating.max()


def figure(value: float, bar: float | None = 0.9, *, at_least: bool = True) -> Figure:
    return Figure("s", "n", Estimate(value, value, value, 7), None, bar, at_least)


def test_a_bar_is_a_least_or_a_most_and_nothing_meets_nothing() -> None:
    assert (figure(0.9).met, figure(0.89).met) == (True, False)
    assert (figure(0.9, at_least=False).met, figure(0.91, at_least=False).met) == (True, False)
    assert figure(0.9, None).met is None
    assert figure(math.nan).met is None


def test_json_has_null_where_nothing_is_known_and_markdown_says_what_is_missed() -> None:
    blocks, predicted = np.arange(4).astype(np.str_), np.array([0.1, 0.2, 0.8, 0.9])
    calibration = of_states("eyes_closed, x", blocks, predicted, np.array([0.0, 0, 1, 1]))
    group = groups.FaceGroup("sex", "male", Estimate(math.nan, 0, 1, 0), None, None, None)
    about: dict[str, str | int] = dict.fromkeys(("model", "version", "sha256", "provider"), "x")
    report = Report(about | {"faces": 9, "test_faces": 4}, [figure(0.5), figure(math.nan)], [calibration], [], [group])
    kinds = [json.loads(line) for line in json_lines(report)]
    assert [one["kind"] for one in kinds] == ["about", "figure", "figure", "calibration", "group"]
    assert kinds[2]["found"]["value"] is None
    assert kinds[3]["ece"]["value"] == pytest.approx(0.15)
    text = markdown(report)
    assert "| n | 50.0 % (50.0 to 50.0) | – | 7 | ≥ 90 % MISSED |" in text
    assert "≤ 0.05 MISSED" in text


@pytest.mark.slow
def test_the_shipped_scorer_names_painted_winks_on_the_demo_face_and_the_report_is_written(tmp_path: Path) -> None:
    data, out = collect(tmp_path / "data"), tmp_path / "out"
    code, stdout, stderr = benchmark("accuracy", data, "--research", tmp_path / "none", "--json", "--out", out)
    assert code == 0, stderr
    found = [json.loads(line) for line in stdout.splitlines()]
    by_name = {one["name"]: one for one in found if one["kind"] == "figure"}
    assert by_name["painted, every set: exactly that eye is called closed"]["found"]["value"] == 1
    separated = by_name["AUC, against London set"]["found"]
    assert (separated["value"], separated["count"], separated["independent"]) == (1, 12, 4)
    assert separated["low"] < 0.6  # four people
    painted = by_name["painted, London set: exactly that eye is called closed"]["found"]
    assert (painted["count"], painted["independent"]) == (16, 4)
    assert by_name["closed eyes called closed, both"]["found"]["count"] == 4
    assert {one["kind"] for one in found} == {"about", "figure", "calibration", "level", "group"}
    assert "painted, London set" in stderr
    text = (out / "accuracy.md").read_text(encoding="utf-8")
    for name in ("reliability.png", "levels.png", "groups.png"):
        assert f"]({name})" in text
        assert cv2.imread(str(out / name)) is not None


def test_a_folder_without_faces_or_columns_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    code, _, stderr = benchmark("accuracy", tmp_path)
    assert (code, stderr.count("\n")) == (1, 1)
    assert "python -m model.shipped.collect" in stderr
    write_items(tmp_path, [{"source": "eyes", "file": "a.jpg"}])
    with pytest.raises(LivecamError, match="has no column eyes, face_px, frame, person, smile, split"):
        read(tmp_path, tmp_path)
