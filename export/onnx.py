"""Writes a checkpoint as an ONNX scorer of schema 1, once it is shown to say the same as PyTorch."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import cast

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from export import faces, parity, quantize
from export.place import require_place, unwritable
from export.saturation import SaturatingScorer
from export.tasted import fold
from livecam.errors import ModelError
from livecam.scoring.scorer import SCHEMA, Scorer
from livecam.storage.durable import replacing
from livecam.types import CROP_SIZE
from model import onnx_weights
from model.checkpoint import RatedNetwork, load_scorer, rated_from
from model.network import CUT_OFF, Backbone, ScorerNetwork

_OPSET = 20
_OUTPUTS = ["rating_probs", "eyes_closed", "embedding"]


class Precision(StrEnum):
    """What the weights and activations are computed in; input and outputs are the same for all."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class Exported:
    """A scorer file and how far it is from PyTorch, at its worst over the batch sizes."""

    path: Path
    precision: Precision
    size: int  # bytes
    sha256: str
    crops: int  # that the two were compared on
    differences: parity.Differences
    without_vnni: parity.Differences | None = None  # of int8, on processors where sums of two products saturate
    saturated: dict[str, float] | None = (
        None  # there, by layer: the share of such sums; layers without any are left out
    )


def export_checkpoint(
    checkpoint: Path,
    out: Path,
    precision: Precision,
    calibration: Path | None = None,
    against: Path | None = None,
    taste: Path | None = None,
    within: float | None = None,
) -> Exported:
    """Export checkpoint to out, which exists afterwards only if it agrees with PyTorch on real crops.

    calibration: what ``faces.fixed_set`` takes; without it the crops are the demo clip's, which is one person in one
    light: enough to compare, too little to calibrate an int8 model that others will use.  against: another such place
    to compare on; without it a part of the first is held out for that.  taste: a file of ``livecam learn`` to fold in.
    within: see ``parity.require``.
    Raises ModelError if the checkpoint or the crops do not serve, or the file would be too far from PyTorch,
    OutputError if it cannot be written, or would take the place of what is no scorer of ours.
    """
    require_place(out, checkpoint)
    network, origin, sha256 = _load(checkpoint)
    if taste is not None:
        origin = fold(network, origin, sha256, taste)
    if against is None:
        fitting, held_out = faces.split(faces.fixed_set(calibration))
    else:
        fitting = faces.fixed_set(calibration).crops if precision is Precision.INT8 else np.empty(0, np.uint8)
        held_out = faces.fixed_set(against)

    model = to_onnx(network)
    if precision is Precision.FP16:
        model = quantize.to_fp16(model)
    elif precision is Precision.INT8:
        with contextlib.redirect_stdout(io.StringIO()):  # ONNX Runtime prints how far it is, among --json's lines
            model = quantize.to_int8(model, fitting)
    describe(model, origin, precision, sha256)
    if precision is not Precision.INT8:
        model.metadata_props.add(key=onnx_weights.NORMS, value=onnx_weights.describe_norms(network.backbone))

    try:
        with replacing(out) as beside:
            beside.write_bytes(model.SerializeToString())
            compared = _compared(network, beside, precision, held_out)
            parity.require(compared.differences, precision.value, within=within)
            if compared.without_vnni is not None:
                parity.require(compared.without_vnni, precision.value, " without VNNI", within)
    except OSError as error:
        raise unwritable(out, error) from error
    return replace(compared, path=out)


def compare_files(checkpoint: Path, files: Sequence[Path], against: Path | None = None) -> list[Exported]:
    """Compare scorer files with the checkpoint that they were made from, on what ``faces.fixed_set`` makes of against.

    Raises ModelError if a file or the crops do not serve; that one is far off is no error, its figures say it.
    """
    network, _, _ = _load(checkpoint)
    whole = faces.fixed_set(against)
    compared = []
    for file in files:
        if not file.is_file():
            raise ModelError(f"no scorer at {file}: check the path")
        with Scorer(file, provider="cpu") as scorer:
            precision = Precision(scorer.metadata.get("precision", "fp32"))
        compared.append(_compared(network, file, precision, whole))
    return compared


def _load(checkpoint: Path) -> tuple[RatedNetwork, dict[str, object], str]:
    """Return the network, what it says of itself, and the checkpoint's SHA-256. Raises ModelError.

    checkpoint: or a scorer file in fp16 or fp32, such as the one that livecam brings: of that a learned taste is.
    """
    if checkpoint.suffix != ".onnx":
        return *load_scorer(checkpoint), hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    network = rated_from(onnx_weights.read_scorer(checkpoint))
    notes = onnx_weights.notes_of(checkpoint)
    return network, dict(notes), notes.get("checkpoint_sha256", "none")


