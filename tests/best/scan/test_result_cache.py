"""What the cache of a scan holds and no scan has found is found anew."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from livecam.best.records.scan_result import ScanResult
from livecam.best.scan.result_cache import ScanCache
from livecam.photos.discover import Item
from tests.best.records.factories import make_face_record, make_record


@dataclass
class Remembers:
    text: str

    def content(self, path: Path) -> bytes | None:
        return b"content"

    def get(self, content: bytes, version: bytes) -> str | None:
        return self.text

    def put(self, path: Path, status: os.stat_result, content: bytes, version: bytes, value: str) -> None: ...


def recalled(folder: Path, text: str) -> ScanResult | None:
    (folder / "scorer.onnx").write_bytes(b"scorer")
    return ScanCache(Remembers(text), lambda: folder / "scorer.onnx", b"").recall(Item(folder / "a.jpg"))


def kept(folder: Path) -> dict[str, Any]:
    record = make_record(make_face_record(), path=str(folder / "a.jpg"))
    values: dict[str, Any] = json.loads(ScanResult(Item(folder / "a.jpg"), (record,)).to_json())
    return values


def test_of_a_face_a_number_that_is_none_is_scanned_anew(tmp_path: Path) -> None:
    for name in ("light", "eye_detail", "mouth_cover"):
        values = kept(tmp_path)
        values["records"][0]["faces"][0][name] = float("nan")
        assert recalled(tmp_path, json.dumps(values)) is None


def test_what_a_scan_has_found_is_found_again(tmp_path: Path) -> None:
    result = recalled(tmp_path, json.dumps(kept(tmp_path)))
    assert result is not None
    assert result.records[0].faces[0].score == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("t_ms", float("nan")), ("t_ms", 10**400), ("size", [0, 100]), ("size", [100, 1 << 40]), ("phash", "-1"),
        ("phash", "1" * 17), ("sharpness", []), ("sharpness", [float("inf")]), ("captured", "soon"),
        ("view", {"grey": [0, 0, ""], "focus": [0, 0, ""]}), ("exposure", {"bias_ev": float("nan")}),
        ("exposure", {"bias_ev": []}),
    ],
)  # fmt: skip
def test_a_photo_with_a_value_that_cannot_be_is_scanned_anew(name: str, value: object, tmp_path: Path) -> None:
    values = kept(tmp_path)
    values["records"][0][name] = value
    assert recalled(tmp_path, json.dumps(values)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("score", float("nan")), ("score", 10**400), ("box", [0, 0, 1]), ("box", [0, 0, 1, float("inf")]),
        ("rating_probs", [1.0]), ("eyes_closed", [0.0, float("nan")]), ("blendshapes", []), ("sharpness", []),
        ("open_eyes_probs", [1.0]), ("embedding", "QUJD"), ("light", float("inf")), ("reasons", ["TOO_HAPPY"]),
        ("pose", [0.0, 0.0, float("nan")]), ("open_eyes_score", float("-inf")),
    ],
)  # fmt: skip
def test_a_face_with_a_value_that_cannot_be_is_scanned_anew(name: str, value: object, tmp_path: Path) -> None:
    values = kept(tmp_path)
    values["records"][0]["faces"][0][name] = value
    assert recalled(tmp_path, json.dumps(values)) is None


@pytest.mark.parametrize("text", ['{"records":' + "[" * 100_000, "", "[]", '{"records": [], "length_ms": 1e999}'])
def test_a_value_that_is_no_result_is_scanned_anew(text: str, tmp_path: Path) -> None:
    assert recalled(tmp_path, text) is None
