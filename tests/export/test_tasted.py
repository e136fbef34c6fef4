from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the train extra")

from export.onnx import _load  # noqa: E402
from export.tasted import FoldedTaste, fold  # noqa: E402
from livecam import model_files  # noqa: E402
from livecam.errors import ModelError  # noqa: E402
from livecam.scoring.scorer import Scorer  # noqa: E402
from livecam.taste.head_file import save_head  # noqa: E402
from livecam.taste.network import network_of_file  # noqa: E402
from livecam.types import EMBEDDING, RATINGS, FaceCrop, FloatArray  # noqa: E402
from model.checkpoint import RatedNetwork  # noqa: E402
from model.data.dataset import Target  # noqa: E402
from model.heads import HeadName  # noqa: E402
from tests.taste.test_head import make_head  # noqa: E402


def _network() -> RatedNetwork:
    torch.manual_seed(0)
    return RatedNetwork(HeadName.CROSS_ENTROPY, Target.RATING).eval()


def test_the_graph_says_what_the_head_says_without_landmarks() -> None:
    rng = np.random.default_rng(0)
    head = replace(make_head(score=1.5), alone=rng.normal(size=EMBEDDING).astype(np.float32) * 0.1, alone_offset=-0.4)
    network = _network()
    rated = network.head
    folded = FoldedTaste(rated, head)
    embedding = torch.from_numpy(rng.normal(size=(5, EMBEDDING)).astype(np.float32))
    with torch.inference_mode():
        probs = folded.probs(folded(embedding)).numpy()
        scores = rated.probs(rated(embedding)).numpy() @ np.array(RATINGS)
    for row, vector, score in zip(probs, embedding.numpy(), scores, strict=True):
        utility = float(head.alone @ vector + head.score * score + head.alone_offset)
        assert row == pytest.approx(head.probs(utility), abs=1e-5)


def test_a_file_with_a_taste_says_so_and_is_another_network(tmp_path: Path) -> None:
    save_head(make_head(), tmp_path / "me.npz")
    origin = fold(_network(), {"model_version": "default-3"}, "a" * 64, tmp_path / "me.npz")
    assert origin["model_version"] == "default-3+taste-me"


def test_a_taste_is_folded_into_the_scorer_that_livecam_brings(tmp_path: Path) -> None:
    """Its weights are kept in the file that runs, and nowhere else."""
    shipped = model_files.scorer_model(None, "fp16")
    network, origin, sha256 = _load(shipped)
    head = replace(make_head(score=1.5), network=network_of_file(shipped))
    save_head(head, tmp_path / "me.npz")
    before = network(_GREY)[0]
    folded = fold(network, origin, sha256, tmp_path / "me.npz")
    assert folded["model_version"] == f"{network_of_file(shipped)}+taste-me"
    assert np.allclose(before[0].detach().numpy(), _expected(shipped), atol=0.01)
    assert not torch.allclose(network(_GREY)[0], before, atol=0.01)


_GREY = torch.full((1, 224, 224, 3), 128, dtype=torch.uint8)


def _expected(shipped: Path) -> FloatArray:
    with Scorer(shipped, provider="cpu") as scorer:
        (score,) = scorer.score([FaceCrop(_GREY[0].numpy(), np.eye(2, 3, dtype=np.float32))])
    return score.rating_probs


def test_a_taste_of_another_scorer_is_refused(tmp_path: Path) -> None:
    save_head(make_head(), tmp_path / "me.npz")
    with pytest.raises(ModelError, match="was learned with the scorer default-3, not default-9"):
        fold(_network(), {"model_version": "default-9"}, "a" * 64, tmp_path / "me.npz")