def _compared(
    network: ScorerNetwork | RatedNetwork, file: Path, precision: Precision, crops: faces.FixedSet
) -> Exported:
    wanted = parity.torch_scores(network, crops.crops)
    with Scorer(file, provider="cpu") as scorer:
        differences = parity.compare_with(wanted, scorer, crops)
    data = file.read_bytes()
    found = Exported(file, precision, len(data), hashlib.sha256(data).hexdigest(), len(crops.crops), differences)
    if precision is not Precision.INT8:
        return found
    saturating = SaturatingScorer(file)
    without = parity.compare_with(wanted, saturating, crops, parity.BATCHES[-1:])
    return replace(found, without_vnni=without, saturated=saturating.shares())


def to_onnx(network: ScorerNetwork | RatedNetwork) -> onnx.ModelProto:
    """Return network as an fp32 graph: batch-norm folded into the convolutions, N dynamic."""
    centred = copy.deepcopy(network).eval()
    centred.backbone = cast(Backbone, _Centred(centred.backbone).eval())
    inside = int(network.backbone.inside)
    example = torch.zeros((2, inside, inside, 3), dtype=torch.uint8)
    program = torch.onnx.export(
        centred,
        (example,),
        dynamo=True,
        input_names=["crops"],
        output_names=_OUTPUTS,
        dynamic_shapes={"crops": {0: torch.export.Dim("N")}},
        opset_version=_OPSET,
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    _shrink_first(model, inside)
    _strip(model)
    onnx.checker.check_model(model, full_check=True)
    return model


class _Centred(nn.Module):
    """The backbone with its normalisation folded as far as it goes without a change to what it computes.

    It does not shrink: see ``_shrink_first``.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.resnet = backbone.resnet
        self.mean = backbone.mean - (CUT_OFF if int(backbone.inside) < CROP_SIZE else 0)
        # Dividing the first weights by std saves dividing 150,000 pixels by it. The mean cannot follow: the
        # convolution pads with zeros, which must stay the mean colour.
        self.resnet.conv1.weight.data /= backbone.std
        self.resnet.avgpool = _Mean()

    def forward(self, crops: Tensor) -> Tensor:
        return cast(Tensor, self.resnet(crops.permute(0, 3, 1, 2).float() - self.mean))


class _Mean(nn.Module):
    """Average pooling to (N, C): after torchvision's (N, C, 1, 1) a flatten follows that exports as ten operations."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean((2, 3))


def _shrink_first(model: onnx.ModelProto, inside: int) -> None:
    """Let the graph shrink the crops' bytes before all else, as ``model.network.shrink`` does."""
    if inside == CROP_SIZE:
        return
    graph = model.graph
    quantize.feed(graph, "crops", "crops_inside")
    for side in graph.input[0].type.tensor_type.shape.dim[1:3]:
        side.dim_value = CROP_SIZE
    graph.initializer.append(numpy_helper.from_array(np.array([inside, inside]), "inside"))
    names = ["crops", "", "", "inside"]
    graph.node.insert(0, helper.make_node("Resize", names, ["crops_inside"], name="shrink", mode="linear", axes=[1, 2]))


def _strip(model: onnx.ModelProto) -> None:
    """Remove the exporter's notes, which hold file names of the machine that it ran on."""
    graph = model.graph
    for item in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del item.metadata_props[:]
        item.doc_string = ""


def describe(
    model: onnx.ModelProto, origin: Mapping[str, object], precision: Precision, checkpoint_sha256: str = "none"
) -> None:
    """Write schema 1's metadata into model. origin: the checkpoint's metadata; what it lacks becomes "unknown"."""
    notes = {
        "livecam_schema": SCHEMA,
        "input_size": str(CROP_SIZE),
        "model_version": _text(origin.get("model_version", "unknown")),
        "head": _text(origin.get("head", "unknown")),
        "precision": precision.value,
        "checkpoint_sha256": checkpoint_sha256,
        "trained_on": _text(origin.get("trained_on", "unknown")),
    }
    if "without" in origin:  # what a scorer of model.shipped.train never saw
        notes["left_out"] = _text(origin["without"])
    onnx.helper.set_model_props(model, notes)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
