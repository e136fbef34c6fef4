"""Rated faces of an archive become a data set, and a head is trained on it, without a photo."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from livecam import model_files
from livecam.archive.folder import open_archive
from livecam.archive.network import network_of_archive
from livecam.archive.rows import Row
from livecam.best.records.frame import FaceRecord
from livecam.errors import ArchiveError, ModelError, SourceError
from livecam.taste.network import network_of_file
from livecam.types import BLENDSHAPES, EMBEDDING
from model.__main__ import run
from model.data.archive_ratings import read_archive_ratings
from model.data.archive_shards import stream_faces
from model.data.assemble import Prepared
from model.data.assemble_archive import prepare_from_archive
from model.data.dataset import Dataset, load_dataset
from model.data.face_of_photo import Several
from model.evaluation.evaluate import evaluate
from model.features import frozen_features, landmark_features
from model.training.settings import Settings
from model.training.train import train
from tests.archive.archives import failed_row, make_archive, make_archived_face, make_photo, row

SHIPPED = hashlib.sha256(model_files.scorer_model().read_bytes()).hexdigest()


def make_face(rating: float, number: int, *, x: float = 500.0, size: float = 200.0) -> FaceRecord:
    """A face whose embedding tells the rating, more or less."""
    rng = np.random.default_rng(number)
    embedding = rng.normal(size=EMBEDDING).astype(np.float16)
    embedding[:16] += rating - 3
    face = make_archived_face(rating, x=x, size=size, pose=(float(number), 0.0, 0.0))
    return replace(face, embedding=embedding.tobytes(), blendshapes=(number / 1000,) * BLENDSHAPES)


def make_rows(count: int, *, minutes: float = 1000.0) -> list[Row]:
    """So many photos, rated 1 to 5 in turn, far apart in time and look."""
    hashes = np.random.default_rng(0).integers(1, 1 << 63, count)
    return [
        row(make_photo(f"/a/{i:04}.jpg", make_face(1 + i % 5, i), after_s=60 * minutes * i, phash=int(hashes[i])))
        for i in range(count)
    ]


def rate(file: Path, ratings: Sequence[tuple[object, ...]], header: str = "path,rating") -> Path:
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([header.split(","), *ratings])
    return file


def prepare(tmp_path: Path, archive: Path, ratings: Path, several: Several = Several.LEAVE_OUT) -> Prepared:
    network = network_of_file(model_files.scorer_model())
    rated = read_archive_ratings(ratings)
    return prepare_from_archive(open_archive(archive), rated, network, tmp_path / "data", several=several, smallest=48)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """120 rated faces of an archive of 130."""
    archive = make_archive(tmp_path / "archive", make_rows(130), shards=7, scorer=SHIPPED)
    rated = [(f"/a/{i:04}.jpg", 1 + i % 5) for i in range(120)]
    prepare(tmp_path, archive, rate(tmp_path / "ratings.csv", rated))
    return load_dataset(tmp_path / "data")


def test_rated_faces_come_with_what_the_archive_says_of_them(dataset: Dataset) -> None:
    assert dataset.photos == tuple(f"/a/{i:04}.jpg" for i in range(120))
    assert dataset.ratings.tolist() == [1 + i % 5 for i in range(120)]
    assert dataset.embeddings is not None
    for i in (0, 63, 119):
        assert dataset.embeddings[i].tobytes() == make_face(1 + i % 5, i).embedding
        assert dataset.blendshapes[i, 0] == np.float32(i / 1000)
        assert dataset.pose[i].tolist() == [i, 0, 0]
    assert len(set(dataset.digests)) == 120
    assert len(set(dataset.groups.tolist())) == 120


def test_a_streamed_shard_is_the_shard_whatever_the_batches(tmp_path: Path) -> None:
    faces = [make_face(3, i, x=100.0 * (i + 1), size=90) for i in range(5)]
    without = replace(faces[0], embedding=b"")
    photos = [
        row(make_photo("/a/0.jpg", *faces[:2])),
        row(make_photo("/a/1.jpg")),
        failed_row("/a/2.jpg"),
        row(make_photo("/a/3.jpg", without, faces[4])),
        row(make_photo("/a/4.jpg", faces[3])),
    ]
    (shard,) = open_archive(make_archive(tmp_path / "archive", photos)).shards

    for batch_photos in (1, 2, 100):
        batches = list(stream_faces(shard, ("embedding", "box"), ("path",), batch_photos=batch_photos))
        found = [
            (batch.photos.column("path")[int(photo)].as_py(), int(place))
            for batch in batches
            for photo, place in zip(batch.of_photo, batch.place, strict=True)
        ]
        assert found == [("/a/0.jpg", 0), ("/a/0.jpg", 1), ("/a/3.jpg", 0), ("/a/3.jpg", 1), ("/a/4.jpg", 0)]
        embeddings = np.concatenate([batch.values["embedding"] for batch in batches])
        assert embeddings[4].tobytes() == faces[3].embedding
        assert np.isnan(embeddings[2]).all()
        assert np.concatenate([batch.values["box"] for batch in batches])[:, 0].tolist() == [55, 155, 55, 455, 355]
        assert [batch.first for batch in batches] == list(range(0, 5, batch_photos))


def test_why_photos_are_left_out_is_said(tmp_path: Path) -> None:
    two = row(make_photo("/b/two.jpg", make_face(2, 1, x=700), make_face(4, 2, x=200)))
    small = row(make_photo("/b/small.jpg", make_face(3, 3, size=40)))
    copy = {**make_rows(1)[0], "path": "/b/copy.jpg"}
    others = [two, small, copy, failed_row("/b/broken.jpg", "it is cut short"), row(make_photo("/b/none.jpg"))]
    archive = make_archive(tmp_path / "archive", [*make_rows(12), *others], shards=3)
    names = ["two", "small", "copy", "broken", "none", "away"]
    rated = [*[(f"/a/{i:04}.jpg", 3) for i in range(12)], *[(f"/b/{name}.jpg", 3) for name in names]]

    result = prepare(tmp_path, archive, rate(tmp_path / "r.csv", rated))

    reasons = {Path(item.photo).stem: (item.reason, item.detail) for item in result.left_out}
    duplicate = reasons.pop("copy", None) or reasons.pop("0000")
    assert duplicate == ("duplicate", "the same content")
    assert reasons == {
        "two": ("several faces", "2: choose with --several or a column face"),
        "small": ("too small", "40 px high; --smallest is 48"),
        "broken": ("unreadable", "it is cut short"),
        "none": ("no face", ""),
        "away": ("not in the archive", ""),
    }
    assert result.kept == 12


@pytest.mark.parametrize(
    ("several", "face", "yaw"),
    [(Several.LARGEST, "", 1.0), (Several.CENTRAL, "", 2.0), (Several.LEAVE_OUT, 1, 2.0), (Several.LEAVE_OUT, 2, 1.0)],
)
def test_which_of_several_faces_is_meant(tmp_path: Path, several: Several, face: object, yaw: float) -> None:
    two = make_photo("/z/two.jpg", make_face(2, 1, x=900, size=220), make_face(4, 2, x=450))
    archive = make_archive(tmp_path / "archive", [*make_rows(10), row(two)])
    rated = [*[(f"/a/{i:04}.jpg", 3, "") for i in range(10)], ("/z/two.jpg", 4, face)]

    prepare(tmp_path, archive, rate(tmp_path / "r.csv", rated, "path,rating,face"), several)

    assert load_dataset(tmp_path / "data").pose[-1, 0] == yaw


def test_ratings_may_name_photos_by_their_content(tmp_path: Path) -> None:
    rows = make_rows(10)
    archive = make_archive(tmp_path / "archive", rows)
    rated = [(one["content_hash"].hex().upper(), 1 + i % 5) for i, one in enumerate(rows)]

    result = prepare(tmp_path, archive, rate(tmp_path / "r.csv", rated, "content_hash,rating"))

    assert (result.kept, result.left_out) == (10, ())


def test_bursts_and_look_alikes_stay_on_one_side(tmp_path: Path) -> None:
    rows = make_rows(10)
    rows[3]["captured"] = rows[2]["captured"]
    rows[5]["phash"] = rows[4]["phash"] ^ 0b101
    rows[6]["phash"] = rows[7]["phash"] = 0  # nothing is to be seen in them
    archive = make_archive(tmp_path / "archive", rows)

    prepare(tmp_path, archive, rate(tmp_path / "r.csv", [(one["path"], 3) for one in rows]))

    groups = load_dataset(tmp_path / "data").groups.tolist()
    assert groups[2] == groups[3]
    assert groups[4] == groups[5]
    assert len(set(groups)) == 8


def test_shoots_are_sessions(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive", make_rows(20, minutes=12.0))
    rated = [(f"/a/{i:04}.jpg", 3) for i in range(20)]

    result = prepare(tmp_path, archive, rate(tmp_path / "r.csv", rated))

    assert result.sessions == 1
    assert load_dataset(tmp_path / "data").sessions[0] == "2026-05-23 0"


@pytest.mark.slow
def test_a_head_learns_from_the_archive_and_is_measured(tmp_path: Path, dataset: Dataset) -> None:
    result = train(dataset, tmp_path / "run", Settings(epochs=30, patience=30))

    evaluation = evaluate(dataset, [result.checkpoint])

    assert evaluation.held_out
    # Of the head alone: in embeddings that are noise the shipped eye head sees anything.
    assert evaluation.head_alone.mae < 0.9  # by chance 1.6


def test_embeddings_are_mapped_and_not_copied(dataset: Dataset) -> None:
    features = frozen_features(dataset, torch.nn.Identity())

    assert dataset.embeddings is not None
    assert features.shape == (2, 120, EMBEDDING)
    assert features.data_ptr() == dataset.embeddings.ctypes.data
    assert landmark_features(dataset).shape == (2, 120, BLENDSHAPES + 3)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(fine_tune=True), "holds no pictures"),
        (Settings(masked=True), "holds no pictures"),
        (Settings(backbone="random"), "name that network's .onnx file"),
    ],
)
def test_what_needs_pictures_or_another_network_is_refused(
    tmp_path: Path, dataset: Dataset, settings: Settings, said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        train(dataset, tmp_path / "run", settings)
    with pytest.raises(SourceError, match="holds no pictures"):
        dataset.crops([0])


def test_a_data_set_whose_embeddings_are_cut_short_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    file = dataset.folder / "embeddings.npy"
    file.write_bytes(file.read_bytes()[:5000])

    with pytest.raises(SourceError, match="prepare the archive again"):
        load_dataset(dataset.folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,stars\na,1\n", "its header must be"),
        ("path,rating\n", "holds no ratings"),
        ("path,rating\n/a.jpg,9\n", "line 2: rating 9"),
        ("path,rating\n/a.jpg,\n", "line 2: /a.jpg has no rating"),
        ("path,rating\n/a.jpg,1\n/a.jpg,2\n", "in lines 2 and 3"),
        ("path,rating,face\n/a.jpg,1,left\n", "not a number from 1"),
    ],
)
def test_ratings_that_do_not_serve_are_said_with_their_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "r.csv").write_text(text)

    with pytest.raises(SourceError, match=said):
        read_archive_ratings(tmp_path / "r.csv")


def test_too_few_rated_faces_write_nothing(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive", make_rows(3))

    with pytest.raises(SourceError, match="only 3 of 3 photos"):
        prepare(tmp_path, archive, rate(tmp_path / "r.csv", [(f"/a/{i:04}.jpg", 3) for i in range(3)]))
    assert not (tmp_path / "data").exists()


def test_a_shard_that_breaks_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive", make_rows(20))
    opened = open_archive(archive)
    data = bytearray(opened.shards[0].read_bytes())
    data[4:2000] = b"\xff" * 1996
    opened.shards[0].write_bytes(data)

    with pytest.raises(ArchiveError, match="is broken"):
        prepare(tmp_path, archive, rate(tmp_path / "r.csv", [(f"/a/{i:04}.jpg", 3) for i in range(20)]))
    assert not (tmp_path / "data").exists()


def test_an_archive_of_an_unknown_scorer_needs_its_file(tmp_path: Path) -> None:
    archive = open_archive(make_archive(tmp_path / "archive", make_rows(3)))

    with pytest.raises(ModelError, match="name its file with --model"):
        network_of_archive(archive)


@pytest.mark.slow
def test_the_commands_go_from_an_archive_to_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = make_archive(tmp_path / "archive", make_rows(130), shards=2, scorer=SHIPPED)
    ratings = rate(tmp_path / "r.csv", [(f"/a/{i:04}.jpg", 1 + i % 5) for i in range(130)])
    data, out = str(tmp_path / "data"), str(tmp_path / "run")

    assert run(["prepare", str(archive), "--out", data]) == 2
    assert run(["prepare", str(archive), "--ratings", str(ratings), "--out", data]) == 0
    assert run(["train", data, "--out", out, "--epochs", "2"]) == 0
    assert run(["evaluate", data, out, "--out", str(tmp_path / "report")]) == 0

    assert json.loads((tmp_path / "data/dataset.json").read_text())["kept"] == 130
    assert "which holds no pictures" in (tmp_path / "report/report.html").read_text()
    assert "130 faces" in capsys.readouterr().err
