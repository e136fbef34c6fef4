"""The commands that make the shipped scorer, on small data: what they write, and how they fail."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from model.network import ScorerNetwork, load_checkpoint
from model.shipped import calibration_crops, collect, train
from model.shipped.collected import Collected
from tests.model.factories import TinyBackbone
from tests.model.shipped.faces import write_collected

astronaut = pytest.importorskip("skimage.data", reason="needs scikit-image for the portrait").astronaut
ROOT = Path(__file__).parents[3]
STAGES = ("--workers", 0, "--stages", "224x4x2 224x4x3")


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.network.Backbone", TinyBackbone)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collected(tmp_path_factory.mktemp("collected") / "data")


def command(program: Callable[..., int], *words: object) -> int:
    return program([str(word) for word in words])


def write_research_data(folder: Path) -> None:
    """One public-domain portrait in the place of every set, and a clip of it."""
    picture = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR)
    tables = {
        "eyes": ("labels.csv", {"file": "a.png", "eyes": "open"}),
        "smile": ("labels.csv", {"file": "b.png", "smile": "1"}),
        "people": ("labels.csv", {"file": "c.png", "person": "Eileen"}),
        "ratings": ("images.csv", {"file": "d.png"}),
        "pairs": ("labels.csv", {"file": "e.png", "person": "Eileen", "expression": "neutral"}),
        "photos": ("photos.csv", {"file": "f.png"}),
    }
    for name, (table, row) in tables.items():
        place = folder / name / "images" if name == "ratings" else folder / name
        place.mkdir(parents=True)
        cv2.imwrite(str(place / row["file"]), picture)
        with (folder / name / table).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)
    (folder / "videos").mkdir()
    clip = cv2.VideoWriter(
        str(folder / "videos" / "clip.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, picture.shape[1::-1]
    )
    for _ in range(7):
        clip.write(picture)
    clip.release()


@pytest.mark.slow
def test_faces_are_collected_with_their_labels_and_their_split(tmp_path: Path) -> None:
    write_research_data(tmp_path / "data")

    assert collect.collect(tmp_path / "data", tmp_path / "out", workers=1) == (9, 6, 1)

    data = Collected.read(tmp_path / "out")
    rows = [(row["source"], row["split"], row["eyes"], row["smile"]) for row in data.rows]
    assert [row[0] for row in rows] == ["eyes", "smile", "people", "ratings", "pairs", "photos", *["videos"] * 3]
    assert rows[1][3] == "1"
    assert rows[4:6] == [("pairs", "test", "0", "0"), ("photos", "test", "", "")]
    assert [row["frame"] for row in data.rows[6:]] == ["0", "3", "6"]
    assert all(50 < float(row["face_px"]) < 250 for row in data.rows)
    assert data.crops.shape == (9, 224, 224, 3)
    assert np.abs(data.crops[2].astype(int) - data.crops[3]).max() == 0
    assert 40 < data.landmarks.mean() < 184


@pytest.mark.slow
def test_a_scorer_is_trained_the_same_for_one_seed_and_says_what_it_is(collected: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        assert command(train.run, collected, tmp_path / name, *STAGES, "--seed", seed, "--version", "toy-1") == 0

    one, again, other = (load_file(tmp_path / name / "scorer.safetensors") for name in ("one", "again", "other"))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)
    network = ScorerNetwork()
    about = load_checkpoint(network, tmp_path / "one" / "scorer.safetensors")
    assert (about["model_version"], about["seed"], about["stages"]) == ("toy-1", 1, ["224x4x2", "224x4x3"])
    assert network.eyes_temperature != 1, "the probabilities are calibrated"
    lines = [json.loads(line) for line in (tmp_path / "one" / "log.jsonl").read_text("utf-8").splitlines()]
    assert [(line["size"], line["step"]) for line in lines] == [(224, 2), (224, 3)]
    assert all(0 <= line["eyes_auc"] <= 1 for line in lines)
    assert all(line["rating"] > 1 for line in lines), "the mean of a few steps: nothing is learned yet"


@pytest.mark.slow
def test_a_training_without_a_source_says_so_and_measures_what_is_left(tmp_path: Path) -> None:
    data = write_collected(tmp_path / "data")
    table = (data / "items.csv").read_text("utf-8").splitlines()
    # The first half are of another source, and have all smiles' labels.
    halves = [line.replace("people", "smile") for line in table[1:25]] + [
        ",".join([*line.split(",")[:6], "", *line.split(",")[7:]]) for line in table[25:]
    ]
    (data / "items.csv").write_text("\n".join([table[0], *halves]) + "\n", "utf-8")

    words = (data, tmp_path / "out", "--workers", 0, "--stages", "224x4x2", "--without", "smile")
    assert command(train.run, *words) == 0

    assert load_checkpoint(ScorerNetwork(), tmp_path / "out" / "scorer.safetensors")["without"] == ["smile"]
    line = json.loads((tmp_path / "out" / "log.jsonl").read_text("utf-8"))
    assert "eyes_auc" in line
    assert "smile_auc" not in line


@pytest.mark.slow
def test_a_training_goes_on_with_a_later_stage_or_calibrates_alone(collected: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert command(train.run, collected, out, "--workers", 0, "--stages", "224x4x2") == 0
    before = load_file(out / "teaching.safetensors")

    assert command(train.run, collected, out, *STAGES, "--first", 2) == 0
    after = load_file(out / "teaching.safetensors")
    assert any(not torch.equal(before[name], after[name]) for name in before)
    (out / "scorer.safetensors").unlink()
    assert command(train.run, collected, out, *STAGES, "--first", 3) == 0

    assert (out / "scorer.safetensors").exists()
    assert all(torch.equal(value, after[name]) for name, value in load_file(out / "teaching.safetensors").items())
    assert len((out / "log.jsonl").read_text("utf-8").splitlines()) == 2


@pytest.mark.slow
def test_a_training_starts_from_a_scorer_and_says_from_which(collected: Path, tmp_path: Path) -> None:
    assert command(train.run, collected, tmp_path / "one", "--workers", 0, "--stages", "224x4x2") == 0
    start = tmp_path / "one" / "scorer.safetensors"

    for name, options in (("more", ("--start", start, "--narrow", 0.5)), ("anew", ())):
        words = (tmp_path / name, "--workers", 0, "--stages", "96x4x1", "--lr", 1e-7, *options)
        assert command(train.run, collected, *words) == 0

    before, more, anew = (load_file(tmp_path / name / "scorer.safetensors") for name in ("one", "more", "anew"))
    name = "backbone.resnet.0.weight"
    assert (more[name] - before[name]).abs().max() < 1e-4 < (anew[name] - before[name]).abs().max()
    about = load_checkpoint(ScorerNetwork(), tmp_path / "more" / "scorer.safetensors")
    assert about["narrow"] == 0.5
    logs = [json.loads((tmp_path / name / "log.jsonl").read_text("utf-8")) for name in ("more", "anew")]
    assert logs[0]["distilled"] < 0.01, "it still says what its teacher does, for the tiny backbone has no blocks"
    assert "distilled" not in logs[1]
    assert about["started_from"] == hashlib.sha256(start.read_bytes()).hexdigest()
    assert more["backbone.inside"] == 96, "the size of the last stage is what the network sees"


@pytest.mark.slow
@pytest.mark.parametrize(("processor", "expected"), [({}, torch.float32), ({"avx512_bf16": True}, torch.bfloat16)])
def test_a_training_computes_in_bf16_only_on_a_processor_that_has_it(
    collected: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    processor: dict[str, bool],
    expected: torch.dtype,
) -> None:
    computed: list[torch.dtype] = []

    class WatchedBackbone(TinyBackbone):
        def forward(self, crops: torch.Tensor) -> torch.Tensor:
            computed.append((result := super().forward(crops)).dtype)
            return result

    monkeypatch.setattr("model.network.Backbone", WatchedBackbone)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: processor)

    assert command(train.run, collected, tmp_path, "--workers", 0, "--stages", "96x4x1") == 0

    assert set(computed[:2]) == {expected}, "a step, and the look at the validation people"
    assert load_checkpoint(ScorerNetwork(), tmp_path / "scorer.safetensors")["bf16"] is bool(processor)


@pytest.mark.slow
def test_half_of_the_crops_to_calibrate_on_are_degraded(
    collected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration_crops, "COUNT", 12)
    assert command(calibration_crops.run, collected, tmp_path / "one") == 0
    assert command(calibration_crops.run, collected, tmp_path / "two") == 0

    written = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert written == [f"{number:03d}.png" for number in range(12)]
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in written)
    faces = [crop.tobytes() for crop in Collected.read(collected).crops]
    crops = [cv2.imread(str(tmp_path / "one" / name), cv2.IMREAD_COLOR_RGB) for name in written]
    assert [crop is not None and crop.tobytes() in faces for crop in crops] == [True, False] * 6


@pytest.mark.parametrize("program", [collect, train, calibration_crops])
def test_the_help_names_what_goes_in_and_what_comes_out(program: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["--help"]) == 0  # type: ignore[attr-defined]  # each module has run
    text = capsys.readouterr().out
    assert f"python -m {program.__name__}" in text  # type: ignore[attr-defined]  # it is a module
    assert "OUT" in text
    assert "DATA" in text or "--data" in text


def lose(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def cut_short(folder: Path) -> None:
    np.save(folder / "pose.npy", np.zeros((3, 3), np.float32))


def label_nobody(folder: Path) -> None:
    text = (folder / "items.csv").read_text("utf-8")
    (folder / "items.csv").write_text(text.replace("val,0", "val,").replace("val,1", "val,"), "utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lose("items.csv"), "items.csv cannot be read ([Errno 2] No such file or directory"),
        (lose("crops.npy"), "crops.npy cannot be read"),
        (cut_short, "pose.npy does not fit items.csv: run python -m model.shipped.collect"),
        (label_nobody, "the validation faces lack a eyes label of 0 or of 1: collect them again"),
    ],
)
def test_faces_that_do_not_serve_are_refused_in_one_line_and_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], object], message: str
) -> None:
    damage(write_collected(tmp_path / "data"))

    assert command(train.run, tmp_path / "data", tmp_path / "out") == 1

    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("model.shipped.train: ")
    assert error.count("\n") == 1


def test_what_cannot_be_done_is_one_line_and_1(
    collected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    for words, message in (
        ((collect.run, tmp_path / "out", "--data", tmp_path), "name the folder of the research data with --data"),
        ((train.run, collected, tmp_path / "file"), "choose another folder"),
        ((train.run, collected, tmp_path / "out", "--first", 2), "no checkpoint at"),
        ((train.run, collected, tmp_path / "out", "--without", "moon"), "no collected face is of moon"),
        ((calibration_crops.run, collected, tmp_path / "out"), "has 36 training faces, 396 are needed"),
        ((calibration_crops.run, tmp_path, tmp_path / "out"), "run python -m model.shipped.collect"),
    ):
        assert command(*words) == 1
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


@pytest.mark.parametrize("stages", ["224", "224x4", "224x4x0", "224x3x2", "ax4x2"])
def test_a_stage_that_is_none_is_a_usage_error(
    collected: Path, tmp_path: Path, stages: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(train.run, collected, tmp_path / "out", "--stages", stages) == 2
    assert "SIZExBATCHxSTEPS" in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_a_command_runs_from_the_checkout(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "model.shipped.calibration_crops", tmp_path, tmp_path / "out"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("model.shipped.calibration_crops: ")
    assert done.stderr.count("\n") == 1
