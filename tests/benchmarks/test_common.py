"""What the benchmarks share: the machine that they name, the rule and the loop that they compare with."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from benchmarks.common import machine  # noqa: E402
from benchmarks.common.baseline_loop import BaselineFinder, eager_judge  # noqa: E402
from benchmarks.common.blendshape_rule import smile_minus_eyes  # noqa: E402
from benchmarks.common.json_values import without_nan  # noqa: E402
from livecam import model_files  # noqa: E402
from livecam.best.scan.clips import frames_at  # noqa: E402
from livecam.diagnostics import processor  # noqa: E402
from livecam.faces.mesh import BLENDSHAPE_NAMES  # noqa: E402
from livecam.types import BLENDSHAPES  # noqa: E402

EPYC = (
    "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu sse2 avx2 avx512f avx512_vnni avx_vnni amx_tile amx_int8\n"
)
ZEN_3 = "model name\t: AMD EPYC 7R13\nflags\t\t: fpu sse2 avx2\n"
PI_5 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 asimdrdm asimddp\nCPU part\t: 0xd0b\n"
PI_4 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32\n"


@pytest.mark.parametrize(
    ("cpuinfo", "flags"),
    [
        (EPYC, "avx2, avx512_vnni, avx_vnni, amx_int8"),
        (ZEN_3, "avx2"),
        (PI_5, "neon_dotprod"),
        (PI_4, "none"),
    ],
)
def test_the_instructions_that_int8_is_fast_with_are_named(
    cpuinfo: str, flags: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "cpuinfo")
    assert processor.processor_flags() == machine.machine()["flags"] == flags


def test_where_the_system_does_not_say_the_flags_are_unknown_and_the_processor_has_some_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "none")
    assert processor.processor_flags() == "unknown"
    assert processor.processor_name()


def test_a_mac_is_asked_by_sysctl(monkeypatch: pytest.MonkeyPatch) -> None:
    def sysctl(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, "1\n" if command[-1].endswith("FEAT_DotProd") else "0\n", "")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("subprocess.run", sysctl)
    assert processor.processor_flags() == "neon_dotprod"


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="counts pages")
def test_a_mb_is_a_million_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = 250_000
    monkeypatch.setattr(machine, "_PROCESSES", tmp_path)
    for process in ("self", "42"):
        (tmp_path / process).mkdir()
        (tmp_path / process / "statm").write_text(f"900000 {pages} 1 1 0 1 0\n")
        pages *= 2
    assert machine.resident_mb() == 250_000 * os.sysconf("SC_PAGE_SIZE") / 1_000_000
    assert machine.resident_mb(42) == 500_000 * os.sysconf("SC_PAGE_SIZE") / 1_000_000
    assert machine.resident_mb(43) is None


@pytest.mark.parametrize(
    ("code", "answer", "name", "gpu"),
    [
        (0, "NVIDIA L4\nNVIDIA L4\n", "NVIDIA L4", "NVIDIA L4; NVIDIA L4"),
        (9, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", None, "none"),
    ],
)
def test_a_gpu_is_named_by_its_driver_and_a_driver_that_fails_names_none(
    code: int, answer: str, name: str | None, gpu: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "nvidia-smi")
    done = subprocess.CompletedProcess([], code, answer, "")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: done)
    assert machine.gpu_name() == name
    assert machine.machine()["gpu"] == gpu


def test_the_rule_takes_both_sides_of_the_smile_and_the_lower_lid() -> None:
    values = dict.fromkeys(BLENDSHAPE_NAMES, 0.3)
    values |= {"mouthSmileLeft": 0.5, "mouthSmileRight": 1.0, "eyeBlinkLeft": 0.1, "eyeBlinkRight": 0.25}
    assert smile_minus_eyes(list(values.values())) == 0.75 - 2 * 0.25
    assert len(values) == BLENDSHAPES


@pytest.mark.slow
def test_the_baseline_loop_finds_the_face_and_rates_it() -> None:
    (frame,) = frames_at(model_files.demo_clip(), [2400])
    with BaselineFinder() as finder:
        (points,) = finder.find(frame.image)
    low, high = points.min(axis=0).astype(int), points.max(axis=0).astype(int)
    assert points.shape == (478, 2)
    assert (low > 0).all()
    assert (high < (frame.width, frame.height)).all()
    probs = eager_judge()(np.ascontiguousarray(frame.image[low[1] : high[1], low[0] : high[0]]))
    assert probs.shape == (1, 5)
    assert probs.sum() == pytest.approx(1)


def test_what_has_no_value_is_null_in_json() -> None:
    assert json.dumps(without_nan({"a": [1.0, math.nan], "b": (math.nan, "nan", None)})) == (
        '{"a": [1.0, null], "b": [null, "nan", null]}'
    )
