"""The bundled demo clip is what its description says, seen by MediaPipe as it is seen by a person."""

from __future__ import annotations

import itertools
import json
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest

from livecam import model_files
from livecam.faces import mesh
from livecam.faces.finder import FaceFinder
from livecam.types import Face, Frame, UInt8Array

MAX_BYTES = 3_000_000


@cache
def description() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(model_files.demo_clip().with_suffix(".json").read_text(encoding="utf-8"))
    return data


def events(kind: str) -> list[dict[str, Any]]:
    return [event for event in description()["events"] if event["kind"] == kind]


def never(why: str) -> list[dict[str, Any]]:
    return [window for window in description()["never"] if window["why"] == why]


def index_at(t_ms: float) -> int:
    fps: float = description()["fps"]
    return round(t_ms * fps / 1000)


def interesting() -> set[int]:
    """The frames that the tests look at, each with some before it for VIDEO mode to follow."""
    wanted: set[int] = set()
    for event in description()["events"]:
        peak = index_at(event["peak_ms"])
        wanted.update(range(peak - 4, peak + 5))
    for start, end in description()["best"]:
        wanted.update((index_at(start), index_at((start + end) / 2), index_at(end)))
    return wanted


@pytest.fixture(scope="module")
def seen() -> dict[int, tuple[UInt8Array, Face | None]]:
    """Frames of interest by their index, with what MediaPipe finds in them; the last index closes the clip."""
    found: dict[int, tuple[UInt8Array, Face | None]] = {}
    clip = cv2.VideoCapture(str(model_files.demo_clip()))
    wanted, index = interesting(), 0
    with FaceFinder() as finder:
        while clip.grab():
            if index in wanted:
                ok, image = clip.retrieve()
                assert ok
                rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8)
                faces = finder.find(Frame(rgb, 1000 * index / description()["fps"], index, 0.0))
                found[index] = (rgb, faces[0] if faces else None)
            index += 1
    clip.release()
    found[-1] = (np.zeros((index, 1, 3), np.uint8), None)
    return found


Seen = dict[int, tuple[UInt8Array, Face | None]]


def face_at(seen: Seen, t_ms: float) -> Face:
    face = seen[index_at(t_ms)][1]
    assert face is not None, f"no face at {t_ms} ms"
    return face


def shape(face: Face, name: str) -> float:
    """The mean of a blendshape's left and right."""
    return mesh.blendshape(face.blendshapes, name)


def most_closed(seen: Seen, event: dict[str, Any]) -> float:
    peak = index_at(event["peak_ms"])
    faces = [seen[i][1] for i in range(peak - 2, peak + 3)]
    return max(shape(face, "eyeBlink") for face in faces if face is not None)


def sharpness(image: UInt8Array) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


@pytest.mark.slow
def test_the_clip_is_small_and_of_the_stated_size_and_pace(seen: Seen) -> None:
    clip = cv2.VideoCapture(str(model_files.demo_clip()))
    assert clip.get(cv2.CAP_PROP_FPS) == pytest.approx(description()["fps"])
    clip.release()
    assert model_files.demo_clip().stat().st_size <= MAX_BYTES
    assert len(seen[-1][0]) == description()["frames"]
    assert (description()["width"], description()["height"]) == (1280, 720)
    assert {image.shape for index, (image, _) in seen.items() if index >= 0} == {(720, 1280, 3)}
    assert 20 <= description()["frames"] / description()["fps"] <= 30


def test_everything_described_lies_within_the_clip_and_in_order() -> None:
    length = 1000 * description()["frames"] / description()["fps"]
    for event in description()["events"]:
        assert 0 <= event["start_ms"] < event["peak_ms"] < event["end_ms"] <= length
    spans = [(w["start_ms"], w["end_ms"]) for w in description()["never"]] + [tuple(w) for w in description()["best"]]
    spans.sort()
    assert all(start <= end for start, end in spans)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(spans)), "a moment is never both best and never"
    assert "Public domain" in description()["source"]


