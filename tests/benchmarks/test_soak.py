"""The soak itself: a camera that fails by a plan is followed through all of it, and nothing is lost or left."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.soak import run as soak_run
from benchmarks.soak.drive import soak
from benchmarks.soak.faults import Fault, Kind, plan
from benchmarks.soak.report import GROWTH, halves, markdown
from benchmarks.soak.samples import Sample, slope_an_hour
from benchmarks.soak.virtual_camera import VirtualCamera, filling
from livecam.errors import SourceError
from livecam.model_factory import ScorerLike
from livecam.types import FaceCrop, Score
from tests.benchmarks.runs import benchmark
from tests.commands.fake_models import OneSmile, SmilingModels
from tests.commands.run_factories import PATTERN
from tests.factories import make_score

FAST = 200.0  # pictures a second: all else is as in an hour


REST, SMILE = 120, 50  # levels of grey: at rest, and by how much the best of a smile is brighter


def jpegs(count: int = 105) -> list[bytes]:
    """Three and a half seconds that end in a smile of one and a half."""
    rise = [max(1 - abs(i - 82) / 22, 0) for i in range(count)]
    moved = (np.roll(PATTERN // 4 + REST - 32 + round(SMILE * more), i, axis=1) for i, more in enumerate(rise))
    return [cv2.imencode(".jpg", picture.astype(np.uint8))[1].tobytes() for picture in moved]


class BrightSmile(OneSmile):
    """Sees a better smile the brighter a picture is."""

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        means = (float(crop.image.mean()) for crop in crops)
        return tuple(make_score(min(max(2.8 + 2.1 * (mean - REST) / SMILE, 1.0), 5.0)) for mean in means)


class BrightModels(SmilingModels):
    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> ScorerLike:
        return BrightSmile((0, 1))


def test_each_kind_of_fault_comes_before_any_comes_again_and_the_same_seed_gives_the_same_plan() -> None:
    faults = plan(2000, seed=3, every_s=20, lasts_s=5)

    kinds = [fault.kind for fault in faults]
    assert len(kinds) > 3 * len(Kind)
    assert all(set(kinds[i : i + len(Kind)]) == set(Kind) for i in range(0, len(kinds) - len(Kind), len(Kind)))
    assert all(a.stop_s < b.start_s for a, b in itertools.pairwise(faults)), "one at a time"
    assert faults[-1].stop_s + 20 <= 2000, "the camera comes back before the end"
    assert faults == plan(2000, seed=3, every_s=20, lasts_s=5)
    assert faults != plan(2000, seed=4, every_s=20, lasts_s=5)


def during(kind: Kind) -> VirtualCamera:
    return VirtualCamera(jpegs(), [Fault(kind, 0, 3600)], fps=FAST)


def test_a_fault_does_to_the_device_what_it_says() -> None:
    with pytest.raises(SourceError, match="unplugged"):
        during(Kind.UNPLUGGED).open()

    device = during(Kind.FROZEN).open()
    first, second = ((device.grab(), device.retrieve()[1])[1] for _ in range(2))
    np.testing.assert_array_equal(first, second)

    device = during(Kind.BLACK).open()
    assert device.grab()
    assert device.retrieve()[1].max() == 0

    device = during(Kind.SMALLER).open()
    assert device.grab()
    assert device.retrieve()[1].shape == (60, 80, 3)

    device = during(Kind.TORN).open()
    assert [(device.grab(), device.retrieve()[0]) for _ in range(4)] == [(True, False), (True, True)] * 2

    hanging = during(Kind.STALLED).open()
    hanging.release()
    assert not hanging.grab(), "a hanging read ends with the device"


@pytest.mark.slow
def test_a_run_goes_through_every_fault_and_loses_nothing(tmp_path: Path) -> None:
    kinds = (Kind.DISK_FULL, Kind.UNPLUGGED, Kind.BLACK, Kind.SMALLER, Kind.TORN, Kind.FROZEN, Kind.STALLED)
    faults = [Fault(Kind.DISK_FULL, 0.0, 2.0)]
    for kind in kinds[1:]:
        faults.append(Fault(kind, faults[-1].stop_s + 0.5, faults[-1].stop_s + 3.0))
    camera = VirtualCamera(jpegs(), faults, fps=FAST)

    found = soak(camera, faults, faults[-1].stop_s + 2, tmp_path, sample_s=1.0, models=BrightModels())

    frames = found["frames"]
    assert frames["read"] == frames["analysed"] + frames["dropped"]
    assert abs(frames["read"] - frames["given"]) <= 1 + camera.opened, "one waits at the start, one in each device"
    assert frames["analysed"] > 100
    assert found["pictures"]["announced"] == found["pictures"]["whole"] >= 1
    assert found["pictures"]["not announced"] == 0
    assert found["pictures"]["other files"] == []
    assert {fault["times"] for name, fault in found["faults"].items() if name != Kind.SLOWER.value} == {1}
    assert found["samples"]


def test_a_full_disk_is_one_for_every_file_while_it_lasts() -> None:
    now: list[Kind | None] = [Kind.DISK_FULL, Kind.BLACK, None]
    synced: list[int] = []
    sync = filling(lambda: now[0], synced.append)
    with pytest.raises(OSError, match="No space left"):
        sync(3)
    for _ in now[1:]:
        now.pop(0)
        sync(4)
    assert synced == [4, 4]


def sample(t_s: float, rss_mb: float, p50_ms: float | None = 10.0) -> Sample:
    return Sample(t_s, rss_mb, threads=5, handles=9, analysed=30, p50_ms=p50_ms, p95_ms=p50_ms)


def test_memory_that_grows_is_seen_whatever_single_samples_say() -> None:
    growing = [sample(10.0 * i, 100 + i / 36) for i in range(100)]  # 10 MB an hour
    assert slope_an_hour(growing) == pytest.approx(10)

    growing[50] = replace(growing[50], rss_mb=900)
    held = halves(growing)
    assert held[GROWTH] == pytest.approx(10, abs=0.1)
    assert held["memory, MB"]["at the end"] > held["memory, MB"]["at the beginning"]
    assert slope_an_hour([sample(0, 5)]) == 0


def test_the_report_says_what_was_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = {"times": 2, "told": 2, "told_after_s": 1.0, "back_after_s": None}
    samples = [
        {"t_s": i, "rss_mb": 100.0, "threads": 5, "handles": 9, "analysed": 0, "p50_ms": None, "p95_ms": None}
        for i in range(30)
    ]
    found = {
        "frames": {"given": 12, "read": 11, "analysed": 7, "dropped": 4},
        "faults": {"unplugged": fault, "the disk is full": fault | {"told": None}},
        "pictures": {"announced": 3, "whole": 2, "not announced": 1, "other files": ["x.tmp"], "disk": {"failing": 1}},
        "samples": samples,
    }
    asked: dict[str, object] = {}

    def isolated(function: str, arguments: dict[str, object]) -> dict[str, object]:
        asked.update(arguments, function=function)
        return found

    monkeypatch.setattr(soak_run, "run_isolated", isolated)

    outcome = benchmark("soak", "--minutes", "2", "--fps", "15", "--note", "a test", "--out", tmp_path, "--json")

    assert outcome.code == 0, outcome.err
    assert (asked["seconds"], asked["fps"], asked["function"]) == (120, 15, "benchmarks.soak.drive:run")
    result = json.loads(outcome.out)
    assert result == json.loads((tmp_path / "soak.json").read_text())
    page = (tmp_path / "soak.md").read_text()
    assert page == markdown(result)
    for said in (
        "11 read = 7 analysed + 4 dropped",
        "3 announced, 2 of them whole",
        "| unplugged | 2 | 2 | 1.0 s | – |",
        "a test",
    ):
        assert said in page
    assert result["machine"]["flags"] in page
