"""How much the scorer's and the landmarker's word on eyes count is fitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("torch")

from livecam.scoring.eyes import EyeFusionSettings
from model.shipped import eye_fusion
from model.shipped.collected import Collected
from model.shipped.eye_fusion import Eyes, as_they_are, describe, fit
from model.shipped.labels import BLINK
from tests.model.shipped.faces import write_collected


def made_eyes(count: int = 400) -> Eyes:
    """Eyes of which the scorer sees half of those that are closed; what it doubts only the lids tell apart."""
    rng = np.random.default_rng(0)
    closed = np.zeros((count, 2))
    closed[: count // 4, 0] = 1
    scorer = np.full((count, 2), 0.02)
    scorer[: count // 8, 0] = 0.98
    scorer[count // 8 : count // 2, 0] = 0.3
    blink = rng.uniform(0.05, 0.2, (count, 2))
    blink[: count // 4, 0] += 0.4
    return Eyes(scorer, blink, closed)


def test_what_the_scorer_misses_is_found_by_the_lids() -> None:
    eyes = made_eyes()
    weights = fit(eyes)

    assert weights.wink > 0
    assert weights.offset < 0
    told = describe(eyes, weights)
    assert (told["closed"], told["open"]) == (100, 700)
    assert (told["scorer_found"], told["fused_found"], told["fused_lost"]) == (0.5, 1.0, 0.0)


def test_eyes_of_which_nobody_knows_are_not_fitted() -> None:
    eyes = made_eyes()
    unknown = Eyes(eyes.scorer, eyes.blink[:, ::-1], np.full_like(eyes.closed, np.nan))
    assert fit(eyes + unknown) == fit(eyes)


def test_what_is_not_fitted_is_kept() -> None:
    assert fit(made_eyes(), EyeFusionSettings(wink_from=0.2)).wink_from == 0.2


def test_validation_faces_are_as_people_labelled_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Collected.read(write_collected(tmp_path / "data"))
    monkeypatch.setattr(eye_fusion, "_scored", lambda scorer, crops: np.array([(0.5, 0.5) for _ in crops]))
    eyes = as_they_are(data, scorer=None)  # type: ignore[arg-type]  # replaced above
    rows = [row for row in data.rows if row["split"] == "val"]
    assert eyes.closed[:, 0].tolist() == [float(row["eyes"]) for row in rows]
    assert (eyes.blink == data.blendshapes[data.where("val")][:, BLINK]).all()


@pytest.mark.parametrize(
    ("label", "expected"), [("1", [1, 1]), ("0 1", [0, 1]), ("", [0, 0]), ("?", [np.nan] * 2), ("1 ?", [1, np.nan])]
)
def test_labels_of_one_eye_and_of_both(label: str, expected: list[float]) -> None:
    assert np.array_equal(eye_fusion._labels(label), expected, equal_nan=True)


def test_no_data_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert eye_fusion.run([str(tmp_path / "nowhere")]) == 1
    assert "model.shipped.collect" in capsys.readouterr().err
