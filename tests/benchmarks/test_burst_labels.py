"""Burst labels to hand on: which bursts are shown, the page in a real browser, what it saves and what is read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the train extra")

from benchmarks.bursts import label_bursts, rankers
from benchmarks.bursts.label_bursts import FoundBurst
from benchmarks.bursts.label_compare import shared_report
from benchmarks.bursts.label_format import BurstLabel, LabelFrame, burst_values, read_labels
from livecam import model_files, pipeline
from livecam.best.people.face_cuts import cut_faces
from livecam.best.ranking.ranked import rank
from livecam.errors import SourceError
from livecam.types import Reason
from tests.benchmarks.runs import Outcome, benchmark
from tests.best.photo_factories import make_clip, make_photo
from tests.best.records.factories import NOON, make_face_record, make_record
from tests.best.scan.fake_models import FakeModels

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCORER = "0123456789abcdef"
NASTY = "</script><script>document.title='owned'</script>.jpg".replace("/", "\u2215")


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeModels:
    """Give fake models to the command, and keep the user's cache out of it."""
    fake = FakeModels()
    monkeypatch.setattr(pipeline, "default_models", lambda: fake)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")
    return fake


def make_burst(*scores: float, folder: str = "/home/anna/Lisbon") -> FoundBurst:
    """A burst of two people, 300 ms from frame to frame, who is the worse of whom has these scores."""
    records = []
    for i, score in enumerate(scores):
        face = make_face_record(
            score=score,
            eyes=(0.0123456, 0.9 if score < 2 else 0.001),
            reasons=(Reason.LEFT_EYE_CLOSED,) if score < 2 else (),
            shapes={"mouthSmile": score / 7, "jawOpen": 0.123456},
            eye_detail=1.0 + score / 2,
            mouth_cover=-score,
        )
        other = make_face_record(x=200, size=180, score=4.5)
        taken = NOON + timedelta(milliseconds=300 * i)
        record = make_record(face, other, path=f"{folder}/IMG_{i}.jpg", captured=taken, camera="Canon R5 0123", phash=i)
        records.append(replace(record, width=4000, height=3000))
    return FoundBurst(Path(folder) / "IMG_0.jpg", "photos", tuple(records))


def line_of(burst: FoundBurst, *, reader: str = "r-1", **said: object) -> dict[str, Any]:
    """A line as the page saves it; the files need not exist."""
    frames = [
        LabelFrame(f"{i:064x}", None, None if i == 0 else 300 * i, record) for i, record in enumerate(burst.records)
    ]
    word = {"reader": reader, "blind": True, "choose": [0], "never": [], "preference": "", "why": ""}
    return burst_values(frames, burst.kind, SCORER) | word | said


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def read(folder: Path, *lines: dict[str, Any]) -> list[BurstLabel]:
    return read_labels([write(folder / "labels.jsonl", *lines)])


def test_a_label_comes_back_as_it_was_given_and_its_frames_are_ranked_as_before(tmp_path: Path) -> None:
    burst = make_burst(3.0, 4.5, 1.2, 4.4)
    said = {"choose": [1, 3], "never": [2], "preference": "weak", "why": "eyes shut, naïve"}

    (label,) = read(tmp_path, line_of(burst, reader="r-9", **said))

    assert (label.reader, set(label.choose), set(label.never)) == ("r-9", {1, 3}, {2})
    assert (label.preference, label.why, label.blind) == ("weak", "eyes shut, naïve", True)
    assert (label.kind, label.scorer) == ("photos", SCORER)
    assert [frame.offset_ms for frame in label.frames] == [None, 300, 600, 900]
    ranked = rank([frame.record for frame in label.frames])
    assert [one.index for one in ranked] == [one.index for one in rank(burst.records)]
    assert [one.value for one in ranked] == pytest.approx([one.value for one in rank(burst.records)], abs=0.01)
    assert label.frames[2].record.faces[0].reasons == (Reason.LEFT_EYE_CLOSED,)
    assert [(face.eye_detail, face.mouth_cover) for face in label.frames[1].record.faces] == [
        (3.25, -4.5),
        (None, None),
    ]


