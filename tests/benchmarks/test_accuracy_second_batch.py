"""The second batch in the accuracy report: real winks, children, HELEN and clips, apart from the first batch."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from benchmarks.accuracy import camera
from benchmarks.accuracy.judged import Judgement, judge
from benchmarks.accuracy.report import Report, markdown
from benchmarks.accuracy.second_batch import measure
from benchmarks.accuracy.seen import SeenFaces, look
from benchmarks.accuracy.sources import Scope, scopes, second_batch
from benchmarks.common.statistics import Estimate, Evidence, Figure
from benchmarks.labelled.labels import LABELS
from livecam.errors import SourceError
from livecam.faces.mesh import blendshape_places
from livecam.scoring.eyes import fuse
from tests.benchmarks.accuracy_factories import collect, faces, outputs, row
from tests.benchmarks.runs import benchmark

SCOPE = Scope(whole=True, never=True)
EYES = ("file", "subject", "frame_from", "frame_to", "what", "left_eye", "right_eye", "smile", "child", "note")


def research(folder: Path, seen: Sequence[dict[str, str]], there: dict[str, str]) -> Path:
    """Write more/eyes.csv and more/files.csv below folder, and return it."""
    more = folder / "more"
    more.mkdir(parents=True)
    with (more / "eyes.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, EYES, restval="")
        table.writeheader()
        table.writerows({"subject": "-"} | one for one in seen)
    with (more / "files.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "labels_there"))
        rows.writerows(there.items())
    return folder


def labels(folder: Path, *rows: str) -> Path:
    """Write second_batch_eyes.csv into folder, and return it."""
    folder.mkdir(exist_ok=True)
    (folder / "second_batch_eyes.csv").write_text("\n".join(("file,subject,left,right,what", *rows)) + "\n")
    return folder


def seen_faces(
    rows: list[dict[str, str]], states: Sequence[tuple[str, str]], mouth: Sequence[str] = (), age: Sequence[int] = ()
) -> SeenFaces:
    count = len(rows)
    return SeenFaces(
        faces(rows),
        np.array(states, np.str_).reshape(-1, 2),
        np.array(list(mouth) or [""] * count, np.str_),
        np.zeros(count, bool),
        np.zeros(count, bool),
        np.array(list(age) or [-1] * count, np.int64),
    )


def judgement(
    closed: Sequence[tuple[float, float]], score: Sequence[float] = (), scorer: Sequence[tuple[float, float]] = ()
) -> Judgement:
    """By the camera, with eyes that the scorer (unless given) and eyeBlink see open; each face is somebody else's."""
    nothing = np.zeros((len(closed), 2))
    scores = np.array(list(score) or [3.0] * len(closed))
    told, everyone = np.array(scorer) if scorer else nothing, Evidence.by(np.arange(len(closed)).astype(np.str_))
    return Judgement(np.array(closed), told, nothing, scores, scores + 1, everyone)


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    named = {figure.name: figure for figure in figures}
    assert len(named) == len(figures)
    return named


def test_a_scorer_that_is_older_than_the_batch_is_tested_on_all_of_it_and_others_on_the_rest() -> None:
    assert [one.of("winks") for one in scopes("default-3")] == ["all, never trained on", "test split, never trained on"]
    for version in ("default-4", "default-30", "own-1234", ""):
        (only,) = scopes(version)
        assert only.of("winks") == "test split, sources never trained on"
        assert only.of("children", "winks") == "test split, others than trained on, some of the same sources"
    rows = [row("winks"), row("winks", split="train"), row("eyes"), row("videos", split="train")]
    some = faces(rows)
    assert second_batch(some).tolist() == [True, True, False, False]
    assert Scope(True, True).rows(some).tolist() == [True, True, False, False]
    assert Scope(False, False).rows(some).tolist() == [True, False, False, False]


