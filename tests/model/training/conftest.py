"""What the tests of training share: the tiny backbone, one data set, and one finished training."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.data.dataset import Dataset, load_dataset
from model.training.train import Result, train
from tests.model.factories import mixed_ratings, use_tiny_backbone, write_dataset
from tests.model.training.runs import QUICK


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_backbone(monkeypatch.setattr)


@pytest.fixture(scope="package")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Forty faces that are the brighter the better; a quarter has its eyes closed. Nobody may write into it."""
    eyes = [int(i % 4 == 0) for i in range(40)]
    return load_dataset(write_dataset(tmp_path_factory.mktemp("shared") / "data", mixed_ratings(40), eyes=eyes))


@pytest.fixture(scope="package")
def trained(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """QUICK's first epoch. Nobody may write into its folder."""
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_backbone(patch.setattr)
        return train(dataset, tmp_path_factory.mktemp("trained") / "run", replace(QUICK, epochs=1))