def test_what_is_handed_on_tells_no_file_camera_or_date_and_holds_no_picture() -> None:
    text = json.dumps(line_of(make_burst(3.0, 4.0, 2.0)))
    for told in ("anna", "Lisbon", "IMG", "jpg", "Canon", "2026", "view", "exposure", "4000"):
        assert told not in text.replace('"livecam_burst_label"', ""), told
    # Every key is one that docs/burst-labels.md names.
    page = (Path(__file__).parents[2] / "docs" / "burst-labels.md").read_text("utf-8")
    line = line_of(make_burst(3.0, 4.0, 2.0))
    keys = {*line, *line["frames"][0], *line["frames"][0]["faces"][0], "clip_ms"}
    assert {key for key in keys if f"`{key}`" not in page} == set()
    assert line["frames"][0]["faces"][0]["eyes_closed"] == [0.0123, 0.001], "no more digits than are said"


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("livecam_burst_label", None, "no burst label"),
        ("livecam_burst_label", 2, "format 2"),
        ("choose", None, "'choose' is missing"),
        ("choose", [4], "no frame of that number"),
        ("choose", [True], "no frame of that number"),
        ("never", [0], "both in choose and in never"),
        ("choose", [], "nothing is said"),
        ("preference", "strong", "preference"),
        ("blind", "yes", "blind"),
        ("reader", "Anna Smith", "reader"),
        ("why", "x" * 281, "why"),
        ("burst", "0" * 16, "does not fit"),
        ("frames", [], "3 frames at least"),
        ("frames", 7, "damaged"),
        ("frames", [1, 2, 3], "damaged"),
        ("face score", 7, "out of range"),
        ("face score", float("nan"), "out of range"),
        ("face eye_detail", float("nan"), "out of range"),
        ("face mouth_cover", float("nan"), "out of range"),
        ("face pose", [1, 2], "2 numbers"),
        ("face blendshapes", {"nose": 0.3}, "unknown blendshape"),
        ("face reasons", ["ugly"], "'UGLY'"),
    ],
)
def test_a_damaged_label_is_one_line_that_says_where(tmp_path: Path, key: str, value: object, says: str) -> None:
    line = line_of(make_burst(3.0, 4.0, 2.0))
    changed = line["frames"][1]["faces"][0] if key.startswith("face ") else line
    if value is None:
        del changed[key]
    else:
        changed[key.removeprefix("face ")] = value
    file = write(tmp_path / "labels.jsonl", line_of(make_burst(1.0, 2.0, 3.0)), line)

    with pytest.raises(SourceError, match=r"labels\.jsonl, line 2") as failure:
        read_labels([file])

    assert says in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "no labels"), (b'{"livecam', "cut short"), (b"\xff\xfe\x00", "no text"), (b"[1]", "no burst")],
)
def test_a_file_of_another_kind_is_one_line_and_exit_code_1(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_bytes(content)
    assert_one_line(benchmark("bursts", "--labels", file), says)


@pytest.mark.parametrize("kind", ["folder", "nothing"])
def test_labels_that_are_no_file_are_one_line(tmp_path: Path, kind: str) -> None:
    assert_one_line(benchmark("bursts", "--labels", tmp_path if kind == "folder" else tmp_path / "none"), "no file")


def assert_one_line(ended: Outcome, says: str) -> None:
    assert ended.code == 1
    assert says in ended.err
    assert len(ended.err.splitlines()) == 1


def test_of_a_readers_two_words_on_a_burst_the_last_counts(tmp_path: Path) -> None:
    burst = make_burst(3.0, 4.0, 2.0)
    found = read(tmp_path, line_of(burst), line_of(burst, choose=[2]), line_of(burst, reader="r-2"))
    assert [(one.reader, set(one.choose)) for one in found] == [("r-1", {2}), ("r-2", {0})]


def test_rankings_are_compared_with_what_two_readers_agree_on(tmp_path: Path) -> None:
    plain, other = make_burst(3.0, 4.5, 2.0), make_burst(4.5, 3.0, 2.5, 2.4)
    labels = read(
        tmp_path,
        line_of(plain, choose=[0, 1], reader="r-1"),
        line_of(plain, choose=[1], never=[2], reader="r-2"),
        line_of(other, choose=[1], reader="r-1"),
        line_of(make_burst(3.0, 3.0, 3.0, 3.0, 3.0), choose=[], preference="none"),
        line_of(make_burst(3.0, 3.0, 3.0, 3.0, 3.0, 3.0), blind=False),
    )

    shared = shared_report(labels)

    assert (shared.report.count, shared.readers, shared.left_out, shared.seen) == (2, 2, 1, 1)
    assert shared.report.methods[rankers.OURS]["top1"].value == 0.5
    assert shared.report.methods[rankers.OURS]["reject"].value == 0.0
    assert [one["chosen"] for one in shared.report.wrong] == [[1]]
    assert rankers.SHARPEST not in shared.report.methods, "the crops that it needs are not handed on"


def test_the_report_is_printed_and_its_json_says_that_the_labels_are_shared(tmp_path: Path) -> None:
    file = write(tmp_path / "labels.jsonl", line_of(make_burst(3.0, 4.5, 2.0), choose=[1]))
    ended = benchmark("bursts", "--labels", file, "--json")
    assert ended.code == 0
    assert "1 shared burst, 1 reader" in ended.err
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert lines[0]["method"] == "livecam"
    assert {line["set"] for line in lines} == {"shared"}
    assert lines[0]["top1"]["value"] == 1.0


def test_labels_without_a_choice_are_one_line(tmp_path: Path) -> None:
    file = write(tmp_path / "labels.jsonl", line_of(make_burst(3.0, 4.5, 2.0), choose=[], preference="none"))
    assert_one_line(benchmark("bursts", "--labels", file), "no burst of these labels has a choice")


def page_lines(page: Path) -> list[dict[str, Any]]:
    """What the page holds of its bursts."""
    text = page.read_text("utf-8").split('<script type="application/json" id="data">')[1].split("</script>")[0]
    return [burst["line"] for burst in json.loads(text)["bursts"]]


def test_the_page_has_the_bursts_of_a_folder_and_stretches_of_its_clips(tmp_path: Path, models: FakeModels) -> None:
    folder = tmp_path / "in"
    for i, light in enumerate((100, 200, 150)):
        make_photo(folder / f"a{i}.jpg", light, i * 0.3)
    make_photo(folder / "alone.jpg", 100, 60)
    for i in range(3):
        make_photo(folder / f"dark{i}.jpg", 5, 120 + i * 0.3)  # nobody is seen
    make_clip(folder / "clip.mp4", [100] * 20 + [0] * 20 + [120] * 24)

    ended = benchmark("bursts", "label", folder, "--page", tmp_path / "page.html")

    assert ended.code == 0, ended.err
    photos, *stretches = page_lines(tmp_path / "page.html")
    assert photos["kind"] == "photos"
    assert [frame["offset_ms"] for frame in photos["frames"]] == [0, 300, 600]
    assert [line["kind"] for line in stretches] == ["clip"] * len(stretches)
    assert len(stretches) >= 2
    assert all(len(line["frames"]) == label_bursts.SETTINGS.clip_frames for line in stretches)
    seen = [sum(bool(frame["faces"]) for frame in line["frames"]) for line in stretches]
    assert min(seen) >= 0.7 * label_bursts.SETTINGS.clip_frames, "stretches in the dark are left out"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["page.html"]
    assert models.scorers
    assert len({line["burst"] for line in (photos, *stretches)}) == 1 + len(stretches)


@pytest.mark.parametrize(
    ("name", "says"), [("none", "none"), ("empty", "holds no photos"), ("one", "nothing to label")]
)
def test_nothing_to_label_is_one_line(tmp_path: Path, models: FakeModels, name: str, says: str) -> None:
    (tmp_path / "empty").mkdir()
    make_photo(tmp_path / "one" / "a.jpg", 100, 0)
    assert_one_line(benchmark("bursts", "label", tmp_path / name, "--page", tmp_path / "page.html"), says)
    assert not (tmp_path / "page.html").exists()


def test_what_cannot_be_read_is_named_and_the_rest_is_on_the_page(tmp_path: Path, models: FakeModels) -> None:
    for i in range(3):
        make_photo(tmp_path / "in" / f"a{i}.jpg", 100 + i, i * 0.3)
    (tmp_path / "in" / "b.jpg").write_bytes(b"no photo")
    (tmp_path / "in" / "c.mp4").write_bytes(b"no clip")
    ended = benchmark("bursts", "label", tmp_path / "in", "--page", tmp_path / "page.html")
    assert ended.code == 1
    assert "b.jpg" in ended.err
    assert "c.mp4" in ended.err
    assert len(page_lines(tmp_path / "page.html")) == 1


def test_faces_are_cut_out_from_the_left_and_the_edge_of_the_picture_is_black() -> None:
    picture = np.zeros((400, 500, 3), np.uint8)
    picture[:, :250], picture[:, 250:] = (255, 0, 0), (0, 255, 0)
    record = make_record(make_face_record(x=750, y=400, size=200), make_face_record(x=20, y=400, size=190))
    cut = cut_faces(picture, record)  # of half the photo's size
    side = cut.shape[0]
    assert cut.shape == (side, 2 * side, 3)
    assert cut[side // 2, 5].tolist() == [0, 0, 0]
    assert cut[side // 2, side - 5].tolist() == [255, 0, 0]
    assert cut[side // 2, side + 5].tolist() == [0, 255, 0]


def label_page_of(folder: Path) -> Path:
    """The page of two bursts on the disk, the first of a file with a nasty name."""
    for i in range(4):
        make_photo(folder / "in" / (NASTY if i == 0 else f"a{i}.jpg"), 100 + 20 * i, i * 0.3)
    for i in range(3):
        make_photo(folder / "in" / f"b{i}.jpg", 100 + 20 * i, 60 + i * 0.3)
    ended = benchmark("bursts", "label", folder / "in", "--page", folder / "page.html")
    assert ended.code == 0, ended.err
    return folder / "page.html"


def press(tab: Page, keys: str) -> None:
    for key in keys.split():
        tab.keyboard.press(key)


def saved(tab: Page, folder: Path) -> list[BurstLabel]:
    with tab.expect_download() as download:
        tab.click("text=Save labels")
    assert download.value.suggested_filename == "burst-labels.jsonl"
    download.value.save_as(folder / "saved.jsonl")
    return read_labels([folder / "saved.jsonl"])


@pytest.mark.slow
def test_keys_and_clicks_label_bursts_and_what_is_saved_can_be_read(
    tmp_path: Path, models: FakeModels, tab: Page
) -> None:
    page = label_page_of(tmp_path)
    tab.goto(page.as_uri())
    assert tab.title() == "Label bursts"
    assert NASTY in (tab.locator("#called").text_content() or "")
    press(tab, "ArrowRight Space ArrowRight x x 2 Home x")
    tab.locator(".card").nth(3).click()
    press(tab, "n")
    tab.keyboard.type("x 3 looks up")  # in a note these are letters
    press(tab, "Enter Enter 3")
    assert tab.locator("#count").text_content() == "Burst 2 of 2, 2 labelled"
    tab.fill("#reader", "tester.1")

    first, second = saved(tab, tmp_path)

    assert (set(first.choose), set(first.never), first.preference) == ({1, 3}, {0}, "weak")
    assert (first.why, first.reader, first.blind) == ("x 3 looks up", "tester.1", True)
    assert [frame.offset_ms for frame in first.frames] == [0, 300, 600, 900]
    assert (second.choose, second.preference) == (frozenset(), "none")
    assert second.burst != first.burst

    # Made again of the same photos, the page knows what was said, though another scorer has measured.
    page.write_text(page.read_text("utf-8").replace(first.scorer, SCORER), "utf-8")
    tab.reload()
    assert tab.locator("#count").text_content() == "Burst 1 of 2, 2 labelled"
    assert tab.locator(".card.chosen").count() == 2
    assert tab.locator("#reader").input_value() == "tester.1"
    press(tab, "ArrowDown Space")  # where a frame is chosen there is something to choose
    again = saved(tab, tmp_path)
    assert [one.scorer for one in again] == [SCORER, SCORER]
    assert again[1].preference == ""


@pytest.mark.slow
def test_the_page_shows_the_frames_in_the_order_of_time_and_no_models_word(
    tmp_path: Path, models: FakeModels, tab: Page
) -> None:
    page = label_page_of(tmp_path)
    scores = [face["score"] for line in page_lines(page) for frame in line["frames"] for face in frame["faces"]]
    assert len(set(scores)) > 2
    tab.goto(page.as_uri())
    assert tab.locator(".card .chip").all_text_contents() == ["1", "2", "3", "4"]
    assert tab.evaluate("document.querySelector('.card img').naturalHeight") == 360
    tab.click("text=What is saved")
    shown = tab.locator("#shown textarea").input_value()
    assert '"sha256"' in shown
    words = f"{tab.locator('main').inner_text()} {tab.locator('.bar').inner_text()} {shown}"
    assert not [score for score in scores if str(score) in words]


@pytest.mark.slow
def test_nothing_is_saved_before_something_is_labelled_by_a_reader_with_a_plain_name(
    tmp_path: Path, models: FakeModels, tab: Page
) -> None:
    tab.goto(label_page_of(tmp_path).as_uri())
    tab.click("text=Save labels")
    assert "nothing is labelled yet" in (tab.locator("#said").text_content() or "")
    tab.locator(".card").first.click()
    tab.fill("#reader", "Anna Smith")
    tab.click("text=Save labels")
    assert "letters, digits" in (tab.locator("#said").text_content() or "")
