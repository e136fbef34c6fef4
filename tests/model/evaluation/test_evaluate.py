from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from livecam import __version__
from livecam.errors import ModelError, OutputError, SourceError
from livecam.scoring.eyes import judge_eyes
from livecam.types import Score
from model.checkpoint import Metadata, RatedNetwork, load_network
from model.data.dataset import Dataset, load_dataset
from model.evaluation.evaluate import _table, checkpoints, evaluate
from model.evaluation.metrics import measure, spread
from model.evaluation.report import require_place, worst_mistakes, write_report
from model.evaluation.results import Evaluation
from model.network import Backbone, ScorerNetwork, save_checkpoint
from model.training.run_folder import split_of
from model.training.settings import Settings
from model.training.train import train
from tests.model.factories import mixed_ratings, use_tiny_backbone, write_dataset

FIVE = ("1", "2", "3", "4", "5")


def sure(*classes: int) -> np.ndarray:
    return np.eye(5)[list(classes)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Path]:
    """Three folds on forty faces that are the brighter the better."""
    folder = tmp_path_factory.mktemp("evaluate")
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_backbone(patch.setattr)
        dataset = load_dataset(write_dataset(folder / "data", mixed_ratings(40)))
        for fold in range(3):
            settings = Settings(backbone="random", folds=3, fold=fold, epochs=30, lr=0.01, weight_decay=0.001)
            train(dataset, folder / "run" / f"fold-{fold}", settings)
    return dataset, folder / "run"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_backbone(monkeypatch.setattr)


def test_perfect_predictions_are_perfect_by_every_measure() -> None:
    classes = np.array([0, 1, 2, 3, 4])
    found = measure(classes, classes, sure(0, 1, 2, 3, 4), FIVE)
    assert (found.accuracy, found.mae, found.mse, found.within_one) == (1, 0, 0, 1)
    assert (found.pairwise, found.ece) == (1, 0)
    assert found.spearman == pytest.approx(1)
    assert found.confusion == tuple(tuple(int(i == j) for j in range(5)) for i in range(5))


def test_a_hand_counted_example() -> None:
    # Errors of 0, 1, 2 and 4 classes.
    found = measure(np.array([0, 1, 2, 4]), np.array([0, 2, 4, 0]), sure(0, 2, 4, 0), FIVE)
    assert found.accuracy == 0.25
    assert found.mae == 7 / 4
    assert found.mse == 21 / 4
    assert found.within_one == 0.5
    # Of six pairs three are in order, two are not, and 0 and 4 were both called 0.
    assert found.pairwise == pytest.approx(3.5 / 6)
    assert found.confusion[2] == (0, 0, 0, 0, 1)  # row: true
    assert found.per_class[2].mae == 2
    assert found.per_class[3].accuracy is None
    assert (found.per_class[4].photos, found.per_class[4].predicted) == (1, 1)


def test_overconfidence_shows_in_the_calibration_error() -> None:
    classes = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    probs = np.tile([0.95, 0.05], (8, 1))  # says 95 %, is right half the time
    found = measure(classes, np.zeros(8, int), probs, ("open", "closed"))
    assert found.ece == pytest.approx(0.45)
    (only,) = found.calibration
    assert (only.photos, only.accuracy) == (8, 0.5)
    assert only.confidence == pytest.approx(0.95)


def test_bins_hold_every_photo_once() -> None:
    rng = np.random.default_rng(1)
    probs = rng.dirichlet(np.ones(5), 200)
    found = measure(rng.integers(0, 5, 200), probs.argmax(axis=1), probs, FIVE)
    assert sum(one.photos for one in found.calibration) == 200
    assert sum(map(sum, found.confusion)) == 200


def test_one_class_only_has_no_order() -> None:
    found = measure(np.array([2, 2, 2]), np.array([2, 1, 2]), sure(2, 1, 2), FIVE)
    assert found.spearman is None
    assert found.pairwise is None


def test_spread_leaves_out_what_is_unknown() -> None:
    assert spread([1.0, None, 3.0]) == pytest.approx((2.0, 2**0.5))
    assert spread([4.0]) == (4.0, 0.0)
    assert spread([None]) is None