def test_what_was_seen_is_looked_up_by_file_subject_and_frame_and_the_rest_is_open(tmp_path: Path) -> None:
    seen = [
        {"file": "winks/w.jpg", "subject": "a", "left_eye": "open", "right_eye": "closed", "smile": "broad"},
        {"file": "winks/w.jpg", "subject": "b", "left_eye": "half", "right_eye": "half", "note": "looking down"},
        {"file": "children/c.jpg", "smile": "none", "note": "mouth open, no smile"},
        {"file": "clips/k.mp4", "frame_from": "5", "frame_to": "6", "left_eye": "closed", "right_eye": "closed"},
        {"file": "clips/k.mp4", "frame_from": "8", "frame_to": "9", "smile": "broad"},
    ]
    there = {
        "children/c.jpg": "age 7; R open",
        "children/d.jpg": "age 12",
        "helen/laugh.jpg": "repo: smile 1 mouth_open 1",
        "helen/calm.jpg": "repo: smile 0 mouth_open 0",
        "helen/doubtful.jpg": "repo: smile 0 mouth_open 1",
    }
    looked = ('children/d.jpg,-,unsure,closed,"glasses, small"', "winks/w.jpg,b,half,open,sunglasses")
    later = labels(tmp_path / "labels", *looked)
    rows = [
        row("winks", "w.jpg", person="w.jpg a"),
        row("winks", "w.jpg", person="w.jpg b"),
        row("children", "c.jpg", person="c.jpg -"),
        row("children", "d.jpg", person="d.jpg -"),
        row("helen", "laugh.jpg", person="laugh.jpg -"),
        row("helen", "calm.jpg", person="calm.jpg -"),
        row("helen", "doubtful.jpg", person="doubtful.jpg -"),
        *(row("clips", "k.mp4", frame=str(frame), person="k.mp4") for frame in range(4, 10)),
    ]
    found = look(faces(rows), research(tmp_path / "data", seen, there), later)
    assert found.state.tolist() == [
        ["open", "closed"],
        ["half", "open"],  # seen later, with more care
        ["open", "open"],
        ["unsure", "closed"],
        *[["open", "open"]] * 3,
        *[["closed", "closed"]] * 2,  # the frames in which nobody looked at the eyes are left out
    ]
    assert found.mouth.tolist() == ["smile", "", "open", "", "laugh", "calm", "", "", ""]
    assert found.age.tolist() == [-1, -1, 7, 12, -1, -1, -1, -1, -1]
    assert found.low.tolist() == [False, True] + [False] * 7
    assert found.glasses.tolist() == [False] * 3 + [True] + [False] * 5
    assert found.winking.tolist() == [True] + [False] * 8


def test_a_table_without_its_columns_is_one_line(tmp_path: Path) -> None:
    data = research(tmp_path, [], {})
    (data / "more/eyes.csv").write_text("file\n")
    with pytest.raises(SourceError, match="--research"):
        look(faces([row("winks")]), data, labels(tmp_path / "labels"))


