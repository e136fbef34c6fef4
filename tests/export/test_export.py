from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="needs the train extra")
torchvision = pytest.importorskip("torchvision", reason="needs the train extra")

from export import __main__ as program  # noqa: E402
from export import faces, parity, quantize  # noqa: E402
from export import onnx as export_onnx  # noqa: E402
from export.onnx import Exported, Precision, compare_files, export_checkpoint  # noqa: E402
from livecam import exit_codes  # noqa: E402
from livecam.errors import ModelError, OutputError  # noqa: E402
from livecam.scoring.scorer import Scorer  # noqa: E402
from livecam.types import CROP_SIZE, FaceCrop, UInt8Array  # noqa: E402
from model.checkpoint import Metadata, RatedNetwork, save_network  # noqa: E402
from model.data.dataset import Target  # noqa: E402
from model.heads import HeadName  # noqa: E402
from model.network import ScorerNetwork, load_checkpoint, save_checkpoint  # noqa: E402
from model.onnx_weights import NORMS  # noqa: E402

# An export takes a few seconds, and minutes on a machine that trains meanwhile.
pytestmark = pytest.mark.timeout(600)


def make_crops(count: int) -> UInt8Array:
    """Smooth pictures of many colours, some with a black rim as at the edge of a frame."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, 9, 9, 3), dtype=np.uint8)
    crops = np.stack([cv2.resize(small, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC) for small in coarse])
    crops[::4, :30] = 0
    return np.asarray(crops, np.uint8)


def singles(crops: UInt8Array) -> faces.FixedSet:
    return faces.FixedSet(crops, np.full(len(crops), -1))


def make_uneven(network: ScorerNetwork | RatedNetwork) -> None:
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.bias, std=0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)


def optimised_to(path: Path) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(path)
    return options


def save_rated(path: Path, head: HeadName, *, landmarks: bool = False) -> RatedNetwork:
    """Save what python -m model train leaves, with any head, and return it."""
    torch.manual_seed(2)
    network = RatedNetwork(head, Target.RATING, landmarks=landmarks).eval()
    make_uneven(network)
    with torch.no_grad():
        if not landmarks:
            network.head.standardise(network.backbone(torch.from_numpy(make_crops(16))))
        for parameter in network.head.parameters():  # CORAL's thresholds fall out of order too
            torch.nn.init.normal_(parameter, std=2.0)
        network.eyes.bias.fill_(-3.0)  # open: closed ones would leave little of what the head says
    about = Metadata(
        model_version="own-1234",
        head=head,
        target=Target.RATING,
        backbone="face",
        fine_tuned=False,
        landmarks=landmarks,
        masked=False,
        trained_on="320 photos",
        data_hash="",
        git_revision="unknown",
        epoch=1,
        validation_loss=1.0,
        split={},
        untouched=True,
        settings={},
    )
    save_network(network, path, about)
    return network


def scorer_of_ours() -> bytes:
    """What is known as one by what it says of itself."""
    model = onnx.ModelProto()
    onnx.helper.set_model_props(model, {"livecam_schema": "1"})
    return bytes(model.SerializeToString())


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained network, but with batch-norm as uneven as training leaves it."""
    torch.manual_seed(1)
    network = ScorerNetwork()
    make_uneven(network)
    network.rating_temperature.fill_(1.5)
    path = tmp_path_factory.mktemp("checkpoint") / "network.safetensors"
    save_checkpoint(network, path, {"model_version": "0.1.0", "head": "softmax", "trained_on": ["LONDON", "NASA"]})
    return path


@pytest.fixture(scope="module", autouse=True)
def _one_graph_for_the_same_weights() -> Iterator[None]:
    """PyTorch takes four seconds to make a graph; from the weights of ``checkpoint`` it is made once for all tests."""
    made: dict[str, bytes] = {}
    make = export_onnx.to_onnx

    def remember(network: ScorerNetwork | RatedNetwork) -> onnx.ModelProto:
        weights = hashlib.sha256()
        for name, tensor in network.state_dict().items():
            weights.update(name.encode() + tensor.numpy().tobytes())
        if weights.hexdigest() not in made:
            made[weights.hexdigest()] = make(network).SerializeToString()
        graph: onnx.ModelProto = onnx.ModelProto.FromString(made[weights.hexdigest()])
        return graph

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_onnx, "to_onnx", remember)
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for index, crop in enumerate(make_crops(faces.MIN_CROPS)):
        cv2.imwrite(str(folder / f"{index:02}.png"), crop[..., ::-1])
    return folder


