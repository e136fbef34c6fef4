"""The labels, splits and draws behind the shipped scorer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from livecam.errors import SourceError
from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.types import BLENDSHAPES, LANDMARKS
from model.shipped.blinks import eyes_in_time
from model.shipped.bursts import chosen_by_readers, frames_of_bursts, is_trained_on
from model.shipped.collected import Collected
from model.shipped.items import Item, split_of, with_labels_by_eye
from model.shipped.labels import condition_of, eye_label
from model.shipped.sampling import SamplingSettings, draw_pairs
from model.shipped.views import POINTS
from tests.model.shipped.faces import write_collected

FPS = 25.0
UNSEEN = {"eyes": "", "smile": "", "mouth": ""}  # by a person


def both(course: list[float]) -> np.ndarray:
    return np.repeat(np.asarray(course)[:, None], 2, axis=1)


def test_the_top_of_a_blink_is_closed_its_slopes_unknown_and_the_rest_open() -> None:
    blink = [0.3, 0.6, 0.7, 0.5, 0.25]
    labels = eyes_in_time(both([0.1] * 50 + blink + [0.1] * 50), FPS)
    assert labels[50:55] == ["", "1", "1", "", ""]
    assert set(labels[:40] + labels[65:]) == {"0"}
    assert set(labels[45:50]) == {""}, "lids move just before a blink"


def test_narrow_eyes_that_stay_as_they_are_are_open() -> None:
    assert set(eyes_in_time(both([0.45] * 60), FPS)) == {"0"}


def test_a_clip_of_a_few_frames_is_labelled_too() -> None:
    assert eyes_in_time(both([0.1] * 7), FPS) == ["0"] * 7
    assert eyes_in_time(both([0.1] * 2), FPS) == ["", ""], "too few to tell what is rest"


def test_eyes_that_close_and_stay_closed_are_not_called_a_blink() -> None:
    labels = eyes_in_time(both([0.1] * 50 + [0.7] * 100), FPS)
    assert "1" not in labels
    assert set(labels[60:]) == {""}


def test_a_wink_is_neither_open_nor_closed() -> None:
    winks = both([0.1] * 60)
    winks[20:40, 0] = 0.6
    assert set(eyes_in_time(winks, FPS)[20:40]) == {""}


def test_a_blink_at_which_the_face_was_lost_is_unknown() -> None:
    labels = eyes_in_time(both([0.1] * 50 + [0.6, float("nan")] + [0.1] * 50), FPS)
    assert labels[50:52] == ["", ""]


@pytest.mark.parametrize(
    ("source", "label", "blink", "own", "expected"),
    [
        ("eyes", "1", 0.1, 0.0, (1.0, True)),
        ("eyes", "?", 0.1, 0.0, (0.5, False)),
        ("videos", "1", 0.6, 0.05, (1.0, False)),
        ("videos", "0", 0.5, None, (0.0, True)),
        ("smile", "", 0.7, 0.02, (0.02, True)),
        ("smile", "", 0.7, 0.5, (0.5, False)),
    ],
)
def test_who_is_believed_about_an_eye(
    source: str, label: str, blink: float, own: float | None, expected: tuple[float, bool]
) -> None:
    assert eye_label(source, label, blink, own) == expected


def test_the_landmarks_that_are_taught_stay_in_the_order_of_the_shipped_model() -> None:
    assert POINTS.tolist() == [
        263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 33, 7, 163, 144, 145, 153,
        154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 468, 473, 276, 283, 282, 295, 285, 46, 53, 52, 65, 55, 300,
        293, 334, 296, 336, 70, 63, 105, 66, 107, 61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37,
        0, 267, 269, 270, 409, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310,
        415, 1, 10, 152, 234, 454,
    ]  # fmt: skip


def five_faces() -> Collected:
    """Two pictures each of a and of b, and one of c."""
    rows = [
        {"source": "people", "person": name, "file": f"{number}.jpg", "frame": "0"} | UNSEEN
        for number, name in enumerate("aabbc")
    ]
    return Collected(
        rows,
        np.zeros((5, 1), np.uint8),
        np.zeros((5, LANDMARKS, 2), np.float32),
        np.zeros((5, BLENDSHAPES), np.float32),
        np.zeros((5, 3), np.float32),
    )


def test_a_source_that_is_left_out_is_neither_trained_on_nor_validated_on_but_still_tested(tmp_path: Path) -> None:
    data = Collected.read(write_collected(tmp_path / "data"))
    for row in data.rows[:12]:
        row["source"] = "eyes"
    for row in data.rows[8:12]:
        row["split"] = "test"
    whole = {split: data.where(split) for split in ("train", "val", "test")}

    left = data.leaving_out(["eyes"])

    assert left.where("test") == whole["test"] == [8, 9, 10, 11]
    for split in ("train", "val"):
        assert left.where(split) == [index for index in whole[split] if index >= 12] != whole[split]
    assert {split: data.where(split) for split in whole} == whole
    assert data.leaving_out(()).rows == data.rows


@pytest.mark.parametrize(
    ("sources", "message"), [(["eyes", "moon"], "of eyes, moon: name any of people"), (["people"], "no face is left")]
)
def test_a_source_that_cannot_be_left_out_is_told(tmp_path: Path, sources: list[str], message: str) -> None:
    data = Collected.read(write_collected(tmp_path / "data"))
    with pytest.raises(SourceError, match=message):
        data.leaving_out(sources)


def test_pairs_show_one_person_twice() -> None:
    drawn = draw_pairs(five_faces(), [0, 1, 2, 3, 4], 200, np.random.default_rng(0))
    persons = ["aabbc"[index] for index in drawn]
    assert persons[0::2] == persons[1::2]
    assert set(drawn.tolist()) == {0, 1, 2, 3, 4}
    assert any(first != second for first, second in drawn.reshape(-1, 2).tolist())


def test_a_seed_draws_the_faces_that_it_always_drew() -> None:
    data = five_faces()
    data.rows[1]["eyes"], data.rows[3]["source"] = "1", "videos"  # drawn more often, and less
    drawn = draw_pairs(data, [0, 1, 2, 3, 4], 24, np.random.default_rng(7), SamplingSettings(closed=3.0))
    # Written down before the weights became settings (08ba4ea).
    assert drawn.tolist() == [2, 2, 4, 4, 3, 3, 1, 1, 1, 0, 4, 4, 0, 1, 3, 3, 3, 3, 1, 0, 1, 0, 1, 1]


def test_a_picture_that_readers_judged_is_often_beside_its_neighbour_of_another_word() -> None:
    """Frames of one clip: 0 and 1 chosen, 2 refused, 3 was read and left, 4 nobody read, 5 is of another moment."""
    frames, words = ("10", "12", "14", "16", "18", "400"), (1.0, 1.0, -1.0, 0.0, None, -1.0)
    rows = [{"source": "videos", "person": "", "file": "c.mp4", "frame": frame} | UNSEEN for frame in frames]
    data = Collected(
        rows,
        np.zeros((6, 1), np.uint8),
        np.zeros((6, LANDMARKS, 2), np.float32),
        np.zeros((6, BLENDSHAPES), np.float32),
        np.zeros((6, 3), np.float32),
        chosen={
            ("videos", "c.mp4", frame): word for frame, word in zip(frames, words, strict=True) if word is not None
        },
    )
    settings = SamplingSettings(chosen_pairs=1.0)
    pairs = draw_pairs(data, list(range(6)), 2000, np.random.default_rng(0), settings).reshape(-1, 2)
    beside = {first: set(pairs[pairs[:, 0] == first, 1].tolist()) for first in range(6)}
    assert beside[0] == beside[1] == {2, 3}
    assert beside[2] == {0, 1, 3}
    assert beside[3] == beside[4] == set(range(6)), "of whom nobody said anything"
    assert beside[5] == set(range(6)), "nobody else is of its moment"
    drawn = [int((pairs[:, 0] == first).sum()) for first in (0, 4)]
    assert drawn[0] > 1.5 * drawn[1]


def test_a_mouth_seen_by_eye_counts_before_what_the_landmarker_measures(tmp_path: Path) -> None:
    data = Collected.read(write_collected(tmp_path / "faces", 4))
    data.blendshapes[:] = 0.0
    data.blendshapes[:, [BLENDSHAPE_NAMES.index(f"mouthSmile{side}") for side in ("Left", "Right")]] = 0.65
    for row, (smile, mouth) in zip(data.rows, (("", ""), ("0", "grimace"), ("0", "talk"), ("0", "")), strict=True):
        row |= {"smile": smile, "mouth": mouth}
    seen = [condition_of(data, index)[0] for index in range(4)]
    assert [condition.smile for condition in seen] == pytest.approx([0.92, 0.0, 0.2, 0.2], abs=1e-6)
    assert [condition.grimace for condition in seen] == pytest.approx([0.0, 1.0, 0.6, 0.0])


def test_teeth_bared_under_drawn_brows_are_a_grimace_unless_somebody_saw_a_smile(tmp_path: Path) -> None:
    data = Collected.read(write_collected(tmp_path / "faces", 4))
    data.blendshapes[:] = 0.0
    for name, value in (("mouthUpperUp", 0.4), ("browDown", 0.7), ("mouthSmile", 0.3)):
        data.blendshapes[:, [BLENDSHAPE_NAMES.index(f"{name}{side}") for side in ("Left", "Right")]] = value
    data.rows[0]["smile"], data.rows[1]["smile"] = "", "1"
    bared, laughing = (condition_of(data, index)[0] for index in (0, 1))
    assert (bared.smile, bared.grimace) == (0.0, 1.0)
    assert (laughing.smile, laughing.grimace) == (0.75, 0.0)


def write_table(path: Path, header: str, *lines: str) -> None:
    path.write_text("\n".join((header, *lines)) + "\n", "utf-8")


def test_a_face_seen_by_eye_gets_that_label_unless_it_is_tested_on(tmp_path: Path) -> None:
    write_table(tmp_path / "portraits_closed.csv", "source,file,eyes", "ratings,a.jpg,down")
    write_table(tmp_path / "eyes.csv", "source,file,frame,left,right", "videos,c.mp4,7,closed,open")
    write_table(tmp_path / "mouths.csv", "source,file,frame,mouth", "videos,c.mp4,8,grimace", "ratings,a.jpg,0,slight")
    items = [
        Item("ratings", "a.jpg", 0, "a", "train", "0", smile="1"),
        Item("videos", "c.mp4", 7, "c", "train"),
        Item("videos", "c.mp4", 8, "c", "train", "1"),
        Item("ratings", "a.jpg", 0, "a", "test", "0", smile="1"),
    ]
    seen = with_labels_by_eye(items, tmp_path)
    assert [item.eyes for item in seen] == ["?", "1 0", "1", "0"]
    assert [(item.smile, item.mouth) for item in seen] == [("", ""), ("", ""), ("0", "grimace"), ("1", "")]


def test_what_readers_chose_of_a_burst_is_taught_as_its_order_unless_it_is_tested_on(tmp_path: Path) -> None:
    write_table(
        tmp_path / "bursts.csv",
        "burst,set,source,file,person,frames",
        "a,dev,videos,c.mp4,,3 7 11",
        "b,dev,people,,Ann,x.jpg y.jpg",
        "held,dev,people,,Bob,w.jpg",
        "t,test,people,,Cem,z.jpg",
    )
    write_table(
        tmp_path / "burst_readers.csv", "burst,choose,never", "a,7,3", "a,7 11,", "b,y.jpg,", "held,w.jpg,", "t,z.jpg,"
    )
    assert chosen_by_readers(tmp_path) == {
        ("videos", "c.mp4", "3"): -0.5,
        ("videos", "c.mp4", "7"): 1.0,
        ("videos", "c.mp4", "11"): 0.5,
        ("people", "x.jpg", "0"): 0.0,
        ("people", "y.jpg", "0"): 1.0,
    }
    assert frames_of_bursts(Path("videos/c.mp4"), tmp_path) == {3, 7, 11}
    assert frames_of_bursts(Path("clips/c.mp4"), tmp_path) == frozenset()


def test_of_three_in_ten_persons_the_readers_words_are_kept_to_see_what_was_learned() -> None:
    persons = [{"set": "dev", "person": str(number), "file": ""} for number in range(1000)]
    assert sum(map(is_trained_on, persons)) / 1000 == pytest.approx(0.7, abs=0.05)
    assert not any(is_trained_on({**person, "set": "test"}) for person in persons)


def test_a_table_that_does_not_serve_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"bursts.csv cannot be read .*: get a whole checkout"):
        chosen_by_readers(tmp_path)
    write_table(tmp_path / "bursts.csv", "burst,set")
    with pytest.raises(SourceError, match=r"bursts.csv lacks the column source: get a whole checkout"):
        chosen_by_readers(tmp_path)


def test_the_split_follows_from_the_key_alone() -> None:
    # Written down when the shipped scorer was trained: a key that changes sides spoils every figure.
    keys = {"eyes5": "train", "eyes6": "test", "eyes13": "val"}
    assert {key: split_of(key) for key in keys} == keys
    splits = [split_of(str(number)) for number in range(2000)]
    shares = [splits.count(split) / len(splits) for split in ("train", "val", "test")]
    assert shares == pytest.approx([0.7, 0.1, 0.2], abs=0.03)
