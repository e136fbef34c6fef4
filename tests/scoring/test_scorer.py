from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from livecam.errors import ModelError
from livecam.scoring.scorer import Scorer
from livecam.types import CROP_SIZE
from tests.scoring.onnx_factories import grey_crop, make_model


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        Scorer(path, provider="cpu")
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_batch_comes_back_in_its_order_and_as_if_each_was_scored_alone(tmp_path: Path) -> None:
    with Scorer(make_model(tmp_path / "m.onnx"), provider="cpu") as scorer:
        crops = [grey_crop(level) for level in (255, 0, 102)]
        together = scorer.score(crops)
        assert [float(score.eyes_closed[0]) for score in together] == pytest.approx([1.0, 0.0, 0.4])
        assert together[1].rating_probs == pytest.approx(np.full(5, 0.2), abs=1e-6)
        for crop, score in zip(crops, together, strict=True):
            (alone,) = scorer.score([crop])
            np.testing.assert_array_equal(alone.rating_probs, score.rating_probs)
            np.testing.assert_array_equal(alone.embedding, score.embedding)


def test_no_faces_give_no_scores(tmp_path: Path) -> None:
    with Scorer(make_model(tmp_path / "m.onnx"), provider="cpu") as scorer:
        assert scorer.score([]) == ()


def test_the_scorer_tells_what_the_file_says_and_lets_nobody_change_it(tmp_path: Path) -> None:
    with Scorer(make_model(tmp_path / "m.onnx"), provider="cpu") as scorer:
        assert scorer.provider == "cpu"
        assert scorer.metadata == {"livecam_schema": "1", "model_version": "7"}
        with pytest.raises(TypeError):
            scorer.metadata["model_version"] = "8"  # type: ignore[index]


def test_a_closed_scorer_can_be_closed_again_but_not_used(tmp_path: Path) -> None:
    scorer = Scorer(make_model(tmp_path / "m.onnx"), provider="cpu")
    scorer.close()
    scorer.close()
    with pytest.raises(ValueError, match="closed"):
        scorer.score([grey_crop(0)])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "none.onnx") in refusal(tmp_path / "none.onnx")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty, and no scorer: check --model"),
        (b"this is a text\n" * 40, "no ONNX model, or a damaged one"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "no ONNX model, or a damaged one"),
    ],
)
def test_what_is_no_onnx_model_is_refused_in_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "text.onnx"
    path.write_bytes(content)
    assert why in refusal(path)


def test_a_truncated_model_is_refused_wherever_it_was_cut(tmp_path: Path) -> None:
    whole = make_model(tmp_path / "whole.onnx").read_bytes()
    cut = tmp_path / "cut.onnx"
    for share in (0.1, 0.5, 0.9, 0.99):
        cut.write_bytes(whole[: int(len(whole) * share)])
        assert str(cut) in refusal(cut)


def test_a_model_for_other_pictures_is_refused_with_what_it_takes(tmp_path: Path) -> None:
    takes: tuple[str, int, list[str | int]] = ("data", TensorProto.FLOAT, [1, 3, 112, 112])
    message = refusal(make_model(tmp_path / "m.onnx", takes=takes))
    assert "takes data tensor(float) [1, 3, 112, 112], not crops tensor(uint8) [N, 224, 224, 3]" in message
    assert "python -m export onnx" in message


def test_a_fixed_batch_size_is_refused(tmp_path: Path) -> None:
    takes: tuple[str, int, list[str | int]] = ("crops", TensorProto.UINT8, [1, CROP_SIZE, CROP_SIZE, 3])
    assert "[1, 224, 224, 3]" in refusal(make_model(tmp_path / "m.onnx", takes=takes))


@pytest.mark.parametrize(
    ("gives", "found"),
    [
        ([("rating_probs", TensorProto.FLOAT, 5)], "gives only rating_probs, not eyes_closed"),
        ([("rating_probs", TensorProto.FLOAT, 10)], "gives rating_probs tensor(float) [N, 10]"),
        ([("rating_probs", TensorProto.DOUBLE, 5)], "gives rating_probs tensor(double) [N, 5]"),
    ],
)
def test_other_outputs_are_refused_with_what_they_are(
    tmp_path: Path, gives: list[tuple[str, int, int]], found: str
) -> None:
    assert found in refusal(make_model(tmp_path / "m.onnx", gives=tuple(gives)))


@pytest.mark.parametrize(
    ("metadata", "found"),
    [({"livecam_schema": "2"}, "has schema 2"), ({"author": "me"}, "no livecam_schema")],
)
def test_another_schema_is_refused(tmp_path: Path, metadata: dict[str, str], found: str) -> None:
    assert found in refusal(make_model(tmp_path / "m.onnx", metadata=metadata))


def test_outputs_that_are_no_probabilities_are_refused_before_the_first_frame(tmp_path: Path) -> None:
    assert "gives no usable scores" in refusal(make_model(tmp_path / "m.onnx", probabilities=False))


def test_weights_beside_the_model_are_refused(tmp_path: Path) -> None:
    model = onnx.load(make_model(tmp_path / "whole.onnx"))
    path = tmp_path / "split.onnx"
    onnx.save(model, path, save_as_external_data=True, location="split.bin", size_threshold=0)
    assert "damaged" in refusal(path)


def test_an_unknown_provider_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gpu"):
        Scorer(make_model(tmp_path / "m.onnx"), provider="gpu")


def test_this_machine_keeps_onnxruntime_quiet_whatever_it_has(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Scorer(make_model(tmp_path / "m.onnx")) as scorer:
        assert scorer.provider in {"cpu", "cuda"}
    assert capfd.readouterr() == ("", "")