def test_every_label_given_later_is_a_state_of_a_face_of_the_batch() -> None:
    with (LABELS / "second_batch_eyes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 50
    assert len({(one["file"], one["subject"]) for one in rows}) == len(rows)
    assert {one[side] for one in rows for side in ("left", "right")} <= {"open", "half", "closed", "unsure"}
    assert {one["file"].split("/")[0] for one in rows} <= {"winks", "children", "helen"}


def test_a_wink_counts_when_the_closed_eye_alone_is_named_and_its_score_is_told() -> None:
    states = [("closed", "open"), ("open", "closed"), ("open", "closed"), ("half", "open"), ("open", "open")]
    seen = seen_faces([row("winks", f"{at}.jpg") for at in range(5)], states)
    judged = judgement([(0.9, 0.1), (0.2, 0.4), (0.8, 0.9), (0.3, 0.2), (0.6, 0.0)], (1.0, 2.6, 1.0, 4.0, 4.0))
    found = by_name(measure(seen, judged, SCOPE))
    named = found["winks, all, never trained on: exactly the closed eye is called closed"]
    assert named.found.value == pytest.approx(1 / 3)
    assert (named.found.count, named.met) == (3, False)
    assert named.scorer is not None
    assert named.scorer.value == 0
    assert found["winks, all, never trained on: the closed eye is the likelier"].found.value == 1
    assert found["winks, all, never trained on: highest score"].found.value == 2.6
    over = found["winks, all, never trained on: scores over 2.5"]
    assert over.found.value == pytest.approx(1 / 3)
    assert over.met is False
    assert over.scorer is not None
    assert over.scorer.value == pytest.approx(1 / 3)  # 3.6 of the one, and 2.0 of the others
    squeezed = found["one eye squeezed to a slit, all, never trained on: it is the likelier"]
    assert (squeezed.found.value, squeezed.found.count) == (1, 1)
    assert found["open eyes called closed, same sets, all, never trained on"].found.value == 1


def test_children_are_told_apart_by_age_and_half_open_and_doubtful_eyes_from_open_ones() -> None:
    states = [("open", "open"), ("open", "open"), ("closed", "closed"), ("half", "half"), ("unsure", "open")]
    rows = [row("children", f"{at}.jpg") for at in range(5)]
    seen = seen_faces(rows, states, age=(2, 6, 6, 6, 12))
    closed = [(0.1, 0.2), (0.1, 0.6), (0.9, 0.4), (0.9, 0.1), (0.9, 0.1)]
    found = by_name(measure(seen, judgement(closed, (3, 3, 2.7, 3, 3)), SCOPE))

    def value(name: str) -> tuple[float, int]:
        figure = found[name.format("all, never trained on")]
        return figure.found.value, figure.found.count

    assert value("open eyes called closed, children of 2 to 4, {}") == (0, 1)
    assert value("open eyes called closed, children of 5 to 8, {}") == (1, 1)
    assert math.isnan(value("open eyes called closed, children of 9 to 12, {}")[0])
    assert value("children, {}: open eyes called closed") == (0.5, 2)
    assert value("children, {}: closed eyes called closed") == (0.5, 2)
    assert value("children, {}: faces with both eyes closed score over 2.5") == (1, 1)
    assert value("children, {}: AUC")[0] == pytest.approx((5 + 4) / 10)
    assert value("children, {}: AUC")[1] == 7  # the open eye of the doubtful face counts
    assert value("open eyes called closed, stills, doubtful counted, {}")[0] == pytest.approx(2 / 3)
    assert value("half-open eyes called closed, {}") == (0.5, 2)


def test_a_scream_that_scores_like_a_smile_is_seen() -> None:
    mouth = ("scream", "open", "calm", "laugh", "scream")
    states = [("open", "open")] * 4 + [("closed", "closed")]
    seen = seen_faces([row("helen", f"{at}.jpg") for at in range(5)], states, mouth)
    found = by_name(measure(seen, judgement([(0.0, 0.0)] * 5, (3.4, 2.0, 3.0, 4.8, 5.0)), SCOPE))
    words = "all, never trained on"
    scream = found[f"screams, {words}: score over 3"]
    assert (scream.found.value, scream.found.count) == (1, 1)  # the one with closed eyes is another matter
    assert found[f"open mouths, tongues, teeth, grimaces, {words}: score over 3"].found.value == 0
    assert found[f"calm faces score above screams, tongues and grimaces: AUC, {words}"].found.value == 0.5
    assert found[f"laughs score above screams, tongues and grimaces: AUC, {words}"].found.value == 1


def test_the_frames_of_one_man_s_blinks_are_one_piece_of_evidence() -> None:
    rows = [row("clips", f"{at // 40}.mp4", frame=str(at), person=f"{at // 40}.mp4") for at in range(80)]
    states = [("closed", "closed") if at % 2 else ("open", "open") for at in range(80)]
    seen = seen_faces(rows, states)
    assert seen.faces.evidence.count == 2
    judged = judge(seen.faces, outputs([1.0] * 80, [(0.9, 0.9) if at % 2 else (0.0, 0.0) for at in range(80)]))
    found = by_name(measure(seen, judged, SCOPE))
    for name in ("closed eyes called closed", "open eyes called closed", "AUC", "recall at 1 % false alarms"):
        figure = found[f"clips, all, never trained on: {name}"]
        assert figure.found.independent == 2
        assert figure.found.high - figure.found.low > 0.6
        assert figure.scorer is not None
        assert figure.scorer.high - figure.scorer.low > 0.6


def test_the_camera_judges_by_scorer_and_blink_together() -> None:
    some = faces([row("eyes", "closed_0001.jpg", eyes="1"), row("pairs", eyes="0", smile="1")])
    some.data.blendshapes[0, list(blendshape_places("eyeBlink"))] = (0.9, 0.1)
    both = outputs([3.0, 3.0], [(0.4, 0.05), (0.1, 0.1)])
    judged = judge(some, both)
    assert judged.scorer.tolist() == both.closed.tolist()
    assert judged.blink[0].tolist() == pytest.approx([0.9, 0.1])
    assert judged.closed == pytest.approx(fuse(both.closed, judged.blink), abs=1e-6)
    assert judged.closed[0, 0] > 0.9
    assert judged.closed[0, 1] < 0.5
    assert judged.score[0] < 2 < judged.score[1]
    found = by_name(list(camera.eyes(some, judged)))
    called = found["closed eyes called closed, both"]
    assert (called.found.value, called.found.count) == (0, 1)
    assert found["open eyes called closed, London set"].found.value == 0


def test_scores_that_crowd_are_counted_with_their_spread() -> None:
    some = faces([row("pairs", f"{at}.jpg", eyes="0", smile=str(at % 2)) for at in range(6)])
    judged = judgement([(0.0, 0.0)] * 6, (3.0, 4.95, 3.05, 4.5, 3.9, 4.92))
    found = by_name(list(camera.spread(some, judged)))
    assert found["London set, smiles: scores at least 4.9"].found.value == pytest.approx(2 / 3)
    assert found["London set, no smile: scores between 2.9 and 3.1"].found.value == pytest.approx(2 / 3)
    assert found["London set, smiles: standard deviation"].found.value == pytest.approx(
        np.std((4.95, 4.5, 4.92), ddof=1)
    )


def test_the_table_of_a_judged_section_has_a_column_for_the_scorer_alone() -> None:
    def one(value: float) -> Estimate:
        return Estimate(value, value, value, 9)

    figures = [
        Figure("real winks", "a", one(0.9), one(0.2), 0.92, scorer=one(0.5)),
        Figure("real winks", "b", one(2.7), None, 2.5, at_least=False, unit="points", scorer=one(4.8)),
    ]
    about: dict[str, str | int] = dict.fromkeys(("model", "version", "sha256", "provider"), "x")
    text = markdown(Report(about | {"faces": 9, "test_faces": 4}, figures, [], [], []))
    assert "| figure | camera | scorer | blendshapes | count | bar |" in text
    assert "| a | 90.0 % (90.0 to 90.0) | 50.0 % (50.0 to 50.0) | 20.0 % (20.0 to 20.0) | 9 | ≥ 92 % MISSED |" in text
    assert "| b | 2.700 | 4.800 | – | 9 | ≤ 2.5 MISSED |" in text
    assert "One eye closed, the other open, by eye." in text


def figures_of(data: Path, more: Path) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    code, stdout, stderr = benchmark("accuracy", data, "--research", more, "--json")
    assert code == 0, stderr
    lines = [json.loads(line) for line in stdout.splitlines()]
    return lines[0], {f"{one['section']}: {one['name']}": one for one in lines if one["kind"] == "figure"}


@pytest.mark.slow
def test_the_second_batch_changes_no_figure_of_the_first_and_has_its_own(tmp_path: Path) -> None:
    more = research(tmp_path / "research", [
        *({"file": f"winks/w{at}.jpg", "left_eye": "closed", "right_eye": "open", "smile": "none"} for at in range(4)),
        {"file": "clips/clip.mp4", "frame_from": "0", "frame_to": "1", "left_eye": "closed", "right_eye": "closed"},
    ], {})  # fmt: skip
    alone, first = figures_of(collect(tmp_path / "first"), more)
    together, both = figures_of(collect(tmp_path / "both", second_batch=True), more)
    assert (together["faces"], together["test_faces"]) == (alone["faces"], alone["test_faces"])
    assert {name: both[name] for name in first} == first
    added = {one["section"] for name, one in both.items() if name not in first}
    assert added == {"real winks", "eyes of the second batch"}
    (wink,) = (
        one for name, one in both.items() if re.fullmatch("real winks: winks, .*: the closed eye is the likelier", name)
    )
    assert (wink["found"]["value"], wink["found"]["count"]) == (1, 4)  # type: ignore[index]
    (clips,) = (
        one for name, one in both.items() if re.fullmatch("eyes of .*: clips, .*: closed eyes called closed", name)
    )
    assert clips["found"]["count"] == 4  # type: ignore[index]