@pytest.fixture(scope="module", params=list(Precision))
def exported(
    request: pytest.FixtureRequest, checkpoint: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    out = tmp_path_factory.mktemp("out") / "scorer.onnx"
    return export_checkpoint(checkpoint, out, request.param, pictures)


@pytest.mark.slow
def test_the_file_is_a_scorer_that_says_where_it_comes_from(exported: Exported) -> None:
    with Scorer(exported.path, provider="cpu") as scorer:
        metadata = dict(scorer.metadata)
    assert len(metadata.pop("checkpoint_sha256")) == 64
    assert bool(metadata.pop(NORMS, "")) == (exported.precision is not Precision.INT8), "what training starts from"
    assert metadata == {
        "livecam_schema": "1",
        "input_size": "224",
        "model_version": "0.1.0",
        "head": "softmax",
        "precision": exported.precision.value,
        "trained_on": "LONDON, NASA",
    }
    assert [path.name for path in exported.path.parent.iterdir()] == ["scorer.onnx"]


def test_the_file_says_which_sources_its_training_left_out() -> None:
    model = onnx.ModelProto()
    export_onnx.describe(model, {"without": ["eyes", "winks"]}, Precision.FP32)
    assert {prop.key: prop.value for prop in model.metadata_props}["left_out"] == "eyes, winks"


@pytest.mark.slow
def test_the_file_agrees_with_pytorch_on_pictures_it_was_not_calibrated_on(
    exported: Exported, checkpoint: Path
) -> None:
    network = ScorerNetwork()
    load_checkpoint(network, checkpoint)
    crops = make_crops(faces.MIN_CROPS + 10)[faces.MIN_CROPS :]
    with Scorer(exported.path, provider="cpu") as scorer:
        differences = parity.compare(network.eval(), scorer, singles(crops))
    parity.require(differences, exported.precision.value)
    assert exported.crops == faces.MIN_CROPS // 3


@pytest.mark.slow
@pytest.mark.parametrize("precision", list(Precision))
def test_a_network_that_sees_the_crop_smaller_is_given_whole_crops(
    precision: Precision, checkpoint: Path, pictures: Path, tmp_path: Path
) -> None:
    network = ScorerNetwork()
    load_checkpoint(network, checkpoint)
    network.backbone.inside.fill_(160)
    save_checkpoint(network, tmp_path / "small.safetensors", {"model_version": "0.1.0"})

    export_checkpoint(tmp_path / "small.safetensors", tmp_path / "small.onnx", precision, pictures)

    crops = make_crops(faces.MIN_CROPS + 10)[faces.MIN_CROPS :]
    with Scorer(tmp_path / "small.onnx", provider="cpu") as scorer:
        differences = parity.compare(network.eval(), scorer, singles(crops))
        whole = ScorerNetwork()
        load_checkpoint(whole, checkpoint)
        apart = parity.compare(whole.eval(), scorer, singles(crops))
    parity.require(differences, precision.value)
    assert apart.embedding_p99 > 2 * differences.embedding_p99, "the network shrinks them"


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backbone of the same kind with one block a stage, where only what comes after it matters."""
    resnet = torchvision.models.resnet
    monkeypatch.setattr(torchvision.models, "resnet18", lambda weights: resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1]))


def whole_command(*words: object) -> dict[str, Any]:
    """Run a command that writes or compares one file, with --json; returns what it prints, stderr under "err"."""
    result = CliRunner().invoke(program.app, [*map(str, words), "--json"])
    assert result.exit_code == 0, result.output
    printed: dict[str, Any] = json.loads(result.stdout)
    return {**printed, "err": result.stderr}


@pytest.mark.slow
@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("head", [HeadName.L2, HeadName.CORAL])  # one output, and one for each step between ratings
def test_what_a_user_trained_becomes_a_scorer_whatever_its_head(head: HeadName, pictures: Path, tmp_path: Path) -> None:
    network = save_rated(tmp_path / "model.safetensors", head)
    out = tmp_path / "mine.onnx"

    printed = whole_command("onnx", tmp_path / "model.safetensors", "-o", out, "--calibration", pictures)

    assert (printed["path"], printed["precision"], printed["size"]) == (str(out), "fp32", out.stat().st_size)
    assert printed["differences"]["score_p99"] < 1e-3
    crops = make_crops(faces.MIN_CROPS + 12)[faces.MIN_CROPS :]
    with Scorer(out, provider="cpu") as scorer:
        assert (scorer.metadata["head"], scorer.metadata["trained_on"]) == (head.value, "320 photos")
        parity.require(parity.compare(network, scorer, singles(crops)), "fp32")
        scores = scorer.score([FaceCrop(crop, np.eye(2, 3, dtype=np.float32)) for crop in crops])
    assert np.ptp([score.value for score in scores]) > 0.5  # they were told apart at all


@pytest.mark.slow
def test_a_head_that_the_camera_cannot_feed_is_refused(pictures: Path, tmp_path: Path) -> None:
    save_rated(tmp_path / "model.safetensors", HeadName.L2, landmarks=True)

    with pytest.raises(ModelError, match="sees landmark features, which the camera's scorer cannot"):
        export_checkpoint(tmp_path / "model.safetensors", tmp_path / "mine.onnx", Precision.FP32, pictures)
    assert not (tmp_path / "mine.onnx").exists()


@pytest.mark.slow
def test_the_graph_is_clean(exported: Exported) -> None:
    text = exported.path.read_bytes()
    for trace in (b"/network.py", b"stack_trace", b"torchvision.models"):
        assert trace not in text
    operations = [node.op_type for node in onnx.load(exported.path).graph.node]
    assert "BatchNormalization" not in operations
    assert "Gather" not in operations
    assert "Div" not in operations[: operations.index("Conv")]


@pytest.mark.slow
@pytest.mark.parametrize("exported", [Precision.INT8], indirect=True)
def test_int8_feeds_the_bytes_of_the_crop_to_the_first_convolution(exported: Exported) -> None:
    model = onnx.load(exported.path)
    made_by = {name: node for node in model.graph.node for name in node.output}
    first = next(node for node in model.graph.node if node.op_type == "Conv")
    pixels = made_by[first.input[0]]
    assert (pixels.op_type, made_by[pixels.input[0]].op_type) == ("DequantizeLinear", "Transpose")
    assert exported.size < 12e6


@pytest.mark.slow
@pytest.mark.parametrize("exported", [Precision.INT8, Precision.FP16], indirect=True)
def test_the_heads_stay_in_fp32(exported: Exported) -> None:
    model = onnx.load(exported.path)
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    made_by = {name: node for node in model.graph.node for name in node.output}
    wanted, seen = ["rating_probs", "eyes_closed"], set()
    while wanted:
        name = wanted.pop()
        if name == "embedding" or name in seen:
            continue
        seen.add(name)
        if name in weights:
            assert weights[name].data_type in {onnx.TensorProto.FLOAT, onnx.TensorProto.INT64}
        elif name in made_by:
            assert made_by[name].op_type not in {"QuantizeLinear", "DequantizeLinear", "Cast"}
            wanted += made_by[name].input
    assert len(seen) > 8


@pytest.mark.slow
@pytest.mark.parametrize("exported", [Precision.INT8], indirect=True)
def test_int8_gives_the_first_convolution_twelve_channels_and_moves_no_pixels(exported: Exported) -> None:
    session = onnxruntime.InferenceSession(exported.path, optimised_to(exported.path.with_name("run.onnx")))
    del session
    nodes = onnx.load(exported.path.with_name("run.onnx")).graph.node
    exported.path.with_name("run.onnx").unlink()
    assert [node.op_type for node in nodes][:4] == ["Reshape", "QLinearConv", "Reshape", "NhwcMaxPool"]
    assert "Relu" not in {node.op_type for node in nodes}


@pytest.mark.slow
def test_a_file_too_far_from_pytorch_is_not_written_and_the_old_one_stays(
    checkpoint: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = quantize.to_int8

    def careless(model: onnx.ModelProto, crops: UInt8Array) -> onnx.ModelProto:
        model = careful(model, crops)
        for tensor in model.graph.initializer:
            if tensor.name.endswith("eyes.bias"):
                tensor.CopyFrom(onnx.numpy_helper.from_array(np.array([0.7, 0.7], np.float32), tensor.name))
        return model

    monkeypatch.setattr(quantize, "to_int8", careless)
    out = tmp_path / "scorer.onnx"
    old = scorer_of_ours()
    out.write_bytes(old)
    with pytest.raises(ModelError, match=r"int8 is too far from PyTorch at p99 \(.*eyes 0\.\d+ > 0\.05"):
        export_checkpoint(checkpoint, out, Precision.INT8, pictures)
    assert out.read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == ["scorer.onnx"]


@pytest.mark.slow
def test_a_file_too_far_off_only_without_vnni_is_not_written_either(
    checkpoint: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = parity.Differences(0, 0, 0, 0, 0, 0, 0, 1.0)

    def compared(_network: object, file: Path, precision: Precision, _crops: object) -> Exported:
        return Exported(file, precision, 1, "", faces.MIN_CROPS, fine, without_vnni=replace(fine, score_p99=0.06))

    monkeypatch.setattr("export.onnx._compared", compared)
    monkeypatch.setattr(quantize, "to_int8", lambda model, _crops: model)
    out = tmp_path / "scorer.onnx"
    with pytest.raises(ModelError, match="int8 without VNNI is too far from PyTorch"):
        export_checkpoint(checkpoint, out, Precision.INT8, pictures)
    assert not out.exists()
    export_checkpoint(checkpoint, out, Precision.INT8, pictures, within=0.06)
    assert out.exists()


def test_what_is_no_scorer_of_ours_is_not_written_over(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = onnx.ModelProto()
    onnx.helper.set_model_props(theirs, {"author": "someone"})
    out = tmp_path / "mine.onnx"
    for mine in (theirs.SerializeToString(), b"path,rating\nthe work of an evening.jpg,5\n", checkpoint.read_bytes()):
        out.write_bytes(mine)

        assert program.run(["onnx", str(checkpoint), "-o", str(out)]) == exit_codes.FAILED

        said = f"export: {out} is no scorer of livecam, and would be lost: name another file with -o\n"
        assert capsys.readouterr().err == said
        assert out.read_bytes() == mine


def test_a_scorer_is_not_exported_over_itself(tmp_path: Path) -> None:
    scorer = tmp_path / "scorer.onnx"
    scorer.write_bytes(scorer_of_ours())

    with pytest.raises(OutputError, match="is what it is made from, and would be lost: name another file with -o"):
        export_checkpoint(scorer, scorer, Precision.FP16)

    assert scorer.read_bytes() == scorer_of_ours()


def test_limits_are_named_with_what_was_found() -> None:
    gaps = parity.Differences(0.5, 0.6, 0.01, 0.02, 0.3, 0.4, 200, 0.985)
    with pytest.raises(
        ModelError, match=r"score 0\.5000 > 0\.05, embedding 0\.3000 > 0\.15, order of pairs 0\.9850 < 0\.99"
    ):
        parity.require(gaps, "int8")
    parity.require(parity.Differences(0.05, 9, 0.05, 9, 0.15, 9, 0, 1.0), "int8")


def test_what_is_compared_was_not_calibrated_on() -> None:
    crops = np.arange(30, dtype=np.uint8).reshape(30, 1, 1, 1)
    fitting, held_out = faces.split(singles(crops))
    assert (len(fitting), len(held_out.crops)) == (20, 10)
    assert not set(fitting.ravel()) & set(held_out.crops.ravel())


def test_of_many_crops_most_are_compared_on_for_few_decide_at_the_99th_percentile() -> None:
    crops = np.arange(240, dtype=np.uint8).reshape(240, 1, 1, 1)
    fitting, held_out = faces.split(singles(crops))
    assert (len(fitting), len(held_out.crops)) == (80, 160)
    assert not set(fitting.ravel()) & set(held_out.crops.ravel())


def test_a_burst_is_calibrated_on_or_compared_on_but_never_both() -> None:
    bursts = np.repeat([0, 1, 2, 3], [5, 7, 6, 6])
    fitting, held_out = faces.split(faces.FixedSet(bursts.astype(np.uint8).reshape(-1, 1, 1, 1), bursts))
    assert set(held_out.bursts) == {2}
    assert set(fitting.ravel()) == {0, 1, 3}


def test_one_burst_alone_is_split_by_its_frames() -> None:
    fitting, held_out = faces.split(faces.FixedSet(np.zeros((24, 1, 1, 1), np.uint8), np.zeros(24, np.int64)))
    assert (len(fitting), len(held_out.crops)) == (16, 8)


def test_who_is_told_how_far_a_score_is_may_accept_it_and_nothing_else() -> None:
    far = parity.Differences(0.067, 0.17, 0.01, 0.1, 0.02, 0.1, 0, 1.0)
    with pytest.raises(ModelError, match=r"score 0\.0670 > 0\.05.*or accept it with --within 0\.08$"):
        parity.require(far, "int8")
    parity.require(far, "int8", within=0.08)
    with pytest.raises(ModelError, match=r"score 0\.0670 > 0\.06"):
        parity.require(far, "int8", within=0.06)
    with pytest.raises(ModelError, match=r"eyes 0\.1000 > 0\.05") as refused:
        parity.require(replace(far, eyes_p99=0.1), "int8", within=0.08)
    assert "--within" not in str(refused.value)


@pytest.mark.slow
def test_a_file_to_compare_that_is_not_there_is_named(checkpoint: Path, tmp_path: Path, pictures: Path) -> None:
    with pytest.raises(ModelError, match=r"no scorer at .*gone\.onnx: check the path$"):
        compare_files(checkpoint, [tmp_path / "gone.onnx"], pictures)


def test_what_is_accepted_reaches_the_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def export(*words: object) -> None:
        given.extend(words)
        raise ModelError("enough is known")

    monkeypatch.setattr("export.onnx.export_checkpoint", export)
    program.run(["onnx", str(tmp_path / "a"), "-o", str(tmp_path / "b"), "--precision", "int8", "--within", "0.08"])
    assert given[-1] == 0.08


def test_order_is_compared_within_bursts_and_where_there_is_one() -> None:
    bursts = np.array([0, 0, 0, 1, 1, -1, -1])
    wanted = np.array([1.0, 1.05, 2.0, 4.0, 3.0, 1.0, 5.0])
    found = np.array([1.1, 1.0, 1.05, 3.0, 4.0, 5.0, 1.0])
    kept = parity.kept_order(found, wanted, bursts)
    assert kept.tolist() == [False, True, False]  # first with third, second with third, and the pair of burst 1
    assert parity.kept_order(wanted, wanted, bursts).all()


def test_pictures_in_one_folder_below_are_a_burst(tmp_path: Path) -> None:
    for index, crop in enumerate(make_crops(30)):
        place = tmp_path / ("a", "b")[index % 2] if index >= 10 else tmp_path
        place.mkdir(exist_ok=True)
        cv2.imwrite(str(place / f"{index:02}.png"), crop)
    assert sorted(faces.fixed_set(tmp_path).bursts) == [-1] * 10 + [0] * 10 + [1] * 10


@pytest.mark.slow
def test_the_demo_clip_gives_bursts() -> None:
    whole = faces.fixed_set(None)
    assert whole.crops.shape[1:] == (CROP_SIZE, CROP_SIZE, 3)
    assert np.bincount(whole.bursts)[:-1].tolist() == [11] * int(whole.bursts.max())


@pytest.mark.slow
def test_what_was_collected_for_training_gives_the_test_split(tmp_path: Path) -> None:
    rows = ["source,file,split"]
    rows += [f"smile,{index}.jpg,{('train', 'test')[index % 2]}" for index in range(20)]
    rows += ["videos,a.mp4,test"] * 25 + ["videos,b.mp4,train"] * 25
    (tmp_path / "items.csv").write_text("\n".join(rows) + "\n")
    levels = np.arange(70, dtype=np.uint8)
    np.save(tmp_path / "crops.npy", np.broadcast_to(levels[:, None, None, None], (70, CROP_SIZE, CROP_SIZE, 3)))

    whole = faces.fixed_set(tmp_path)

    assert whole.crops[:, 0, 0, 0].tolist() == [*range(1, 20, 2), *range(20, 42)]
    assert whole.bursts.tolist() == [-1] * 10 + [0] * 11 + [1] * 11


def test_a_pickle_is_refused_and_never_run(tmp_path: Path, pictures: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "sprung",)

    (tmp_path / "network.pt").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError, match="is not a safetensors checkpoint"):
        export_checkpoint(tmp_path / "network.pt", tmp_path / "scorer.onnx", Precision.FP32, pictures)
    assert not (tmp_path / "sprung").exists()
    assert not (tmp_path / "scorer.onnx").exists()


def test_too_few_faces_are_counted(tmp_path: Path) -> None:
    for index, crop in enumerate(make_crops(3)):
        cv2.imwrite(str(tmp_path / f"{index}.png"), crop)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(ModelError, match="has 3 faces, 24 are needed"):
        faces.fixed_set(tmp_path)
    with pytest.raises(ModelError, match="no folder or clip at"):
        faces.fixed_set(tmp_path / "none")


def test_crops_are_read_as_they_are_in_rgb(pictures: Path) -> None:
    np.testing.assert_array_equal(faces.fixed_set(pictures).crops, make_crops(faces.MIN_CROPS))


@pytest.mark.slow
def test_a_folder_that_is_not_there_is_said_in_one_line(checkpoint: Path, pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot be written .*No such file"):
        export_checkpoint(checkpoint, tmp_path / "none" / "scorer.onnx", Precision.FP32, pictures)


@pytest.mark.slow
@pytest.mark.parametrize("exported", [Precision.INT8], indirect=True)
def test_files_are_compared_with_their_checkpoint_in_a_table_and_as_json(
    exported: Exported, checkpoint: Path, pictures: Path
) -> None:
    printed = whole_command("parity", checkpoint, exported.path, "--against", pictures)
    wanted = (str(exported.path), exported.precision.value, faces.MIN_CROPS)
    assert (printed["path"], printed["precision"], printed["crops"]) == wanted
    assert printed["differences"]["score_p99"] <= parity.LIMITS[exported.precision.value]["score"]
    assert exported.precision.value in printed["err"]
    assert printed["without_vnni"]["score_p99"] <= parity.LIMITS["int8"]["score"]
    assert "without VNNI" in printed["err"]
    assert exported.path.name in printed["err"]  # not cut off
    assert "no pairs" in printed["err"]


@pytest.mark.slow
def test_it_can_be_compared_on_other_faces_than_it_was_calibrated_on(
    checkpoint: Path, pictures: Path, tmp_path: Path
) -> None:
    others = tmp_path / "others"
    others.mkdir()
    for index, crop in enumerate(make_crops(2 * faces.MIN_CROPS + 1)[faces.MIN_CROPS :]):
        cv2.imwrite(str(others / f"{index:02}.png"), crop[..., ::-1])
    done = export_checkpoint(checkpoint, tmp_path / "scorer.onnx", Precision.FP32, pictures, others)
    assert done.crops == faces.MIN_CROPS + 1


def test_a_checkpoint_is_as_readable_as_the_umask_says(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    assert checkpoint.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.slow
def test_what_the_quantiser_prints_is_not_among_the_json(
    checkpoint: Path,
    pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def talk(*_: object) -> None:
        print("Collecting tensor data and making histogram ...")
        raise ModelError("that is all: try again")

    monkeypatch.setattr("export.quantize.to_int8", talk)
    words = ["onnx", str(checkpoint), "-o", str(tmp_path / "a.onnx"), "--precision", "int8", "--json"]
    assert program.run([*words, "--calibration", str(pictures)]) == 1
    assert capsys.readouterr().out == ""


def test_the_command_fails_in_one_line_and_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        program.run(["onnx", str(tmp_path / "none.safetensors"), "-o", str(tmp_path / "x.onnx")]) == exit_codes.FAILED
    )
    message = capsys.readouterr()
    assert message.out == ""
    assert message.err.count("\n") == 1
    assert message.err.startswith("export: no checkpoint at")


def test_an_unknown_precision_is_a_usage_error(checkpoint: Path, tmp_path: Path) -> None:
    words = ["onnx", str(checkpoint), "-o", str(tmp_path / "x.onnx"), "--precision", "int4"]
    assert CliRunner().invoke(program.app, words).exit_code == 2