@pytest.mark.usefixtures("tiny")
def test_every_photo_is_evaluated_once_by_the_fold_that_was_not_trained_on_it(trained: tuple[Dataset, Path]) -> None:
    dataset, run = trained
    found = evaluate(dataset, checkpoints(run))
    assert sorted(row for fold in found.folds for row in fold.rows) == list(range(40))
    assert found.held_out
    assert found.pooled.photos == 40
    assert found.pooled.pairwise == pytest.approx(1, abs=0.05)  # brightness is easy to order
    mean, deviation = found.spread("accuracy") or (0, 0)
    assert mean == pytest.approx(np.mean([fold.metrics.accuracy for fold in found.folds]))
    assert deviation > 0


@pytest.mark.usefixtures("tiny")
def test_one_checkpoint_is_measured_on_its_own_validation_photos(trained: tuple[Dataset, Path]) -> None:
    dataset, run = trained
    found = evaluate(dataset, checkpoints(run / "fold-1"))
    (fold,) = found.folds
    assert list(fold.rows) == list(split_of(dataset, found.metadata).validation)


def test_an_accuracy_of_few_photos_is_said_to_be_known_roughly(evaluation: Evaluation) -> None:
    right = [0, 0, 0, 0] + [1] * 8
    few = measure(np.array(right), np.zeros(12, np.int64), sure(*[0] * 12), FIVE)
    found = replace(evaluation, pooled=few).accuracy_interval
    assert found == pytest.approx((0.138, 0.609), abs=1e-3)  # 4 of 12, by hand


