"""What an int8 scorer says on a processor without VNNI, computed on any processor.

There (AVX2, and AVX-512 without VNNI) ONNX Runtime's kernels for unsigned activations and signed weights multiply with
``vpmaddubsw``: it adds two products in 16 bits, and what is beyond them becomes the largest number that there is.
Everything else is added in 32 bits, as it all is with VNNI.

Which two: a convolution whose channels are a multiple of four goes through ``MlasConvSymKernelAvx2`` (or its AVX-512
sibling), which takes the pixels channels last and, at one place of the kernel, four input channels at a time: the pairs
are the input channels 2i and 2i + 1 at the same place of the kernel. All of ours are such. The bytes are multiplied as
they are, at the picture's rim the zero point itself; the zero point's own part is taken off later, in 32 bits.
(onnxruntime, core/mlas/lib: convsym.cpp, amd64/ConvSymKernelAvx2.asm.)

A pair can only be too much where its two weights have one sign and are 129 or more together, which few are. So the sums
are made as they should be, and what the kernel cuts off is subtracted for those pairs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper, utils
from torch import Tensor
from torch.nn import functional

from livecam.errors import ModelError
from livecam.types import FaceCrop, FloatArray, Score, UInt8Array

MOST = 32767  # of 16 bits, signed
_LEAST = -32768
_BYTE = 255
_BATCH = 8
_PIXELS = 1 << 24  # of the pairs that are looked at at a time: 64 MB for each of a few arrays


@dataclass(slots=True)
class Layer:
    """What saturated in one convolution.

    sums: of two products, how many the kernel made.  cut: how many of them were beyond 16 bits.
    """

    sums: int = 0
    cut: int = 0


@dataclass(frozen=True, slots=True)
class _Bytes:
    """A quantised tensor: whole numbers, as floats, and what one of them is worth."""

    numbers: Tensor
    scale: Tensor  # one, or one for each output channel
    zero: Tensor

    def real(self) -> Tensor:
        shape = (-1, *[1] * (self.numbers.dim() - 1)) if self.scale.dim() else ()
        return (self.numbers - self.zero.reshape(shape)) * self.scale.reshape(shape)


class SaturatingScorer:
    """Scores crops as an int8 file of ``export.quantize.to_int8`` does without VNNI.

    layers: what has saturated so far, by the name of the convolution's weights.
    """

    def __init__(self, path: Path, *, saturate: bool = True) -> None:
        """saturate: False computes what a processor with VNNI says, to rounding. Raises ModelError if not quantised."""
        self.layers: dict[str, Layer] = {}
        self._saturate = saturate
        self._model = onnx.shape_inference.infer_shapes(onnx.load(path))  # what parts are taken out by
        self._weights = {item.name: _tensor(item) for item in self._model.graph.initializer}
        # What moves bytes and what is in fp32 has no kernel to be emulated.
        nodes = self._model.graph.node
        read = (node.input[0] for node in nodes if node.op_type == "DequantizeLinear")
        first = next((name for name in read if name not in self._weights), None)
        if first is None:
            raise ModelError(f"{path} calls itself int8 and is not quantised: export it again")
        names = [item.name for item in self._model.graph.output]
        self._start, self._end = first, "embedding"
        self._bytes = self._part(["crops"], [self._start])
        self._heads = self._part([self._end], [name for name in names if name != self._end])

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        """Score crops, in their order."""
        embeddings = self.embed(np.stack([crop.image for crop in crops]))
        probs, eyes = self._heads.run(["rating_probs", "eyes_closed"], {self._end: embeddings})
        return tuple(Score(*rows) for rows in zip(probs, eyes, embeddings, strict=True))

    def embed(self, crops: UInt8Array) -> FloatArray:
        """Return the embeddings, float32 (N, 512), of crops, uint8 (N, 224, 224, 3)."""
        parts = [self._embed(crops[start : start + _BATCH]) for start in range(0, len(crops), _BATCH)]
        return np.concatenate(parts)

    def shares(self) -> dict[str, float]:
        """Return the share of sums that saturated, of each layer where one did."""
        return {name: layer.cut / layer.sums for name, layer in self.layers.items() if layer.cut}

    def _part(self, inputs: list[str], outputs: list[str]) -> onnxruntime.InferenceSession:
        part = utils.Extractor(self._model).extract_model(inputs, outputs)
        return onnxruntime.InferenceSession(part.SerializeToString(), providers=["CPUExecutionProvider"])

    def _embed(self, crops: UInt8Array) -> FloatArray:
        (start,) = self._bytes.run([self._start], {"crops": crops})
        found: dict[str, Any] = {**self._weights, self._start: torch.from_numpy(start).float()}
        with torch.inference_mode():
            for node in self._model.graph.node:
                if self._end in found:
                    break
                if all(name in found for name in node.input if name) and node.output[0] not in found:
                    settings = {item.name: helper.get_attribute_value(item) for item in node.attribute}
                    inputs = [found.get(name) for name in node.input]
                    if node.op_type == "Conv":
                        layer = self.layers.setdefault(node.input[1].partition(".weight")[0], Layer())
                        found[node.output[0]] = _convolve(inputs, settings, layer if self._saturate else None)
                    else:
                        found[node.output[0]] = _OPERATIONS[node.op_type](inputs, settings)
        embeddings: Tensor = found[self._end]
        return np.asarray(embeddings.numpy(), np.float32)


def _tensor(item: onnx.TensorProto) -> Tensor:
    array = numpy_helper.to_array(item)
    whole = item.data_type == onnx.TensorProto.INT64  # shapes and axes
    return torch.from_numpy(np.array(array, np.int64 if whole else np.float32))


def _convolve(inputs: Sequence[Any], settings: dict[str, Any], layer: Layer | None) -> Tensor:
    pixels, weights, bias = inputs
    assert weights.numbers.shape[1] % 4 == 0, "other pairs are added"
    top, left, bottom, right = settings.get("pads", [0, 0, 0, 0])
    strides = settings.get("strides", [1, 1])
    padded = functional.pad(pixels.numbers, (left, right, top, bottom), value=float(pixels.zero))
    sums = functional.conv2d(padded - pixels.zero, weights.numbers, bias.numbers, strides)
    if layer is not None:
        beyond(padded, weights.numbers, strides, sums, layer)
    scales: Tensor = pixels.scale * weights.scale
    return sums * scales.reshape(-1, 1, 1)


def beyond(pixels: Tensor, weights: Tensor, strides: Sequence[int], sums: Tensor, layer: Layer) -> None:
    """Take off sums what the kernel loses where two products are beyond 16 bits, and count it in layer.

    pixels: whole numbers 0..255, padded, (N, C, H, W).  weights: whole numbers -128..127, (O, C, rows, columns).
    sums: (N, O, height, width), changed.
    """
    height, width = sums.shape[2:]
    most = pixels.amax((0, 2, 3))
    one, other = weights[:, 0::2], weights[:, 1::2]
    reach = one * most[0::2, None, None] + other * most[1::2, None, None]
    alike = one * other > 0  # else the one product makes the other less
    places = (alike & ((reach > MOST) | (reach < _LEAST))).nonzero()  # (P, 4): output, pair, row, column
    layer.sums += sums.numel() * one[0].numel()
    step = max(1, _PIXELS // (len(sums) * height * width))
    for output, pair, row, column in (part.unbind(1) for part in places.split(step)):
        rows = (row[:, None] + strides[0] * torch.arange(height))[:, :, None]
        columns = (column[:, None] + strides[1] * torch.arange(width))[:, None, :]
        first, second = (
            pixels[:, channel[:, None, None], rows, columns] * weights[output, channel, row, column][:, None, None]
            for channel in (2 * pair, 2 * pair + 1)
        )
        products = first + second
        lost = products - products.clamp(_LEAST, MOST)
        layer.cut += int(lost.count_nonzero())
        sums.index_add_(1, output, lost, alpha=-1)


def _quantise(inputs: Sequence[Any], _: dict[str, Any]) -> Tensor:
    value, scale, zero = inputs
    return torch.clamp(torch.round(value / scale) + zero, 0, _BYTE)


def _real(value: Tensor | _Bytes) -> Tensor:
    return value.real() if isinstance(value, _Bytes) else value


def _reshape(inputs: Sequence[Any], _: dict[str, Any]) -> Tensor:
    value = _real(inputs[0])
    sizes = inputs[1].tolist()  # 0 is the size as it was
    return value.reshape([size or value.shape[axis] for axis, size in enumerate(sizes)])


def _transpose(inputs: Sequence[Any], settings: dict[str, Any]) -> Tensor:
    return _real(inputs[0]).permute(settings["perm"])


def _pool(inputs: Sequence[Any], settings: dict[str, Any]) -> Tensor:
    padding = settings["pads"][0]
    return functional.max_pool2d(_real(inputs[0]), settings["kernel_shape"], settings["strides"], padding)


_OPERATIONS: dict[str, Callable[[Sequence[Any], dict[str, Any]], Any]] = {
    "QuantizeLinear": _quantise,
    "DequantizeLinear": lambda inputs, _: _Bytes(*inputs),
    "Relu": lambda inputs, _: _real(inputs[0]).relu(),
    "Add": lambda inputs, _: _real(inputs[0]) + _real(inputs[1]),
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "Reshape": _reshape,
    "Transpose": _transpose,
    "MaxPool": _pool,
    "ReduceMean": lambda inputs, settings: _real(inputs[0]).mean(inputs[1].tolist(), bool(settings.get("keepdims", 1))),
}