def test_everything_that_the_trigger_must_survive_happens() -> None:
    kinds = [event["kind"] for event in description()["events"]]
    wanted = {"absent": 2, "blink": 4, "half_blink": 2, "smile": 2, "turn": 2, "blur": 1, "dark": 1, "neutral": 1}
    assert all(kinds.count(kind) >= count for kind, count in wanted.items())
    inside = [
        (smile, blink)
        for smile in events("smile")
        for blink in events("blink")
        if smile["start_ms"] < blink["start_ms"] and blink["end_ms"] < smile["end_ms"]
    ]
    assert inside, "one smile has a blink in it"
    for smile, blink in inside:
        best = description()["best"]
        assert any(smile["start_ms"] < start and end <= blink["peak_ms"] for start, end in best), "a chance before"
        assert any(blink["peak_ms"] <= start and end < smile["end_ms"] for start, end in best), "and one after"
    assert len(description()["best"]) >= 3


@pytest.mark.parametrize("event", events("blink"), ids=lambda e: f"{e['peak_ms']}ms")
@pytest.mark.slow
def test_a_blink_is_seen_closed_and_is_as_short_as_real_ones(seen: Seen, event: dict[str, Any]) -> None:
    assert most_closed(seen, event) > 0.42
    assert 100 <= event["end_ms"] - event["start_ms"] <= 300
    assert any(w["start_ms"] <= event["peak_ms"] <= w["end_ms"] for w in never("closed"))


@pytest.mark.parametrize("event", events("half_blink"), ids=lambda e: f"{e['peak_ms']}ms")
@pytest.mark.slow
def test_a_half_blink_is_not_seen_closed(seen: Seen, event: dict[str, Any]) -> None:
    assert 0.05 < most_closed(seen, event) < 0.3


@pytest.mark.parametrize("event", events("neutral"), ids=lambda e: f"{e['peak_ms']}ms")
@pytest.mark.slow
def test_a_rest_is_seen_as_neutral(seen: Seen, event: dict[str, Any]) -> None:
    assert shape(face_at(seen, event["peak_ms"]), "mouthSmile") < 0.2


@pytest.mark.parametrize("event", events("smile"), ids=lambda e: f"{e['peak_ms']}ms")
@pytest.mark.slow
def test_a_smile_is_seen_as_one(seen: Seen, event: dict[str, Any]) -> None:
    assert shape(face_at(seen, event["peak_ms"]), "mouthSmile") > 0.6


@pytest.mark.parametrize("window", description()["best"], ids=lambda w: f"{w[0]}ms")
@pytest.mark.slow
def test_the_best_moments_smile_with_open_eyes_towards_the_camera(seen: Seen, window: list[int]) -> None:
    for t_ms in (window[0], (window[0] + window[1]) / 2, window[1]):
        face = face_at(seen, t_ms)
        assert shape(face, "mouthSmile") > 0.6
        assert shape(face, "eyeBlink") < 0.15
        assert abs(face.pose[0]) < 8


@pytest.mark.slow
def test_the_turns_go_both_ways_and_are_seen_turned(seen: Seen) -> None:
    yaws = [face_at(seen, event["peak_ms"]).pose[0] for event in events("turn")]
    assert max(yaws) > 15
    assert min(yaws) < -15


@pytest.mark.parametrize("event", events("absent"), ids=lambda e: f"{e['peak_ms']}ms")
@pytest.mark.slow
def test_nobody_is_seen_while_she_is_away(seen: Seen, event: dict[str, Any]) -> None:
    peak = index_at(event["peak_ms"])
    assert [seen[i][1] for i in range(peak - 4, peak + 5)] == [None] * 9


@pytest.mark.slow
def test_the_dark_is_dark_and_the_blur_blurred(seen: Seen) -> None:
    calm = seen[index_at(events("neutral")[0]["peak_ms"])][0]
    dark = seen[index_at(events("dark")[0]["peak_ms"])][0]
    blurred = seen[index_at(events("blur")[0]["peak_ms"])][0]
    assert dark.mean() < 0.15 * calm.mean()
    head = (slice(60, 560), slice(300, 900))
    assert sharpness(blurred[head]) < 0.4 * sharpness(calm[head])


@pytest.mark.slow
def test_no_two_frames_of_a_rest_are_the_same(seen: Seen) -> None:
    """A source that watches for a frozen camera must not take her for one."""
    peak = index_at(events("neutral")[0]["peak_ms"])
    pictures = [seen[i][0] for i in range(peak - 4, peak + 5)]
    assert all((a != b).mean() > 0.01 for a, b in itertools.pairwise(pictures))