def test_beside_it_stands_what_one_answer_for_all_photos_would_reach(
    evaluation: Evaluation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, same = evaluation.constant
    assert (name, same.accuracy) == ("3", 0.2)  # eight photos of each rating
    assert same.mae == pytest.approx(1.2)
    assert ("mean absolute error, classes", "1.200") in [(row[0], row[3]) for row in evaluation.rows()]
    assert [row[3] for row in evaluation.rows() if row[0] == "Spearman rank correlation"] == [""]
    page = write_report(evaluation, tmp_path / "report").read_text("utf-8")
    assert "<th>always 3</th>" in page
    assert "<td>1.200</td>" in page
    Console().print(_table(evaluation))
    said = capsys.readouterr().out
    assert "always 3" in said
    assert "1.200" in said


@pytest.mark.usefixtures("tiny")
def test_photos_are_untouched_only_where_none_decided_when_any_fold_stopped(
    trained: tuple[Dataset, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, run = trained

    def loaded(path: Path) -> tuple[RatedNetwork, Metadata]:
        network, metadata = load_network(path)
        return network, replace(metadata, untouched=path.parent.name != "fold-2")

    monkeypatch.setattr("model.evaluation.evaluate.load_network", loaded)
    assert "too good" in evaluate(dataset, checkpoints(run)).which_photos
    assert "no part in its training" in evaluate(dataset, checkpoints(run / "fold-0")).which_photos


@pytest.mark.usefixtures("tiny")
def test_all_photos_are_called_what_they_are(trained: tuple[Dataset, Path]) -> None:
    dataset, run = trained
    found = evaluate(dataset, checkpoints(run / "fold-1"), everything=True)
    assert found.pooled.photos == 40
    assert not found.held_out


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_another_data_set_is_refused_unless_all_of_it_is_asked_for(
    trained: tuple[Dataset, Path], tmp_path: Path
) -> None:
    _, run = trained
    other = load_dataset(write_dataset(tmp_path / "other", mixed_ratings(20), seed=5))
    with pytest.raises(SourceError, match="not the data set"):
        evaluate(other, checkpoints(run / "fold-0"))
    assert evaluate(other, checkpoints(run / "fold-0"), everything=True).pooled.photos == 20


@pytest.mark.usefixtures("tiny")
def test_closed_eyes_count_as_in_the_camera_and_the_head_alone_is_told_beside_it(tmp_path: Path) -> None:
    """Somebody likes some of their photos with closed eyes; the camera does not, whatever the head has learned."""
    eyes = [int(i % 8 == 4) for i in range(40)]
    data = load_dataset(write_dataset(tmp_path / "data", mixed_ratings(40), eyes=eyes))
    train(data, tmp_path / "run", Settings(backbone="random", epochs=30, lr=0.01))

    found = evaluate(data, checkpoints(tmp_path / "run"), everything=True)

    (fold,) = found.folds
    network, _ = load_network(fold.checkpoint)
    with torch.inference_mode():
        outputs = [part.numpy() for part in network(torch.from_numpy(data.crops(fold.rows)))]
    camera = [
        judge_eyes(Score(*row), data.blendshapes[at])
        for at, row in zip(fold.rows, zip(*outputs, strict=True), strict=True)
    ]
    np.testing.assert_allclose(fold.said.probs @ np.arange(1, 6), [score.value for score in camera], atol=1e-3)
    closed = data.eyes[fold.rows] == 1
    assert closed.sum() == 5
    assert (fold.said.classes[closed] == 0).all()
    assert fold.said.head_classes[closed].max() >= 3
    assert found.head_alone.mae < found.pooled.mae
    assert f"the head alone: accuracy {found.head_alone.accuracy:.1%}" in found.closed_eyes
    assert found.closed_eyes[1:] in write_report(found, tmp_path / "report").read_text("utf-8")


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no checkpoint at"):
        checkpoints(tmp_path)


@pytest.fixture
def evaluation(trained: tuple[Dataset, Path], tiny: None) -> Evaluation:
    dataset, run = trained
    return evaluate(dataset, checkpoints(run))


@pytest.mark.slow
def test_the_page_needs_no_other_file_and_the_json_agrees(evaluation: Evaluation, tmp_path: Path) -> None:
    page = write_report(evaluation, tmp_path / "report").read_text("utf-8")
    for elsewhere in ('src="http', 'src="/', 'href="http', "url(", "<script", "<link", "@import"):
        assert elsewhere not in page.replace("url(#", "")
    assert page.count("<svg") == 2
    numbers = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert numbers["pooled"]["photos"] == 40
    assert f"{numbers['over_folds']['accuracy']['mean']:.1%}" in page
    assert "{:.1%} to {:.1%}".format(*numbers["accuracy_interval"]) in page
    assert len(numbers["folds"]) == 3
    assert page.count("data:image/jpeg;base64,") == len(numbers["worst"])
    require_place(tmp_path / "report")  # may be written over, and so may
    older = page.replace(f'<meta name="generator" content="livecam {__version__}">\n', "")
    assert older != page
    (tmp_path / "report" / "report.html").write_text(older, "utf-8")
    require_place(tmp_path / "report")


@pytest.mark.slow
def test_the_json_of_a_shipped_checkpoint_is_json(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.checkpoint.Backbone", Backbone)
    save_checkpoint(ScorerNetwork(), tmp_path / "network.safetensors", {"model_version": "default-0"})
    _, metadata = load_network(tmp_path / "network.safetensors")
    write_report(replace(evaluation, metadata=metadata), tmp_path / "report")

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    numbers = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"), parse_constant=refuse)
    assert numbers["model"]["model_version"] == "default-0"


def test_the_worst_mistake_comes_first_and_no_right_answer_is_among_them(evaluation: Evaluation) -> None:
    # Spoil one fold: three photos of class 1 or 2 are called a 5.
    fold = evaluation.folds[0]
    predicted, probs = fold.classes.copy(), np.eye(5)[fold.classes]
    low = np.flatnonzero(fold.classes <= 1)[:3]
    predicted[low], probs[low] = 4, np.eye(5)[4]
    right = replace(fold, said=replace(fold.said, classes=predicted, probs=probs))
    mistakes = worst_mistakes(replace(evaluation, folds=(right,)))
    assert {one.row for one in mistakes} == set(fold.rows[low])
    assert [one.error for one in mistakes] == sorted((one.error for one in mistakes), reverse=True)
    assert mistakes[0].predicted == "5"


@pytest.mark.slow
def test_a_report_that_cannot_be_written_says_so(evaluation: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another --out"):
        write_report(evaluation, tmp_path / "file")
