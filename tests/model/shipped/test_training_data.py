"""The labels and draws behind the default scorer; skipped without the training libraries."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.types import LANDMARKS
from model.network import RATINGS_WHEN_CLOSED, gate
from model.shipped import collect, views
from model.shipped.collect import Item, eyes_in_time, seen_by_eye
from model.shipped.views import Collected, eye_label, in_pairs

FPS = 25.0


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
    ("source", "said", "blink", "own", "expected"),
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
    source: str, said: str, blink: float, own: float | None, expected: tuple[float, bool]
) -> None:
    assert eye_label(source, said, blink, own) == expected


def test_the_landmarks_that_are_taught_stay_in_the_order_of_the_shipped_model() -> None:
    assert views.POINTS.tolist() == [
        263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 33, 7, 163, 144, 145, 153,
        154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 468, 473, 276, 283, 282, 295, 285, 46, 53, 52, 65, 55, 300,
        293, 334, 296, 336, 70, 63, 105, 66, 107, 61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37,
        0, 267, 269, 270, 409, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310,
        415, 1, 10, 152, 234, 454,
    ]  # fmt: skip


def test_pairs_show_one_person_twice() -> None:
    rows = [
        {"source": "people", "person": name, "file": f"{number}.jpg", "eyes": "", "smile": ""}
        for number, name in enumerate("aabbc")
    ]
    data = Collected(
        rows,
        np.zeros((5, 1), np.uint8),
        np.zeros((5, LANDMARKS, 2), np.float32),
        np.zeros((5, len(BLENDSHAPE_NAMES)), np.float32),
        np.zeros((5, 3), np.float32),
    )
    drawn = in_pairs(data, [0, 1, 2, 3, 4], 200, np.random.default_rng(0))
    persons = ["aabbc"[index] for index in drawn]
    assert persons[0::2] == persons[1::2]
    assert set(drawn.tolist()) == {0, 1, 2, 3, 4}
    assert any(first != second for first, second in drawn.reshape(-1, 2).tolist())


def test_closed_eyes_never_score_above_two_whatever_the_mouth_does() -> None:
    laughing = torch.tensor([[0.0, 0.0, 0.0, 0.0, 1.0]])
    ratings = torch.arange(1.0, 6.0)
    open_eyed = gate(laughing, torch.tensor([[0.0, 0.0]]))
    winking = gate(laughing, torch.tensor([[0.0, 1.0]]))
    doubtful = gate(laughing, torch.tensor([[0.5, 0.1]]))
    assert float(open_eyed @ ratings) == pytest.approx(5.0)
    assert winking[0].tolist() == pytest.approx(list(RATINGS_WHEN_CLOSED))
    assert float(winking @ ratings) < 2
    assert float(doubtful @ ratings) == pytest.approx(1.15 + 3.85 * 0.45)
    assert float(doubtful.sum()) == pytest.approx(1.0)


def test_a_face_seen_by_eye_gets_that_label_unless_it_is_tested_on(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = {
        "portraits_closed.csv": [{"source": "ratings", "file": "a.jpg", "eyes": "down"}],
        "eyes.csv": [{"source": "videos", "file": "c.mp4", "frame": "7", "left": "closed", "right": "open"}],
    }
    monkeypatch.setattr(collect, "_rows", lambda path: labels[path.name])
    items = [
        Item("ratings", "a.jpg", 0, "a", "train", "0"),
        Item("videos", "c.mp4", 7, "c", "train"),
        Item("videos", "c.mp4", 8, "c", "train", "1"),
        Item("ratings", "a.jpg", 0, "a", "test", "0"),
    ]
    assert [item.eyes for item in seen_by_eye(items)] == ["?", "1 0", "1", "0"]


def test_what_readers_chose_of_a_burst_is_taught_as_its_order_unless_it_is_tested_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = {
        "bursts.csv": [
            {"burst": "a", "set": "dev", "source": "videos", "file": "c.mp4", "frames": "3 7 11"},
            {"burst": "b", "set": "dev", "source": "people", "file": "", "frames": "x.jpg y.jpg"},
            {"burst": "t", "set": "test", "source": "people", "file": "", "frames": "z.jpg"},
        ],
        "burst_readers.csv": [
            {"burst": "a", "choose": "7", "never": "3"},
            {"burst": "a", "choose": "7 11", "never": ""},
            {"burst": "b", "choose": "y.jpg", "never": ""},
            {"burst": "t", "choose": "z.jpg", "never": ""},
        ],
    }
    monkeypatch.setattr(views, "_rows", lambda path: labels[path.name])
    assert views.chosen_by_readers() == {
        ("videos", "c.mp4", "3"): -0.5,
        ("videos", "c.mp4", "7"): 1.0,
        ("videos", "c.mp4", "11"): 0.5,
        ("people", "x.jpg", "0"): 0.0,
        ("people", "y.jpg", "0"): 1.0,
    }
